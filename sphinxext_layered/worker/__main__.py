"""The child: imports the user's modules, builds the models, and says what they are.

It answers each line of JSON from its parent with one. Before anything of the user's runs, the pipes to the
parent are moved away from the standard streams, which from then on lead to what is shown with a failure.

After each model it puts back (`_State`): the working folder, ``sys.path``, finders taken from ``sys.meta_path``,
``os.environ``, ``sys.stdin``, ``sys.stdout`` and ``sys.stderr``, ``sys.excepthook``, the filters of warnings, signal
handlers and timers, the limit of recursion, the tracing and profiling functions, the state of garbage collection, the
seeds of ``random`` and NumPy, and Keras's image_data_format, floatx, epsilon and dtype policy. What a module's own body
sets while it is first imported is set again for the next model of that module. Where a thread is left over that would
keep the process alive, or a model rests on a module whose body set something while it was imported for another module,
a new child takes the rest.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import inspect
import io
import json
import os
import pkgutil
import queue
import random
import re
import signal
import stat
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sphinxext_layered.errors import ModelError, OptionError, TargetError
from sphinxext_layered.target import Target, literal_arguments, parse_target
from sphinxext_layered.values import did_you_mean

from .dependencies import FRAMEWORKS
from .recorder import Recorder, is_installed, is_standard

LOST_PIPE: Final = 71
"""The exit status of a child whose pipe to the parent was closed by the user's code."""

_MOST_TEXT: Final = 60_000
_MOST_LINES: Final = 5
_MODULES_OF_SAVED_MODELS: Final = ("keras", "keras_hub", "tf_keras", "builtins", "sphinxext_layered")
_OWN_FOLDER: Final = os.path.realpath(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main() -> NoReturn:
    """Serve requests until the parent closes its end."""
    channel = _Channel()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=channel.read_into, args=(lines,), daemon=True, name="layered-view").start()
    settings = json.loads(lines.get())
    os.chdir(settings["directory"])
    sys.path[:] = settings["sys_path"] + [path for path in sys.path if path not in settings["sys_path"]]
    _forbid_core_dumps()
    server = _Server(settings, channel)
    channel.answer({"ready": settings["token"], "python": sys.version.split()[0]})
    while True:
        request = json.loads(lines.get())
        channel.mark(request["begin"])
        channel.answer({"began": request["id"]})
        faulthandler.dump_traceback_later(settings["timeout"], exit=True, file=channel.output)
        answer = server.answer(request)
        faulthandler.cancel_dump_traceback_later()
        channel.mark(request["end"])
        channel.answer({"id": request["id"], **answer})


def _forbid_core_dumps() -> None:
    with contextlib.suppress(Exception):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


class _Channel:
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
        """Tell whether a pipe is still the one that it was: closed numbers are given to other files."""
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


class _AgainError(Exception):
    """The request needs a child that has imported nothing yet."""


