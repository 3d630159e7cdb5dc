"""A short run of the soak: random edits, undos and kills, each build compared with one from scratch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).resolve().parent.parent / "tools" / "soak.py"


@pytest.mark.skipif(sys.platform == "win32", reason="it kills groups of processes")
def test_builds_after_random_edits_are_as_from_scratch() -> None:
    done = subprocess.run(
        [sys.executable, str(SOAK), "--builds", "8", "--seed", "3"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing wrong" in done.stdout
