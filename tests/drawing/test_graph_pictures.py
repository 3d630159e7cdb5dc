"""Pictures of graphs show what is connected, and nothing else: over graphs made by hand, and random ones."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from factories import graph, layer
from geometry import fronts
from graph_pictures import CHECKS, WRITTEN, Picture, picture_of
from hand_made_graphs import (
    CONV,
    HAND_MADE,
    JOIN,
    branches_of_branches,
    edges_of,
    fork,
    inception_module,
    incomplete,
    many_inputs,
    mask_in_many_places,
    nested,
    operations,
    parallel,
    projected_block,
    recurrent,
    residual,
    resnet_block,
    siamese,
    unet,
)
from hypothesis import HealthCheck, given, settings
from random_graphs import graphs, options

from sphinxext_layered.description import LayerText
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.layout.lanes import places_of
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.drawing.scene import Polygon, Text
from sphinxext_layered.errors import LayeredViewError, OptionError
from sphinxext_layered.options import LayeredViewOptions

ALL_LABELS = {"text_callable": "name_and_shape", "legend": True}
WAYS = {
    "plain": {},
    "names": {"text_callable": "name"},
    "labels": ALL_LABELS,
    "default labels": {"text_callable": "default"},
    "texts of a user": {"text_callable": WRITTEN},
    "texts of a user, below, narrow": {"text_callable": WRITTEN, "skip_connections": "below", "max_width": 400},
    "stubs": {"stubs": "yes", **ALL_LABELS},
    "stubs, narrow": {"stubs": "yes", "max_width": 400, "text_callable": "name"},
    "no stubs": {"stubs": "no", **ALL_LABELS},
    "below": {"skip_connections": "below", **ALL_LABELS},
    "below, narrow": {"skip_connections": "below", "max_width": 400, **ALL_LABELS},
    "reversed": {"draw_reversed": True, **ALL_LABELS},
    "reversed, below": {"draw_reversed": True, "skip_connections": "below", "max_width": 720},
    "flat": {"draw_volume": False, **ALL_LABELS},
    "some flat": {"index_2d": "0-2, 5", **ALL_LABELS},
    "no funnels": {"draw_funnel": False, **ALL_LABELS},
    "in a row": {"connections": "row", **ALL_LABELS},
    "unconnected": {"connections": "none", **ALL_LABELS},
    "all operations": {"show_operations": "all", **ALL_LABELS},
    "no operations": {"show_operations": "none", **ALL_LABELS},
    "200 px": {"max_width": 200},
    "200 px, names": {"max_width": 200, "text_callable": "name"},
    "400 px": {"max_width": 400, **ALL_LABELS},
    "720 px, legend right": {"max_width": 720, "legend_position": "right", **ALL_LABELS},
    "1000 px": {"max_width": 1000, **ALL_LABELS},
    "sequence": {"sizing_mode": "sequence"},
    "logarithmic": {"sizing_mode": "logarithmic"},
    "balanced": {"sizing_mode": "balanced"},
    "relative": {"sizing_mode": "relative"},
    "capped": {"sizing_mode": "capped", **ALL_LABELS},
    "wide lines": {"connector_width": 4, "connector_color": "red", **ALL_LABELS},
    "close": {"spacing": 0, **ALL_LABELS},
    "no convolutions": {"type_ignore": "Conv2D"},
    "little is left": {"type_ignore": "Conv2D, Concatenate, Add, MaxPooling2D, LayerNormalization, Multiply"},
    "hidden": {"styles": "conv1=hidden; stem=hidden; input=hidden; a1=hidden"},
}


def offences(picture: Picture) -> dict[str, list[str]]:
    """What each check finds."""
    return {check.__name__: found for check in CHECKS if (found := check(picture))}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("made", HAND_MADE, ids=lambda made: made.__name__)
def test_a_graph_made_by_hand_is_drawn_as_it_is(made, way):
    assert offences(picture_of(made(), **WAYS[way])) == {}


@settings(max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(graphs(), options)
def test_random_graphs_are_drawn_as_they_are(description, given_options):
    try:
        picture = picture_of(description, **given_options)
    except LayeredViewError:
        return
    assert offences(picture) == {}
    assert lay_out(picture.description, picture.options) == picture.scene


@pytest.mark.parametrize("format", ["svg", "pdf", "png"])
@pytest.mark.parametrize("made", [inception_module, mask_in_many_places, siamese], ids=lambda made: made.__name__)
def test_the_same_graph_gives_the_same_bytes(made, format):
    first, again = (paint(picture_of(made(), **ALL_LABELS, max_width=600).scene, format) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("width", [None, 720])
def test_sixty_lanes(width):
    picture = picture_of(parallel(60), max_width=width, text_callable="name")
    assert offences(picture) == {}
    assert len({round(node.rect.top) for node in picture.nodes if node.name.startswith("b")}) == 60


@pytest.mark.parametrize("width", [None, 720])
def test_a_layer_with_two_hundred_inputs(width):
    picture = picture_of(many_inputs(200), max_width=width)
    assert offences(picture) == {}
    assert len({name for name, _ in picture.expected.connections}) == 200


def test_two_thousand_layers_with_skips():
    picture = picture_of(residual(2000), max_width=1000)
    drawn = {group.connects for group in picture.scene.groups if group.connects}
    assert drawn == picture.expected.connections
    assert len(picture.nodes) == 1999


def test_forks_nested_three_hundred_deep():
    picture = picture_of(nested(300))
    drawn = {group.connects for group in picture.scene.groups if group.connects}
    assert drawn == picture.expected.connections


def test_branches_of_branches_deeper_than_python_recurses():
    depth = sys.getrecursionlimit() + 100
    places = places_of(*edges_of(branches_of_branches(depth)))
    assert len(set(places.lanes)) > depth


@pytest.mark.parametrize("hash_seed", ["1", "2", "3"])
def test_a_graph_gives_the_same_picture_in_any_process(hash_seed):
    code = "import hashlib, sys; sys.path[:0] = sys.argv[1:]\n"
    code += "from hand_made_graphs import *\nfrom graph_pictures import picture_of\nprint(hashlib.sha256(repr(["
    code += "picture_of(made(), fold='yes', collapse='yes', max_width=500, text_callable='name').scene.groups "
    code += "for made in (lambda: normalised(12), unet, mask_in_many_places)]).encode()).hexdigest())"
    here = Path(__file__).parent
    command = [sys.executable, "-c", code, str(here), str(here.parent), str(here.parent.parent)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    first = {**os.environ, "PYTHONHASHSEED": "0"}
    assert found == subprocess.run(command, env=first, capture_output=True, text=True, check=True).stdout


def test_leaving_everything_out_is_refused_by_name():
    with pytest.raises(OptionError, match="type_ignore"):
        picture_of(fork(), type_ignore="InputLayer, Conv2D, Concatenate, Dense")


def test_two_layers_that_are_left_of_many_are_connected():
    picture = picture_of(unet(), type_ignore="Conv2DTranspose, Concatenate, MaxPooling2D", index_ignore="1-14")
    assert picture.expected.connections == {("image", "conv0"), ("conv0", "mask")}
    assert offences(picture) == {}


def test_a_row_has_funnels_only_where_neighbours_are_connected():
    picture = picture_of(inception_module(), connections="row")
    assert [group.connects for group in picture.funnels][:3] == [
        ("input", "one"),
        ("three_reduce", "three"),
        ("five_reduce", "five_1"),
    ]
    assert ("one", "three_reduce") not in {group.connects for group in picture.funnels}


def test_an_incomplete_description_is_a_row_without_made_up_funnels():
    picture = picture_of(incomplete())
    funnels = {group.connects for group in picture.funnels}
    assert funnels == {("input", "a1"), ("a1", "a2"), ("b1", "join"), ("join", "out")}
    assert not picture.lines


def test_a_merge_is_a_round_node_with_its_sign_and_no_label():
    picture = picture_of(resnet_block(), text_callable="name")
    assert [node.name for node in picture.nodes if node.is_round] == ["add"]
    assert "add" not in [string for string, _, _ in picture.texts]


def test_operations_that_change_the_shape_are_boxes():
    shown = {node.name: node.is_round for node in picture_of(operations()).nodes}
    assert shown == {"input": False, "conv": False, "product": True, "mean": False, "largest": True, "out": False}


def test_a_shared_layer_has_the_same_mark_at_each_call():
    picture = picture_of(siamese())
    marks = [
        shape.string
        for group in picture.scene.groups
        if group.role == "layer" and (group.title or "").startswith("tower")
        for shape in group.shapes
        if isinstance(shape, Text)
    ]
    assert marks == ["1", "1"]


def test_a_layer_called_again_and_again_is_drawn_for_each_call():
    assert [node.name for node in picture_of(recurrent()).nodes] == ["input", "again", "again", "again", "out"]


def test_the_legend_names_a_shared_layer_once_and_no_sign():
    (legend,) = (group for group in picture_of(siamese(), legend=True).scene.groups if group.role == "legend")
    words = [shape.string for shape in legend.shapes if isinstance(shape, Text)]
    assert words == ["InputLayer", "Dense"]


def test_a_mask_that_is_used_everywhere_is_shown_by_stubs():
    picture = picture_of(mask_in_many_places())
    (near,) = (line for line in picture.lines if line.names == ("mask", "attention0"))
    assert not near.is_stub
    assert [string for string, _, _ in picture.texts] == ["mask"] * 6
    assert not any(line.is_stub for line in picture_of(mask_in_many_places(), stubs="no").lines)


def test_main_lane_lies_on_one_axis():
    faces = fronts(picture_of(inception_module(), draw_volume=False).scene)
    names = [each.name for each in inception_module().layers]
    main = ("input", "five_reduce", "five_1", "five_2", "mixed", "out")
    middles = {round((faces[names.index(each)].top + faces[names.index(each)].bottom) / 2, 3) for each in main}
    assert len(middles) == 1


def test_lines_have_the_colour_and_width_that_are_chosen():
    picture = picture_of(resnet_block(), connector_color="red", connector_width=4)
    (group,) = (g for g in picture.scene.groups if g.connects == ("stem", "add"))
    path, head = group.shapes
    assert (path.colour, path.width, head.fill) == ((255, 0, 0, 255), 4, (255, 0, 0, 255))


def test_skip_connections_run_on_the_side_that_is_chosen():
    above, below = (picture_of(resnet_block(), skip_connections=side) for side in ("above", "below"))

    def farthest(picture, function):
        (line,) = (each for each in picture.lines if each.names == ("stem", "add"))
        return function(y for _, y in line.points)

    assert farthest(above, min) < min(node.rect.top for node in above.nodes if node.name.startswith("conv"))
    assert farthest(below, max) > max(node.rect.bottom for node in below.nodes if node.name.startswith("conv"))


def test_rows_end_where_one_connection_goes_on():
    picture = picture_of(residual(60), max_width=600)
    assert len({round(node.rect.top) for node in picture.nodes if node.is_round}) > 1
    assert not any(line.is_stub for line in picture.lines)


def test_a_line_that_is_cut_has_a_numbered_stub_on_either_side():
    names = [f"c{i}" for i in range(200)]
    chain = [("c0", layer("InputLayer", 16, 16, 32))]
    chain += [(own, CONV, before) for before, own in pairwise(names)]
    picture = picture_of(graph(*chain, ("join", JOIN, "c199", "c0")), max_width=400)
    assert offences(picture) == {}
    assert [string for string, _, _ in picture.texts] == ["1", "1"]


def test_no_stubs_are_drawn_without_connections():
    picture = picture_of(mask_in_many_places(), draw_funnel=False)
    assert not picture.lines
    assert not picture.texts


def test_the_name_of_a_stub_keeps_off_a_funnel():
    tall, small = layer("Conv2D", 120, 120, 4), layer("Concatenate", 4, 4, 4)
    nodes = [("start", small), ("first", tall, "start"), ("second", tall, "first"), ("join", small, "second", "start")]
    picture = picture_of(graph(*nodes), stubs="yes")
    assert [string for string, _, _ in picture.texts] == ["start", "start"]
    assert ("second", "join") in {group.connects for group in picture.funnels}
    assert offences(picture) == {}


def test_a_funnel_keeps_off_what_stands_beside_its_end():
    tall, small, wide = layer("Conv2D", 120, 120, 4), layer("Conv2D", 4, 4, 4), layer("InputLayer", 4, 4, 3000)
    nodes = [("start", small), ("tall", tall, "start"), ("small", small, "tall"), ("wide", wide)]
    picture = picture_of(graph(*nodes, ("join", JOIN, "small", "wide")))
    assert ("tall", "small") in {group.connects for group in picture.funnels}
    assert offences(picture) == {}


@pytest.mark.parametrize("above", [True, False])
def test_no_line_enters_a_sum_through_its_text(above):
    described = projected_block()
    text = LayerText(text="the sum of both", above=above)
    layers = [replace(each, text=text) if each.name == "add" else each for each in described.layers]
    for side in ("above", "below"):
        picture = picture_of(replace(described, layers=tuple(layers)), text_callable=WRITTEN, skip_connections=side)
        assert [string for string, _, _ in picture.texts] == ["the sum of both"]
        assert offences(picture) == {}


def test_the_mark_of_a_shared_layer_has_room_whatever_its_font():
    assert offences(picture_of(recurrent(), font_size=40, spacing=0, draw_volume=False, draw_funnel=False)) == {}


def test_a_description_is_not_changed_by_drawing():
    described = mask_in_many_places()
    lay_out(described, LayeredViewOptions())
    assert described == replace(mask_in_many_places())


def test_round_nodes_have_the_colour_of_the_page_and_of_its_text():
    picture = picture_of(resnet_block(), theme="dark")
    (group,) = (g for g in picture.scene.groups if g.role == "layer" and (g.title or "").startswith("add "))
    disc = next(shape for shape in group.shapes if isinstance(shape, Polygon))
    assert (disc.fill, disc.outline) == (picture.options.background_fill, picture.options.font_color)
