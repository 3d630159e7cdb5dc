"""The links below a picture to its files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

from ...worker import Failure
from ..config import themes_of
from ..current import build_of
from ..page.request import Picture, PictureRequest

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def note_downloads(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Make Sphinx copy the files that pages offer: it does so before it writes the pages."""
    if getattr(app.builder, "download_support", False):
        for requests in build_of(env).pages.values():
            for request in requests:
                for _format, picture in downloads_of(env, request) if request.downloads else ():
                    _note(env, request.docname, picture)
    return []


def downloads_of(env: BuildEnvironment, request: PictureRequest) -> Iterator[tuple[str, Picture]]:
    """Return the formats that a page offers and their pictures, of the first theme where there are two."""
    build = build_of(env)
    # Without its page, which is not written because of this question.
    asked = request._replace(docname="")
    (theme, *_others) = themes_of(env.config, request, build.builder)
    for format in request.downloads:
        result = build.picture(asked, theme=theme, format=format)
        if not isinstance(result, Failure) and result.file is not None:
            yield format, result


def download_nodes(env: BuildEnvironment, node: nodes.Element) -> list[nodes.Node]:
    """Return one line of links to the pictures that `node` is the place of."""
    request = PictureRequest.from_document(node["request"])
    files = list(downloads_of(env, request))
    if not files:
        return []
    classes = ["layered-view-downloads"]
    if node["align"]:
        classes.append(f"layered-view-{node['align']}")
    paragraph = nodes.paragraph("", "Download: ", classes=classes)
    paragraph.source, paragraph.line = node.source, node.line
    for i, (format, picture) in enumerate(files):
        uri = source_relative(env, picture)
        link = addnodes.download_reference("", "", reftarget=uri, refdoc=node["docname"], refexplicit=True)
        link["filename"] = _note(env, node["docname"], picture)
        link += nodes.literal(format, format.upper(), classes=["download"])
        if i:
            paragraph += nodes.Text(", ")
        paragraph += link
    return [paragraph]


def _note(env: BuildEnvironment, docname: str, picture: Picture) -> str:
    """Note a file to be copied under a name that a reader knows it by, and give its place."""
    uri = source_relative(env, picture)
    # The file's own name is of its content, so that the place is the same wherever the cache lies.
    stem, _dot, suffix = uri.rpartition("/")[2].rpartition(".")
    place = f"{hashlib.sha256(stem.encode()).hexdigest()[:32]}/{_file_name(picture)}.{suffix}"
    files: dict[Any, Any] = env.dlfiles
    docnames, _old = files.get(uri, (set(), ""))
    files[uri] = ({*docnames, docname}, place)
    return place


def source_relative(env: BuildEnvironment, picture: Picture) -> str:
    """Return a picture's file relative to the source folder; absolute where there is no way, as between drives."""
    assert picture.file is not None
    try:
        return os.path.relpath(picture.file, env.srcdir).replace(os.sep, "/")
    except ValueError:
        return picture.file.as_posix()


def _file_name(picture: Picture) -> str:
    """Return the model's name as part of a file's name on any system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", picture.model).strip("_")[:80] or "model"
