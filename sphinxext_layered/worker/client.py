"""Asks the child, and another one where it was lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.errors import DescriptionError, WorkerError

from .child import LONGEST_ANSWER, Child, IdleError, StartError, garbled
from .dependencies import FileHashes, MadeFrom, chosen_environment, digests_of
from .messages import Described, Failure, ModelRequest, WorkerSettings


def answers(requests: Iterable[ModelRequest], client: Client) -> Iterator[Described | Failure]:
    """Yield what `describe_all` yields; the client has ended when that is exhausted or closed."""
    try:
        for number, request in enumerate(requests):
            yield client.describe(number, request)
    finally:
        client.end()


class Client:
    """Has models described by one child at a time, which is started when it is needed.

    Parameters
    ----------
    settings : WorkerSettings
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._cannot_start = ""
        self._stopped = False

    def describe(self, number: int, request: ModelRequest) -> Described | Failure:
        """Return a model's description by the child, or by a new one where the old one cannot."""
        if (read := _read_description(request, self._settings)) is not None:
            return read
        for _ in range(3):
            try:
                child = self._started()
                answer = child.ask(number, request)
            except StartError as error:
                self._cannot_start = str(error)
                self.end()
                return Failure("worker", str(error), request=request, is_general=True)
            except IdleError:
                self.end()
                continue
            except WorkerError as error:
                failed = Failure("worker", str(error), child.output(), child.lines_of_fault(), request)
                self.end()
                return failed
            if answer.get("again") is True:
                self.end()
                continue
            result = _result(request, answer, child)
            if answer.get("spent", True) or (isinstance(result, Failure) and result.subtype == "worker"):
                self.end()
            return result
        self.end()
        return Failure(
            "worker",
            "the child process was lost three times before it started with the model; build again",
            request=request,
        )

    def _started(self) -> Child:
        if self._cannot_start:
            raise StartError(self._cannot_start)
        if self._child is None and not self._stopped:
            self._child = Child(self._settings)  # known from now on to `stop`, which may come while it starts
            if not self._stopped:
                self._child.greet()
        if self._stopped or self._child is None:
            raise StartError("the build was ended while the model was built; build again")
        return self._child

    def stop(self) -> None:
        """From another thread than the one that waits for it: kill the child, and let no other be started."""
        self._stopped = True
        if (child := self._child) is not None:
            child.kill()

    def end(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.end()


def _read_description(request: ModelRequest, settings: WorkerSettings) -> Described | Failure | None:
    """Read a description's own file, which needs no child."""
    if request.target or not request.file or not request.file.endswith(".json"):
        return None
    path = os.path.join(settings.root, *request.file.split("/"))
    try:
        with open(path, "rb") as file:
            description = ModelDescription.from_file_content(file.read(LONGEST_ANSWER))
    except OSError:
        return None
    except DescriptionError as error:
        return Failure("description", f"{request.file}: {error}", request=request)
    if description is None:
        return None
    hashes = FileHashes()
    files = {
        name: hashes.of(os.path.join(settings.root, *name.split("/"))) for name in (request.file, *request.depends)
    }
    return Described(
        request,
        description,
        MadeFrom(tuple(sorted(files.items())), (), digests_of(chosen_environment(settings.environment))),
    )


def _result(request: ModelRequest, answer: Mapping[str, Any], child: Child) -> Described | Failure:
    if "failed" in answer and (failed := Failure.from_document(request, answer["failed"], child.output())) is not None:
        return failed
    try:
        description = ModelDescription.from_document(answer.get("description"))
        made_from = MadeFrom.from_document(answer.get("made_from"))
        return Described(request, description, made_from, str(answer.get("allocated") or ""))
    except (DescriptionError, ValueError) as error:
        return Failure("worker", garbled(str(error)), child.output(), request=request)
