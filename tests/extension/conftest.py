"""Sphinx builds in this process with a stand-in for the child, so that they are quick."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_colors

from sphinxext_layered.description import ARGUMENT, CallDescription, End, LayerDescription, ModelDescription, Source
from sphinxext_layered.extension.build import draw
from sphinxext_layered.extension.build.draw import Drawn
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.worker import Described, Failure, MadeFrom, ModelRequest, ahead

MODEL = ModelDescription(
    name="lenet",
    class_name="Sequential",
    layers=(
        LayerDescription(
            index=0,
            name="conv",
            class_name="Conv2D",
            module="keras.src.layers.convolutional.conv2d",
            output_shapes=((None, 24, 24, 6),),
            parameters=1156,
        ),
        LayerDescription(
            index=1,
            name="dense",
            class_name="Dense",
            module="nets",
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


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """Look for children and threads that a build leaves behind, however it ends."""
    yield
    assert [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE] == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layered-view")]


@dataclass
class StandIn:
    """Stands in for the child process, to which every model is `MODEL`; what it says is kept and drawn as usual.

    Attributes
    ----------
    failures : dict
        Why it cannot describe a model, by its reference.
    drawn : list of (str, str)
        The theme and the format of each picture that was drawn.
    """

    failures: dict[str, Failure] = field(default_factory=dict)
    drawn: list[tuple[str, str]] = field(default_factory=list)


class Child:
    """Answers in the place of the child."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.requests: list[ModelRequest] = []

    def ask(self, request: ModelRequest) -> None:
        self.requests.append(request)

    def answers(self) -> Iterator[Described | Failure]:
        for request in self.requests:
            if failure := self.stand_in.failures.get(request.reference):
                yield failure._replace(request=request)
            else:
                yield Described(request, MODEL, MadeFrom())

    def end(self) -> None:
        self.requests.clear()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    really_draw = draw.draw

    def note_and_draw(description: ModelDescription, options: LayeredViewOptions, format: str) -> Drawn:
        stand_in.drawn.append((options.theme, format))
        return really_draw(description, options, format)

    monkeypatch.setattr(ahead, "Ahead", lambda settings: Child(stand_in))
    monkeypatch.setattr(draw, "draw", note_and_draw)
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
    make_app: Callable[..., SphinxTestApp], make_project: Callable[..., Path], stand_in: StandIn
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
