"""What the child records while it makes a model: who imported which module, who opened which file."""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import gc
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import site
import sys
import sysconfig
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from .dependencies import (
    ABSENT,
    FILE,
    FOLDER,
    FRAMEWORKS,
    MODULE,
    TWINS,
    FileHashes,
    Installed,
    MadeFrom,
    digests_of,
    is_noise,
    kind_of,
)

_ON_DEMAND: Final = {"matplotlib": "keras.src.visualization.", "jax": "tensorflow.lite."}
"""Packages that a framework imports only for functions that a model's builder hardly calls, and the part that does."""

_WITHOUT: Final = {"keras.src.callbacks.orbax_checkpoint": "jax"}
"""Parts of a framework, and the package that they make do without: here it is only for old releases of it."""

_STDLIB: Final = frozenset(sys.stdlib_module_names) | frozenset(sys.builtin_module_names) | {"__main__"}

_EVENTS: Final = {"open": 0, "os.listdir": 0, "os.scandir": 0, "os.mkdir": 0, "os.rename": 1}
"""What is watched, and which argument of the event is the path."""

_IMPORTERS: Final = ("importlib._bootstrap", "importlib._bootstrap_external")

OWN_FOLDER: Final = os.path.realpath(os.path.dirname(os.path.dirname(__file__)))
"""This package's own, which the child may first read from while it makes a model."""


