"""Lines run as one would draw them by hand: straight on, around in channels, merging, at bars."""

from __future__ import annotations

from sphinxext_layered.drawing.graph import Edge
from sphinxext_layered.drawing.layout.routes import Cell, routes_of

ABOVE, BELOW = -1, 1
BOTH = frozenset({ABOVE, BELOW})


def names(points):
    """What the x of each point is named after."""
    return [x.name for x, _ in points]


def test_neighbours_are_joined_straight():
    routes = routes_of([Cell(0, 0), Cell(1, 0)], [Edge(0, 1)], ABOVE)
    assert routes.straight == {0}
    assert names(routes.points[0]) == ["leave", "enter"]
    assert not routes.counts


def test_a_skip_runs_in_the_channel_from_edge_to_edge():
    cells = [Cell(0, 0), Cell(1, 0), Cell(2, 0)]
    routes = routes_of(cells, [Edge(0, 1), Edge(1, 2), Edge(0, 2)], ABOVE)
    assert names(routes.points[2]) == ["edge", "edge", "edge", "edge"]
    assert [(net.lane, net.start, net.end) for net in routes.nets.values()] == [(0, 1, 6)]
    assert routes.straight == {0, 1}


def test_a_skip_turns_into_the_gutters_where_nodes_are_closed():
    cells = [Cell(0, 0, open=False), Cell(1, 0), Cell(2, 0, open=False)]
    routes = routes_of(cells, [Edge(0, 1), Edge(1, 2), Edge(0, 2)], ABOVE)
    assert names(routes.points[2]) == ["leave", "track", "track", "track", "track", "enter"]
    assert routes.counts == {0: 1, 1: 1}


def test_skips_of_one_source_share_a_line():
    cells = [Cell(i, 0) for i in range(5)]
    chain = [Edge(i, i + 1) for i in range(4)]
    routes = routes_of(cells, [*chain, Edge(0, 2), Edge(0, 4)], ABOVE)
    assert list(routes.nets) == [(0, 0)]


def test_a_branch_enters_a_sum_from_below():
    cells = [Cell(0, 0), Cell(1, 0), Cell(1, 1), Cell(2, 0, merges=BOTH)]
    routes = routes_of(cells, [Edge(0, 1), Edge(0, 2), Edge(1, 3), Edge(2, 3)], ABOVE)
    assert names(routes.points[3]) == ["leave", "edge", "edge"]
    assert (3, BELOW, 2) in routes.edges
    assert 1 not in routes.counts


def test_a_branch_enters_a_sum_from_the_left_where_its_label_is_below():
    cells = [Cell(0, 0), Cell(1, 0), Cell(1, 1), Cell(2, 0, merges=frozenset({ABOVE}))]
    routes = routes_of(cells, [Edge(0, 1), Edge(0, 2), Edge(1, 3), Edge(2, 3)], ABOVE)
    assert names(routes.points[3]) == ["leave", "track", "track", "enter"]
    assert routes.counts == {0: 1, 1: 1}
    assert routes.ports[3, 2] > routes.ports[3, 1]


def test_branches_of_one_source_share_a_track():
    cells = [Cell(0, 0), Cell(1, -1), Cell(1, 0), Cell(1, 1)]
    routes = routes_of(cells, [Edge(0, 1), Edge(0, 2), Edge(0, 3)], ABOVE)
    assert routes.counts == {0: 1}


def test_lines_of_two_sources_have_a_track_each_where_they_would_meet():
    cells = [Cell(0, 0), Cell(0, 1), Cell(1, 0), Cell(1, 1)]
    routes = routes_of(cells, [Edge(0, 3), Edge(1, 2)], ABOVE)
    assert sorted(routes.tracks.values()) == [0, 1]
    assert routes.counts == {0: 2}


def inputs(number):
    """As many inputs in lanes one under the other, and what they feed."""
    return [*(Cell(0, lane) for lane in range(number)), Cell(1, 0)], [Edge(i, number) for i in range(number)]


def test_lines_into_a_crowded_node_end_at_a_bar_before_it():
    cells, edges = inputs(5)
    routes = routes_of(cells, edges, ABOVE, crowded=[5])
    assert list(routes.bars) == [5]
    assert {names(points)[-1] for points in routes.points} == {"bar"}
    assert not routes.straight


def test_there_is_no_bar_where_a_line_runs_on_across_it():
    cells, edges = inputs(5)
    routes = routes_of([*cells, Cell(2, 4)], [*edges, Edge(4, 6)], ABOVE, crowded=[5])
    assert not routes.bars
    assert {names(points)[-1] for points in routes.points} == {"enter"}


def test_no_line_begins_on_an_axis_in_the_gutter_where_another_ends():
    cells = [Cell(0, 0), Cell(0, 1), Cell(1, 0), Cell(2, 0), Cell(3, 1)]
    routes = routes_of(cells, [Edge(1, 3), Edge(2, 4), Edge(0, 2)], ABOVE)
    assert [x.of for x, _ in routes.points[0] if x.name == "track"] == [(1, 1)] * 2
    assert "level" in [y.name for _, y in routes.points[1]]
    assert (1, 2) not in routes.runs
