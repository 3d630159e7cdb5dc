"""The words of messages, docstrings and the manual: those of the field, and no others."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HERE = Path(__file__)
PYTHON = sorted(
    path
    for folder in ("sphinxext_layered", "tools", "benchmarks", "tests", "example_docs")
    for path in (ROOT / folder).rglob("*.py")
    if "_build" not in path.parts and path != HERE
)
PROSE = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "pyproject.toml", "CITATION.cff")),
    *sorted(
        path
        for path in (ROOT / "example_docs").rglob("*")
        if path.suffix in (".rst", ".md", ".css") and "_build" not in path.parts
    ),
]

# An expression, and what to write instead.
AVOIDED = {
    r"(back)?ground that (colours|pictures) are": "background",
    r"\bgrounds?\b": "background",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bparted by\b": "comma-separated, separated by",
    r"\bas ever\b": "as usual",
    r"\banew\b": "again",
    r"\bmost particular\b": "most specific",
    r"\b(least|greatest) (width|height|size|depth|distance|side)\b": "minimum, maximum",
    r"\bthey stand in\b": "set them in",
    r"\bneeds to be said\b": "no configuration is needed",
    r"\blabel it\b": "labels",
    r"\ba (description|function|file|cache)s? of ours\b": "made by this extension",
    r"\bslips? of the pen\b": "typo",
    r"\bis no (function|folder|model|number)\b": "is not a",
    r"\bfor want of\b": "because ... is missing",
}


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def words(path: Path) -> str:
    """Return the text of a file on one line; of Python without the quotes between parts of a string."""
    if path.suffix != ".py":
        return " ".join(path.read_text("utf-8").split())
    with tokenize.open(path) as lines:
        tokens = [token.string for token in tokenize.generate_tokens(lines.readline)]
    text = " ".join(token.replace("_", " ") if token.startswith("test_") else token for token in tokens)
    return " ".join(re.sub(r'"\s*f?"', "", text).split())


@pytest.mark.parametrize("path", [*PYTHON, *PROSE], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_expressions_to_avoid(path: Path) -> None:
    text = words(path)
    found = [
        f"{text[max(0, match.start() - 30) : match.end() + 20]!r}: write {instead}"
        for avoided, instead in AVOIDED.items()
        for match in re.finditer(avoided, text, re.IGNORECASE)
    ]
    assert not found


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_start_with_the_usual_verbs(path: Path) -> None:
    unusual = re.compile(r"(Give|Tell|Say|Gives|Tells|Says)\b")
    assert not [(line, text.splitlines()[0]) for line, text in docstrings(path) if unusual.match(text)]
