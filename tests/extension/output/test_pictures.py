"""What the post-transform leaves: ordinary images, words where there are no pictures, a note where one failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from pages import page
from PIL import Image
from pypdf import PdfReader

from sphinxext_layered.extension.page.nodes import PLACEHOLDERS
from sphinxext_layered.worker import Failure


def images(result: Any) -> list[nodes.image]:
    return list(result.resolved().findall(nodes.image))


def true_size(result: Any) -> tuple[int, int]:
    """The size in pixels of the page of the PNG file that a build wrote, which has two for one."""
    (path,) = Path(result.app.outdir).glob("_images/*.png")
    width, height = Image.open(path).size
    return width // 2, height // 2


def test_an_image_has_one_candidate_and_its_true_size(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build"))
    (image,) = images(result)
    assert list(image["candidates"]) == ["image/png"]
    assert (image["width"], image["height"]) == tuple(map(str, true_size(result)))


LINKED = r'<a class="[^"]*reference internal[^"]*" href="(_images/[^"]+)"><img [^>]*src="([^"]+)"'


def test_each_picture_links_to_its_own_file(built: Any) -> None:
    lines = [
        ".. layered-view:: nets:build",
        "   :theme: both",
        "",
        "In |a| line.",
        "",
        ".. |a| layered-view:: nets:build",
    ]
    result = built(page(*lines))
    found = re.findall(LINKED, result.text("index.html"))
    assert len(found) == 3
    assert len({file for file, _ in found}) == 2
    for file, shown in found:
        assert file == shown
        assert (Path(result.app.outdir) / file).is_file()


@pytest.mark.parametrize(
    ("lines", "conf"),
    [
        ([], "layered_view_link_to_file = False"),
        ([], "html_scaled_image_link = False"),
        (["   :target: https://example.org"], ""),
        (["   :alt:"], ""),
    ],
)
def test_a_picture_need_not_link_to_its_file(built: Any, lines: list[str], conf: str) -> None:
    html = built(page(".. layered-view:: nets:build", *lines), conf=conf).text("index.html")
    assert re.search('<img [^>]*src="_images/', html)
    assert 'href="_images/' not in html


def test_a_book_does_not_link_to_pictures(built: Any) -> None:
    conf = "version = '1'; copyright = '2026, we'"
    assert 'href="_images/' not in built(page(".. layered-view:: nets:build"), conf, "epub").text("index.xhtml")


def test_each_of_a_pair_has_the_link_that_the_page_gives(built: Any) -> None:
    lines = [".. layered-view:: nets:build", "   :theme: both", "   :target: https://example.org", "   :name: net"]
    html = built(page(*lines)).text("index.html")
    links = re.findall(r'<a [^>]*href="https://example.org"><img [^>]*class="layered-view only-(\w+)"', html)
    assert links == ["light", "dark"]
    assert html.count('id="net"') == 1


def test_pictures_without_captions_stand_on_lines_of_their_own(built: Any) -> None:
    lines = [
        ".. layered-view:: nets:build",
        "",
        ".. layered-view:: nets:build",
        "",
        "   A caption.",
        "",
        "In |a| line.",
    ]
    html = built(page(*lines, "", ".. |a| layered-view:: nets:build")).text("index.html")
    assert html.count('<div class="layered-view-block">') == 1
    assert "layered-view-block" not in built(page(*lines), builder="latex", name="tex").text("test.tex")


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        ([":width: 80%"], ("80%", None)),
        ([":width: 10em", ":scale: 50"], ("5em", None)),
        ([":width: 100", ":height: 100"], ("100", "100")),
    ],
)
def test_sizes_on_the_page_mean_the_shown_size(built: Any, lines: list[str], size: tuple[str, str | None]) -> None:
    (image,) = images(built(page(".. layered-view:: nets:build", *(f"   {line}" for line in lines))))
    assert (image["width"], image.get("height")) == size
    assert "scale" not in image


@pytest.mark.parametrize(
    ("option", "factor"),
    [
        (":scale: 50", lambda width, height: 1 / 2),
        (":width: 150", lambda width, height: 150 / width),
        (":height: 50px", lambda width, height: 50 / height),
    ],
)
def test_a_picture_keeps_its_proportions(built: Any, option: str, factor: Callable[[int, int], float]) -> None:
    result = built(page(".. layered-view:: nets:build", f"   {option}"))
    (image,) = images(result)
    true = true_size(result)
    shown = (int(image["width"]), int(image["height"]))
    assert shown == pytest.approx([size * factor(*true) for size in true], abs=0.51)


def test_a_figure_can_be_as_wide_as_its_picture(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :figwidth: image", "", "   A caption."))
    assert next(iter(result.resolved().findall(nodes.figure)))["width"] == f"{true_size(result)[0]}px"


def test_latex_gets_a_pdf_no_wider_than_the_line(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :theme: both", "", "   A caption."), builder="latex")
    assert result.warnings == ""
    shown = r"\\sphinxincludegraphics\[width=(\d+)\\sphinxpxdimen\]\{\{(nets-build-[0-9a-f]{12})\}\.pdf\}"
    found = re.search(shown, result.text("test.tex"))
    assert found
    drawn = PdfReader(Path(result.app.outdir) / f"{found[2]}.pdf").pages[0]
    assert int(found[1]) * 0.75 == drawn.mediabox.width
    assert "dark" not in result.text("test.tex")


@pytest.mark.parametrize(
    ("builder", "conf", "option", "suffix"),
    [
        ("html", "", None, "png"),
        ("html", "layered_view_formats = {'html': 'svg'}", None, "svg"),
        ("dirhtml", "layered_view_formats = {'html': 'svg', 'dirhtml': 'png'}", None, "png"),
        ("html", "", "svg", "svg"),
        ("html", "", "pdf", "png"),
        ("latex", "", "svg", "pdf"),
        ("latex", "", "png", "png"),
        ("texinfo", "", "svg", "png"),
        ("epub", "layered_view_formats = {'epub': 'svg'}", None, "svg"),
    ],
)
def test_the_format_is_the_builders_own(
    built: Any, stand_in: Any, builder: str, conf: str, option: str | None, suffix: str
) -> None:
    lines = [f"   :format: {option}"] if option else []
    built(page(".. layered-view:: nets:build", *lines), conf=conf, builder=builder)
    assert {format for _, format in stand_in.drawn} == {suffix}


def test_both_themes_are_one_figure_of_two_pictures(built: Any) -> None:
    result = built(
        page(".. layered-view:: nets:build", "   :name: net", "", "   A caption."), conf="layered_view_theme = 'both'"
    )
    light, dark = images(result)
    assert light.parent is dark.parent
    assert isinstance(light.parent.parent, nodes.figure)
    assert "only-light" in light["classes"]
    assert "only-dark" in dark["classes"]
    assert result.text("index.html").count('id="net"') == 1


def test_both_themes_of_a_picture_without_caption_have_one_name(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :theme: both", "   :name: net"))
    assert result.text("index.html").count('id="net"') == 1


@pytest.mark.parametrize("builder", ["latex", "epub", "texinfo"])
def test_builders_without_a_switch_get_light_pictures(built: Any, stand_in: Any, builder: str) -> None:
    conf = "html_theme = 'furo'; version = '1'; copyright = '2026, we'"
    built(page(".. layered-view:: nets:build"), conf=conf, builder=builder)
    assert [theme for theme, _ in stand_in.drawn] == ["light"]


@pytest.mark.parametrize("builder", ["latex", "epub", "texinfo"])
def test_where_a_page_cannot_switch_there_is_the_light_one_alone(built: Any, builder: str) -> None:
    conf = "layered_view_theme = 'both'; version = '1'; copyright = '2026, we'"
    result = built(page(".. layered-view:: nets:build"), conf=conf, builder=builder)
    (image,) = images(result)
    assert "only-light" not in image["classes"]


def test_the_style_sheet_is_on_every_page_and_keeps_pictures_within_it(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build"))
    assert "_static/layered_view.css" in result.text("index.html")
    rules = dict(re.findall(r"(?m)^([^{}/]+?) \{([^{}]*)\}", result.text("_static/layered_view.css")))
    assert "max-width: 100%;" in rules[".layered-view"]
    assert "height: auto;" in rules[".layered-view:not(.layered-view-fixed)"]
    (image,) = images(result)
    assert "layered-view" in image["classes"]
    assert "only-dark" in result.text("_static/layered_view.css")


FAILING = """
.. layered-view:: nets:build

