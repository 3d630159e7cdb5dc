"""Pictures in `only` and `ifconfig`: where the condition does not hold nothing is made, and nothing is warned of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from .nodes import layered_view
from .request import PictureRequest

if TYPE_CHECKING:
    from sphinx.builders import Builder

    from .request import Conditions


def note_places(requests: list[dict[str, object]], doctree: nodes.document) -> None:
    """Note with each request of a page that was read under which conditions its places in the page are shown.

    A substitution that the page does not use has no place.
    """
    places: dict[tuple[object, ...], list[Conditions]] = {}
    for node in doctree.findall(layered_view):
        if node["request"] is not None and not isinstance(node.parent, nodes.substitution_definition):
            places.setdefault(_identity(node["request"]), []).append(conditions_around(node))
    for request in requests:
        around = places.get(_identity(request), [])
        request["places"] = ((),) if () in around else tuple(around)


def conditions_around(node: nodes.Node) -> Conditions:
    """Return the kind and the expression of each condition around `node`."""
    return tuple(_conditions(node))


def _conditions(node: nodes.Node) -> Iterator[tuple[str, str]]:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, addnodes.only):
            yield "only", parent["expr"]
        elif parent.__class__.__name__ == "ifconfig":
            yield "ifconfig", parent["expr"]
        parent = parent.parent


def is_shown(request: PictureRequest, builder: Builder) -> bool:
    """Whether a page of this build shows what is requested."""
    return any(hold(builder, conditions) for conditions in request.places)


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


def _identity(document: dict[str, object]) -> tuple[object, ...]:
    """Return what tells a request from others: what is asked for and where."""
    return PictureRequest(**{**document, "places": ()})  # type: ignore[arg-type]
