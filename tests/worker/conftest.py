from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from worker_project import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    monkeypatch.setenv("LAYERED_VIEW_TRACE", str(project.trace))
    return project


@pytest.fixture(autouse=True)
def no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look for processes that inherited a mark of this test's."""
    mark = secrets.token_hex(8)
    monkeypatch.setenv("LAYERED_VIEW_TEST", mark)
    yield
    assert not list(marked(mark))


def marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("LAYERED_VIEW_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process
