"""The state of the process that a model may change, and that the child restores after it.

It is the working folder, ``sys.path``, ``os.environ``, the limit of recursion, timers, garbage collection, the seeds
of ``random`` and NumPy, and Keras's image_data_format, floatx, epsilon and dtype policy. The filters of warnings and
the standard streams are put back by the server and its channel.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import sys
from typing import Any, NamedTuple, Self


class ProcessState(NamedTuple):
    """The state of this process on which a model can depend."""

    folder: str | None
    path: list[str]
    environment: dict[str, str]
    recursion: int
    keras: dict[str, Any] | None

    @classmethod
    def now(cls) -> Self:
        """Return the present state."""
        try:
            folder = os.getcwd()
        except OSError:
            folder = None
        return cls(folder, list(sys.path), dict(os.environ), sys.getrecursionlimit(), keras_settings())

    def restore(self) -> None:
        """Set this process back to this state."""
        gc.enable()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self.folder is not None:
            with contextlib.suppress(OSError):
                os.chdir(self.folder)
        sys.path[:] = self.path
        if dict(os.environ) != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)
        with contextlib.suppress(RecursionError):
            sys.setrecursionlimit(self.recursion)
        set_keras(self.keras)


def keras_settings() -> dict[str, Any] | None:
    """Return Keras's own settings, None where it is not loaded."""
    keras = sys.modules.get("keras")
    try:
        config = keras.config  # type: ignore[union-attr]
        return {
            "image_data_format": config.image_data_format(),
            "floatx": config.floatx(),
            "epsilon": config.epsilon(),
            "dtype_policy": config.dtype_policy().name,
        }
    except Exception:
        return None


def set_keras(settings: dict[str, Any] | None) -> None:
    """Set Keras's own settings, if they are known."""
    with contextlib.suppress(Exception):
        config = sys.modules["keras"].config
        for name, value in (settings or {}).items():
            now = getattr(config, name)()
            if getattr(now, "name", now) != value:
                getattr(config, f"set_{name}")(value)


def seed() -> None:
    """Seed what is random, so that a model is the same alone and after others."""
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        with contextlib.suppress(Exception):
            numpy.random.seed(0)
