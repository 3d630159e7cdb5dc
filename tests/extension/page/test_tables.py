"""What is below a picture: the table of layers, the source, the downloads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from factories import graph, layer
from pages import page

from sphinxext_layered.extension.output.layer_table import layer_table


def cells(result: Any) -> list[list[str]]:
    return [[entry.astext() for entry in row] for row in result.resolved().findall(nodes.row)]


def test_the_summary_is_a_table_of_layers_with_the_total(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :summary:"))
    assert cells(result) == [
        ["Index", "Name", "Class", "Output shape", "Parameters", "Connected to"],
        ["0", "conv", "Conv2D", "24 \u00d7 24 \u00d7 6", "1,156", "inputs"],
        ["1", "dense", "Dense", "10", "850", "conv"],
        ["", "Total", "", "", "2,006", ""],
    ]
    assert result.warnings == ""


def test_the_table_says_what_feeds_each_layer_through_operations_too() -> None:
    net = graph(
        ("image", layer("InputLayer", 8)),
        ("one", layer("Dense", 8), "image"),
        ("sum", "Add", (8,), "one", "image"),
        ("two", layer("Dense", 8), "sum"),
        ("again", "two", "one"),
    )
    rows = [[entry.astext() for entry in row] for row in layer_table(net).findall(nodes.row)]
    assert [row[-1] for row in rows] == ["Connected to", "", "image", "sum(one, image), one", ""]
    unknown = replace(net, calls=tuple(replace(call, inputs=None) for call in net.calls))
    rows = [[entry.astext() for entry in row] for row in layer_table(unknown).findall(nodes.row)]
    assert [row[-1] for row in rows[1:-1]] == ["?", "?", "?"]


@pytest.mark.parametrize("builder", ["html", "latex", "text", "man", "texinfo", "epub"])
@pytest.mark.parametrize("show", ["open", "collapsed", "hidden"])
def test_the_summary_stands_in_every_builder_that_can_show_it(built: Any, builder: str, show: str) -> None:
    conf = "man_pages = [('index', 'net', '', '', 1)]; version = '1'; copyright = '2026, we'; numfig = True"
    result = built(page(".. layered-view:: nets:build", f"   :summary: {show}"), builder=builder, conf=conf)
    assert result.warnings == ""
    assert bool(cells(result)) == (builder in ("html", "epub") or show != "hidden")


def test_collapsed_and_hidden_are_of_html(built: Any) -> None:
    html = built(page(".. layered-view:: nets:build", "   :summary: collapsed")).text("index.html")
    assert re.search(r"<details class=\"layered-view-summary\"><summary>Layers of lenet</summary>", html)
    assert html.count("</details>") == 1
    html = built(page(".. layered-view:: nets:build", "   :summary: hidden"), name="b").text("index.html")
    assert '<div class="layered-view-hidden" role="group" aria-label="Layers of lenet">' in html


def test_downloads_are_copied_under_the_models_name(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :download: svg, pdf"))
    links = re.findall(r'href="(_downloads/[^"]+)"', result.text("index.html"))
    assert [link.rpartition("/")[2] for link in links] == ["lenet.svg", "lenet.pdf"]
    assert all((Path(result.app.outdir) / link).is_file() for link in links)


def test_where_nothing_can_be_downloaded_no_links_are_offered(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :download:"), builder="text")
    assert "Download" not in result.text("index.txt")


def test_the_source_is_shown_without_importing_it(built: Any) -> None:
    files = page(".. layered-view:: pack.deep:build_it", "   :show-source:")
    files["pack/__init__.py"] = "raise RuntimeError('imported')\n"
    files["pack/deep.py"] = "from .deeper import build as build_it\n"
    files["pack/deeper.py"] = "import os\n\n\n@deco(\n    1\n)\ndef build():\n    return 1  # here\n\n\nother = 2\n"
    result = built(files)
    assert result.warnings == ""
    (block,) = result.doctree().findall(nodes.literal_block)
    assert block.astext() == "@deco(\n    1\n)\ndef build():\n    return 1  # here"
    assert block["language"] == "python"
    assert any(str(path).endswith("deeper.py") for path in result.app.env.dependencies["index"])


@pytest.mark.parametrize(
    ("name", "first_line"),
    [
        ("Net", "class Net:"),
        ("Net.make", "def make(self):"),
        ("model", "model = Net()"),
        ("later", "def later(): pass"),
    ],
)
def test_classes_methods_and_objects_have_a_source_too(built: Any, name: str, first_line: str) -> None:
    files = page(f".. layered-view:: sources:{name}", "   :show-source:")
    files["sources.py"] = """
        class Net:
            def make(self):
                return 1

        model = Net()
        try:
            import nothing
        except ImportError:
            def later(): pass
        """
    (block,) = built(files, builder="dummy").doctree().findall(nodes.literal_block)
    assert block.astext().splitlines()[0] == first_line


@pytest.mark.parametrize("target", ["nowhere:build", "nets:nothing", "math:sqrt"])
def test_a_source_that_is_not_found_is_a_warning_and_the_picture_is_drawn(built: Any, target: str) -> None:
    first = built(page(f".. layered-view:: {target}", "   :show-source:"))
    assert re.search(r"index\.rst:5: WARNING: option show-source: the source of", first.warnings)
    assert len(list(first.resolved().findall(nodes.image))) == 1
    assert "show-source" in built(Path(first.app.srcdir)).warnings


def test_the_source_leads_to_viewcodes_page(built: Any) -> None:
    files = page(".. layered-view:: viewed:build", "   :show-source:", "", ".. autofunction:: viewed.build")
    files["viewed.py"] = 'def build():\n    """Build."""\n    return 1\n'
    result = built(files, conf="extensions += ['sphinx.ext.autodoc', 'sphinx.ext.viewcode']")
    assert result.warnings == ""
    assert (
        'href="_modules/viewed.html#build"' in str(result.text("index.html")).partition("layered-view-source-link")[2]
    )


def test_the_source_leads_where_linkcode_says(built: Any) -> None:
    conf = """
    extensions.append("sphinx.ext.linkcode")
    def linkcode_resolve(domain, info):
        return "https://example.org/" + info["module"] + "/" + info["fullname"]
    """
    result = built(page(".. layered-view:: nets:build", "   :show-source:"), conf=conf)
    assert 'href="https://example.org/nets/build"' in result.text("index.html")


def test_an_edit_of_the_source_reads_the_page_again(built: Any) -> None:
    first = built(page(".. layered-view:: nets:build", "   :show-source:"))
    module = Path(first.app.srcdir) / "nets.py"
    module.write_text(module.read_text() + "\n\ndef build():\n    return 'new'\n")
    assert "'new'" in built(Path(first.app.srcdir)).text("index.html")
