"""The legend: what it tells apart, and how it stands."""

import pytest
from factories import layer, model, vgg16
from geometry import around, fronts, reach, text_rect, texts

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.scene import Line, Polygon, Text
from sphinxext_layered.options import LayeredViewOptions


def drawn(description, **given):
    return lay_out(description, LayeredViewOptions(legend=True, **given))


def legend_of(scene):
    (group,) = (group for group in scene.groups if group.role == "legend")
    return group.shapes


def area(scene):
    points = []
    for shape in legend_of(scene):
        points += shape.points if isinstance(shape, Polygon) else text_rect(scene, shape).points
    return around(points)


def boxes_area(scene):
    return around(
        point
        for group in scene.groups
        if group.role == "layer"
        for each in group.shapes
        if isinstance(each, Polygon)
        for point in each.points
    )


def small(*classes):
    return model(*(layer(name, 9, 9, 3) for name in classes))


def test_one_entry_for_each_class_in_order():
    assert texts(drawn(vgg16()), "legend") == ["InputLayer", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert not any(group.role == "legend" for group in lay_out(vgg16(), LayeredViewOptions()).groups)


def test_with_dimensions_one_entry_for_each_class_and_shape():
    entries = texts(drawn(vgg16(), show_dimension=True), "legend")
    assert len(entries) == len(set(entries)) == 14
    assert "Conv2D 56 \u00d7 56 \u00d7 256" in entries
    assert texts(drawn(model(layer("LSTM", None, 3)), show_dimension=True), "legend") == ["LSTM ? \u00d7 3"]


def test_layers_that_are_left_out_are_not_in_it():
    assert texts(drawn(vgg16(), type_ignore="Flatten, InputLayer"), "legend") == ["Conv2D", "MaxPooling2D", "Dense"]


def test_looks_of_one_class_are_told_apart_by_name():
    scene = drawn(small("Dense", "Dense", "Dense"), styles={"dense_1": {"fill": "red"}})
    assert texts(scene, "legend") == ["Dense", "Dense (dense_1)"]


@pytest.mark.parametrize("option", ["styles", "color_map"])
def test_the_layer_that_an_option_names_is_the_one_told_apart(option):
    scene = drawn(small("Dense", "Dense"), **{option: {"dense": {"fill": "red"}}})
    assert texts(scene, "legend") == ["Dense (dense)", "Dense"]
    alone = drawn(small("Dense", "Conv2D"), **{option: {"dense": {"fill": "red"}}})
    assert texts(alone, "legend") == ["Dense", "Conv2D"]
    more = drawn(small("Dense", "Dense", "Dense"), **{option: {"dense": {"fill": "red"}, "dense_1": {"fill": "red"}}})
    assert texts(more, "legend") == ["Dense (dense, dense_1)", "Dense"]


def test_frozen_layers_are_told_apart_as_such_and_hatched():
    def layers(*trainable):
        facts = [() if each else (("trainable", False),) for each in trainable]
        return model(*(layer("Dense", 9, facts=each) for each in facts))

    mixed = layers(False, False, False, True)
    scene = drawn(mixed, styles="frozen=hatched")
    assert texts(scene, "legend") == ["Dense (frozen)", "Dense"]
    assert sum(isinstance(shape, Line) for shape in legend_of(scene)) > 1
    assert texts(drawn(mixed, styles="frozen=hatched; dense_1=red"), "legend") == [
        "Dense (frozen)",
        "Dense (dense_1)",
        "Dense",
    ]
    assert texts(drawn(layers(False, False), styles="frozen=hatched"), "legend") == ["Dense (frozen)"]
    assert texts(drawn(mixed, styles="dense=red"), "legend") == ["Dense (dense)", "Dense"]


def test_each_entry_has_a_cube_of_its_fill():
    scene = drawn(small("Dense", "Conv2D"), color_map={"Dense": "red", "Conv2D": "blue"})
    fills = [shape.fill for shape in legend_of(scene) if isinstance(shape, Polygon)]
    assert fills[2::3] == [(255, 0, 0, 255), (0, 0, 255, 255)]
    heights = {round(text.width, 3) for text in legend_of(scene) if isinstance(text, Text)}
    assert len(heights) == 2


@pytest.mark.parametrize("reversed_", [False, True])
def test_entries_wrap_within_the_picture(reversed_):
    classes = [f"Layer{i}" for i in range(12)]
    scene = drawn(small(*classes), draw_reversed=reversed_)
    plain = lay_out(small(*classes), LayeredViewOptions(draw_reversed=reversed_))
    assert scene.width == plain.width
    assert len({shape.y for shape in legend_of(scene) if isinstance(shape, Text)}) > 1
    assert texts(scene, "legend") == classes


def test_entries_do_not_overlap():
    scene = drawn(small(*(f"Layer{'x' * i}" for i in range(12))), show_dimension=True)
    rects = [text_rect(scene, shape) for shape in legend_of(scene) if isinstance(shape, Text)]
    for i, one in enumerate(rects):
        for other in rects[i + 1 :]:
            assert (
                one.right < other.left or other.right < one.left or one.bottom <= other.top or other.bottom <= one.top
            )


def test_an_entry_wider_than_the_picture_widens_it():
    scene = drawn(small("AClassOfWhichTheNameIsVeryLongIndeed"))
    assert area(scene).right == pytest.approx(reach(scene).right)
    assert scene.width - 10 >= area(scene).right


@pytest.mark.parametrize(
    ("position", "side"),
    [
        ("bottom", lambda legend, boxes: legend.top > boxes.bottom),
        ("top", lambda legend, boxes: legend.bottom < boxes.top),
        ("left", lambda legend, boxes: legend.right < boxes.left),
        ("right", lambda legend, boxes: legend.left > boxes.right),
    ],
)
def test_each_position(position, side):
    scene = drawn(vgg16(), legend_position=position)
    assert side(area(scene), boxes_area(scene))
    fitted = drawn(vgg16(), legend_position=position, max_width=800)
    assert side(area(fitted), boxes_area(fitted))
    assert fitted.width <= 800


def test_a_legend_beside_boxes_goes_below_where_there_is_no_room():
    scene = drawn(vgg16(), legend_position="right", max_width=200, fold=(), collapse="no")
    assert area(scene).top > boxes_area(scene).bottom
    assert scene.width <= 200
    assert len(fronts(scene)) == 23


def test_the_offset_is_the_room_beside_an_entry():
    def distance(offset):
        scene = drawn(vgg16(), legend_text_spacing_offset=offset)
        cubes = [around(shape.points) for shape in legend_of(scene) if isinstance(shape, Polygon)]
        first = next(text_rect(scene, shape) for shape in legend_of(scene) if isinstance(shape, Text))
        return cubes[3].left - first.right

    assert distance(40) - distance(10) == pytest.approx(30)
