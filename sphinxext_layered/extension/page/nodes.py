"""Placeholders in doctrees of pictures, tables of layers and links.

They hold plain values only, are gone before any writer sees them, and so need no visitors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from docutils import nodes
from sphinx import addnodes

_UNWRITABLE: Final = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"


def writable(text: str) -> str:
    """Return a text of a model with U+FFFD for what files or XML cannot contain."""
    return re.sub(_UNWRITABLE, "\ufffd", text.replace("\r\n", "\n"))


class layered_view(nodes.General, nodes.Inline, nodes.Element, addnodes.translatable):  # noqa: N801
    """A picture's place.

    `request` is the document of a `PictureRequest`, or None where the directive's own words were wrong,
    which `problem` then says. `reference` is what the author wrote to name the model. The image's own
    options (alt, width, height, scale, align, loading) are attributes as they are of an image.
    """

    def preserve_original_messages(self) -> None:
        """Keep the alternative text that the author wrote."""
        if self.get("alt"):
            self.setdefault("original_alt", self["alt"])

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Put the translation in place."""
        if self.get("alt") == original_message:
            self["alt"] = translated_message
            self["translated"] = True

    def extract_original_messages(self) -> Sequence[str]:
        """Return the alternative text that the author wrote."""
        original = self.get("original_alt") or self.get("alt")
        return [original] if original else []


class layered_view_summary(nodes.General, nodes.Element):  # noqa: N801
    """The place of a table of layers; `request` as of the picture, `show` one of SUMMARIES."""


class layered_view_source(nodes.General, nodes.Element):  # noqa: N801
    """The place of a link to the source of `module`'s `attribute`."""


class layered_view_downloads(nodes.General, nodes.Element):  # noqa: N801
    """The place of links to the picture's files; `request` as of the picture, `align` empty where it has none."""


PLACEHOLDERS: tuple[type[nodes.Element], ...] = (
    layered_view,
    layered_view_summary,
    layered_view_source,
    layered_view_downloads,
)


def skip(visitor: Any, node: nodes.Element) -> None:
    """Pass over a placeholder in the writers that are given doctrees without post-transforms."""
    raise nodes.SkipNode