class Recorder:
    """Records, in the child, which module imported which and who looked at which file of the project.

    To look at a file is to open it, to list its folder, to ask whether it is there, or to import a module in vain.
    What is imported or looked at while a module's body runs belongs to that module, and so to every model that
    rests on it; at call time it belongs to the model being built, or to the function's module too where the function
    keeps what it found (it is cached, or sets a global), since the next call will not look again.

    A file counts as it was when it was read, since it may be edited while the model is made. So the project's modules
    are compiled from their source each time: a ``.pyc`` may be of another source with the same time and size.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.edges: dict[str, set[str]] = {}
        self.seen: dict[str, dict[str, str]] = {}
        self.hashes = FileHashes()
        self._elsewhere = tuple(
            folder for folder in (*_installed_folders(), *_standard_folders()) if not self.root.startswith(folder)
        )
        self.around_import: Callable[[str], Callable[[], None]] = lambda top: lambda: None
        self._edges_of_call: set[str] = set()
        self._seen_by_call: dict[str, str] = {}
        self._written: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._import = builtins.__import__
        self._import_module = importlib.import_module
        self._recording = False
        self._looking = 0
        self._owners: Mapping[str, Iterable[str]] | None = None

    def install(self) -> None:
        """Start to record, for as long as the process lives."""
        builtins.__import__ = self._wrapped_import()
        importlib.import_module = self._wrapped_import_module()
        importlib.machinery.SourceFileLoader.get_code = self._wrapped_get_code()  # type: ignore[method-assign]
        sys.meta_path.append(self)
        names = ("exists", "isfile", "isdir", "lexists") if os.name == "nt" else ("lexists",)
        for module, function in ((os, "stat"), *((os.path, name) for name in names)):
            self._wrap_question(module, function)
        sys.addaudithook(self._audit)

    def begin(self) -> None:
        """Begin a model."""
        self._edges_of_call, self._seen_by_call, self._written = set(), {}, set()
        self._recording = True

    def finish(self, roots: Iterable[str], more_files: Iterable[str], environment: Mapping[str, str]) -> MadeFrom:
        """Return what the model was made from: the closure of its `roots`, what was looked at, and `more_files`."""
        self._recording = False
        modules = self.closure([*roots, *self._edges_of_call])
        files = dict(self._module_files(modules))
        for name in more_files:
            files[name] = FileHashes().of(os.path.join(self.root, *name.split("/")))
        for seen in (self._seen_by_call, *(self.seen.get(name, {}) for name in modules)):
            for name in seen.keys() - self._written:
                if files.get(name, FILE) in (ABSENT, FILE, FOLDER):  # what it holds says more than that it is there
                    files[name] = seen[name]
        for name, state in list(files.items()):
            told_otherwise = f"{name}/" in files if state == FOLDER else name.removeprefix(MODULE) in sys.modules
            if told_otherwise and state in (ABSENT, FOLDER):
                del files[name]
        distributions = dict(self._distributions(modules))
        return MadeFrom(tuple(sorted(files.items())), tuple(sorted(distributions.items())), digests_of(environment))

    def closure(self, roots: Iterable[str]) -> set[str]:
        """Return the names of the modules that `roots` import, directly or through others, with their packages."""
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name in found or not name:
                continue
            found.add(name)
            waiting += self.edges.get(name, ())
            waiting.append(name.rpartition(".")[0])
            if self.kind(name) == "installed":
                waiting.append(name.partition(".")[0])
        return found

    def name_of(self, path: str) -> str:
        """Return the name of a file under the root."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def kind(self, name: str) -> str:
        """Return the kind of a module: 'standard', 'framework', 'installed' or 'project'."""
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kind(name)
            if name in sys.modules:
                self._kinds[name] = kind
        return kind

    def _kind(self, name: str) -> str:
        top = name.partition(".")[0]
        if top in FRAMEWORKS:
            return "framework"
        if top == "sphinxext_layered":
            return "standard"
        file = _file_of(name)
        if file is None:
            return "standard" if top in _STDLIB else "project"
        if is_installed(file):
            return "installed"
        if top in _STDLIB and is_standard(file):
            return "standard"
        return "project"

    def _module_files(self, modules: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name in sorted(modules):
            file = _file_of(name) if self.kind(name) == "project" else None
            if file is None or not os.path.isfile(file):
                continue
            real = os.path.realpath(file)
            inside = real.startswith(self.root + os.sep)
            yield (self.name_of(real) if inside else MODULE + name), self.hashes.of(real)

    def _distributions(self, modules: Iterable[str]) -> Iterator[tuple[str, str]]:
        tops = {name.partition(".")[0] for name in modules if self.kind(name) in ("installed", "framework")}
        if "tensorflow" in tops:
            tops.add("keras")
        if "keras" in tops:
            tops.add(_backend())
        installed = Installed()
        for top in sorted(tops - {""}):
            for name in self._owners_of(top):
                if version := installed.version(name):
                    yield name, version

    def _owners_of(self, top: str) -> Iterable[str]:
        if top in TWINS or (top in FRAMEWORKS and Installed().version(top)):
            return (top,)
        if self._owners is None:
            self._owners = importlib.metadata.packages_distributions()
        return sorted({name.lower() for name in self._owners.get(top, ())})

    def _wrapped_import(self) -> Callable[..., Any]:
        original = self._import
        quick = ("builtins", "importlib", "importlib._bootstrap")

        @functools.wraps(original)
        def __import__(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: N807
            importer = globals.get("__name__", "") if globals else ""
            top = importer.partition(".")[0] if isinstance(importer, str) else ""
            if top in FRAMEWORKS and importer.startswith(_ON_DEMAND.get(name.partition(".")[0], "\0")):
                return _on_demand(name, fromlist) or original(name, globals, locals, fromlist, level)
            if _WITHOUT.get(importer) == name and name not in sys.modules:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if top in FRAMEWORKS or importer in quick or not self._recording:
                return original(name, globals, locals, fromlist, level)
            if name.partition(".")[0] not in FRAMEWORKS and self.kind(importer) == "standard":
                return original(name, globals, locals, fromlist, level)
            module = self._quickly(name, level, lambda: original(name, globals, locals, fromlist, level))
            if importer:
                self._note_import(importer, name, globals, fromlist or (), level, sys._getframe(1))
            return module

        return __import__

    def _wrapped_import_module(self) -> Callable[..., Any]:
        original = self._import_module

        @functools.wraps(original)
        def import_module(name: str, package: str | None = None) -> types.ModuleType:
            module: types.ModuleType = self._quickly(name, 0, lambda: original(name, package))
            frame = sys._getframe(1)
            importer = frame.f_globals.get("__name__", "")
            if self._recording and importer and importer.partition(".")[0] not in FRAMEWORKS:
                self._note_edge(importer, {module.__name__}, frame)
            return module

        return import_module

    def _wrapped_get_code(self) -> Callable[..., Any]:
        original = importlib.machinery.SourceFileLoader.get_code

        @functools.wraps(original)
        def get_code(loader: Any, fullname: str) -> types.CodeType | None:
            path = os.path.realpath(loader.get_filename(fullname))
            if path.startswith((OWN_FOLDER + os.sep, *self._elsewhere)) or is_installed(path):
                return original(loader, fullname)
            source = loader.get_data(loader.path)
            self.hashes.note(path, source)
            code: types.CodeType = loader.source_to_code(source, loader.path)
            return code

        return get_code

    def _quickly(self, name: str, level: int, load: Callable[[], Any]) -> Any:
        """Load; where it is a package not loaded before, tell `around_import`, and load a framework in less time."""
        top = name.partition(".")[0]
        if level or top in sys.modules:
            return load()
        loaded = self.around_import(top)
        try:
            with _sparingly() if top in FRAMEWORKS else contextlib.nullcontext():
                return load()
        finally:
            if top in sys.modules and self.kind(top) != "project":
                loaded()

    def _note_import(
        self,
        importer: str,
        name: str,
        globals: Any,
        fromlist: Iterable[str],
        level: int,
        frame: Any,
    ) -> None:
        if level:
            package = globals.get("__package__") or (importer if "__path__" in globals else importer.rpartition(".")[0])
            try:
                name = importlib.util.resolve_name("." * level + name, package)
            except (ImportError, ValueError):
                return
        found = {name}
        for item in fromlist:
            if isinstance(item, str) and (inner := f"{name}.{item}") in sys.modules:
                found.add(inner)
            elif item == "*":
                found.update(
                    f"{name}.{part}"
                    for part in getattr(sys.modules.get(name), "__all__", ())
                    if f"{name}.{part}" in sys.modules
                )
        self._note_edge(importer, found, frame)

    def _note_edge(self, importer: str, found: set[str], frame: Any) -> None:
        kind = self.kind(importer)
        if kind == "standard":
            return
        if kind == "installed":
            if frame.f_code.co_name != "<module>":  # what it loads on demand depends on the models before
                return
            self.edges.setdefault(importer.partition(".")[0], set()).update(name.partition(".")[0] for name in found)
            return
        owners = self._owners_of_frame(frame)
        for owner in owners:
            self.edges.setdefault(owner, set()).update(found)
        if not owners or owners[-1:] == ("",):
            self._edges_of_call |= found

    def _owners_of_frame(self, frame: Any) -> tuple[str, ...]:
        """Return the module whose body runs; at call time the modules whose functions keep what they find."""
        keepers = []
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if isinstance(name, str) and name not in _STDLIB and self.kind(name) == "project":
                if frame.f_code.co_name == "<module>":
                    return (name,)
                if _keeps(frame):
                    keepers.append(name)
            frame = frame.f_back
        return (*keepers, "") if keepers else ()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Note a module that no finder has found; the import system asks this one last."""
        if self._recording and self._is_of_project(sys._getframe(1), imports=True):
            self._note(MODULE + name, lambda: ABSENT)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._recording or event not in _EVENTS or self._looking == threading.get_ident():
            return
        try:
            if event == "open":
                self._note_open(*args[:3])
            elif event in ("os.listdir", "os.scandir"):
                self._note_listing(args[0])
            elif (made := self._inside(args[_EVENTS[event]])) is not None:
                self._written.add(self.name_of(made))
        except Exception:  # what watches must not disturb
            return

    def _inside(self, path: Any) -> str | None:
        """Return the real path of what is in the project's own folders, else None."""
        if isinstance(path, int) or path is None or (isinstance(path, str) and path.startswith(self._elsewhere)):
            return None
        path = os.path.realpath(os.fsdecode(path))
        if not f"{path}{os.sep}".startswith(self.root + os.sep) or is_installed(path):
            return None
        return None if f"{path}{os.sep}".startswith(OWN_FOLDER + os.sep) else path

    def _note_open(self, path: Any, mode: Any, flags: Any) -> None:
        if (real := self._inside(path)) is None:
            return
        if _is_for_writing(mode, flags):
            self._written.add(self.name_of(real))
            return
        if real.endswith(".pyc") and "__pycache__" in real:
            real = importlib.util.source_from_cache(real)
        self._note(self.name_of(real), lambda: FileHashes().of(real))

    def _note_listing(self, path: Any) -> None:
        real = self._inside("." if path is None else path)
        if real is None or any(map(is_noise, real.removeprefix(self.root).split(os.sep))):
            return
        if self._is_of_project(sys._getframe(2)):
            self._note(self.name_of(real) + "/", lambda: FileHashes().of(real + os.sep))

    def _wrap_question(self, module: types.ModuleType, function: str) -> None:
        """Wrap a function that answers whether something is there: no audit event reports it."""
        original = getattr(module, function)

        @functools.wraps(original)
        def asked(path: Any, *args: Any, **kwargs: Any) -> Any:
            if self._recording and self._looking != threading.get_ident():
                with contextlib.suppress(Exception):
                    real = self._inside(path)
                    if real not in (None, self.root) and self._is_of_project(sys._getframe(1)):
                        self._note(self.name_of(real), lambda: kind_of(real))
            return original(path, *args, **kwargs)

        setattr(module, function, asked)
        for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
            if original in able:
                able.add(asked)

    def _note(self, name: str, state: Callable[[], str]) -> None:
        """Note the state of something for whom it counts."""
        owners = self._owners_of_frame(sys._getframe(2))
        self._looking = threading.get_ident()
        try:
            found = state()
        finally:
            self._looking = 0
        for owner in owners:
            self.seen.setdefault(owner, {}).setdefault(name, found)
        if not owners or owners[-1:] == ("",):
            self._seen_by_call.setdefault(name, found)

    def _is_of_project(self, frame: Any, *, imports: bool = False) -> bool:
        """Whether the project's code looks, itself or through a library's function; or imports, itself."""
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            kind = self.kind(name) if isinstance(name, str) else "standard"
            if kind == "project":
                return True
            if kind != "standard" if imports else name in _IMPORTERS:
                return False
            frame = frame.f_back
        return False


@contextlib.contextmanager
def _sparingly() -> Iterator[None]:
    """Load a framework without what takes much of its time and serves nothing.

    Collecting garbage takes a fifth of it, and what is loaded stays, so that it need not be gone through for each model
    either.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
            gc.freeze()


def _on_demand(name: str, fromlist: Iterable[str] | None) -> types.ModuleType | None:
    """Return a package whose parts are loaded when one of them is used.

    Keras imports pyplot only for its own drawing functions, TensorFlow jax, where it is installed, only to convert its
    functions: each is a sixth of the time of the import. Whoever else imports them gets the real ones at once.
    """
    top = name.partition(".")[0]
    if name in sys.modules or importlib.util.find_spec(top) is None:
        return None
    package = types.ModuleType(top)
    for part in fromlist or name.split(".")[1:]:
        setattr(package, part, _OnDemand(f"{top}.{part}"))
    return package


class _OnDemand(types.ModuleType):
    """A module, or something of a package, that is imported when something of it is asked for or when it is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        package, _, name = self.__name__.rpartition(".")
        return getattr(importlib.import_module(package), name)(*args, **kwargs)


def _is_for_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_CREAT | os.O_TRUNC))


