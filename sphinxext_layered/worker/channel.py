"""The child's pipes to its parent, and the standard streams, which lead to what is shown with a failure."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import queue
import signal
import stat
import sys
from collections.abc import Mapping
from typing import Any, Final, NoReturn

LOST_PIPE: Final = 71
"""The exit status of a child whose pipe to the parent was closed by the user's code."""


class Channel:
    """The pipes to the parent, out of the way of the user's code."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._requests = os.dup(0)
        self._answers = os.dup(1)
        self.output = os.dup(2)
        self._identity = [_identity(fd) for fd in (self._requests, self._answers, self.output)]
        self._nothing = os.open(os.devnull, os.O_RDWR)
        self.streams()
        faulthandler.enable(file=self.output, all_threads=False)

    def streams(self) -> None:
        """Lead the standard streams to the failure's output, whatever became of them."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        for fd, source in ((0, self._nothing), (1, self.output), (2, self.output)):
            with contextlib.suppress(OSError):
                os.dup2(source, fd)
        for fd, name in enumerate(("stdin", "stdout", "stderr")):
            if not _is_usable(getattr(sys, name), getattr(sys, f"__{name}__")):
                with contextlib.suppress(OSError):
                    raw = io.FileIO(fd, "rb" if fd == 0 else "wb", closefd=False)
                    stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=fd > 0)
                    setattr(sys, name, stream)
                    setattr(sys, f"__{name}__", stream)

    def read_into(self, lines: queue.SimpleQueue[bytes]) -> None:
        """Pass the parent's lines on; end this process and its children when the parent is gone."""
        rest = b""
        while True:
            try:
                chunk = os.read(self._requests, 1 << 16) if self._is_whole(0) else b""
            except OSError:
                chunk = b""
            if not chunk:
                self._end_all()
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                lines.put(line)

    def answer(self, document: Mapping[str, Any]) -> None:
        """Write one line to the parent."""
        self._end_if_forked()
        data = json.dumps(document).encode("ascii") + b"\n"
        if not self._is_whole(1):
            os._exit(LOST_PIPE)
        try:
            while data:
                data = data[os.write(self._answers, data) :]
        except OSError:
            os._exit(LOST_PIPE)

    def mark(self, text: str) -> None:
        """Write a mark into the output, by which the parent tells one model's from another's."""
        self._end_if_forked()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        if self._is_whole(2):
            with contextlib.suppress(OSError):
                os.write(self.output, f"\n{text}\n".encode("ascii"))

    def _is_whole(self, which: int) -> bool:
        """Whether a pipe is still the one that it was: closed numbers are given to other files."""
        return _identity((self._requests, self._answers, self.output)[which]) == self._identity[which]

    def _end_if_forked(self) -> None:
        if os.getpid() != self._process:
            os._exit(0)

    def _end_all(self) -> NoReturn:
        self._end_if_forked()
        with contextlib.suppress(Exception):
            if os.getpgid(0) == os.getpid():
                os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(0)


def _identity(fd: int) -> tuple[int, int, int] | None:
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return (stat.S_IFMT(found.st_mode), found.st_dev, found.st_ino)


def _is_usable(stream: Any, first: Any) -> bool:
    return (
        stream is not None
        and stream is first
        and not getattr(stream, "closed", True)
        and getattr(stream, "errors", "") == "backslashreplace"
    )
