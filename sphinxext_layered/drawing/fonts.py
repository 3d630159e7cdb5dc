"""Fonts: found, read and measured; the only reader of font files.

Text is measured with the font's own, unhinted advances, and every painter sets each character where
that puts it; so a label has the same width at any pixel ratio, in PNG, SVG and PDF, on every machine.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sphinxext_layered.errors import OptionError

if TYPE_CHECKING:
    from PIL import ImageFont

    from sphinxext_layered.options import LayeredViewOptions

SHIPPED: Final = str(Path(__file__).with_name("DejaVuSans.ttf"))
"""DejaVu Sans: free to ship, with arrows, Greek and the multiplication sign, which Pillow's own lacks."""

_EM: Final = 2048
"""The size at which files are measured: one unit of most fonts is a pixel there, and nothing is rounded."""

_REMEDY: Final = "use the path of an existing .ttf, .otf or .ttc file, or leave it out for the bundled font"


@dataclass(frozen=True)
class Font:
    """One font at one size.

    Attributes
    ----------
    path : str
        The font's file; empty where `face` is given.
    size : float
        Pixels of an em, at ratio 1.
    index : int
        Which font of a collection.
    face : Pillow font object or None
        A font that has no file.
    """

    path: str
    size: float
    index: int = 0
    face: Any = None

    def width(self, text: str) -> float:
        """Return the advance of one line of text, px at ratio 1."""
        return self.advances(text)[-1]

    def advances(self, text: str) -> tuple[float, ...]:
        """Return where each character of `drawable(text)` starts, and last where the line ends, px at ratio 1."""
        return _advances(self, drawable(text))

    @property
    def ascent(self) -> float:
        """The maximum height above the baseline, px at ratio 1."""
        return _metrics(self)[0]

    @property
    def descent(self) -> float:
        """The maximum depth below the baseline, px at ratio 1."""
        return _metrics(self)[1]

    @property
    def height(self) -> float:
        """The height of a line, px at ratio 1."""
        return self.ascent + self.descent

    @property
    def scalable(self) -> bool:
        """Whether `pillow` gives it at any ratio; a bitmap font has one size only."""
        return self.face is None or hasattr(self.face, "font_variant")

    def pillow(self, ratio: float = 1) -> ImageFont.FreeTypeFont | ImageFont.ImageFont | ImageFont.TransposedFont:
        """Return the font as Pillow has it, `ratio` times as large where it is scalable."""
        if not self.scalable:
            return self.face  # type: ignore[no-any-return]
        return _face(self, self.size * ratio)

    def digest(self) -> str:
        """Return a key of what the font looks like, apart from its size."""
        if self.face is None:
            stat = os.stat(self.path)
            return f"{_file_digest(self.path, stat.st_mtime_ns, stat.st_size)}:{self.index}"
        data = getattr(self.face, "font_bytes", None)
        if data is None:
            sample = "".join(map(chr, range(32, 127)))
            data = repr(type(self.face)).encode() + bytes(self.face.getmask(sample))
        return f"{hashlib.sha256(data).hexdigest()}:{self.index}"

    @property
    def family(self) -> str:
        """The name of the font's family, such as ``DejaVu Sans``; empty where it has none."""
        name = getattr(self.pillow(), "getname", lambda: ("", ""))()[0]
        return drawable(name or "")


def font_of(options: LayeredViewOptions) -> Font:
    """Return the font that the options ask for.

    Raises
    ------
    OptionError
        Its file cannot be read, or a value in the dict of the option ``font`` is not accepted.

    Notes
    -----
    A font object is used as it is, at its own size. In a dict, what is missing comes from ``font_path``
    and ``font_size``; a file that is named is used, unless ``use_default_font`` is given as True, and
    with ``use_default_font`` False a file must be named.
    """
    given = options.font
    if given is None:
        return _readable(Font(options.font_path or SHIPPED, options.font_size), "font_path")
    if isinstance(given, Mapping):
        return _readable(_font_of_dict(given, options), "font")
    return _readable(_font_of_object(given), "font")


