"""The post-transform: each placeholder becomes what its builder can show.

It runs before references are resolved and images converted, so that what it leaves are ordinary nodes
to Sphinx, to every builder and to other extensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from sphinx.locale import _ as sphinx_text
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from ...worker import Failure
from ..config import is_inline, is_web, needs_descriptions, themes_of
from ..current import build_of
from ..page.conditions import conditions_around, hold
from ..page.nodes import (
    PLACEHOLDERS,
    layered_view,
    layered_view_downloads,
    layered_view_source,
    layered_view_summary,
    writable,
)
from ..page.request import Picture, PictureRequest
from .downloads import download_nodes, source_relative
from .image_size import shown_size
from .inline_svg import Links, inline_svg
from .layer_table import summary_nodes
from .source_link import link_to_source

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

_UNTOUCHED: Final = ("gettext",)
"""Builders that read the placeholders themselves: their texts are messages."""


class ReadAgainAfterErrors(SphinxTransform):
    """Have a page read again on which docutils itself refused the directive, such as for an option given twice.

    Before docutils takes its messages out of the document.
    """

    default_priority = 10

    def apply(self, **kwargs: Any) -> None:
        """Look for such messages."""
        if any(
            '"layered-view" directive' in message.astext() for message in self.document.findall(nodes.system_message)
        ):
            self.env.note_reread()


class PicturesIn(SphinxPostTransform):
    """Put pictures, tables and links in their places."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace every placeholder of the document."""
        builder = build_of(self.env).builder
        if builder.name in _UNTOUCHED:
            return
        placeholders = [node for kind in PLACEHOLDERS for node in self.document.findall(kind)]
        if not placeholders:
            return
        page = _Page(self.env, builder)
        for node in placeholders:
            if isinstance(node.parent, nodes.substitution_definition) or not hold(builder, conditions_around(node)):
                _replace(node, [])
            elif isinstance(node, layered_view):
                page.show_picture(node)
            elif isinstance(node, layered_view_summary):
                page.show_summary(node)
            elif isinstance(node, layered_view_source):
                _replace(node, link_to_source(node, builder, self.env))
            elif isinstance(node, layered_view_downloads):
                offered = getattr(builder, "download_support", False)
                _replace(node, download_nodes(self.env, node) if offered else [])


