"""The note under pictures of models that leave sizes open."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from factories import layer, model

NOTE = "Some sizes of this model are not fixed; the picture shows examples."
HEAD = "Title\n=====\n\n"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (".. layered-view:: nets:small(None)\n", 1),
        (".. layered-view:: nets:small(None)\n\n   A caption.\n\n   A legend.\n", 1),
        (".. layered-view:: nets:small(None)\n   :target: https://example.org\n", 1),
        (".. layered-view:: nets:small(None)\n   :theme: both\n", 1),
        ("- .. layered-view:: nets:small(None)\n- .. layered-view:: nets:small(None)\n", 2),
        ("In |a| line.\n\n.. |a| layered-view:: nets:small(None)\n", 0),
        (".. layered-view:: nets:small\n", 0),
    ],
)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_note_names_the_option_that_sets_open_sizes(project: Any, text: str, notes: int, builder: str) -> None:
    built = project({"index.rst": HEAD + text}).build(builder)
    assert built.warnings == ""
    written = built.text("index.html" if builder == "html" else "test.tex")
    assert written.count(NOTE) == notes
    assert len(re.findall(r"input(?:-|\\sphinxhyphen\{\})shape", written)) == notes


def test_a_note_on_a_file_of_a_description_names_no_option_as_its_sizes_stay_as_they_are(project: Any) -> None:
    files = {"index.rst": HEAD + ".. layered-view:: net.json\n"}
    files["net.json"] = model(layer("LSTM", None, 8), layer("Dense", None, 2)).to_json()
    built = project(files).build()
    assert (built.warnings, built.text("index.html").count(NOTE)) == ("", 1)
    assert "input-shape" not in built.text("index.html")


@pytest.mark.tensorflow
def test_a_configuration_that_keras_saved_takes_input_shape(project: Any) -> None:
    code = "import keras; print(keras.Sequential([keras.Input((None, 3)), keras.layers.Dense(4)]).to_json())"
    saved = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    files = {"index.rst": HEAD + ".. layered-view:: net.json\n", "net.json": saved[saved.index("{") :]}
    built = project(files).build()
    assert (built.warnings, built.text("index.html").count(NOTE)) == ("", 1)
    assert built.text("index.html").count("input-shape") == 1
    built = project({**files, "index.rst": HEAD + ".. layered-view:: net.json\n   :input-shape: 7, 3\n"}).build()
    assert (built.warnings, built.text("index.html").count(NOTE)) == ("", 0)
