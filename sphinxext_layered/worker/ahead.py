"""Has models described while this process does something else: a thread waits for the child."""

from __future__ import annotations

import atexit
import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any, Final

from .client import Client, answers
from .messages import Described, Failure, ModelRequest, WorkerSettings
from .termination import before_termination

_END: Final = object()


class Ahead:
    """Takes requests one by one, and yields their answers at the end.

    The child is started by the first request. The thread has ended when `answers` is exhausted or closed, and after
    `end`: what forks does so before or after.

    Parameters
    ----------
    settings : WorkerSettings
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._client = Client(settings)
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._while_it_lives = contextlib.ExitStack()

    def ask(self, request: ModelRequest) -> None:
        """Ask for one model more."""
        self._requests.put(request)
        if self._thread is None:
            self._thread = threading.Thread(target=self._describe, daemon=True, name="layered-view-ahead")
            self._while_it_lives.enter_context(before_termination(self.end))
            self._thread.start()
            atexit.register(self.end)

    def answers(self) -> Iterator[Described | Failure]:
        """Yield the answers in the order of the requests, each as soon as it is there. No request can follow."""
        if self._thread is None:
            return
        self._requests.put(_END)
        try:
            while (answer := self._next()) is not _END:
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
        finally:
            self.end()

    def _next(self) -> Any:
        while True:
            with contextlib.suppress(queue.Empty):  # on Windows, Ctrl-C is seen only between two waits
                return self._answers.get(timeout=1.0)

    def end(self) -> None:
        """End the child and the thread, whatever they are at."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._requests.put(_END)
            self._client.stop()
            if thread.is_alive():  # a signal may come before it was started
                thread.join()
            atexit.unregister(self.end)
            self._while_it_lives.close()

    def _describe(self) -> None:
        try:
            for answer in answers(iter(self._requests.get, _END), self._client):
                self._answers.put(answer)
        except BaseException as error:  # it is raised where somebody waits
            self._answers.put(error)
        finally:
            self._answers.put(_END)
