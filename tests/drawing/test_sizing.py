"""How shapes become sizes of boxes."""

import pytest
from factories import graph, layer, model, vgg16
from geometry import boxes, depths, fronts, in_order, texts

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.layout.axes import drawn_sizes
from sphinxext_layered.drawing.scene import Line
from sphinxext_layered.options import SIZING_MODES, LayeredViewOptions


def drawn(*layers, **given):
    return lay_out(model(*layers), LayeredViewOptions(**given))


def size_of(one, **given):
    """Width, height and the depth's own size of a single box."""
    scene = drawn(one, **given)
    front = fronts(scene)[0]
    return tuple(round(each, 3) for each in (front.width, front.height, depths(scene)[0] * 3))


def test_equal_shapes_have_equal_boxes_in_pictures_without_a_limit():
    options = {"sizing_mode": "balanced", "max_width": None, "scale_z": 0.3}
    large = fronts(drawn(layer("Dense", 512), layer("Dense", 256), layer("Dense", 128), **options))
    small = fronts(drawn(layer("Dense", 128), layer("Dense", 512), **options))
    assert (large[0].width, large[0].height) == pytest.approx((small[1].width, small[1].height))
    assert (large[2].width, large[2].height) == pytest.approx((small[0].width, small[0].height))
    assert large[0].width > large[2].width


def test_vgg16_has_the_sizes_of_the_formula():
    description = vgg16()
    scene = lay_out(description, LayeredViewOptions())
    depth = depths(scene)
    assert len(fronts(scene)) == 23
    for each in description.layers:
        sizes = each.output_shapes[0][1:]
        rows, channels = (sizes[0], sizes[2]) if len(sizes) == 3 else (0, sizes[0])
        front = fronts(scene)[each.index]
        assert front.width == pytest.approx(min(max(channels * 0.1, 20), 400))
        assert front.height == pytest.approx(min(max(rows * 4, 20), 2000))
        assert depth[each.index] == pytest.approx(front.height / 3)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (20, 20, 20)),
        ((500,), (50, 20, 20)),
        ((30, 300), (30, 1200, 120)),
        ((10, 20, 300), (30, 80, 40)),
        ((10, 20, 8, 100), (80, 80, 40)),
        ((10, 20, 2, 4, 100), (80, 80, 40)),
        ((None, None, None), (20, 20, 20)),
        ((None, 20, 300), (30, 80, 20)),
        ((10, 20, None, 300), (20, 80, 40)),
        ((0, 0, 0), (20, 20, 20)),
        ((10**12, 10**12, 10**12), (400, 2000, 2000)),
    ],
)
def test_each_rank_and_open_sizes(shape, expected):
    assert size_of(layer("Any", *shape)) == expected


def test_open_sizes_are_those_of_the_nearest_layer_that_knows_them():
    def heights(*layers):
        return [round(front.height) for front in in_order(drawn(*layers))]

    resized = [layer("InputLayer", None, None, 3), layer("Resizing", 64, 64, 3), layer("Conv2D", None, 32, 8)]
    assert heights(*resized) == [256, 256, 128]
    assert depths(drawn(*resized))[2] == pytest.approx(256 / 3)
    between = [layer("A", 100, 4), layer("B", None, 4), layer("C", None, 4), layer("D", None, 4), layer("E", 50, 4)]
    found = drawn(*between, sizing_mode="sequence")
    assert [round(front.height) for front in in_order(found)] == [400, 400, 400, 200, 200]


def test_open_sizes_do_not_come_from_layers_with_other_axes_nor_from_units():
    layers = [layer("InputLayer", None), layer("Embedding", None, 8), layer("Conv2D", 50, 50, 3), layer("Dense", 900)]
    faces = in_order(drawn(*layers, sizing_mode="sequence"))
    assert [round(front.height) for front in faces] == [20, 20, 200, 20]
    assert round(faces[0].width) == 20


def test_open_sizes_are_still_told_as_open():
    scene = drawn(layer("A", None, 4, 3), layer("B", 9, 4, 3), text_callable="shape")
    assert texts(scene, "label") == ["? \u00d7 4 \u00d7 3", "9 \u00d7 4 \u00d7 3"]


def test_a_layer_without_a_known_shape_has_the_minimum_size():
    assert size_of(layer("Any", output_shapes=())) == (20, 20, 20)


def test_the_first_of_several_outputs_counts():
    assert size_of(layer("LSTM", output_shapes=((None, 30, 300), (None, 9), (None, 9)))) == (30, 1200, 120)


