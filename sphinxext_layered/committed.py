"""Descriptions that a project commits: one readable file of a stable name for each model it shows."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .cache import digest_of, slug_of, write_whole
from .description import ModelDescription
from .errors import DescriptionError
from .worker import ModelRequest
from .worker.dependencies import MadeFrom

if TYPE_CHECKING:
    from .freshness import Sources

SCHEMA: Final = "layered-view-committed/1"

_SKIPPED: Final = ("_build", "venv", "node_modules", "site-packages", "__pycache__")
_PAGES: Final = (".rst", ".md", ".txt", ".inc", ".ipynb", ".py")


class Committed(NamedTuple):
    """One file's content.

    Attributes
    ----------
    description : ModelDescription
    made_from : MadeFrom
    package : str
        The fingerprint of this package as it described the model; empty in files of before that was noted.
    model : str
        What names the model on pages.
    """

    description: ModelDescription
    made_from: MadeFrom
    package: str = ""
    model: str = ""

    def differing(self, sources: Sources, package: str) -> tuple[str, ...]:
        """Name what has changed since, in the same words on every machine."""
        reader = () if self.package == package else ("sphinxext_layered (reads models differently now)",)
        return (*sources.differing_anywhere(self.made_from), *reader)


def file_name(model: ModelRequest) -> str:
    """Return the name of a model's file: readable, and unique by a short digest of the request."""
    asked = {name: value for name, value in model.document().items() if name != "depends"}
    return f"{slug_of(model.target or model.file or '')}-{digest_of(asked)[:8]}.json"


def read(path: Path) -> Committed | None:
    """Return the content of a file; None where there is no such file.

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
    if not is_committed(document):
        raise DescriptionError(f"it has not the schema {SCHEMA!r}")
    try:
        made_from = MadeFrom.from_document(document.get("made_from"))
    except ValueError as error:
        raise DescriptionError(f"made_from: {error}") from error
    texts = (document.get(name, "") for name in ("package", "model"))
    return Committed(ModelDescription.from_document(document.get("description")), made_from, *map(str, texts))


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


def is_committed(document: object) -> bool:
    """Whether a JSON document is a committed description of this version."""
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def below(folder: Path) -> Iterator[Path]:
    """Return the committed descriptions below a folder, also those that are damaged or of another version."""
    for path in _files(folder, (".json",)):
        try:
            head = path.read_bytes()[:200]
        except OSError:
            continue
        if b"layered-view-committed/" in head:
            yield path


def no_longer_named(committed: dict[Path, Committed], folder: Path) -> list[Path]:
    """Return the files whose model no page below `folder` names any more.

    A page, or a docstring, names a model where it has a ``layered-view`` directive and the name of the function or
    file; so that a name which is put together by a template counts as long as that is written out somewhere.
    """
    names = {path: _name_on_pages(each.model) for path, each in committed.items()}
    named: set[str] = set()
    for page in _files(folder, _PAGES):
        try:
            text = page.read_text("utf-8", "replace")
        except OSError:
            continue
        if "layered-view" in text:
            named |= {name for name in names.values() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}
    return [path for path, name in names.items() if name not in named]


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
        "description": committed.description.to_json().strip(),
    }
    fields = (f'"{name}": {text}' for name, text in parts.items())
    return "{\n" + ",\n".join("  " + field.replace("\n", "\n  ") for field in fields) + "\n}\n"
