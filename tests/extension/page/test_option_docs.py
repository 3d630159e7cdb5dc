"""Documentation of options and config values from their declarations."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from docutils import nodes
from pages import page
from sphinx import addnodes

from sphinxext_layered.extension.config import SETTINGS
from sphinxext_layered.extension.page.directive import PAGE_OPTIONS, drawing_options
from sphinxext_layered.options import DECLARED


def documented(result: Any) -> dict[str, dict[str, str]]:
    """Return the lines of each object, what is before a colon and after it, by its name."""
    return {
        described[0].astext(): dict(line.astext().split(": ", 1) for line in described.findall(nodes.line))
        for described in result.resolved().findall(addnodes.desc)
    }


def test_every_option_is_documented_and_those_of_a_kind(built: Any) -> None:
    result = built(page(".. layered-view-options::"), builder="dummy")
    assert result.warnings == ""
    assert [*documented(result)] == [f":{name}:" for name in drawing_options()]
    result = built(page(".. layered-view-options:: text"), builder="dummy", name="b")
    assert [*documented(result)] == [
        f":{spelt}:" for spelt, name in drawing_options().items() if DECLARED[name].kind == "text"
    ]
    result = built(page(".. layered-view-options:: page"), builder="dummy", name="c")
    assert [*documented(result)] == [f":{name}:" for name in PAGE_OPTIONS]


def test_defaults_have_their_units_and_differ_on_pages_where_they_do(built: Any) -> None:
    fields = documented(built(page(".. layered-view-options::"), builder="dummy"))
    assert fields[":min-z:"] == {"Accepts": "a whole number from 1", "Default": "20 px"}
    assert fields[":legend:"] == {"Accepts": "yes or no", "Default": "no"}
    assert fields[":sizing-mode:"]["Default in Python"] == "reference"
    assert fields[":sizing-mode:"]["Default on pages"] == "balanced"
    assert fields[":max-width:"]["Default in Python"] == "none"
    assert fields[":max-width:"]["Default on pages"] == f"{SETTINGS['layered_view_max_width'].default} px"
    assert fields[":theme:"]["Default on pages"] == "follows the page's theme"
    assert fields[":background-fill:"]["Default with a dark theme"] == "#14171a"
    assert "{'fill': 'teal'" in fields[":color-map:"]["Accepts"]


def test_every_config_value_is_documented(built: Any) -> None:
    fields = documented(built(page(".. layered-view-config::"), builder="dummy"))
    assert [*fields] == [*SETTINGS]
    assert fields["layered_view_gpu"]["Default"] == "False"


def test_the_table_of_defaults_has_what_differs_between_python_and_pages(built: Any) -> None:
    result = built(page(".. layered-view-defaults::"), builder="dummy")
    rows = {row[0].astext(): (row[1].astext(), row[2].astext()) for row in result.resolved().findall(nodes.row)}
    assert rows["sizing_mode"] == ("reference", "balanced")
    assert rows["pixel_ratio"] == ("1", "2")
    assert "max_width" in rows
    assert "legend" not in rows


@pytest.mark.parametrize("markdown", [False, True])
def test_other_projects_can_refer_to_options_and_config_values(built: Any, markdown: bool) -> None:
    directives = ("layered-view-options", "layered-view-config")
    if markdown:
        text = "# T\n\n" + "\n".join(f"```{{{name}}}\n```\n" for name in directives)
        result = built({"index.md": text}, conf="extensions += ['myst_parser']")
    else:
        result = built(page(*(f".. {name}::\n" for name in directives)))
    assert result.warnings == ""
    compressed = (result.app.outdir / "objects.inv").read_bytes().split(b"\n", 4)[4]
    objects = {tuple(line.split()[:2]) for line in zlib.decompress(compressed).decode().splitlines()}
    assert ("layered-view:scale-xy", "rst:directive:option") in objects
    assert ("layered_view_mode", "std:confval") in objects


def test_roles_refer_to_options_and_config_values(built: Any) -> None:
    lines = (
        ".. layered-view-options::\n",
        ".. layered-view-config::\n",
        ":rst:dir:`layered-view:scale-xy` and :confval:`layered_view_mode`",
    )
    result = built(page(*lines))
    assert result.warnings == ""
    html = result.text("index.html")
    assert 'href="#directive-option-layered-view-scale-xy"' in html
    assert 'href="#confval-layered_view_mode"' in html
