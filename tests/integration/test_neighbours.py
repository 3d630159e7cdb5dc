"""Other extensions take the picture for what it is: an ordinary image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

HEAD = "Title\n=====\n\n"


def test_the_picture_is_the_social_card(project: Any) -> None:
    page = HEAD + "Words of the page.\n\n.. layered-view:: nets:small\n   :alt: A small net\n"
    files = {"index.rst": HEAD + ".. toctree::\n\n   sub/page\n", "sub/page.rst": page}
    conf = "ogp_site_url = 'https://docs.example.org/en/'\nogp_use_first_image = True\nogp_social_cards = {}"
    outcome = project(files, "sphinxext.opengraph", conf=conf).build()
    assert outcome.warnings == ""
    html = outcome.text("sub/page.html")
    (card,) = re.findall(r'<meta property="og:image" content="https://docs.example.org/en/([^"]*)"', html)
    assert card.startswith("_images/small")
    assert (outcome.out / card).is_file()
    assert '<meta property="og:image:alt" content="A small net"' in html


def test_copy_buttons_and_the_source_go_together(project: Any) -> None:
    page = HEAD + ".. layered-view:: nets:small\n   :show-source:\n   :download:\n   :summary: collapsed\n"
    plain = project({"index.rst": page}).build()
    outcome = project({"index.rst": page}, "sphinx_copybutton").build()
    assert outcome.warnings == ""
    assert "copybutton.js" in outcome.text("index.html")
    body = re.compile(r'<section id="title">.*?</section>', re.DOTALL)
    assert body.findall(outcome.text("index.html")) == body.findall(plain.text("index.html"))
    assert outcome.text("index.html").count('<div class="highlight">') == 1


def test_a_lightbox_opens_the_file_that_the_page_shows(project: Any) -> None:
    page = HEAD + (
        ".. layered-view:: nets:small\n   :theme: both\n\n   A caption.\n\nIn |a| line.\n\n"
        ".. |a| layered-view:: nets:Net\n   :height: 20px\n"
    )
    outcome = project({"index.rst": page}, "sphinxcontrib.lightbox2").build()
    assert outcome.warnings == ""
    html = outcome.text("index.html")
    pairs = re.findall(r'<a href="([^"]*)" data-lightbox="[^"]*">\s*<img[^>]*src="([^"]*)"', html)
    assert [Path(there).name.split("-")[0] for there, _ in pairs] == ["small", "small", "net"]
    for there, shown in pairs:
        assert there == shown
        assert (outcome.out / there).is_file()
    assert html.count("data-lightbox") == 3
    assert html.count('href="_images/') == 3


def test_jupyter_shows_what_layered_view_returns() -> None:
    from factories import layer, model

    from sphinxext_layered import layered_view

    image = layered_view(model(layer("Dense", 10), name="small"), save_fig=False)
    assert image._repr_png_().startswith(b"\x89PNG")
