"""The links under a picture to its files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import get_translation

from .request import Picture

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

_ = get_translation("sphinxext_layered")


def download_nodes(
    env: BuildEnvironment, node: nodes.Element, files: Iterable[tuple[str, str, Picture]]
) -> list[nodes.Node]:
    """Give one line of links: format, the file's name relative to the source folder, and its picture."""
    paragraph = nodes.paragraph("", _("Download:") + " ", classes=["layered-view-downloads"])
    paragraph.source, paragraph.line = node.source, node.line
    for i, (format, uri, picture) in enumerate(files):
        link = addnodes.download_reference("", "", reftarget=uri, refdoc=node["docname"], refexplicit=True)
        link["filename"] = _place(env, node["docname"], uri, f"{_file_name(picture)}.{format}")
        link += nodes.literal(format, format.upper(), classes=["download"])
        if i:
            paragraph += nodes.Text(", ")
        paragraph += link
    return [paragraph]


def _place(env: BuildEnvironment, docname: str, uri: str, name: str) -> str:
    """Make Sphinx copy the file under a name that a reader knows it by, and give its place."""
    files: dict[Any, Any] = env.dlfiles
    docnames, _old = files.get(uri, (set(), ""))
    # The file's own name is of its content, so that the place is the same wherever the cache lies.
    digest = hashlib.sha256(uri.rpartition("/")[2].encode()).hexdigest()[:32]
    place = f"{digest}/{name}"
    files[uri] = ({*docnames, docname}, place)
    return place


def _file_name(picture: Picture) -> str:
    """Give the model's name as part of a file's name on any system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", picture.description.name).strip("_")[:80] or "model"
