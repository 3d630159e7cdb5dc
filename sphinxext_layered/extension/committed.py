"""Descriptions that a project commits: one readable file of a stable name for each model it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..cache import digest_of, slug_of, write_whole
from ..errors import DescriptionError
from ..worker import ModelRequest
from ..worker.dependencies import MadeFrom

if TYPE_CHECKING:
    from ..description import ModelDescription

SCHEMA = "layered-view-committed/1"


class Committed(NamedTuple):
    """One file's content."""

    description: ModelDescription
    made_from: MadeFrom


def file_name(model: ModelRequest) -> str:
    """Give the name of a model's file: readable, and unique by a short digest of the request."""
    asked = {name: value for name, value in model.document().items() if name != "depends"}
    return f"{slug_of(model.target or model.file or '')}-{digest_of(asked)[:8]}.json"


def read(folder: Path, model: ModelRequest) -> Committed | None:
    """Give what is committed for a model, None where there is nothing that can be read."""
    from ..description import ModelDescription

    try:
        document = json.loads((folder / file_name(model)).read_text("utf-8"))
        if document["schema"] != SCHEMA:
            return None
        made_from = MadeFrom.from_document(document["made_from"])
        return Committed(ModelDescription.from_document(document["description"]), made_from)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, DescriptionError):
        return None


def write(folder: Path, model: ModelRequest, committed: Committed) -> bool:
    """Write a model's file if it says something else than before; says whether it did.

    Raises
    ------
    OSError
        It cannot be written.
    """
    text = _spelt(model, committed).encode("utf-8", "surrogatepass")
    path = folder / file_name(model)
    try:
        if path.read_bytes().replace(b"\r\n", b"\n") == text:
            return False
    except OSError:
        pass
    write_whole(path, text)
    return True


def _spelt(model: ModelRequest, committed: Committed) -> str:
    """Give the file's text: what was asked, what it was made from, and the description, a field on each line."""
    parts = {
        "schema": json.dumps(SCHEMA),
        "model": json.dumps(model.target or model.file, ensure_ascii=False),
        "made_from": json.dumps(committed.made_from.document(), indent=2, sort_keys=True, ensure_ascii=False),
        "description": committed.description.to_json().strip(),
    }
    fields = (f'"{name}": {text}' for name, text in parts.items())
    return "{\n" + ",\n".join("  " + field.replace("\n", "\n  ") for field in fields) + "\n}\n"
