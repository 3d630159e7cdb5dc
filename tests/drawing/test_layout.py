"""Where boxes stand, and what else is on the canvas."""

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from factories import autoencoder, cnn3d, layer, lenet, mlp, model, resnet, sequence, spacing, unet, vgg16
from geometry import boxes, clashes, depths, fronts, hidden_fronts, in_order, labels, reach

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.scene import Line, Text
from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.options import LayeredViewOptions

MODELS = {each.__name__: each for each in (vgg16, lenet, autoencoder, unet, sequence, mlp, cnn3d)}
VARIANTS = [
    {},
    {"draw_reversed": True},
    {"draw_volume": False},
    {"text_callable": "default", "legend": True},
    {"text_callable": "name_and_shape", "draw_reversed": True, "legend": True, "legend_position": "left"},
    {"max_width": 700, "text_callable": "shape", "legend": True, "show_dimension": True},
    {"max_width": 400, "draw_reversed": True, "padding": 0},
]


WHOLE = {"fold": "none", "collapse": "no"}
"""For rows of a chain that would else be folded."""


def drawn(*layers, **given):
    return lay_out(model(*layers), LayeredViewOptions(**given))


def gaps(scene):
    faces = in_order(scene)
    return [round(after.left - before.right, 3) for before, after in pairwise(faces)]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_every_layer_is_seen_and_nothing_touches_the_edge(name, variant):
    description = MODELS[name]()
    options = LayeredViewOptions(**WHOLE, **variant)
    scene = lay_out(description, options)
    assert len(fronts(scene)) == len(description.layers)
    assert hidden_fronts(scene) == []
    assert clashes(scene) == []
    ink = reach(scene)
    padding = options.padding
    assert ink.left == pytest.approx(padding)
    assert ink.top == pytest.approx(padding)
    assert scene.width - 1 <= ink.right + padding <= scene.width + 1e-3
    assert scene.height - 1 <= ink.bottom + padding <= scene.height + 1e-3
    assert options.max_width is None or scene.width <= options.max_width


CUBES = [layer("Conv2D", size, size, 3) for size in (90, 60, 30)]


@pytest.mark.parametrize("given", [{}, {"max_width": 500}, {"legend": True}, {"text_callable": "name", "padding": 0}])
@pytest.mark.parametrize("name", ["vgg16", "unet", "lenet"])
def test_a_picture_is_as_high_as_its_maximum_height_allows(name, given):
    free = lay_out(MODELS[name](), LayeredViewOptions(**given))
    most = free.height * 2 // 3
    bound = lay_out(MODELS[name](), LayeredViewOptions(max_height=most, **given))
    assert bound.height <= most
    assert bound.width <= given.get("max_width", free.width)
    if "max_width" not in given:
        assert bound.height > most * 0.9
    assert lay_out(MODELS[name](), LayeredViewOptions(max_height=free.height, **given)) == free
    assert lay_out(MODELS[name](), LayeredViewOptions(max_height=most, **given)) == bound


def test_a_picture_is_the_same_in_every_process():
    code = """
import hashlib
from factories import resnet
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.options import LayeredViewOptions
print(hashlib.sha256(paint(lay_out(resnet(), LayeredViewOptions(max_width=1000)), "svg")).hexdigest())
"""
    path = os.pathsep.join((str(Path(__file__).parent.parent), *sys.path))
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_text_is_not_scaled_to_a_maximum_height_and_boxes_stay_legible():
    given = {"text_callable": "name_and_shape", "legend": True}
    scene = lay_out(lenet(), LayeredViewOptions(max_height=50, **given))
    assert scene.height > 50
    assert scene.font.size == 13
    assert min(front.height for front in fronts(scene).values()) == pytest.approx(5)


def test_a_legend_keeps_its_columns_where_boxes_shrink_to_a_height():
    given = {"legend": True, "max_height": 120}
    scene, free = lay_out(lenet(), LayeredViewOptions(**given)), lay_out(lenet(), LayeredViewOptions(legend=True))

    def rows(scene):
        return len(
            {
                shape.y
                for group in scene.groups
                if group.role == "legend"
                for shape in group.shapes
                if isinstance(shape, Text)
            }
        )

    assert rows(scene) == rows(free)
    assert scene.height <= 120


