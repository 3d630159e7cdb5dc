import keras
import numpy as np
import pytest
from keras import layers

import sphinxext_layered
from sphinxext_layered.reading import describe


def SpacingDummyLayer(*args, **kwargs):  # noqa: N802
    return sphinxext_layered.SpacingDummyLayer(*args, **kwargs)


def spaced():
    return keras.Sequential([layers.Input((4,)), layers.Dense(3), SpacingDummyLayer(spacing=80, name="gap")])


def test_it_is_a_keras_layer_with_a_default():
    assert issubclass(sphinxext_layered.SpacingDummyLayer, keras.layers.Layer)
    assert SpacingDummyLayer().spacing == 50


def test_gap_is_described_with_its_pixels_and_the_shape_that_passes_through():
    image = keras.Input((8, 8, 3))
    gap = SpacingDummyLayer(70)(image)
    model = keras.Model(image, layers.Conv2D(2, 3)(gap))
    _, layer, after = describe(model).layers
    assert (layer.class_name, layer.spacing, layer.output_shapes) == ("SpacingDummyLayer", 70, ((None, 8, 8, 3),))
    assert layer.parameters == 0
    assert (after.spacing, after.output_shapes) == (None, ((None, 6, 6, 2),))
    assert describe(spaced()).layers[1].spacing == 80


def test_values_and_masks_pass_unchanged():
    values = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(SpacingDummyLayer()(values), values)
    words = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(words)
    assert keras.src.backend.get_keras_mask(SpacingDummyLayer()(embedded)) is not None


def test_structures_pass_unchanged():
    left, right = keras.Input((2,)), keras.Input((3,))
    parts = SpacingDummyLayer()({"left": left, "right": right})
    assert {name: part.shape for name, part in parts.items()} == {"left": (None, 2), "right": (None, 3)}


def test_saved_model_loads_again(tmp_path):
    spaced().save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[1]) is sphinxext_layered.SpacingDummyLayer
    assert loaded.layers[1].spacing == 80


def test_config_makes_an_equal_layer():
    layer = SpacingDummyLayer(30, name="gap")
    again = type(layer).from_config(layer.get_config())
    assert (again.spacing, again.name) == (30, "gap")


@pytest.mark.parametrize("spacing", [-1, 1.5, "wide", None, True])
def test_wrong_spacing_is_refused(spacing):
    with pytest.raises(ValueError, match="spacing: expected a whole number of pixels from 0"):
        SpacingDummyLayer(spacing)