@pytest.mark.parametrize(("axis", "expected"), [("x", (20, 20, 400)), ("y", (20, 400, 20)), ("z", (40, 20, 20))])
def test_one_dimension_goes_along_the_chosen_axis(axis, expected):
    assert size_of(layer("Dense", 100), one_dim_orientation=axis, scale_z=0.4) == expected


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"min_z": 60}, (60, 80, 40)),
        ({"min_xy": 90}, (30, 90, 90)),
        ({"max_z": 25}, (25, 80, 40)),
        ({"max_xy": 50}, (30, 50, 40)),
        ({"scale_z": 0.5}, (150, 80, 40)),
        ({"scale_xy": 5}, (30, 100, 50)),
        ({"draw_volume": False}, (30, 80, 0)),
        ({"index_2d": [0]}, (30, 80, 0)),
        ({"index_2d": [1]}, (30, 80, 40)),
    ],
)
def test_each_option_of_size(option, expected):
    assert size_of(layer("Conv2D", 10, 20, 300), **option) == expected


def test_channels_first_is_drawn_as_the_same_network_in_channels_last():
    last = model(
        layer("InputLayer", 32, 24, 3),
        layer("Conv2D", 30, 22, 64, data_format="channels_last"),
        layer("BatchNormalization", 30, 22, 64),
        layer("MaxPooling2D", 15, 11, 64, data_format="channels_last"),
        layer("Flatten", 10560, data_format="channels_last"),
        layer("Dense", 10),
    )
    first = model(
        layer("InputLayer", 3, 32, 24),
        layer("Conv2D", 64, 30, 22, data_format="channels_first"),
        layer("BatchNormalization", 64, 30, 22),
        layer("MaxPooling2D", 64, 15, 11, data_format="channels_first"),
        layer("Flatten", 10560, data_format="channels_first"),
        layer("Dense", 10),
    )
    assert fronts(lay_out(first, LayeredViewOptions())) == fronts(lay_out(last, LayeredViewOptions()))


def test_channels_first_ends_where_axes_are_mixed():
    description = model(
        layer("Conv1D", 64, 50, data_format="channels_first"), layer("Permute", 50, 64), layer("LSTM", 50, 16)
    )
    heights = [front.height for front in in_order(lay_out(description, LayeredViewOptions()))]
    assert heights == pytest.approx([256, 256, 64])


def sizes_of(*nodes):
    description = graph(*nodes)
    sizes = drawn_sizes(description)
    return {layer.name: sizes[layer.index] for layer in description.layers}


FIRST, LAST = {"data_format": "channels_first"}, {"data_format": "channels_last"}


def test_one_pooling_turns_no_layers_before_it_that_work_on_the_last_axis():
    sizes = sizes_of(
        ("input", layer("InputLayer", 100, 64)),
        ("attend", layer("MultiHeadAttention", 100, 64), "input", "input"),
        ("drop", layer("Dropout", 100, 64), "attend"),
        ("sum", layer("Add", 100, 64), "input", "drop"),
        ("norm", layer("LayerNormalization", 100, 64), "sum"),
        ("pool", layer("AveragePooling1D", 100, 32, **FIRST), "norm"),
    )
    assert {name: each for name, each in sizes.items() if each != (100, 64)} == {"pool": (32, 100)}


def test_layers_that_work_on_the_last_axis_are_not_turned_by_what_they_feed():
    sizes = sizes_of(
        ("words", layer("InputLayer", 100)),
        ("embed", layer("Embedding", 100, 64), "words"),
        ("read", layer("LSTM", 100, 64, bases=("keras.layers.RNN", "keras.layers.Layer")), "embed"),
        ("norm", layer("LayerNormalization", 100, 64), "read"),
        ("pool", layer("AveragePooling1D", 100, 32, **FIRST), "norm"),
    )
    assert sizes == {"words": (100,), "embed": (100, 64), "read": (100, 64), "norm": (100, 64), "pool": (32, 100)}


def test_layers_that_change_axes_stop_what_is_turned_by_what_they_feed():
    sizes = sizes_of(
        ("input", layer("InputLayer", 100, 8)),
        ("early", layer("Stage", 100, 16), "input"),
        ("skip", layer("Activation", 100, 16), "early"),
        ("late", layer("Stage", 16, 50), "skip"),
        ("sum", layer("Add", 16, 50), "late"),
        ("pool", layer("AveragePooling1D", 16, 25, **FIRST), "sum"),
    )
    assert sizes == {
        "input": (100, 8), "early": (100, 16), "skip": (100, 16), "late": (50, 16), "sum": (50, 16), "pool": (25, 16)
    }  # fmt: skip


