"""Drawings that are part of the page: tooltips, text, links, sizes and themes, as a reader meets them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_site import build
from test_pages_in_chromium import violations

pytestmark = [pytest.mark.debian, pytest.mark.slow]

CONF = """\
import sys
sys.path[:0] = [__file__.rpartition("/")[0]]
project = "Inline"
extensions = ["sphinxext_layered", "sphinx.ext.autodoc", "sphinx.ext.intersphinx"]
intersphinx_mapping = {"keras": ("https://keras.example/api/", "keras.inv")}
layered_view_theme = "both"
layered_view_embed = "inline"
"""

NETS = '''\
"""Networks."""


class Attention:
    """A layer of this project."""

    def __init__(self, name, *shape):
        self.name, self.output_shape = name, (None, *shape)


class Dense(Attention):
    pass


Dense.__module__ = "keras.src.layers.core.dense"


class Unknown(Attention):
    pass


class Model:
    name = "small"

    def __init__(self, *layers):
        self.layers = layers


def small():
    """Build the model."""
    return Model(Attention("attention", 16, 16, 64), Dense("dense", 64), Unknown("unknown", 10))


def undocumented():
    return Model(Unknown("unknown", 10), Unknown("other", 10))


def wide():
    return Model(*(Unknown(f"layer_{n}", 8, 8, 3000) for n in range(8)))
'''

PAGES = {
    "index.rst": """\
Title
=====

.. layered-view:: nets:small
   :text-callable: name
   :name: first

.. layered-view:: nets:small
   :text-callable: name

   The same again.

.. layered-view:: nets:undocumented
   :alt: Two boxes

.. layered-view:: nets:small
   :target: https://example.org
   :name: linked

.. layered-view:: nets:wide
   :max-width: 1400
   :name: wide

.. layered-view:: nets:small
   :width: 50%
   :align: center
   :name: half

In |a| line.

.. |a| layered-view:: nets:small
   :height: 1em

.. toctree::

   sub/api
""",
    "sub/api.rst": "API\n===\n\n.. autofunction:: nets.small\n.. autoclass:: nets.Attention\n",
}
INVENTORY = b"# Sphinx inventory version 2\n# Project: Keras\n# Version: 3\n# The remainder is compressed using zlib.\n"
SHOWN = ".layered-view-inline:visible"


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory, theme: str) -> Path:
    folder = tmp_path_factory.mktemp("inline")
    entry = zlib.compress(b"keras.layers.Dense py:class 1 layers/dense.html#$ -\n")
    for name, text in {"conf.py": CONF, "nets.py": NETS, **PAGES}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "keras.inv").write_bytes(INVENTORY + entry)
    return build(folder, folder / "out", theme, folder / "cache") / "index.html"


def test_boxes_lead_to_what_documents_them(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    links = page.locator("#first a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "sub/api.html#nets.Attention",
        "https://keras.example/api/layers/dense.html#keras.layers.Dense",
        "sub/api.html#nets.small",
    ]
    assert page.get_by_role("img", name="Two boxes").locator("a").count() == 0
    page.get_by_role("link", name="attention (Attention)").first.click()
    page.wait_for_url("**/sub/api.html#nets.Attention")
    assert page.locator('[id="nets.Attention"]').is_visible()


def test_tooltips_and_text_are_those_of_the_drawing(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    titles = page.locator("#first g > title").all_text_contents()
    assert [title.split(",")[0] for title in titles][:3] == [
        "attention (Attention)",
        "dense (Dense)",
        "unknown (Unknown)",
    ]
    box = page.locator("#first g", has=page.locator("title", has_text="dense (Dense)")).last.bounding_box()
    seen = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('g').querySelector('title').textContent",
        [box["x"] + box["width"] / 3, box["y"] + box["height"] * 0.8],
    )
    assert seen.startswith("dense (Dense)")
    page.locator("#first text", has_text="attention").select_text()
    assert page.evaluate("getSelection().toString().trim()") == "attention"
    assert page.evaluate("find('unknown')")


def test_a_keyboard_reaches_the_boxes_that_are_links(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    page.evaluate("document.querySelector('#first a').focus()")
    heard = []
    for _ in range(3):
        heard.append(page.evaluate("document.activeElement.querySelector('title').textContent.split(' ')[0]"))
        page.keyboard.press("Tab")
    assert heard == ["attention", "dense", "unknown"]


def test_nothing_on_the_page_has_the_same_id(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    ids = page.evaluate(
        "[...document.querySelectorAll('.layered-view-inline, .layered-view-inline [id]')].map(e => e.id)"
    )
    named = [each for each in ids if each]
    assert len(named) == len(set(named)) == 4


@pytest.mark.parametrize("width", [390, 1300])
def test_drawings_are_as_wide_as_images_would_be(open_page: Callable[..., Any], page_of: Path, width: int) -> None:
    page = open_page(page_of, width, ratio=1)
    own = page.locator("#first svg")
    view, box = own.get_attribute("viewBox").split(), own.bounding_box()
    assert box["width"] == pytest.approx(float(view[2]), abs=1)
    assert box["height"] == pytest.approx(float(view[3]), abs=1)
    column = page.locator("div.layered-view-block").first.evaluate("block => block.clientWidth")
    wide = page.locator("#wide svg").bounding_box()
    view = page.locator("#wide svg").get_attribute("viewBox").split()
    assert wide["width"] == pytest.approx(min(column, float(view[2])), abs=1)
    assert wide["width"] / wide["height"] == pytest.approx(float(view[2]) / float(view[3]), rel=0.02)
    half = page.locator("#half svg").bounding_box()
    assert half["width"] == pytest.approx(column / 2, abs=1)
    line = page.locator(f"p {SHOWN} svg").first
    size = line.evaluate("svg => parseFloat(getComputedStyle(svg).fontSize)")
    assert line.bounding_box()["height"] == pytest.approx(size, abs=1)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_drawing_follows_the_system(open_page: Callable[..., Any], page_of: Path, dark: bool) -> None:
    page = open_page(page_of, dark=dark)
    shown = page.locator(SHOWN).evaluate_all("all => all.map(e => e.classList.contains('only-dark'))")
    assert shown == [dark] * 7
    assert violations(page) == []


def test_a_linked_drawing_is_one_link(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    links = page.locator("#linked a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://example.org"]
    assert page.get_by_role("link", name="small: 3 layers").count() == 1


def test_paint_is_not_changed_by_the_page(open_page: Callable[..., Any], page_of: Path) -> None:
    page = open_page(page_of)
    text = page.locator("#first text").first
    assert text.evaluate("text => getComputedStyle(text).fill") == "rgb(0, 0, 0)"
    link = page.locator("#first a").first
    link.hover()
    assert link.evaluate("link => getComputedStyle(link).textDecorationLine") == "none"
