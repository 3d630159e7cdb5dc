"""Columns and lanes are those in which one would draw a network by hand."""

from __future__ import annotations

import pytest
from hand_made_graphs import (
    branches_of_branches,
    edges_of,
    inception_module,
    nested_forks,
    parallel,
    projected_block,
    residual,
    resnet_block,
    siamese,
    two_inputs,
    two_outputs,
    unet,
)

from sphinxext_layered.description import call_ids
from sphinxext_layered.drawing.layout.lanes import places_of

SUMS = {"Add", "Subtract"}


def placed(description, side=-1):
    """The column and lane of each call, by its name."""
    sums = [i for i, call in enumerate(description.calls) if description.layers[call.layer].class_name in SUMS]
    places = places_of(*edges_of(description), merges=frozenset(sums), side=side)
    return dict(zip(call_ids(description), zip(places.columns, places.lanes, strict=True), strict=True))


def columns(description):
    return {name: column for name, (column, _) in placed(description).items()}


def lanes(description, **given):
    return {name: lane for name, (_, lane) in placed(description, **given).items()}


def test_a_residual_block_is_one_lane_under_its_skip():
    assert placed(resnet_block()) == {
        "input": (0, 0),
        "stem": (1, 0),
        "conv1": (2, 0),
        "conv2": (3, 0),
        "add": (4, 0),
        "out": (5, 0),
    }


def test_a_projection_lies_in_a_lane_of_its_own():
    found = placed(projected_block())
    assert {name for name, (_, lane) in found.items() if lane} == {"projection"}
    assert found["stem"][0] < found["projection"][0] < found["add"][0]


def test_the_longest_branch_of_an_inception_module_is_the_main_lane():
    found = lanes(inception_module())
    assert {name for name, lane in found.items() if lane == 0} == {
        *("input", "five_reduce", "five_1", "five_2", "mixed", "out")
    }
    assert found["three_reduce"] == found["three"]
    assert found["pool"] == found["pool_conv"]
    assert len({found["one"], found["three"], found["pool"]}) == 3
    assert {abs(found[each]) for each in ("one", "three", "pool")} == {1, 2}


def test_a_short_branch_stands_in_the_middle_of_the_room_it_has():
    found = columns(inception_module())
    assert (found["input"], found["one"], found["mixed"]) == (0, 2, 4)


def test_branches_lie_where_no_skip_connections_run():
    above, below = (lanes(projected_block(), side=side)["projection"] for side in (-1, 1))
    assert (above, below) == (1, -1)


def test_a_unet_is_one_row():
    found = placed(unet())
    assert [found[name] for name in call_ids(unet())] == [(i, 0) for i in range(len(found))]


def test_the_calls_of_a_siamese_tower_stand_below_one_another():
    found = placed(siamese())
    assert found["tower"][0] == found["tower#2"][0]
    assert {found["tower"][1], found["tower#2"][1]} == {0, 1}
    assert [found[each][1] for each in ("left", "right")] == [found[each][1] for each in ("tower", "tower#2")]


def test_a_second_input_stands_next_to_what_uses_it():
    found = placed(two_inputs())
    assert found["facts"] == (2, 1)
    assert found["dense"] == (3, 1)
    assert found["join"] == (4, 0)


def test_the_longer_of_two_heads_is_the_main_lane():
    found = lanes(two_outputs())
    assert (found["boxes"], found["classes"]) == (0, 1)


def test_nested_forks_lie_beside_the_branch_that_forks():
    found = lanes(nested_forks())
    assert (found["a"], found["a11"], found["a2"]) == (0, 0, 1)
    assert (found["b"], found["b1"], found["b2"], found["b3"]) == (-1, -1, -2, -3)


def test_parallel_branches_lie_on_both_sides_in_turn():
    found = lanes(parallel(60))
    assert sorted(lane for name, lane in found.items() if name.startswith("b")) == [*range(-30, 30)] or sorted(
        lane for name, lane in found.items() if name.startswith("b")
    ) == [*range(-29, 31)]


@pytest.mark.parametrize(
    "made",
    [
        inception_module,
        nested_forks,
        two_inputs,
        lambda: parallel(9),
        lambda: residual(30),
        lambda: branches_of_branches(5),
    ],
)
def test_each_node_is_right_of_what_feeds_it_in_a_cell_of_its_own(made):
    number, edges = edges_of(made())
    places = places_of(number, edges)
    assert all(places.columns[source] < places.columns[target] for source, target in edges)
    assert len({*zip(places.columns, places.lanes, strict=True)}) == number
