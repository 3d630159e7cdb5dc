"""What is done before this process is ended from outside, which ends it without any of its ``finally`` clauses."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

_SIGNALS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def before_termination(clean_up: Callable[[], object]) -> Iterator[None]:
    """Within this context, call `clean_up` before a signal ends the process; signals that do not are left alone.

    Ctrl-C raises an exception instead, so that it needs no such care.
    """

    def end(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        clean_up()
        os.kill(os.getpid(), number)

    is_main = threading.current_thread() is threading.main_thread()  # others cannot set handlers
    handled = [number for number in _SIGNALS if is_main and signal.getsignal(number) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in handled:
            if signal.getsignal(number) is end:
                signal.signal(number, signal.SIG_DFL)
