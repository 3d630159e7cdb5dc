"""Keras 3 on its other backends: the same models have the same descriptions."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest
from backend_models import descriptions

OTHERS = ["jax", *(["torch"] if find_spec("torch") else [])]


@pytest.mark.parametrize("backend", OTHERS)
def test_models_are_described_alike_on_every_backend(backend):
    script = Path(__file__).with_name("backend_models.py")
    run = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    used, found = json.loads(run.stdout)
    assert used == backend
    assert keras.backend.backend() == "tensorflow"
    assert found == descriptions()