class _Server:
    """Answers requests, one at a time."""

    def __init__(self, settings: dict[str, Any], channel: _Channel) -> None:
        self._settings = settings
        self._channel = channel
        self._recorder = Recorder(settings["root"])
        self._recorder.around_import = self._around_import
        self._recorder.install()
        self._threads = set(threading.enumerate())
        self._keras_at_first: dict[str, Any] | None = None
        self._first = _State.of_process()
        self._settled: dict[str, str] = {}
        self._effects: dict[str, tuple[_State, set[str]]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Give the answer to a request, whatever the user's code does."""
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
            answer = {"failed": _Failure.of(error, request, self._settings["root"]).document()}
        answer["spent"] = self._put_back()
        return answer

    def _describe(
        self, request: dict[str, Any], allocated: Callable[[str], object]
    ) -> tuple[dict[str, Any], list[str]]:
        texts = parse_target(request["text"]) if request["text"] else None
        target = parse_target(request["target"]) if request["target"] else None
        roots = [wanted.module for wanted in (target, texts) if wanted is not None]
        for wanted in (target, texts):
            if wanted is not None:
                self._check_name(wanted)
        build = self._file_builder(request["file"]) if target is None else self._builder(target)
        text_callable = None if texts is None else self._resolve(texts)
        from sphinxext_layered import reading

        shape = request["input_shape"]
        input_shape = None if shape is None else tuple(tuple(sizes) for sizes in shape)
        self._seed()
        description = reading.build_and_describe(
            build, input_shape=input_shape, text_callable=text_callable, allocated=allocated
        )
        return description.to_document(), roots

    def _file_builder(self, path: str) -> Callable[[], object]:
        path = os.path.join(self._settings["root"], *path.split("/"))
        if not os.path.isfile(path):
            raise TargetError(
                f"there is no file {path!r}; name a saved model or a description, relative to the project"
            )

        self._check_file(path)

        def build() -> object:
            from sphinxext_layered import reading

            return reading.load_model_file(path)

        return build

    def _builder(self, target: Target) -> Callable[[], object]:
        found = self._resolve(target)
        if not target.called and _is_model(found):
            return lambda: found
        _check_call(found, target.attribute, target.arguments, target)

        def build() -> object:
            args, kwargs = literal_arguments(target.arguments)
            return self._followed(found(*args, **kwargs), target)

        return build

    def _followed(self, value: Any, target: Target) -> Any:
        """Take the steps that follow the first call; a method or class at the end is called without being asked."""
        done = f"{target.attribute}(...)"
        steps = [*target.then]
        while steps:
            step = steps.pop(0)
            if step.startswith("."):
                value = self._attribute(value, step[1:], target)
                done += step
                if not steps and (isinstance(value, type) or inspect.isroutine(value)):
                    steps.append("()")
            else:
                self._check_place(value, target, called=True)
                _check_call(value, done, step[1:-1], target)
                args, kwargs = literal_arguments(step[1:-1])
                value = value(*args, **kwargs)
                done += "(...)" if step != "()" else step
        if isinstance(value, type):
            self._check_place(value, target, called=True)
        return value

    def _resolve(self, target: Target) -> Any:
        found: Any = self._import(target.module)
        for name in target.attribute.split("."):
            found = self._attribute(found, name, target)
        self._check_place(found, target, called=target.called)
        return found

    def _attribute(self, value: Any, name: str, target: Target) -> Any:
        try:
            found = getattr(value, name)
        except AttributeError as error:
            if isinstance(value, types.ModuleType) and (inner := self._submodule(value, name)) is not None:
                return inner
            if _raised_inside(error):
                raise
            raise TargetError(_no_attribute(value, name, target)) from error
        self._check_step(found, target)
        return found

    def _submodule(self, package: types.ModuleType, name: str) -> types.ModuleType | None:
        inner = f"{package.__name__}.{name}"
        try:
            return importlib.import_module(inner) if hasattr(package, "__path__") else None
        except ModuleNotFoundError as error:
            if error.name == inner:
                return None
            raise

    def _import(self, name: str) -> types.ModuleType:
        if not name:
            raise TargetError("the reference names no module; write module:function")
        if name in self._effects:
            self._effects[name][0].put_back()
        new = name not in sys.modules
        before = _State.of_process()
        others = set(sys.modules)
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(error.name + ".")) and not _is_framework(name):
                raise TargetError(_no_module(name, error.name)) from error
            raise
        self._check_effects(name)
        if new:
            self._note_effects(name, before, set(sys.modules) - others)
        return module

    def _check_effects(self, name: str) -> None:
        """Refuse where the module rests on one whose body set something while it was imported for another target."""
        closure = self._recorder.closure([name])
        for imported_for, (_, modules) in self._effects.items():
            if imported_for != name and closure & modules:
                raise _AgainError

    def _note_effects(self, name: str, before: _State, modules: set[str]) -> None:
        after = _State.of_process()
        before.environment = {**before.environment, **self._settled}
        if after.differs(before) or after.keras != (before.keras or self._keras_at_first):
            of_project = {module for module in modules if self._recorder.kind(module) == "project"}
            self._effects[name] = (after, of_project | {name})

    def _around_import(self, top: str) -> Callable[[], None]:
        """Note what an installed package sets when it is loaded: it stays, as it would in any process."""
        environment = dict(os.environ)

        def loaded() -> None:
            self._settled.update({k: v for k, v in os.environ.items() if environment.get(k) != v})
            self._first.environment.update(self._settled)
            if self._keras_at_first is None and "keras" in sys.modules:
                self._keras_at_first = _keras_settings()

        return loaded

    def _seed(self) -> None:
        """Seed what is random, so that a model is the same alone and after others."""
        random.seed(0)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            with contextlib.suppress(Exception):
                numpy.random.seed(0)

    def _put_back(self) -> bool:
        """Put back what can be put back; tell whether this process cannot be used again."""
        self._first.put_back()
        if self._keras_at_first:
            _set_keras(self._keras_at_first)
        sys.stdout = sys.stderr = None
        self._channel.streams()
        new = [thread for thread in threading.enumerate() if thread not in self._threads and not thread.daemon]
        for thread in new:
            with contextlib.suppress(Exception):
                thread.join(0.2)
        return any(thread.is_alive() for thread in new)

    def _check_name(self, target: Target) -> None:
        allowed = self._settings["modules"]
        if allowed is None:
            return
        if not _is_within(target.module, allowed):
            raise _refused(f"the module {target.module!r}", target, allowed)
        for name in (*target.attribute.split("."), *(step[1:] for step in target.then if step[0] == ".")):
            if name.startswith("__"):
                raise _refused(f"the name {name!r}", target, allowed)

    def _check_file(self, path: str) -> None:
        """Refuse a saved model that names other modules, before older versions of Keras import them."""
        allowed = self._settings["modules"]
        if allowed is None:
            return
        from sphinxext_layered.reading.files import modules_named_in

        for name in sorted(modules_named_in(path)):
            if not _is_within(name, [*allowed, *_MODULES_OF_SAVED_MODELS]):
                names = ", ".join(allowed) or "none"
                raise TargetError(
                    f"{os.path.basename(path)!r} is refused: it names the module {name!r}, which is not in a package "
                    f"that pages may call ({names}); conf.py's layered_view_modules says which they are"
                )

    def _check_step(self, found: Any, target: Target) -> None:
        allowed = self._settings["modules"]
        if allowed is not None and isinstance(found, types.ModuleType) and not _is_within(found.__name__, allowed):
            raise _refused(f"the module {found.__name__!r}", target, allowed)

    def _check_place(self, found: Any, target: Target, *, called: bool) -> None:
        allowed = self._settings["modules"]
        if allowed is None or (not called and _is_model(found)):
            return
        for place in _places(found):
            if not _is_within(place, allowed):
                raise _refused(f"what {target.attribute!r} is, which is defined in {place!r},", target, allowed)


