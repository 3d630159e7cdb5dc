"""Example scripts of sphinx-gallery show the pictures that they draw."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from factories import layer, model
from PIL import Image

from sphinxext_layered import gallery, layered_view
from sphinxext_layered.drawing.summary import alt_text

CONF = """
extensions = ["sphinx_gallery.gen_gallery"]
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "made",
    "filename_pattern": "plot_",
    "image_scrapers": ("sphinxext_layered",),
    "reset_modules": (),
}
"""
EXAMPLE = '''\
"""
Two nets
========
"""
import sys

sys.path.insert(0, {tests!r})

from factories import layer, model
from sphinxext_layered import layered_view

net = model(layer("Conv2D", 8, 8, 3), layer("Dense", 10), name="one")
layered_view(net, save_fig=False)
layered_view(net, save_fig=False, padding=60)

# %%
# Nothing is drawn here.

print("nothing")
'''


def test_an_example_shows_each_picture_once_with_its_alt_text(
    make_project: Callable[..., Path], sphinx_build: Callable[..., Any]
) -> None:
    files = {
        "index.rst": "Test\n====\n\n.. toctree::\n\n   made/index\n",
        "examples/README.txt": "Examples\n========\n",
        "examples/plot_nets.py": EXAMPLE.format(tests=str(Path(__file__).parent)),
    }
    root = make_project(files, conf=CONF)
    done = sphinx_build(root, "-b", "html", "-W")
    assert done.returncode == 0, done.warnings
    pictures = sorted((done.outdir / "_images").glob("sphx_glr_plot_nets_*.png"))
    sizes = [Image.open(path).size for path in pictures if "thumb" not in path.name]
    assert len(sizes) == 2
    assert sizes[0] < sizes[1]
    page = done.text("made/plot_nets.html")
    alt = alt_text(model(layer("Conv2D", 8, 8, 3), layer("Dense", 10), name="one"))
    assert unescape(page).count(f'alt="{alt}"') == 2


def test_without_a_gallery_no_picture_is_kept() -> None:
    layered_view(model(layer("Dense", 3)), save_fig=False)
    assert gallery._waiting is None
