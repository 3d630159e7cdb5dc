"""Folding, repeats and sections: what is found, what is not, and that every connection comes back."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from factories import graph, layer
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinxext_layered.drawing.folding import folded
from sphinxext_layered.drawing.frames import caption, connections
from sphinxext_layered.drawing.graph import Edge, Frame, Graph, Node, graph_of
from sphinxext_layered.drawing.repeats import collapsed
from sphinxext_layered.drawing.sections import sectioned
from sphinxext_layered.drawing.tandems import Run, runs_of
from sphinxext_layered.options import LayeredViewOptions

Row = tuple[Any, ...]


def drawn(*rows: Row) -> Graph:
    return graph_of(graph(*rows), LayeredViewOptions())


def frames(shown: Graph) -> list[Frame]:
    return [node for node in shown.nodes if isinstance(node, Frame)]


def only_frame(shown: Graph) -> Frame:
    (frame,) = frames(shown)
    return frame


def first_names(shown: Graph) -> list[str]:
    return [node.names[0] for node in shown.nodes]


def residual(number: int, *, size: int = 8, channels: int = 4, name: str = "b", source: str = "stem") -> Iterator[Row]:
    """Blocks of convolution, normalisation, convolution and sum."""
    for i in range(number):
        own = f"{name}{i}"
        yield f"{own}_one", layer("Conv2D", size, size, channels), source
        yield f"{own}_norm", layer("BatchNormalization", size, size, channels), f"{own}_one"
        yield f"{own}_two", layer("DepthwiseConv2D", size, size, channels), f"{own}_norm"
        yield f"{own}_add", "Add", (size, size, channels), source, f"{own}_two"
        source = f"{own}_add"


STEM = (("input", layer("InputLayer", 8, 8, 4)), ("stem", layer("Conv2D", 8, 8, 4), "input"))


# Folding


def chain(*classes: str) -> Graph:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for name in classes:
        rows.append((name, layer(name, 8, 8, 4), rows[-1][0]))
    return drawn(*rows)


def test_normalisation_activation_and_dropout_become_bands_of_the_box_before() -> None:
    shown = folded(chain("Conv2D", "BatchNormalization", "ReLU", "Dropout", "MaxPooling2D"), "auto")
    assert [node.names for node in shown.nodes] == [
        ("input",),
        ("Conv2D", "BatchNormalization", "ReLU", "Dropout"),
        ("MaxPooling2D",),
    ]
    assert shown.edges == ((0, 1), (1, 2))


def test_only_named_classes_are_folded_where_names_are_given() -> None:
    shown = folded(chain("Conv2D", "BatchNormalization", "ReLU"), ["ReLU"])
    assert [node.names for node in shown.nodes] == [("input",), ("Conv2D",), ("BatchNormalization", "ReLU")]


def test_a_class_is_folded_by_its_base_too() -> None:
    own = layer("MyNorm", 8, 8, 4, bases=("keras.layers.BatchNormalization", "keras.layers.Layer"))
    shown = folded(drawn(*STEM, ("norm", own, "stem"), ("next", layer("Conv2D", 4, 4, 4), "norm")), "auto")
    assert first_names(shown) == ["input", "stem", "next"]


def test_nothing_is_folded_onto_an_input() -> None:
    assert len(folded(chain("BatchNormalization", "ReLU"), "auto").nodes) == 2


def test_what_feeds_others_too_carries_no_band() -> None:
    shown = folded(
        drawn(*STEM, ("relu", layer("ReLU", 8, 8, 4), "stem"), ("add", "Add", (8, 8, 4), "stem", "relu")), "auto"
    )
    assert first_names(shown) == ["input", "stem", "relu", "add"]


def test_an_activation_is_folded_onto_a_sum() -> None:
    rows = (*STEM, ("conv", layer("Conv2D", 8, 8, 4), "stem"), ("add", "Add", (8, 8, 4), "stem", "conv"))
    shown = folded(drawn(*rows, ("relu", layer("ReLU", 8, 8, 4), "add")), "auto")
    assert shown.nodes[-1].names == ("add", "relu")


def test_a_merge_carries_bands_only_where_all_of_its_kind_can() -> None:
    rows: list[Row] = list(STEM)
    source = "stem"
    for i in range(3):
        rows.append((f"norm{i}", layer("BatchNormalization", 8, 8, 4), source))
        rows.append((f"conv{i}", layer("Conv2D", 8, 8, 4), f"norm{i}"))
        rows.append((f"add{i}", "Add", (8, 8, 4), source, f"conv{i}"))
        source = f"add{i}"
    shown = folded(drawn(*rows, ("last", layer("BatchNormalization", 8, 8, 4), source)), "auto")
    assert first_names(shown)[-1] == "last"


def test_bands_are_connections_again() -> None:
    whole = drawn(*STEM, *residual(3))
    assert connections(folded(whole, "auto")) == connections(whole)


# Repeats


def test_equal_blocks_are_drawn_once_with_what_leads_in_and_out() -> None:
    shown = collapsed(folded(drawn(*STEM, *residual(4), ("out", layer("Flatten", 256), "b3_add")), "auto"), vary=False)
    frame = only_frame(shown)
    assert [node.names[0] for node in shown.nodes if isinstance(node, Node)] == ["input", "stem", "out"]
    assert (frame.times, frame.caption, frame.varies, frame.parallel) == (4, "b0\u20263", False, False)
    assert [node.names for node in frame.inner.nodes] == [("b0_one", "b0_norm"), ("b0_two",), ("b0_add",)]
    assert set(frame.inner.edges) == {(0, 1), (1, 2)}
    assert frame.instances[2] == ("b2_one", "b2_norm", "b2_two", "b2_add")
    assert shown.edges == (Edge(0, 1), Edge(1, 2), Edge(2, 3))
    assert {wire for wire in frame.wires if wire[1] in frame.instances[0]} == {("stem", "b0_one"), ("stem", "b0_add")}
    assert {wire for wire in frame.wires if wire[0] in frame.names} == {("b3_add", "out")}


def test_names_that_keras_made_up_count_for_no_caption() -> None:
    rows = [*STEM]
    source = "stem"
    for i in range(1, 4):
        rows += [(f"conv2d_{i}", layer("Conv2D", 8, 8, 4), source), (f"mixed{i}", layer("Maximum", 8, 8, 4), source)]
        rows[-1] = (*rows[-1], f"conv2d_{i}")
        source = f"mixed{i}"
    assert only_frame(collapsed(drawn(*rows), vary=False)).caption == "mixed1\u20263"


def test_no_repeat_crosses_a_change_of_resolution_or_of_channels() -> None:
    rows = [*STEM, *residual(2), ("down", layer("Conv2D", 4, 4, 4), "b1_add")]
    rows += residual(2, size=4, name="c", source="down")
    rows += [("wide", layer("Conv2D", 4, 4, 9), "c1_add"), *residual(3, size=4, channels=9, name="d", source="wide")]
    shown = collapsed(drawn(*rows), vary=False)
    assert [frame.times for frame in frames(shown)] == [2, 2, 3]


@pytest.mark.parametrize("vary", [False, True])
def test_channels_may_differ_only_where_they_may_vary(vary: bool) -> None:
    rows = [*STEM]
    source = "stem"
    for i in range(3):
        rows += [(f"a{i}", layer("Conv2D", 8, 8, 8 + i), source), (f"c{i}", layer("SeparableConv2D", 8, 8, 8), f"a{i}")]
        source = f"c{i}"
    shown = collapsed(drawn(*rows), vary=vary)
    assert [(frame.times, frame.varies) for frame in frames(shown)] == ([(3, True)] if vary else [])


@pytest.mark.parametrize(("number", "found"), [(2, []), (3, [3]), (5, [5])])
def test_single_boxes_are_a_frame_from_three_on(number: int, found: list[int]) -> None:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for i in range(number):
        rows.append((f"conv{i}", layer("Conv2D", 8, 8, 4), rows[-1][0]))
    assert [frame.times for frame in frames(collapsed(drawn(*rows), vary=False))] == found


@pytest.mark.parametrize(("number", "found"), [(2, []), (3, [3])])
def test_blocks_of_two_boxes_are_a_frame_from_three_on(number: int, found: list[int]) -> None:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for i in range(number):
        rows.append((f"conv{i}", layer("Conv2D", 8, 8, 4), rows[-1][0]))
        rows.append((f"depth{i}", layer("DepthwiseConv2D", 8, 8, 4), rows[-1][0]))
    assert [frame.times for frame in frames(collapsed(drawn(*rows), vary=False))] == found


def test_settings_that_differ_are_no_repeat() -> None:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for i in range(4):
        own = layer("Conv2D", 8, 8, 4, facts=(("kernel_size", (i, i)),))
        rows.append((f"conv{i}", own, rows[-1][0]))
    assert not frames(collapsed(drawn(*rows), vary=True))


def test_a_mask_feeds_every_block_from_outside() -> None:
    rows: list[Row] = [("mask", layer("InputLayer", 8)), ("input", layer("InputLayer", 8, 4))]
    source = "input"
    for i in range(12):
        rows += [
            (f"b{i}_norm", layer("LayerNormalization", 8, 4), source),
            (f"b{i}_attention", layer("MultiHeadAttention", 8, 4), f"b{i}_norm", "mask"),
            (f"b{i}_add", "Add", (8, 4), source, f"b{i}_attention"),
        ]
        source = f"b{i}_add"
    shown = collapsed(drawn(*rows), vary=False)
    frame = only_frame(shown)
    assert frame.times == 12
    assert {source for source, target in frame.wires if target in frame.names} == {"input", "mask"}
    assert {target for source, target in frame.wires if source == "mask"} == {block[1] for block in frame.instances}
    assert connections(shown) == connections(drawn(*rows))


def test_cells_that_read_the_two_before_them_are_a_repeat() -> None:
    rows = [*STEM, ("other", layer("SeparableConv2D", 8, 8, 4), "stem")]
    older, newer = "stem", "other"
    for i in range(6):
        rows += [
            (f"c{i}_left", layer("Conv2D", 8, 8, 4), older),
            (f"c{i}_right", layer("DepthwiseConv2D", 8, 8, 4), newer),
            (f"c{i}_add", "Add", (8, 8, 4), f"c{i}_left", f"c{i}_right"),
        ]
        older, newer = newer, f"c{i}_add"
    shown = collapsed(drawn(*rows), vary=False)
    assert only_frame(shown).times == 6
    assert {back for back, _, _ in only_frame(shown).carried} == {1, 2}
    assert connections(shown) == connections(drawn(*rows))


def test_repeats_of_repeats_are_frames_in_a_frame() -> None:
    rows = [*STEM]
    source = "stem"
    for i in range(3):
        rows += residual(4, name=f"s{i}_b", source=source)
        rows.append((f"s{i}_end", layer("SeparableConv2D", 8, 8, 4), f"s{i}_b3_add"))
        source = f"s{i}_end"
    shown = collapsed(drawn(*rows), vary=False)
    assert (only_frame(shown).times, only_frame(only_frame(shown).inner).times) == (3, 4)
    assert connections(shown) == connections(drawn(*rows))


def test_a_block_that_something_else_reads_ends_a_repeat() -> None:
    rows = [*STEM, *residual(6), ("side", layer("Dense", 9), "b2_add"), ("out", layer("Flatten", 256), "b5_add")]
    shown = collapsed(drawn(*rows), vary=False)
    assert [frame.times for frame in frames(shown)] == [3, 3]
    assert connections(shown) == connections(drawn(*rows))


def test_equal_lanes_beside_each_other_are_one_frame() -> None:
    rows: list[Row] = []
    for i in range(26):
        rows += [(f"in{i}", layer("InputLayer", 1)), (f"emb{i}", layer("Embedding", 1, 8), f"in{i}")]
    rows += [("numbers", layer("InputLayer", 1, 5)), ("dense", layer("Dense", 1, 8), "numbers")]
    merged = [f"emb{i}" for i in range(13)] + ["dense"] + [f"emb{i}" for i in range(13, 26)]
    shown = collapsed(drawn(*rows, ("merged", layer("Concatenate", 1, 216), *merged)), vary=False)
    frame = only_frame(shown)
    assert (frame.times, frame.parallel) == (26, True)
    assert set(frame.wires) == {(f"emb{i}", "merged") for i in range(26)}
    assert first_names(shown) == ["in0", "numbers", "dense", "merged"]


def test_two_towers_are_not_mixed() -> None:
    rows = [("other_input", layer("InputLayer", 8, 8, 4)), ("other", layer("Conv2D", 8, 8, 4), "other_input"), *STEM]
    rows += zip_rows(residual(4), residual(4, name="t", source="other"))
    shown = collapsed(drawn(*rows, ("merged", "Add", (8, 8, 4), "b3_add", "t3_add")), vary=False)
    assert sorted(frame.caption for frame in frames(shown)) == ["b0\u20263", "t0\u20263"]


def zip_rows(one: Iterator[Row], other: Iterator[Row]) -> list[Row]:
    return [row for both in zip(one, other, strict=True) for row in both]


def test_a_graph_without_repeats_is_the_same_graph() -> None:
    whole = chain("Conv2D", "MaxPooling2D", "Dense")
    assert collapsed(whole, vary=True) is whole


# Planted repeats


@st.composite
def blocks(draw: st.DrawFn) -> list[tuple[str, tuple[int, ...]]]:
    """A block: each node's class, and what feeds it; -1 is the block before, -2 the one before that, -3 a mask."""
    nodes: list[tuple[str, tuple[int, ...]]] = [("Begin", (-1,))]
    for i in range(1, draw(st.integers(2, 6))):
        outer = [-1, -2, -3] if draw(st.booleans()) else [-1]
        feeders = draw(st.sets(st.sampled_from([*range(i), *outer]), min_size=1, max_size=3))
        nodes.append((draw(st.sampled_from(["One", "Two", "Three"])), tuple(sorted(feeders))))
    used = {feeder for _, feeders in nodes for feeder in feeders}
    return [*nodes, ("End", tuple(i for i in range(len(nodes)) if i not in used))]


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[Row], list[set[str]]]:
    """A graph of nodes that are all different but for equal blocks in its middle, and the names of each block."""
    block = draw(blocks())
    # Of two blocks that read the two before them, nothing says that the second would go on to read the first.
    times = draw(st.integers(3 if any(-2 in feeders for _, feeders in block) else 2, 6))
    rows: list[Row] = [("mask", layer("Mask", 8, 8, 4)), ("older", layer("Older", 8, 8, 4), "mask")]
    rows += [("newer", layer("Newer", 8, 8, 4), "older")]
    ends = ["older", "newer"]
    members = []
    for b in range(times):
        outside = {-1: ends[-1], -2: ends[-2], -3: "mask"}
        for i, (kind, feeders) in enumerate(block):
            names = [outside.get(each, f"b{b}_{each}") for each in feeders]
            rows.append((f"b{b}_{i}", layer(kind, 8, 8, 4), *dict.fromkeys(names)))
        ends.append(f"b{b}_{len(block) - 1}")
        members.append({f"b{b}_{i}" for i in range(len(block))})
    rows += [("tail", layer("Tail", 8, 8, 4), ends[-1], "mask"), ("skip", layer("Skip", 8, 8, 4), "tail", "newer")]
    return shuffled(rows, draw(st.randoms(use_true_random=False))), members


