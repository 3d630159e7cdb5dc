"""A small Sphinx project whose models are plain objects, built in this process while everything is counted."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_colors

INTERRUPTIBLE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""
"""Runs Sphinx as from a terminal, also where the tests were started with SIGINT ignored."""

CONF = """\
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
project = "Test"
html_theme = "basic"
show_warning_types = True
extensions = ["sphinxext_layered"]
"""

NETS = """\
import pathlib
from shared import WIDTH


class Dense:
    def __init__(self, name, shape):
        self.name, self.output_shape = name, shape


class Model:
    name = "net"

    def __init__(self, layers):
        size = int(pathlib.Path(__file__).with_name("size.txt").read_text())
        self.layers = [Dense(f"layer{i}", (None, size, size, WIDTH * (i + 1))) for i in range(layers)]


def small(layers=2):
    return Model(layers)


def broken():
    raise ValueError("nothing works")
"""

OTHER = """\
class Dense:
    name, output_shape = "only", (None, 7)


class Model:
    name, layers = "other", [Dense()]


def other():
    return Model()
"""

FILES = {
    "conf.py": CONF,
    "nets.py": NETS,
    "others.py": OTHER,
    "shared.py": "WIDTH = 300\n",
    "size.txt": "8\n",
    "index.rst": "Index\n=====\n\n.. toctree::\n\n   one\n   two\n   prose\n",
    "one.rst": "One\n===\n\n.. layered-view:: nets:small\n",
    "two.rst": "Two\n===\n\n.. layered-view:: others:other\n",
    "prose.rst": "Prose\n=====\n\nNo picture.\n",
}


@dataclass(frozen=True)
class Outcome:
    """What one build did, and the pictures and pages that it left."""

    read: set[str]
    written: set[str]
    children: int
    warnings: str
    out: Path
    app: SphinxTestApp

    images: dict[str, bytes]
    pages: dict[str, str]

    def text(self, name: str) -> str:
        return self.pages[name]


def _images(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*-????????????.*") if path.suffix in (".png", ".pdf"))
    return {path.name: path.read_bytes() for path in found if "_downloads" not in path.parts}


def _pages(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.suffix in (".html", ".txt", ".tex"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


@dataclass
class Project:
    """Sources in `folder`/docs, output in `folder`/out."""

    folder: Path
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))

    def __post_init__(self) -> None:
        for name, text in self.files.items():
            self.put(name, text)

    @property
    def docs(self) -> Path:
        return self.folder / "docs"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def cache(self) -> Path:
        return self.out / ".layered_view_cache"

    def put(self, name: str, text: str) -> None:
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.docs / name).read_text("utf-8")
        assert old in text
        self.put(name, text.replace(old, new))

    def clean(self, *, cache: bool = False) -> None:
        for path in self.out.iterdir() if self.out.exists() else []:
            if cache or path.name != ".layered_view_cache":
                shutil.rmtree(path)

    def build(self, builder: str = "html", doctrees: str = "doctrees", **given: Any) -> Outcome:
        trace = self.folder / "trace"
        trace.unlink(missing_ok=True)
        before = os.environ.get("LAYERED_VIEW_TRACE")
        os.environ["LAYERED_VIEW_TRACE"] = str(trace)
        out = self.out / builder
        warnings = StringIO()
        read: set[str] = set()
        written: set[str] = set()
        app = SphinxTestApp(
            builder, srcdir=self.docs, outdir=out, builddir=self.out, warning=warnings, status=StringIO(), **given
        )
        try:
            app.connect("env-before-read-docs", lambda app, env, docnames: read.update(docnames))
            app.connect("doctree-resolved", lambda app, doctree, docname: written.add(docname))
            app.build()
        finally:
            app.cleanup()
            os.environ.pop("LAYERED_VIEW_TRACE")
            if before is not None:
                os.environ["LAYERED_VIEW_TRACE"] = before
        children = len(trace.read_text().splitlines()) if trace.exists() else 0
        warned = strip_colors(warnings.getvalue())
        return Outcome(read, written, children, warned, out, app, _images(out), _pages(out))