def test_what_channels_first_layers_take_and_give_is_turned():
    sizes = sizes_of(
        ("image", layer("InputLayer", 3, 32, 24)),
        ("scaled", layer("Rescaling", 3, 32, 24), "image"),
        ("mask", layer("InputLayer", 1, 32, 24)),
        ("both", layer("Concatenate", 4, 32, 24), "scaled", "mask"),
        ("conv", layer("Conv2D", 64, 30, 22, **FIRST), "both"),
        ("block", layer("Block", 64, 15, 11), "conv"),
        ("sum", layer("Add", 64, 15, 11), "block", "block"),
        ("pool", layer("GlobalAveragePooling2D", 64, **FIRST), "sum"),
        ("shape", layer("Reshape", 64, 15, 11), "pool"),
        ("up", layer("Conv2DTranspose", 32, 30, 22, **FIRST), "shape"),
    )
    assert sizes == {
        "image": (32, 24, 3), "scaled": (32, 24, 3), "mask": (32, 24, 1), "both": (32, 24, 4), "conv": (30, 22, 64),
        "block": (15, 11, 64), "sum": (15, 11, 64), "pool": (64,), "shape": (15, 11, 64), "up": (30, 22, 32),
    }  # fmt: skip


def test_sequence_counts_length_and_channels_once_each():
    assert size_of(layer("LSTM", 100, 300), sizing_mode="sequence") == (30, 400, 20)
    assert size_of(layer("Conv2D", 10, 20, 300), sizing_mode="sequence") == (30, 80, 40)


@pytest.mark.parametrize("mode", ["logarithmic", "balanced", "relative"])
def test_modes_that_fit_a_page_keep_the_order_and_narrow_the_range(mode):
    scene = lay_out(vgg16(), LayeredViewOptions(sizing_mode=mode))
    plain = lay_out(vgg16(), LayeredViewOptions())
    heights = [fronts(scene)[index].height for index in (0, 3, 6, 10, 14)]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 5
    assert scene.width < plain.width
    assert scene.height < plain.height


def test_logarithmic_adds_as_much_for_each_doubling():
    heights = [size_of(layer("Conv2D", size - 1, size - 1, 3), sizing_mode="logarithmic")[1] for size in (64, 128, 256)]
    assert heights[1] - heights[0] == heights[2] - heights[1] > 0


def test_balanced_doubles_for_four_times_as_much():
    assert size_of(layer("Conv2D", 256, 256, 3), sizing_mode="balanced")[1] == 160
    assert size_of(layer("Conv2D", 64, 64, 3), sizing_mode="balanced")[1] == 80


def test_relative_depends_on_the_largest_of_the_model():
    for size in (100, 10_000):
        both = drawn(layer("Conv2D", size, size, 3), layer("Conv2D", size // 2, size // 2, 3), sizing_mode="relative")
        assert [front.height for front in in_order(both)] == [300, 150]


def test_capped_limits_each_dimension():
    one = layer("Conv2D", 200, 200, 4000)
    assert size_of(one, sizing_mode="capped") == (80, 240, 240)
    assert size_of(one, sizing_mode="capped", capped_limits=(50, 60, 90)) == (50, 60, 90)
    assert size_of(one, capped_limits=(50, 60, 90)) == (400, 800, 800)


def test_a_box_that_was_cut_down_is_marked():
    def marks(units, **given):
        group = drawn(layer("Dense", units), **given).groups[0]
        return sum(isinstance(shape, Line) for shape in group.shapes)

    assert marks(3999) == marks(4000) == 0
    assert marks(4096) == marks(25000) > 0
    assert marks(200, max_z=19) > 0
    assert marks(600, one_dim_orientation="x") > 0
    assert marks(600, one_dim_orientation="x", draw_volume=False) == 0


@pytest.mark.parametrize("axis", "xyz")
def test_marks_stay_within_their_box(axis):
    scene = drawn(layer("Dense", 50_000), one_dim_orientation=axis)
    box = boxes(scene)[0]
    for shape in scene.groups[0].shapes:
        if isinstance(shape, Line):
            for x, y in (shape.start, shape.end):
                assert box.left <= x <= box.right
                assert box.top - 3 <= y <= box.bottom + 3


def test_there_is_a_mode_for_each_name():
    from sphinxext_layered.drawing.layout.sizing import MODES

    assert tuple(MODES) == SIZING_MODES
