"""What a model was made from is what was read, whatever happens to the files meanwhile."""

from __future__ import annotations

import hashlib
import os

import pytest
from worker_project import Project

from sphinxext_layered.worker import Described


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_module_edited_while_its_model_is_made_counts_as_it_was(project: Project) -> None:
    code = """\
from layers import Model
import pathlib, inner, inner_late


def build():
    for name in ("edited", "inner"):
        pathlib.Path(__file__).with_name(name + ".py").write_text("SIZE = 3")
    return Model(inner.SIZE)
"""
    project.write("edited.py", code)
    project.write("inner.py", "SIZE = 8")
    project.write("inner_late.py", "SIZE = 8")
    (result,) = project.describe("edited:build")
    assert isinstance(result, Described), result
    files = dict(result.made_from.files)
    assert files["edited.py"] == digest(code)
    assert files["inner.py"] == digest("SIZE = 8")


def test_a_data_file_edited_after_it_was_read_counts_as_it_was(project: Project) -> None:
    code = """\
import subprocess, sys
from layers import Model

AT_IMPORT = int(open("first.txt").read())


def build():
    size = int(open("second.txt").read())
    edit = "for name in ('first.txt', 'second.txt'): open(name, 'w').write('3')"
    subprocess.run([sys.executable, "-c", edit], check=True)
    return Model(AT_IMPORT, size)
"""
    project.write("edited.py", code)
    project.write("first.txt", "8")
    project.write("second.txt", "9")
    (result,) = project.describe("edited:build")
    assert isinstance(result, Described), result
    files = dict(result.made_from.files)
    assert (files["first.txt"], files["second.txt"]) == (digest("8"), digest("9"))


def test_compiled_code_of_another_source_with_the_same_time_and_size_is_not_used(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    widths = []
    for size in (8, 9):
        path = project.write("sized.py", f"from layers import Model\ndef build(): return Model({size})\n")
        os.utime(path, (10**9, 10**9))
        (result,) = project.describe("sized:build")
        assert isinstance(result, Described), result
        widths.append(result.description.layers[0].output_shapes)
    assert widths == [((None, 8),), ((None, 9),)]


def test_nothing_compiled_is_left_beside_the_sources(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    project.describe("good:build")
    assert not list(project.root.rglob("__pycache__"))