def test_room_around_the_boxes_for_spacing_layers_shrinks_with_a_height():
    layers = (spacing(40), layer("Conv2D", 50, 50, 64), spacing(60))
    free, bound = drawn(*layers), drawn(*layers, max_height=100)
    assert bound.width < free.width
    assert in_order(bound)[0].left > 10.5


@pytest.mark.parametrize("given", [{}, {"draw_reversed": True}, {"draw_volume": False}, {"max_width": 60}])
def test_a_hatched_box_has_lines_across_its_front_face_and_nowhere_else(given):
    layers = (layer("Conv2D", 30, 40, 900), layer("Dense", 200), layer("Conv2D", 9, 9, 3))
    scene = lay_out(model(*layers), LayeredViewOptions(styles="Layer=hatched", **given))
    plain = lay_out(model(*layers), LayeredViewOptions(**given))
    for group in scene.groups:
        if group.role != "layer":
            continue
        front = fronts(scene)[group.layer]
        lines = [shape for shape in group.shapes if isinstance(shape, Line)]
        assert lines
        for x, y in (point for line in lines for point in (line.start, line.end)):
            assert front.left - 1e-6 <= x <= front.right + 1e-6
            assert front.top - 1e-6 <= y <= front.bottom + 1e-6
    assert (scene.width, scene.height) == (plain.width, plain.height)
    assert not any(isinstance(shape, Line) for group in plain.groups if group.role == "layer" for shape in group.shapes)


def test_shrinking_boxes_keep_the_distance_of_their_middles():
    scene = drawn(*CUBES)
    # depths 120, 80, 40: 10 + (120 - 80) / 2
    assert gaps(scene) == [30, 30]
    middles = [(box.left + box.right) / 2 for box in boxes(scene).values()]
    assert middles[1] - middles[0] == pytest.approx(20 + 10)


def test_growing_boxes_stand_beside_their_predecessors():
    assert gaps(drawn(*reversed(CUBES))) == [10, 10]


def test_reversed_is_the_mirror_of_the_other_order():
    there, back = drawn(*CUBES, draw_reversed=True), drawn(*reversed(CUBES))
    assert gaps(there) == gaps(back)
    mirrored = [scene_width - front.right for scene_width, front in ((back.width, f) for f in in_order(back))]
    assert [round(front.left, 3) for front in in_order(there)] == pytest.approx(
        [round(left, 3) for left in reversed(mirrored)], abs=1.0
    )
    assert all(boxes(there)[index].left < front.left for index, front in fronts(there).items())


def test_reversed_paints_the_last_box_first():
    def order(**given):
        return [group.layer for group in drawn(*CUBES, **given).groups if group.role == "layer"]

    assert order() == [0, 1, 2]
    assert order(draw_reversed=True) == [2, 1, 0]


def test_boxes_are_centred_on_one_line_with_their_depth():
    for scene in (drawn(*CUBES), drawn(*CUBES, draw_volume=False)):
        assert len({round((box.top + box.bottom) / 2, 3) for box in boxes(scene).values()}) == 1


def test_spacing_and_padding():
    assert gaps(drawn(layer("A", 5), layer("B", 5), spacing=33)) == [33]
    narrow, wide = drawn(layer("A", 5), padding=0), drawn(layer("A", 5), padding=25)
    assert (wide.width, wide.height) == (narrow.width + 50, narrow.height + 50)


