"""Everything that knows Sphinx. Here: what is registered, and the requests' life in the environment.

What draws is imported when there is something to draw.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from .. import __version__

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

ENV_VERSION: Final = 2
"""Raised when what is kept in the environment or in doctrees changes."""

STYLE_SHEET: Final = "layered_view.css"

_builders: Final[WeakKeyDictionary[BuildEnvironment, Builder]] = WeakKeyDictionary()
_processes: Final[WeakKeyDictionary[BuildEnvironment, int]] = WeakKeyDictionary()
_read: Final[WeakKeyDictionary[BuildEnvironment, set[str]]] = WeakKeyDictionary()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    from . import config
    from .directive import LayeredView
    from .nodes import PLACEHOLDERS, skip
    from .option_table import LayeredViewConfig, LayeredViewOptionTable
    from .transform import PicturesIn, ReadAgainAfterErrors

    config.register(app)
    app.add_directive("layered-view", LayeredView)
    app.add_directive("layered-view-options", LayeredViewOptionTable)
    app.add_directive("layered-view-config", LayeredViewConfig)
    formats = ("html", "latex", "text", "man", "texinfo")
    for placeholder in PLACEHOLDERS:
        app.add_node(placeholder, **dict.fromkeys(formats, (skip, None)))  # type: ignore[arg-type]
    app.add_transform(ReadAgainAfterErrors)
    app.add_post_transform(PicturesIn)
    app.add_message_catalog("sphinxext_layered", str(Path(__file__).parents[1] / "locale"))
    app.connect("builder-inited", _note_builder)
    app.connect("builder-inited", _add_style_sheet)
    app.connect("env-before-read-docs", _note_read, priority=900)
    app.connect("doctree-read", _page_read)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _draw)
    app.connect("build-finished", _finish)
    return {
        "version": __version__,
        "env_version": ENV_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def requests_of(env: BuildEnvironment) -> dict[str, list[dict[str, Any]]]:
    """Give the documents of every `PictureRequest`, by docname; what is changed in it is kept."""
    if not hasattr(env, "layered_views"):
        env.layered_views = {}  # type: ignore[attr-defined]
    requests: dict[str, list[dict[str, Any]]] = env.layered_views  # type: ignore[attr-defined]
    return requests


def builder_of(env: BuildEnvironment) -> Builder:
    """Give the builder whose build it is; from Sphinx 11 on, an environment does not know it."""
    return _builders[env]


def read_in(env: BuildEnvironment) -> set[str]:
    """Give the names of the pages that are read in this build, and so written in any case."""
    return _read.get(env, set())


def _note_builder(app: Sphinx) -> None:
    _builders[app.env] = app.builder
    _processes[app.env] = os.getpid()


def _add_style_sheet(app: Sphinx) -> None:
    """Put the style sheet beside the theme's own, before pages name it with its checksum.

    Not through ``html_static_path``, of which Sphinx would say at the next build that it has changed.
    """
    if app.builder.format != "html":
        return
    content = (Path(__file__).parent / "static" / STYLE_SHEET).read_bytes()
    path = Path(app.outdir, "_static", STYLE_SHEET)
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    app.add_css_file(STYLE_SHEET)


def _note_read(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    _read[env] = set(docnames)


def _page_read(app: Sphinx, doctree: nodes.document) -> None:
    if hasattr(app.env, "layered_views"):
        from .conditions import note_conditions

        note_conditions(app, doctree)
        if _processes.get(app.env) == os.getpid():  # not a fork that reads for the main process
            from . import build

            build.page_read(app, app.env.docname)


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    if hasattr(env, "layered_views"):
        requests_of(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    theirs = getattr(other, "layered_views", {})
    for docname in docnames:
        if docname in theirs:
            requests_of(env)[docname] = theirs[docname]


def _draw(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Make the pictures that are missing; a project that never had one imports nothing for it."""
    if not hasattr(env, "layered_views"):
        return []
    from . import build
    from .downloads import note_downloads

    differing = build.env_updated(app, env)
    asked = (request for page in build.pictures_of(env).pages.values() for _, request in page)
    note_downloads(app, (request for request in asked if request.downloads))
    return differing


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if hasattr(app.env, "layered_views"):
        from . import build

        build.build_finished(app, exception)
