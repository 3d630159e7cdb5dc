"""What is done before this process is ended from outside, which ends it without any of its ``finally`` clauses."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

_SIGNALS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


_CLEAN_UPS: Final[list[Callable[[], object]]] = []
"""What is to be called, the latest first; contexts may be nested, as long as a child lives."""


@contextlib.contextmanager
def before_termination(clean_up: Callable[[], object]) -> Iterator[None]:
    """Within this context, call `clean_up` before a signal ends the process; signals that do not are left alone.

    Ctrl-C raises an exception instead, so that it needs no such care.
    """
    is_main = threading.current_thread() is threading.main_thread()  # others cannot set handlers
    for number in _SIGNALS if is_main else ():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    _CLEAN_UPS.append(clean_up)
    try:
        yield
    finally:
        _CLEAN_UPS.remove(clean_up)
        for number in _SIGNALS if is_main and not _CLEAN_UPS else ():
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: Any) -> None:
    signal.signal(number, signal.SIG_DFL)
    for clean_up in reversed([*_CLEAN_UPS]):
        clean_up()
    os.kill(os.getpid(), number)
