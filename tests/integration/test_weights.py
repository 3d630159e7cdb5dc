"""Why a model has its weights after all, where a build is asked to be wordy."""

from __future__ import annotations

from typing import Any

import pytest

MODELS = """\
import keras


def light(seed=0):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])


def fitted():
    model = light()
    model.compile(keras.optimizers.Adam(), "mse")
    model.fit(keras.ops.zeros((2, 4)), keras.ops.zeros((2, 5)), verbose=0)
    return model
"""


@pytest.mark.tensorflow
def test_models_that_were_built_with_weights_are_named_by_wordy_builds(project: Any) -> None:
    page = "Title\n=====\n\n.. layered-view:: examples:light\n\n.. layered-view:: examples:fitted\n"
    made = project({"index.rst": page, "examples.py": MODELS})
    outcome = made.build(verbosity=1)
    assert (outcome.warnings, len(outcome.images)) == ("", 2)
    said = [line for line in outcome.app.status.getvalue().splitlines() if "weights" in line]
    assert len(said) == 1
    assert said[0].endswith(
        "weights of examples:fitted were allocated: it cannot be built without them: ValueError: You must call "
        "`compile()` before using the model."
    )
    made.put("examples.py", MODELS.replace("seed=0", "seed=1"))
    assert "weights" not in made.build().app.status.getvalue()
