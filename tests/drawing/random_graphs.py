"""Random graphs of layers and operations, and random options to draw them with, for Hypothesis."""

from __future__ import annotations

from dataclasses import replace

from factories import graph, layer, spacing
from graph_pictures import WRITTEN
from hypothesis import strategies as st

from sphinxext_layered.description import ARGUMENT, LayerText

KINDS = ("Conv2D", "Dense", "MaxPooling2D", "Add", "Concatenate", "BatchNormalization")
OPERATIONS = ("Add", "Multiply", "Maximum", "Concatenate", "GetItem", "Reshape", "Relu", "Mean")
SHAPES = ((8, 8, 4), (32, 32, 16), (16, 16, 64), (10,), (300,), (4, 200))


@st.composite
def graphs(draw, most=14):
    """A graph of up to `most` nodes: layers, shared ones, operations, inputs, spacing layers."""
    nodes = [("start", layer("InputLayer", *draw(st.sampled_from(SHAPES))))]
    layers = ["start"]
    written = draw(st.booleans())
    near = draw(st.sampled_from([2, 4, most]))
    for i in range(1, draw(st.integers(2, most))):
        own = f"n{i}"
        shape = draw(st.sampled_from(SHAPES))
        back = st.integers(1, min(i, near))
        sources = [nodes[i - each][0] for each in draw(st.lists(back, min_size=1, max_size=3, unique=True))]
        what = draw(st.sampled_from(("layer",) * 6 + ("merge", "merge", "operation", "operation", "again", "input")))
        if what == "operation":
            nodes.append((own, draw(st.sampled_from(OPERATIONS)), shape, *sources))
        elif what == "again" and len(layers) > 1:
            nodes.append((own, draw(st.sampled_from(layers[1:])), sources[0]))
        elif what == "input":
            given = layer("InputLayer", *shape) if draw(st.booleans()) else ARGUMENT
            nodes.append((own, given) if given != ARGUMENT else (own, given, shape))
        elif what == "merge":
            sources = [nodes[i - each][0] for each in draw(st.lists(back, min_size=1, max_size=4, unique=True))]
            nodes.append((own, layer(draw(st.sampled_from(("Add", "Concatenate"))), *shape), *sources))
        elif draw(st.integers(0, 12)) == 0:
            nodes.append((own, spacing(draw(st.integers(0, 60))), sources[0]))
        else:
            kept = layer(draw(st.sampled_from(KINDS)), *shape)
            if written and draw(st.booleans()):
                text = LayerText(text=draw(st.sampled_from(("a", "two\nlines", "x" * 25))), above=draw(st.booleans()))
                kept = replace(kept, text=text)
            layers.append(own)
            nodes.append((own, kept, *sources))
    return graph(*nodes)


options = st.fixed_dictionaries(
    {},
    optional={
        "text_callable": st.sampled_from(["name", "name", "name_and_shape", "class", "shape", WRITTEN, WRITTEN]),
        "stubs": st.sampled_from(["auto", "yes", "no"]),
        "skip_connections": st.sampled_from(["above", "below"]),
        "show_operations": st.sampled_from(["auto", "all", "none"]),
        "draw_reversed": st.booleans(),
        "draw_volume": st.booleans(),
        "draw_funnel": st.sampled_from([True, True, True, False]),
        "legend": st.booleans(),
        "legend_position": st.sampled_from(["bottom", "top", "left", "right"]),
        "connections": st.sampled_from(["auto"] * 6 + ["row", "none"]),
        "max_width": st.sampled_from([None, None, 200, 400, 720, 1000]),
        "sizing_mode": st.sampled_from(["reference", "sequence", "logarithmic", "balanced", "relative", "capped"]),
        "connector_width": st.sampled_from([1, 1, 4]),
        "type_ignore": st.lists(st.sampled_from([*KINDS, *OPERATIONS]), max_size=2),
        "index_ignore": st.lists(st.integers(1, 8), max_size=2),
        "index_2d": st.lists(st.integers(0, 14), max_size=4),
        "styles": st.sampled_from(["", "n2=hidden", "Conv2D=hidden"]),
        "spacing": st.sampled_from([10, 0, 30]),
        "font_size": st.sampled_from([13, 9, 20]),
    },
)
