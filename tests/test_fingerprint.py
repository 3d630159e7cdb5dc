"""A change of this package's own code or data is seen, by content, and quickly where there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import sphinxext_layered
from sphinxext_layered import fingerprint as fingerprints
from sphinxext_layered.fingerprint import fingerprint
from sphinxext_layered.worker import FileHashes

DESCRIBING = ("description.py", "options.py", "values.py", "target.py", "reading/keras.py", "worker/__init__.py")
DRAWING = (
    "drawing/palette.py", "drawing/DejaVuSans.ttf", "extension/build/draw.py", "saving.py", "command_line/arguments.py"
)  # fmt: skip


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work with a copy of this package."""
    folder = tmp_path / "sphinxext_layered"
    shutil.copytree(Path(sphinxext_layered.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprints, "_PACKAGE", str(folder))
    return folder


@pytest.mark.parametrize("name", DESCRIBING + DRAWING)
def test_a_change_of_any_file_counts_where_it_can_make_a_difference(package: Path, tmp_path: Path, name: str) -> None:
    before = fingerprint(tmp_path / "known")
    (package / name).write_bytes((package / name).read_bytes() + b"\n")
    after = fingerprint(tmp_path / "known")
    assert after.whole != before.whole
    assert (after.describing != before.describing) == (name in DESCRIBING)


def test_a_new_file_counts_and_what_python_compiled_does_not(package: Path) -> None:
    before = fingerprint()
    (package / "reading" / "__pycache__").mkdir()
    (package / "reading" / "__pycache__" / "keras.pyc").write_bytes(b"compiled")
    assert fingerprint() == before
    (package / "reading" / "another.py").write_text("")
    assert fingerprint().describing != before.describing


def test_files_are_read_only_where_sizes_or_times_differ(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(tmp_path / "known")
    os.utime(package / "options.py", (0, 0))
    assert fingerprint(tmp_path / "known") == before  # by content
    monkeypatch.setattr(FileHashes, "of", lambda self, path: pytest.fail(f"{path} was read"))
    assert fingerprint(tmp_path / "known") == before


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seen": 1}', "\0"])
def test_a_damaged_record_is_as_if_there_were_none(package: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "known").write_text(content)
    assert fingerprint(tmp_path / "known") == fingerprint()


def test_it_is_the_same_wherever_the_package_lies(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = fingerprint()
    (package / "options.py").write_bytes((package / "options.py").read_bytes().replace(b"\n", b"\r\n"))
    moved = package.rename(package.with_name("elsewhere"))
    monkeypatch.setattr(fingerprints, "_PACKAGE", str(moved))
    assert fingerprint() == here
