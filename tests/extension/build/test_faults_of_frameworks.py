"""Keras or TensorFlow absent, too old or broken: one message in a build, with its remedy, and the rest is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import FILES, Project

NETS = """\
from others import Model


def first():
    import keras
    return keras.ops.nothing() and Model()


def second(size=3):
    from keras import ops
    return ops and Model()
"""

# name: (what keras is, what the message says)
FRAMEWORKS = {
    "absent": (
        "raise ModuleNotFoundError(\"No module named 'keras'\", name='keras')",
        ["keras is not installed", "install it there"],
    ),
    "absent backend": (
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')",
        ["Keras computes with tensorflow", "install tensorflow there"],
    ),
    "broken": (
        "raise ImportError('libcublas.so.12: cannot open shared object file')",
        ["keras cannot be imported", "ImportError: libcublas.so.12", "repair its installation there"],
    ),
    "too old": ("__version__ = '2.12.0'", ["keras 2.12.0 is too old", "install keras 3.0 or newer there"]),
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_that_fails_is_told_once_in_a_build(tmp_path: Path, name: str) -> None:
    code, parts = FRAMEWORKS[name]
    conf = f"{FILES['conf.py']}show_warning_types = True\n"
    project = Project(tmp_path, {**FILES, "conf.py": conf, "nets.py": NETS, "keras.py": code})
    references = ("nets:second", "nets:second(4)", "others:other", "nets:second(5)")
    for number, reference in enumerate(references):
        project.put(f"p{number}.rst", f":orphan:\n\nP\n=\n\n.. layered-view:: {reference}\n")
    project.put("one.rst", "One\n===\n\n.. layered-view:: nets:first\n")
    for _ in range(2):
        outcome = project.build()
        assert outcome.warnings.count("WARNING") == 1
        assert "[layered_view.framework]" in outcome.warnings
        assert "3 more pictures are missing for this reason" in outcome.warnings
        assert "one.rst:4: WARNING" in outcome.warnings
        assert 'File "nets.py"' in outcome.warnings
        for part in (*parts, "layered_view_python", "layered_view_mode = 'cached'"):
            assert part in outcome.warnings
        for page in ("one", "p0", "p1", "p3"):
            assert "layered-view-failed" in outcome.text(f"{page}.html")
        assert "<img" in outcome.text("p2.html")

    project.put("keras.py", "class ops:\n    nothing = list\n    nothing = lambda: 1\n")
    fixed = project.build()
    assert fixed.warnings == ""
    assert all("<img" in fixed.text(f"{page}.html") for page in ("one", "p0", "p1", "p2", "p3"))


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/cat"])
def test_a_python_that_cannot_describe_models_is_told_once_in_a_build(tmp_path: Path, python: str) -> None:
    conf = f"{FILES['conf.py']}show_warning_types = True\n"
    project = Project(tmp_path, {**FILES, "conf.py": conf})
    outcome = project.build(confoverrides={"layered_view_python": python})
    assert outcome.warnings.count("WARNING") == 1
    for part in ("one.rst:4: WARNING", "1 more pictures", "layered_view_python", "[layered_view.worker]"):
        assert part in outcome.warnings
    assert all("layered-view-failed" in outcome.text(f"{page}.html") for page in ("one", "two"))
    fixed = project.build()
    assert (fixed.warnings, len(fixed.images)) == ("", 2)


def test_models_that_need_nothing_new_are_drawn_with_an_old_keras(tmp_path: Path) -> None:
    nets = "import keras\nfrom others import Model\n\n\ndef small():\n    return Model()\n"
    project = Project(tmp_path, {**FILES, "nets.py": nets, "keras.py": "__version__ = '2.12.0'"})
    outcome = project.build()
    assert (outcome.warnings, len(outcome.images)) == ("", 2)
