"""Every model of keras.applications: known in all its layers, legible on a page, and at the reference's sizes."""

from __future__ import annotations

import importlib
import math
import sys
import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import keras
import pytest

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.folding import folded
from sphinxext_layered.drawing.frames import connections
from sphinxext_layered.drawing.graph import Frame, graph_of
from sphinxext_layered.drawing.graph import Graph as DrawnGraph
from sphinxext_layered.drawing.kinds import lettered
from sphinxext_layered.drawing.layout.canvas import bounds
from sphinxext_layered.drawing.layout.fit import BETWEEN_ROWS
from sphinxext_layered.drawing.paint import check_size, paint_image
from sphinxext_layered.drawing.repeats import collapsed
from sphinxext_layered.drawing.scene import Scene, Text
from sphinxext_layered.drawing.sections import sectioned
from sphinxext_layered.errors import PaintError
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.reading import build_and_describe

sys.path.insert(0, str(Path(__file__).parent / "drawing"))
sys.path.insert(0, str(Path(__file__).parent / "reading"))
from geometry import fronts, reach
from graph_models import Graph, graph_of_description, graph_of_keras

pytestmark = pytest.mark.slow

NAMES = [name for name in dir(keras.applications) if name[0].isupper()]
LEGIBLE = 5 - 1e-6
THINNEST_BAND = 3 - 1e-6


def described(name: str) -> ModelDescription:
    return read(name)[0]


@cache
def read(name: str) -> tuple[ModelDescription, Graph]:
    """Describe a model, and read Keras's own graph of it before the model is gone."""
    graphs = []

    def build() -> Any:
        model = getattr(keras.applications, name)(weights=None)
        graphs.append(graph_of_keras(model))
        return model

    return build_and_describe(build), graphs[-1]


@pytest.mark.parametrize("name", NAMES)
def test_every_application_is_known_in_all_its_layers(name: str) -> None:
    description = described(name)
    assert description.output_shapes == ((None, 1000),)
    assert all(layer.output_shapes and layer.parameters is not None for layer in description.layers)
    assert graph_of_description(description) == read(name)[1]


@pytest.mark.parametrize("name", NAMES)
def test_every_application_comes_within_the_width_of_a_page(name: str) -> None:
    scene = lay_out(described(name), LayeredViewOptions(max_width=720, sizing_mode="balanced", legend=True))
    ink = reach(scene)
    boxes = [bounds([group], scene.font) for group in scene.groups if group.role == "layer"]
    assert scene.width <= 720
    assert min(box.height for box in boxes) >= LEGIBLE
    assert min(box.width for box in boxes) >= THINNEST_BAND
    assert ink.left == pytest.approx(10)
    words = min(text.y - scene.font.ascent for text in scene.shapes() if isinstance(text, Text))
    assert ink.top == pytest.approx(10) or 10 < ink.top == words < 11  # words stand on whole pixels
    assert ink.right <= scene.width - 10 + 1e-6
    assert ink.bottom <= scene.height - 10 + 1e-6
    check_size(scene.width, scene.height)


@pytest.mark.parametrize("name", NAMES)
def test_at_the_reference_s_sizes_it_is_painted_or_refused_before_anything_is_allocated(name: str) -> None:
    scene = lay_out(described(name), LayeredViewOptions())
    if scene.width * scene.height <= 178_956_970:
        check_size(scene.width, scene.height)
        return
    importlib.import_module("sphinxext_layered.drawing.paint.png")  # its own memory does not count
    tracemalloc.start()
    try:
        with pytest.raises(PaintError, match=rf"{scene.width:,} x {scene.height:,} px.*max_width.*sizing_mode"):
            paint_image(scene)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


REPEATS = {
    "ResNet50": (15, [2, 3, 5, 2]),
    "Xception": (12, [8]),
    "EfficientNetV2L": (34, [3, 6, 6, 9, 18, 24, 6]),
    "InceptionResNetV2": (18, [10, 20, 9]),
    "ConvNeXtTiny": (12, [3, 3, 9, 3]),
}
VARYING = {
    "InceptionV3": (15, [3, 4, 2]),
    "DenseNet121": (21, [6, 12, 24, 16]),
}


def times(graph: DrawnGraph) -> list[int]:
    return [node.times for node in graph.nodes if isinstance(node, Frame) and node.times > 1]


@pytest.mark.parametrize("name", [*REPEATS, *VARYING])
def test_repeats_make_an_application_a_few_frames_and_boxes(name: str) -> None:
    shown = folded(graph_of(described(name), LayeredViewOptions()), "auto")
    shown = sectioned(collapsed(shown, vary=name in VARYING))
    assert (len(shown.nodes), times(shown)) == (REPEATS | VARYING)[name]


def test_cells_of_nasnet_are_found_though_they_read_two_before_them() -> None:
    shown = folded(graph_of(described("NASNetLarge"), LayeredViewOptions()), "auto")
    assert times(collapsed(shown, vary=False)) == [4, 4, 4]
    assert times(collapsed(shown, vary=True)) == [5, 5, 5]


AT_MOST_TWO_ROWS = (
    *("ResNet50", "ResNet152", "InceptionV3", "Xception", "MobileNetV2", "EfficientNetB0", "EfficientNetV2L"),
    *("DenseNet121", "ConvNeXtTiny", "InceptionResNetV2"),
)


def rows_of(scene: Scene) -> int:
    """How many rows there are one below the other, with nothing between them."""
    reaches = sorted(
        (area.top, area.bottom) for group in scene.groups if group.shapes for area in [bounds([group], scene.font)]
    )
    rows, end = 0, -math.inf
    for top, bottom in reaches:
        rows += top > end + BETWEEN_ROWS / 2
        end = max(end, bottom)
    return rows


@pytest.mark.parametrize("name", AT_MOST_TWO_ROWS)
def test_a_page_shows_an_application_in_at_most_two_rows(name: str) -> None:
    scene = lay_out(described(name), LayeredViewOptions(max_width=710, sizing_mode="balanced", max_z=120, max_xy=320))
    assert rows_of(scene) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_kinds_expand_to_exactly_an_application_s_connections(name: str) -> None:
    whole = folded(graph_of(described(name), LayeredViewOptions()), "auto")
    assert connections(lettered(collapsed(whole, vary=True), whole)) == connections(whole)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("vary", [False, True])
def test_frames_expand_to_exactly_an_application_s_connections(name: str, vary: bool) -> None:
    whole = graph_of(described(name), LayeredViewOptions())
    assert connections(sectioned(collapsed(folded(whole, "auto"), vary=vary))) == connections(whole)


def test_which_are_beyond_the_limit_of_pixels() -> None:
    scenes = {name: lay_out(described(name), LayeredViewOptions()) for name in NAMES}
    beyond = {name for name, scene in scenes.items() if scene.width * scene.height > 178_956_970}
    assert beyond == {
        "EfficientNetB5",
        "EfficientNetB6",
        "EfficientNetB7",
        "EfficientNetV2L",
        "EfficientNetV2M",
        "NASNetLarge",
    }


def test_a_long_picture_is_painted_to_its_end() -> None:
    scene = lay_out(described("ConvNeXtLarge"), LayeredViewOptions())
    assert scene.width > 32_767
    image = paint_image(scene)
    last = max(fronts(scene).values(), key=lambda face: face.right)
    seen = image.getpixel((round(last.centre), round((last.top + last.bottom) / 2)))
    assert seen != image.getpixel((1, 1))