def _keeps(frame: Any) -> bool:
    """Whether a function is likely to keep what it finds: it is cached, or it sets a global."""
    code = frame.f_code
    named = frame.f_globals.get(code.co_name)
    if hasattr(named, "cache_info"):
        return True
    return _sets_a_global(code)


@functools.lru_cache(maxsize=4096)
def _sets_a_global(code: types.CodeType) -> bool:
    return any(step.opname == "STORE_GLOBAL" for step in dis.get_instructions(code))


def _file_of(name: str) -> str | None:
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    file = getattr(spec, "origin", None) if spec is not None and getattr(spec, "has_location", False) else None
    file = file or getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _backend() -> str:
    keras = sys.modules.get("keras")
    try:
        name = str(keras.backend.backend()) if keras is not None else ""
    except Exception:
        return ""
    return name if name in FRAMEWORKS else ""


@functools.cache
def _standard_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({os.path.realpath(paths[key]) + os.sep for key in ("stdlib", "platstdlib")})


@functools.cache
def _installed_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = [paths["purelib"], paths["platlib"]]
    with contextlib.suppress(Exception):
        folders += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple({os.path.realpath(folder) + os.sep for folder in folders})


def is_installed(file: str) -> bool:
    """Whether a file is where packages are installed."""
    file = os.path.realpath(file)
    return file.startswith(_installed_folders()) or bool({"site-packages", "dist-packages"} & set(file.split(os.sep)))


def is_standard(file: str) -> bool:
    """Whether a file is of Python's standard library."""
    return os.path.realpath(file).startswith(_standard_folders()) and not is_installed(file)
