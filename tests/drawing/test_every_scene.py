"""What holds for every picture, over random models and options."""

import math

from factories import layer, model, spacing
from geometry import clashes, hidden_fronts, reach
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.scene import Text
from sphinxext_layered.errors import LayeredViewError
from sphinxext_layered.options import LayeredViewOptions

sizes = st.none() | st.integers(0, 600) | st.sampled_from([1, 10**9, 2**62])
kinds = st.sampled_from(["Conv2D", "Dense", "MaxPooling2D", "BatchNormalization", "A" * 40])
layers = st.one_of(
    st.builds(
        lambda kind, shape, data_format, text: layer(kind, *shape, data_format=data_format, name=text or kind),
        kinds,
        st.lists(sizes, max_size=5),
        st.sampled_from([None, "channels_first", "channels_last"]),
        st.text(max_size=12),
    ),
    st.builds(lambda: layer("Odd", output_shapes=())),
    st.builds(spacing, st.integers(0, 90)),
)
models = st.one_of(
    st.lists(layers, min_size=1, max_size=12).map(lambda chosen: model(*chosen)),
    st.lists(layers, min_size=1, max_size=5).map(lambda chosen: model(*chosen * 6)),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "draw_reversed": st.booleans(),
        "draw_volume": st.booleans(),
        "draw_funnel": st.booleans(),
        "text_callable": st.sampled_from([None, "default", "name", "shape", "name_and_shape", "activation"]),
        "legend": st.booleans(),
        "show_dimension": st.booleans(),
        "legend_position": st.sampled_from(["bottom", "top", "left", "right"]),
        "legend_text_spacing_offset": st.integers(0, 60),
        "sizing_mode": st.sampled_from(["reference", "sequence", "logarithmic", "balanced", "relative", "capped"]),
        "max_width": st.none() | st.integers(50, 300) | st.integers(50, 900),
        "padding": st.integers(0, 40),
        "spacing": st.integers(0, 60),
        "min_z": st.integers(1, 60),
        "min_xy": st.integers(1, 60),
        "max_z": st.integers(1, 500),
        "scale_xy": st.floats(0.01, 10),
        "one_dim_orientation": st.sampled_from("xyz"),
        "index_2d": st.lists(st.integers(0, 14)),
        "index_ignore": st.lists(st.integers(0, 14), max_size=3),
        "type_ignore": st.lists(kinds, max_size=2),
        "connector_width": st.sampled_from([0.5, 1, 6]),
        "text_vspacing": st.integers(0, 20),
        "font_size": st.integers(4, 30),
    },
)


BESIDE_A_WORD = 50
"""What may stand beside a word that is wider than all else: a legend's cube, ink."""


def widest_word(scene):
    words = (shape.width for shape in scene.shapes() if isinstance(shape, Text) and " " not in shape.string)
    return max(words, default=0)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(models, options)
def test_everything_is_seen_whatever_the_model_and_the_options(description, given_options):
    chosen = LayeredViewOptions(fold="none", collapse="no", **given_options)
    try:
        scene = lay_out(description, chosen)
    except LayeredViewError:
        return
    ink = reach(scene)
    assert all(map(math.isfinite, (ink.left, ink.top, ink.right, ink.bottom)))
    slack = chosen.padding - 1e-3
    assert ink.left >= slack
    assert ink.top >= slack
    assert ink.right <= scene.width - slack
    assert ink.bottom <= scene.height - slack
    assert hidden_fronts(scene) == []
    assert clashes(scene) == []
    if chosen.max_width is not None and scene.width > chosen.max_width:
        assert widest_word(scene) + BESIDE_A_WORD + 2 * chosen.padding > chosen.max_width
    assert lay_out(description, chosen) == scene
