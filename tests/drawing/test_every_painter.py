"""What holds for every picture in every format, over random models and option texts."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pypdf
from factories import layer, model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from test_every_scene import models, options

from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.errors import LayeredViewError, OptionError
from sphinxext_layered.options import DECLARED, LayeredViewOptions, read_value

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

names = st.text(max_size=12) | st.sampled_from(["</svg>", "]]>", "a\x00b", "\ud800", "&amp;", "\u202e", "\n"])
colours = {
    name: st.sampled_from(values)
    for name, values in {
        "theme": ["light", "dark"],
        "background_fill": ["white", "transparent", (1, 2, 3, 40)],
        "opacity": [0, 7, 128, 255],
        "shade_step": [0, 10, 300],
        "pixel_ratio": [0.5, 1, 2],
    }.items()
    if name in DECLARED
}


@QUICK
@given(models, options, st.fixed_dictionaries({}, optional=colours), names)
def test_every_scene_is_painted_in_every_format(description, given_options, more, name):
    named = layer(name or "Dense", 8, name=name, activation=name)
    description = model(*description.layers, named, name=name)
    try:
        scene = lay_out(description, LayeredViewOptions(**given_options, **more))
        painted = {format: paint(scene, format) for format in ("png", "svg", "pdf")}
    except LayeredViewError:
        return
    with Image.open(io.BytesIO(painted["png"])) as image:
        image.load()
        assert image.size == (scene.width, scene.height)
    root = ElementTree.fromstring(painted["svg"])
    assert (root.get("width"), root.get("height")) == (str(scene.width), str(scene.height))
    (page,) = pypdf.PdfReader(io.BytesIO(painted["pdf"])).pages
    assert page.mediabox.width / page.mediabox.height * scene.height / scene.width - 1 < 0.01


PAGE_OPTIONS = {name: option for name, option in DECLARED.items() if not option.python_only}
VGG = model(layer("Conv2D", 8, 8, 3), layer("MaxPooling2D", 4, 4, 3), layer("Dense", 10))
texts = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789,-;=/()[]#.: \nabeDnoRx", max_size=20),
    st.sampled_from([text for option in PAGE_OPTIONS.values() for text in option.reader.examples]),
)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(sorted(PAGE_OPTIONS)), texts, max_size=4))
def test_any_option_text_is_refused_or_drawn(given_texts):
    read, refused = {}, []
    for name, text in given_texts.items():
        try:
            read[name] = read_value(name, text)
        except OptionError as error:
            refused.append((name, error))
    assert all(error.name == name and "expected" in error.problem for name, error in refused)
    try:
        scene = lay_out(VGG, LayeredViewOptions.of(read))
    except LayeredViewError:
        return
    assert scene.width > 0
    assert scene.height > 0
