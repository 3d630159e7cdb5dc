"""Pictures with frames: what is in a frame stays in it, lines keep off boxes and texts, and show what is connected."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

import pytest
from factories import graph, layer
from geometry import Rect, around, overlap
from graph_pictures import (
    Picture,
    beyond_the_canvas,
    labels_on_something,
    lines_along_lines,
    lines_through_boxes,
    lines_through_texts,
    overlapping_boxes,
    picture_of,
    too_wide,
)
from hand_made_graphs import mask_in_many_places, normalised, residual
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_structure import Row, any_graphs, planted

from sphinxext_layered.drawing.layout import compose
from sphinxext_layered.drawing.scene import Polygon, Text

CHECKS = (
    overlapping_boxes,
    lines_through_boxes,
    lines_along_lines,
    lines_through_texts,
    labels_on_something,
    beyond_the_canvas,
    too_wide,
)


def frames(picture: Picture) -> list[Rect]:
    """The areas of all frames; badges are rounder."""
    return [
        around(group.shapes[0].points)
        for group in picture.scene.groups
        if group.role == "frame" and group.title is not None and isinstance(group.shapes[0], Polygon)
    ]


def across_a_frame(picture: Picture) -> list[str]:
    """Boxes that are neither in a frame nor out of it, and frames that cross one another."""
    areas = frames(picture)
    boxes = [(node.name, node.rect) for node in picture.nodes] + [("a frame", area) for area in areas]
    return [
        f"{name} and a frame"
        for name, box in boxes
        for area in areas
        if box is not area and _meet(box, area) and not _holds(area, box) and not _holds(box, area)
    ]


def _meet(one: Rect, other: Rect) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _holds(one: Rect, other: Rect) -> bool:
    return one.left <= other.left and other.right <= one.right and one.top <= other.top and other.bottom <= one.bottom


def wrong_connections(picture: Picture) -> list[str]:
    """Connections that are made up, and those between boxes that are both drawn and have none."""
    drawn = {group.connects for group in picture.scene.groups if group.connects}
    real, shown = picture.expected.connections, {node.name for node in picture.nodes}
    missing = {pair for pair in real if shown.issuperset(pair)} - drawn
    found = [f"missing: {' -> '.join(each)}" for each in sorted(missing)]
    return found + [f"made up: {' -> '.join(each)}" for each in sorted(drawn - real)]


def through_closed_frames(picture: Picture) -> list[str]:
    """Lines that run through a closed frame, and boxes that lie on one."""
    frames = [group for group in picture.scene.groups if group.role == "frame" and group.title is not None]
    closed = [group.shapes[0].points for group in frames if any(isinstance(shape, Text) for shape in group.shapes)]
    found = [
        f"{line.says} through a closed frame"
        for line in picture.lines
        for area in closed
        if any(overlap(piece, area, 1.0) for piece in line.pieces())
    ]
    return found + [
        f"{node.name} on a closed frame"
        for node in picture.nodes
        for area in closed
        if any(overlap(own, area) for own in node.areas)
    ]


def lonely_stubs(picture: Picture) -> list[str]:
    """Stubs of which no other has the same name or number."""
    groups = [group for group in picture.scene.groups if group.role == "connector"]
    names = Counter(shape.string for group in groups for shape in group.shapes if isinstance(shape, Text))
    return [name for name, count in names.items() if count == 1]


def offences(picture: Picture) -> dict[str, list[str]]:
    checks = (*CHECKS, across_a_frame, through_closed_frames, lonely_stubs, wrong_connections)
    return {check.__name__: found for check in checks if (found := check(picture))}


WAYS = {
    "whole": {},
    "page": {"max_width": 720},
    "names": {"text_callable": "name"},
    "names on a page": {"max_width": 500, "text_callable": "name"},
    "above": {"skip_connections": "above", "max_width": 600},
    "stubs": {"stubs": "yes"},
    "stubs on a page": {"stubs": "yes", "max_width": 600},
    "reversed": {"draw_reversed": True},
}

random_graphs = settings(
    max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("made", [residual(24), normalised(6), mask_in_many_places(6)], ids=["chain", "norms", "mask"])
def test_frames_of_graphs_made_by_hand(made: Any, way: str) -> None:
    picture = picture_of(made, collapse="yes", **WAYS[way])
    assert frames(picture)
    assert offences(picture) == {}


@pytest.mark.parametrize("way", WAYS)
def test_closed_frames_of_a_graph_made_by_hand(way: str) -> None:
    rows: list[Row] = [("input", layer("InputLayer", 32, 32, 4)), ("wide", layer("Conv2D", 32, 32, 4), "input")]
    for i in range(4):
        size = 32 >> i
        begin = f"pool_{i}"
        pool = layer("MaxPooling2D", size, size, 4, facts=(("pool_size", i),))
        rows += [(begin, pool, rows[-1][0]), (f"{i}_one", layer("Conv2D", size, size, 4), begin)]
        rows.append((f"{i}_two", layer("Dense", size, size, 4), f"{i}_one"))
        rows.append((f"{i}_side", layer("Dense", size, size, 4), begin))
        rows += [(f"{i}_join", layer("Concatenate", size, size, 8), f"{i}_two", f"{i}_side")]
        rows += [(f"{i}_skip", "Add", (size, size, 8), f"{i}_join", "wide" if i else begin)]
    picture = picture_of(graph(*rows), collapse="kinds", **WAYS[way])
    framed = [shape for group in picture.scene.groups if group.role == "frame" for shape in group.shapes]
    texts = [shape.string for shape in framed if isinstance(shape, Text)]
    assert texts.count("A") == 4
    assert offences(picture) == {}


@random_graphs
@given(planted(), st.sampled_from(sorted(WAYS)), st.sampled_from(["yes", "channels", "kinds"]))
def test_frames_of_blocks_in_random_graphs(given_: tuple[list[Row], Any], way: str, collapse: str) -> None:
    picture = picture_of(graph(*given_[0]), collapse=collapse, **WAYS[way])
    assert frames(picture)
    assert offences(picture) == {}


@random_graphs
@given(any_graphs(), st.sampled_from(sorted(WAYS)), st.sampled_from(["yes", "kinds"]))
def test_frames_of_any_graph(rows: list[Row], way: str, collapse: str) -> None:
    assert offences(picture_of(graph(*rows), collapse=collapse, **WAYS[way])) == {}


def test_a_tensor_with_stubs_that_a_row_s_end_cuts_too_keeps_its_name() -> None:
    with mock.patch.object(compose, "network_rows", wraps=compose.network_rows) as rows:
        picture_of(mask_in_many_places(6))
    part = rows.call_args.args[0]
    (source,) = {edge.source for edge in part.stubs}
    cut = [edge for edge in part.edges if edge.source == source]
    assert set(cut) > part.stubs
    pins = part.pins_of(cut)
    assert {pin.text for node in pins.values() for pin in node} == {"mask"}