def _font_of_dict(given: Mapping[str, Any], options: LayeredViewOptions) -> Font:
    size = given.get("font_size")
    size = options.font_size if size is None else size
    if isinstance(size, bool) or not isinstance(size, int | float) or not 1 <= size <= 1000:
        raise OptionError("font", f"font_size: expected a number of pixels from 1 to 1000; got {size!r}")
    path = given.get("font_path") or options.font_path
    default = given.get("use_default_font")
    if default or (default is None and path is None):
        return Font(SHIPPED, size)
    if path is None:
        raise OptionError("font", f"use_default_font is False, but font_path is missing: {_REMEDY}")
    if not isinstance(path, str | os.PathLike):
        raise OptionError("font", f"font_path: expected the path of a file; got {path!r:.80}")
    return Font(os.fsdecode(path), size)


def _font_of_object(face: Any) -> Font:
    size = getattr(face, "size", None)
    path = getattr(face, "path", None)
    if hasattr(face, "font_variant"):
        if isinstance(path, str | bytes | os.PathLike) and os.path.isfile(path):
            return Font(os.fsdecode(path), face.size, face.index)
        return Font("", face.size, face.index, face)
    if not isinstance(size, int | float):
        box = _box(face, "Mg")
        size = max(box[3], 1)
    return Font("", size, 0, face)


def _readable(font: Font, option: str) -> Font:
    try:
        font.width("M")
        if font.height <= 0:
            raise OSError("it has no height")
    except (OSError, ValueError, TypeError) as error:
        raise OptionError(option, f"cannot read {font.path or font.face!r} as a font ({error}); {_REMEDY}") from None
    return font


@lru_cache(maxsize=256)
def _face(font: Font, size: float) -> ImageFont.FreeTypeFont:
    """Return the face with Pillow's basic layout, which needs no library that some machines lack."""
    from PIL import ImageFont

    basic = ImageFont.Layout.BASIC
    if font.face is None:
        return ImageFont.truetype(font.path, size, index=font.index, layout_engine=basic)
    data = getattr(font.face, "font_bytes", None)
    if data is not None:
        return ImageFont.truetype(BytesIO(data), size, index=font.index, layout_engine=basic)
    return font.face.font_variant(size=size, layout_engine=basic)  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _advances(font: Font, text: str) -> tuple[float, ...]:
    if not font.scalable:
        return tuple(float(_box(font.face, text[:end])[2]) for end in range(len(text) + 1))
    face = _face(font, _EM)
    scale = font.size / _EM
    return tuple(face.getlength(text[:end]) * scale for end in range(len(text) + 1))


@lru_cache(maxsize=64)
def _metrics(font: Font) -> tuple[float, float]:
    if not font.scalable:
        return (float(_box(font.face, "Ág")[3]), 0.0)
    ascent, descent = _face(font, _EM).getmetrics()
    return (ascent * font.size / _EM, descent * font.size / _EM)


def _box(face: Any, text: str) -> tuple[float, float, float, float]:
    """Return the box of text in a font that is not scalable; its origin is the top left."""
    if not text:
        return (0, 0, 0, 0)
    return face.getbbox(bitmap_text(text))  # type: ignore[no-any-return]


def bitmap_text(text: str) -> str:
    """Return text as a bitmap font can set it: such a font has the 256 characters of Latin-1 and no others."""
    return text.encode("latin-1", "replace").decode("latin-1")


@lru_cache(maxsize=64)
def _file_digest(path: str, modified: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def drawable(text: str) -> str:
    """Return a line of text without what no font draws: control and bidi characters, lone surrogates.

    Names of layers are data, and may hold anything: white space becomes a space, the rest is left out.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_drawn(char))


def _is_drawn(char: str) -> bool:
    code = ord(char)
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not noncharacter and unicodedata.category(char) not in ("Cc", "Cf", "Cs")
