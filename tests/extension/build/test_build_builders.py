"""Every builder, cold and warm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from project import FILES, Project

SHOWING = ["html", "dirhtml", "singlehtml", "epub", "latex", "texinfo", "json", "htmlhelp"]
SAYING = ["text", "man"]
SILENT = ["xml", "pseudoxml", "gettext", "dummy"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    settings = (
        'version = "1"\nepub_show_urls = "no"\n'
        'man_pages = [("index", "t", "t", ["a"], 1)]\nepub_copyright = "c"\nauthor = copyright = "a"\n'
    )
    return Project(tmp_path, {**FILES, "conf.py": FILES["conf.py"] + settings})


@pytest.mark.parametrize("builder", SHOWING + SAYING)
def test_a_cold_build_starts_one_child_and_a_warm_one_none(project: Project, builder: str) -> None:
    cold, warm = project.build(builder), project.build(builder)
    assert (cold.children, cold.warnings) == (1, "")
    assert (warm.children, warm.warnings) == (0, "")
    assert warm.images == cold.images
    assert len(cold.images) == (2 if builder in SHOWING else 0)


@pytest.mark.parametrize("builder", SILENT)
def test_builders_that_show_nothing_start_no_child(project: Project, builder: str) -> None:
    outcome = project.build(builder)
    assert (outcome.children, outcome.warnings) == (0, "")
    assert not project.cache.exists()


def test_one_cache_serves_all_builders_in_turn(project: Project) -> None:
    assert [project.build(builder).children for builder in ("html", "latex", "text", "epub")] == [1, 0, 0, 0]


def test_a_book_holds_no_stale_picture(project: Project) -> None:
    project.build("epub")
    project.edit("one.rst", "nets:small\n", "nets:small\n   :legend:\n")
    outcome = project.build("epub")
    (book,) = outcome.out.glob("*.epub")
    packed = {Path(name).name for name in zipfile.ZipFile(book).namelist() if "_images/" in name}
    assert packed == set(outcome.images)
    assert len(packed) == 2


def test_a_missing_framework_is_one_message_with_its_remedy(project: Project) -> None:
    for name in ("keras", "tensorflow", "tf_keras"):
        project.put(f"{name}.py", f"raise ModuleNotFoundError({f'No module named {name!r}'!r}, name={name!r})\n")
    project.put("nets.py", "def small():\n    import keras\n    return keras.Sequential([])\n")
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:small\n\n.. layered-view:: nets:small\n   :legend:\n")
    project.put("prose.rst", "Prose\n=====\n\n.. layered-view:: nets:small\n")
    outcome = project.build()
    assert outcome.warnings.count("[layered_view.framework]") == 1
    assert "one.rst:4: WARNING" in outcome.warnings
    assert "2 more" in outcome.warnings
    assert outcome.warnings.count("WARNING") == 1
    assert [name.rpartition("-")[0] for name in outcome.images] == ["other"]
    assert "nets:small" in outcome.text("prose.html")


def test_modules_that_are_not_allowed_are_refused_also_when_their_picture_is_known(project: Project) -> None:
    project.build()
    outcome = project.build(confoverrides={"layered_view_modules": "others"})
    assert outcome.children == 0
    assert outcome.warnings.count("WARNING") == 1
    assert "one.rst:4" in outcome.warnings
    assert "layered_view_modules" in outcome.warnings


def test_downloads_are_drawn_in_their_formats(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:small\n   :download: svg, pdf\n")
    outcome = project.build()
    assert (outcome.children, outcome.warnings) == (1, "")
    found = {path.suffix for path in (outcome.out / "_downloads").rglob("*.*")}
    assert found == {".svg", ".pdf"}
    assert project.build().written == set()


def test_paths_with_spaces_and_other_letters(tmp_path: Path) -> None:
    project = Project(tmp_path / "Größe 模型")
    assert project.build().warnings == ""
    assert len(project.build().images) == 2
