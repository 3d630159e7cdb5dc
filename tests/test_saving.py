"""Where pictures go: names, types, counting up, backends, and files that are whole or absent."""

from __future__ import annotations

import os
import threading
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib.image  # noqa: F401  (its cache of fonts goes to the real home)
import numpy as np
import pytest
from factories import layer, model
from PIL import Image

from sphinxext_layered import layered_view
from sphinxext_layered.errors import PaintError
from sphinxext_layered.saving import file_type, place, uses_matplotlib

NET = model(layer("Conv2D", 16, 16, 64), layer("Dense", 10))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return tmp_path


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("filename", "expected", "kind"),
    [
        ("", "layered_view.png", "PNG"),
        (None, "layered_view.png", "PNG"),
        ("v", "v.png", "PNG"),
        ("out/deep/v.png", "out/deep/v.png", "PNG"),
        ("v.jpg", "v.jpg", "JPEG"),
        ("v.JPEG", "v.JPEG", "JPEG"),
        ("v.webp", "v.webp", "WEBP"),
        ("v.gif", "v.gif", "GIF"),
        ("v.tiff", "v.tiff", "TIFF"),
        ("v.bmp", "v.bmp", "BMP"),
        ("two.dots.png", "two.dots.png", "PNG"),
        ("~/v.png", "home/v.png", "PNG"),
        (Path("p") / "v.png", "p/v.png", "PNG"),
    ],
)
def test_the_path_and_its_type_are_honoured_as_written(here: Path, filename: Any, expected: str, kind: str) -> None:
    image = layered_view(NET, save_fig_filename=filename)
    assert written(here) == {expected}
    with Image.open(here / expected) as saved:
        assert (saved.format, saved.size) == (kind, image.size)


@pytest.mark.parametrize(("name", "start"), [("v.svg", b"<"), ("v.pdf", b"%PDF-"), ("V.SVG", b"<")])
def test_svg_and_pdf_are_drawings_not_pixels(here: Path, name: str, start: bytes) -> None:
    layered_view(NET, save_fig_filename=name, legend=True, backend="matplotlib")
    content = (here / name).read_bytes()
    assert content.startswith(start)
    assert b"base64,iVBOR" not in content
    assert b"/Subtype /Image" not in content


@pytest.mark.parametrize("backend", [None, True, "matplotlib", "True", "NONE", "pil", "fast", False, 0, object()])
@pytest.mark.parametrize("name", ["v.png", "v.tiff", "v.webp", "v.bmp"])
def test_the_saved_pixels_are_the_drawn_ones(here: Path, backend: object, name: str) -> None:
    given: dict[str, Any] = {} if name.endswith("bmp") else {"background_fill": "#ff000040"}
    image = layered_view(NET, save_fig_filename=name, backend=backend, **given)
    with Image.open(here / name) as saved:
        assert (np.asarray(saved.convert("RGBA")) == np.asarray(image)).all()


@pytest.mark.parametrize("backend", ["matplotlib", "pil"])
def test_a_transparent_picture_saved_as_jpeg_is_on_white(here: Path, backend: str) -> None:
    layered_view(NET, save_fig_filename="v.jpg", background_fill="transparent", backend=backend)
    with Image.open("v.jpg") as saved:
        assert saved.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        *((backend, True) for backend in (None, True, "matplotlib", "MatPlotLib", "TRUE", "None")),
        *((backend, False) for backend in (False, "false", "pil", "fast", "", 1)),
    ],
)
def test_backends_are_named_as_in_the_reference(backend: object, expected: bool) -> None:
    assert uses_matplotlib(backend) is expected


@pytest.mark.parametrize("installed", [True, False])
def test_matplotlib_saves_where_it_is_installed(
    installed: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not installed:
        monkeypatch.setitem(__import__("sys").modules, "matplotlib.image", None)
    layered_view(NET, verbose=True)
    assert (("Matplotlib" if installed else "Pillow") + " saved layered_view.png") in capsys.readouterr().out


def test_no_figure_nor_setting_of_the_users_is_touched_or_heeded(here: Path) -> None:
    import matplotlib
    from matplotlib import pyplot

    matplotlib.use("agg")
    with matplotlib.rc_context({"image.origin": "lower", "savefig.dpi": 30, "savefig.facecolor": "red"}):
        figure = pyplot.figure()
        settings = dict(matplotlib.rcParams)
        image = layered_view(NET, backend="matplotlib")
        assert pyplot.get_fignums() == [figure.number]
        assert figure.axes == []
        assert dict(matplotlib.rcParams) == settings
        pyplot.close(figure)
    with Image.open("layered_view.png") as saved:
        assert saved.convert("RGBA").tobytes() == image.tobytes()


def test_save_fig_no_writes_nothing(here: Path) -> None:
    layered_view(NET, save_fig=False, save_fig_filename="v.png")
    assert written(here) == set()


def test_to_file_still_writes_and_warns_once_at_the_callers_line(here: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layered_view(NET, "out/v.png")
    assert written(here) == {"out/v.png"}
    (warning,) = caught
    assert warning.category is DeprecationWarning
    assert "save_fig_filename" in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"save_fig_filename": "b.png"}, {"a.png", "b.png"}), ({"save_fig": False}, {"a.png"}), ({}, {"a.png"})],
)
def test_what_is_written_beside_to_file(here: Path, given: dict[str, Any], expected: set[str]) -> None:
    with pytest.warns(DeprecationWarning, match="save_fig_filename"):
        layered_view(NET, to_file="a.png", **given)
    assert written(here) == expected


