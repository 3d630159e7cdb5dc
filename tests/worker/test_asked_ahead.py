"""A child is asked now and answers later; its thread has ended when the answers have."""

from __future__ import annotations

import sys
import threading
import time

import psutil
import pytest
from worker_project import Project

from sphinxext_layered.worker import Described, Failure, ModelRequest, child
from sphinxext_layered.worker.ahead import Ahead

SLOW = "import time\ntime.sleep(600)"


@pytest.fixture
def threads() -> int:
    return threading.active_count()


def wait_for_child() -> psutil.Process:
    deadline = time.monotonic() + 30
    while not (children := psutil.Process().children()) and time.monotonic() < deadline:
        time.sleep(0.01)
    (child,) = children
    return child


def wait_for_file(project: Project, name: str) -> None:
    deadline = time.monotonic() + 50
    while not (project.root / name).exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_answers_come_in_the_order_of_the_requests_from_one_child(project: Project, threads: int) -> None:
    ahead = Ahead(project.settings())
    for target in ("good:build", "good:nothing", "good:build"):
        ahead.ask(ModelRequest(target=target))
    answers = list(ahead.answers())
    assert [type(answer) for answer in answers] == [Described, Failure, Described]
    assert [answer.request.target for answer in answers] == ["good:build", "good:nothing", "good:build"]
    assert project.started_children() == 1
    assert threading.active_count() == threads
    assert psutil.Process().children() == []


def test_the_child_works_before_anybody_asks_for_answers(project: Project) -> None:
    project.write(
        "marks.py", "import pathlib, good\n\n\ndef build():\n    pathlib.Path('mark').touch()\n    return good.build()"
    )
    ahead = Ahead(project.settings())
    ahead.ask(ModelRequest(target="marks:build"))
    wait_for_file(project, "mark")
    ahead.end()


def test_nothing_asked_for_starts_nothing(project: Project, threads: int) -> None:
    ahead = Ahead(project.settings())
    assert list(ahead.answers()) == []
    ahead.end()
    assert (project.started_children(), threading.active_count()) == (0, threads)


@pytest.mark.parametrize("moment", ["at once", "while it starts", "while it works", "while it answers"])
def test_an_end_leaves_neither_child_nor_thread(
    project: Project, threads: int, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    project.write("slow.py", f"open('began', 'w').close()\n{SLOW}")
    python = sys.executable
    if moment == "while it starts":
        monkeypatch.setattr(child, "_START_LIMIT", 3600.0)
        path = project.write("python", "#!/bin/sh\ntouch began\nexec sleep 600\n")
        path.chmod(0o755)
        python = str(path)
    ahead = Ahead(project.settings(python=python, directory=str(project.root)))
    for target in ("good:build", "slow:build", "good:build"):
        ahead.ask(ModelRequest(target=target))
    if moment in ("while it starts", "while it works"):
        wait_for_file(project, "began")
    if moment == "while it answers":
        answers = ahead.answers()
        assert isinstance(next(answers), Described)
        answers.close()  # type: ignore[attr-defined]
    ahead.end()
    ahead.end()
    assert threading.active_count() == threads
    assert psutil.Process().children() == []


def test_a_child_that_is_killed_costs_one_model(project: Project) -> None:
    project.write("slow.py", f"open('began', 'w').close()\n{SLOW}")
    ahead = Ahead(project.settings())
    for target in ("slow:build", "good:build"):
        ahead.ask(ModelRequest(target=target))
    wait_for_file(project, "began")
    wait_for_child().kill()
    first, second = ahead.answers()
    assert isinstance(first, Failure)
    assert first.subtype == "worker"
    assert isinstance(second, Described)


def test_what_goes_wrong_in_the_thread_is_raised_where_it_is_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sphinxext_layered.worker import client

    def broken(*given: object) -> None:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr(client.Client, "describe", broken)
    ahead = Ahead(project.settings())
    ahead.ask(ModelRequest(target="good:build"))
    with pytest.raises(RuntimeError, match="a fault of our own"):
        list(ahead.answers())
