"""Labels: what they say, where they stand, and that all of each is seen."""

from dataclasses import replace
from itertools import pairwise

import hypothesis
import pytest
from factories import graph, layer, lenet, model, resnet
from geometry import clashes, fronts, in_order, labels, leaders, texts
from hypothesis import strategies as st
from random_graphs import graphs

from sphinxext_layered.description import FACTS as DESCRIBED
from sphinxext_layered.description import LayerText
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.scene import Text
from sphinxext_layered.drawing.texts import READY_MADE, label_of
from sphinxext_layered.errors import OptionError
from sphinxext_layered.options import READY_MADE_TEXTS, LayeredViewOptions


def drawn(*layers, **given):
    return lay_out(model(*layers), LayeredViewOptions(**given))


FACTS = (("filters", 64), ("kernel_size", (3, 3)), ("strides", (2, 2)))
ONE = layer("Conv2D", 28, None, 6, name="first", parameters=1234, activation="relu", facts=FACTS)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("default", ["first", "28 \u00d7 ? \u00d7 6"]),
        ("name", ["first"]),
        ("class", ["Conv2D"]),
        ("shape", ["28 \u00d7 ? \u00d7 6"]),
        ("name_and_shape", ["first", "28 \u00d7 ? \u00d7 6"]),
        ("parameters", ["1,234 params"]),
        ("activation", ["relu"]),
        ("kernel", ["3 \u00d7 3, 64, / 2"]),
    ],
)
def test_ready_made_texts(name, lines):
    assert texts(drawn(ONE, text_callable=name), "label") == lines


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"filters": 64, "kernel_size": (3, 1)}, "3 \u00d7 1, 64"),
        ({"filters": 8, "kernel_size": (5,), "strides": (2,)}, "5, 8, / 2"),
        ({"kernel_size": (3, 3), "strides": (2, 1)}, "3 \u00d7 3, / 2 \u00d7 1"),
        ({"pool_size": (2, 2), "strides": (2, 2)}, "2 \u00d7 2, / 2"),
        ({"units": 4096}, "4096"),
        ({"num_heads": 12, "key_dim": 64}, "12 heads"),
        ({"num_heads": 1}, "1 head"),
        ({"input_dim": 30522, "output_dim": 768}, "30522 \u2192 768"),
    ],
)
def test_the_text_kernel_is_what_a_layers_weights_are_like(facts, text):
    assert texts(drawn(layer("A", 9, facts=tuple(facts.items())), text_callable="kernel"), "label") == [text]


TEMPLATES = [
    ("{name}", "first"),
    ("{class}: {shape}", "Conv2D: 28 \u00d7 ? \u00d7 6"),
    ("{kernel} / {strides}", "3 \u00d7 3 / 2"),
    ("{parameters} of {module}", "1,234 of keras.layers"),
    ("{index}{{{filters}}}", "0{64}"),
    ("{activation}, {padding}", "relu, valid"),
    ("{kernel_size} {dtype_policy}\n{name}", "first"),
    ("{name}\\n{units}\\n{filters}", "first\n64"),
    ("a word\n{rate}", "a word"),
    ("{rate}", None),
]


@pytest.mark.parametrize(("template", "text"), TEMPLATES)
def test_a_template_is_filled_and_lines_with_what_a_layer_lacks_are_left_out(template, text):
    label = label_of(ONE, LayeredViewOptions(text_callable=template))
    assert label == (None if text is None else (text, False))


def test_a_template_knows_every_fact():
    told = {"rate": 0.25, "trainable": False, "dtype_policy": "mixed_float16", "wrapped": "LSTM"}
    facts = tuple((name, told.get(name, 7)) for name in DESCRIBED)
    every = layer("A", 9, facts=facts)
    lines = "\n".join(f"{name} {{{name}}}" for name in DESCRIBED)
    text, _ = label_of(every, LayeredViewOptions(text_callable=lines))
    assert len(text.splitlines()) == len(DESCRIBED)
    assert {"rate 0.25", "trainable not trainable", "wrapped LSTM", "units 7"} <= set(text.splitlines())


