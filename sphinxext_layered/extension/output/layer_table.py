"""The table of a model's layers that ``:summary:`` puts below its picture."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any, Final

from docutils import nodes

from ...description import LayerDescription, ModelDescription, Shape
from ...drawing.summary import shape_text
from ..page.nodes import writable

_NUMBERS: Final = (0, 4)


def summary_nodes(model: ModelDescription, show: str, output: str) -> list[nodes.Node]:
    """Return the table as `show` says: open, collapsed (in HTML), or hidden, for screen readers of HTML only."""
    table = layer_table(model)
    if output != "html":
        return [] if show == "hidden" else [table]
    title = html.escape(writable(f"Layers of {model.name}"))
    if show == "collapsed":
        return _between(
            f'<details class="layered-view-summary"><summary>{title}</summary>'
            f'<div role="group" tabindex="0" aria-label="{title}">',
            table,
            "</div></details>",
        )
    classes = "layered-view-summary" if show == "open" else "layered-view-hidden"
    focus = ' tabindex="0"' if show == "open" else ""
    return _between(f'<div class="{classes}" role="group"{focus} aria-label="{title}">', table, "</div>")


def _between(opening: str, table: nodes.table, closing: str) -> list[nodes.Node]:
    return [nodes.raw("", opening, format="html"), table, nodes.raw("", closing, format="html")]


def layer_table(model: ModelDescription) -> nodes.table:
    """Return a table of index, name, class, output shape, parameters and feeders of each layer, with the total."""
    feeders = _feeders(model)
    rows = [(*_row(layer), feeders.get(place, "")) for place, layer in enumerate(model.layers)]
    total = model.parameters
    if total is None and all(layer.parameters is not None for layer in model.layers):
        total = sum(layer.parameters or 0 for layer in model.layers)
    rows.append(("", "Total", "", "", _count(total), ""))
    head = ("Index", "Name", "Class", "Output shape", "Parameters", "Connected to")
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec("", colwidth=width) for width in (6, 20, 20, 20, 14, 20)]
    group += nodes.thead("", _row_node(head))
    group += nodes.tbody("", *(_row_node(row) for row in rows))
    return nodes.table("", group, classes=["layered-view-layers"])


def _row(layer: LayerDescription) -> tuple[str, ...]:
    return (str(layer.index), layer.name, layer.class_name, _shapes(layer.output_shapes), _count(layer.parameters))


def _feeders(model: ModelDescription) -> dict[int, str]:
    """Return the names of the calls, of layers and operations, that feed each layer, by the layer's place."""
    found: dict[int, dict[str, None]] = {}
    for call in model.calls:
        if call.layer is not None:
            names = ("?",) if call.inputs is None else (_feeder(model, source.call) for source in call.inputs)
            found.setdefault(call.layer, {}).update(dict.fromkeys(names))
    return {place: ", ".join(names) for place, names in found.items()}


def _feeder(model: ModelDescription, place: int) -> str:
    """Return a call's name; that of an operation with what feeds it, as the table has no row for it."""
    call = model.calls[place]
    if call.layer is not None or call.is_argument:
        return call.name
    names = dict.fromkeys(model.calls[source.call].name for source in call.inputs or ())
    return f"{call.name}({', '.join(names)})" if names else call.name


def _shapes(shapes: Iterable[Shape]) -> str:
    return ", ".join(shape_text(shape) for shape in shapes) or "?"


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _row_node(cells: Iterable[str]) -> nodes.row:
    return nodes.row("", *(_cell(text, number=i in _NUMBERS) for i, text in enumerate(cells)))


def _cell(text: str, *, number: bool) -> nodes.entry:
    content: list[Any] = [nodes.paragraph("", writable(text))] if text else []
    return nodes.entry("", *content, classes=["layered-view-number"] if number else [])
