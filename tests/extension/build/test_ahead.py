"""Models are described while Sphinx reads, and nothing is left over whatever becomes of the build."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from project import INTERRUPTIBLE, Project
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.testing.util import SphinxTestApp

SETUP = """
def setup(app):
    app.connect("source-read", lambda app, docname, source: {call})
"""
SLOW = """    import time
    time.sleep(600)
    pathlib.Path(__file__).with_name("ended").touch()
    return Model(layers)"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def started_when_two_was_read(project: Project, **given: object) -> list[int]:
    """Build, and count the children that were there when the page ``two`` was read."""
    seen: list[int] = []

    def read(app: Sphinx, docname: str, source: list[str]) -> None:
        if docname == "two":
            seen.append(len(psutil.Process().children()))

    app = SphinxTestApp(srcdir=project.docs, builddir=project.out, outdir=project.out / "html", **given)  # type: ignore[arg-type]
    try:
        app.connect("source-read", read)
        app.build()
    finally:
        app.cleanup()
    return seen


def test_the_child_is_at_work_while_the_next_page_is_read(project: Project) -> None:
    assert started_when_two_was_read(project) == [1]


@pytest.mark.parametrize("mode", ["cached", "off"])
def test_no_child_is_started_where_none_is_to_be(project: Project, mode: str) -> None:
    assert started_when_two_was_read(project, confoverrides={"layered_view_mode": mode}) == [0]


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "dummy"])
def test_no_child_is_started_for_a_builder_without_pictures(project: Project, builder: str) -> None:
    assert started_when_two_was_read(project, buildername=builder) == [0]


def test_no_child_is_started_for_what_is_known(project: Project) -> None:
    project.build()
    project.edit("one.rst", "One\n===\n", "One\n===\n\nMore.\n")
    project.edit("two.rst", "Two\n===\n", "Two\n===\n\nMore.\n")
    assert started_when_two_was_read(project) == [0]


def test_no_child_is_started_for_a_picture_that_this_build_leaves_out(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. only:: latex\n\n   .. layered-view:: nets:small\n")
    assert started_when_two_was_read(project) == [0]


def test_forks_that_read_start_no_child_of_their_own(project: Project) -> None:
    for number in range(8):
        project.put(f"more{number}.rst", f":orphan:\n\nMore\n====\n\n.. layered-view:: nets:small({number + 3})\n")
    project.edit("conf.py", "extensions", "import forks\nextensions")
    project.put(
        "forks.py",
        "import os, threading\nmain, fork = os.getpid(), os.fork\n\n\n"
        "def watched():\n"
        "    if threading.active_count() > 1:\n"
        "        raise SystemExit('a fork beside a thread')\n"
        "    return fork()\n\n\nos.fork = watched\n",
    )
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-j", "2", "-d", str(project.out / "doctrees")]
    trace = project.folder / "trace"
    environment = {**os.environ, "LAYERED_VIEW_TRACE": str(trace)}
    command += [str(project.docs), str(project.out / "html")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(trace.read_text().splitlines()) == 1


def test_a_build_that_fails_while_it_reads_leaves_no_child(project: Project) -> None:
    project.edit("nets.py", "    return Model(layers)", SLOW)

    def fail(app: Sphinx, docname: str, source: list[str]) -> None:
        if docname == "two":
            assert len(psutil.Process().children()) == 1
            raise SphinxError("enough")

    app = SphinxTestApp(srcdir=project.docs, builddir=project.out)
    app.connect("source-read", fail)
    with pytest.raises(Exception, match="enough"):
        app.build()
    app.cleanup()
    assert not (project.docs / "ended").exists()
    assert psutil.Process().children() == []
    assert not [thread for thread in threading.enumerate() if thread.name == "layered-view-ahead"]


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_interrupted_while_it_reads_leaves_no_child(project: Project, signalled: int) -> None:
    project.edit("nets.py", "    return Model(layers)", SLOW)
    call = "docname == 'two' and __import__('time').sleep(60)"
    project.put("conf.py", (project.docs / "conf.py").read_text() + SETUP.format(call=call))
    trace = project.folder / "trace"
    command = [sys.executable, "-c", INTERRUPTIBLE, "-q", str(project.docs), str(project.out / "html")]
    run = subprocess.Popen(command, env={**os.environ, "LAYERED_VIEW_TRACE": str(trace)}, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (trace.exists() and trace.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = psutil.Process(int(trace.read_text().split()[0]))
    run.send_signal(signalled)
    run.communicate(timeout=30)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", ["first build", "packages are asked for"])
def test_an_interrupted_build_leaves_nothing_of_a_python_that_never_starts(
    project: Project, signalled: int, phase: str
) -> None:
    """As a script named in layered_view_python that waits for something else."""
    python = project.docs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    project.put("conf.py", (project.docs / "conf.py").read_text() + f"layered_view_python = {str(python)!r}\n")
    if phase != "first build":
        installed = "import psutil\n\n\ndef small(layers=2):"
        project.edit("nets.py", "def small(layers=2):", installed)
        project.build()
    begun = project.folder / "begun"
    python.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! > {begun}.new; mv {begun}.new {begun}\nwait\n")
    command = [sys.executable, "-c", INTERRUPTIBLE, "-q", str(project.docs), str(project.out / "html")]
    run = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not begun.exists() and run.poll() is None:
        time.sleep(0.01)
    processes = [psutil.Process(int(pid)) for pid in begun.read_text().split()]
    run.send_signal(signalled)
    run.communicate(timeout=20)
    assert psutil.wait_procs(processes, timeout=10)[1] == []
    assert run.returncode != 0


def test_a_page_that_no_longer_shows_a_model_leaves_no_child(project: Project) -> None:
    """As where another extension takes a page's directives out after it was read."""
    project.put("two.rst", "Two\n===\n")
    app = SphinxTestApp(srcdir=project.docs, builddir=project.out)
    app.connect("env-updated", lambda app, env: env.layered_views.clear(), priority=1)
    app.build()
    app.cleanup()
    assert psutil.Process().children() == []


def test_a_model_that_fails_ahead_is_reported_where_it_stands(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:broken\n")
    for _ in range(2):
        outcome = project.build()
        assert outcome.warnings.count("the model could not be built") == 1
        assert "one.rst:4: WARNING" in outcome.warnings
        assert "nothing works" in outcome.text("one.html")
        assert len(outcome.images) == 1