def _is_within(name: str, allowed: list[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in allowed)


def _places(found: Any, depth: int = 0) -> Iterator[str]:
    """Give the modules where what would be called is defined."""
    if depth > 10:
        yield "?"
        return
    inner = getattr(found, "func", None) if type(found).__module__ == "functools" else None
    inner = inner or (found.__func__ if isinstance(found, types.MethodType) else None)
    inner = inner or (found.__wrapped__ if type(found).__name__ == "_lru_cache_wrapper" else None)
    if inner is not None:
        yield from _places(inner, depth + 1)
        if isinstance(found, types.MethodType) and not isinstance(found.__self__, type):
            yield type(found.__self__).__module__
    elif isinstance(found, types.FunctionType):
        yield str(found.__globals__.get("__name__"))
    elif isinstance(found, type):
        yield found.__module__
    elif isinstance(found, types.BuiltinFunctionType):
        yield str(found.__module__ or type(found.__self__).__module__)
    else:
        yield type(found).__module__


def _refused(what: str, target: Target, allowed: list[str]) -> TargetError:
    names = ", ".join(allowed) or "none"
    return TargetError(
        f"{str(target)!r} is refused: {what} is not in a package that pages may call ({names}); "
        "conf.py's layered_view_modules says which they are"
    )


def _is_model(found: Any) -> bool:
    """Tell whether what a name leads to is drawn as it is, rather than called."""
    from sphinxext_layered.reading.keras import is_keras

    return not isinstance(found, type) and (hasattr(found, "layers") or is_keras(found))


def _check_call(found: Any, name: str, arguments: str, target: Target) -> None:
    where = f"{target.module}:{name}"
    if not callable(found):
        raise TargetError(
            f"{where} is a {type(found).__name__}, not a model nor what makes one; name the function that returns the "
            "model"
        )
    args, kwargs = literal_arguments(arguments)
    try:
        signature = inspect.signature(found)
    except (ValueError, TypeError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        takes = getattr(found, "__name__", type(found).__name__) + _shortened(str(signature), 300)
        raise TargetError(
            f"{where} cannot be called with ({arguments}): {error}; it takes {takes}; write its arguments in the "
            "reference, as literals"
        ) from None


def _no_module(name: str, missing: str) -> str:
    parent = missing.rpartition(".")[0]
    if parent and parent in sys.modules:
        package = sys.modules[parent]
        if not hasattr(package, "__path__"):
            return f"there is no module {name!r}: {parent!r} is not a package; write {parent}:function"
        known = [found.name for found in pkgutil.iter_modules(package.__path__)]
        advice = did_you_mean(missing.rpartition(".")[2], known) if known else f"{parent} has no modules"
        return f"there is no module {missing!r}; {advice}"

    known = [
        found.name
        for folder in sys.path[:8]
        if not is_installed(folder) and not is_standard(os.path.join(folder, "x"))
        for found in pkgutil.iter_modules([folder])
    ]
    near = did_you_mean(missing, known) if known else ""
    near = f"{near} " if near.startswith("did") else ""
    return f"there is no module {missing!r}; {near}put its folder on sys.path in conf.py, or install it"


def _no_attribute(found: Any, name: str, target: Target) -> str:
    where = (
        found.__name__
        if isinstance(found, types.ModuleType)
        else f"{target.module}:{getattr(found, '__qualname__', type(found).__name__)}"
    )
    known = [each for each in dir(found) if not each.startswith("_")]
    return f"{where} has no {name!r}; {did_you_mean(name, known) if known else 'it is empty'}"


def _raised_inside(error: BaseException) -> bool:
    """Tell whether an AttributeError comes from the user's code, such as a module's ``__getattr__``."""
    entry = error.__traceback__
    return entry is not None and entry.tb_next is not None


def _is_framework(name: str) -> bool:
    return name.partition(".")[0] in FRAMEWORKS


@dataclass
class _State:
    """What of a process a model may change, and can be put back."""

    folder: str | None
    path: list[str]
    finders: list[Any]
    environment: dict[str, str]
    filters: list[Any]
    signals: dict[int, Any]
    recursion: int
    collects: bool
    hook: Any
    keras: dict[str, Any] | None

    @classmethod
    def of_process(cls) -> _State:
        try:
            folder = os.getcwd()
        except OSError:
            folder = None
        return cls(
            folder,
            list(sys.path),
            list(sys.meta_path),
            dict(os.environ),
            list(warnings.filters),
            _signals(),
            sys.getrecursionlimit(),
            gc.isenabled(),
            sys.excepthook,
            _keras_settings(),
        )

    def differs(self, other: _State) -> bool:
        """Tell whether what a model can depend on differs."""
        return (self.folder, self.path, self.environment, self.recursion) != (
            other.folder,
            other.path,
            other.environment,
            other.recursion,
        )

    def put_back(self) -> None:
        for step in (self._put_back_places, self._put_back_interpreter, self._put_back_signals, self._put_back_keras):
            with contextlib.suppress(Exception):
                step()

    def _put_back_places(self) -> None:
        if self.folder is not None:
            os.chdir(self.folder)
        sys.path[:] = self.path
        if any(finder not in sys.meta_path for finder in self.finders):
            sys.meta_path[:] = self.finders + [finder for finder in sys.meta_path if finder not in self.finders]
        if dict(os.environ) != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)

    def _put_back_interpreter(self) -> None:
        if warnings.filters != self.filters:
            warnings.filters[:] = self.filters  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]
        sys.setrecursionlimit(self.recursion)
        sys.excepthook = self.hook
        sys.settrace(None)
        sys.setprofile(None)
        (gc.enable if self.collects else gc.disable)()

    def _put_back_signals(self) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        now = _signals()
        for number, handler in self.signals.items():
            if now.get(number) is not handler and handler is not None:
                with contextlib.suppress(Exception):
                    signal.signal(number, handler)

    def _put_back_keras(self) -> None:
        if self.keras is not None:
            _set_keras(self.keras)


