"""Small scenes made by hand, for the tests of painters, and those of the manual's models."""

import json
from functools import cache
from pathlib import Path

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.fonts import SHIPPED, Font
from sphinxext_layered.drawing.palette import LAYERED, class_fill, outline_for, shade
from sphinxext_layered.drawing.scene import Group, Line, Polygon, Scene, Text
from sphinxext_layered.options import LayeredViewOptions

FONT = Font(SHIPPED, 13)
WHITE = (255, 255, 255, 255)
DARK = (20, 23, 26, 255)
CLEAR = (0, 0, 0, 0)
BLACK = (0, 0, 0, 255)


def scene_of(*shapes, size=(40, 30), background=CLEAR, font=FONT, title="", summary="", group_title=None):
    return Scene(*size, background, (Group("layer", shapes, group_title),), font, title, summary)


def rectangle(left, top, right, bottom, fill, outline=None, width=1):
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)), fill, outline, width)


def text_at(x, y, string, colour=BLACK, font=FONT):
    return Text(x, y, string, colour, font.width(string))


def box(x, y, w, h, d, fill, outline):
    front = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    top = ((x, y), (x + d, y - d), (x + w + d, y - d), (x + w, y))
    side = ((x + w, y), (x + w + d, y - d), (x + w + d, y + h - d), (x + w, y + h))
    return tuple(Polygon(face, shade(fill, 10 * n), outline) for n, face in enumerate((front, top, side)))


def row(theme="light", background=None, alpha=255, count=6, offset=0, summary="", font=FONT):
    """Return a row of boxes with funnels, labels and titles, as layouts make them."""
    background = background if background is not None else (WHITE if theme == "light" else DARK)
    opaque = WHITE if theme == "light" else DARK
    ink = BLACK if theme == "light" else (238, 241, 244, 255)
    groups = []
    for n, name in enumerate((list(LAYERED) * 2)[offset : offset + count]):
        x, y, height = 24.5 + 90 * n, 40.5, 70 - 6 * (n % 5)
        fill = (*class_fill(name, theme)[:3], alpha)
        outline = outline_for(fill, theme, opaque)
        if n:
            lines = (Line((x - 40, y - 20), (x, y), outline), Line((x - 40, y + 30), (x, y + height), outline))
            groups.append(Group("funnel", lines))
        width = font.width(name)
        label = Text(x + 15 - width / 2, 140 + 18 * (n % 2), name, ink, width)
        title = f"layer_{n} ({name})\nOutput: 32 \u00d7 32 \u00d7 16\nParameters: 1,234\nActivation: relu"
        groups.append(Group("layer", (*box(x, y, 30, height, 20, fill, outline), label), title, n))
    return Scene(90 * count + 20, 170, background, tuple(groups), font, "A row", summary)


DESCRIPTIONS = Path(__file__).parents[2] / "example_docs" / "descriptions"


@cache
def real_models():
    """Return the descriptions of the manual's models, made by Keras, by their names."""
    documents = (json.loads(path.read_text("utf-8")) for path in sorted(DESCRIPTIONS.iterdir()))
    models = [ModelDescription.from_document(document["description"]) for document in documents]
    return {model.name: model for model in models}


def real_scene(name, **given):
    """Return the scene of a real model as a page of a thousand pixels shows it."""
    return lay_out(real_models()[name], LayeredViewOptions.of({"max_width": 1000, **given}))
