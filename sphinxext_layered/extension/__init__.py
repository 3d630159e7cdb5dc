"""The Sphinx extension: what is registered with Sphinx.

`page` has the directives, `build` makes the pictures, `output` puts them on the page. Drawing code is imported only
if there is something to draw.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .. import __version__
from . import config
from .build import events
from .output.downloads import note_downloads
from .output.transform import PicturesIn, ReadAgainAfterErrors
from .page.directive import LayeredView
from .page.nodes import PLACEHOLDERS, skip
from .page.option_docs import LayeredViewConfigDocs, LayeredViewDefaults, LayeredViewOptionDocs

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ENV_VERSION: Final = 4
"""Raised when what is kept in the environment or in doctrees changes."""

STYLE_SHEET: Final = "layered_view.css"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    config.register(app)
    app.add_directive("layered-view", LayeredView)
    app.add_directive("layered-view-options", LayeredViewOptionDocs)
    app.add_directive("layered-view-config", LayeredViewConfigDocs)
    app.add_directive("layered-view-defaults", LayeredViewDefaults)
    formats = ("html", "latex", "text", "man", "texinfo")
    for placeholder in PLACEHOLDERS:
        app.add_node(placeholder, **dict.fromkeys(formats, (skip, None)))  # type: ignore[arg-type]
    app.add_transform(ReadAgainAfterErrors)
    app.add_post_transform(PicturesIn)
    app.connect("builder-inited", _add_style_sheet)
    events.connect(app)
    app.connect("env-updated", note_downloads, priority=600)  # when there are pictures
    return {
        "version": __version__,
        "env_version": ENV_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _add_style_sheet(app: Sphinx) -> None:
    """Put the style sheet beside the theme's own, before pages name it with its checksum.

    Not through ``html_static_path``, of which Sphinx would say at the next build that it has changed.
    """
    if app.builder.format != "html":
        return
    # EPUB has no pairs of pictures, and forbids some selectors that they need.
    parts = [STYLE_SHEET, "pairs.css"] if config.is_web(app.builder) else [STYLE_SHEET]
    content = b"\n".join((Path(__file__).parent / "static" / part).read_bytes() for part in parts)
    path = Path(app.outdir, "_static", STYLE_SHEET)
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    app.add_css_file(STYLE_SHEET)