def _signals() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _keras_settings() -> dict[str, Any] | None:
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


def _set_keras(settings: dict[str, Any]) -> None:
    config = sys.modules["keras"].config
    for name, value in settings.items():
        now = getattr(config, name)()
        if getattr(now, "name", now) != value:
            getattr(config, f"set_{name}")(value)


@dataclass(frozen=True)
class _Failure:
    """What went wrong: whose it is, the message, all of the traceback."""

    subtype: str
    message: str
    detail: str

    def document(self) -> dict[str, str]:
        return {"subtype": self.subtype, "message": self.message, "detail": self.detail}

    @classmethod
    def of(cls, error: BaseException, request: dict[str, Any], root: str) -> _Failure:
        """Tell of an exception who can mend it and how."""
        subtype, text = _explained(error)
        where = _lines_of_user(error, root)
        message = _shortened(text, 2000) + (f"\n{where}" if where else "")
        return cls(subtype, message, _shortened(_whole_traceback(error), _MOST_TEXT))


def _explained(error: BaseException) -> tuple[str, str]:
    if isinstance(error, TargetError):
        return "target", _text(error)
    if isinstance(error, ModelError | OptionError):  # the one option that is read here is the text_callable's answer
        return "model", _text(error)
    if (framework := _broken_framework(error)) is not None:
        return "framework", framework
    what, remedy = next((what, remedy) for kind, what, remedy in _REMEDIES if isinstance(error, kind))
    if isinstance(error, ImportError | AttributeError) and "partially initialized" in _text(error):
        what, remedy = "modules of the model import one another in a circle", "import one of them inside a function"
    return "model", f"{what}: {_shown(error)}; {remedy}"


