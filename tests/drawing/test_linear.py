"""A model of ten times the layers costs ten times the work, not a hundred times: counted, not timed."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from factories import graph, layer

from sphinxext_layered.description import LayerDescription, ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.drawing.scene import Scene
from sphinxext_layered.options import LayeredViewOptions

CLASSES = ("Conv2D", "MaxPooling2D", "Dropout")


def model(layers: int) -> ModelDescription:
    return ModelDescription(
        name="long",
        class_name="Sequential",
        layers=tuple(
            LayerDescription(
                index=index,
                name=f"layer_{index}",
                class_name=CLASSES[index % 3],
                output_shapes=((None, 16, 16, 8 + index % 5),),
            )
            for index in range(layers)
        ),
    )


def calls(function: Any, *given: Any) -> int:
    """Count the calls that a call makes."""
    count = 0

    def note(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function(*given)
    finally:
        sys.setprofile(None)
    return count


def scene(layers: int, **given: Any) -> Scene:
    return lay_out(model(layers), LayeredViewOptions.of(given))


@pytest.mark.parametrize("given", [{}, {"max_width": 800}, {"legend": True, "text_callable": "shape"}])
def test_laying_out_is_linear_in_layers(given: dict[str, Any]) -> None:
    options = LayeredViewOptions.of(given)
    lay_out(model(5), options)
    few, many = (calls(lay_out, model(layers), options) for layers in (60, 600))
    assert many < 14 * few


def residual(blocks: int) -> ModelDescription:
    """Residual blocks of which no two are equal, so that none stands for another."""
    nodes: list[tuple[Any, ...]] = [("input", layer("InputLayer", 16, 16, 8))]
    for n in range(blocks):
        before = nodes[-1][0]
        nodes.append((f"conv{n}", layer(f"Conv{n}", 16, 16, 8), before))
        nodes.append((f"dense{n}", layer(f"Dense{n % 7}", 16, 16, 8), f"conv{n}"))
        nodes.append((f"sum{n}", "Add", (16, 16, 8), f"dense{n}", before))
    return graph(*nodes)


def test_breaking_a_network_into_rows_is_linear_in_layers() -> None:
    options = LayeredViewOptions.of({"max_width": 400, "fold": (), "collapse": "no"})
    lay_out(residual(3), options)
    few, many = (calls(lay_out, residual(blocks), options) for blocks in (40, 400))
    assert many < 12 * few


@pytest.mark.parametrize("format", ["svg", "pdf"])
def test_painting_is_linear_in_layers(format: str) -> None:
    few, many = (scene(layers, max_width=800) for layers in (40, 400))
    paint(few, format)
    assert calls(paint, many, format) < 14 * calls(paint, few, format)


def test_a_scene_has_as_many_shapes_for_each_layer_of_a_long_model() -> None:
    few, many = (sum(1 for _ in scene(layers).shapes()) for layers in (60, 600))
    assert many <= 10.5 * few
