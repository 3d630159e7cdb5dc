"""What is drawn in frames, folded or bracketed: nested models, repeated blocks, groups."""

from dataclasses import replace

import pytest
from factories import graph, layer, model

from sphinxext_layered.description import ARGUMENT, CallDescription, ModelDescription, Source
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.layout.canvas import bounds
from sphinxext_layered.drawing.scene import Polygon, Text
from sphinxext_layered.errors import OptionError
from sphinxext_layered.options import LayeredViewOptions


def drawn(description, **given):
    return lay_out(description, LayeredViewOptions.of(given))


def texts(scene):
    return [shape.string for shape in scene.shapes() if isinstance(shape, Text)]


def titles(scene, role):
    return [group.title for group in scene.groups if group.role == role and group.title]


def connections(scene):
    return {group.connects for group in scene.groups if group.connects}


def tower():
    inner = model(
        layer("Conv2D", 8, 8, 4),
        layer("Flatten", 256),
        layer("Dense", 16),
        name="tower",
        input_shapes=((None, 8, 8, 1),),
    )
    return layer("Sequential", 16, nested=inner)


def siamese():
    return graph(
        ("left", layer("InputLayer", 8, 8, 1)),
        ("right", layer("InputLayer", 8, 8, 1)),
        ("tower", tower(), "left"),
        ("again", "tower", "right"),
        ("apart", "Subtract", (16,), "tower", "again"),
        ("same", layer("Dense", 1), "apart"),
    )


def residual(blocks):
    nodes = [("input", layer("InputLayer", 32, 32, 16))]
    last = "input"
    for i in range(blocks):
        nodes += [
            (f"block{i}_conv", layer("Conv2D", 32, 32, 16), last),
            (f"block{i}_norm", layer("BatchNormalization", 32, 32, 16), f"block{i}_conv"),
            (f"block{i}_more", layer("Conv2D", 32, 32, 16), f"block{i}_norm"),
            (f"block{i}_add", layer("Add", 32, 32, 16), last, f"block{i}_more"),
        ]
        last = f"block{i}_add"
    return graph(*nodes, ("head", layer("Dense", 10), last))


def test_a_nested_model_is_one_box_until_it_is_expanded():
    closed, opened = drawn(siamese()), drawn(siamese(), expand_nested=True)
    assert len([title for title in titles(closed, "layer") if title.startswith("conv2d")]) == 0
    assert len([title for title in titles(opened, "layer") if title.startswith("conv2d")]) == 2
    assert titles(opened, "frame") == ["tower", "tower"]


def test_what_feeds_a_nested_model_is_connected_to_what_reads_it():
    assert connections(drawn(siamese(), expand_nested=True)) == {
        ("left", "tower/conv2d"),
        ("tower/conv2d", "tower/flatten"),
        ("tower/flatten", "tower/dense"),
        ("right", "tower#2/conv2d"),
        ("tower#2/conv2d", "tower#2/flatten"),
        ("tower#2/flatten", "tower#2/dense"),
        ("tower/dense", "apart"),
        ("tower#2/dense", "apart"),
        ("apart", "same"),
    }


@pytest.mark.parametrize("wanted", ["Sequential", "tower", "1", "yes"])
def test_insides_are_named_by_layer_by_class_or_by_depth(wanted):
    assert titles(drawn(siamese(), expand_nested=wanted), "frame") == ["tower", "tower"]


@pytest.mark.parametrize("wanted", ["Functional", "no", "0"])
def test_other_insides_stay_closed(wanted):
    assert titles(drawn(siamese(), expand_nested=wanted), "frame") == []


def test_indices_go_on_counting_the_outer_layers():
    scene = drawn(siamese(), expand_nested=True, index_ignore=[3])
    assert "same" not in "".join(titles(scene, "layer"))
    assert len([title for title in titles(scene, "layer") if title.startswith("dense")]) == 2


def test_equal_blocks_are_drawn_once_with_their_number():
    scene = drawn(residual(6), collapse="yes")
    assert [text for text in texts(scene) if "\u00d7" in text] == ["\u00d7 6"]
    assert len(titles(scene, "layer")) == 1 + 4 + 1


def test_blocks_are_not_collapsed_in_python_unless_asked_for():
    assert len(titles(drawn(residual(6)), "layer")) == 1 + 6 * 4 + 1


def test_a_page_gets_at_most_two_rows_of_a_deep_network_with_room_for_less():
    whole, fitted = drawn(residual(3), max_width=720), drawn(residual(40), max_width=720)
    assert not [text for text in texts(whole) if "\u00d7" in text]
    assert [text for text in texts(fitted) if "\u00d7" in text] == ["\u00d7 40"]
    assert fitted.width <= 720


def test_folded_layers_are_bands_on_the_box_before_them():
    scene = drawn(residual(1), fold="yes")
    boxes = {group.title.partition(" ")[0]: group for group in scene.groups if group.role == "layer"}
    conv, norm = (bounds([boxes[name]], scene.font) for name in ("block0_conv", "block0_norm"))
    assert conv.left < norm.left < conv.right
    assert (norm.top, norm.bottom) == (conv.top, conv.bottom)
    assert norm.width < conv.width


def test_folded_layers_stay_in_the_legend():
    assert "BatchNormalization" in texts(drawn(residual(1), fold="yes", legend=True))


