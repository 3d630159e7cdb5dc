"""Faults of the machine and of what lies on it: damaged files of any kind, no space, odd places, clocks, kills."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import Project

import sphinxext_layered


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


@pytest.mark.parametrize("moment", [0, 1_000_000_000, 4_102_444_800])
def test_no_clock_and_no_time_of_a_file_counts(project: Project, moment: int) -> None:
    first = project.build()
    for folder in (project.cache, project.docs, project.out / "doctrees" / "layered_view"):
        for path in folder.rglob("*"):
            os.utime(path, (moment, moment))
    project.put("prose.rst", "Prose\n=====\n\nMore.\n")
    again = project.build()
    assert (again.children, again.warnings, again.images) == (0, "", first.images)
    project.edit("shared.py", "300", "200")
    os.utime(project.docs / "shared.py", (moment, moment))
    edited = project.build()
    assert (edited.children, edited.warnings) == (1, "")
    assert edited.images != first.images


@pytest.mark.skipif(sys.platform == "win32", reason="LANG and HOME are POSIX's")
def test_a_bare_environment_and_long_names_are_enough(tmp_path: Path) -> None:
    folder = tmp_path / ("Gr\u00f6\u00dfe \u6a21\u578b " + "long" * 30) / ("name" * 40)
    project = Project(folder)
    name = "net_" + "long" * 40
    project.put(f"{name}.py", project.files["others.py"].replace('"other"', repr("name" * 200)))
    project.put("one.rst", f"One\n===\n\n.. layered-view:: {name}:other\n   :download: svg\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-d", str(project.out / "doctrees"), str(project.docs)]
    bare = {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C", "HOME": "/nowhere/at/all", "TMPDIR": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [*command, str(project.out / "html")], env=bare, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert all("<img" in (project.out / "html" / f"{page}.html").read_text("utf-8") for page in ("one", "two"))
    assert len(list((project.out / "html" / "_downloads").rglob("*.svg"))) == 1


def test_nothing_needs_shared_memory() -> None:
    for path in Path(sphinxext_layered.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any(name.startswith(("multiprocessing", "mmap")) for name in imported), path
        assert "ProcessPoolExecutor" not in path.read_text("utf-8"), path


def test_an_output_that_cannot_take_the_pictures_is_sphinx_s_own_warning_and_is_fixed(project: Project) -> None:
    (project.out / "html").mkdir(parents=True)
    (project.out / "html" / "_images").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="_images"):
        project.build()
    (project.out / "html" / "_images").unlink()
    fixed = project.build()
    assert (fixed.children, fixed.warnings, len(fixed.images)) == (0, "", 2)
