"""The child with the real Keras: one import for all these."""

from __future__ import annotations

import pytest
from worker_project import Project

from sphinxext_layered.worker import Described, Failure, ModelRequest

MODELS = """
import keras
from keras import layers

def build(units=10):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(units)])
    model.compile(loss="mse")
    return model

def disturb():
    keras.config.set_floatx("float16")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")
    keras.utils.set_random_seed(3)
    raise ValueError("half way")

def plot():
    import matplotlib.pyplot as plt
    figure = plt.figure()
    figure.savefig("plot.png")
    return build()

def keras_plots():
    import numpy
    images = numpy.zeros((4, 8, 8, 3))
    keras.visualization.plot_image_gallery(images, value_range=(0, 1), rows=2, cols=2, path="gallery.png")
    return build()

def sparing():
    import gc, sys
    loaded = {"jax", "matplotlib", "matplotlib.pyplot"} & sys.modules.keys()
    assert not loaded, loaded
    assert gc.isenabled() and gc.get_freeze_count() > 100_000
    return build()

def with_jax():
    import jax
    from tensorflow.lite.python import util
    for jit in (jax.jit, util._jit):
        assert int(jit(lambda x: x + 1)(1)) == 2
    assert hasattr(keras.callbacks, "OrbaxCheckpoint")
    return build()

class Net(keras.Model):
    def __init__(self, units=3):
        super().__init__()
        self.dense = layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)

block = Block()
"""

FIRST = """
import keras
keras.config.set_image_data_format("channels_first")

def build():
    return keras.Sequential([keras.Input((3, 10, 10)), keras.layers.Conv2D(4, 3)])
"""


@pytest.mark.slow
def test_what_a_framework_seldom_needs_is_loaded_when_it_is_used(project: Project) -> None:
    project.write("models.py", MODELS)
    sparing, with_jax, plain = project.describe("models:sparing", "models:with_jax", "models:build", timeout=120.0)
    assert isinstance(sparing, Described), sparing
    assert isinstance(with_jax, Described), with_jax
    assert isinstance(plain, Described), plain
    assert sparing.description == with_jax.description == plain.description
    assert "jax" in dict(with_jax.made_from.distributions)
    assert "jax" not in dict(plain.made_from.distributions)


@pytest.mark.slow
def test_keras_models_are_the_same_alone_and_after_others(project: Project) -> None:
    project.write("models.py", MODELS)
    project.write("first.py", FIRST)
    project.write("plain.py", "import json\nfrom layers import Model\ndef build(): return Model(1)")
    alone, disturbed, after, plot, gallery, first, again, last, net, block, plain = project.describe(
        "models:build", "models:disturb", "models:build", "models:plot", "models:keras_plots", "first:build",
        "first:build", "models:build", ModelRequest(target="models:Net", input_shape=((5,),)),
        ModelRequest(target="models:block", input_shape=(((5,), "float16"),)), "plain:build",
        timeout=120.0,
    )  # fmt: skip
    assert project.started_children() == 1
    assert isinstance(alone, Described), alone
    assert [layer.name for layer in alone.description.layers] == ["conv2d", "flatten", "dense"]
    assert dict(alone.made_from.distributions).keys() == {"keras", "tensorflow"}
    assert [name for name, _ in alone.made_from.files] == ["models.py"]
    assert isinstance(disturbed, Failure)
    assert 'in disturb\n    raise ValueError("half way")' in disturbed.message
    assert isinstance(plot, Described), plot
    assert "matplotlib" in dict(plot.made_from.distributions)
    assert (project.root / "plot.png").stat().st_size
    assert isinstance(gallery, Described), gallery
    assert (project.root / "gallery.png").stat().st_size
    for each in (after, last):
        assert each.description == alone.description  # type: ignore[union-attr]
        assert each.made_from == alone.made_from  # type: ignore[union-attr]
    for each in (first, again):
        assert isinstance(each, Described), each
        assert each.description.layers[0].output_shapes == ((None, 4, 8, 8),)
    for each in (net, block):
        assert isinstance(each, Described), each
        assert each.description.input_shapes == ((None, 5),)
    assert isinstance(plain, Described)
    assert plain.made_from.distributions == ()
