"""Books as readers get them: EPUB past epubcheck, LaTeX compiled to PDF."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

pytestmark = pytest.mark.debian

NETS = '''
class Conv2D:
    def __init__(self, name, *shape):
        self.name, self.output_shape = name, (None, *shape)


class Model:
    def __init__(self, name, layers):
        self.name, self.layers = name, layers


def net(count=6, wide=64):
    """Build it & draw it <here>."""
    return Model("net_50%_&_more", [Conv2D(f"conv_{i}#{{}}", wide >> i, wide >> i, 16 << i) for i in range(count)])
'''

INDEX = """
Book
====

See :numref:`first` and :ref:`the second <second>`.

.. layered-view:: nets:net
   :name: first
   :legend:
   :text-callable: name_and_shape
   :summary:
   :show-source:

   A net with 100 % of *its* layers & more.

.. layered-view:: nets:net(count=4)
   :name: second
   :theme: both

   In light and dark, and one number.

.. layered-view:: nets:net(count=7, wide=512)
   :align: right
   :width: 40%

A |small| one in a line.

.. |small| layered-view:: nets:net(count=2)

.. layered-view:: nets:broken
"""

CONF = """
numfig = True
author = copyright = "Us"
version = "1"
epub_uid = "book"
epub_identifier = "book"
epub_scheme = "ISBN"
suppress_warnings = ["layered_view"]
latex_elements = {"preamble": r"\\overfullrule=5pt"}
"""


def build(make_project: Callable[..., Path], sphinx_build: Callable[..., object], *args: str, conf: str = "") -> Path:
    source = make_project({"index.rst": INDEX, "nets.py": NETS}, conf=CONF + conf)
    done = sphinx_build(source, "-d", str(source.parent / "doctrees"), *args)
    assert done.returncode == 0, done.warnings  # type: ignore[attr-defined]
    assert not done.warnings  # type: ignore[attr-defined]
    return done.outdir  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("format", ["png", "svg"])
def test_epubcheck_finds_nothing(make_project, sphinx_build, tmp_path: Path, format: str) -> None:
    conf = f"layered_view_formats = {{'epub': '{format}'}}\n"
    out = build(make_project, sphinx_build, "-b", "epub", conf=conf)
    (book,) = out.glob("*.epub")
    report = tmp_path / "report.json"
    subprocess.run(
        ["java", "-jar", "/usr/share/java/epubcheck.jar", str(book), "--json", str(report)],
        check=False,
        capture_output=True,
        timeout=300,
    )
    messages = json.loads(report.read_text(encoding="utf-8"))["messages"]
    assert [f"{each['ID']} {each['message']} {each['locations'][0]}" for each in messages] == []


@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_latex_compiles_with_vector_pictures_within_the_margins(
    make_project, sphinx_build, engine: str, tmp_path: Path
) -> None:
    out = build(make_project, sphinx_build, "-b", "latex", conf=f"latex_engine = '{engine}'\nlatex_use_xindy = False\n")
    (source,) = out.glob("*.tex")
    option = {"pdflatex": "-pdf", "lualatex": "-pdflua"}[engine]
    done = subprocess.run(
        ["latexmk", option, "-interaction=nonstopmode", "-halt-on-error", source.name],
        cwd=out,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=500,
    )
    log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-3000:]
    too_wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert [points for points in too_wide if points > 3] == []
    pdf = PdfReader(source.with_suffix(".pdf"))
    words = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert re.search(r"Fig. ?1", words)
    assert "A net with 100 % of its layers & more" in words
    assert re.search(r"Fig. ?2: In light and dark", words)
    assert "conv_0#{}" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "No picture of nets:broken" in words
    assert not [image.name for page in pdf.pages for image in page.images]
