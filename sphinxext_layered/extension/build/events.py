"""The steps of a build, each an event of Sphinx: pages are read, pictures are made, pages are written.

Pictures are found or made at ``env-updated``: in the main process of every build, after parallel readers are merged
and before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..config import needs_descriptions
from ..current import build_of
from ..page.conditions import note_places
from ..page.request import keep_request, requests_of
from ..places import image_folder
from .state import begin_build

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def connect(app: Sphinx) -> None:
    """Connect every step."""
    app.connect("builder-inited", begin_build)
    app.connect("env-before-read-docs", _before_reading, priority=900)
    app.connect("env-purge-doc", _purge)
    app.connect("doctree-read", _page_read)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _make_pictures)
    app.connect("build-finished", _finish)


def _before_reading(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    begin_build(app, docnames)


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    requests_of(env).pop(docname, None)


def _page_read(app: Sphinx, doctree: nodes.document) -> None:
    """Note where a page shows its pictures, and have its missing models described while the next page is read."""
    docname = app.env.docname
    if requests := requests_of(app.env).get(docname):
        note_places(requests, doctree)
        build = build_of(app.env)
        if build.describes_ahead:
            build.pictures.describe_ahead(build.shown([docname]).get(docname, []))


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    theirs = requests_of(other)
    for docname in docnames:
        for document in theirs.get(docname, []):
            keep_request(env, docname, document)


def _make_pictures(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Find or make every picture; returns the pages whose pictures differ from those last written."""
    build = build_of(env)
    if not needs_descriptions(app.builder):
        return []
    build.pages = build.shown(requests_of(env))
    if not build.pages:
        build.close()  # a page that was read may have asked for a picture, and does no more
        return []
    if build.draws:
        build.pictures.make([request for requests in build.pages.values() for request in requests])
    folder = image_folder(app)
    differing = build.ledger.differing({page: build.signature(page) for page in build.pages}, folder)
    if differing:
        build.ledger.doubt(differing, build.digests())
    if app.builder.name == "epub":
        # Everything in its output folder is packed into the book, so what is stale has to go before.
        build.ledger.remove_stale(folder, build.digests())
    return differing


def _finish(app: Sphinx, exception: Exception | None) -> None:
    """Note what was written; where the build has failed, end what it began."""
    if not hasattr(getattr(app, "env", None), "layered_view_build"):
        return  # it failed before it began
    build = build_of(app.env)
    build.close()
    if exception is None and needs_descriptions(app.builder):
        build.note_written()
