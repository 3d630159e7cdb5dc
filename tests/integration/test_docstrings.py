"""In the docstring of what builds a model, the directive needs no argument; short names are those of the module."""

from __future__ import annotations

import re
from typing import Any

import pytest

AUTODOC = ("sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode")


def targets(outcome: Any, page: str = "index") -> list[str]:
    return [request["target"] for request in outcome.app.env.layered_views.get(page, [])]


@pytest.mark.parametrize("theme", ["basic", "pydata_sphinx_theme"])
def test_autodoc_draws_what_it_documents(project: Any, theme: str) -> None:
    page = (
        "Nets\n====\n\n.. autofunction:: nets.small\n\n"
        ".. autoclass:: nets.Net\n   :members: build\n   :special-members: __init__\n"
    )
    outcome = project({"index.rst": page}, *AUTODOC, conf=f"html_theme = {theme!r}").build()
    assert outcome.warnings == ""
    assert set(targets(outcome)) == {"nets:small", "nets:Net", "nets:Net.build"}
    assert len(targets(outcome)) == 4
    assert len(outcome.images) == (4 if theme == "basic" else 8)  # pydata gets dark pictures, too
    assert outcome.children == 1


def test_a_section_of_napoleon_follows_the_picture(project: Any) -> None:
    outcome = project({"index.rst": "T\n=\n\n.. autofunction:: nets.small\n"}, *AUTODOC).build()
    html = outcome.text("index.html")
    assert outcome.warnings == ""
    assert html.index("Build a small model") < html.index("_images/small") < html.index("How large it is")
    assert "[source]" in html


def test_autosummary_makes_pages_with_pictures(project: Any) -> None:
    page = "T\n=\n\n.. autosummary::\n   :toctree: api\n\n   nets.small\n   nets.Net\n"
    outcome = project({"index.rst": page}, *AUTODOC, "sphinx.ext.autosummary").build()
    assert outcome.warnings == ""
    assert targets(outcome) == []
    assert targets(outcome, "api/nets.small") == ["nets:small"]
    assert "nets:Net" in targets(outcome, "api/nets.Net")
    assert "Build a small model." in outcome.text("index.html")
    assert 'src="../_images/small' in outcome.text("api/nets.small.html")


def test_a_failure_is_warned_of_at_its_docstring(project: Any) -> None:
    files = {
        "index.rst": "T\n=\n\n.. autofunction:: broken.build\n",
        "broken.py": 'def build():\n    """Build.\n\n    .. layered-view::\n    """\n    raise ValueError("no data")\n',
    }
    outcome = project(files, *AUTODOC).build()
    assert re.search(r"broken\.py:docstring of broken\.build:\d+: WARNING: broken:build: .*no data", outcome.warnings)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("small", "nets:small"),
        ("small(size=3)", "nets:small(size=3)"),
        ("Net.build", "nets:Net.build"),
        ("Net.build()", "nets:Net.build()"),
        ("nets.small", "nets:small"),
        ("nets:Net.build", "nets:Net.build"),
        ("others.tiny", "others:tiny"),
        ("elsewhere.models:build", "elsewhere.models:build"),
    ],
)
def test_short_names_are_those_of_the_current_module(project: Any, written: str, meant: str) -> None:
    page = f"T\n=\n\n.. py:currentmodule:: nets\n\n.. layered-view:: {written}\n"
    outcome = project({"index.rst": page, "others.py": "from nets import small as tiny\n"}).build("dummy")
    assert (outcome.warnings, targets(outcome)) == ("", [meant])


def test_a_dotted_name_is_whole_where_the_current_module_is_of_another_environment(project: Any) -> None:
    page = "T\n=\n\n.. py:currentmodule:: far.away\n\n.. layered-view:: far.models.build\n"
    assert targets(project({"index.rst": page}).build("dummy")) == ["far.models:build"]


def test_a_relative_path_is_meant_from_conf_py(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "T\n=\n\n.. layered-view:: within:small\n   :show-source:\n"
    made = project({"index.rst": page}, conf="sys.path.insert(0, '../inner')")
    (made.folder / "inner").mkdir()
    (made.folder / "inner" / "within.py").write_text((made.docs / "nets.py").read_text())
    monkeypatch.chdir("/")
    outcome = made.build()
    assert outcome.warnings == ""
    assert len(outcome.images) == 1
    assert made.build().children == 0
