"""A project of one page with everything that a picture can have about it, built in each theme."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MANUAL = Path(__file__).parents[2] / "example_docs"
THEMES = ("alabaster", "furo", "pydata_sphinx_theme", "sphinx_book_theme", "sphinx_rtd_theme")

CONF = f"""\
import sys
sys.path[:0] = [{str(MANUAL)!r}, __file__.rpartition("/")[0]]
project = "Sample"
extensions = ["sphinxext_layered", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
numfig = True
layered_view_theme = "both"
suppress_warnings = ["layered_view"]
layered_view_max_width = 600
"""

NETS = '''\
"""Models that need no Keras."""


class Dense:
    """A layer by its name."""

    def __init__(self, name, *shape, parameters=0):
        self.name, self.output_shape, self.parameters = name, (None, *shape), parameters

    def count_params(self):
        """Return the number of weights."""
        return self.parameters


class Conv2D(Dense):
    """Another."""


class Model:
    """A model with a name of its own."""

    name = "small"

    def __init__(self, layers):
        self.layers = layers


def small():
    """Build the model of this page."""
    sizes = (32, 16, 8)
    convolutions = [Conv2D(f"conv_{n}", size, size, 8 << n, parameters=1000 * n) for n, size in enumerate(sizes)]
    return Model([*convolutions, Dense("dense", 64, parameters=131_136), Dense("scores", 10, parameters=650)])


def broken():
    """Fail."""
    raise ValueError("the file of weights is not there: data/weights.h5")
'''

OPTIONS = """\
   :scale-xy: 4
   :scale-z: 2
"""

PAGE = f"""\
Pictures
========

Words before the picture, and :numref:`captioned`.

.. layered-view:: nets:small
{OPTIONS}   :name: captioned
   :legend:
   :text-callable: shape
   :summary:
   :show-source:
   :download:

   A small network with a caption that is long enough to be broken into several lines on a telephone, and on a page of
   the usual width too: it says what the boxes are, how high they are, and where they lead.

.. layered-view:: nets:small
{OPTIONS}   :format: svg
   :name: drawing
   :legend:
   :summary: collapsed

   The same as a drawing.

Without a caption, at half its size, centred, left and right:

.. layered-view:: nets:small
{OPTIONS}   :scale: 50
   :align: center
   :summary: hidden
   :name: plain

.. layered-view:: nets:small
{OPTIONS}   :width: 150
   :align: left

.. layered-view:: nets:small
{OPTIONS}   :width: 10em
   :align: right

Words that run about the two. They go on for a while so that there is something to see on either side, and end here.

.. layered-view:: nets:small
{OPTIONS}   :align: center
   :width: 60%

   Sixty of a hundred.

.. layered-view:: nets:small
{OPTIONS}   :background-fill: transparent
   :max-width: 2000
   :spacing: 200

A wide one, clear. In a line |inline| of words.

.. |inline| layered-view:: nets:small
   :max-width: 60
   :draw-volume: no

Failures
--------

.. layered-view:: nets:broken

.. layered-view:: nets:broken

   A caption under what is missing.

.. layered-view:: nets:small
   :wrong: option

Source
------

.. autofunction:: nets.small
"""


TWICE = """\
:orphan:

Two pictures
============

.. layered-view:: nets:small
   :max-width: 200

.. layered-view:: nets:small
   :max-width: 200
"""


def write_sample(folder: Path) -> Path:
    """Write the project."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"conf.py": CONF, "nets.py": NETS, "index.rst": PAGE, "twice.rst": TWICE}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def build(source: Path, out: Path, theme: str, cache: Path) -> Path:
    """Build a project in a theme, with the pictures that another build has drawn."""
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", f"-Dhtml_theme={theme}", str(source), str(out)]
    environment = {**os.environ, "READTHEDOCS": "True", "LAYERED_VIEW_CACHE_DIR": str(cache), "NO_COLOR": "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300)
    return out
