"""Which themes of HTML get light and dark pictures without configuration."""

from __future__ import annotations

from typing import Any

import pytest

PAGE = "Title\n=====\n\n.. layered-view:: nets:small\n"
CHILD = {"themes/child_of_furo/theme.conf": "[theme]\ninherit = furo\n"}


@pytest.mark.parametrize(
    ("theme", "pair"),
    [
        ("furo", True),
        ("pydata_sphinx_theme", True),
        ("sphinx_book_theme", True),
        ("child_of_furo", True),
        ("alabaster", False),
        ("sphinx_rtd_theme", False),
        ("classic", False),
    ],
)
def test_themes_with_a_switch_get_pairs_and_others_light_pictures(project: Any, theme: str, pair: bool) -> None:
    conf = f"html_theme = {theme!r}\nhtml_theme_path = ['themes']\n"
    images = project({"index.rst": PAGE, **CHILD}, conf=conf).build().images
    assert sorted("dark" in name for name in images) == ([False, True] if pair else [False])


def test_a_theme_that_is_set_counts_more_than_a_switch(project: Any) -> None:
    conf = "html_theme = 'furo'\nlayered_view_theme = 'dark'\n"
    assert ["dark" in name for name in project({"index.rst": PAGE}, conf=conf).build().images] == [True]
