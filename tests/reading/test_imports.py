"""What is imported when, each seen in an interpreter of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])


def run(script):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {ROOT!r})\n{script}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_reader_and_duck_typed_models_need_no_framework():
    script = """
from types import SimpleNamespace
from sphinxext_layered.reading import build_and_describe, describe, load_model_file
net = SimpleNamespace(layers=[SimpleNamespace(output_shape=(None, 3))])
assert build_and_describe(lambda: net) == describe(net)
print(sorted({"keras", "tensorflow", "numpy", "tf_keras", "PIL", "sphinx"} & set(sys.modules)))
"""
    assert run(script) == "[]"


def test_builder_that_imports_keras_itself_allocates_nothing_and_leaves_settings():
    script = """
from sphinxext_layered.reading import build_and_describe
before = list(sys.meta_path)
def build():
    import keras
    keras.config.set_image_data_format("channels_first")
    return keras.Sequential([keras.layers.Input((10**6,)), keras.layers.Dense(10**6)])
description = build_and_describe(build)
import keras
assert sys.meta_path[0] is before[0], sys.meta_path
print(description.parameters, description.layers[0].name, keras.config.image_data_format())
"""
    assert run(script) == f"{10**12 + 10**6} dense channels_last"


def test_look_up_before_the_import_allocates_nothing_either():
    script = """
import importlib.util, tracemalloc
from sphinxext_layered.reading import build_and_describe
calls = []
def build():
    calls.append(1)
    assert importlib.util.find_spec("keras") is not None and "keras" not in sys.modules
    import tensorflow as tf
    return tf.keras.Sequential([tf.keras.layers.Input((10**6,)), tf.keras.layers.Dense(10**6)])
description = build_and_describe(build)
print(description.parameters, calls)
"""
    assert run(script) == f"{10**12 + 10**6} [1]"
