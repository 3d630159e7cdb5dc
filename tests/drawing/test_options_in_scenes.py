"""Every drawing option changes the scene; those that are for others are named."""

from dataclasses import replace

import pytest
from factories import layer, model
from hand_made_graphs import normalised
from PIL import ImageFont

from sphinxext_layered.description import CallDescription, Source
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.fonts import SHIPPED
from sphinxext_layered.options import DECLARED, LayeredViewOptions

NOT_OF_THE_SCENE = {"pixel_ratio", "input_shape"}

CHANGES = {
    "min_z": 33,
    "min_xy": 33,
    "max_z": 25,
    "max_xy": 30,
    "scale_z": 0.7,
    "scale_xy": 5,
    "type_ignore": "Dropout",
    "index_ignore": "1",
    "color_map": "Dense=teal",
    "one_dim_orientation": "y",
    "index_2d": "0-1",
    "background_fill": "navy",
    "draw_volume": False,
    "draw_reversed": True,
    "padding": 30,
    "text_callable": "name",
    "text_vspacing": 9,
    "spacing": 20,
    "draw_funnel": False,
    "shade_step": 30,
    "legend": False,
    "legend_text_spacing_offset": 1,
    "font": ImageFont.truetype(SHIPPED, 20),
    "font_color": "red",
    "show_dimension": True,
    "font_path": SHIPPED,
    "font_size": 20,
    "sizing_mode": "logarithmic",
    "capped_limits": (9, 9, 9),
    "max_width": 150,
    "max_height": 150,
    "palette": "classic",
    "theme": "dark",
    "styles": "dense=gold/black",
    "connector_color": "red",
    "connector_width": 4,
    "legend_position": "right",
}
CHANGES_OF_GRAPHS = {
    "connections": "row",
    "skip_connections": "below",
    "show_operations": "all",
    "stubs": "yes",
    "fold": "yes",
    "collapse": "yes",
    "expand_nested": "yes",
    "groups": "Blocks=first0..last_norm2",
}
BASES = {"capped_limits": {"sizing_mode": "capped"}, "type_ignore": {"text_callable": None}}
UNCHANGED = {"font_path"}
"""The shipped font by its path is the default."""


def drawn(**given):
    description = model(
        layer("Conv2D", 20, 20, 300), layer("Dropout", 20, 20, 300), layer("Flatten", 6000), layer("Dense", 300)
    )
    return lay_out(description, LayeredViewOptions.of({"legend": True, "text_callable": "default", **given}))


@pytest.mark.parametrize("name", sorted(set(CHANGES) - UNCHANGED))
def test_the_option_changes_the_scene(name):
    base = BASES.get(name, {})
    assert drawn(**{**base, name: CHANGES[name]}) != drawn(**base)


def drawn_graph(**given):
    description = normalised(6)
    inside = model(layer("Dense", 8), layer("Dense", 4), layer("Add", 4), feeders={1: (0,), 2: (0, 1)})
    nested = replace(description.layers[-1], class_name="Functional", nested=inside)
    relu = CallDescription(name="relu", class_name="Relu", output_shapes=nested.output_shapes, inputs=(Source(3),))
    description = replace(description, layers=(*description.layers[:-1], nested), calls=(*description.calls, relu))
    return lay_out(description, LayeredViewOptions.of(given))


@pytest.mark.parametrize("name", CHANGES_OF_GRAPHS)
def test_the_option_changes_the_scene_of_a_graph(name):
    assert drawn_graph(**{name: CHANGES_OF_GRAPHS[name]}) != drawn_graph()


@pytest.mark.parametrize("value", ["auto", "row"])
def test_a_chain_is_the_same_row_whichever_connections_are_asked_for(value):
    assert drawn(connections=value) == drawn()


def test_a_chain_without_connections_has_no_funnels():
    assert {group.role for group in drawn().groups} - {group.role for group in drawn(connections="none").groups} == {
        "funnel"
    }


def test_every_option_is_tried():
    assert set(CHANGES) | set(CHANGES_OF_GRAPHS) | NOT_OF_THE_SCENE == set(DECLARED)
    assert drawn(font_path=SHIPPED) == drawn()
