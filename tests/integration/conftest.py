"""Projects that use other extensions beside this one, built in this process with models of plain objects."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "extension"))

from project import Project

CONF = """\
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
project = "Test"
html_theme = "basic"
show_warning_types = True
extensions = ["sphinxext_layered"]
# Of its own, since extensions write into it, and Sphinx's default is one object for all builds of a process.
source_suffix = {".rst": "restructuredtext"}
"""

NETS = '''\
"""Networks."""


class Dense:
    def __init__(self, name, *shape):
        self.name, self.output_shape = name, (None, *shape)


class Model:
    """What a framework gives."""

    layers = []


def small(size=8):
    """Build a small model.

    .. layered-view::
       :legend:

    Args:
        size: How large it is.

    Returns:
        The model.
    """
    model = Model()
    model.name = "small"
    model.layers = [Dense("one", size, size, 3), Dense("two", 4)]
    return model


class Net(Model):
    """A class of models.

    .. layered-view::

       Drawn as a :class:`Net`.
    """

    name = "net"

    def __init__(self):
        """Make it.

        .. layered-view::
           :scale-xy: 3
        """
        self.layers = [Dense("only", 50, 50, 2)]

    @classmethod
    def build(cls):
        """Build one.

        .. layered-view::
           :text-callable: name
        """
        return cls()
'''


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each project import its own modules, as autodoc does, and leave none behind."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("nets", "broken", "others", "within", "examples"):
        sys.modules.pop(name, None)


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """Write a project: ``project({"index.rst": "..."}, "sphinx.ext.autodoc", conf="...")``."""

    def make(files: dict[str, str], *extensions: str, conf: str = "") -> Project:
        text = f"{CONF}extensions += {list(extensions)}\n{conf}\n"
        return Project(tmp_path, {"conf.py": text, "nets.py": NETS, **files})

    return make
