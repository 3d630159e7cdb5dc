"""Pictures in `only` and `ifconfig`: where the condition does not hold nothing is made, and nothing is warned of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from . import requests_of
from .nodes import layered_view

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

    from .request import Conditions


def note_conditions(app: Sphinx, doctree: nodes.document) -> None:
    """Note with each request of a page that was read under which conditions the page shows it."""
    requests = requests_of(app.env).get(app.env.docname, [])
    if not requests:
        return
    places: dict[str, list[Conditions]] = {}
    for node in doctree.findall(layered_view):
        if node["request"] is not None and not isinstance(node.parent, nodes.substitution_definition):
            places.setdefault(_spelt(node["request"]), []).append(conditions_around(node))
    for request in requests:
        around = places.get(_spelt(request), [()])
        request["conditions"] = () if () in around else tuple(around)


def conditions_around(node: nodes.Node) -> Conditions:
    """Give the kind and the expression of each condition that `node` stands in."""
    return tuple(_conditions(node))


def _conditions(node: nodes.Node) -> Iterator[tuple[str, str]]:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, addnodes.only):
            yield "only", parent["expr"]
        elif parent.__class__.__name__ == "ifconfig":
            yield "ifconfig", parent["expr"]
        parent = parent.parent


def hold(builder: Builder, conditions: Conditions) -> bool:
    """Whether all of `conditions` hold in this build; what cannot be told holds, and Sphinx reports it."""
    return all(_holds(builder, kind, expression) for kind, expression in conditions)


def _holds(builder: Builder, kind: str, expression: str) -> bool:
    try:
        if kind == "only":
            return bool(builder.tags.eval_condition(expression))
        known = {value.name: value.value for value in builder.config}
        # As sphinx.ext.ifconfig does, with the expression that it is about to evaluate itself.
        return bool(eval(expression, {**known, **vars(builder.config), "builder": builder.name}))
    except Exception:
        return True


def _spelt(request: dict[str, object]) -> str:
    return json.dumps(request, sort_keys=True, default=str)
