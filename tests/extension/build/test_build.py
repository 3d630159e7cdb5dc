"""Edits made and undone: what is read, described, drawn and written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from project import FILES, Project

from sphinxext_layered.extension.build.state import Build


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_one_child_describes_all_models_and_the_next_build_does_nothing(project: Project) -> None:
    first = project.build()
    assert (first.children, first.warnings) == (1, "")
    assert len(first.images) == 2
    second = project.build()
    assert (second.children, second.read, second.written, second.warnings) == (0, set(), set(), "")
    assert second.images == first.images


def test_the_same_request_on_two_pages_is_described_and_drawn_once(project: Project) -> None:
    project.put("two.rst", FILES["one.rst"])
    outcome = project.build()
    assert outcome.children == 1
    assert len(outcome.images) == 1
    assert all(name in outcome.text(page) for name in outcome.images for page in ("one.html", "two.html"))


def test_a_change_of_the_model_rewrites_only_its_pages_and_reads_none(project: Project) -> None:
    first = project.build()
    project.edit("shared.py", "300", "600")
    second = project.build()
    assert (second.children, second.read) == (1, set())
    assert "one" in second.written
    assert not {"two", "prose"} & second.written
    assert len(second.images) == 2
    assert second.images != first.images


def test_a_data_file_that_the_model_opened_counts(project: Project) -> None:
    project.build()
    project.edit("size.txt", "8", "16")
    second = project.build()
    assert second.children == 1
    assert "one" in second.written


def test_an_undone_edit_is_a_hit(project: Project) -> None:
    first = project.build()
    project.edit("shared.py", "300", "600")
    project.build()
    project.edit("shared.py", "600", "300")
    third = project.build()
    assert third.children == 0
    assert third.images == first.images
    assert "one" in third.written


def test_touching_a_source_is_no_change(project: Project) -> None:
    project.build()
    for name in ("nets.py", "shared.py", "size.txt"):
        os.utime(project.docs / name)
    second = project.build()
    assert (second.children, second.written) == (0, set())


def test_a_changed_drawing_option_starts_no_child(project: Project) -> None:
    first = project.build()
    project.edit("one.rst", "nets:small\n", "nets:small\n   :legend:\n")
    second = project.build()
    assert (second.children, second.read) == (0, {"one"})
    assert len(second.images) == len(first.images)
    assert second.images != first.images


def test_changed_defaults_read_no_page_again_and_rewrite_those_whose_pictures_differ(project: Project) -> None:
    project.put("two.rst", "Two\n===\n\n.. layered-view:: others:other\n   :spacing: 9\n")
    project.build()
    second = project.build(confoverrides={"layered_view_defaults.spacing": "30"})
    assert (second.children, second.read) == (0, set())
    assert "one" in second.written
    assert "two" not in second.written


def test_html_and_dirhtml_share_doctrees_and_are_both_right(project: Project) -> None:
    project.build("html")
    project.build("dirhtml")
    project.edit("shared.py", "300", "600")
    html, dirhtml = project.build("html"), project.build("dirhtml")
    assert (html.children, dirhtml.children) == (1, 0)
    assert "one" in html.written
    assert "one" in dirhtml.written
    assert html.images == dirhtml.images
    assert project.build("html").written == set()


def test_deleted_doctrees_start_no_child(project: Project) -> None:
    first = project.build()
    project.clean()
    second = project.build()
    assert second.children == 0
    assert second.images == first.images


def test_a_moved_checkout_starts_no_child(project: Project, tmp_path: Path) -> None:
    first = project.build()
    moved = Project(tmp_path / "elsewhere")
    shutil.copytree(project.cache, moved.cache)
    second = moved.build()
    assert second.children == 0
    assert second.images == first.images


def test_a_picture_deleted_from_the_output_comes_back(project: Project) -> None:
    first = project.build()
    name = next(iter(first.images))
    (first.out / "_images" / name).unlink()
    assert project.build().images == first.images


def test_a_deleted_output_folder_is_written_again(project: Project) -> None:
    first = project.build()
    shutil.rmtree(first.out)
    second = project.build()
    assert second.children == 0
    assert second.images == first.images


def test_stale_pictures_of_ours_leave_and_others_stay(project: Project) -> None:
    first = project.build()
    theirs = first.out / "_images" / "small-0123456789ab.png"
    theirs.write_bytes(b"not ours")
    project.edit("one.rst", ".. layered-view:: nets:small\n", "Gone.\n")
    second = project.build()
    assert second.images.keys() == {name for name in first.images if name.startswith("other-")} | {theirs.name}


def test_file_names_are_readable_and_unique(project: Project) -> None:
    assert sorted(name.rpartition("-")[0] for name in project.build().images) == ["other", "small"]


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "dummy", "changes", "doctest", "coverage"])
def test_builders_that_show_nothing_do_nothing(project: Project, builder: str) -> None:
    project.edit("conf.py", '"sphinxext_layered"]', '"sphinxext_layered", "sphinx.ext.doctest", "sphinx.ext.coverage"]')
    outcome = project.build(builder)
    assert (outcome.children, outcome.warnings) == (0, "")
    assert not project.cache.exists()


def test_text_and_man_need_the_description_alone(project: Project) -> None:
    outcome = project.build("text")
    assert outcome.children == 1
    assert not list(project.cache.rglob("*.png"))
    assert "2 layers" in outcome.text("one.txt")


def test_latex_gets_pdf_and_html_png_from_one_description(project: Project) -> None:
    html, latex = project.build("html"), project.build("latex")
    assert (html.children, latex.children) == (1, 0)
    assert {Path(name).suffix for name in html.images} == {".png"}
    assert {Path(name).suffix for name in latex.images} == {".pdf"}


def test_a_failure_is_reported_on_every_build_until_it_is_fixed(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:broken\n")
    first, second = project.build(), project.build()
    for outcome in (first, second):
        assert f"{project.docs / 'one.rst'}:4: WARNING: " in outcome.warnings
        assert outcome.warnings.count("[layered_view.model]") == 1
        assert "nothing works" in outcome.text("one.html")
        assert any(name.startswith("other-") for name in outcome.images)
    assert second.written == set()
    project.edit("nets.py", 'raise ValueError("nothing works")', "return Model(3)")
    third = project.build()
    assert third.warnings == ""
    assert "one" in third.written
    assert any(name.startswith("broken-") for name in third.images)


@pytest.mark.parametrize(("verbosity", "whole"), [(-1, False), (0, False), (1, True)])
def test_the_whole_traceback_is_shown_when_asked_for(project: Project, verbosity: int, whole: bool) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:broken\n")
    outcome = project.build(verbosity=verbosity)
    assert ("Traceback" in outcome.warnings) is whole


def test_names_and_indices_that_the_model_lacks_are_reported_on_every_build(project: Project) -> None:
    project.put(
        "one.rst",
        "One\n===\n\n.. layered-view:: nets:small\n   :type-ignore: Dens\n   :index-2d: 0, 7-14\n",
    )
    for outcome in (project.build(), project.build()):
        assert "one.rst:4: WARNING: nets:small: type-ignore: 'Dens'" in outcome.warnings
        assert "did you mean 'Dense'?" in outcome.warnings
        assert "index-2d: this model has no layer 7, 8, 9, 10, 11 and 3 more; its layers have" in outcome.warnings
        assert outcome.warnings.count("[layered_view.option]") == 2


def test_defaults_may_name_what_one_model_lacks(project: Project) -> None:
    assert project.build(confoverrides={"layered_view_defaults": {"type_ignore": "Dropout"}}).warnings == ""


def test_parallel_builds_give_the_same_bytes_with_one_child(project: Project, tmp_path: Path) -> None:
    one = project.build()
    two = Project(tmp_path / "two").build(parallel=2)
    assert two.children == 1
    assert two.images == one.images
    assert two.text("one.html") == one.text("one.html")


def test_both_themes_are_drawn_and_named(project: Project) -> None:
    outcome = project.build(confoverrides={"layered_view_theme": "both"})
    assert sorted(name.rpartition("-")[0] for name in outcome.images) == ["other", "other-dark", "small", "small-dark"]


def test_a_build_that_was_interrupted_while_writing_is_repaired_after_the_edit_is_undone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = project.build()
    project.edit("shared.py", "300", "600")

    def interrupt(build: Build) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Build, "note_written", interrupt)
        with pytest.raises(KeyboardInterrupt):
            project.build()
    project.edit("shared.py", "600", "300")
    third = project.build()
    assert third.images == first.images
    assert third.text("one.html") == project.build().text("one.html")
    assert all(name in third.text("one.html") + third.text("two.html") for name in first.images)


@pytest.mark.parametrize("place", ["one.rst", "conf.py"])
def test_a_substitution_that_no_page_uses_is_neither_drawn_nor_warned_of(project: Project, place: str) -> None:
    substitution = ".. |net| layered-view:: nets:broken"
    project.put("one.rst", f"One\n===\n\n{substitution if place == 'one.rst' else 'No net.'}\n")
    if place == "conf.py":
        project.edit("conf.py", "extensions", f"rst_prolog = {substitution!r}\nextensions")
    outcome = project.build()
    assert (outcome.warnings, [name.rpartition("-")[0] for name in outcome.images]) == ("", ["other"])
    project.put("one.rst", (project.docs / "one.rst").read_text() + "\nA |net| in a line.\n")
    assert project.build().warnings.count("[layered_view.model]") == 1


def test_a_picture_that_is_too_large_names_options_as_pages_do(project: Project) -> None:
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:small\n   :max-width: none\n   :padding: 100000\n")
    (warning,) = project.build().warnings.splitlines()
    assert "set max-width, decrease scale-xy" in warning
