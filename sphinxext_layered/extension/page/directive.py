"""The directive: read the options, note the request, and leave placeholders.

It imports none of the user's code and makes no file. Errors in options are reported by `run` itself: a reader that
raises while docutils parses the options would keep `run` from being called, and the next build, which does not read
the page again, would be green.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives, states
from docutils.parsers.rst.directives.images import Figure, Image
from docutils.utils import escape2null
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ... import values
from ...errors import LayeredViewError, OptionError, TargetError
from ...options import DECLARED, read_value
from ...target import FILE_SUFFIXES, Target, in_module, parse_target
from ...values import Reader
from ...visualkeras import no_such_option
from ..config import EMBEDS, MIME_TYPES
from ..current import build_of
from ..places import search_path
from .nodes import layered_view, layered_view_downloads, layered_view_source, layered_view_summary
from .request import PictureRequest, keep_request
from .source import defines, is_module, source_block
from .wording import with_names_of_page

logger = logging.getLogger(__name__)

SUMMARIES: Final = ("open", "collapsed", "hidden")

_MOST_OPTION_LINES: Final = 100


class PageOption(NamedTuple):
    """An option that only pages have, beside docutils' own of images and figures."""

    reader: Reader
    doc: str
    block: bool = False


def _several(*names: str) -> Reader:
    """Read some of `names`, separated by commas; without a value all of them."""
    one = values.choice(*names)

    def read(value: object) -> tuple[str, ...]:
        words = [word for word in re.split(r"[,\s]+", str(value)) if word]
        if not words:
            raise ValueError
        return tuple(dict.fromkeys(one.read(word) for word in words))

    return Reader(f"one or more of {', '.join(names)}", read, (", ".join(names),), ("jpeg",), bare=", ".join(names))


def _paths() -> Reader:
    def read(value: object) -> tuple[str, ...]:
        paths = [part.strip() for part in re.split(r"[,\n]", str(value)) if part.strip()]
        if not paths or any("\0" in path for path in paths):
            raise ValueError
        return tuple(dict.fromkeys(paths))

    return Reader("comma-separated files", read, ("data/classes.txt",), ("",))


def _with_bare(reader: Reader, bare: str) -> Reader:
    return reader._replace(bare=bare)


PAGE_OPTIONS: Final[dict[str, PageOption]] = {
    "format": PageOption(
        values.choice(*MIME_TYPES),
        "Format of this picture; builders that cannot show it use their default format.",
    ),
    "embed": PageOption(
        values.choice(*EMBEDS),
        "How HTML shows this picture: as a file (``file``), or as SVG that is part of the page (``inline``). Its "
        "default is ``layered_view_embed``.",
    ),
    "depends": PageOption(
        _paths(), "Files, relative to the page, that the model depends on and Python does not open itself."
    ),
    "summary": PageOption(
        _with_bare(values.choice(*SUMMARIES), "open"),
        "Add a table of the layers below the picture: open (also without a value), collapsed, or hidden, which is "
        "for screen readers only.",
        block=True,
    ),
    "show-source": PageOption(
        values.yes_no(), "Add the source of the function below the picture; the module is not imported.", block=True
    ),
    "download": PageOption(
        _several(*MIME_TYPES),
        "Offer the picture for download as png, svg or pdf; without a value, as all three.",
        block=True,
    ),
}


class _AnyOption(dict[str, Callable[[str | None], str]]):
    """An `option_spec` that lets every option through as text, known or not, so that `run` can judge it."""

    def __missing__(self, name: str) -> Callable[[str | None], str]:
        return _as_text

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, name: str, default: object = None) -> Any:
        return self[name]


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


def drawing_options() -> dict[str, str]:
    """Return the drawing options that a page can write, as written there, and their Python names."""
    return {name.replace("_", "-"): name for name, option in DECLARED.items() if not option.python_only}


IMAGE_OPTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "loading": lambda value: directives.choice(value or "", ("embed", "link", "lazy")),
    **(Figure.option_spec or {}),
    "align": lambda value: directives.choice(value or "", Image.align_values),
}

_DRAWING: Final = drawing_options()
_KNOWN: Final = (*_DRAWING, *IMAGE_OPTIONS, *PAGE_OPTIONS)


class _Words(NamedTuple):
    """The parsed options of one directive."""

    drawing: dict[str, Any]
    image: dict[str, Any]
    page: dict[str, Any]
    problems: list[tuple[str, LayeredViewError]]


