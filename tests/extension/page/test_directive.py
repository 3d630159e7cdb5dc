"""The words of a page: what is read, what is refused and where, and what stands in the doctree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from pages import page

from sphinxext_layered.extension.page.directive import IMAGE_OPTIONS, PAGE_OPTIONS, drawing_options
from sphinxext_layered.extension.page.nodes import layered_view
from sphinxext_layered.options import DECLARED


def placeholder(result: Any, docname: str = "index") -> layered_view:
    return next(iter(result.doctree(docname).findall(layered_view)))


def request_of(result: Any, docname: str = "index") -> dict[str, Any]:
    return result.app.env.layered_views[docname][0]


def test_a_reference_becomes_a_request_with_its_place(built: Any) -> None:
    result = built(page(".. layered-view:: nets.build(classes = 10)"), builder="dummy")
    request = request_of(result)
    assert request["target"] == "nets:build(classes=10)"
    assert (Path(request["source"]).name, request["line"], request["docname"]) == ("index.rst", 4, "index")
    assert result.warnings == ""


def test_every_drawing_option_is_read_by_its_own_reader(built: Any) -> None:
    texts = {spelt: DECLARED[name].reader.examples[0] for spelt, name in drawing_options().items()}
    texts["font-path"] = "nets.py"
    lines = [line for name in texts for line in (".. layered-view:: nets:build", f"   :{name}: {texts[name]}", "")]
    result = built(page(*lines), builder="dummy")
    assert result.warnings == ""
    assert [dict(request["given"]) for request in result.app.env.layered_views["index"]] == [
        {name: DECLARED[name].reader(texts[spelt])} for spelt, name in drawing_options().items()
    ]


def test_the_lines_of_a_template_are_written_in_one_line(built: Any) -> None:
    given = r"{name}\n{kernel} / {strides}"
    result = built(page(".. layered-view:: nets:build", f"   :text-callable: {given}"), builder="dummy")
    assert dict(request_of(result)["given"]) == {"text_callable": "{name}\n{kernel} / {strides}"}
    assert result.warnings == ""


def test_a_wrong_value_is_a_warning_at_its_line_and_a_placeholder(built: Any) -> None:
    wrong = {spelt: DECLARED[name].reader.refused[0] for spelt, name in drawing_options().items()}
    wrong |= {"format": "bmp", "download": "bmp", "summary": "loud", "show-source": "maybe", "depends": "nowhere.txt"}
    wrong |= {"width": "much", "height": "50%", "scale": "big", "align": "top", "loading": "eager", "figwidth": "x"}
    lines = [line for name in wrong for line in (".. layered-view:: nets:build", f"   :{name}: {wrong[name]}", "")]
    result = built(page(*lines), builder="dummy")
    said = re.findall(r"index\.rst:(\d+): WARNING: option ([a-z0-9-]+): .*\[layered_view\.option\]", result.warnings)
    assert said == [(str(5 + 3 * i), name) for i, name in enumerate(wrong)]
    assert len(result.warnings.strip().splitlines()) == len(wrong)
    places = list(result.doctree().findall(layered_view))
    assert [(place["request"], place["reference"]) for place in places] == [(None, "nets:build")] * len(wrong)
    assert "index" not in getattr(result.app.env, "layered_views", {})


def test_an_unknown_option_offers_the_nearest(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :scale_xy: 3"), builder="dummy")
    assert "index.rst:5: WARNING: option scale_xy: no such option; did you mean 'scale-xy'?" in result.warnings


def test_a_parameter_of_visualkeras_names_the_option_as_pages_spell_it(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :dimension-caps: 3"))
    assert "use capped-limits with the width, height and depth" in result.warnings


@pytest.mark.parametrize(
    "lines",
    [
        [".. layered-view:: nets:build", "   :scale-x: 3"],
        [".. layered-view:: nets:build", "   :scale-xy: much"],
        [".. layered-view:: nets:build(x)"],
        [".. layered-view:: build"],
        [".. layered-view::"],
        [".. layered-view:: nets/none.keras"],
        [".. layered-view:: nets:build", "   :legend:", "   :legend: no"],
        [".. layered-view:: nets:build", "", "   * not a caption"],
    ],
)
def test_wrong_words_are_reported_on_every_build(built: Any, lines: list[str]) -> None:
    first = built(page(*lines), builder="dummy")
    assert "index.rst" in first.warnings
    second = built(Path(first.app.srcdir), builder="dummy")
    assert second.warnings == first.warnings


def test_fixed_words_are_green(built: Any) -> None:
    first = built(page(".. layered-view:: nets:build", "   :scale-x: 3"), builder="dummy")
    (Path(first.app.srcdir) / "index.rst").write_text("T\n=\n\n.. layered-view:: nets:build\n   :scale-xy: 3\n")
    assert built(Path(first.app.srcdir), builder="dummy").warnings == ""


def test_a_bare_option_means_yes_and_no_means_no(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build", "   :legend:", "   :draw-funnel: no"), builder="dummy")
    assert dict(request_of(result)["given"]) == {"legend": True, "draw_funnel": False}


def test_arguments_that_are_not_literals_are_refused(built: Any) -> None:
    result = built(page(".. layered-view:: nets:build(open('x'))"), builder="dummy")
    assert "index.rst:4: WARNING: the arguments" in result.warnings
    assert "[layered_view.target]" in result.warnings


def test_image_and_figure_options_are_docutils_own(built: Any) -> None:
    result = built(
        page(
            ".. layered-view:: nets:build",
            "   :alt: A net",
            "   :width: 50%",
            "   :class: wide tall",
            "   :name: my-net",
            "   :align: right",
            "   :figwidth: 80%",
            "   :figclass: framed",
            "   :target: https://example.org/",
            "   :loading: lazy",
            "",
            "   A *caption*",
            "",
            "   A legend.",
        ),
        builder="dummy",
    )
    assert result.warnings == ""
    (figure,) = result.doctree().findall(nodes.figure)
    assert figure["width"] == "80%"
    assert figure["align"] == "right"
    assert figure["names"] == ["my-net"]
    assert "framed" in figure["classes"]
    reference, caption, legend = figure
    assert reference["refuri"] == "https://example.org/"
    assert reference[0]["alt"] == "A net"
    assert reference[0]["classes"] == ["wide", "tall"]
    assert (reference[0]["width"], reference[0]["loading"]) == ("50%", "lazy")
    assert isinstance(caption[1], nodes.emphasis)
    assert legend.astext() == "A legend."


def test_an_internal_target_is_resolved(built: Any) -> None:
    result = built(page(".. _here:", "", "Text.", "", ".. layered-view:: nets:build", "   :target: here_"))
    assert result.warnings == ""
    (image,) = result.resolved().findall(nodes.image)
    assert image.parent["refid"] == "here"


def test_numref_and_ref_lead_to_the_figure(built: Any) -> None:
    result = built(
        page("See :numref:`net` and :ref:`net`.", "", ".. layered-view:: nets:build", "   :name: net", "", "   My net"),
        conf="numfig = True",
    )
    assert result.warnings == ""
    html = result.text("index.html")
    assert '<span class="std std-numref">Fig. 1</span>' in html
    assert '<span class="std std-ref">My net</span>' in html
    assert html.count('id="net"') == 1


def test_currentmodule_completes_a_short_name(built: Any) -> None:
    result = built(page(".. py:currentmodule:: nets", "", ".. layered-view:: build(4)"), builder="dummy")
    assert request_of(result)["target"] == "nets:build(4)"
    assert result.warnings == ""


def test_without_a_reference_a_docstring_draws_its_object(built: Any) -> None:
    source = '''
    def build():
        """A net.

        .. layered-view::
        """

    class Net:
        """A net of a class.

        .. layered-view::
           :legend:
        """

        def make(self):
            """Made.

            .. layered-view::
               :legnd:
            """
    '''
    result = built(
        {"index.rst": "T\n=\n\n.. automodule:: docnets\n   :members:\n", "docnets.py": source},
        conf="extensions.append('sphinx.ext.autodoc'); autodoc_member_order = 'bysource'",
        builder="dummy",
    )
    requests = result.app.env.layered_views["index"]
    assert [request["target"] for request in requests] == ["docnets:build", "docnets:Net"]
    assert "docnets.py:docstring of docnets.build" in requests[0]["source"]
    assert re.search(r"docnets\.py:docstring of docnets\.Net\.make:4: WARNING: option legnd", result.warnings)
    assert "did you mean 'legend'?" in result.warnings


def test_an_existing_file_is_a_file_and_a_dependency(built: Any) -> None:
    files = {**page("Text."), "sub/page.rst": ":orphan:\n\nP\n=\n\n.. layered-view:: nets/net.json\n"}
    result = built({**files, "sub/nets/net.json": "{}"}, builder="dummy")
    request = request_of(result, "sub/page")
    assert (request["file"], request["target"]) == ("sub/nets/net.json", "")
    assert any(Path(d).as_posix().endswith("sub/nets/net.json") for d in result.app.env.dependencies["sub/page"])


def test_depends_are_relative_to_the_source_folder(built: Any) -> None:
    files = {
        **page("Text."),
        "sub/page.rst": ":orphan:\n\nP\n=\n\n.. layered-view:: nets:build\n   :depends: a.txt, /b.txt\n",
    }
    result = built({**files, "sub/a.txt": "", "b.txt": ""}, builder="dummy")
    assert request_of(result, "sub/page")["depends"] == ("sub/a.txt", "b.txt")
    assert result.warnings == ""


def test_in_an_included_file_the_line_is_that_files(built: Any) -> None:
    files = page(".. include:: part.txt")
    files["part.txt"] = "A line.\n\n.. layered-view:: nets:build\n   :legnd:\n"
    result = built(files, builder="dummy")
    assert re.search(r"part\.txt:4: WARNING: option legnd", result.warnings)


def test_a_substitution_is_inline_and_has_the_models_own_words(built: Any) -> None:
    result = built(page("See |net| here.", "", ".. |net| layered-view:: nets:build", "   :align: middle"))
    assert result.warnings == ""
    image = next(n for n in result.resolved().findall(nodes.image) if isinstance(n.parent, nodes.paragraph))
    assert image["align"] == "middle"
    assert image["alt"].startswith("lenet: 2 layers")


def test_a_table_under_the_picture_cannot_be_inline(built: Any) -> None:
    result = built(page("See |net|.", "", ".. |net| layered-view:: nets:build", "   :summary:"), builder="dummy")
    assert re.search(r"index\.rst:7: WARNING: option summary: cannot be used in a substitution", result.warnings)


PLACES = """
.. list-table::

   * - .. layered-view:: nets:build
     - b

