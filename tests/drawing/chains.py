"""Pictures of chains, and digests of them: what `test_chains_unchanged` compares with those that are kept.

The digests in ``chains.json`` were made with this file and the package as of commit 2953a60, the last before graphs
were drawn as graphs. It uses nothing that this commit lacks. To make them again::

    PYTHONPATH=<worktree of 2953a60>:<its tests> python tests/drawing/chains.py > tests/drawing/chains.json
"""

import hashlib
import io
import json
import sys

from factories import (
    autoencoder,
    cnn3d,
    layer,
    lenet,
    mlp,
    model,
    resnet,
    sequence,
    spacing,
    unet,
    vgg16,
)
from pypdf import PdfReader

from sphinxext_layered.description import LayerText
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint, paint_image
from sphinxext_layered.options import DECLARED, LayeredViewOptions


def written():
    """A chain whose labels a user wrote, above and below."""
    texts = [LayerText(text=text, above=i % 2 == 0) for i, text in enumerate(("one", "two\nlines", "a longer one"))]
    return model(*(layer("Conv2D", 30, 30, 8 * (i + 1), text=text) for i, text in enumerate(texts)))


def spaced():
    """A chain with spacing layers before, between and after."""
    conv = layer("Conv2D", 24, 24, 40)
    return model(spacing(20), conv, spacing(35), spacing(5), conv, layer("MaxPooling2D", 12, 12, 40), spacing(15))


# What has more than two rows is folded and collapsed by now; the commit above knows neither.
WHOLE = {"fold": "none", "collapse": "no"} if "fold" in DECLARED else {}
LABELLED = {"text_callable": "name_and_shape", "legend": True}

CASES = {
    "vgg16": (vgg16, {}),
    "vgg16, legend": (vgg16, {"legend": True}),
    "vgg16, labels, narrow": (vgg16, {"max_width": 400, **LABELLED}),
    "vgg16, wide": (vgg16, {"max_width": 1000, "text_callable": "default"}),
    "vgg16, reversed": (vgg16, {"draw_reversed": True, "max_width": 720, "text_callable": "name"}),
    "vgg16, flat": (vgg16, {"draw_volume": False, "max_width": 720, "legend": True, "show_dimension": True}),
    "vgg16, layers left out": (vgg16, {"type_ignore": "MaxPooling2D, Flatten", "index_ignore": "0", "legend": True}),
    "vgg16, hidden": (vgg16, {"styles": "MaxPooling2D=hidden", "max_width": 600}),
    "vgg16, logarithmic": (vgg16, {"sizing_mode": "logarithmic", "text_callable": "shape"}),
    "vgg16, sequence": (vgg16, {"sizing_mode": "sequence"}),
    "vgg16, dark": (vgg16, {"theme": "dark", "max_width": 500, **LABELLED}),
    "lenet": (lenet, {}),
    "lenet, labels": (lenet, LABELLED),
    "lenet, narrow": (lenet, {"max_width": 200}),
    "lenet, narrow, labels": (lenet, {"max_width": 200, **LABELLED}),
    "lenet, connectors": (lenet, {"connector_color": "red", "connector_width": 4}),
    "lenet, no funnels": (lenet, {"draw_funnel": False, "text_callable": "class"}),
    "lenet, legend right": (lenet, {"legend_position": "right", "legend": True, "font_size": 17}),
    "lenet, legend top": (lenet, {"legend_position": "top", "legend": True, "max_width": 300}),
    "lenet, balanced": (lenet, {"sizing_mode": "balanced"}),
    "lenet, relative": (lenet, {"sizing_mode": "relative", "scale_xy": 2, "min_xy": 8}),
    "lenet, capped": (lenet, {"sizing_mode": "capped", "capped_limits": (40, 60, 60), "legend": True}),
    "lenet, flat layers": (lenet, {"index_2d": "0, 5-8", "spacing": 25, "padding": 31}),
    "lenet, clear": (lenet, {"background_fill": "transparent", "shade_step": 30}),
    "lenet, one dimension up": (lenet, {"one_dim_orientation": "y", "max_xy": 150}),
    "autoencoder": (autoencoder, {}),
    "autoencoder, reversed": (autoencoder, {"draw_reversed": True, **LABELLED}),
    "autoencoder, narrow": (autoencoder, {"max_width": 350}),
    "unet in a row": (unet, {"max_width": 900, **LABELLED}),
    "unet in a row, flat": (unet, {"draw_volume": False}),
    "resnet in a row": (resnet, {"max_width": 1000}),
    "resnet in a row, types left out": (resnet, {"type_ignore": "ReLU, BatchNormalization", "legend": True}),
    "sequence": (sequence, LABELLED),
    "sequence, narrow": (sequence, {"max_width": 150}),
    "mlp": (mlp, {"text_callable": "default"}),
    "mlp, to the back": (mlp, {"one_dim_orientation": "x"}),
    "cnn3d": (cnn3d, {}),
    "cnn3d, labels": (cnn3d, {"max_width": 720, **LABELLED}),
    "written labels": (written, {"max_width": 250}),
    "written labels, wide": (written, {"legend": True}),
    "spaced": (spaced, {}),
    "spaced, labels, narrow": (spaced, {"max_width": 180, "text_callable": "name"}),
    "spaced, reversed": (spaced, {"draw_reversed": True}),
    "a single layer": (lambda: model(layer("Dense", 10)), LABELLED),
}


def scene(name):
    """The scene of a case."""
    make, options = CASES[name]
    return lay_out(make(), LayeredViewOptions.of({**WHOLE, **options}))


def svg_digest(drawn):
    """Of the whole file."""
    return _digest(paint(drawn, "svg"))


def pdf_digest(drawn):
    """Of the page's size and all that is painted on it; how that is compressed is zlib's affair."""
    (page,) = PdfReader(io.BytesIO(paint(drawn, "pdf"))).pages
    return _digest(repr(list(map(float, page.mediabox))).encode() + page.get_contents().get_data())


def png_digest(drawn):
    """Of the pixels, without compression; glyphs are FreeType's affair, so of pictures without text alone."""
    image = paint_image(drawn)
    return _digest(repr((image.mode, image.size)).encode() + image.tobytes())


def has_text(drawn):
    """Whether anything is written in a picture."""
    return any(hasattr(shape, "string") for shape in drawn.shapes())


def digests(name):
    """The digests of a case by format."""
    drawn = scene(name)
    found = {"svg": svg_digest(drawn), "pdf": pdf_digest(drawn)}
    return found if has_text(drawn) else {**found, "png": png_digest(drawn)}


def _digest(data):
    return hashlib.sha256(data).hexdigest()[:32]


if __name__ == "__main__":
    json.dump({name: digests(name) for name in CASES}, sys.stdout, indent=1)
    print()