class _Page:
    """The pictures of one document as one builder shows them."""

    def __init__(self, env: BuildEnvironment, builder: Builder) -> None:
        self.env = env
        self.builder = builder
        self.config = env.config

    def pictures(self, request: PictureRequest) -> list[Picture] | Failure:
        """Return the picture of each theme, or the first failure."""
        build = build_of(self.env)
        pictures = []
        for theme in themes_of(self.config, request, self.builder):
            result = build.picture(request, theme=theme)
            if isinstance(result, Failure):
                return result
            pictures.append(result)
        return pictures

    # -- the picture

    def show_picture(self, node: layered_view) -> None:
        """Put the picture, its words, or what went wrong in place of `node`."""
        if node["request"] is None:
            _fail(node, node["problem"])
            return
        if not needs_descriptions(self.builder):
            _say(node, node.get("alt") or node["reference"])
            return
        result = self.pictures(PictureRequest.from_document(node["request"]))
        if isinstance(result, Failure):
            _fail(node, result.message)
        elif any(picture.file is None for picture in result):
            _say(node, self._alt(node, result[0]))
        else:
            images = [self._shown(node, picture) for picture in result]
            if len(images) == 2:
                for image, name in zip(images, ("only-light", "only-dark"), strict=True):
                    image["classes"].append(name)
            _fit_figure(node, result[0].width)
            _note_open_sizes(node, result[0])
            self._put(node, images)

    def _shown(self, node: layered_view, picture: Picture) -> nodes.Element:
        """Return what shows a picture: an image, or the drawing itself."""
        request = PictureRequest.from_document(node["request"])
        if not is_inline(self.config, request, self.builder):
            return self._image(node, picture)
        is_link = isinstance(node.parent, nodes.reference)
        links = None if is_link else Links(self.env, self.builder, request.docname, request.target)
        size = shown_size((picture.width, picture.height), node)
        content = inline_svg(picture, self._alt(node, picture), size, links)
        classes = [*node["classes"], "layered-view", "layered-view-inline"]
        if node.get("align"):
            classes.append(f"align-{node['align']}")
        if size[0].endswith("%"):  # of the column
            classes.append("layered-view-block")
        return nodes.inline("", "", *content, classes=classes)

    def _put(self, node: layered_view, images: list[nodes.Element]) -> None:
        """Put images in place of `node`: each in a link of its own where it has one, and in HTML on their own line."""
        pictures: list[nodes.Node] = [*images]
        place: nodes.Element = node
        if isinstance(node.parent, nodes.reference):
            images[0].attributes.update(_names(node))
            if not _is_inline(node):
                place = node.parent
                pictures = [_in_link(place, image) for image in images]
        elif isinstance(images[0], nodes.image) and self._links_to_file() and node["ids"]:
            # Sphinx would give an image's ids to the link around it, too.
            pictures.insert(0, nodes.target("", "", **_names(node)))
        else:
            images[0].attributes.update(_names(node))
        if self.builder.format == "html" and not _is_inline(node) and not _runs_into_text(node):
            opening, closing = '<div class="layered-view-block">', "</div>"
            pictures = [nodes.raw("", opening, format="html"), *pictures, nodes.raw("", closing, format="html")]
        if len(images) > 1 and isinstance(place.parent, nodes.figure):
            pictures = [
                nodes.inline("", "", *pictures, classes=["layered-view-pair"])
            ]  # docutils takes the second child for the caption
        _replace(place, pictures)

    def _links_to_file(self) -> bool:
        """Whether Sphinx is to link images to their files: not in books, nor where an extension shows images."""
        app = build_of(self.env).app
        handlers = app.registry.translation_handlers
        shown_otherwise = "image" in (handlers.get(self.builder.name) or handlers.get(self.builder.format, {}))
        return bool(self.config.layered_view_link_to_file) and is_web(self.builder) and not shown_otherwise

    def _image(self, node: layered_view, picture: Picture) -> nodes.image:
        """Return an ordinary image with one candidate, shown at the picture's own size."""
        uri = self._address(picture)
        image = nodes.image(node.rawsource, uri=uri, candidates={picture.mime: uri}, alt=self._alt(node, picture))
        for name in ("align", "loading"):
            if node.get(name):
                image[name] = node[name]
        image["classes"] = [*node["classes"], "layered-view"]
        if not self._links_to_file() or not image["alt"]:  # a link without a name says nothing
            image["classes"].append("no-scaled-link")
        width, height = shown_size((picture.width, picture.height), node)
        if width:
            image["width"] = width
        if height:
            image["height"] = height
        if node.get("height"):
            image["classes"].append("layered-view-fixed")
        if self.builder.format == "latex" and not node.get("height"):
            image.attributes.pop("height", None)
        image.source, image.line = node.source, node.line
        if hasattr(node, "uid"):
            image.uid = node.uid  # type: ignore[attr-defined]
        return image

    def _address(self, picture: Picture) -> str:
        """Make Sphinx copy the picture's file, and give its name relative to the source folder."""
        uri = source_relative(self.env, picture)
        self.env.images.add_file(self.env.docname, uri)
        return uri

    def _alt(self, node: layered_view, picture: Picture) -> str:
        if "alt" in node:
            return str(node["alt"])
        return writable(picture.alt)

    # -- what is under it

    def show_summary(self, node: layered_view_summary) -> None:
        """Put the table of layers in place of `node`; nothing where there is no description."""
        if not needs_descriptions(self.builder):
            _replace(node, [])
            return
        result = build_of(self.env).picture(PictureRequest.from_document(node["request"]))
        model = None if isinstance(result, Failure) else result.describe()
        _replace(node, [] if model is None else summary_nodes(model, node["show"], self.builder.format))


def _replace(node: nodes.Element, new: list[Any]) -> None:
    """Put `new` in place of `node`."""
    place = node.parent.index(node)
    node.parent[place : place + 1] = new


def _names(node: nodes.Element) -> dict[str, list[str]]:
    """Return what other places know a node by."""
    return {name: node.get(name, []) for name in ("ids", "names", "dupnames", "backrefs")}