class LayeredView(SphinxDirective):
    """Draw a Keras model on the page."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    # Not empty, because MyST looks for options only where there are some.
    option_spec: ClassVar[Any] = _AnyOption(dict.fromkeys(_KNOWN, _as_text))

    def run(self) -> list[nodes.Node]:
        """Note the request and give the placeholders, in a figure where there is a caption."""
        words = self._read_options()
        request = self._request(words)
        for name, error in words.problems:
            self._report(name, error)
        placeholder = self._placeholder(words, request)
        block = self._in_figure(self._in_reference(placeholder, words), words)
        if request is None:
            return block
        keep_request(self.env, self.env.docname, request.document())
        block += self._under_the_picture(words, request)
        if request.downloads:
            _at_caption(block).append(self._at(self._downloads(words, request)))
        return block

    # -- the words

    def _read_options(self) -> _Words:
        words = _Words({}, {}, {}, [])
        for spelt, text in self.options.items():
            name = str(spelt).lower()
            if name == "alt" and self._in_substitution() and not self._offset("alt"):
                continue  # docutils gives the substitution's name, which says less than the model
            try:
                self._read_option(name, _as_text(text), words)
            except ValueError as error:
                problem = error if isinstance(error, OptionError) else OptionError(name, str(error))
                words.problems.append((name, problem))
        return words

    def _read_option(self, name: str, text: str, words: _Words) -> None:
        """Read one option into the kind of `words` that it belongs to."""
        if name in _DRAWING:
            declared = DECLARED[_DRAWING[name]]
            try:
                words.drawing[_DRAWING[name]] = read_value(_DRAWING[name], _bare(declared.reader, text))
            except OptionError as error:
                raise OptionError(name, error.problem) from None
        elif name in PAGE_OPTIONS:
            option = PAGE_OPTIONS[name]
            if option.block and self._in_substitution():
                raise ValueError("cannot be used in a substitution, which is inline; use a separate directive")
            words.page[name] = option.reader(_bare(option.reader, text))
        elif name in IMAGE_OPTIONS:
            words.image[name] = self._image_option(name, text)
        else:
            raise OptionError(name, no_such_option(name, _KNOWN))

    def _image_option(self, name: str, text: str) -> Any:
        try:
            value = IMAGE_OPTIONS[name](text or None)
        except (ValueError, TypeError) as error:
            raise ValueError(" ".join(str(error).split()) or "needs a value") from None
        if name == "align":
            accepted = Image.align_v_values if self._in_substitution() else Image.align_h_values
            if value not in accepted:
                raise ValueError(f"expected one of {', '.join(accepted)}; got {text!r}")
        return value

    def _request(self, words: _Words) -> PictureRequest | None:
        """Return the request, or None if the options are wrong; problems are added to `words`."""
        target, file = "", ""
        try:
            target, file = self._target()
        except TargetError as error:
            words.problems.append(("", error))
        depends = self._existing("depends", words.page.get("depends", ()), words)
        if font := words.drawing.get("font_path"):
            (path,) = self._existing("font-path", (font,), words)
            confdir = build_of(self.env).app.confdir  # to which conf.py's own path of a font is relative too
            words.drawing["font_path"] = Path(os.path.relpath(self.env.srcdir / path, confdir)).as_posix()
        if words.problems:
            return None
        source, line = self._place("")
        return PictureRequest(
            target=target,
            file=file,
            given=tuple(words.drawing.items()),
            depends=depends,
            format=words.page.get("format", ""),
            embed=words.page.get("embed", ""),
            downloads=words.page.get("download", ()),
            docname=self.env.docname,
            source=source,
            line=line,
        )

    def _existing(self, option: str, paths: tuple[str, ...], words: _Words) -> tuple[str, ...]:
        """Return `paths` of the page relative to the source folder, noting those that do not exist."""
        found = []
        for path in paths:
            relative, absolute = self.env.relfn2path(path)
            if not os.path.isfile(absolute):
                problem = f"no file {path!r} relative to this page (or to the source folder, with a slash before it)"
                words.problems.append((option, OptionError(option, problem)))
            found.append(Path(relative).as_posix())
        return tuple(found)

    def _target(self) -> tuple[str, str]:
        """Return the canonical reference or the file, one of them empty."""
        text = self.arguments[0].strip() if self.arguments else ""
        if text.endswith(FILE_SUFFIXES):
            relative, absolute = self.env.relfn2path(text)
            if os.path.isfile(absolute):
                self.env.note_dependency(relative)
                return "", Path(relative).as_posix()
            if text.endswith(".keras") or "/" in text or "\\" in text:
                raise TargetError(f"no file {text!r} relative to this page; fix the path or write module:function")
        target = parse_target(text) if text else self._documented_object()
        module = str(self.env.ref_context.get("py:module") or "")
        if module and text and ":" not in text.partition("(")[0] and self._is_short(target, module):
            target = in_module(target, module)
        if not target.module:
            if not module:
                raise TargetError(
                    f"{target.attribute!r} names no module; write module:{target.attribute}, or put "
                    ".. py:currentmodule:: before it"
                )
            target = target._replace(module=module)
        return str(target), ""

    def _is_short(self, target: Target, module: str) -> bool:
        """Whether a dotted name without a colon is one of `module`, as ``Net.build`` is where that has a class Net."""
        head, folders = target.module.partition(".")[0], search_path(build_of(self.env).app.confdir)
        if not head or defines(module, head, folders):
            return bool(head)
        # Modules of another environment are not found here: then a dotted name is what it says.
        return not is_module(head, folders) and is_module(module.partition(".")[0], folders)

    def _documented_object(self) -> Target:
        """Return the object whose description contains the directive, such as a docstring read by autodoc."""
        current = getattr(self.env, "current_document", None)
        described = (self.env.temp_data if current is None else current).get("object")
        name = described[0] if isinstance(described, tuple) and described else described
        if not name:
            raise TargetError(
                "no reference; write module:function, or use the directive in the docstring of the object to draw"
            )
        return Target("", str(name).removesuffix(".__init__"))

    # -- where

    def _in_substitution(self) -> bool:
        return isinstance(self.state, states.SubstitutionDef)

    def _place(self, option: str) -> tuple[str, int]:
        """Return the file and line of an option, or of the directive where the option is empty or not to be found."""
        offset = self._offset(option)
        for lineno in (self.lineno + offset, self.lineno):
            source, line = self.state_machine.get_source_and_line(lineno)
            if source and line:
                below = 0 if offset or not option else _lines_below(Path(source), int(line), _option_pattern(option))
                return str(source), int(line) + below
        return str(self.env.doc2path(self.env.docname)), self.lineno

    def _offset(self, option: str) -> int:
        """Return how many lines below the directive an option stands, 0 where it is not to be found."""
        if not option:
            return 0
        pattern = _option_pattern(option)
        return next((i for i, line in enumerate(self.block_text.splitlines()) if pattern.match(line)), 0)

    def _report(self, option: str, error: LayeredViewError) -> None:
        source, line = self._place(option)
        self.env.note_reread()
        logger.warning(_said(error), type="layered_view", subtype=error.subtype, location=f"{source}:{line}")

    # -- the nodes

    def _placeholder(self, words: _Words, request: PictureRequest | None) -> layered_view:
        image = words.image
        node = layered_view(self.block_text, request=request.document() if request else None, docname=self.env.docname)
        node["reference"] = request.reference if request else (self.arguments[0] if self.arguments else "")
        node["problem"] = "; ".join(_said(error) for _, error in words.problems)
        for name in ("alt", "width", "height", "scale", "loading"):
            if image.get(name) is not None:
                node[name] = image[name]
        node["classes"] += image.get("class", [])
        if "align" in image and not self._is_figure(words):
            node["align"] = image["align"]
        if image.get("figwidth") == "image":
            node["figwidth"] = "image"
        node.source, node.line = self._place("")
        if not self._is_figure(words):
            self._name(node, image.get("name"))
        return node

    def _is_figure(self, words: _Words) -> bool:
        in_figure = {"figwidth", "figclass", "figname"} & words.image.keys()
        return bool((self.content or in_figure) and not self._in_substitution())

    def _name(self, node: nodes.Element, name: str | None) -> None:
        if name:
            node["names"].append(nodes.fully_normalize_name(name))
            self.state.document.note_explicit_target(node, node)

    def _in_reference(self, node: layered_view, words: _Words) -> list[nodes.Node]:
        """Put the picture in the link that ``:target:`` asks for, as docutils' image does."""
        target = words.image.get("target")
        if not target:
            return [node]
        block = escape2null(target).splitlines()
        kind, data = self.state.parse_target(block, self.block_text, self.lineno)  # type: ignore[attr-defined]
        if kind == "refuri":
            return [nodes.reference("", "", node, refuri=data)]
        if kind != "refname":
            return [data, node]
        reference = nodes.reference("", "", node, refname=nodes.fully_normalize_name(data))
        reference["name"] = nodes.whitespace_normalize_name(data)
        reference.indirect_reference_name = data  # type: ignore[attr-defined]
        self.state.document.note_refname(reference)
        return [reference]

    def _in_figure(self, picture: list[nodes.Node], words: _Words) -> list[nodes.Node]:
        """Put the picture in a figure with its caption and legend, where it has any."""
        if not self._is_figure(words):
            return picture
        image = words.image
        figure = nodes.figure("", *picture)
        figure.source, figure.line = self._place("")
        figure["classes"] += ["layered-view-figure", *image.get("figclass", [])]
        if image.get("figwidth") not in (None, "image"):
            figure["width"] = image["figwidth"]
        if "align" in image:
            figure["align"] = image["align"]
        self._name(figure, image.get("name") or image.get("figname"))
        messages = list(self._caption_and_legend(figure))
        return [figure, *messages]

    def _caption_and_legend(self, figure: nodes.figure) -> Iterator[nodes.Node]:
        """Add the content to `figure`: a paragraph is the caption, what follows the legend."""
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        body = list(content)
        while body and isinstance(body[0], nodes.target | nodes.pending):
            figure += body.pop(0)
        if not body:
            return
        first = body.pop(0)
        if isinstance(first, nodes.paragraph):
            caption = nodes.caption(first.rawsource, "", *first.children)
            caption.source, caption.line = first.source, first.line
            figure += caption
        elif not (isinstance(first, nodes.comment) and not len(first)):
            error = OptionError("caption", "the first block of the content is the caption and must be a paragraph")
            self._report("", error)
            yield nodes.literal_block(self.block_text, self.block_text)
            return
        if body:
            figure += nodes.legend("", *body)

    def _under_the_picture(self, words: _Words, request: PictureRequest) -> Iterator[nodes.Node]:
        """Return what follows the picture: its table of layers, its source."""
        document = request.document()
        found: list[nodes.Node] = []
        if words.page.get("show-source"):
            found = source_block(self.env, request)
            if not found:
                problem = f"the source of {request.reference} cannot be found without importing it; remove the option"
                self._report("show-source", OptionError("show-source", problem))
        if show := words.page.get("summary"):
            yield self._at(layered_view_summary("", request=document, show=show))
        for node in found:
            if isinstance(node, layered_view_source):
                node["docname"] = self.env.docname
            yield self._at(node)

    def _downloads(self, words: _Words, request: PictureRequest) -> layered_view_downloads:
        align = "" if self._is_figure(words) else words.image.get("align", "")
        return layered_view_downloads("", request=request.document(), docname=self.env.docname, align=align)

    def _at(self, node: nodes.Node) -> nodes.Node:
        if isinstance(node, nodes.Element):
            node.source, node.line = self._place("")
        return node


