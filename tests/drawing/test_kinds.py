"""Kinds of blocks: which blocks get the same letter, which of them are closed, and what is drawn of these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from factories import graph, layer
from hypothesis import given, settings
from test_structure import any_graphs

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.frames import connections
from sphinxext_layered.drawing.graph import Frame, Graph, graph_of
from sphinxext_layered.drawing.kinds import lettered
from sphinxext_layered.drawing.repeats import collapsed
from sphinxext_layered.drawing.scene import Scene, Text
from sphinxext_layered.options import LayeredViewOptions

Row = tuple[Any, ...]


def block(name: str, source: str, size: int = 8, channels: int = 4, **facts: Any) -> Iterator[Row]:
    """Four layers beside the line that skips them."""
    shape = (size, size, channels)
    yield f"{name}_one", layer("Conv2D", *shape, **facts), source
    yield f"{name}_norm", layer("BatchNormalization", *shape), f"{name}_one"
    yield f"{name}_two", layer("Conv2D", *shape), f"{name}_norm"
    yield f"{name}_add", "Add", shape, source, f"{name}_two"


def network(*blocks: Iterator[Row]) -> Graph:
    """Blocks with a pooling layer before each, of another window for each, so that these are no repeat."""
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for i, each in enumerate(blocks):
        own = list(each)
        pool = layer("MaxPooling2D", 8, 8, 4, facts=(("pool_size", i + 2),))
        rows += [("pool_" + own[0][0], pool, rows[-1][0]), *own]
    return graph_of(graph(*rows), LayeredViewOptions())


def seen(shown: Graph) -> list[tuple[str, bool]]:
    """The letter of each frame, and whether it is closed, in open frames too."""
    found = []
    for node in shown.nodes:
        if isinstance(node, Frame):
            found.append((node.letter, node.is_closed))
            found += [] if node.is_closed else seen(node.inner)
    return found


def of_kinds(whole: Graph) -> Graph:
    return lettered(collapsed(whole, vary=True), whole)


def test_a_block_that_recurs_in_another_size_is_open_once_and_then_closed() -> None:
    whole = network(block("a", "pool_a_one"), block("b", "pool_b_one", 4, 16), block("c", "pool_c_one", 2, 32))
    assert seen(of_kinds(whole)) == [("A", False), ("A", True), ("A", True)]


def test_blocks_of_other_settings_are_of_another_kind() -> None:
    blocks = [
        block(each, f"pool_{each}_one", 8, facts=(("kernel_size", size),))
        for each, size in zip("abcd", (3, 5, 3, 5), strict=True)
    ]
    assert seen(of_kinds(network(*blocks))) == [("A", False), ("B", False), ("A", True), ("B", True)]


def test_a_block_that_does_not_recur_has_neither_frame_nor_letter() -> None:
    whole = network(block("a", "pool_a_one"), block("b", "pool_b_one", facts=(("strides", 2),)))
    assert of_kinds(whole).nodes == whole.nodes


def test_the_order_of_what_is_subtracted_counts() -> None:
    def difference(name: str, *, swapped: bool) -> Iterator[Row]:
        *rows, (_, _, shape, source, last) = block(name, f"pool_{name}_one")
        yield from rows
        yield f"{name}_add", "Subtract", shape, *((last, source) if swapped else (source, last))

    assert seen(of_kinds(network(difference("a", swapped=False), difference("b", swapped=True)))) == []
    same = network(difference("a", swapped=True), difference("b", swapped=True))
    assert seen(of_kinds(same)) == [("A", False), ("A", True)]


def test_a_repeat_is_of_the_kind_of_a_single_block() -> None:
    repeated = [*block("b", "pool_b_one"), *block("c", "b_add"), *block("d", "c_add")]
    shown = of_kinds(network(block("a", "pool_a_one"), iter(repeated)))
    frames = [node for node in shown.nodes if isinstance(node, Frame)]
    assert [(frame.letter, frame.times, frame.is_closed) for frame in frames] == [("A", 1, False), ("A", 3, True)]


def test_blocks_with_a_layer_that_is_called_elsewhere_stay_open() -> None:
    *rows, last = block("b", "pool_b")
    again = [("b_one", "a_one", "pool_b"), *rows[1:], last]
    first = [("input", layer("InputLayer", 8, 8, 4)), *block("a", "input")]
    pool = ("pool_b", layer("MaxPooling2D", 8, 8, 4), "a_add")
    own = graph_of(graph(*first, pool, *rows, last), LayeredViewOptions())
    assert seen(lettered(own, own)) == [("A", False), ("A", True)]
    shared = graph_of(graph(*first, pool, *again), LayeredViewOptions())
    assert seen(lettered(shared, shared)) == []


def test_a_tensor_that_is_used_throughout_feeds_closed_blocks() -> None:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4)), ("mask", layer("Conv2D", 8, 8, 4), "input")]
    source = "input"
    for name in "abcdef":
        rows.append((f"pool_{name}", layer("MaxPooling2D", 8, 8, 4), source))
        *own, (_, _, shape, *_) = block(name, f"pool_{name}")
        masked = (f"{name}_masked", "Multiply", shape, f"{name}_two", "mask")
        rows += [*own, masked, (f"{name}_add", "Add", shape, f"pool_{name}", f"{name}_masked")]
        source = f"{name}_add"
    whole = graph_of(graph(*rows), LayeredViewOptions())
    shown = lettered(whole, whole)
    assert seen(shown) == [("A", False), *[("A", True)] * 5]
    assert connections(shown) == connections(whole)


@settings(deadline=None)
@given(any_graphs())
def test_every_connection_of_any_graph_comes_back(rows: list[Row]) -> None:
    whole = graph_of(graph(*rows), LayeredViewOptions(connections="auto"))
    assert connections(of_kinds(whole)) == connections(whole)


def written(scene: Scene) -> list[str]:
    return [
        shape.string
        for group in scene.groups
        if group.role == "frame"
        for shape in group.shapes
        if isinstance(shape, Text)
    ]


@pytest.fixture
def three_blocks() -> Any:
    rows: list[Row] = [("input", layer("InputLayer", 8, 8, 4))]
    for i, name in enumerate("abc"):
        size = 8 >> i
        rows.append((f"pool_{name}", layer("MaxPooling2D", size, size, 4), rows[-1][0]))
        rows += block(name, f"pool_{name}", size)
    return graph(*rows)


def test_a_closed_frame_shows_its_letter_and_none_of_its_layers(three_blocks: Any) -> None:
    scene = lay_out(three_blocks, LayeredViewOptions(collapse="kinds"))
    assert written(scene) == ["A"] * 3
    shown = {group.layer for group in scene.groups if group.role == "layer"}
    names = [each.name for each in three_blocks.layers]
    assert {names[i] for i in shown if i is not None} == {
        *("input", "pool_a", "pool_b", "pool_c"),
        *("a_one", "a_norm", "a_two"),
    }


def test_lines_lead_into_a_closed_frame_and_out_of_it(three_blocks: Any) -> None:
    scene = lay_out(three_blocks, LayeredViewOptions(collapse="kinds"))
    connected = {group.connects for group in scene.groups if group.connects}
    assert ("b_add", "pool_c") in connected
    assert any(source == "pool_b" and target.startswith("b_") for source, target in connected)


def test_kinds_get_letters_only_where_less_does_not_fit(three_blocks: Any) -> None:
    roomy = lay_out(three_blocks, LayeredViewOptions(max_width=2000))
    assert written(roomy) == []


def test_two_tensors_of_one_frame_are_no_one_line_into_a_section() -> None:
    """What reads the last and the last but one of some repeats branches after two tensors, not after one."""

    def cells(name: str, source: str) -> Iterator[Row]:
        before = [source, source]
        for i in range(3):
            own = f"{name}{i}"
            yield f"{own}_a", layer("Conv2D", 8, 8, 4), before[-1]
            yield f"{own}_b", layer("DepthwiseConv2D", 8, 8, 4), before[-2]
            yield f"{own}_c", layer("Concatenate", 8, 8, 4), f"{own}_a", f"{own}_b"
            before.append(f"{own}_c")
        yield f"{name}_one", layer("Dense", 8, 8, 4), before[-1]
        yield f"{name}_two", layer("Dropout", 8, 8, 4), f"{name}_one"
        yield f"{name}_three", layer("Embedding", 8, 8, 4), before[-2]
        yield f"{name}_end", layer("Add", 8, 8, 4), f"{name}_two", f"{name}_three"

    whole = network(cells("a", "pool_a0_a"), cells("b", "pool_b0_a"))
    shown = of_kinds(whole)
    assert connections(shown) == connections(whole)
    assert not any(
        node.times == 1 and {"a_one", "a_three"} <= set(node.names) for node in shown.nodes if isinstance(node, Frame)
    )


def test_frames_that_were_asked_for_stay() -> None:
    tower = graph(
        ("in", layer("InputLayer", 8, 8, 4)),
        ("side", layer("Dropout", 8, 8, 4), "in"),
        ("a", layer("Conv2D", 8, 8, 4), "in"),
        ("b", layer("Conv2D", 8, 8, 4), "a"),
        ("between", layer("Dense", 8, 8, 4), "side"),
        ("c", layer("Conv2D", 8, 8, 4), "a"),
        ("d", layer("ReLU", 8, 8, 4), "c"),
        ("sum", layer("Add", 8, 8, 4), "b", "d"),
        ("end", layer("Concatenate", 8, 8, 4), "sum", "between"),
        name="tower",
    )
    model = graph(
        ("image", layer("InputLayer", 8, 8, 4)),
        ("tower", layer("Functional", 8, 8, 4, nested=tower), "image"),
        ("head", layer("Flatten", 256), "tower"),
    )
    whole = graph_of(model, LayeredViewOptions(expand_nested=1))
    assert [node.caption for node in lettered(whole, whole).nodes if isinstance(node, Frame)] == ["tower"]


def test_a_block_that_holds_a_section_counts_all_its_nodes() -> None:
    def outer(name: str, source: str) -> Iterator[Row]:
        shape = (8, 8, 4)
        yield f"{name}_begin", layer("Conv2D", *shape, facts=(("kernel_size", 7),)), source
        yield from block(f"{name}_inner", f"{name}_begin")
        yield f"{name}_end", "Add", shape, source, f"{name}_inner_add"

    whole = network(outer("a", "pool_a_begin"), outer("b", "pool_b_begin"))
    frames = [node for node in of_kinds(whole).nodes if isinstance(node, Frame)]
    assert [(frame.letter, frame.is_closed) for frame in frames] == [("A", False), ("A", True)]
    assert "a_begin" in frames[0].names


def test_kinds_get_letters_where_less_does_not_fit() -> None:
    rows: list[Row] = [("input", layer("InputLayer", 64, 64, 4))]
    for i in range(24):
        pool = layer("MaxPooling2D", 64, 64, 4, facts=(("pool_size", i),))
        rows += [(f"pool_{i}", pool, rows[-1][0]), *block(f"b{i}", f"pool_{i}", 64)]
    assert written(lay_out(graph(*rows), LayeredViewOptions(max_width=710, fold=()))) == ["A"] * 24
