"""Sphinx builds in this process whose pictures are ready-made: no child, no drawing, so that they are quick."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest
from docutils import nodes
from PIL import Image
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_colors

from sphinxext_layered.description import ARGUMENT, CallDescription, End, LayerDescription, ModelDescription, Source
from sphinxext_layered.extension import build
from sphinxext_layered.extension.config import MIME_TYPES, format_of, needs_descriptions, themes_of
from sphinxext_layered.extension.request import Failure, Picture, PictureRequest

MODEL = ModelDescription(
    name="lenet",
    class_name="Sequential",
    layers=(
        LayerDescription(
            index=0,
            name="conv",
            class_name="Conv2D",
            output_shapes=((None, 24, 24, 6),),
            parameters=1156,
        ),
        LayerDescription(
            index=1,
            name="dense",
            class_name="Dense",
            output_shapes=((None, 10),),
            parameters=850,
        ),
    ),
    calls=(
        CallDescription(name="inputs", class_name=ARGUMENT, output_shapes=((None, 28, 28, 1),)),
        CallDescription(name="conv", layer=0, output_shapes=((None, 24, 24, 6),), inputs=(Source(0),)),
        CallDescription(name="dense", layer=1, output_shapes=((None, 10),), inputs=(Source(1),)),
    ),
    inputs=(End(source=Source(0)),),
    outputs=(End(source=Source(2)),),
    parameters=2006,
)


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


BYTES = {
    "png": png(600, 200),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100" viewBox="0 0 300 100"></svg>',
    "pdf": b"%PDF-1.4\n",
}


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """Look for children and threads that a build leaves behind, however it ends."""
    yield
    assert [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE] == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layered-view")]


@dataclass
class ReadyMade:
    """Stands in for the build step: gives a picture of 300 x 100 px, or the failure of a reference."""

    folder: Path
    app: Any = None
    failures: dict[str, Failure] = field(default_factory=dict)
    asked: list[tuple[PictureRequest, str, str]] = field(default_factory=list)
    pages: dict[str, list[tuple[str, PictureRequest]]] = field(default_factory=dict)

    def make(self, app: Any, env: Any) -> list[str]:
        self.app = app
        self.pages = build.asked_by_pages(env)
        return []

    def of(self, request: PictureRequest, *, theme: str | None = None, format: str | None = None) -> Picture | Failure:
        builder, config = self.app.builder, self.app.config
        theme = theme or themes_of(config, request, builder)[0]
        format = format_of(config, request, builder) if format is None else format
        self.asked.append((request, theme, format))
        assert needs_descriptions(builder), "a picture was asked for by a builder that shows none"
        if request.reference in self.failures:
            return self.failures[request.reference]
        file = None
        if format:
            file = self.folder / f"{request.reference.replace(':', '-')}-{theme}.{format}"
            file.write_bytes(BYTES[format])
        return Picture(file=file, mime=MIME_TYPES.get(format, ""), width=300, height=100, describe=lambda: MODEL)


@pytest.fixture
def ready_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ReadyMade:
    folder = tmp_path / "ready-made"
    folder.mkdir()
    stand_in = ReadyMade(folder)
    monkeypatch.setattr(build, "page_read", lambda app, docname: None)
    monkeypatch.setattr(build, "env_updated", stand_in.make)
    monkeypatch.setattr(build, "pictures_of", lambda host: stand_in)
    monkeypatch.setattr(build, "build_finished", lambda app, exception: None)
    return stand_in


@dataclass
class Built:
    """A build that ended, and what it left."""

    app: SphinxTestApp
    warnings: str

    def doctree(self, docname: str = "index") -> nodes.document:
        return self.app.env.get_doctree(docname)

    def resolved(self, docname: str = "index") -> nodes.document:
        return self.app.env.get_and_resolve_doctree(docname, self.app.builder)

    def text(self, name: str) -> str:
        return (Path(self.app.outdir) / name).read_text("utf-8")


@pytest.fixture
def built(
    make_app: Callable[..., SphinxTestApp], make_project: Callable[..., Path], ready_made: ReadyMade
) -> Callable[..., Built]:
    """Write a project and build it: ``built({"index.rst": "..."}, conf="...", builder="html")``."""

    before: list[SphinxTestApp] = []

    def run(
        files: Mapping[str, str] | Path, conf: str = "", builder: str = "html", name: str = "project", **kwargs: Any
    ) -> Built:
        source = (
            files
            if isinstance(files, Path)
            else make_project(files, f"show_warning_types = True\n{dedent(conf)}", name)
        )
        while before:
            before.pop().cleanup()
        app = make_app(builder, srcdir=source, **kwargs)
        before.append(app)
        app.build()
        return Built(app, strip_colors(app.warning.getvalue()))

    return run