def test_a_file_is_written_over_by_default(here: Path) -> None:
    layered_view(NET)
    changed = layered_view(NET, padding=50)
    assert written(here) == {"layered_view.png"}
    with Image.open("layered_view.png") as saved:
        assert saved.size == changed.size


def test_overwrite_no_counts_up(here: Path) -> None:
    for _ in range(3):
        layered_view(NET, save_fig_filename="out/v.png", overwrite=False)
    assert written(here) == {"out/v.png", "out/v_1.png", "out/v_2.png"}


def test_counting_up_gives_each_thread_a_file_of_its_own(here: Path) -> None:
    threads = [threading.Thread(target=layered_view, args=(NET,), kwargs={"overwrite": False}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written(here)) == 8
    for name in written(here):
        with Image.open(name) as saved:
            saved.load()


def test_a_timestamp_goes_before_the_suffix() -> None:
    stamped = place("out/spamming.v2.png", add_timestamp=True, now=datetime(2026, 3, 4, 5, 6, 7))
    assert stamped == Path("out/spamming.v2_20260304_050607.png")


def test_add_timestamp_names_the_file(here: Path) -> None:
    layered_view(NET, add_timestamp=True)
    (name,) = written(here)
    assert datetime.strptime(name, "layered_view_%Y%m%d_%H%M%S.png")


@pytest.mark.parametrize("filename", ["v.doc", "v.5", "v.txt", "out/", "v.h5", "v.mp4"])
def test_a_name_that_no_picture_can_have_is_refused_before_anything_is_read(here: Path, filename: str) -> None:
    def never(index: int, layer: object) -> tuple[str, bool]:
        raise AssertionError

    with pytest.raises(PaintError, match="name"):
        layered_view(object(), save_fig_filename=filename, text_callable=never)
    assert written(here) == set()


def test_a_folder_in_the_way_is_told(here: Path) -> None:
    (here / "v.png").mkdir()
    with pytest.raises(PaintError, match=r"v\.png: this is a folder; name a file in it"):
        layered_view(NET, save_fig_filename="v.png")


def test_a_folder_that_cannot_be_made_is_told(here: Path) -> None:
    (here / "file").write_text("in the way")
    with pytest.raises(PaintError, match=r"v\.png: cannot be written .*save_fig_filename"):
        layered_view(NET, save_fig_filename="file/v.png")


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_write_that_fails_leaves_what_was_there(here: Path, overwrite: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    layered_view(NET)
    before = (here / "layered_view.png").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PaintError, match="No space left on device"):
        layered_view(NET, padding=40, overwrite=overwrite)
    assert written(here) == {"layered_view.png"}
    assert (here / "layered_view.png").read_bytes() == before


@pytest.mark.parametrize("backend", ["matplotlib", "pil"])
def test_a_picture_too_large_for_its_type_is_told_and_nothing_is_written(here: Path, backend: str) -> None:
    wide = model(*(layer("Dense", 4000) for _ in range(200)))
    with pytest.raises(PaintError, match="choose png"):
        layered_view(wide, save_fig_filename="v.jpg", backend=backend)
    assert written(here) == set()


def test_a_link_stays_a_link(here: Path) -> None:
    (here / "real").mkdir()
    (here / "v.png").symlink_to("real/picture.png")
    layered_view(NET, save_fig_filename="v.png")
    assert (here / "v.png").is_symlink()
    assert (here / "real" / "picture.png").is_file()


def test_what_is_no_file_is_written_to(here: Path) -> None:
    (here / "null.png").symlink_to(os.devnull)
    layered_view(NET, save_fig_filename="null.png")
    assert Path(os.devnull).is_char_device()


def test_files_have_the_permissions_that_others_have(here: Path) -> None:
    (here / "plain").touch()
    layered_view(NET)
    assert (here / "layered_view.png").stat().st_mode == (here / "plain").stat().st_mode


def test_pixel_ratio_enlarges_pixels_and_leaves_drawings_as_they_are(here: Path) -> None:
    once = layered_view(NET, save_fig_filename="1.svg")
    twice = layered_view(NET, save_fig_filename="2.svg", pixel_ratio=2)
    assert twice.size == (2 * once.width, 2 * once.height)
    assert (here / "1.svg").read_bytes() == (here / "2.svg").read_bytes()


def test_file_types_are_told_by_the_suffix() -> None:
    assert [file_type(Path(f"v.{one}")) for one in ("PNG", "jpg", "svg", "Pdf", "tif")] == [
        "png",
        "jpeg",
        "svg",
        "pdf",
        "tiff",
    ]
