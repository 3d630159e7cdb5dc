"""The README as package indexes show it, and the project's links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_pictures_and_links_are_absolute_since_package_indexes_have_no_files_beside_the_readme() -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    assert len(targets) >= 5
    assert not [target for target in targets if not target.startswith("https://")]


def test_the_picture_is_a_file_of_the_repository() -> None:
    found = re.search(r"!\[[^]]+\]\(https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/main/([^)]+)\)", README)
    assert found
    assert (ROOT / found[1]).is_file()


def test_links_begin_with_the_project_s_own_urls() -> None:
    urls = PROJECT["urls"]
    assert {"Documentation", "Repository", "Issues"} <= urls.keys()
    own = (urls["Documentation"], urls["Repository"], "https://raw.githubusercontent.com/")
    assert not [link for link in re.findall(r"https://[^)\s]+", README) if not link.startswith(own)]
    manual = (ROOT / "example_docs" / "index.rst").read_text("utf-8")
    assert urls["Repository"] in manual
    assert urls["Repository"] in (ROOT / "CITATION.cff").read_text("utf-8")


def test_extras_that_readers_are_told_to_install_exist() -> None:
    pages = [README, *(path.read_text("utf-8") for path in (ROOT / "example_docs").rglob("*.rst"))]
    named = {extra for text in pages for extra in re.findall(r"sphinxext-layered\[([\w-]+)\]", text)}
    assert "tensorflow-cpu" in named
    assert named <= PROJECT["optional-dependencies"].keys()
