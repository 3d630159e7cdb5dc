"""Calls written for visualkeras: what means the same is drawn, and the rest is refused with what to use instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factories import layer, model
from PIL import Image

import sphinxext_layered as visualkeras
from sphinxext_layered import layered_view
from sphinxext_layered.errors import OptionError
from sphinxext_layered.options import DECLARED, LayeredViewOptions
from sphinxext_layered.visualkeras import PARAMETERS

MIGRATION_PAGE = Path(__file__).parent.parent / "example_docs" / "howto" / "migrate.rst"
DEFAULTS: dict[str, Any] = {name: parameter.default for name, parameter in PARAMETERS.items()}


def drawn(**given: Any) -> Image.Image:
    subject = model(layer("Conv2D", 32, 32, 400), layer("Dense", 90), layer("Dense", 10))
    return layered_view(subject, save_fig=False, **given)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"index_2D": [0]}, {"index_2d": [0]}),
        ({"index_2D": []}, {}),
        ({"sizing_mode": "accurate"}, {"sizing_mode": "reference"}),
        ({"connector_fill": "teal"}, {"connector_color": "teal"}),
        (
            {"sizing_mode": "capped", "dimension_caps": {"channels": 30, "sequence": 50, "general": 9}},
            {"sizing_mode": "capped", "capped_limits": (30, 50, 50)},
        ),
        (
            {"sizing_mode": "capped", "dimension_caps": {"channels": 30}, "max_xy": 70},
            {"sizing_mode": "capped", "capped_limits": (30, 70, 70)},
        ),
        ({name: value for name, value in DEFAULTS.items() if name != "connector_fill"}, {}),
        ({**DEFAULTS, "index_2d": [0], "connector_color": "teal"}, {"index_2d": [0], "connector_color": "teal"}),
        ({"index_2D": [], "index_2d": [0]}, {"index_2d": [0]}),
        ({"index_2D": np.array([0, 1])}, {"index_2d": [0, 1]}),
        ({"index_2D": np.array([], int)}, {}),
        ({"index_2D": np.array([], int), "index_2d": [0]}, {"index_2d": [0]}),
    ],
)
def test_what_means_the_same_draws_the_same(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    assert drawn(**theirs) == drawn(**ours)
    assert not ours or drawn(**ours) != drawn() or theirs == {"sizing_mode": "accurate"}


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("relative_base_size", 5, "scale_z and scale_xy"),
        ("image_fit", "cover", "styles"),
        ("image_axis", "x", "styles"),
        ("layered_groups", [{"layers": ["dense"]}], "groups"),
        ("logo_groups", [{"file": "a.png"}], "styles"),
        ("logos_legend", True, "styles"),
        ("options", {"legend": True}, r"\*\*options"),
        ("preset", "compact", "spacing=6, padding=6"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_what_to_use(name: str, value: object, remedy: str) -> None:
    with pytest.raises(OptionError, match=f"^{name}: .*{remedy}"):
        drawn(**{name: value})


def test_every_parameter_is_translated_to_an_option_or_refused_with_a_remedy() -> None:
    for name, parameter in PARAMETERS.items():
        assert parameter.remedy, name
        assert not parameter.option or parameter.option in DECLARED, name


def test_a_parameter_given_under_both_names_is_refused() -> None:
    with pytest.raises(OptionError, match="index_2D: means the same as index_2d"):
        drawn(index_2D=[0], index_2d=[1])


def test_an_error_of_a_translated_value_names_the_option() -> None:
    with pytest.raises(OptionError, match="connector_color: expected a colour"):
        drawn(connector_fill="tael")


def test_the_call_as_visualkeras_spells_it(tmp_path: Path) -> None:
    subject = model(layer("Conv2D", 32, 32, 400), layer("Dense", 10))
    with pytest.warns(DeprecationWarning, match="to_file"):
        visualkeras.layered_view(subject, to_file=tmp_path / "model.png", legend=True, draw_volume=False)
    assert Image.open(tmp_path / "model.png").format == "PNG"


def test_options_explain_the_names_of_visualkeras_too() -> None:
    with pytest.raises(OptionError, match=r"dimension_caps: no such option, .* visualkeras; use capped_limits"):
        LayeredViewOptions.of({"dimension_caps": {}})


def test_later_signature_of_scikit_plots_is_accepted() -> None:
    assert drawn(show_fig=False) == drawn(show_fig=True) == drawn()


def test_the_migration_page_has_every_parameter_of_other_drawers() -> None:
    named = set(re.findall(r"``(\w+)(?:=[^`]*)?``", MIGRATION_PAGE.read_text("utf-8")))
    assert not {*PARAMETERS, "show_fig", "save_fig", "sizing_mode", "to_file"} - named