def test_the_outputs_of_a_layer_and_its_stride_of_one_go_into_a_template():
    both = layer("A", output_shapes=((None, 9), (None, 3, 4)), facts=(("kernel_size", (3, 3)),))
    options = LayeredViewOptions(text_callable="{shape}\n{output}\n{strides}")
    assert label_of(both, options) == ("9 (+1)\n9, 3 \u00d7 4\n1", False)
    assert label_of(layer("A", output_shapes=()), options) is None


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{nmae}", r"\{nmae\} is not a field; known: name, class, .*filters.*dtype_policy"),
        ("{}", "is not a field"),
        ("{0}", "is not a field"),
        ("{name.__class__}", "is not a field"),
        ("{name[0]}", "is not a field"),
        ("{name!r}", "no conversion and no format"),
        ("{name:>10}", "no conversion and no format"),
        ("{name", "a brace has no partner"),
        ("{name}}", "a brace has no partner"),
    ],
)
def test_a_template_takes_names_of_fields_alone(template, reason):
    with pytest.raises(OptionError, match=f"text_callable: .*{reason}"):
        LayeredViewOptions(text_callable=template)


def test_a_template_labels_a_model_whose_texts_a_function_gave():
    given = layer("A", 9, name="own", text=LayerText(text="given", above=True))
    assert label_of(given, LayeredViewOptions(text_callable="{name}")) == ("own", False)


def test_there_is_a_text_for_each_name():
    assert tuple(READY_MADE) == READY_MADE_TEXTS


@pytest.mark.parametrize("name", ["parameters", "activation"])
def test_a_layer_of_which_there_is_nothing_to_say_has_no_label(name):
    plain = layer("Flatten", 9, parameters=0, activation="linear")
    assert labels(drawn(plain, text_callable=name)) == {}
    assert labels(drawn(ONE)) == {}


def test_default_alternates_by_the_index_in_the_model():
    scene = drawn(ONE, ONE, ONE, ONE, text_callable="default", index_ignore=[1])
    above = {index: label.bottom <= fronts(scene)[index].top for index, label in labels(scene).items()}
    assert above == {0: False, 2: False, 3: True}


def test_the_text_of_a_callable_is_drawn_in_its_lines_and_on_its_side():
    layers = [
        layer("A", 9, text=LayerText(text="two\nlines", above=True)),
        layer("B", 9, text=LayerText(text="one", above=False)),
        layer("C", 9),
    ]
    scene = drawn(*layers, text_callable=lambda index, each: None)
    assert texts(scene, "label") == ["one", "two", "lines"]
    assert labels(scene)[0].bottom < fronts(scene)[0].top
    assert labels(scene)[1].top > fronts(scene)[1].bottom
    assert labels(drawn(*layers)) == {}
    assert texts(drawn(*layers, text_callable="mypkg.labels:text"), "label") == ["one", "two", "lines"]


def test_every_line_is_kept_and_lines_are_text_vspacing_apart():
    lines = [f"line {i}" for i in range(8)]
    one = layer("A", 9, text=LayerText(text="\n".join(lines), above=False))
    scene = drawn(one, text_callable="m:f", text_vspacing=7)
    assert texts(scene, "label") == lines
    (group,) = (group for group in scene.groups if group.role == "label")
    steps = {round(b.y - a.y, 3) for a, b in zip(group.shapes, group.shapes[1:], strict=False)}
    assert steps == {round(scene.font.height + 7, 3)}


@pytest.mark.parametrize("given", [{}, {"draw_reversed": True}, {"draw_volume": False}])
@pytest.mark.parametrize("above", [False, True])
def test_labels_are_centred_on_their_front_face(given, above):
    layers = [layer("A", 40, 40, 9, text=LayerText(text="much wider", above=above))] * 4
    scene = drawn(*layers, text_callable="m:f", **given)
    for index, label in labels(scene).items():
        assert label.centre == pytest.approx(fronts(scene)[index].centre)


def test_texts_have_the_width_at_which_they_are_drawn():
    scene = drawn(ONE, text_callable="default", font_size=21)
    (group,) = (group for group in scene.groups if group.role == "label")
    assert [shape.width for shape in group.shapes] == [scene.font.width(shape.string) for shape in group.shapes]
    assert scene.font.size == 21
    assert {shape.colour for shape in drawn(ONE, text_callable="name", font_color="red").groups[-1].shapes} == {
        (255, 0, 0, 255)
    }