def _at_caption(block: list[nodes.Node]) -> list[nodes.Node] | nodes.Element:
    """Return the figure in `block` that has a caption, which the theme aligns with its picture; else `block`."""
    figure = block[0]
    return figure if isinstance(figure, nodes.figure) and len(figure) > 1 else block


def _option_pattern(option: str) -> re.Pattern[str]:
    """Match the line of an option, as a field or in YAML."""
    return re.compile(rf"\s*:?{re.escape(option)}\s*:(\s|$)", re.IGNORECASE)


def _lines_below(source: Path, line: int, pattern: re.Pattern[str]) -> int:
    """Look for an option in the file itself: some releases of MyST give a directive's text without its options."""
    try:
        lines = source.read_text("utf-8").splitlines()[line : line + _MOST_OPTION_LINES]
    except (OSError, ValueError):
        return 0
    for below, text in enumerate(lines, 1):
        if pattern.match(text):
            return below
        if not text.strip() or text.lstrip().startswith((":::", "```", "~~~")):
            return 0
    return 0


def _said(error: LayeredViewError) -> str:
    """Return the text of an error for the page and the warning; options are spelt as on the page."""
    return f"option {error.name}: {with_names_of_page(error.problem)}" if isinstance(error, OptionError) else str(error)


def _bare(reader: Reader, text: str) -> str:
    """Return what an option without a value stands for."""
    return reader.bare if not text.strip() and reader.bare is not None else text
