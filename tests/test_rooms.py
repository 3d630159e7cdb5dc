"""The direction of imports, and what stays unloaded: a build that draws nothing must not pay for drawing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sphinxext_layered

PACKAGE = Path(sphinxext_layered.__file__).parent
HOST = {"sphinx", "docutils"}
MODELS = {"keras", "tensorflow", "tf_keras", "jax", "torch"}
PAINTING = {"numpy", "PIL", "aggdraw", "reportlab"}

# Each room may import from itself and from the rooms before it; modules that stand on one line are one room.
ROOMS = (
    {"errors", "values", "template", "visualkeras", "options", "description", "target"},
    {"drawing"},
    {"reading"},
    {"api", "gallery", "calling", "saving"},
    {"worker", "cache", "committed", "fingerprint", "freshness"},
    {"extension", "__main__", "command_line"},
)
RANK = {module: rank for rank, room in enumerate(ROOMS) for module in room}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `statement`."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(m.partition('.')[0] for m in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def modules(folder: str = "") -> list[Path]:
    return sorted(path for path in (PACKAGE / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_package_alone_loads_nothing_heavy() -> None:
    assert not loaded_by("import sphinxext_layered") & (HOST | MODELS | PAINTING)


@pytest.mark.parametrize("name", [name_of(path) for path in modules("drawing")])
def test_drawing_knows_neither_the_host_nor_the_models(name: str) -> None:
    assert not loaded_by(f"import {name}") & (HOST | MODELS)


@pytest.mark.parametrize(
    "name",
    [name_of(path) for path in modules("worker")]
    + [
        f"{PACKAGE.name}.cache",
    ],
)
def test_the_parents_side_of_the_worker_knows_neither_the_host_nor_the_models(name: str) -> None:
    assert not loaded_by(f"import {name}") & (HOST | MODELS)


def test_the_extension_loads_no_models_and_no_painter_when_sphinx_registers_it() -> None:
    assert not loaded_by("import sphinxext_layered.extension") & (MODELS | {"aggdraw", "reportlab"})


def imported(path: Path, *, typing: bool = True) -> Iterator[tuple[int, str]]:
    """Return the lines and full names of a module's imports from this package, wherever in the module they stand.

    With `typing` false those are left out that are for type checkers alone.
    """
    package = name_of(path).split(".") if path.stem == "__init__" else name_of(path).split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not typing:
        tree.body = [each for each in tree.body if not (isinstance(each, ast.If) and "TYPE" in ast.unparse(each.test))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.startswith(PACKAGE.name))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = ".".join([*base, *([node.module] if node.module else [])])
            if full == PACKAGE.name:
                yield from ((node.lineno, f"{full}.{alias.name}") for alias in node.names)
            elif full.startswith(f"{PACKAGE.name}."):
                yield node.lineno, full


def room_of(name: str) -> str:
    return name.split(".")[1]


@pytest.mark.parametrize("path", [path for path in modules() if path != PACKAGE / "__init__.py"], ids=name_of)
def test_a_room_imports_only_from_the_rooms_before_it(path: Path) -> None:
    here = RANK[room_of(name_of(path))]
    wrong = [f"line {line}: {name}" for line, name in imported(path) if RANK.get(room_of(name), -1) > here]
    assert wrong == []


EXTENSION = ("config", "current", "places", "page", "build", "output")
"""The parts of the extension, each of which imports from itself and those before it."""


@pytest.mark.parametrize("path", modules("extension"), ids=name_of)
def test_the_extension_goes_from_pages_through_builds_to_output(path: Path) -> None:
    parts = path.relative_to(PACKAGE / "extension").with_suffix("").parts
    here = EXTENSION.index(parts[0]) if parts[0] in EXTENSION else len(EXTENSION)
    loaded = [name.split(".")[2] for _, name in imported(path, typing=False) if name.count(".") > 1]
    assert not {name for name in loaded if name in EXTENSION and EXTENSION.index(name) > here}


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if name_of(path).count(".") and room_of(name_of(path)) != "extension"],
    ids=name_of,
)
def test_only_the_extension_imports_sphinx(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert not {name.partition(".")[0] for name in names} & HOST
