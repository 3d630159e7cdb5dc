"""An SVG that is part of the page, whose boxes link to the documentation of what they show."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.errors import NoUri

from ...description import KERAS_PACKAGES
from ...errors import TargetError
from ...target import parse_target

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from ...description import ModelDescription
    from ..page.request import Picture

_GROUP: Final = re.compile(r"(<g[^>]*><title>.*?</g>)", re.DOTALL)
_NAME_AND_CLASS: Final = re.compile(r"<g[^>]*><title>(.*?\([^()<]*\))[,<]", re.DOTALL)
_PUBLIC: Final = ("keras.layers", "keras", "tf_keras.layers", "tf.keras.layers", "tensorflow.keras.layers")
"""Where Keras's classes are documented, whichever module defines them."""


def inline_svg(picture: Picture, alt: str, size: tuple[str, str], links: Links | None) -> list[nodes.Node]:
    """Return the drawing of a picture as raw HTML, with references to documentation between its parts.

    It has no ids, so that nothing on the page can have the same.

    Parameters
    ----------
    picture : Picture
        Of an SVG file.
    alt : str
        Its name for readers who cannot see it; they are not told of it where this is empty.
    size : tuple of str
        Width and height as image nodes have them.
    links : Links or None
        Where boxes lead to, None where they are not to be links.
    """
    assert picture.file is not None
    text = picture.file.read_text("utf-8")
    parts: list[nodes.Node] = []
    classes = dict(_classes(picture.describe())) if links and alt else {}
    for part in _GROUP.split(text[text.index("<g ") : text.rindex("</svg>")]):
        raw = nodes.raw("", part, format="html")
        named = _NAME_AND_CLASS.match(part)
        shown = classes.get(html.unescape(named[1])) if named else None
        link = links.of_class(shown) if links and shown else None
        if link is not None:
            link += raw
        parts.append(raw if link is None else link)
    # What is inside an image is not told to screen readers, and links must be.
    role = "group" if any(isinstance(part, nodes.reference) for part in parts) else "img"
    described = f'role="{role}" aria-label="{html.escape(alt)}"' if alt else 'aria-hidden="true"'
    opening = (
        f'<svg direction="ltr" viewBox="0 0 {picture.width} {picture.height}" {described} style="{_style(*size)}">'
    )
    return [nodes.raw("", opening, format="html"), *parts, nodes.raw("", "</svg>", format="html")]


def _classes(model: ModelDescription | None) -> Iterator[tuple[str, str]]:
    """Return the class of each layer, as ``module.ClassName``, by the beginning of its tooltip."""
    for layer in model.layers if model else ():
        yield f"{layer.name} ({layer.class_name})", layer.qualified_name
        yield from _classes(layer.nested)


def _style(width: str, height: str) -> str:
    lengths = {"width": width, "height": "" if width else height}
    return ";".join(
        f"{name}:{each}px" if each.isdigit() else f"{name}:{each}" for name, each in lengths.items() if each
    )


class Links:
    """Where the boxes of one picture lead to: to their class's documentation, else to the builder's on another page."""

    def __init__(self, env: BuildEnvironment, builder: Builder, docname: str, target: str) -> None:
        self._env = env
        self._builder = builder
        self._docname = docname
        self._target = target
        self._found: dict[str, nodes.reference | None] = {}

    def of_class(self, name: str) -> nodes.reference | None:
        """Return a reference, still empty, to what is known of a class, given as ``module.ClassName``."""
        if name not in self._found:
            known = filter(None, map(self._reference, _names(name)))
            self._found[name] = next(known, None) or self._of_builder
        found = self._found[name]
        return None if found is None else found.copy()

    @cached_property
    def _of_builder(self) -> nodes.reference | None:
        try:
            target = parse_target(self._target)
        except TargetError:  # a file
            return None
        found = self._reference(f"{target.module}.{target.attribute}")
        return None if found is None or "refid" in found else found

    def _reference(self, name: str) -> nodes.reference | None:
        """Return a reference to what this project, or one that intersphinx knows, documents by a name."""
        wanted = pending_xref("", refdomain="py", reftype="obj", reftarget=name, refdoc=self._docname)
        content = nodes.inline()
        found = self._env.get_domain("py").resolve_xref(
            self._env, self._docname, self._builder, "obj", name, wanted, content
        ) or self._env.events.emit_firstresult(
            "missing-reference", self._env, wanted, content, allowed_exceptions=(NoUri,)
        )
        if not isinstance(found, nodes.reference):
            return None
        place = {key: found[key] for key in ("refuri", "refid", "internal") if key in found}
        if place.get("refuri", "").startswith("#"):  # singlehtml: the page's part, then the object's id
            place["refuri"] = "#" + place["refuri"].rpartition("#")[2]
        return nodes.reference("", "", **place)


def _names(name: str) -> Iterator[str]:
    """Return the names by which a class may be documented, its own first."""
    yield name
    package, _, rest = name.partition(".")
    if package in KERAS_PACKAGES:
        yield from (f"{public}.{rest.rpartition('.')[2]}" for public in _PUBLIC)
