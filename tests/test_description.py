"""Descriptions and their JSON: the same both ways, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from factories import graph, layer, model, vgg16
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinxext_layered.description import (
    FACTS,
    SCHEMA,
    CallDescription,
    End,
    LayerDescription,
    LayerText,
    ModelDescription,
    Source,
)
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.errors import DescriptionError, LayeredViewError
from sphinxext_layered.options import LayeredViewOptions

SHAPES = st.lists(st.lists(st.none() | st.integers(0, 2**63 - 1), max_size=6).map(tuple), max_size=3).map(tuple)
COUNTS = st.none() | st.integers(0, 2**63 - 1)
WORDS = st.text(st.characters(), max_size=12)


FACT_VALUES = (
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | WORDS | st.lists(st.integers(0, 9)).map(tuple)
)


def layers(nested: st.SearchStrategy[Any]) -> st.SearchStrategy[LayerDescription]:
    return st.builds(
        LayerDescription,
        index=st.integers(0, 99),
        name=WORDS,
        class_name=WORDS,
        module=WORDS,
        bases=st.lists(WORDS, max_size=2).map(tuple),
        output_shapes=SHAPES,
        data_format=st.sampled_from([None, "channels_last", "channels_first"]),
        parameters=COUNTS,
        activation=st.none() | WORDS,
        facts=st.dictionaries(st.sampled_from(FACTS), FACT_VALUES, max_size=3).map(lambda facts: tuple(facts.items())),
        nested=nested,
        spacing=st.none() | st.integers(0, 1000),
        text=st.none() | st.builds(LayerText, text=WORDS, above=st.booleans()),
    )


@st.composite
def models(draw: st.DrawFn, nested: st.SearchStrategy[Any]) -> ModelDescription:
    """Models whose calls get their tensors from calls before them."""
    own = draw(st.lists(layers(nested), max_size=3).map(tuple))
    calls: list[CallDescription] = []
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.none() | st.integers(0, len(own) - 1)) if own else None
        calls.append(
            CallDescription(
                name=draw(WORDS if place is None else st.just(own[place].name) | WORDS),
                layer=place,
                class_name=draw(WORDS) if place is None else "",
                module=draw(WORDS),
                output_shapes=draw(SHAPES if place is None else st.just(own[place].output_shapes) | SHAPES),
                inputs=draw(st.none() | sources(len(calls))),
            )
        )
    ends = sources(len(calls)).flatmap(
        lambda found: st.tuples(*(st.builds(End, source=st.just(each), name=st.none() | WORDS) for each in found))
    )
    return ModelDescription(
        name=draw(WORDS),
        class_name=draw(WORDS),
        layers=own,
        calls=tuple(calls),
        inputs=draw(ends),
        outputs=draw(ends),
        parameters=draw(COUNTS),
        incomplete=draw(st.none() | WORDS),
    )


def sources(number: int) -> st.SearchStrategy[tuple[Source, ...]]:
    if not number:
        return st.just(())
    return st.lists(st.builds(Source, st.integers(0, number - 1), st.integers(0, 2)), max_size=3).map(tuple)


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
    text = model(layer("Dense", 10, bases=()), name="net").to_json()
    assert text.splitlines()[:4] == [
        "{",
        f'  "schema": "{SCHEMA}",',
        '  "name": "net",',
        '  "class_name": "Functional",',
    ]
    assert '      "output_shapes": [[null, 10]]' in text
    assert '    {"call": "dense"}' in text
    assert "insides" not in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "3", "null", "{", "{}", b"\xff\xfe", "[" * 100000),
        '{"schema": "layered-view-description/1"}',
        '{"schema": "layered-view-description/3"}',
        '{"schema": "layered-view-description/2", "name": NaN, "class_name": "", "layers": []}',
    ],
)
def test_other_texts_are_description_errors(text: str | bytes) -> None:
    with pytest.raises(DescriptionError, match="again"):
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
        ({"calls": [{"call": "x", "class": "", "shapes": [[None] * 40]}]}, "at most 32 axes"),
        ({"calls": [{"call": "x", "class": "", "shapes": [["3"]]}]}, r"calls\[0\].shapes\[0\]\[0\]: expected of type"),
        ({"calls": [{"call": "x"}]}, r"calls\[0\].layer: expected one of the layers, got 'x'"),
        ({"calls": [{"call": "x", "layer": -1}]}, r"calls\[0\].layer: expected one of the layers, got -1"),
        ({"calls": [{"call": "x", "class": "Add", "from": ["y"]}]}, "expected the name of a call before it, got 'y'"),
        ({"calls": [{"call": "x", "class": "Add", "from": ["x"]}]}, "expected the name of a call before it, got 'x'"),
        ({"calls": [{"call": "x", "class": "Add"}] * 2}, r"calls\[1\].call: expected a name that no other call has"),
        ({"inputs": ["x"]}, r"model.inputs\[0\]: expected the name of a call"),
        ({"layers": [{"index": 0, "name": "a", "class_name": "b", "nested": "c"}]}, "expected one of the insides"),
        ({"layers": [{"index": 0, "name": "a", "class_name": "b", "facts": {"c": 1}}]}, "facts: unknown field 'c'"),
    ],
)
def test_errors_say_where_the_document_is_wrong(change: dict[str, Any], where: str) -> None:
    with pytest.raises(DescriptionError, match=where):
        ModelDescription.from_document({**model().to_document(), **change})


def test_an_inside_that_holds_itself_is_refused() -> None:
    inside = {"name": "", "class_name": "", "layers": [{"index": 0, "name": "", "class_name": "", "nested": "x"}]}
    with pytest.raises(DescriptionError, match=r"insides.x.layers\[0\].nested: 'x' is inside itself"):
        ModelDescription.from_document({"schema": SCHEMA, **inside, "insides": {"x": inside}})


def test_insides_within_insides_are_refused_where_they_are_too_deep() -> None:
    def inside(number: int) -> dict[str, Any]:
        inner = {"index": 0, "name": "", "class_name": "", "nested": str(number)}
        return {"name": "", "class_name": "", "layers": [inner]}

    insides = {str(number): inside(number + 1) for number in range(200)}
    with pytest.raises(DescriptionError, match="make the description again"):
        ModelDescription.from_document({"schema": SCHEMA, **inside(0), "insides": insides})


def test_an_inside_is_written_once_however_often_it_is_used() -> None:
    def block() -> LayerDescription:
        return layer("Block", 8, nested=model(layer("Dense", 8), layer("Dense", 4), name="block"))

    document = model(*(block() for _ in range(12))).to_document()
    assert list(document["insides"]) == ["Functional"]
    assert {each["nested"] for each in document["layers"]} == {"Functional"}
    read = ModelDescription.from_document(document)
    assert read.layers[0].nested is read.layers[11].nested
    assert read == model(*(block() for _ in range(12)))


def test_calls_refer_to_each_other_by_name() -> None:
    net = graph(
        ("a", layer("InputLayer", 8)),
        ("b", layer("InputLayer", 8)),
        ("tower", layer("Dense", 4), "a"),
        ("again", "tower", "b"),
        ("apart", "Subtract", (4,), "tower", "again"),
    )
    assert net.to_json().split('"calls": [')[1].split("]\n")[0].split("\n")[1:6] == [
        '    {"call": "a"},',
        '    {"call": "b"},',
        '    {"call": "tower", "from": ["a"]},',
        '    {"call": "tower#2", "layer": "tower", "from": ["b"]},',
        '    {"call": "apart", "class": "Subtract", "module": "keras.src.ops", "from": ["tower", "tower#2"], '
        '"shapes": [[null, 4]]}',
    ]


def test_a_layer_is_fed_through_operations() -> None:
    net = graph(
        ("a", layer("InputLayer", 8)),
        ("b", layer("Dense", 8), "a"),
        ("sum", "Add", (8,), "a", "b"),
        ("c", layer("Dense", 8), "sum"),
    )
    assert net.feeders() == {0: (), 1: (0,), 2: (0, 1)}


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


def test_a_file_holds_a_description_alone_or_as_projects_commit_it():
    net = model(layer("Dense", 3))
    text = net.to_json()
    committed = json.dumps({"schema": "layered-view-committed/1", "made_from": {}, "description": json.loads(text)})
    assert ModelDescription.from_file_content(text) == net
    assert ModelDescription.from_file_content(committed.encode()) == net
    for other in ("", "[]", "{", '{"schema": 3}', '{"class_name": "Sequential"}'):
        assert ModelDescription.from_file_content(other) is None


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_of_the_schema_before_says_what_to_do(wrapped):
    old = {"schema": "layered-view-description/1", "name": "net", "class_name": "Model", "layers": []}
    document = {"schema": "layered-view-committed/1", "description": old} if wrapped else old
    with pytest.raises(DescriptionError, match=r"another version .*/1.*make the description again: layered-view"):
        ModelDescription.from_file_content(json.dumps(document))
