"""Explain exceptions of the user's code, and what to do about them."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback
import types
from collections.abc import Iterator
from typing import Any, Final

from sphinxext_layered.errors import ModelError, OptionError, TargetError

from .dependencies import FRAMEWORKS
from .messages import CodeLine, Remedies
from .recorder import OWN_FOLDER, is_installed, is_standard

_MOST_TEXT: Final = 60_000
_MOST_LINES: Final = 5
_BACKENDS: Final = ("tensorflow", "jax", "torch")
_LEAST: Final = {"keras": (3, 0), "tensorflow": (2, 16)}


def explain(error: BaseException, root: str, remedies: Remedies) -> dict[str, Any]:
    """Return whose an exception is, what happened with the remedy, the user's lines, and all of the traceback."""
    subtype, problem = _explained(error, remedies)
    return {
        "subtype": subtype,
        "problem": shortened(problem, 2000),
        "lines": _lines_of_user(error, root)[-_MOST_LINES:],
        "detail": shortened(_whole_traceback(error), _MOST_TEXT),
    }


def _explained(error: BaseException, remedies: Remedies) -> tuple[str, str]:
    if isinstance(error, TargetError):
        return "target", _text(error)
    if isinstance(error, OptionError) and error.name == "input_shape":
        return "option", _text(error)
    if isinstance(error, ModelError | OptionError):  # the other option that is read here is the text_callable's answer
        return "model", _text(error)
    if (framework := _broken_framework(error, remedies)) is not None:
        return "framework", framework
    what, remedy = next((what, remedy) for kind, what, remedy in _REMEDIES if isinstance(error, kind))
    if isinstance(error, ImportError | AttributeError) and "partially initialized" in _text(error):
        what, remedy = "modules of the model import each other in a circle", "import one of them inside a function"
    return "model", f"{what}: {_shown(error)}; {remedy.format(find_module=remedies.find_module)}"


_REMEDIES: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (SyntaxError, "a module of the model cannot be read", "fix the line"),
    (SystemExit, "the model's code ended Python", "remove sys.exit, or put it under if __name__ == '__main__'"),
    (KeyboardInterrupt, "the model's code raised KeyboardInterrupt", "raise an Exception instead"),
    (
        ModuleNotFoundError,
        "a module that the model's code imports is missing",
        "install it for the Python that describes models, or {find_module}",
    ),
    (ImportError, "a module of the model cannot be imported", "fix the import"),
    (RecursionError, "the model's code has an endless recursion", "end its recursion"),
    (MemoryError, "the model's code needs more memory than there is", "make the model smaller"),
    (
        Warning,
        "a warning was turned into an error while the model was built",
        "fix what it warns of, or leave warnings as they are",
    ),
    (BaseException, "the model could not be built", "run the function on its own to see why"),
)


def _broken_framework(error: BaseException, remedies: Remedies) -> str | None:
    for cause in _causes(error):
        if isinstance(cause, ModuleNotFoundError) and cause.name in FRAMEWORKS:
            if cause.name in _BACKENDS and _failed_while_loading(cause) == "keras":
                return _without_backend(cause.name, remedies)
            return f"{cause.name} is not installed for {_elsewhere('install it', remedies)}"
        if (old := _too_old(cause)) is not None:
            framework, version, oldest = old
            remedy = _elsewhere(f"install {framework} {oldest} or newer", remedies)
            return f"{framework} {version} is too old in {remedy}\n{_shown(cause)}"
        if isinstance(cause, Exception) and (name := _failed_while_loading(cause)):
            return f"{name} cannot be imported by {_elsewhere('repair its installation', remedies)}\n{_shown(cause)}"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those before it."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is not None:
            yield cause
            cause = cause.__cause__ or cause.__context__


def _elsewhere(remedy: str, remedies: Remedies) -> str:
    return f"the Python that describes models ({sys.executable}): {remedy} there, or {remedies.other_python}"


def _without_backend(missing: str, remedies: Remedies) -> str:
    """Return what to do where Keras is installed and what it computes with is not."""
    installed = [name for name in _BACKENDS if name != missing and importlib.util.find_spec(name) is not None]
    what = f"Keras computes with {missing}, which the Python that describes models ({sys.executable}) does not have"
    if not installed:
        return f"{what}, nor is another backend: install {missing} there, or {remedies.other_python}"
    choose = " or ".join(remedies.choose_backend.format(backend=name) for name in installed)
    there = ", ".join(installed)
    return f"{what}; it has {there}: {choose}, install {missing} there, or {remedies.other_python}"


def _too_old(error: BaseException) -> tuple[str, str, str] | None:
    """Return a framework that may be too old to have what is missing, its version, and the oldest that serves."""
    module = str(getattr(error, "name", None) if isinstance(error, ImportError) else "")
    if isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType):
        module = error.obj.__name__
    name = module.partition(".")[0]
    version = str(getattr(sys.modules.get(name), "__version__", ""))
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or name not in _LEAST or (int(found[1]), int(found[2])) >= _LEAST[name]:
        return None
    return name, version, ".".join(map(str, _LEAST[name]))


def _failed_while_loading(error: BaseException) -> str | None:
    for frame, _ in traceback.walk_tb(error.__traceback__):
        top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if frame.f_code.co_name == "<module>" and top in FRAMEWORKS:
            return top
    return None


def _lines_of_user(error: BaseException, root: str) -> list[CodeLine]:
    """Return the lines of the user's own files that led to an error, outermost first."""
    entries = [
        (entry.filename, entry.lineno or 0, entry.name, entry.line)
        for entry in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        entries.append((error.filename, error.lineno or 0, "", error.text))
    found = [
        CodeLine(_place(file, root), number, function, shortened((text or "").strip(), 600))
        for file, number, function, text in entries
        if _is_of_user(file)
    ]
    cause = error.__cause__
    return found if found or cause is None or cause is error else _lines_of_user(cause, root)


def _is_of_user(file: str) -> bool:
    if not file or file.startswith("<"):
        return False
    real = os.path.realpath(file)
    return not (real.startswith(OWN_FOLDER + os.sep) or is_installed(real) or is_standard(real))


def _place(file: str, root: str) -> str:
    real, root = os.path.realpath(file), os.path.realpath(root)
    return os.path.relpath(real, root).replace(os.sep, "/") if real.startswith(root + os.sep) else file


def _whole_traceback(error: BaseException) -> str:
    try:
        whole = traceback.TracebackException.from_exception(error, limit=-200)
        _leave_out_own(whole, 0)
        return "".join(whole.format())
    except BaseException:
        return _shown(error)


def _leave_out_own(shown: traceback.TracebackException, depth: int) -> None:
    """Remove from a traceback, and from those before it, what is the child's own and not the user's."""
    own = (os.path.join(OWN_FOLDER, "worker") + os.sep, "<frozen importlib")
    shown.stack[:] = [entry for entry in shown.stack if not entry.filename.startswith(own)]
    for other in (shown.__cause__, shown.__context__):
        if other is not None and depth < 10:
            _leave_out_own(other, depth + 1)


def _shown(error: BaseException) -> str:
    text = _text(error)
    name = type(error).__name__
    return shortened(f"{name}: {text}" if text else name, 1000)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return "(its message cannot be shown)"


def shortened(text: str, most: int) -> str:
    """Return a text with its middle left out, where it is longer than `most`."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n[... {len(text) - most} characters left out ...]\n{text[-(most // 2) :]}"
