"""Every drawing option changes the scene; those that are for others are named."""

import pytest
from factories import layer, model
from PIL import ImageFont

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


def test_every_option_is_tried():
    assert set(CHANGES) | NOT_OF_THE_SCENE == set(DECLARED)
    assert drawn(font_path=SHIPPED) == drawn()