_REMEDIES: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (SyntaxError, "a module of the model cannot be read", "mend the line"),
    (SystemExit, "the model's code ended Python", "leave out sys.exit, or put it under if __name__ == '__main__'"),
    (KeyboardInterrupt, "the model's code raised KeyboardInterrupt", "raise an Exception instead"),
    (
        ModuleNotFoundError,
        "a module that the model's code imports is missing",
        "install it for the Python that describes models, or put its folder on sys.path in conf.py",
    ),
    (ImportError, "a module of the model cannot be imported", "mend the import"),
    (RecursionError, "the model's code calls itself without end", "give its recursion an end"),
    (MemoryError, "the model's code needs more memory than there is", "make the model smaller"),
    (
        Warning,
        "a warning was turned into an error while the model was made",
        "mend what it warns of, or leave warnings as they are",
    ),
    (BaseException, "the model could not be made", "run the function on its own to see why"),
)


_ELSEWHERE: Final = (
    "the Python that describes models ({python}): {mend} there, name another Python in layered_view_python, or build "
    "from committed descriptions with layered_view_mode = 'cached'"
)


_LEAST: Final = {"keras": (3, 0), "tensorflow": (2, 16)}


def _broken_framework(error: BaseException) -> str | None:
    seen = 0
    cause: BaseException | None = error
    while cause is not None and seen < 10:
        if isinstance(cause, ModuleNotFoundError) and cause.name in FRAMEWORKS:
            return f"{cause.name} is not installed for {_ELSEWHERE.format(python=sys.executable, mend='install it')}"
        if (old := _too_old(cause)) is not None:
            framework, version, least = old
            elsewhere = _ELSEWHERE.format(python=sys.executable, mend=f"install {framework} {least} or newer")
            return f"{framework} {version} is too old in {elsewhere}\n{_shown(cause)}"
        if isinstance(cause, Exception) and (name := _failed_while_loading(cause)):
            elsewhere = _ELSEWHERE.format(python=sys.executable, mend="mend its installation")
            return f"{name} cannot be imported by {elsewhere}\n{_shown(cause)}"
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return None


def _too_old(error: BaseException) -> tuple[str, str, str] | None:
    """Give a framework whose version may be why something of it is missing, with that version and the least one."""
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


def _lines_of_user(error: BaseException, root: str) -> str:
    """Give the lines of the user's own files that led to an error, outermost first."""
    found = []
    for entry in traceback.extract_tb(error.__traceback__):
        if _is_of_user(entry.filename):
            line = f"\n    {entry.line}" if entry.line else ""
            found.append(f'  File "{_place(entry.filename, root)}", line {entry.lineno}, in {entry.name}{line}')
    if isinstance(error, SyntaxError) and error.filename and _is_of_user(error.filename):
        line = f"\n    {error.text.strip()}" if error.text else ""
        found.append(f'  File "{_place(error.filename, root)}", line {error.lineno}{line}')
    cause = error.__cause__
    if not found and cause is not None and cause is not error:
        return _lines_of_user(cause, root)
    return _shortened("\n".join(found[-_MOST_LINES:]), 3000)


def _is_of_user(file: str) -> bool:
    if not file or file.startswith("<"):
        return False
    real = os.path.realpath(file)
    return not (real.startswith(_OWN_FOLDER + os.sep) or is_installed(real) or is_standard(real))


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
    """Leave out of a traceback, and of those before it, what is the child's own and not the user's."""
    own = (os.path.join(_OWN_FOLDER, "worker") + os.sep, "<frozen importlib")
    shown.stack[:] = [entry for entry in shown.stack if not entry.filename.startswith(own)]
    for other in (shown.__cause__, shown.__context__):
        if other is not None and depth < 10:
            _leave_out_own(other, depth + 1)


def _shown(error: BaseException) -> str:
    text = _text(error)
    name = type(error).__name__
    return _shortened(f"{name}: {text}" if text else name, 1000)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return "(its message cannot be shown)"


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n[... {len(text) - most} characters left out ...]\n{text[-(most // 2) :]}"


if __name__ == "__main__":
    main()