def test_labels_that_would_touch_stand_in_two_tiers_with_leaders():
    layers = [layer("A", 9, text=LayerText(text="some words", above=False))] * 4
    scene = drawn(*layers, text_callable="m:f")
    tops = [round(labels(scene)[index].top, 3) for index in range(4)]
    assert tops[0] == tops[2] < tops[1] == tops[3]
    assert sorted(leaders(scene)) == [1, 3]
    for index, line in leaders(scene).items():
        assert line.start[0] == line.end[0] == pytest.approx(fronts(scene)[index].centre)
        assert line.start[1] == pytest.approx(fronts(scene)[index].bottom)
        assert line.end[1] < labels(scene)[index].top
    assert clashes(scene) == []


def test_boxes_move_apart_for_labels_only_where_two_tiers_do_not_do():
    def gap(text):
        one, other, *_ = in_order(
            drawn(*[layer("A", 9, text=LayerText(text=text, above=False))] * 3, text_callable="m:f")
        )
        return other.left - one.right

    assert gap("tiny") == 10
    assert gap("a text of some length") > 10


def test_labels_of_small_boxes_beside_large_ones_keep_off_them():
    big, small = layer("Conv2D", 90, 90, 3), layer("Conv2D", 9, 9, 3)
    for layers in ([big, small, small], [small, small, big], [big, small, big]):
        for given in ({}, {"draw_reversed": True}, {"draw_volume": False}):
            scene = drawn(*layers, text_callable="name_and_shape", **given)
            assert clashes(scene) == []
            assert len(labels(scene)) == 3


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("some words that are far too many for it", ["some words", "that are far", "too many for it"]),
        ("block2_sepconv1_normalization", ["block2_", "sepconv1_", "normalization"]),
        ("encoder/attention.output-dense", ["encoder/", "attention.", "output-dense"]),
        ("GlobalAveragePooling2D of all", ["GlobalAverage", "Pooling2D of", "all"]),
        ("incomprehensibilities", ["incomprehe\u2026"]),
        ("of_incomprehensibilities x", ["of_", "incomprehe\u2026", "x"]),
    ],
)
def test_labels_wrap_at_words_which_are_broken_or_shortened_where_they_are_too_wide(text, lines):
    scene = drawn(layer("A", 9, text=LayerText(text=text, above=False)), text_callable="m:f", max_width=120)
    assert texts(scene, "label") == lines
    assert scene.width <= 120


WORDS = st.text(st.sampled_from("abcWM i_-/.\n\u4e00\u200b") | st.characters(), max_size=50)


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(
    st.lists(st.tuples(WORDS, st.booleans(), st.sampled_from([(9,), (40, 40, 64)])), min_size=1, max_size=8),
    st.integers(100, 400),
    st.sampled_from(["bottom", "left", "right"]),
    st.booleans(),
)
def test_no_word_of_a_label_or_a_legend_widens_a_picture(layers, wide, side, reverse):
    described = [layer(text or "A", *shape, text=LayerText(text=text, above=above)) for text, above, shape in layers]
    given = {"legend": True, "legend_position": side, "draw_reversed": reverse, "max_width": wide}
    assert drawn(*described, text_callable="m:f", **given).width <= wide


@hypothesis.settings(max_examples=15, deadline=None)
@hypothesis.given(graphs(8), st.data(), st.integers(300, 700))
def test_no_word_widens_the_picture_of_a_graph(net, data, wide):
    named = tuple(replace(each, text=LayerText(text=data.draw(WORDS), above=False)) for each in net.layers)
    given = {"text_callable": "m:f", "legend": True, "stubs": data.draw(st.sampled_from(["auto", "yes"]))}
    assert lay_out(replace(net, layers=named), LayeredViewOptions(max_width=wide, **given)).width <= wide


