"""The child: it answers each line of JSON from its parent with one.

Before anything of the user's runs, the pipes to the parent are moved away from the standard streams (`channel`). After
each model the state of the process is put back (`process_state`), without what a module's own body sets while it is
first imported: that is set again for the next model of that module. A new child takes the rest where a thread is
left over that would keep the process alive, where a finder of modules was taken away, and where a model rests on a
module whose body set something while it was imported for another module.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.errors import DescriptionError, ModelError
from sphinxext_layered.target import parse_target

from .channel import Channel
from .explanations import explain
from .messages import Remedies
from .process_state import ProcessState, keras_settings, seed, set_keras
from .recorder import Recorder
from .references import References


def main() -> NoReturn:
    """Serve requests until the parent closes its end."""
    channel = Channel()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=channel.read_into, args=(lines,), daemon=True, name="layered-view").start()
    settings = json.loads(lines.get())
    os.chdir(settings["directory"])
    sys.path[:] = settings["sys_path"] + [path for path in sys.path if path not in settings["sys_path"]]
    _forbid_core_dumps()
    server = Server(settings, channel)
    channel.answer({"ready": settings["token"]})
    while True:
        request = json.loads(lines.get())
        channel.mark(request["begin"])
        channel.answer({"began": request["id"]})
        faulthandler.dump_traceback_later(settings["timeout"], exit=True, file=channel.output)
        with warnings.catch_warnings():
            answer = server.answer(request)
        faulthandler.cancel_dump_traceback_later()
        channel.mark(request["end"])
        channel.answer({"id": request["id"], **answer})


def _forbid_core_dumps() -> None:
    with contextlib.suppress(Exception):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


class _AgainError(Exception):
    """The request needs a child that has imported nothing yet."""


class Server:
    """Answers requests, one at a time."""

    def __init__(self, settings: dict[str, Any], channel: Channel) -> None:
        self._settings = settings
        self._remedies = Remedies(*settings["remedies"])
        self._channel = channel
        self._references = References(settings["root"], settings["modules"], self._remedies.find_module)
        self._recorder = Recorder(settings["root"])
        self._recorder.around_import = self._around_import
        self._recorder.install()
        self._threads = set(threading.enumerate())
        self._finders = list(sys.meta_path)
        self._first = ProcessState.now()
        self._keras_at_first: dict[str, Any] | None = None
        self._settled: dict[str, str] = {}
        self._effects: dict[str, tuple[ProcessState, set[str]]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request, whatever the user's code does."""
        self._recorder.begin()
        try:
            reasons: list[str] = []
            description, roots = self._describe(request, reasons.append)
            made_from = self._recorder.finish(roots, request["files"], self._settings["environment"])
            answer: dict[str, Any] = {
                "description": description,
                "made_from": made_from.document(),
                "allocated": "".join(reasons),
            }
        except _AgainError:
            answer = {"again": True}
        except BaseException as error:  # the user's code may raise anything
            answer = {"failed": explain(error, self._settings["root"], self._remedies)}
        answer["spent"] = self._restore()
        return answer

    def _describe(
        self, request: dict[str, Any], allocated: Callable[[str], object]
    ) -> tuple[dict[str, Any], list[str]]:
        references = self._references
        texts = parse_target(request["text"]) if request["text"] else None
        target = parse_target(request["target"]) if request["target"] else None
        wanted = [each for each in (target, texts) if each is not None]
        for each in wanted:
            references.check_name(each)
        for each in wanted:
            self._import(each.module)
        build = references.file_builder(request["file"]) if target is None else references.builder(target)
        text_callable = None if texts is None else references.resolve(texts)
        from sphinxext_layered import reading

        shape = request["input_shape"]
        input_shape = None if shape is None else tuple(tuple(sizes) for sizes in shape)
        seed()
        description = reading.build_and_describe(
            build, input_shape=input_shape, text_callable=text_callable, allocated=allocated
        )
        document = description.to_document()
        try:
            ModelDescription.from_document(document)
        except DescriptionError as error:
            what, _, _ = str(error).partition(";")  # what follows is for files
            raise ModelError(f"a value of the model cannot be described: {what}; fix it there") from None
        return document, [each.module for each in wanted]

    def _import(self, name: str) -> None:
        """Import a module, and note or set again what its body sets."""
        if name in self._effects:
            self._effects[name][0].restore()
        before, others = ProcessState.now(), set(sys.modules)
        self._references.import_module(name)
        closure = self._recorder.closure([name])
        for imported_for, (_, modules) in self._effects.items():
            if imported_for != name and closure & modules:
                raise _AgainError
        if name not in others:
            self._note_effects(name, before, set(sys.modules) - others)

    def _note_effects(self, name: str, before: ProcessState, modules: set[str]) -> None:
        before = before._replace(
            environment={**before.environment, **self._settled}, keras=before.keras or self._keras_at_first
        )
        if (after := ProcessState.now()) != before:
            of_project = {module for module in modules if self._recorder.kind(module) == "project"}
            self._effects[name] = (after, of_project | {name})

    def _around_import(self, top: str) -> Callable[[], None]:
        """Note what an installed package sets when it is loaded: it stays, as it would in any process."""
        environment = dict(os.environ)

        def loaded() -> None:
            self._settled.update({k: v for k, v in os.environ.items() if environment.get(k) != v})
            self._first.environment.update(self._settled)
            if self._keras_at_first is None and "keras" in sys.modules:
                self._keras_at_first = keras_settings()

        return loaded

    def _restore(self) -> bool:
        """Put back what can be put back; return whether this process cannot be used again."""
        self._first.restore()
        set_keras(self._keras_at_first)
        sys.stdout = sys.stderr = None
        self._channel.streams()
        new = [thread for thread in threading.enumerate() if thread not in self._threads and not thread.daemon]
        for thread in new:
            with contextlib.suppress(Exception):
                thread.join(0.2)
        lost = any(finder not in sys.meta_path for finder in self._finders)
        return lost or any(thread.is_alive() for thread in new)
