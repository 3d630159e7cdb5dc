"""What pictures say in words."""

import pytest
from factories import graph, layer, lenet, model, resnet, spacing

from sphinxext_layered.drawing.check import out_of_range, unknown_names
from sphinxext_layered.drawing.summary import alt_text, layer_title, shape_text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((None, 224, 224, 3), "224 \u00d7 224 \u00d7 3"),
        ((1, None, 3), "? \u00d7 3"),
        ((None,), "scalar"),
        ((), "scalar"),
    ],
)
def test_shapes_leave_out_the_batch(shape, text):
    assert shape_text(shape) == text


def test_few_layers_are_named_in_order():
    description = model(layer("InputLayer", 28, 28), layer("Flatten", 784), spacing(9), layer("Dense", 10))
    assert alt_text(description) == "net: 3 layers from 28 \u00d7 28 to 10. InputLayer, Flatten, Dense."


def test_many_layers_are_counted_by_kind():
    text = alt_text(resnet())
    assert text.startswith(
        "resnet50: 180 layers from 224 \u00d7 224 \u00d7 3 to 1000. 53 Conv2D, 53 BatchNormalization"
    )
    assert text.endswith(" and 1 other.")
    assert "9 layers" in alt_text(lenet())
    assert "3 Dense, 2 Conv2D" in alt_text(lenet())


def test_several_inputs_and_unknown_ones():
    both = model(layer("Dense", 3), input_shapes=((None, 4), (None, 5)), name="two")
    assert alt_text(both) == "two: 1 layer from 4 and 5 to 3, with 2 inputs. Dense."
    assert alt_text(model(name="empty")) == "empty: 0 layers."


def test_open_sizes_are_said_in_words_where_no_other_is_known():
    def told(*sizes):
        return alt_text(model(layer("Dense", 1), input_shapes=((None, *sizes),)))

    assert told(None) == "net: 1 layer from any length to 1. Dense."
    assert told(None, None) == "net: 1 layer from any size to 1. Dense."
    assert told(None, None, 3) == "net: 1 layer from ? \u00d7 ? \u00d7 3 to 1. Dense."


@pytest.mark.parametrize(
    ("description", "told"),
    [
        (
            graph(
                ("image", layer("InputLayer", 8)),
                ("one", layer("Dense", 8), "image"),
                ("relu", "Relu", (8,), "one"),
                ("sum", "Add", (8,), "relu", "image"),
                ("two", layer("Dense", 8), "sum"),
                ("again", "Add", (8,), "two", "sum"),
            ),
            "2 skip connections",
        ),
        (
            graph(
                ("image", layer("InputLayer", 8)),
                *((name, layer("Dense", 8), "image") for name in "abcd"),
                ("join", layer("Concatenate", 32), *"abcd", "image"),
            ),
            "1 skip connection and 4 branches",
        ),
        (
            graph(
                ("left", layer("InputLayer", 8)),
                ("right", layer("InputLayer", 8)),
                ("tower", layer("Dense", 8), "left"),
                ("same", "tower", "right"),
                ("differ", "Subtract", (8,), "tower", "same"),
            ),
            "2 inputs, 2 branches and a shared layer",
        ),
        (
            graph(
                ("words", layer("InputLayer", 8)),
                ("mask", "NotEqual", (8,), "words"),
                ("embed", layer("Embedding", 8, 4), "words"),
                ("lstm", layer("LSTM", 4), "embed", "mask"),
                ("twice", "Multiply", (4,), "lstm", "lstm"),
            ),
            "1 skip connection",
        ),
    ],
)
def test_what_sets_a_model_apart_from_a_chain_is_told(description, told):
    assert f", with {told}. " in alt_text(description)


def test_connections_that_are_not_known_are_said_to_be_so():
    text = alt_text(model(layer("Dense", 8), layer("Dense", 4), incomplete="it has no call"))
    assert text == "net: 2 layers from 8 to 4. Dense, Dense. Not every connection is known."


def test_a_title_tells_a_layer():
    one = layer("Conv2D", 28, 28, 6, parameters=1234, activation="relu", name="first")
    assert layer_title(one) == "first (Conv2D), 28 \u00d7 28 \u00d7 6, 1,234 parameters, relu"
    nested = layer("Sequential", output_shapes=((None, 3), (None, 4)), nested=lenet(), name="body")
    assert layer_title(nested) == "body (Sequential), 3 (+1), 9 layers"


def test_names_that_match_no_layer_come_with_a_suggestion():
    known = ["Conv2D", "conv2d", "keras.layers.Conv2D", "Layer", "keras.layers.Layer"]
    assert unknown_names(lenet(), known) == []
    assert unknown_names(lenet(), ["Conv2", "Dense"]) == [("Conv2", "did you mean 'Conv2D'?")]
    ((name, suggestion),) = unknown_names(lenet(), ["Zzz"])
    assert name == "Zzz"
    assert suggestion.startswith("known: AveragePooling2D, Conv2D")


def test_indices_beyond_the_model():
    assert out_of_range(lenet(), (0, 8, 9, 30)) == [9, 30]
