"""What all tests share: small Sphinx projects and builds of them in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

pytest_plugins = ["sphinx.testing.fixtures"]

CONF = """\
import sys
sys.path.insert(0, {here!r})
project = "Test"
extensions = ["sphinxext_layered"]
html_theme = "basic"
show_warning_types = True
keep_warnings = False
"""


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Path]:
    """Write a Sphinx project: ``make_project({"index.rst": "...", "models.py": "..."}, conf="...")``.

    `conf` is added to a conf.py that has the extension and the source folder on ``sys.path``.
    """

    def make(files: Mapping[str, str], conf: str = "", name: str = "project") -> Path:
        root = tmp_path / name
        written = {"conf.py": CONF.format(here=str(root)) + dedent(conf), **{k: dedent(v) for k, v in files.items()}}
        for path, text in written.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return root

    return make


@dataclass(frozen=True)
class Build:
    """One finished run of sphinx-build."""

    returncode: int
    status: str
    warnings: str
    outdir: Path

    def text(self, name: str = "index.html") -> str:
        """Return a file of the output."""
        return (self.outdir / name).read_text(encoding="utf-8")


@pytest.fixture
def sphinx_build() -> Callable[..., Build]:
    """Run ``sphinx_build(source, "-b", "html", "-W", outdir=..., env={...})`` in a process of its own."""

    def run(
        source: Path, *args: str, outdir: Path | None = None, env: Mapping[str, str] = {}, timeout: float = 240
    ) -> Build:
        to = outdir or source.parent / f"{source.name}-output"
        command = [sys.executable, "-m", "sphinx", "--no-color", *args, str(source), str(to)]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
        return Build(done.returncode, done.stdout, re.sub(r"\x1b\[[\d;]*m", "", done.stderr), to)

    return run
