"""Config values: each declared once, checked on every build, wrong ones named with what is accepted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pages import page

from sphinxext_layered.description import LayerDescription, ModelDescription
from sphinxext_layered.extension.build.draw import draw
from sphinxext_layered.extension.config import MIME_TYPES, SETTINGS, merged
from sphinxext_layered.extension.page.request import PictureRequest
from sphinxext_layered.options import LayeredViewOptions

WRONG = {
    "layered_view_defaults": "['legend']",
    "layered_view_max_width": "'wide'",
    "layered_view_max_height": "'high'",
    "layered_view_link_to_file": "'sometimes'",
    "layered_view_embed": "'object'",
    "layered_view_formats": "{'html': 'bmp'}",
    "layered_view_theme": "'blue'",
    "layered_view_mode": "'sometimes'",
    "layered_view_timeout": "0",
    "layered_view_memory_limit": "-1",
    "layered_view_cache_dir": "3",
    "layered_view_descriptions_dir": "['a']",
    "layered_view_python": "''",
    "layered_view_environment": "{'A': []}",
    "layered_view_gpu": "'maybe'",
    "layered_view_modules": "3",
}


def test_every_setting_has_a_default_that_its_reader_takes() -> None:
    for name, setting in SETTINGS.items():
        assert setting.doc.endswith("."), name
        assert setting.default is None or setting.reader(setting.default) == setting.default


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_wrong_value_is_named_on_every_build_and_the_default_used(built: Any, name: str) -> None:
    first = built(page("Text."), conf=f"\n{name} = {WRONG[name]}", builder="dummy")
    (warning,) = first.warnings.strip().splitlines()
    assert re.search(rf"conf\.py:\d+: WARNING: {name}: expected .*; got .*\[layered_view\.config\]", warning)
    assert getattr(first.app.config, name) == SETTINGS[name].default
    assert built(Path(first.app.srcdir), builder="dummy").warnings == first.warnings


@pytest.mark.parametrize(
    ("defaults", "problem"),
    [
        ("{'scale_x': 3}", "no such option; did you mean 'scale_xy'?"),
        ("{'scale_xy': 'much'}", "expected a number"),
        ("{'font': {'font_size': 3}}", "is for Python only"),
        ("{'text_callable': lambda i, layer: None}", "expected module:function as text"),
    ],
)
def test_each_wrong_default_of_a_drawing_option_is_left_out(built: Any, defaults: str, problem: str) -> None:
    conf = f"layered_view_defaults = {{'legend': True, **{defaults}}}"
    result = built(page("Text."), conf=conf, builder="dummy")
    assert result.app.config.layered_view_defaults == {"legend": True}
    assert problem in result.warnings
    assert re.search(r"conf\.py:\d+: WARNING: layered_view_defaults\['", result.warnings)


def test_values_of_the_command_line_are_text(built: Any) -> None:
    overrides = {
        "layered_view_max_width": "600",
        "layered_view_timeout": "12",
        "layered_view_memory_limit": "900",
        "layered_view_gpu": "1",
        "layered_view_defaults.min_z": "3",
        "layered_view_modules": "nets, other",
    }
    result = built(page("Text."), builder="dummy", confoverrides=overrides)
    config = result.app.config
    assert result.warnings == ""
    assert config.layered_view_max_width == 600
    assert (config.layered_view_timeout, config.layered_view_memory_limit) == (12, 900)
    assert config.layered_view_gpu is True
    assert config.layered_view_defaults == {"min_z": 3}
    assert config.layered_view_modules == ("nets", "other")


def test_a_format_that_the_builder_does_not_show_is_a_warning(built: Any) -> None:
    result = built(page("Text."), conf="layered_view_formats = {'html': 'pdf'}", builder="html")
    assert "layered_view_formats: expected png, svg for 'html'; got 'pdf'" in result.warnings
    assert built(page("Text."), conf="layered_view_formats = {'html': 'pdf'}", builder="text").warnings == ""


def test_the_page_wins_over_conf_and_conf_over_the_defaults(built: Any) -> None:
    config = built(
        page("Text."), conf="layered_view_defaults = {'min_z': 3, 'max_width': 500}", builder="dummy"
    ).app.config
    options = merged(config, PictureRequest("nets:build", "", (("min_z", 20),)))
    assert (options["min_z"], options["max_width"], options["pixel_ratio"]) == (20, 500, 2)


def test_a_change_of_the_defaults_reads_no_page_again(built: Any) -> None:
    first = built(page(".. layered-view:: nets:build"), conf="layered_view_defaults = {'min_z': 3}", builder="dummy")
    conf = Path(first.app.srcdir) / "conf.py"
    conf.write_text(conf.read_text().replace("'min_z': 3", "'min_z': 5, 'type_ignore': ['Dropout']"))
    second = built(Path(first.app.srcdir), builder="dummy")
    assert "0 added, 0 changed, 0 removed" in second.app.status.getvalue()


def test_page_formats_are_those_of_the_painters() -> None:
    marks = {"image/png": b"\x89PNG", "image/svg+xml": b"<svg", "application/pdf": b"%PDF"}
    layers = (LayerDescription(index=0, name="only", class_name="Dense", output_shapes=((None, 8),)),)
    model = ModelDescription(name="net", class_name="Model", layers=layers)
    for format, mime in MIME_TYPES.items():
        assert marks[mime] in (draw(model, LayeredViewOptions(), format).data or b"")[:60]
