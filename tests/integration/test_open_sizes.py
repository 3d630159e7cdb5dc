"""The note under pictures of models that leave sizes open."""

from __future__ import annotations

import re
from typing import Any

import pytest

NOTE = "The model leaves sizes open; here they are examples."
HEAD = "Title\n=====\n\n"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (".. layered-view:: nets:small(None)\n", 1),
        (".. layered-view:: nets:small(None)\n\n   A caption.\n\n   A legend.\n", 1),
        (".. layered-view:: nets:small(None)\n   :target: https://example.org\n", 1),
        (".. layered-view:: nets:small(None)\n   :theme: both\n", 1),
        ("- .. layered-view:: nets:small(None)\n- .. layered-view:: nets:small(None)\n", 2),
        ("In |a| line.\n\n.. |a| layered-view:: nets:small(None)\n", 0),
        (".. layered-view:: nets:small\n", 0),
    ],
)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_note_names_the_option_that_sets_open_sizes(project: Any, text: str, notes: int, builder: str) -> None:
    built = project({"index.rst": HEAD + text}).build(builder)
    assert built.warnings == ""
    written = built.text("index.html" if builder == "html" else "test.tex")
    assert written.count(NOTE) == notes
    assert len(re.findall(r"input(?:-|\\sphinxhyphen\{\})shape", written)) == notes
