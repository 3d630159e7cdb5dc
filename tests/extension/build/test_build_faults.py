"""Faults of the machine: killed builds, caches that cannot be written, are damaged or vanish."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from project import FILES, INTERRUPTIBLE, Project

from sphinxext_layered.cache import Cache
from sphinxext_layered.extension.build.pictures import Pictures
from sphinxext_layered.extension.page.request import PictureRequest


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_cache_lies_in_the_doctree_folder_where_its_place_would_be_among_the_sources(project: Project) -> None:
    inside = project.docs / "_build"
    code = "from sphinx.cmd.build import main; import sys; sys.exit(main(sys.argv[1:]))"
    for output in (inside / "html", project.docs.parent / "html"):
        command = [sys.executable, "-c", code, "-q", "-d", str(inside / "dt"), str(project.docs), str(output)]
        assert subprocess.run(command, check=False).returncode == 0
    found = [path.parent for path in project.folder.rglob("CACHEDIR.TAG")]
    assert found == [inside / "dt" / ".layered_view_cache"]


def test_the_cache_can_be_moved_by_conf_py_and_by_the_environment(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build(confoverrides={"layered_view_cache_dir": "../kept"})
    assert (tmp_path / "kept" / "CACHEDIR.TAG").exists()
    monkeypatch.setenv("LAYERED_VIEW_CACHE_DIR", str(tmp_path / "chosen"))
    assert project.build(confoverrides={"layered_view_cache_dir": "../kept"}).children == 1
    assert (tmp_path / "chosen" / "CACHEDIR.TAG").exists()


def test_nothing_is_written_among_the_sources(project: Project) -> None:
    before = sorted(path for path in project.docs.rglob("*") if "__pycache__" not in path.parts)
    project.build()
    assert sorted(path for path in project.docs.rglob("*") if "__pycache__" not in path.parts) == before


def test_a_cache_that_cannot_be_written_costs_one_warning(project: Project) -> None:
    project.out.mkdir(parents=True)
    project.cache.write_text("a file where the folder should be")
    for children in (1, 0):
        outcome = project.build()
        assert len(outcome.images) == 2
        assert outcome.children == children
    first = Project(project.folder / "again")
    first.out.mkdir(parents=True)
    first.cache.write_text("a file where the folder should be")
    warnings = first.build().warnings
    assert warnings.count("WARNING") == 1
    assert "[layered_view.cache]" in warnings
    assert "layered_view_cache_dir" in warnings


def test_no_space_anywhere_costs_the_pictures_and_not_the_build(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Cache, "_write", full)
    outcome = project.build()
    assert outcome.images == {}
    assert outcome.warnings.count("No space left") == 3
    assert "nets:small" in outcome.text("one.html")
    monkeypatch.undo()
    fixed = project.build()
    assert fixed.warnings == ""
    assert len(fixed.images) == 2


@pytest.mark.parametrize("kind", ["manifests", "descriptions", "pictures"])
def test_damaged_entries_are_made_again(project: Project, kind: str) -> None:
    first = project.build()
    for path in (project.cache / "1" / kind).rglob("*.*"):
        path.write_bytes(path.read_bytes()[:-3])
    project.clean()
    second = project.build()
    assert second.warnings == ""
    assert second.images == first.images


def test_a_damaged_description_is_made_again_though_other_pictures_of_it_are_there(project: Project) -> None:
    first = project.build()
    for path in (project.cache / "1" / "descriptions").rglob("*.json"):
        path.write_bytes(b"x" + path.read_bytes()[1:])
    project.put("two.rst", FILES["one.rst"] + "   :legend:\n")
    second = project.build()
    assert (second.children, second.warnings, len(second.images)) == (1, "", 2)
    assert {name for name in first.images if name.startswith("small-")} < second.images.keys()


@pytest.fixture
def when_pictures_are_made(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something done between the build step and the writing of pages."""

    def do(what: Callable[[], object]) -> None:
        make = Pictures.make

        def made(self: Pictures, requests: list[PictureRequest]) -> None:
            make(self, requests)
            what()

        monkeypatch.setattr(Pictures, "make", made)

    return do


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x")])
def test_a_picture_that_vanishes_or_changes_before_it_is_used_is_drawn_again(
    project: Project, when_pictures_are_made: Callable[..., None], damage: Callable[[Path], object]
) -> None:
    fresh = Project(project.folder / "fresh").build()
    when_pictures_are_made(lambda: [damage(path) for path in (project.cache / "1" / "pictures").rglob("*.png")])
    outcome = project.build()
    assert outcome.images == fresh.images
    assert outcome.warnings == ""
    assert len(outcome.images) == 2