+------------------------------+
| .. layered-view:: nets:build |
+------------------------------+

* .. layered-view:: nets:build

.. note::

   .. layered-view:: nets:build

.. only:: html

   .. layered-view:: nets:build

.. ifconfig:: True

   .. layered-view:: nets:build

.. tab-set::

   .. tab-item:: A

      .. layered-view:: nets:build

.. card:: A

   .. layered-view:: nets:build
"""


@pytest.mark.parametrize(("builder", "shown"), [("html", 8), ("latex", 7), ("text", 0)])
def test_it_works_wherever_a_directive_may_stand(built: Any, builder: str, shown: int) -> None:
    conf = "extensions += ['sphinx_design', 'sphinx.ext.ifconfig']"
    result = built(page(PLACES), conf=conf, builder=builder)
    assert result.warnings == ""
    resolved = result.resolved()
    assert len(list(resolved.findall(nodes.image))) == shown
    if builder == "text":
        assert resolved.astext().count("[image: lenet") == 7


def test_requests_of_a_changed_page_are_not_kept_twice(built: Any) -> None:
    first = built(page(".. layered-view:: nets:build"), builder="dummy")
    index = Path(first.app.srcdir) / "index.rst"
    index.write_text(index.read_text() + "\nMore.\n")
    second = built(Path(first.app.srcdir), builder="dummy")
    assert len(second.app.env.layered_views["index"]) == 1
    index.write_text("T\n=\n")
    assert "index" not in built(Path(first.app.srcdir), builder="dummy").app.env.layered_views


def test_parallel_readers_bring_their_requests(built: Any) -> None:
    files = {f"p{i}.rst": f":orphan:\n\nP{i}\n==\n\n.. layered-view:: nets:build({i})\n" for i in range(8)}
    result = built({**page("Text."), **files}, builder="dummy", parallel=2)
    assert sorted(result.app.env.layered_views) == sorted(name[:2] for name in files)


def test_every_option_of_the_image_directive_is_known() -> None:
    from sphinx.directives.patches import Figure

    assert set(Figure.option_spec or ()) <= set(IMAGE_OPTIONS)
    assert not set(drawing_options()) & {*IMAGE_OPTIONS, *PAGE_OPTIONS}
