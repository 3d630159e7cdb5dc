"""Descriptions that a project commits: one readable file of a stable name for each model it shows."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from .cache import digest_of, slug_of, write_whole
from .description import ModelDescription, spell
from .errors import DescriptionError
from .fingerprint import fingerprint
from .freshness import Sources, root_above
from .worker import ModelRequest
from .worker.dependencies import MadeFrom

SCHEMA: Final = "layered-view-committed/1"

_SKIPPED: Final = ("_build", "venv", "node_modules", "site-packages", "__pycache__")
_PAGES: Final = (".rst", ".md", ".txt", ".inc", ".ipynb", ".py")


class Committed(NamedTuple):
    """One file's content.

    Attributes
    ----------
    json : str
        The description, as `ModelDescription.to_json` spells it; not checked where it was read from a file.
    made_from : MadeFrom
    package : str
        The fingerprint of this package when it described the model; empty in files written before it was recorded.
    model : str
        What names the model on pages.
    """

    json: str
    made_from: MadeFrom
    package: str = ""
    model: str = ""

    def description(self) -> ModelDescription:
        """Read and check the description; raises DescriptionError."""
        return ModelDescription.from_json(self.json)

    def differing(self, sources: Sources, package: str) -> tuple[str, ...]:
        """Name what has changed since, in the same words on every machine."""
        reader = () if self.package == package else ("sphinxext_layered (reads models differently now)",)
        return (*sources.differing_anywhere(self.made_from), *reader)


def file_name(model: ModelRequest) -> str:
    """Return the name of a model's file: readable, and unique by a short digest of the request."""
    asked = {name: value for name, value in model.document().items() if name != "depends"}
    return f"{slug_of(model.target or model.file or '')}-{digest_of(asked)[:8]}.json"


def read(path: Path) -> Committed | None:
    """Return the content of a file, its description as text that is not checked yet; None where there is no such file.

    Raises
    ------
    DescriptionError
        It cannot be read, and why.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DescriptionError(f"it cannot be read ({error.strerror})") from error
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DescriptionError(f"it is not JSON ({error})") from error
    if not (isinstance(document, dict) and document.get("schema") == SCHEMA):
        raise DescriptionError(f"it does not have the schema {SCHEMA!r}")
    try:
        made_from = MadeFrom.from_document(document.get("made_from"))
    except ValueError as error:
        raise DescriptionError(f"made_from: {error}") from error
    try:
        description = spell(document.get("description")) + "\n"
    except RecursionError:
        raise DescriptionError("description: it is nested too deeply") from None
    texts = (document.get(name, "") for name in ("package", "model"))
    return Committed(description, made_from, *map(str, texts))


def write(path: Path, committed: Committed) -> bool:
    """Write a model's file if it says something else than before, and return whether it did.

    Raises
    ------
    OSError
        It cannot be written.
    """
    text = _spelt(committed).encode("utf-8", "surrogatepass")
    try:
        if path.read_bytes().replace(b"\r\n", b"\n") == text:
            return False
    except OSError:
        pass
    write_whole(path, text)
    return True


def check(place: Path, root: Path | None = None) -> Iterator[tuple[Path, str]]:
    """Check committed descriptions; the result is the same on every machine.

    Parameters
    ----------
    place : Path
        A file, or the folder to look in, at any depth.
    root : Path, optional
        The project's root, which sources are named relative to; the nearest above `place` where left out.

    Yields
    ------
    (Path, str)
        A file, and its problem; empty if it is fresh.
    """
    root = root or root_above(place.resolve())
    sources, package = Sources(root), fingerprint().describing
    pages = _pages_below(root) if place.is_dir() else None
    for path in _below(place) if place.is_dir() else filter(_is_committed, [place]):
        try:
            found = read(path)
            if found is not None:
                found.description()
        except DescriptionError as error:
            yield path, f"broken: {' '.join(str(error).split())}"
            continue
        if found is None:
            continue
        if differing := found.differing(sources, package):
            yield path, f"stale: {', '.join(differing)}"
        elif pages is not None and not _is_named(found.model, pages):
            yield path, f"no page uses {found.model} any more: delete it"
        else:
            yield path, ""


def _below(folder: Path) -> Iterator[Path]:
    return filter(_is_committed, _files(folder, (".json",)))


def _is_committed(path: Path) -> bool:
    """Whether a file is a committed description, be it damaged or of another version."""
    try:
        return b"layered-view-committed/" in path.read_bytes()[:200]
    except OSError:
        return False


def _pages_below(root: Path) -> list[str]:
    """Read the pages, and the docstrings, that have a ``layered-view`` directive."""
    texts = []
    for path in _files(root, _PAGES):
        with contextlib.suppress(OSError):
            text = path.read_text("utf-8", "replace")
            if "layered-view" in text:
                texts.append(text)
    return texts


def _is_named(model: str, pages: list[str]) -> bool:
    """Whether a page has the name of a model's function or file, however it writes the rest of the reference."""
    name = re.compile(rf"(?<!\w){re.escape(_name_on_pages(model))}(?!\w)")
    return any(name.search(page) for page in pages)


def _name_on_pages(model: str) -> str:
    if model.endswith((".keras", ".json")):
        return model.rpartition("/")[2]
    return re.split(r"[:.]", model.partition("(")[0])[-1]


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        yield from (Path(parent, name) for name in sorted(names) if name.endswith(suffixes))


def _spelt(committed: Committed) -> str:
    """Return the file's text: what was asked, what it was made from, and the description, a field on each line."""
    parts: dict[str, Any] = {
        "schema": json.dumps(SCHEMA),
        "model": json.dumps(committed.model, ensure_ascii=False),
        "package": json.dumps(committed.package),
        "made_from": json.dumps(committed.made_from.document(), indent=2, sort_keys=True, ensure_ascii=False),
        "description": committed.json.strip(),
    }
    fields = (f'"{name}": {text}' for name, text in parts.items())
    return "{\n" + ",\n".join("  " + field.replace("\n", "\n  ") for field in fields) + "\n}\n"
