"""Directives that document options and config values from their declarations.

Options become ``rst:directive:option`` objects of the ``layered-view`` directive, and config values ``confval``
objects, so that other pages and projects can refer to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, Final, NamedTuple, cast

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.directives import ObjectDescription
from sphinx.domains.rst import ReSTDirectiveOption
from sphinx.domains.std import ConfigurationValue
from sphinx.util.docutils import SphinxDirective

from ... import options, values
from .. import config
from ..config import SETTINGS, merged
from . import directive
from .directive import PAGE_OPTIONS

KINDS: Final = tuple(dict.fromkeys(option.kind for option in options.DECLARED.values()))

_THEME_ON_PAGES: Final = "follows the page's theme"
"""What ``auto`` of ``layered_view_theme`` means, which is no value of the option."""


def _kind(argument: str) -> str:
    return directives.choice(argument, (*KINDS, "page"))


class _Entry(NamedTuple):
    """The texts of one option or config value, with literals in two backquotes and names in one."""

    name: str
    doc: str
    accepts: str
    defaults: dict[str, str]


class _Documenting(SphinxDirective):
    """Documents what is declared; on MyST pages, too, since nothing is parsed."""

    def _depend_on_declarations(self) -> None:
        for declared in (options, values, config, directive):
            self.env.note_dependency(str(declared.__file__))

    def _objects(self, entries: Iterable[_Entry], kind: type[ObjectDescription[Any]], name: str) -> list[nodes.Node]:
        """Return the description of an object for each entry."""
        self._depend_on_declarations()
        found: list[nodes.Node] = []
        for entry in entries:
            described = kind(
                name,
                [entry.name],
                {},
                StringList(),
                self.lineno,
                self.content_offset,
                self.block_text,
                self.state,
                self.state_machine,
            ).run()
            for content in (part for node in described for part in node.findall(addnodes.desc_content)):
                content += _body(entry)
            found += described
        return found


class LayeredViewOptionDocs(_Documenting):
    """Documents the drawing options, all or of one kind, or with ``page`` those that only pages have."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the description of each option."""
        try:
            kind = _kind(self.arguments[0]) if self.arguments else None
        except ValueError as error:
            raise self.error(str(error)) from None
        entries = _page_entries() if kind == "page" else _drawing_entries(kind)
        current = self.env.ref_context.setdefault("rst:directives", [])
        current.append("layered-view")
        try:
            return self._objects(entries, ReSTDirectiveOption, "rst:directive:option")
        finally:
            current.pop()


class LayeredViewConfigDocs(_Documenting):
    """Documents the config values."""

    def run(self) -> list[nodes.Node]:
        """Return the description of each config value."""
        entries = (
            _Entry(name, setting.doc, _bounds(setting.reader.accepts), {"Default": f"``{setting.default!r}``"})
            for name, setting in SETTINGS.items()
        )
        return self._objects(entries, ConfigurationValue, "confval")


class LayeredViewDefaults(_Documenting):
    """A table of the options whose defaults differ between Python and pages."""

    head: ClassVar = ("Option", "In Python", "On pages")
    widths: ClassVar = (34, 33, 33)

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self._depend_on_declarations()
        rows = [
            (f"``{name}``", *_python_and_page(name))
            for name in options.DECLARED
            if len(set(_python_and_page(name))) == 2
        ]
        group = nodes.tgroup("", cols=len(self.head))
        group += [nodes.colspec("", colwidth=width) for width in self.widths]
        group += nodes.thead("", _row(self.head))
        group += nodes.tbody("", *map(_row, rows))
        table = nodes.table("", group)
        self.set_source_info(table)
        return [table]


def _row(texts: Iterable[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _paragraph(text)) for text in texts))


def _page_entries() -> Iterator[_Entry]:
    for name, option in PAGE_OPTIONS.items():
        default = "no" if option.reader.python == "bool" else "none"
        yield _Entry(name, option.doc, option.reader.accepts, {"Default": default})


def _drawing_entries(kind: str | None) -> Iterator[_Entry]:
    for name, declared in options.DECLARED.items():
        if kind not in (None, declared.kind) or declared.python_only:
            continue
        python, page = _python_and_page(name)
        defaults = {"Default": python} if python == page else {"Default in Python": python, "Default on pages": page}
        if declared.dark is not None:
            defaults["Default with a dark theme"] = _spelt(declared.dark)
        yield _Entry(name.replace("_", "-"), declared.doc, _bounds(declared.reader.accepts), defaults)


def _python_and_page(name: str) -> tuple[str, str]:
    """Return the default of a drawing option in Python and on pages without configuration."""
    python = options.DEFAULTS[name]
    unit = options.DECLARED[name].unit
    page = _THEME_ON_PAGES if name == "theme" else _with_unit(_spelt(_page_defaults().get(name, python)), unit)
    return _with_unit(_spelt(python), unit), page


def _page_defaults() -> dict[str, Any]:
    """Return the drawing options of a directive without options in a project without configuration."""
    unconfigured = SimpleNamespace(**{name: setting.default for name, setting in SETTINGS.items()})
    return merged(cast(Any, unconfigured), cast(Any, SimpleNamespace(given=())))


def _body(entry: _Entry) -> list[nodes.Node]:
    fields = {"Accepts": entry.accepts, **entry.defaults}
    lines = (nodes.line("", "", *_inline(f"{name}: {text}")) for name, text in fields.items())
    return [_paragraph(entry.doc), nodes.line_block("", *lines)]


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", *_inline(text))


def _inline(text: str) -> list[nodes.Node]:
    """Return the text with its literals (two backquotes) and its names (one) as nodes."""
    found = nodes.inline("", "", support_smartquotes=False)  # quotes in it are Python's
    for i, part in enumerate(text.split("``")):
        for j, piece in enumerate([part] if i % 2 else part.split("`")):
            if piece:
                found += nodes.literal(piece, piece) if i % 2 or j % 2 else nodes.Text(piece)
    return [found]


def _spelt(value: Any) -> str:
    if value in (None, ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"``{value}``"


def _with_unit(default: str, unit: str) -> str:
    return f"{default} {unit}" if unit and default != "none" else default


def _bounds(accepts: str) -> str:
    """Leave out bounds that only catch typos."""
    return re.sub(r" (?:to|and at most) 10{6,}\b", "", accepts)
