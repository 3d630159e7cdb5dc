import json

import keras
import pytest
from keras import layers

from sphinxext_layered.errors import ModelError, TargetError
from sphinxext_layered.reading import build_and_describe, describe, load_model_file


@pytest.fixture
def model():
    keras.utils.clear_session(free_memory=False)
    image = keras.Input((8, 8, 3), name="image")
    return keras.Model(image, layers.Flatten(name="flat")(layers.Conv2D(4, 3, name="conv")(image)), name="net")


def test_archive_and_json_give_the_model_that_was_saved(model, tmp_path):
    model.save(tmp_path / "net.keras")
    (tmp_path / "net.json").write_text(model.to_json())
    assert describe(load_model_file(tmp_path / "net.keras")) == describe(model)
    assert describe(load_model_file(str(tmp_path / "net.json"))) == describe(model)
    assert build_and_describe(lambda: load_model_file(tmp_path / "net.keras")) == describe(model)


def test_missing_file_is_a_wrong_reference(tmp_path):
    with pytest.raises(TargetError, match=r"no file 'net\.keras'"):
        load_model_file(tmp_path / "net.keras")


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"layers": []}', "\x00\x01"])
def test_file_of_something_else_says_how_to_write_one(content, tmp_path):
    (tmp_path / "net.json").write_text(content)
    with pytest.raises(ModelError, match=r"cannot read 'net\.json'.*model\.save"):
        load_model_file(tmp_path / "net.json")


def test_unknown_layer_says_what_to_do(model, tmp_path):
    document = json.loads(model.to_json())
    document["config"]["layers"][1].update(class_name="Foreign", module="nowhere", registered_name="Foreign")
    (tmp_path / "net.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"Keras cannot make a model of 'net\.json'.*function that imports them"):
        load_model_file(tmp_path / "net.json")


def test_code_in_a_file_is_not_executed(tmp_path):
    model = keras.Sequential([layers.Input((3,)), layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "net.keras")
    with pytest.raises(ModelError, match=r"net\.keras"):
        load_model_file(tmp_path / "net.keras")


def test_subclassed_model_that_was_saved(tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class Net(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.second = layers.Dense(2, name="second")
            self.first = layers.Dense(3, name="first")

        def call(self, x):
            return self.second(self.first(x))

    saved = Net()
    saved.build((None, 4))
    saved.save(tmp_path / "net.keras")
    description = describe(load_model_file(tmp_path / "net.keras"))
    assert [layer.output_shapes for layer in description.layers] == [((None, 3),), ((None, 2),)]
