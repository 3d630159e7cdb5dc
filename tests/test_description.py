"""Descriptions and their JSON: the same both ways, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from factories import layer, model, vgg16
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinxext_layered.description import SCHEMA, LayerDescription, LayerText, ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.errors import DescriptionError, LayeredViewError
from sphinxext_layered.options import LayeredViewOptions

SHAPES = st.lists(st.lists(st.none() | st.integers(0, 2**63 - 1), max_size=6).map(tuple), max_size=3).map(tuple)
COUNTS = st.none() | st.integers(0, 2**63 - 1)
WORDS = st.text(st.characters(), max_size=12)


def layers(nested: st.SearchStrategy[Any]) -> st.SearchStrategy[LayerDescription]:
    return st.builds(
        LayerDescription,
        index=st.integers(0, 99),
        name=WORDS,
        class_name=WORDS,
        module=WORDS,
        bases=st.lists(WORDS, max_size=2).map(tuple),
        output_shapes=SHAPES,
        input_shapes=SHAPES,
        data_format=st.sampled_from([None, "channels_last", "channels_first"]),
        parameters=COUNTS,
        inbound=st.lists(st.integers(0, 99), max_size=3).map(tuple),
        activation=st.none() | WORDS,
        calls=st.integers(1, 5),
        nested=nested,
        spacing=st.none() | st.integers(0, 1000),
        text=st.none() | st.builds(LayerText, text=WORDS, above=st.booleans()),
    )


def models(nested: st.SearchStrategy[Any]) -> st.SearchStrategy[ModelDescription]:
    return st.builds(
        ModelDescription,
        name=WORDS,
        class_name=WORDS,
        layers=st.lists(layers(nested), max_size=3).map(tuple),
        input_shapes=SHAPES,
        output_shapes=SHAPES,
        parameters=COUNTS,
    )


MODELS = models(models(st.none()) | st.none())
SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)


@SLOWLY
@given(MODELS)
def test_a_description_comes_back_from_its_json(description: ModelDescription) -> None:
    text = description.to_json()
    assert ModelDescription.from_json(text) == description
    assert ModelDescription.from_json(text.encode("utf-8")) == description
    assert ModelDescription.from_document(description.to_document()) == description
    assert ModelDescription.from_json(text).to_json() == text


def test_the_document_is_readable_and_leaves_out_what_is_as_usual() -> None:
    text = model(layer("Dense", 10, bases=()), name="net", input_shapes=(), output_shapes=()).to_json()
    assert text.splitlines()[:4] == [
        "{",
        f'  "schema": "{SCHEMA}",',
        '  "name": "net",',
        '  "class_name": "Functional",',
    ]
    assert '      "output_shapes": [[null, 10]]' in text
    assert "calls" not in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "3", "null", "{", "{}", b"\xff\xfe", "[" * 100000),
        '{"schema": "layered-view-description/2"}',
        '{"schema": "layered-view-description/1", "name": NaN, "class_name": "", "layers": []}',
    ],
)
def test_other_texts_are_description_errors(text: str | bytes) -> None:
    with pytest.raises(DescriptionError, match="anew"):
        ModelDescription.from_json(text)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"layers": {}}, "model.layers: expected a list"),
        ({"layers": [3]}, r"model.layers\[0\]: expected an object"),
        ({"name": 3}, "model.name: expected of type str"),
        ({"colour": 3}, "model: unknown field 'colour'"),
        ({"layers": [{"index": 0, "name": "a"}]}, "'class_name' is missing"),
        ({"layers": [{"index": True, "name": "a", "class_name": "b"}]}, r"layers\[0\].index: expected of type int"),
        ({"layers": [{"index": -1, "name": "a", "class_name": "b"}]}, "a number from 0"),
        ({"layers": [{"index": 2**70, "name": "a", "class_name": "b"}]}, "at most 63 bits"),
        ({"output_shapes": [[None] * 40]}, "at most 32 axes"),
        ({"output_shapes": [["3"]]}, r"model.output_shapes\[0\]\[0\]: expected of type int"),
    ],
)
def test_errors_say_where_the_document_is_wrong(change: dict[str, Any], where: str) -> None:
    with pytest.raises(DescriptionError, match=where):
        ModelDescription.from_document({**model().to_document(), **change})


def test_deep_nesting_is_refused_not_crashed_into() -> None:
    document: dict[str, Any] = {"name": "", "class_name": "", "layers": []}
    for _ in range(150):
        inner = {"index": 0, "name": "", "class_name": "", "nested": document}
        document = {"name": "", "class_name": "", "layers": [inner]}
    with pytest.raises(DescriptionError, match="nested deeper"):
        ModelDescription.from_document({"schema": SCHEMA, **document})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in [(value, key), *places(value[key])]]


DOCUMENT = model(layer("Conv2D", 8, 8, 3), layer("Dense", 10, text=LayerText(text="a", above=True))).to_json()


@SLOWLY
@given(st.data())
def test_a_mutated_document_is_drawn_or_one_of_our_errors(data: st.DataObject) -> None:
    document = json.loads(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(document)))
        if data.draw(st.booleans()):
            container[key] = data.draw(JSON | st.integers(0, 2**63))
        else:
            del container[key]
        if not places(document):
            break
    try:
        description = ModelDescription.from_json(json.dumps(document))
    except DescriptionError:
        return
    with contextlib.suppress(LayeredViewError):
        lay_out(description, LayeredViewOptions(legend=True, show_dimension=True, text_callable="name_and_shape"))


@SLOWLY
@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_any_text_is_a_description_or_a_description_error(text: str | bytes) -> None:
    with pytest.raises(DescriptionError):
        ModelDescription.from_json(text)


def test_a_layer_is_known_by_its_own_name_first_then_by_classes_from_near_to_far() -> None:
    one = layer("Conv2D", 3, name="first", bases=("keras.layers.BaseConv", "keras.layers.Layer"))
    assert list(one.known_as()) == [
        "first",
        "keras.layers.Conv2D",
        "Conv2D",
        "keras.layers.BaseConv",
        "BaseConv",
        "keras.layers.Layer",
        "Layer",
    ]


def test_a_large_description_stays_small() -> None:
    assert len(vgg16().to_json()) < 10_000
