"""MyST pages say the same as reST ones, and are told the same of their mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from pages import NETS

from sphinxext_layered.extension.page.nodes import layered_view

CONF = "extensions.append('myst_parser'); myst_enable_extensions = ['colon_fence', 'attrs_block']"
REST = """
Title
=====

.. layered-view:: nets:build(classes=10)
   :legend:
   :draw-funnel: no
   :color-map: Conv2D=#ef476f; Dense=teal/black
   :index-2d: 0, 5-8
   :width: 50%
   :name: my-net
   :class: wide
   :summary: collapsed

   A *caption* of it.

   A legend.
"""
COLON = """
# Title

:::{layered-view} nets:build(classes=10)
:legend:
:draw-funnel: no
:color-map: "Conv2D=#ef476f; Dense=teal/black"
:index-2d: 0, 5-8
:width: 50%
:name: my-net
:class: wide
:summary: collapsed

A *caption* of it.

A legend.
:::
"""
YAML = """
# Title

```{layered-view} nets:build(classes=10)
---
legend:
draw-funnel: no
color-map: "Conv2D=#ef476f; Dense=teal/black"
index-2d: 0, 5-8
width: 50%
name: my-net
class: wide
summary: collapsed
---

A *caption* of it.

A legend.
```
"""


def build(built: Any, name: str, text: str, **kwargs: Any) -> Any:
    return built({name: text, "nets.py": NETS}, conf=CONF, name=f"project-{abs(hash(text))}", **kwargs)


def shape(result: Any) -> str:
    """Return the document without places in files."""
    doctree = result.doctree()
    for node in doctree.findall(nodes.Element):
        for key in ("request", "translatable", "level", "slug", "source", "myst_name"):
            node.attributes.pop(key, None)
    return re.sub(r' (?:docname|source|problem)="[^"]*"', "", next(iter(doctree.findall(nodes.section))).pformat())


@pytest.mark.parametrize("text", [COLON, YAML], ids=["colon", "yaml"])
def test_a_page_says_the_same_in_myst_as_in_rest(built: Any, text: str) -> None:
    rest = build(built, "index.rst", REST, builder="dummy")
    plain = {k: v for k, v in rest.app.env.layered_views["index"][0].items() if k not in ("source", "line")}
    expected = shape(rest)
    myst = build(built, "index.md", text, builder="dummy")
    (request,) = myst.app.env.layered_views["index"]
    assert myst.warnings == ""
    assert {k: v for k, v in request.items() if k not in ("source", "line")} == plain
    assert request["line"] == 4
    assert shape(myst) == expected


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        (
            [":::{layered-view} nets:build", ":legend:", ":legnd:", ":::"],
            5,
            "option legnd: no such option; did you mean",
        ),
        ([":::{layered-view} nets:build", ":scale-xy: much", ":::"], 4, "option scale-xy: expected a number"),
        (
            ["```{layered-view} nets:build", "---", "legend: maybe", "---", "```"],
            5,
            "option legend: expected yes or no",
        ),
        ([":::{layered-view} build", ":::"], 3, "'build' names no module"),
        ([":::{layered-view}", ":::"], 3, "no reference"),
    ],
)
def test_wrong_words_are_located_in_both_builds(built: Any, lines: list[str], line: int, problem: str) -> None:
    first = build(built, "index.md", "\n".join(["# Title", "", *lines, ""]), builder="dummy")
    assert re.search(rf"index\.md:{line}: WARNING: {re.escape(problem)}", first.warnings)
    assert next(iter(first.doctree().findall(layered_view)))["request"] is None
    assert built(Path(first.app.srcdir), builder="dummy").warnings == first.warnings


def test_currentmodule_and_docstrings_work_from_myst(built: Any) -> None:
    text = "# T\n\n```{py:currentmodule} nets\n```\n\n:::{layered-view} build\n:::\n"
    assert build(built, "index.md", text, builder="dummy").app.env.layered_views["index"][0]["target"] == "nets:build"


def test_a_caption_is_markdown(built: Any) -> None:
    text = "# T\n\n:::{layered-view} nets:build\nA **bold** [link](https://example.org).\n:::\n"
    html = build(built, "index.md", text).text("index.html")
    assert "<strong>bold</strong>" in html
    assert 'href="https://example.org"' in html