def _in_link(reference: nodes.reference, picture: nodes.Element) -> nodes.Element:
    """Return a picture in a link to the same place as `reference`."""
    link = reference.copy()
    link["ids"], link["names"] = [], []
    if isinstance(picture, nodes.image):
        link += picture
        return link
    # Sphinx writes links around images, and links within text.
    link += picture.children
    picture.clear()
    picture += link
    return picture


def _runs_into_text(node: layered_view) -> bool:
    """Whether text runs beside a picture, or a figure is around it."""
    return node.get("align") in ("left", "right") or any(isinstance(each, nodes.figure) for each in _parents(node))


def _note_open_sizes(node: layered_view, picture: Picture) -> None:
    """Add a note under a picture that sizes are examples, as the model leaves them open; not within text."""
    if not picture.has_open_sizes or _is_inline(node):
        return
    note = nodes.paragraph("", "Some sizes of this model are not fixed; the picture shows examples.")
    note["classes"].append("layered-view-note")
    if picture.takes_input_shape:
        note += [nodes.Text(" Set them with "), nodes.literal("", "input-shape"), nodes.Text(".")]
    place = node.parent if isinstance(node.parent, nodes.reference) else node
    around = place.parent
    if isinstance(around, nodes.figure):
        legend = next(iter(around.findall(nodes.legend)), None)
        if legend is None:
            around += (legend := nodes.legend())
        legend += note
    else:
        around.insert(around.index(place) + 1, note)


def _fit_figure(node: layered_view, width: int) -> None:
    """Make the figure as wide as the picture, where ``:figwidth: image`` asks for it."""
    if node.get("figwidth") == "image":
        figure = next((parent for parent in _parents(node) if isinstance(parent, nodes.figure)), None)
        if figure is not None:
            shown = shown_size((width, width), node)[0]
            figure["width"] = f"{shown}px" if shown.isdigit() else shown


def _parents(node: nodes.Node) -> Iterator[nodes.Element]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _is_inline(node: nodes.Element) -> bool:
    """Whether `node` is inline, also through a link."""
    parent = node.parent
    if isinstance(parent, nodes.reference):
        parent = parent.parent
    return isinstance(parent, nodes.TextElement)


def _say(node: layered_view, text: str) -> None:
    """Put words in place of `node`: once, where the writers of text and man pages say an image's twice."""
    words = sphinx_text("[image: %s]") % text
    _put_text(node, [nodes.Text(words)], [])


def _fail(node: layered_view, message: str) -> None:
    """Put a note in place of `node` with the name of the missing picture and the reason."""
    first, _newline, rest = writable(message).strip().partition("\n")
    words: list[nodes.Node] = [nodes.Text("No picture")]
    if reference := node["reference"]:
        words = [nodes.Text("No picture of "), nodes.literal(reference, reference)]
    words.append(nodes.Text(f": {first}"))
    more: list[nodes.Node] = []
    if rest.strip():
        more.append(nodes.literal_block(rest, rest, language="none"))
    _put_text(node, words, more, failed=True)


def _put_text(node: layered_view, words: list[nodes.Node], more: list[nodes.Node], *, failed: bool = False) -> None:
    """Put `words` in place of `node`, and `more` blocks after them where blocks can stand."""
    classes = ["layered-view-failed"] if failed else ["layered-view-words"]
    shared = {name: node[name] for name in ("ids", "names") if node.get(name)}
    if _is_inline(node):
        text: nodes.Element = nodes.inline("", "", *words, classes=classes, **shared)
        _replace(node, _with_role([text], "span") if failed else [text])
        return
    place: nodes.Element = node
    if isinstance(node.parent, nodes.reference):
        place = node.parent
    paragraph = nodes.paragraph("", "", *words, classes=[] if failed else classes)
    paragraph.source, paragraph.line = node.source, node.line
    if not failed:
        paragraph.attributes.update(shared)
        _replace(place, [paragraph])
        return
    box = nodes.container("", paragraph, *more, classes=classes, **shared)
    _replace(place, _with_role([box], "div"))


def _with_role(content: list[Any], element: str) -> list[Any]:
    """Mark `content` as a note for readers of HTML who cannot see it; other formats leave the mark out."""
    opening = f'<{element} role="note">'
    return [nodes.raw("", opening, format="html"), *content, nodes.raw("", f"</{element}>", format="html")]
