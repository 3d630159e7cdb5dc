"""Save pictures of `layered_view`: names, file types, backends, atomic writes."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .errors import PaintError

if TYPE_CHECKING:
    from PIL import Image

    from .description import ModelDescription
    from .drawing.scene import Scene
    from .options import LayeredViewOptions

DEFAULT_NAME: Final = "layered_view.png"
VECTOR_TYPES: Final = ("svg", "pdf")
_NAMED_ALONE: Final = ("BUFR", "GRIB", "HDF5", "WMF")  # Pillow knows these but has no writer of them


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready to be saved: its scene, and its pixels at `pixel_ratio`."""

    scene: Scene
    image: Image.Image
    pixel_ratio: float = 1


@dataclass(frozen=True)
class Saved:
    """A file that was written."""

    path: Path
    file_type: str
    backend: str
    size: int


def draw(description: ModelDescription, options: LayeredViewOptions) -> Drawn:
    """Lay a description out and paint its pixels."""
    from .drawing import lay_out
    from .drawing.paint import paint_image

    scene = lay_out(description, options)
    return Drawn(scene, paint_image(scene, options.pixel_ratio), options.pixel_ratio)


def file_type(path: Path) -> str:
    """Return the type that the suffix of `path` names: ``svg``, ``pdf``, or Pillow's name in lower case.

    Raises
    ------
    PaintError
        No picture can be written with that suffix.
    """
    suffix = path.suffix.lower()
    if suffix[1:] in VECTOR_TYPES:
        return suffix[1:]
    from PIL import Image

    name = Image.registered_extensions().get(suffix, "")
    if name not in Image.SAVE or name in _NAMED_ALONE:
        raise PaintError(
            f"{path}: no picture can be written as {suffix!r}; "
            "use a name that ends with .png, .svg, .pdf, .jpg, .webp, .tiff or .gif"
        )
    return name.lower()


def place(filename: str | os.PathLike[str], *, add_timestamp: bool = False, now: datetime | None = None) -> Path:
    """Return the path of a picture as written; ``~`` is the home folder, a name without a suffix gets ``.png``.

    Raises
    ------
    PaintError
        It names a folder, or a type of file that cannot be written.
    """
    text = os.fspath(filename)
    path = Path(text).expanduser()
    if text.endswith(("/", os.sep)) or path.is_dir():
        raise PaintError(f"{text}: this is a folder; name a file in it, such as {path / DEFAULT_NAME}")
    if not path.suffix:
        path = path.with_name(path.name + ".png")
    file_type(path)
    if add_timestamp:
        path = path.with_name(f"{path.stem}_{now or datetime.now():%Y%m%d_%H%M%S}{path.suffix}")
    return path


def uses_matplotlib(backend: object) -> bool:
    """Whether `backend` asks for Matplotlib: 'matplotlib', 'true' or 'none' in any case, True, None."""
    return str(backend).strip().lower() in ("matplotlib", "true", "none")


def save(drawn: Drawn, path: Path, *, backend: object = None, overwrite: bool = True) -> Saved:
    """Write the picture to `path`, whose folders are made; it is there whole, or not at all.

    Parameters
    ----------
    drawn : Drawn
    path : Path
        As `place` gives it.
    backend : object
        What `uses_matplotlib` reads; vector files are always written by this package's own painters.
    overwrite : bool
        Otherwise a name that is taken gets a number: ``v_1.png``, ``v_2.png``.

    Raises
    ------
    PaintError
        The picture does not fit the file type, or the file cannot be written.
    """
    kind = file_type(path)
    writer, content = encode(drawn, path.suffix[1:].lower(), backend=backend)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            _replace(path, content)
        else:
            path = _claim(path)
            try:
                _replace(path, content)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    return Saved(path, kind, writer, len(content))


def encode(drawn: Drawn, suffix: str, *, backend: object = "pillow") -> tuple[str, bytes]:
    """Return the name of what wrote it, and the content of the file that the suffix (``png``, ``svg``) names."""
    from .drawing.paint import paint

    if suffix in VECTOR_TYPES:
        return f"the {suffix.upper()} painter", paint(drawn.scene, suffix)
    from .drawing.paint import png

    kind = file_type(Path(f"picture.{suffix}"))
    matplotlib_image = _matplotlib() if kind in ("png", "jpeg", "tiff") and uses_matplotlib(backend) else None
    if matplotlib_image is not None:
        return "Matplotlib", _by_matplotlib(matplotlib_image, drawn, kind)
    return "Pillow", png.encode(drawn.image, suffix, drawn.pixel_ratio, opaque=drawn.scene.background[3] == 255)


def _by_matplotlib(matplotlib_image: Any, drawn: Drawn, kind: str) -> bytes:
    """Write through ``imsave``, which copies the pixels and makes no figure; the user's settings stay out."""
    import numpy

    from .drawing.paint import png

    image = png.on_white(drawn.image) if kind == "jpeg" else drawn.image
    settings: dict[str, Any] = {"pil_kwargs": dict(png.SAVING.get(kind.upper(), {}))}
    if kind == "png":
        settings["metadata"] = {"Software": None}
    buffer = io.BytesIO()
    try:
        matplotlib_image.imsave(
            buffer, numpy.asarray(image), format=kind, origin="upper", dpi=96 * drawn.pixel_ratio, **settings
        )
    except (OSError, ValueError) as error:
        size = f"{image.width:,} x {image.height:,} px"
        raise PaintError(f"Matplotlib cannot write a picture of {size} as {kind}: {error}; choose png") from None
    return buffer.getvalue()


def _matplotlib() -> Any:
    """Return ``matplotlib.image``, or None if it is not installed; its first import may print about its font cache."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.image
    except ImportError:
        return None
    finally:
        logger.setLevel(level)
    return matplotlib.image


def _claim(path: Path) -> Path:
    """Create the first free one of ``v.png``, ``v_1.png``, ``v_2.png``, so that nobody else takes it."""
    for candidate in _counted(path):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return candidate
    raise AssertionError("endless")


def _counted(path: Path) -> Iterator[Path]:
    yield path
    number = 0
    while True:
        number += 1
        yield path.with_name(f"{path.stem}_{number}{path.suffix}")


def _replace(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and put it in its place; a link stays, what is no file is written to."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    real = Path(os.path.realpath(path))
    new = real.with_name(f".{os.urandom(8).hex()}{real.suffix}")
    handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(new, real)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PaintError(
            f"{path}: cannot be written ({reason}); choose another file with save_fig_filename, or save_fig=False"
        ) from error