def shuffled(rows: list[Row], chance: random.Random) -> list[Row]:
    """Return rows in any order in which each comes after what feeds it."""
    waiting, done, found = list(rows), set[str](), []
    while waiting:
        ready = [row for row in waiting if done.issuperset(row[2:])]
        row = chance.choice(ready)
        waiting.remove(row)
        done.add(row[0])
        found.append(row)
    return found


@given(planted())
@settings(max_examples=300, deadline=None)
def test_planted_blocks_are_found_and_nothing_else(given_: tuple[list[Row], list[set[str]]]) -> None:
    rows, members = given_
    whole = drawn(*rows)
    shown = collapsed(whole, vary=False)
    assert [set(instance) for frame in frames(shown) for instance in frame.instances] == members
    assert connections(shown) == connections(whole)


@st.composite
def any_graphs(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    for i in range(draw(st.integers(1, 40))):
        feeders = draw(st.sets(st.integers(max(0, i - 4), i - 1), max_size=2)) if i else set()
        kind = draw(st.sampled_from(["Conv2D", "ReLU", "Add"]))
        rows.append(
            (f"n{i}", layer(kind, 8, 8, draw(st.sampled_from([4, 4, 4, 5]))), *(f"n{j}" for j in sorted(feeders)))
        )
    return rows


@given(any_graphs(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_connection_of_any_graph_comes_back(rows: list[Row], vary: bool) -> None:
    whole = drawn(*rows)
    shown = sectioned(collapsed(folded(whole, "auto"), vary=vary))
    assert connections(shown) == connections(whole)
    assert all(edge.source < edge.target for edge in shown.edges)


@given(planted(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_same_graph_is_collapsed_the_same(given_: tuple[list[Row], Any], chance: random.Random) -> None:
    whole = drawn(*given_[0])
    assert collapsed(whole, vary=True) == collapsed(whole, vary=True)
    again = collapsed(drawn(*shuffled(given_[0], chance)), vary=True)
    assert [set(each.instances) for each in frames(again)] == [
        set(each.instances) for each in frames(collapsed(whole, vary=True))
    ]


def count_calls(function: Callable[[], object]) -> int:
    count = 0

    def note(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def uneven(number: int) -> list[Row]:
    """Three stages of blocks, and as many nodes that are like none of their neighbours."""
    rows = [*STEM]
    for stage in range(3):
        rows += residual(number // 3, channels=4 + stage, name=f"s{stage}_b", source=rows[-1][0])
    for i in range(number):
        rows.append((f"n{i}", layer(f"Own{i}", 8, 8, 4), rows[-1][0]))
    return rows


def test_finding_repeats_is_linear_in_nodes() -> None:
    few, many = (folded(drawn(*uneven(number)), "auto") for number in (30, 300))
    assert count_calls(lambda: collapsed(many, vary=True)) < 15 * count_calls(lambda: collapsed(few, vary=True))


# Sections


def test_what_branches_and_joins_is_a_frame_of_its_own() -> None:
    rows = [*STEM, *residual(1), ("down", layer("Conv2D", 4, 4, 8), "b0_add")]
    rows += residual(1, size=4, channels=8, name="c", source="down")
    shown = sectioned(drawn(*rows))
    assert [(frame.times, frame.caption, len(frame.inner.nodes)) for frame in frames(shown)] == [
        (1, "b0", 4),
        (1, "c0", 4),
    ]
    assert connections(shown) == connections(drawn(*rows))


def test_what_is_most_of_a_network_is_no_section() -> None:
    assert not frames(sectioned(drawn(*STEM, *residual(1))))


# Parts


@given(st.text(st.sampled_from("ab"), max_size=24))
def test_runs_are_all_maximal_periodic_stretches(text: str) -> None:
    expected = []
    for period in range(1, len(text) // 2 + 1):
        same = [text[i] == text[i + period] for i in range(len(text) - period)] + [False]
        start = 0
        for i, each in enumerate(same):
            if not each:
                if i - start >= period:
                    expected.append(Run(period, start, i + period))
                start = i + 1
    assert list(runs_of(text)) == expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([["a1_x", "a1_y"], ["a2_x", "a2_y"]], "a1\u20262"),
        ([["block12_a", "block12_b"], ["block19_a", "block19_b"]], "block12\u202619"),
        ([["block4b_a", "block4b_b"], ["block4g_a", "block4g_b"]], "block4b\u20264g"),
        ([["left", "right"], ["left_1", "right_1"]], ""),
        ([[], []], ""),
        ([["mixed"]], "mixed"),
    ],
)
def test_captions_say_what_names_begin_with(blocks: list[list[str]], expected: str) -> None:
    assert caption(blocks) == expected
