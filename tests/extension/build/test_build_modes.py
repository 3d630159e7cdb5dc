"""The modes, and descriptions that are committed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from project import Project

from sphinxext_layered.description import ModelDescription

COMMITTED = {"layered_view_descriptions_dir": "described"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_refresh_describes_and_draws_everything_again(project: Project) -> None:
    first = project.build()
    second = project.build(confoverrides={"layered_view_mode": "refresh"})
    assert (second.children, second.written) == (1, set())
    assert second.images == first.images


def test_off_draws_nothing_and_warns_of_nothing(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:broken\n")
    outcome = project.build(confoverrides={"layered_view_mode": "off"})
    assert (outcome.children, outcome.images, outcome.warnings) == (0, {}, "")
    assert "nets:broken" in outcome.text("one.html")
    assert not project.cache.exists()
    assert len(project.build().images) == 1


def test_cached_starts_no_child_and_warns_of_what_is_missing_on_every_build(project: Project) -> None:
    for _ in range(2):
        outcome = project.build(confoverrides={"layered_view_mode": "cached"})
        assert (outcome.children, outcome.images) == (0, {})
        assert outcome.warnings.count("[layered_view.missing]") == 2
        assert f"{project.docs / 'one.rst'}:4: WARNING: " in outcome.warnings
        assert "nets:small" in outcome.text("one.html")


def test_cached_draws_from_the_cache_and_warns_of_what_is_stale(project: Project) -> None:
    first = project.build()
    project.edit("shared.py", "300", "600")
    second = project.build(confoverrides={"layered_view_mode": "cached"})
    assert (second.children, second.images) == (0, first.images)
    assert second.warnings.count("[layered_view.stale]") == 1
    assert "one.rst:4: WARNING: nets:small" in second.warnings
    assert "shared.py (changed)" in second.warnings


def test_committed_descriptions_are_readable_and_of_stable_names(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    small, other = sorted((project.docs / "described").iterdir(), reverse=False)
    assert small.name.startswith("nets-small-")
    assert other.name.startswith("others-other-")
    document = json.loads(small.read_text("utf-8"))
    assert document["model"] == "nets:small"
    assert {"nets.py", "shared.py", "size.txt"} <= {name.rpartition("/")[2] for name in document["made_from"]["files"]}
    assert [layer["name"] for layer in document["description"]["layers"]] == ["layer0", "layer1"]
    assert str(project.folder) not in small.read_text("utf-8")


def test_cached_builds_everything_from_committed_descriptions_alone(project: Project) -> None:
    first = project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    second = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert (second.children, second.warnings) == (0, "")
    assert second.images == first.images


def test_a_stale_committed_description_is_drawn_with_a_warning(project: Project) -> None:
    first = project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    project.edit("size.txt", "8", "9")
    second = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert second.images == first.images
    assert second.warnings.count("[layered_view.stale]") == 1
    assert "size.txt (changed)" in second.warnings


def test_auto_needs_no_child_where_the_committed_descriptions_hold(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    assert project.build(confoverrides=COMMITTED).children == 0


def test_committed_descriptions_are_written_only_when_they_change(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    folder = project.docs / "described"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    project.build(confoverrides=COMMITTED)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    project.edit("shared.py", "300", "600")
    project.build(confoverrides=COMMITTED)
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert after.keys() == before.keys()
    assert {name.rpartition("-")[0] for name in after if after[name] != before[name]} == {"nets-small"}


def test_a_committed_description_that_was_deleted_is_written_from_the_cache(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    (path,) = (project.docs / "described").glob("nets-*")
    text = path.read_text("utf-8")
    path.unlink()
    assert project.build(confoverrides=COMMITTED).children == 0
    assert path.read_text("utf-8") == text


def test_a_committed_description_may_have_the_newlines_of_windows(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    for path in (project.docs / "described").iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert outcome.warnings == ""
    assert len(outcome.images) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[]", "it does not have the schema"),
        ('{"schema": "layered-view-committed/1"}', "made_from: "),
        ("[" * 5000, "it is not JSON"),
        (
            '{"schema": "layered-view-committed/1", "made_from": {}, "description": '
            + '{"a": ' * 600
            + "1"
            + "}" * 601,
            "description: it is nested too deeply",
        ),
    ],
)
def test_a_broken_committed_description_says_what_is_the_matter(project: Project, text: str, said: str) -> None:
    project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    (path,) = (project.docs / "described").glob("nets-*")
    path.write_text(text)
    outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert outcome.warnings.count("[layered_view.description]") == outcome.warnings.count("WARNING") == 1
    assert f"one.rst:4: WARNING: nets:small: described/{path.name}: {said}" in outcome.warnings
    assert (project.build(confoverrides=COMMITTED).warnings, path.read_text()[:2]) == ("", "{\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('"layers": [', '"levels": [', "levels"), ('"description": {', '"other": {', "not a description")],
)
def test_a_committed_description_that_is_no_description_is_not_drawn(
    project: Project, old: str, new: str, said: str
) -> None:
    project.build(confoverrides=COMMITTED)
    project.clean(cache=True)
    (path,) = (project.docs / "described").glob("nets-*")
    project.edit(f"described/{path.name}", old, new)
    for _ in range(2):
        outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
        assert outcome.warnings.count("[layered_view.description]") == outcome.warnings.count("WARNING") == 1
        assert re.search(rf"one\.rst:4: WARNING: nets:small: described/{path.name}: .*{said}", outcome.warnings)
    assert project.build(confoverrides=COMMITTED).warnings == ""
    assert old in path.read_text("utf-8")


def test_a_committed_description_is_read_whole_only_to_be_drawn(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build(confoverrides=COMMITTED)
    read: list[object] = []
    really_read = ModelDescription.from_document

    def note_and_read(document: object) -> ModelDescription:
        read.append(document)
        return really_read(document)

    monkeypatch.setattr(ModelDescription, "from_document", note_and_read)
    outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert (outcome.warnings, read) == ("", [])
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:small\n   :spacing: 33\n")
    outcome = project.build(confoverrides={**COMMITTED, "layered_view_mode": "cached"})
    assert (outcome.warnings, len(read)) == ("", 1)


def test_a_page_may_refer_to_a_description_itself(project: Project) -> None:
    project.build(confoverrides=COMMITTED)
    (path,) = (project.docs / "described").glob("nets-*")
    document = json.loads(path.read_text("utf-8"))["description"]
    (project.docs / "net.json").write_text(json.dumps(document))
    project.put("one.rst", "One\n===\n\n.. layered-view:: net.json\n")
    outcome = project.build(confoverrides={"layered_view_mode": "cached"})
    assert (outcome.children, outcome.warnings) == (0, "")
    assert any(name.startswith("net-") for name in outcome.images)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (":input-shape: (3, 4)", "option input-shape: a description already contains shapes"),
        (":text-callable: nets:small", "option text-callable: a description has no layers to pass to a function"),
    ],
)
def test_what_a_description_cannot_follow_is_refused_as_in_python(project: Project, option: str, said: str) -> None:
    project.build(confoverrides=COMMITTED)
    (path,) = (project.docs / "described").glob("nets-*")
    path.rename(project.docs / "net.json")
    project.put("one.rst", f"One\n===\n\n.. layered-view:: net.json\n   {option}\n")
    outcome = project.build()
    assert f"one.rst:4: WARNING: net.json: {said}" in outcome.warnings
    assert outcome.warnings.count("[layered_view.option]") == outcome.warnings.count("WARNING") == 1