.. layered-view:: nets:build
   :target: https://example.org
   :name: net

   A caption.

.. layered-view:: nets:build
   :target: https://example.org

In |x| line.

.. |x| layered-view:: nets:build

.. list-table::

   * - .. layered-view:: nets:build
"""


@pytest.mark.parametrize(
    "builder", ["html", "dirhtml", "singlehtml", "epub", "latex", "text", "man", "texinfo", "json"]
)
def test_a_failure_is_a_note_that_names_the_reference(built: Any, stand_in: Any, builder: str) -> None:
    stand_in.failures["nets:build"] = Failure(subtype="model", problem="ValueError: no <good>\n  in nets.py, line 3")
    conf = "man_pages = [('index', 'net', '', '', 1)]; version = '1'; copyright = '2026, we'"
    result = built(page(FAILING), conf=conf, builder=builder)
    assert result.warnings.count("WARNING") == result.warnings.count("[layered_view.model]") == 5
    assert not images(result)
    text = result.resolved().astext()
    assert text.count("No picture of nets:build: ValueError: no <good>") == 5
    if builder == "html":
        assert re.findall(r'<(div|span) role="note">', result.text("index.html")) == [
            "div",
            "div",
            "div",
            "span",
            "div",
        ]


def test_no_placeholder_is_left(built: Any) -> None:
    lines = [".. layered-view:: nets:build", "   :summary:", "   :show-source:", "   :download:", "", "   A caption."]
    for builder in ("html", "latex", "text", "pseudoxml", "dummy"):
        result = built(page(*lines), builder=builder, name=builder)
        assert not [node for kind in PLACEHOLDERS for node in result.resolved().findall(kind)]
        assert result.warnings == ""


def test_text_says_the_alternative_text_once(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "", "   A caption."), builder="text")
    assert result.text("index.txt").count("[image: lenet: 2 layers") == 1
    assert "[image]" not in result.text("index.txt")


def test_man_says_the_alternative_text_once(built: Any) -> None:
    conf = "man_pages = [('index', 'net', '', '', 1)]"
    result = built(page(".. layered-view:: nets:build", "   :alt: My net"), builder="man", conf=conf)
    assert result.text("net.1").count("[image: My net]") == 1
    assert "[image]" not in result.text("net.1")


@pytest.mark.parametrize(
    "builder", ["gettext", "linkcheck", "dummy", "xml", "pseudoxml", "changes", "doctest", "coverage"]
)
def test_builders_without_pictures_ask_for_none(built: Any, stand_in: Any, builder: str) -> None:
    conf = "extensions += ['sphinx.ext.doctest', 'sphinx.ext.coverage']; version = '1'"
    result = built(page(".. layered-view:: nets:build", "   :summary:"), builder=builder, conf=conf)
    assert stand_in.drawn == []
    assert result.warnings == ""


def test_alternative_text_and_caption_are_messages(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :alt: My net", "", "   My caption"), builder="gettext")
    assert 'msgid "My net"' in result.text("index.pot")
    assert 'msgid "My caption"' in result.text("index.pot")


def test_alternative_text_and_caption_come_out_translated(built: Any) -> None:
    files = page(".. layered-view:: nets:build", "   :alt: My net", "", "   My caption")
    files["locale/de/LC_MESSAGES/index.po"] = (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "My net"\nmsgstr "Mein Netz"\n\nmsgid "My caption"\nmsgstr "Meine Unterschrift"\n'
    )
    result = built(files, conf="language = 'de'; locale_dirs = ['locale']")
    assert 'alt="Mein Netz"' in result.text("index.html")
    assert "Meine Unterschrift" in result.text("index.html")


def test_an_empty_alternative_text_stays_empty(built: Any) -> None:
    assert 'alt=""' in built(page(".. layered-view:: nets:build", "   :alt:")).text("index.html")


def test_loading_reaches_the_image(built: Any) -> None:
    (image,) = images(built(page(".. layered-view:: nets:build", "   :loading: lazy")))
    assert image["loading"] == "lazy"


def test_in_one_page_builders_every_document_keeps_its_pictures(built: Any) -> None:
    files = page(".. toctree::", "", "   sub/other", "", ".. layered-view:: nets:build")
    files["sub/other.rst"] = "Other\n=====\n\n.. layered-view:: nets:other\n   :download: svg\n"
    for builder in ("singlehtml", "latex"):
        result = built(files, builder=builder, name=builder)
        assert result.warnings == ""
        assert len(result.app.builder.images) == 2
    assert 'href="_downloads/' in built(files, builder="singlehtml", name="again").text("index.html")


def test_a_picture_in_a_title_does_not_break_the_contents(built: Any) -> None:
    result = built(page(".. contents::", "", "A |x| B", "-----------", "", ".. |x| layered-view:: nets:build"))
    assert result.warnings == ""


def test_a_figure_of_a_pair_has_as_many_captions_as_it_opens(built: Any) -> None:
    bare = built(page(".. layered-view:: nets:build", "   :theme: both", "   :figwidth: 200px")).text("index.html")
    assert bare.count("<figure") == 1
    assert "figcaption" not in bare
    lines = [".. layered-view:: nets:build", "   :theme: both", "", "   A caption.", "", "   A legend."]
    html = built(page(*lines), name="b").text("index.html")
    assert (html.count("<figcaption>"), html.count("</figcaption>")) == (1, 1)
