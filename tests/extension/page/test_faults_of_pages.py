"""Faults of pages and of conf.py in a whole build: each tells option, value and what is accepted, on every build."""

from __future__ import annotations

import re
from pathlib import Path

from project import CONF, Outcome, Project

NETS = """\
class Dense:
    def __init__(self, name, shape):
        self.name, self.output_shape = name, shape


class Model:
    name = "net"
    layers = [Dense("first", (None, 8)), Dense("second", (None, 4))]


def build():
    return Model()


def text(index, layer):
    return layer.name, True


def text_of_another_kind(index, layer):
    return 3


def text_that_raises(index, layer):
    raise KeyError("units")
"""

# option: (what the page says, subtype, parts of the message, whether the picture is drawn all the same)
FAULTS = {
    "scale_xy": ("3", "option", ["no such option", "did you mean 'scale-xy'?"], False),
    "spacing": ("wide", "option", ["option spacing: expected", "got 'wide'"], False),
    "sizing-mode": ("loud", "option", ["option sizing-mode: expected", "reference", "got 'loud'"], False),
    "background-fill": ("no-colour", "option", ["option background-fill: expected", "got 'no-colour'"], False),
    "index-2d": ("1, x", "option", ["option index-2d: expected", "got '1, x'"], False),
    "format": ("bmp", "option", ["option format: expected", "png", "got 'bmp'"], False),
    "depends": ("nowhere.txt", "option", ["option depends", "nowhere.txt"], False),
    "font-path": ("nowhere.ttf", "option", ["font-path", "nowhere.ttf"], False),
    "font-path ": ("index.rst", "option", ["option font-path: cannot read", "index.rst"], False),
    "text-callable": ("nets:txet", "target", ["nets has no 'txet'", "did you mean 'text'?"], False),
    "text-callable ": ("nowhere:text", "target", ["no module 'nowhere'"], False),
    "text-callable  ": ("nets:text_of_another_kind", "model", ["text_callable: expected", "got 3"], False),
    "text-callable   ": ("nets:text_that_raises", "model", ["KeyError: 'units'", "nets.py"], False),
    "text-callable    ": ("{nmae}", "option", ["{nmae} is not a field", "known: name, class", "dtype_policy"], False),
    "input-shape": ("3, 4", "option", ["option input-shape: Model is no Keras model", "leave it out"], False),
    "type-ignore": ("Dence", "option", ["type-ignore: 'Dence'", "did you mean 'Dense'?"], True),
    "color-map": ("Danse=red", "option", ["color-map: 'Danse'", "did you mean 'Dense'?"], True),
    "styles": ("frist=red", "option", ["styles: 'frist'", "did you mean 'first'?"], True),
    "index-ignore": ("7", "option", ["index-ignore", "no layer 7", "0 to 1"], True),
    "index-2d ": ("5", "option", ["index-2d", "no layer 5", "0 to 1"], True),
}


def page(option: str, value: str) -> str:
    return f"A page\n======\n\n.. layered-view:: nets:build\n   :{option.strip()}: {value}\n\nText.\n"


def sources() -> dict[str, str]:
    pages = {f"p{number:02}.rst": page(option, fault[0]) for number, (option, fault) in enumerate(FAULTS.items())}
    return {
        "conf.py": f"{CONF}show_warning_types = True\nlayered_view_mode = 'loud'\n"
        "layered_view_defaults = {'type_ignore': ['Conv2D'], 'min_zz': 3}\n",
        "nets.py": NETS,
        "index.rst": "Index\n=====\n\n.. toctree::\n   :glob:\n\n   p*\n",
        "plain.rst": ":orphan:\n\nPlain\n=====\n\n.. layered-view:: nets:build\n"
        "   :text-callable: {name}\\n{kernel} / {strides}\n   :styles: frozen=hatched\n",
        **pages,
    }


def problems_of(outcome: Outcome) -> list[str]:
    """Return what is wrong with the warnings and pages of a build."""
    found = []
    for number, (option, (_, subtype, parts, drawn)) in enumerate(FAULTS.items()):
        said = re.findall(rf"(?ms)p{number:02}\.rst:([45]): WARNING: (.*?)\[layered_view\.(\w+)\]", outcome.warnings)
        if len(said) != 1:
            found.append(f"{option} has {len(said)} warnings: {said}")
            continue
        ((line, text, typed),) = said
        in_words = subtype == "option" and not drawn and option not in ("font-path ", "input-shape")
        if line != ("5" if in_words else "4") or typed != subtype:
            found.append(f"{option} is told at line {line} as {typed}: {text}")
        found += [f"{option} does not say {part!r}: {text}" for part in parts if part not in text]
        shown = outcome.text(f"p{number:02}.html")
        if ("<img" in shown) != drawn or ("layered-view-failed" in shown) == drawn:
            found.append(f"{option}: a picture where none should be, or the other way round")
    return found


def test_faults_of_pages_are_told_on_every_build_until_they_are_fixed(tmp_path: Path) -> None:
    project = Project(tmp_path, sources())
    first = project.build()
    assert problems_of(first) == []
    for place, part in ((r"conf\.py:\d+", "min_zz"), (r"conf\.py:\d+", "layered_view_mode: expected one of auto")):
        assert re.search(rf"{place}: WARNING: .*{part}.*\[layered_view\.config\]", first.warnings)
    assert first.warnings.count("WARNING") == len(FAULTS) + 2
    assert "Traceback" not in first.warnings
    assert "<img" in first.text("plain.html")

    second = project.build()
    assert sorted(second.warnings.splitlines()) == sorted(first.warnings.splitlines())

    for number in range(len(FAULTS)):
        project.put(f"p{number:02}.rst", page("spacing", "12"))
    project.put("conf.py", CONF)
    fixed = project.build()
    assert fixed.warnings == ""
    assert all("<img" in fixed.text(f"p{number:02}.html") for number in range(len(FAULTS)))
