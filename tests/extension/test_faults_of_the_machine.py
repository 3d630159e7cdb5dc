"""Faults of the machine and of what lies on it: damaged files of any kind, no space, odd places, clocks, kills."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_stale_pictures_leave_also_when_the_record_was_lost(project: Project) -> None:
    folder = project.build().out / "_images"
    kept = b"a picture of a page's own, whose name is made like ours"
    own = f"drawn-{hashlib.sha256(kept).hexdigest()[:12]}.png"
    project.put(own, "")
    (project.docs / own).write_bytes(kept)
    project.put("prose.rst", f"Prose\n=====\n\n.. image:: {own}\n")
    project.build()
    (folder / "other-0123456789ab.png").write_bytes(b"not ours")
    before = project.build().images
    shutil.rmtree(project.out / "doctrees")
    project.edit("shared.py", "300", "200")
    after = project.build().images
    assert own in after
    assert "other-0123456789ab.png" in after
    assert [name for name in before if name not in after] == [name for name in before if name.startswith("small-")]