def test_a_spacing_layer_is_a_gap_of_exactly_its_pixels_more():
    a, b = layer("Conv2D", 9, 9, 3), layer("Conv2D", 9, 9, 3)
    assert gaps(drawn(a, spacing(50), b)) == [60]
    assert gaps(drawn(a, spacing(50), spacing(7), b)) == [67]
    assert gaps(drawn(a, spacing(50), b, type_ignore=["SpacingDummyLayer"])) == [10]
    plain = drawn(a, b)
    assert in_order(drawn(a, spacing(50), b))[1].height == in_order(plain)[1].height
    assert drawn(a, b, spacing(50)).width == drawn(spacing(50), a, b).width == plain.width + 50


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"type_ignore": ["Dropout"]}, [0, 2, 3]),
        ({"type_ignore": ["keras.layers.Dropout", "Dense"]}, [0, 3]),
        ({"type_ignore": ["Layer"], "index_ignore": []}, []),
        ({"index_ignore": [0, 3]}, [1, 2]),
        ({"styles": {"dropout": {"hidden": True}}}, [0, 2, 3]),
    ],
)
def test_layers_that_are_left_out_leave_no_gap(given, left):
    layers = [layer("A", 5), layer("Dropout", 5), layer("Dense", 5), layer("B", 5)]
    if not left:
        with pytest.raises(OptionError, match="type_ignore and index_ignore"):
            drawn(*layers, **given)
        return
    scene = drawn(*layers, **given)
    assert sorted(fronts(scene)) == left
    assert gaps(scene) == [10] * (len(left) - 1)


def test_a_model_without_layers_is_an_error_of_the_model():
    for layers in ((), (spacing(5),)):
        with pytest.raises(ModelError, match="no layers"):
            drawn(*layers)


def funnels(scene):
    return [group.shapes for group in scene.groups if group.role == "funnel"]


def test_funnels_join_the_facing_corners():
    scene = drawn(*CUBES[:2])
    one, other = in_order(scene)
    (lines,) = funnels(scene)
    depth = depths(scene)
    assert [(line.start, line.end) for line in lines] == [
        (pytest.approx(start), pytest.approx(end))
        for start, end in [
            ((one.right, one.top), (other.left, other.top)),
            ((one.right, one.bottom), (other.left, other.bottom)),
            ((one.right + depth[0], one.top - depth[0]), (other.left + depth[1], other.top - depth[1])),
            ((one.right + depth[0], one.bottom - depth[0]), (other.left + depth[1], other.bottom - depth[1])),
        ]
    ]


def test_flat_boxes_have_two_lines_and_reversed_ones_lead_left():
    assert len(funnels(drawn(*CUBES[:2], draw_volume=False))[0]) == 2
    lines = funnels(drawn(*CUBES[:2], draw_reversed=True))[0]
    assert lines[2].start[0] < lines[0].start[0]


def test_funnels_are_painted_between_their_boxes():
    for given in ({}, {"draw_reversed": True}):
        assert [group.role for group in drawn(*CUBES, **given).groups] == ["layer", "funnel"] * 2 + ["layer"]


def test_funnels_have_the_next_outline_or_their_own_colour_and_width():
    map_ = {"Conv2D": {"outline": "red"}}
    assert {line.colour for line in funnels(drawn(*CUBES, color_map=map_))[0]} == {(255, 0, 0, 255)}
    own = funnels(drawn(*CUBES, connector_color="blue", connector_width=3))[0]
    assert {(line.colour, line.width) for line in own} == {((0, 0, 255, 255), 3)}
    assert funnels(drawn(*CUBES, draw_funnel=False)) == []


def test_faces_grow_darker_by_the_step():
    scene = drawn(layer("A", 9, 9, 9), color_map={"A": {"fill": (100, 15, 200, 80)}}, shade_step=10)
    assert sorted(shape.fill for shape in scene.shapes()) == [(80, 0, 180, 80), (90, 5, 190, 80), (100, 15, 200, 80)]


def test_the_scene_says_what_it_shows():
    scene = lay_out(lenet(), LayeredViewOptions(background_fill="navy"))
    assert scene.title == "lenet5"
    assert "9 layers" in scene.summary
    assert scene.background == (0, 0, 128, 255)
    assert [group.title for group in scene.groups if group.layer == 1] == ["conv2d (Conv2D), 28 \u00d7 28 \u00d7 6"]


def test_boxes_are_scaled_into_the_width_and_text_is_not():
    plain = lay_out(vgg16(), LayeredViewOptions(text_callable="class"))
    fitted = lay_out(vgg16(), LayeredViewOptions(text_callable="class", max_width=1500))
    assert plain.width > 1500
    assert 1480 < fitted.width <= 1500
    assert fitted.font == plain.font
    assert labels(fitted)[1].width == labels(plain)[1].width
    one, other = fronts(plain), fronts(fitted)
    scales = {round(other[i].height / one[i].height, 3) for i in one}
    assert len(scales) == 1
    assert scales.pop() < 1


