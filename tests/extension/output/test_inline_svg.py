"""Drawings that are part of the page: which builders get them, and where their boxes lead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from docutils import nodes
from pages import page

DOCUMENTED = """
.. toctree::

   sub/api
"""
API = {"sub/api.rst": "API\n===\n\n.. py:class:: nets.Dense\n"}
INLINE = [".. layered-view:: nets:build", "   :embed: inline"]


def links(html: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]*)"><g[^>]*><title>(?:conv|dense) \(', html)


@pytest.mark.parametrize(
    ("builder", "name", "address"),
    [
        ("html", "index.html", "sub/api.html#nets.Dense"),
        ("dirhtml", "index.html", "sub/api/#nets.Dense"),
        ("singlehtml", "index.html", "#nets.Dense"),
    ],
)
def test_a_box_leads_to_its_class(built: Any, builder: str, name: str, address: str) -> None:
    result = built({**page(DOCUMENTED, *INLINE), **API}, builder=builder)
    html = result.text(name)
    assert links(html) == [address]
    assert re.search(r'<svg direction="ltr" viewBox="0 0 \d+ \d+" role="group" aria-label="lenet: 2 layers', html)
    assert result.warnings == ""


def test_a_class_that_is_not_documented_leads_to_the_builder_on_another_page(built: Any) -> None:
    files = {**page(DOCUMENTED, *INLINE), "sub/api.rst": "API\n===\n\n.. py:function:: nets.build\n"}
    assert links(built(files, conf="nitpicky = True").text("index.html")) == ["sub/api.html#nets.build"] * 2
    beside = page(".. py:function:: nets.build", "", *INLINE)
    assert links(built(beside, name="beside").text("index.html")) == []


@pytest.mark.parametrize(
    "name", ["keras.layers.Conv2D", "tf.keras.layers.Conv2D", "keras.src.layers.convolutional.conv2d.Conv2D"]
)
def test_classes_of_keras_are_known_by_their_public_names(built: Any, name: str) -> None:
    files = page(f".. py:class:: {name}", "", *INLINE)
    assert links(built(files).text("index.html")) == [f"#{name}"]


def test_a_project_can_have_all_its_drawings_on_the_page(built: Any, stand_in: Any) -> None:
    lines = [".. layered-view:: nets:build", "", ".. layered-view:: nets:other", "   :embed: file"]
    result = built(page(*lines), conf="layered_view_embed = 'inline'")
    assert sorted(stand_in.drawn) == [("light", "png"), ("light", "svg")]
    assert len(result.app.builder.images) == 1
    assert result.text("index.html").count("<svg ") == 1


@pytest.mark.parametrize("builder", ["latex", "epub", "text", "texinfo"])
def test_other_builders_get_what_they_get_without_it(built: Any, stand_in: Any, builder: str) -> None:
    conf = "version = '1'; copyright = '2026, we'"
    plain = built(page(*INLINE[:1]), builder=builder, conf=conf)
    before = list(stand_in.drawn)
    inline = built(page(*INLINE), builder=builder, conf=conf, name="inline")
    assert stand_in.drawn == before * 2
    kinds = [type(node) for node in plain.resolved().findall(nodes.Inline)]
    assert [type(node) for node in inline.resolved().findall(nodes.Inline)] == kinds


def test_a_drawing_has_no_ids_but_the_name_that_the_page_gives(built: Any) -> None:
    html = built(page(*INLINE, "   :name: net", "", *INLINE)).text("index.html")
    assert re.findall(r'<span class="layered-view [^"]*"( id="[^"]*")?><svg ', html) == [' id="net"', ""]
    assert not re.search(r"<svg [^>]*\bid=", html)


def test_a_drawing_without_words_is_silent_and_leads_nowhere(built: Any) -> None:
    html = built({**page(DOCUMENTED, *INLINE, "   :alt:"), **API}).text("index.html")
    assert 'aria-hidden="true"' in html
    assert links(html) == []


def test_a_drawing_is_one_link_where_the_page_says_so(built: Any) -> None:
    html = built({**page(DOCUMENTED, *INLINE, "   :target: https://example.org", "   :theme: both"), **API}).text(
        "index.html"
    )
    assert len(re.findall(r'<span [^>]*><a [^>]*href="https://example.org"><svg ', html)) == 2
    assert links(html) == []


def test_a_change_of_the_value_writes_the_pages_again(built: Any) -> None:
    from pathlib import Path

    conf = "layered_view_formats = {'html': 'svg'}"
    first = built(page(*INLINE[:1]), conf=conf)
    assert "<svg " not in first.text("index.html")
    again = built(Path(first.app.srcdir), confoverrides={"layered_view_embed": "inline"})
    assert "<svg " in again.text("index.html")
