"""What makes a description again, and what does not: sources, this package, comments, other versions of Keras."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from project import Project

from sphinxext_layered.extension.build import pictures
from sphinxext_layered.fingerprint import Fingerprint, fingerprint
from sphinxext_layered.worker import Failure

COMMITTED = {"layered_view_descriptions_dir": "described"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def committed(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.docs / "described").iterdir()}


@pytest.mark.parametrize("name", ["nets.py", "shared.py", "size.txt"])
def test_a_changed_source_of_one_model_is_seen(project: Project, name: str) -> None:
    project.build()
    changed = {"nets.py": ("layers=2", "layers=3"), "shared.py": ("300", "900"), "size.txt": ("8", "30")}[name]
    kept = os.stat(project.docs / name)
    project.edit(name, *changed)
    # Not by its time: a checkout may give an old one.
    os.utime(project.docs / name, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    outcome = project.build()
    assert (outcome.children, outcome.written) == (1, {"one", "index"})


@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_a_comment_or_a_blank_line_is_no_change(project: Project, cache: str) -> None:
    first = project.build(confoverrides=COMMITTED)
    before = committed(project)
    project.edit("nets.py", "def small(", "# A comment.\n\n\ndef small(")
    project.edit("nets.py", "return Model(layers)", "return Model(  # another\n        layers)")
    if cache == "lost":
        project.clean(cache=True)
    again = project.build(confoverrides=COMMITTED)
    assert (again.children, again.warnings, again.images) == (0, "", first.images)
    assert committed(project) == before
    project.edit("nets.py", "layers=2", "layers=3")
    assert project.build(confoverrides=COMMITTED).children == 1
    assert committed(project) != before


def test_a_comment_in_a_data_file_is_a_change(project: Project) -> None:
    project.put("size.txt", "8 \n")
    project.build()
    project.put("size.txt", "8\n\n")
    assert project.build().children == 1


def test_another_version_of_keras_is_no_change_of_what_is_committed(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    for path in (project.docs / "described").iterdir():
        document = json.loads(path.read_text("utf-8"))
        document["made_from"]["distributions"] = {"sphinx": "0.1", "nowhere-installed": "1"}
        path.write_text(json.dumps(document))
    before = committed(project)
    for mode in ("auto", "cached"):
        outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": mode})
        assert (outcome.children, outcome.warnings, len(outcome.images)) == (0, "", 2)
    assert committed(project) == before


def another_package(monkeypatch: pytest.MonkeyPatch, *, describing: bool) -> None:
    now = fingerprint()
    changed = Fingerprint("another" if describing else now.describing, "another")
    monkeypatch.setattr(pictures, "fingerprint", lambda known: changed)


@pytest.mark.parametrize("describing", [True, False])
def test_what_another_version_of_this_package_made_is_made_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, describing: bool
) -> None:
    first = project.build(confoverrides=COMMITTED)
    before = committed(project)
    another_package(monkeypatch, describing=describing)
    drawn = []
    draw = pictures.Pictures._drawn
    monkeypatch.setattr(
        pictures.Pictures, "_drawn", lambda self, picture, *given: drawn.append(picture) or draw(self, picture, *given)
    )
    again = project.build(confoverrides=COMMITTED)
    assert (again.children, again.images, len(drawn)) == (int(describing), first.images, 2)
    assert (committed(project) == before) != describing


def test_cached_warns_of_what_another_version_of_this_package_described(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build(confoverrides=COMMITTED)
    another_package(monkeypatch, describing=True)
    project.clean(cache=True)
    outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert outcome.warnings.count("[layered_view.stale]") == len(outcome.images) == 2
    assert "sphinxext_layered (reads models differently now)" in outcome.warnings


PAGE = {"index.rst": "T\n=\n\n.. layered-view:: nets:build\n"}


def test_auto_draws_what_is_committed_where_there_is_no_keras(
    built: Any, stand_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = "layered_view_descriptions_dir = 'described'"
    first = built(PAGE, conf=conf)
    another_package(monkeypatch, describing=True)
    stand_in.failures["nets:build"] = Failure("framework", "keras is not installed", is_general=True)
    again = built(Path(first.app.srcdir))
    assert 'class="layered-view ' in again.text("index.html")
    assert "No picture" not in again.text("index.html")
    assert again.app.status.getvalue().count("Keras is not installed; 1 model is drawn from committed") == 1
    assert again.warnings.count("WARNING") == again.warnings.count("[layered_view.stale]") == 1
    (path,) = (Path(first.app.srcdir) / "described").iterdir()
    path.write_text(path.read_text("utf-8").replace('"layers": [', '"levels": ['), "utf-8")
    broken = built(Path(first.app.srcdir), freshenv=True)
    assert broken.warnings.count("WARNING") == broken.warnings.count("[layered_view.description]") == 1
    assert "Keras is not installed" not in broken.app.status.getvalue()
    for path in (Path(first.app.srcdir) / "described").iterdir():
        path.unlink()
    assert "[layered_view.framework]" in built(Path(first.app.srcdir), freshenv=True).warnings