def test_a_whole_cache_that_vanishes_costs_no_traceback(
    project: Project, when_pictures_are_made: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build()
    project.edit("one.rst", "===", "===\n\nMore.")
    when_pictures_are_made(lambda: shutil.rmtree(project.cache))
    outcome = project.build()
    monkeypatch.undo()
    assert "nets:small" in outcome.text("one.html")
    assert "Traceback" not in outcome.warnings
    assert "one.rst:6: WARNING: nets:small" in outcome.warnings
    assert "[layered_view.cache]" in outcome.warnings
    assert len(project.build().images) == 2


def test_two_builds_at_once_on_one_cache_are_both_right(project: Project) -> None:
    reference = Project(project.folder / "reference").build().images
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(project.docs)]
    environment = {**os.environ, "LAYERED_VIEW_CACHE_DIR": str(project.cache)}
    runs = [
        subprocess.Popen([*command, "-d", str(project.out / f"dt{n}"), str(project.out / f"h{n}")], env=environment)
        for n in (1, 2)
    ]
    assert [run.wait(120) for run in runs] == [0, 0]
    for n in (1, 2):
        folder = project.out / f"h{n}" / "_images"
        assert {path.name: path.read_bytes() for path in folder.glob("*.png")} == reference


def test_no_thread_is_left_when_writers_may_fork(project: Project, when_pictures_are_made: Callable[..., None]) -> None:
    before = set(threading.enumerate())
    left: list[set[threading.Thread]] = []
    when_pictures_are_made(lambda: left.append(set(threading.enumerate())))
    assert project.build().children == 1
    (after,) = left
    assert after <= before


SLOW = """    import os, pathlib, time
    pathlib.Path(__file__).with_name("begun").write_text(str(os.getpid()))
    time.sleep(600)
    return Model(layers)"""


def test_ctrl_c_ends_the_child_at_once_and_the_next_build_is_right(project: Project) -> None:
    project.edit("nets.py", "    return Model(layers)", SLOW)
    command = [sys.executable, "-c", INTERRUPTIBLE, "-q", "-d", str(project.out / "doctrees"), str(project.docs)]
    run = subprocess.Popen([*command, str(project.out / "html")], stderr=subprocess.PIPE)
    begun = project.docs / "begun"
    while not (begun.exists() and begun.read_text()) and run.poll() is None:
        time.sleep(0.05)
    child = int(begun.read_text())
    run.send_signal(signal.SIGINT)
    run.communicate()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert not list(project.out.rglob(".writing-*"))
    project.edit("nets.py", "time.sleep(600)", "time.sleep(0)")
    fixed = project.build()
    assert (fixed.children, fixed.warnings, len(fixed.images)) == (1, "", 2)


KILLING = """
def kill(phase, last):
    if os.environ.get("KILLED_AT") in (phase, f"{phase} {last}"):
        os.killpg(0, 9)


def setup(app):
    for phase, event, priority in PHASES:
        app.connect(event, lambda *given, phase=phase: kill(phase, given[-1]), priority=priority)
"""
PHASES = (
    ("reading", "source-read", 500),
    ("pictures are to be made", "env-updated", 1),
    ("pictures are made", "env-updated", 999),
    ("writing", "doctree-resolved", 999),
    ("all is written", "build-finished", 1),
    ("all is noted", "build-finished", 999),
)


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX's")
@pytest.mark.parametrize("phase", ["a model is made", *(phase for phase, *_ in PHASES), "writing two"])
def test_the_build_after_one_that_was_killed_is_right(project: Project, phase: str) -> None:
    project.put("two.rst", FILES["one.rst"].replace("small", "small(3)"))
    project.put("conf.py", f"{FILES['conf.py']}\nPHASES = {PHASES!r}\n{KILLING}")
    dying = (
        "    import os\n    if os.environ.get('KILLED_AT') == 'a model is made':\n        os.kill(os.getppid(), 9)\n"
    )
    project.edit("nets.py", "def small(layers=2):\n", f"def small(layers=2):\n{dying}")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", str(project.out / "doctrees")]
    command += [str(project.docs), str(project.out / "html")]
    assert subprocess.run(command, check=False).returncode == 0
    project.edit("shared.py", "300", "600")
    if phase == "reading":
        project.edit("one.rst", "One\n===\n", "One\n===\n\n")
    killed = subprocess.run(command, env={**os.environ, "KILLED_AT": phase}, start_new_session=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    project.edit("shared.py", "600", "300")
    after = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (after.returncode, after.stderr) == (0, "")
    files = {name: (project.docs / name).read_text() for name in FILES}
    fresh = Project(project.folder / "fresh", files).build()
    folder = project.out / "html"
    assert {path.name: path.read_bytes() for path in (folder / "_images").glob("*.png")} == fresh.images
    for page in ("one.html", "two.html"):
        assert (folder / page).read_text("utf-8") == fresh.text(page)
