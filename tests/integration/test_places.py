"""Wherever a directive can stand: included files, tables, lists, tabs, cards, substitutions, conditions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

HEAD = "Title\n=====\n\n"
PICTURE = ".. layered-view:: nets:small"

PLACES = {
    "list": "- first\n\n  1. .. layered-view:: nets:small\n\n- .. layered-view:: nets:Net\n",
    "definition": "term\n   .. layered-view:: nets:small\n\n:field:\n   .. layered-view:: nets:Net\n",
    "grid table": (
        "+--------------------------------+---------------------------------+\n"
        "| .. layered-view:: nets:small   | text                            |\n"
        "|    :scale-xy: 2                |                                 |\n"
        "|                                | .. layered-view:: nets:Net      |\n"
        "+--------------------------------+---------------------------------+\n"
    ),
    "list table": ".. list-table::\n\n   * - .. layered-view:: nets:small\n     - .. layered-view:: nets:Net\n",
    "csv table": '.. csv-table::\n\n   ".. layered-view:: nets:small", ".. layered-view:: nets:Net"\n',
    "admonition": (
        ".. note::\n\n   .. layered-view:: nets:small\n\n   .. warning::\n\n      .. layered-view:: nets:Net\n\n"
        "         A caption.\n"
    ),
    "tabs": (
        ".. tab-set::\n\n   .. tab-item:: One\n\n      .. layered-view:: nets:small\n\n   .. tab-item:: Two\n\n"
        "      .. layered-view:: nets:Net\n         :summary: collapsed\n"
    ),
    "cards": (
        ".. grid:: 2\n\n   .. grid-item-card:: Card\n\n      .. layered-view:: nets:small\n\n"
        ".. dropdown:: More\n\n   .. layered-view:: nets:Net\n"
    ),
    "substitution": (
        "In |a| line, and |b|.\n\n.. |a| layered-view:: nets:small\n   :height: 2em\n.. |b| layered-view:: nets:Net\n"
    ),
    "quotation and topic": "   .. layered-view:: nets:small\n\n.. topic:: Aside\n\n   .. layered-view:: nets:Net\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_picture_stands_in_its_place_and_stays_there(project: Any, place: str) -> None:
    made = project({"index.rst": HEAD + PLACES[place]}, "sphinx_design")
    outcome = made.build()
    assert outcome.warnings == ""
    assert len(outcome.images) == 2
    html = outcome.text("index.html")
    assert all(f"_images/{name}" in html for name in outcome.images)
    again = made.build()
    assert (again.children, again.written, again.warnings) == (0, set(), "")


BLOCK = r'<div class="layered-view-block"><a class="[^"]* image-reference" href="_images/[^"]*">'


def test_the_parts_of_a_design_hold_their_own_pictures(project: Any) -> None:
    html = project({"index.rst": HEAD + PLACES["tabs"] + "\n" + PLACES["cards"]}, "sphinx_design").build()
    html = html.text("index.html")
    assert re.search(rf'<div class="sd-tab-content[^>]*>\s*{BLOCK}<img[^>]*_images/small', html)
    assert re.search(rf'<div class="sd-tab-content[^>]*>\s*{BLOCK}<img[^>]*_images/net', html)
    assert re.search(rf'<div class="sd-card-title[^>]*>\s*Card</div>\s*{BLOCK}<img[^>]*_images/small', html)


@pytest.mark.parametrize("directive", ["include:: /parts/part.txt", "include:: ../parts/part.txt"])
def test_an_included_file_draws_for_each_page_and_is_named_in_warnings(project: Any, directive: str) -> None:
    part = "Shared words.\n\n.. layered-view:: nets:small\n\n.. layered-view:: nets:nothing\n"
    files = {
        "index.rst": HEAD + ".. toctree::\n\n   sub/one\n   sub/two\n",
        "sub/one.rst": HEAD + f".. {directive}\n",
        "sub/two.rst": HEAD + f".. {directive}\n",
        "parts/part.txt": part,
    }
    outcome = project(files).build()
    assert len(outcome.images) == 1
    assert outcome.text("sub/one.html").count("_images/small") == outcome.text("sub/two.html").count("_images/small")
    assert re.search(r"parts/part\.txt:5: WARNING: nets:nothing", outcome.warnings.replace("\\", "/"))


def test_a_description_is_found_relative_to_the_page(project: Any) -> None:
    made = project({"index.rst": HEAD + PICTURE + "\n"}, conf="layered_view_descriptions_dir = 'kept'")
    made.build()
    (kept,) = (made.docs / "kept").glob("*.json")
    text = json.dumps(json.loads(kept.read_text("utf-8"))["description"])
    made.put("sub/models/net.json", text)
    made.put("sub/page.rst", HEAD + ".. layered-view:: models/net.json\n\n.. layered-view:: /sub/models/net.json\n")
    made.edit("index.rst", PICTURE, ".. toctree::\n\n   sub/page")
    made.put("nets.py", "raise SystemExit\n")
    outcome = made.build()
    assert (outcome.warnings, outcome.children) == ("", 0)
    assert outcome.text("sub/page.html").count('src="../_images/net-') == 2


# -- only, ifconfig ------------------------------------------------------------------------------------

ONLY = HEAD + (
    ".. only:: {condition}\n\n   - in a list\n\n     .. layered-view:: nets:small\n        :summary:\n"
    "        :download:\n\n        A caption.\n"
)


@pytest.mark.parametrize("condition", ["latex", "not html", "html and draft"])
def test_what_a_condition_drops_is_not_made_nor_warned_of(project: Any, condition: str) -> None:
    text = ONLY.format(condition=condition)
    made = project({"index.rst": text, "nets.py": "raise ValueError('not for this builder')\n"})
    outcome = made.build()
    assert (outcome.warnings, outcome.children, outcome.images) == ("", 0, {})
    assert not (outcome.out / "_downloads").exists()
    assert "in a list" not in outcome.text("index.html")


def test_each_builder_makes_what_it_shows(project: Any) -> None:
    made = project({"index.rst": ONLY.format(condition="latex")})
    assert made.build("html").images == {}
    latex = made.build("latex")
    assert (len(latex.images), latex.children, latex.warnings) == (1, 1, "")
    assert made.build("text").children == 0


def test_a_tag_brings_the_picture_and_takes_it_away(project: Any) -> None:
    made = project({"index.rst": ONLY.format(condition="draft")})
    assert made.build().images == {}
    assert len(made.build(tags=["draft"]).images) == 1
    outcome = made.build()
    assert (outcome.images, outcome.warnings) == ({}, "")
    assert len(made.build(tags=["draft"]).images) == 1


def test_a_picture_that_is_also_shown_elsewhere_is_made(project: Any) -> None:
    outcome = project({"index.rst": ONLY.format(condition="latex") + "\n" + PICTURE + "\n"}).build()
    assert len(outcome.images) == 1
    assert outcome.text("index.html").count('src="_images/small') == 1


@pytest.mark.parametrize(("level", "pictures"), [("alpha", 1), ("stable", 0)])
def test_ifconfig_is_obeyed(project: Any, level: str, pictures: int) -> None:
    page = HEAD + ".. ifconfig:: level == 'alpha'\n\n   .. layered-view:: nets:small\n"
    conf = f"level = {level!r}\ndef setup(app):\n    app.add_config_value('level', '', 'env')\n"
    outcome = project({"index.rst": page}, "sphinx.ext.ifconfig", conf=conf).build()
    assert (outcome.warnings, outcome.children, len(outcome.images)) == ("", pictures, pictures)


def test_a_condition_that_cannot_be_told_is_left_to_sphinx(project: Any) -> None:
    page = HEAD + ".. ifconfig:: unheard_of\n\n   .. layered-view:: nets:small\n"
    outcome = project({"index.rst": page}, "sphinx.ext.ifconfig").build()
    assert "unheard_of" in outcome.text("index.html")
    assert Path(outcome.out, "index.html").is_file()


def test_the_next_build_does_not_say_that_the_configuration_has_changed(project: Any) -> None:
    made = project({"index.rst": HEAD + PICTURE + "\n"})
    made.build()
    again = made.build()
    assert "configuration has changed" not in again.app.status.getvalue()
    assert "only-dark" in (again.out / "_static" / "layered_view.css").read_text()
    assert "_static/layered_view.css?v=" in again.text("index.html")
