"""A page that stays as it is rests on what the last build knew, for as long as that holds."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project

from sphinxext_layered.cache import DAY, Cache
from sphinxext_layered.extension import receipt as receipts


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is looked up in the cache."""
    counted: Counter[str] = Counter()
    for name in ("states", "has_description", "picture"):
        original = getattr(Cache, name)

        def count(self: Cache, key: str, name: str = name, original: Callable[..., object] = original) -> object:
            counted[name] += 1
            return original(self, key)

        monkeypatch.setattr(Cache, name, count)
    return counted


def receipt_of(project: Project) -> Path:
    (path,) = (project.out / "doctrees" / "layered_view").glob("*.receipt")
    return path


def test_nothing_is_looked_up_for_pages_that_stay_as_they_are(project: Project, looked_up: Counter[str]) -> None:
    first = project.build()
    looked_up.clear()
    again = project.build()
    assert looked_up == {}
    assert (again.warnings, again.children, again.written, again.pages) == ("", 0, set(), first.pages)


def test_only_the_page_that_was_read_is_looked_up(project: Project, looked_up: Counter[str]) -> None:
    project.build()
    looked_up.clear()
    project.edit("one.rst", "One\n===\n", "One\n===\n\nMore.\n")
    assert project.build().children == 0
    assert looked_up == {"states": 1, "has_description": 1, "picture": 1}
    looked_up.clear()
    project.build()
    assert looked_up == {}


@pytest.mark.parametrize("name", ["nets.py", "shared.py", "size.txt"])
def test_a_changed_source_of_one_model_is_seen(project: Project, name: str) -> None:
    project.build()
    project.build()
    changed = {"nets.py": ("layers=2", "layers=3"), "shared.py": ("300", "900"), "size.txt": ("8", "30")}[name]
    kept = os.stat(project.docs / name)
    project.edit(name, *changed)
    # Not by its time: a checkout may give an old one.
    os.utime(project.docs / name, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    outcome = project.build()
    assert (outcome.children, outcome.written) == (1, {"one", "index"})


def test_an_undone_edit_is_as_if_nothing_had_been(project: Project) -> None:
    first = project.build()
    project.edit("size.txt", "8", "30")
    project.build()
    project.edit("size.txt", "30", "8")
    undone = project.build()
    assert (undone.children, undone.images, undone.pages) == (0, first.images, first.pages)


@pytest.mark.parametrize(
    "line",
    [
        'layered_view_defaults = {"legend": True}',
        "layered_view_max_width = 60",
        'layered_view_formats = {"html": "svg"}',
        'layered_view_theme = "dark"',
        'layered_view_environment = {"SOME": "thing"}',
    ],
)
def test_a_changed_setting_is_seen(project: Project, line: str) -> None:
    first = project.build()
    project.build()
    project.edit("conf.py", "extensions", f"{line}\nextensions")
    changed = project.build()
    assert changed.warnings == ""
    if "environment" in line:
        assert changed.children == 1
    else:
        assert changed.images != first.images


@pytest.mark.parametrize("gone", ["one.html", "_images"])
def test_a_page_that_is_written_after_all_finds_its_picture(project: Project, gone: str) -> None:
    first = project.build()
    path = project.out / "html" / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = project.build()
    assert "one" in again.written
    assert (again.warnings, again.children, again.read) == ("", 0, set())
    assert (again.images, again.pages) == (first.images, first.pages)
    assert project.build().written == set()


def test_every_page_is_written_anew_without_a_child(project: Project) -> None:
    for number in range(8):
        project.put(f"more{number}.rst", f":orphan:\n\nMore\n====\n\n.. layered-view:: nets:small({number + 3})\n")
    first = project.build()
    project.edit("conf.py", "extensions", 'html_title = "Another title"\nextensions')
    themed = project.build(parallel=2)
    assert (themed.warnings, themed.children, themed.images) == ("", 0, first.images)
    assert {"one", "two"} <= themed.written


def test_a_cache_that_has_gone_is_made_anew(project: Project) -> None:
    first = project.build()
    shutil.rmtree(project.cache)
    again = project.build()
    assert (again.warnings, again.children, again.images, again.pages) == ("", 1, first.images, first.pages)


@pytest.mark.parametrize("room", ["descriptions", "pictures"])
def test_what_is_damaged_in_the_cache_does_not_reach_a_page(project: Project, room: str) -> None:
    first = project.build()
    for path in (project.cache / "1" / room).rglob("*.*"):
        path.write_bytes(b"damaged")
    (project.out / "html" / "one.html").unlink()
    late = project.build()
    project.edit("one.rst", "One\n===\n", "One\n===\n\nMore.\n")
    mended = project.build()
    assert mended.warnings == ""
    assert mended.images == first.images
    if room == "pictures":  # they can be drawn again at once
        assert (late.warnings, late.images) == ("", first.images)
    else:
        assert "build again" in late.warnings
        assert mended.children == 1


def test_the_cache_is_looked_through_once_a_day(
    project: Project, looked_up: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build()
    looked_up.clear()
    now = time.time()
    monkeypatch.setattr(receipts.time, "time", lambda: now + DAY - 60)
    project.build()
    assert looked_up == {}
    monkeypatch.setattr(receipts.time, "time", lambda: now + DAY + 60)
    assert project.build().written == set()
    assert looked_up["picture"] == 2
    looked_up.clear()
    project.build()
    assert looked_up == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"guard": 1}', "null", "\0"])
def test_a_receipt_that_cannot_be_read_is_made_anew(project: Project, content: str) -> None:
    first = project.build()
    kept = json.loads(receipt_of(project).read_text())
    receipt_of(project).write_text(content)
    again = project.build()
    assert (again.warnings, again.children, again.pages) == ("", 0, first.pages)
    assert json.loads(receipt_of(project).read_text())["pages"].keys() == kept["pages"].keys() == {"one", "two"}


@pytest.mark.parametrize("part", ['"', "[]", "{}", '["a", "b", [{}], [3]]', "7"])
def test_a_part_that_cannot_be_read_is_looked_up(project: Project, part: str) -> None:
    project.build()
    document = json.loads(receipt_of(project).read_text())
    document["pages"]["one"] = part
    receipt_of(project).write_text(json.dumps(document))
    again = project.build()
    assert (again.warnings, again.children, again.written) == ("", 0, set())


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (".. layered-view:: nets:broken\n", "nothing works"),
        (".. layered-view:: nets:small\n   :index-ignore: 77\n", "no layer 77"),
    ],
)
def test_a_page_that_there_is_something_to_say_of_is_looked_up_each_time(
    project: Project, page: str, said: str
) -> None:
    project.put("one.rst", f"One\n===\n\n{page}")
    for _ in range(3):
        assert said in project.build().warnings
    assert json.loads(receipt_of(project).read_text())["pages"].keys() == {"two"}


def test_another_version_of_this_package_looks_everything_up(
    project: Project, looked_up: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build()
    looked_up.clear()
    monkeypatch.setattr(receipts, "stamp", lambda: "another")
    project.build()
    assert looked_up["picture"] == 2


def test_builders_do_not_take_one_another_s_receipts(project: Project) -> None:
    html = project.build()
    assert project.build("dirhtml").children == 0
    assert len(list((project.out / "doctrees" / "layered_view").glob("*.receipt"))) == 2
    assert project.build("latex").images.keys().isdisjoint(html.images)
    assert project.build().written == set()
