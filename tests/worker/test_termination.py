"""Cleaning up before a signal ends the process, in contexts that are nested."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

NESTED = """
import os, signal, time
from sphinxext_layered.worker.termination import before_termination
with before_termination(lambda: print("outer", flush=True)):
    with before_termination(lambda: print("inner", flush=True)):
        {inner}
    with before_termination(lambda: print("second", flush=True)):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("inner", "said"),
    [("os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)", ["inner", "outer"]), ("pass", ["outer"])],
)
def test_all_contexts_are_cleaned_up_the_latest_first(inner: str, said: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NESTED.format(inner=inner)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == said
    assert done.returncode == -signal.SIGTERM
