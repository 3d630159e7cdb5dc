"""Descriptions have Keras's own graph: the same calls, each with the same sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest
from graph_models import MODELS, OPERATORS, TWINS, Compared, everything, wrong

OTHERS = ["jax", *(["torch"] if find_spec("torch") else [])]
NO_OPERATORS = {"init", "int", "float", "array", "jax_array", "tf_tensor", "repr", "iter", "bool", "div", "rdiv"}


@pytest.fixture(scope="module")
def described() -> dict[str, Compared]:
    return everything()


@pytest.mark.parametrize("name", [*MODELS, *(f"twin of {name}" for name in TWINS)])
def test_description_has_the_graph_of_keras(described: dict[str, Compared], name: str) -> None:
    assert described[name].of_description == described[name].of_keras
    assert described[name].same_without_weights


def test_every_operator_of_symbolic_tensors_is_among_the_models() -> None:
    methods = {name for name, value in vars(keras.KerasTensor).items() if name[:2] == "__" and callable(value)}
    seen: set[str] = set()
    for name in OPERATORS:
        plain = name.partition(" ")[0].strip("_")
        seen |= {plain, f"r{plain}"} if " of a " in name else {plain}
    assert {name.strip("_") for name in methods} - NO_OPERATORS <= seen


@pytest.mark.parametrize("backend", OTHERS)
def test_graphs_are_the_same_on_every_backend(backend: str, described: dict[str, Compared]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import graph_models; graph_models.main()"],
        cwd=Path(__file__).parent,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    used, differing, texts = json.loads(run.stdout)
    assert (used, differing, wrong(described)) == (backend, [], [])
    assert {name: each.text for name, each in described.items()} == texts
