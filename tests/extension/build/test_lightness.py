"""What a build loads, starts and reads again: the price that every build pays, counted rather than timed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from project import FILES, Project

import sphinxext_layered
from sphinxext_layered.description import LayerDescription, ModelDescription
from sphinxext_layered.extension.build import draw
from sphinxext_layered.worker import Described, MadeFrom, ModelRequest, ahead
from sphinxext_layered.worker.dependencies import FileHashes

LOADED = """\
import json, sys
from sphinx.cmd.build import main
assert main(["-q", "-W", "-d", sys.argv[1] + "/doctrees", sys.argv[2], sys.argv[1] + "/html"]) == 0
print(json.dumps(sorted(sys.modules)))
"""
ROOM = ("cache", "committed", "fingerprint", "freshness")
"""The modules beside the extension's that only it and the command line use."""
PLAIN = {
    **FILES,
    "conf.py": FILES["conf.py"].replace('extensions = ["sphinxext_layered"]', ""),
    "one.rst": "One\n===\n\n.. figure:: shown.png\n   :alt: A net.\n\n   A net.\n",
    "two.rst": "Two\n===\n\n.. image:: shown.png\n",
}
OURS = {**FILES, "one.rst": "One\n===\n\n.. layered-view:: nets:small\n   :legend:\n\n   A net.\n"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, dict(OURS))


@pytest.fixture
def plain(tmp_path: Path) -> Project:
    """The same pages with ready-made pictures."""
    from PIL import Image

    project = Project(tmp_path / "plain", dict(PLAIN))
    Image.new("RGB", (40, 20)).save(project.docs / "shown.png")
    return project


def loaded(project: Project, code: str = LOADED) -> set[str]:
    """Build in a fresh interpreter, and name the modules that are loaded at its end."""
    command = [sys.executable, "-c", code, str(project.out), str(project.docs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = ("PIL", "aggdraw", "reportlab", "numpy", "keras", "tensorflow")
"""What takes long to import: the modules that need it are imported inside the functions that draw, and nowhere else."""

LAZY = {
    "extension/build/pictures.py": {"draw", "concurrent.futures"},
    "extension/build/descriptions.py": {"worker.ahead"},
}
"""The imports inside functions of the extension, each of what only a build that draws or describes pays for."""


@pytest.mark.parametrize("edit", ["nothing", "prose", "other page", "no picture"])
def test_a_build_that_draws_nothing_loads_nothing_heavy(project: Project, plain: Project, edit: str) -> None:
    for each in (project, plain):
        if edit == "no picture":
            each.put("one.rst", "One\n===\n")
            each.put("two.rst", "Two\n===\n")
        loaded(each)
        if edit == "prose":
            each.edit("one.rst", "One\n===\n", "One\n===\n\nEdited.\n")
        if edit == "other page":
            each.edit("prose.rst", "No picture.", "Still none.")
    found = loaded(project) - loaded(plain)
    assert not [name for name in found if name.partition(".")[0] in HEAVY]
    for part in ("drawing.layout", "drawing.paint", "reading", "worker.recorder", "worker.child", "saving", "calling"):
        assert not [name for name in found if name.startswith(f"sphinxext_layered.{part}")]
    assert {name for name in found if not name.startswith("sphinxext_layered")} == set()


def test_what_is_imported_inside_functions_is_what_draws() -> None:
    package = Path(sphinxext_layered.__file__).parent
    found: dict[str, set[str]] = {}
    for path in [*(package / "extension").rglob("*.py"), *(package / f"{name}.py" for name in ROOM)]:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        name = path.relative_to(package).as_posix()
                        module = getattr(node, "module", None)
                        found.setdefault(name, set()).update([module] if module else [each.name for each in node.names])
    assert found == LAZY


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("one.rst", ":legend:", ":spacing: 40"),
        ("one.rst", ":legend:", ":palette: classic"),
        ("one.rst", ":legend:", ":format: svg"),
        ("one.rst", ":legend:", ":theme: dark"),
        ("one.rst", "A net.", "Another caption."),
        ("conf.py", "extensions", 'layered_view_defaults = {"palette": "classic"}\nextensions'),
        ("conf.py", "extensions", 'layered_view_formats = {"html": "svg"}\nextensions'),
        ("prose.rst", "No picture.", "Still none."),
    ],
)
def test_what_does_not_change_a_model_starts_no_child(project: Project, name: str, old: str, new: str) -> None:
    assert project.build().children == 1
    project.edit(name, old, new)
    outcome = project.build()
    assert (outcome.children, outcome.warnings) == (0, "")


@pytest.mark.parametrize("parallel", [1, 2])
def test_one_child_describes_all_models_however_many_read(project: Project, parallel: int) -> None:
    for number in range(8):
        project.put(f"more{number}.rst", f":orphan:\n\nMore\n====\n\n.. layered-view:: nets:small({number + 3})\n")
    outcome = project.build(parallel=parallel)
    assert (outcome.children, len(outcome.images)) == (1, 10)


def test_looking_up_reads_each_file_once_however_many_pages_rest_on_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        project.put(f"more{number}.rst", f":orphan:\n\nMore\n====\n\n.. layered-view:: nets:small({number + 3})\n")
    project.build()
    hashed: Counter[str] = Counter()
    read = FileHashes._read

    def counted(self: FileHashes, path: str) -> str:
        hashed[Path(path).name] += 1
        return read(self, path)

    monkeypatch.setattr(FileHashes, "_read", counted)
    project.build()
    assert {"nets.py", "shared.py", "others.py", "size.txt"} <= set(hashed)
    assert set(hashed.values()) == {1}


def test_a_picture_is_drawn_while_the_child_describes_the_next_model(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_is_drawn = threading.Event()
    original = draw.draw
    in_time = []

    def drawing(*given: Any) -> draw.Drawn:
        picture = original(*given)
        first_is_drawn.set()
        return picture

    def describing(requests: Iterable[ModelRequest], client: object) -> Iterator[Described]:
        for number, request in enumerate(requests):
            if number:
                in_time.append(first_is_drawn.wait(20))
            layers = (LayerDescription(index=0, name="only", class_name="Dense", output_shapes=((None, 8),)),)
            yield Described(request, ModelDescription(name=f"net{number}", class_name="M", layers=layers), MadeFrom())

    monkeypatch.setattr(draw, "draw", drawing)
    monkeypatch.setattr(ahead, "answers", describing)
    assert len(project.build().images) == 2
    assert in_time == [True]
