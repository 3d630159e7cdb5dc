from types import SimpleNamespace

import pytest
from connections import ends, sources

from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.reading import describe


class Convolution:
    name = "conv"
    data_format = "channels_first"
    activation = "relu"

    def __init__(self, shape):
        self.output_shape = shape

    def count_params(self):
        return 7


class Layer:
    """Named as Keras's is, and not it."""


class Computing(Layer):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 5)


class Moody:
    @property
    def output_shape(self):
        raise AttributeError("never called")

    @property
    def output(self):
        raise RuntimeError("not built")


def model(*layers, **more):
    return SimpleNamespace(layers=list(layers), **more)


def shapes(*layers, **more):
    return [layer.output_shapes for layer in describe(model(*layers, **more)).layers]


def test_layers_with_output_shape_are_described():
    (layer,) = describe(model(Convolution((None, 4, 8, 8)), name="net")).layers
    assert (layer.index, layer.name, layer.class_name) == (0, "conv", "Convolution")
    assert layer.output_shapes == ((None, 4, 8, 8),)
    assert (layer.data_format, layer.parameters, layer.activation) == ("channels_first", 7, "relu")


def test_layers_follow_one_another():
    description = describe(model(Convolution((None, 8)), Convolution((None, 4)), input_shape=(None, 16)))
    assert sources(description) == {"inputs": [], "conv": ["inputs"], "conv#2": ["conv"]}
    assert [call.layer for call in description.calls] == [None, 0, 1]
    assert ends(description) == (["inputs"], ["conv#2"])
    assert description.input_shapes == ((None, 16),)
    assert description.output_shapes == ((None, 4),)


def test_layers_without_names_and_of_other_types_than_keras():
    (layer,) = describe(model(SimpleNamespace(output_shape=(None, 3)))).layers
    assert (layer.name, layer.class_name, layer.parameters, layer.nested) == ("", "SimpleNamespace", None, None)


def test_base_classes_are_named():
    layer = describe(model(Convolution((1, 2)), Computing())).layers[1]
    assert "Layer" in layer.known_as()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((None, 8), ((None, 8),)),
        ([None, 8], ((None, 8),)),
        ([(None, 8), (None, 4)], ((None, 8), (None, 4))),
        ({"b": (2,), "a": (1, 3)}, ((1, 3), (2,))),
        ((), ((),)),
        ((-1, 8), ((None, 8),)),
        (("batch", 8), ((None, 8),)),
    ],
)
def test_shapes_are_read_as_they_are_spelt(given, expected):
    assert shapes(SimpleNamespace(output_shape=given), Convolution((1,)))[0] == expected


def test_shape_of_the_output_is_enough():
    assert shapes(SimpleNamespace(output=SimpleNamespace(shape=(None, 6)))) == [((None, 6),)]


def test_shape_is_computed_from_the_one_before():
    assert shapes(Convolution((None, 8, 3)), Computing()) == [((None, 8, 3),), ((None, 8, 5),)]


def test_layer_whose_shape_fails_is_unknown_and_costs_no_other():
    assert shapes(Moody(), Convolution((None, 2))) == [(), ((None, 2),)]


def test_layers_by_name_and_tuples_of_them():
    layers = {"a": Convolution((None, 2)), "b": Convolution((None, 3))}
    assert len(describe(SimpleNamespace(layers=layers)).layers) == 2
    assert len(describe(SimpleNamespace(layers=tuple(layers.values()))).layers) == 2


def test_model_in_a_model_is_nested_and_a_circle_ends():
    inner = model(Convolution((None, 2)), output_shape=(None, 2))
    outer = model(inner)
    assert describe(outer).layers[0].nested.layers[0].output_shapes == ((None, 2),)
    inner.layers.append(outer)
    assert describe(outer).layers[0].nested.layers[1].nested is None


def test_model_without_any_shape_is_an_error():
    with pytest.raises(ModelError, match="no layer of 'net' has a shape: they need an output_shape"):
        describe(model(Moody(), name="net"))


def test_spacing_layer_is_known_by_its_class():
    class SpacingDummyLayer:
        spacing = 30
        output_shape = (None, 2)

    assert describe(model(SpacingDummyLayer())).layers[0].spacing == 30


def test_input_shape_is_refused_since_nothing_follows_from_it():
    model = SimpleNamespace(layers=[SimpleNamespace(name="only", output_shape=(None, 4))])
    with pytest.raises(OptionError, match=r"input_shape: SimpleNamespace is no Keras model.*leave it out"):
        describe(model, input_shape=(8,))