def test_only_the_classes_that_are_named_are_folded():
    plain, none = drawn(residual(1)), drawn(residual(1), fold="Dropout")
    assert plain == none


def test_a_group_has_a_bracket_and_its_caption_under_its_layers():
    net = model(*(layer("Conv2D", 32, 32, 16) for _ in range(4)))
    scene = drawn(net, groups="Begin=conv2d..conv2d_1; End=3")
    brackets = {group.title: group for group in scene.groups if group.role == "bracket"}
    assert list(brackets) == ["Begin", "End"]
    boxes = [group for group in scene.groups if group.role == "layer"]
    begin, both = bounds([brackets["Begin"]], scene.font), bounds(boxes[:2], scene.font)
    assert both.left <= begin.left < begin.right <= both.right
    assert begin.top > both.bottom
    assert {"Begin", "End"} <= set(texts(scene))


def test_a_group_that_is_a_frame_gives_it_its_caption():
    scene = drawn(residual(6), collapse="yes", groups="Stage 1=block0_conv..block5_add; Begin=input..block0_conv")
    assert [text for text in texts(scene) if "Stage" in text or "block" in text] == ["Stage 1"]
    assert titles(scene, "bracket") == ["Begin"]


def test_a_caption_does_not_repeat_the_model_s_name():
    nodes = [("net_input", layer("InputLayer", 8, 8, 4))]
    for i in range(6):
        last = nodes[-1][0]
        nodes += [
            (f"net_block{i}_a", layer("Conv2D", 8, 8, 4), last),
            (f"net_block{i}_b", layer("ReLU", 8, 8, 4), f"net_block{i}_a"),
        ]
        nodes.append((f"net_block{i}_add", layer("Add", 8, 8, 4), last, f"net_block{i}_b"))
    description = graph(*nodes, ("head", layer("Dense", 10), nodes[-1][0]), name="net")
    assert "block0\u20265" in texts(drawn(description, collapse="yes"))
    assert "net_block0\u20265" in texts(drawn(replace(description, name="net_b"), collapse="yes"))


def test_a_group_that_is_a_frame_of_varying_blocks_is_said_once():
    nodes = [("input", layer("InputLayer", 8, 8, 4))]
    for i in range(4):
        nodes += [
            (f"b{i}_one", layer("Conv2D", 8, 8, 4 + i), nodes[-1][0]),
            (f"b{i}_two", layer("Dense", 8, 8, 4 + i), f"b{i}_one"),
        ]
    scene = drawn(
        graph(*nodes, ("head", layer("Flatten", 10), nodes[-1][0])), collapse="channels", groups="Stage=b0_one..b3_two"
    )
    assert [text for text in texts(scene) if "Stage" in text] == ["Stage (channels vary)"]
    assert titles(scene, "bracket") == []


def test_a_group_of_layers_that_a_model_lacks_is_refused():
    with pytest.raises(OptionError, match="no layer 'conv9' in 'net'; did you mean 'conv2d'"):
        drawn(model(layer("Conv2D", 8, 8, 4)), groups="All=conv9..conv2d")


def test_what_a_model_without_input_layers_is_given_is_drawn_where_lines_part_from_it():
    plain = model(layer("Dense", 8), layer("Dense", 4), input_shapes=((None, 8),))
    assert [title.partition(" ")[0] for title in titles(drawn(plain), "layer")] == ["dense", "dense_1"]
    parted = model(layer("Dense", 8), layer("Dense", 8), feeders={1: ()}, input_shapes=((None, 8),))
    scene = drawn(parted)
    assert connections(scene) == {("inputs", "dense"), ("inputs", "dense_1")}
    assert titles(scene, "layer")[0].startswith("inputs (InputLayer)")


def test_a_second_thing_that_a_model_is_given_is_drawn_though_its_layers_are_a_chain():
    calls = (
        CallDescription(name="a", class_name=ARGUMENT, output_shapes=((None, 8),)),
        CallDescription(name="b", class_name=ARGUMENT, output_shapes=((None, 8),)),
        CallDescription(name="one", layer=0, output_shapes=((None, 8),), inputs=(Source(0),)),
        CallDescription(name="two", layer=1, output_shapes=((None, 8),), inputs=(Source(2), Source(1))),
    )
    layers = (layer("Dense", 8, index=0, name="one"), layer("Bilinear", 8, index=1, name="two"))
    net = ModelDescription(name="net", class_name="Net", layers=layers, calls=calls)
    assert connections(drawn(net)) == {("a", "one"), ("one", "two"), ("b", "two")}
    alone = replace(net, calls=(*calls[:3], replace(calls[3], inputs=(Source(2),))))
    assert titles(drawn(alone), "layer")[0].startswith("one (Dense)")


def test_frames_are_drawn_behind_what_is_in_them():
    scene = drawn(residual(6), collapse="yes")
    groups = scene.groups
    frame = next(i for i, group in enumerate(groups) if group.role == "frame" and group.title)
    inside = [i for i, group in enumerate(groups) if group.role == "layer" and group.title.startswith("block0")]
    assert frame < min(inside)
    (area,) = (shape for shape in groups[frame].shapes if isinstance(shape, Polygon))
    xs, ys = zip(*area.points, strict=True)
    for i in inside:
        drawn_box = bounds([groups[i]], scene.font)
        assert min(xs) <= drawn_box.left < drawn_box.right <= max(xs)
        assert min(ys) <= drawn_box.top < drawn_box.bottom <= max(ys)