def test_the_names_of_stubs_and_frames_are_shortened_to_the_width():
    name = "an_incomprehensibly_long_name_of_a_layer" * 3
    conv = layer("Conv2D", 20, 20, 4)
    inner = model(conv, conv)
    nodes = [("input", conv), (name, conv, "input"), ("b", conv, name), ("c", conv, "b"), ("d", conv, "c")]
    nodes += [
        ("add", layer("Add", 20, 20, 4), "d", name),
        ("end", layer("Concatenate", 20, 20, 4), "add", "b", "input"),
    ]
    assert lay_out(graph(*nodes), LayeredViewOptions(max_width=200, font_size=30, stubs="yes")).width <= 200
    nested = graph(("input", conv), (name, layer("Functional", 20, 20, 4, nested=inner), "input"))
    assert lay_out(nested, LayeredViewOptions(max_width=300, expand_nested=True)).width <= 300


def test_labels_beside_a_legend_keep_to_what_it_leaves():
    layers = [layer("A", 9, text=LayerText(text="some words that go on for long", above=False))] * 2
    given = {"legend": True, "legend_position": "right", "max_width": 220}
    assert drawn(*layers, text_callable="m:f", **given).width <= 220


def test_a_deep_network_with_labels_comes_within_the_width():
    scene = lay_out(
        resnet(), LayeredViewOptions(max_width=1000, text_callable="name_and_shape", fold="none", collapse="no")
    )
    assert scene.width <= 1000
    assert len(labels(scene)) == len(fronts(scene))
    assert clashes(scene) == []


def test_what_cannot_be_printed_is_not():
    assert label_of(layer("A", 9, name="a\tb\x00c"), LayeredViewOptions(text_callable="name")) == ("a b c", False)
    assert label_of(layer("A", 9, name=" \x00"), LayeredViewOptions(text_callable="name")) is None


def test_a_font_that_cannot_be_read_is_an_error_of_the_option():
    with pytest.raises(OptionError, match="font_path"):
        drawn(ONE, font_path="nowhere.ttf", text_callable="name")


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("given", [{}, {"draw_reversed": True}, {"draw_volume": False}])
def test_labels_keep_off_funnels(above, given):
    text = LayerText(text="some words here", above=above)
    layers = [layer("Big", 90, 90, 3), layer("Small", 9, 9, 3, text=text), layer("Big", 90, 90, 3)]
    assert clashes(drawn(*layers, text_callable="m:f", spacing=120, **given)) == []


@pytest.mark.parametrize("given", [{}, {"draw_reversed": True}, {"max_width": 900}])
def test_the_room_that_labels_take_is_evenly_parted(given):
    layers = [layer("Dense", 9, name=f"block{n}_normalization") for n in range(12)]
    scene = drawn(*layers, text_callable="default", **given)
    faces = in_order(scene)
    gaps = [other.left - one.right for one, other in pairwise(faces)]
    assert min(gaps) > 15
    assert max(gaps) - min(gaps) < 5
    assert clashes(scene) == []
    assert scene.width <= 900


def test_labels_that_push_nothing_move_nothing():
    layers = [layer("Dense", 9, name=name) for name in ("a", "b", "c")]
    labelled, bare = drawn(*layers, text_callable="name"), drawn(*layers)
    assert [front.left for front in in_order(labelled)] == [front.left for front in in_order(bare)]


def test_a_nested_model_is_one_box_with_its_own_name():
    nested = layer("Sequential", 10, name="tower", nested=lenet())
    scene = drawn(layer("InputLayer", 32, 32, 1), nested, text_callable="name")
    assert len(fronts(scene)) == 2
    assert texts(scene, "label") == ["inputlayer", "tower"]


@pytest.mark.parametrize("text", ["default", "name", "name_and_shape", "class"])
def test_layers_without_a_name_are_drawn_with_what_else_is_known(text):
    scene = drawn(layer("Dense", 10, name=""), text_callable=text, legend=True)
    assert len(fronts(scene)) == 1
    assert texts(scene, "label") == {"name": [], "class": ["Dense"]}.get(text, ["10"])


@pytest.mark.parametrize("given", [{"max_width": 710, "legend": True}, {"max_width": 300, "fold": "auto"}])
def test_words_of_graphs_stand_on_whole_pixels(given):
    scene = lay_out(
        resnet((2, 2)), LayeredViewOptions.of({"text_callable": "name_and_shape", "scale_xy": 0.37, **given})
    )
    groups = [group for group in scene.groups if group.role not in ("layer", "frame")]
    free = [shape.y for group in groups for shape in group.shapes if isinstance(shape, Text)]
    assert len(free) > 10
    assert free == [round(y) for y in free]
