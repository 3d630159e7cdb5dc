"""Directives that make the documentation's tables of options and config values from their declarations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from ... import options, values
from .. import config
from ..config import SETTINGS
from . import directive
from .directive import PAGE_OPTIONS

KINDS: Final = ("size", "layers", "connections", "colour", "text", "picture", "model")


def _kind(argument: str) -> str:
    return directives.choice(argument, (*KINDS, "page"))


class _Table(SphinxDirective):
    """A table whose cells are reST, also on MyST pages."""

    head: ClassVar[tuple[str, ...]]
    widths: ClassVar[tuple[int, ...]]

    def table(self, rows: Iterable[tuple[str, ...]]) -> list[nodes.Node]:
        group = nodes.tgroup("", cols=len(self.head))
        group += [nodes.colspec("", colwidth=width) for width in self.widths]
        group += nodes.thead("", self._row(tuple(self._plain(text) for text in self.head)))
        group += nodes.tbody("", *(self._row(tuple(self._cell(text) for text in row)) for row in rows))
        table = nodes.table("", group, classes=["layered-view-table"])
        self.set_source_info(table)
        for declared in (options, values, config, directive):
            self.env.note_dependency(str(declared.__file__))
        return [table]

    def _row(self, cells: tuple[list[nodes.Node], ...]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", *cell) for cell in cells))

    def _plain(self, text: str) -> list[nodes.Node]:
        return [nodes.paragraph("", text)]

    def _cell(self, text: str) -> list[nodes.Node]:
        """Return the text with its literals (two backquotes) and its names (one) as nodes."""
        paragraph = nodes.paragraph("", "", support_smartquotes=False)  # quotes in it are Python's
        for i, part in enumerate(text.split("``")):
            for j, piece in enumerate([part] if i % 2 else part.split("`")):
                if piece:
                    paragraph += nodes.literal(piece, piece) if i % 2 or j % 2 else nodes.Text(piece)
        return [paragraph] if len(paragraph) else []


class LayeredViewOptionTable(_Table):
    """The drawing options, all or of one kind; ``page`` gives those that only pages have."""

    optional_arguments = 1
    head = ("Option", "What it does", "Accepts", "Default")
    widths = (18, 40, 30, 12)

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        try:
            kind = _kind(self.arguments[0]) if self.arguments else None
        except ValueError as error:
            raise self.error(str(error)) from None
        if kind == "page":
            return self.table(
                (f"``:{name}:``", option.doc, option.reader.accepts, _page_default(option))
                for name, option in PAGE_OPTIONS.items()
            )
        return self.table(
            (
                f"``:{name.replace('_', '-')}:``",
                declared.doc,
                _bounds(declared.reader.accepts),
                _with_unit(_spelt(options.DEFAULTS[name]), declared.unit),
            )
            for name, declared in options.DECLARED.items()
            if kind in (None, declared.kind) and not declared.python_only
        )


class LayeredViewConfig(_Table):
    """The config values."""

    head = ("Config value", "What it does", "Accepts", "Default")
    widths = (24, 40, 30, 12)

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.table(
            (f"``{name}``", setting.doc, _bounds(setting.reader.accepts), f"``{setting.default!r}``")
            for name, setting in SETTINGS.items()
        )


def _page_default(option: directive.PageOption) -> str:
    return "no" if option.reader.python == "bool" else "none"


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