def test_a_narrow_model_is_not_scaled_up():
    assert lay_out(lenet(), LayeredViewOptions(max_width=1000)) == lay_out(lenet(), LayeredViewOptions())


def test_deep_models_wrap_into_rows_with_a_cue():
    scene = lay_out(resnet(), LayeredViewOptions(max_width=1000, **WHOLE))
    assert scene.width <= 1000
    faces = in_order(scene)
    starts = [0, *(i for i in range(1, len(faces)) if faces[i].left < faces[i - 1].left)]
    assert len(starts) > 1
    cues = [group for group in scene.groups if group.role == "connector"]
    assert len(cues) == 2 * (len(starts) - 1)
    assert all(isinstance(shape, Line) for group in cues for shape in group.shapes)


@pytest.mark.parametrize("given", [{}, {"text_callable": "name_and_shape"}])
def test_a_thousand_layers_are_legible_and_quickly_laid_out(given):
    description = model(*(each for _ in range(6) for each in resnet().layers))
    before = time.process_time()
    scene = lay_out(description, LayeredViewOptions(max_width=1000, **WHOLE, **given))
    assert time.process_time() - before < 10
    assert scene.width <= 1000
    assert len(fronts(scene)) == len(description.layers) > 1000
    assert min(min(front.width, front.height) for front in fronts(scene).values()) >= 5 - 1e-6


def test_a_deep_flat_network_takes_more_rows_for_larger_boxes():
    flat = model(*(layer("Conv2D", 8, 8, 64) for _ in range(180)))
    scene = lay_out(flat, LayeredViewOptions(max_width=700, **WHOLE))
    assert min(front.height for front in fronts(scene).values()) > 8
    assert 150 < scene.height < 300
    deep = lay_out(resnet(), LayeredViewOptions(max_width=1000, **WHOLE))
    assert min(front.width for front in fronts(deep).values()) < 8


def test_padding_that_leaves_no_room_is_an_error():
    with pytest.raises(OptionError, match=r"max_width: 100 leaves no space within a padding of 60"):
        drawn(layer("A", 5), max_width=100, padding=60)


def test_pictures_of_any_size_are_laid_out_without_effort():
    scene = drawn(*[layer("A", 10**9, 10**9, 10**9)] * 20, max_xy=10**6, max_z=10**6)
    assert scene.width > 10**7
    assert isinstance(scene.width, int)


@pytest.mark.parametrize("given", [{}, {"draw_reversed": True}])
def test_a_deep_box_with_a_wide_label_comes_within_the_width(given):
    scene = drawn(layer("Conv2D", 10**9, None), max_width=122, text_callable="default", **given)
    assert scene.width <= 122


def rows_of(scene):
    return 1 + sum(group.role == "connector" for group in scene.groups) // 2


def test_labels_of_no_chosen_side_alternate_where_that_saves_a_row():
    scene = lay_out(vgg16(), LayeredViewOptions(max_width=1000, text_callable="shape"))
    assert rows_of(scene) == 1
    assert {label.top > fronts(scene)[index].bottom for index, label in labels(scene).items()} == {True, False}
    roomy = lay_out(vgg16(), LayeredViewOptions(max_width=2200, text_callable="shape"))
    assert all(label.top > fronts(roomy)[index].bottom for index, label in labels(roomy).items())


def test_rows_that_labels_ask_for_do_not_blow_up_the_boxes():
    bare = lay_out(vgg16(), LayeredViewOptions(max_width=700))
    labelled = lay_out(vgg16(), LayeredViewOptions(max_width=700, text_callable="name_and_shape", **WHOLE))
    assert rows_of(bare) == 1 < rows_of(labelled)
    assert fronts(labelled)[0].height <= fronts(bare)[0].height


def test_a_label_that_only_its_rows_cues_push_out_is_wrapped():
    shapes = [layer("Conv2D", None, name="conv") for _ in range(4)]
    wide = layer("Conv2D", None, 2**62, name="conv")
    scene = lay_out(model(*shapes, wide), LayeredViewOptions(text_callable="default", max_width=206))
    assert scene.width <= 206
