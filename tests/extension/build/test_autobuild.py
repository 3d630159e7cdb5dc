"""With sphinx-autobuild: one edit is one build, whatever a build draws."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import CONF, FILES, Project

pytestmark = pytest.mark.slow  # and of sphinx-autobuild, which not every environment of tox has

NOTING = (
    CONF
    + """
def note(app, exception):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "builds"), "a") as file:
        file.write("built\\n")


def setup(app):
    app.connect("build-finished", note)
"""
)
SETTLED = 3.0
"""Seconds after which a build that follows from the one before would have come."""


@pytest.fixture(params=["docs/_build/html", "out/html"])
def watched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Project, Callable[[], int]]]:
    """Watch a project, built into its sources or beside them; gives it and what waits for a build and counts all."""
    project = Project(tmp_path, {**FILES, "conf.py": NOTING})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sphinx_autobuild", "--port", str(port), "docs", request.param]
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT)

    def builds() -> int:
        found = tmp_path / "builds"
        return len(found.read_text().split()) if found.exists() else 0

    def is_served() -> bool:  # from then on the files are watched: an earlier edit may not be seen
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    seen = 0

    def settled() -> int:
        nonlocal seen
        end = time.monotonic() + 60
        while (builds() == seen or not is_served()) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(SETTLED)
        seen = builds()
        return seen

    try:
        yield project, settled
    finally:
        server.terminate()
        server.wait(20)


def test_an_edit_of_a_page_an_option_or_a_model_is_one_build(watched: tuple[Project, Callable[[], int]]) -> None:
    project, settled = watched
    assert settled() == 1
    project.edit("one.rst", "One\n===", "One\n===\n\nEdited.")
    assert settled() == 2
    project.edit("one.rst", "nets:small", "nets:small\n   :palette: classic")
    assert settled() == 3
    project.edit("nets.py", "WIDTH * (i + 1)", "WIDTH * (i + 2)")
    assert settled() == 4
