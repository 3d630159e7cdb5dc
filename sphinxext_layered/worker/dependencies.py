"""What a model was made from, and whether that still holds.

The child records (`Recorder`), the parent compares (`differences`) without importing anything of the
user's. Imported by both, so it uses the standard library alone.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import gc
import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import re
import site
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

FRAMEWORKS: Final = frozenset({"keras", "tensorflow", "tf_keras", "jax", "torch"})
"""Packages that count by their version alone: what they import in turn does not count."""

ABSENT: Final = "absent"
"""Stands for the content of a file that was looked for and not found."""

_TEXT_SUFFIXES: Final = frozenset(
    {".py", ".pyi", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".txt", ".csv", ".md", ".rst", ".xml"}
)
_MODULE: Final = "module:"
_SHA256: Final = re.compile(r"[0-9a-f]{64}|absent")
_TWINS: Final = {
    "tensorflow": (
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-intel",
        "tensorflow-macos",
        "tensorflow-rocm",
        "tf-nightly",
    ),
}
_KERAS_DRAWING: Final = "keras.src.visualization."
_STDLIB: Final = frozenset(sys.stdlib_module_names) | frozenset(sys.builtin_module_names) | {"__main__"}

_OWN_FOLDER: Final = os.path.realpath(os.path.dirname(os.path.dirname(__file__)))
"""This package's own, which the child may first read from while it makes a model."""


@dataclass(frozen=True)
class MadeFrom:
    """What a model was made from, named so that it means the same in another checkout.

    Attributes
    ----------
    files : tuple of (str, str)
        A path relative to the project's root with forward slashes, or ``module:name`` for a module
        outside it, and the SHA-256 of the content or ``absent``.
    distributions : tuple of (str, str)
        Name and version of each installed package that it rests on.
    environment : tuple of (str, str)
        Names of the environment variables chosen for the child, and a digest of each value.
    """

    files: tuple[tuple[str, str], ...] = ()
    distributions: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, dict[str, str]]:
        """Give it as plain values for JSON."""
        return {name: dict(getattr(self, name)) for name in ("files", "distributions", "environment")}

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read what `document` gave, checking all of it.

        Raises
        ------
        ValueError
            It is not such a document.
        """
        if not isinstance(document, Mapping) or set(document) - {"files", "distributions", "environment"}:
            raise ValueError("not a list of what a model was made from")
        made_from = cls(*(_pairs(document.get(name, {})) for name in ("files", "distributions", "environment")))
        for name, digest in made_from.files:
            if not _SHA256.fullmatch(digest) or not _is_inside(name):
                raise ValueError(f"not the name and digest of a file of the project: {name!r:.100}")
        return made_from


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise ValueError("expected names and texts")
    return tuple(sorted(value.items()))


def _is_inside(name: str) -> bool:
    if name.startswith(_MODULE):
        return all(part.isidentifier() for part in name.removeprefix(_MODULE).split("."))
    return not (name.startswith("/") or re.match(r"[A-Za-z]:|\\", name) or "\0" in name or ".." in name.split("/"))


def still_true(made_from: MadeFrom, root: str | Path, **knowing: Any) -> bool:
    """Tell whether nothing differs; the arguments are those of `differences`."""
    return not differences(made_from, root, **knowing)


def differences(
    made_from: MadeFrom,
    root: str | Path,
    *,
    hashes: FileHashes | None = None,
    installed: Installed | None = None,
    environment: Mapping[str, str] | None = None,
    sys_path: Sequence[str] = (),
    cached: bool = False,
) -> list[str]:
    """Name what differs from what a model was made from; nothing is imported.

    Parameters
    ----------
    made_from : MadeFrom
    root : path
        The project's root.
    hashes : FileHashes, optional
        Remembers the files that were read already; one for each build.
    installed : Installed, optional
        Remembers the versions that were looked up already; one for each build.
    environment : mapping, optional
        The environment variables chosen for the child; None compares none.
    sys_path : sequence of str
        Where modules outside the root are looked for; ``sys.path`` where empty.
    cached : bool
        No child can be started: what is not installed here, or is a module that cannot be found here, is
        no difference.

    Returns
    -------
    list of str
        Such as ``models/blocks.py (changed)``; empty where all is as it was.
    """
    hashes = hashes or FileHashes()
    installed = installed or Installed()
    found = []
    for name, digest in made_from.files:
        path = _path_of(name, str(root), sys_path or sys.path)
        now = hashes.of(path) if path else ABSENT
        if now != digest and not (cached and now == ABSENT and name.startswith(_MODULE)):
            found.append(f"{name} ({'gone' if now == ABSENT else 'new' if digest == ABSENT else 'changed'})")
    for name, version in made_from.distributions:
        here = installed.version(name)
        if here != version and not (cached and here is None):
            found.append(f"{name} {version} ({here or 'not installed'} now)")
    if environment is not None:
        now_set = dict(digests_of(chosen_environment(environment)))
        then_set = dict(made_from.environment)
        chosen = set(now_set) | ({name for name in then_set if name in environment} if cached else set(then_set))
        found += [f"environment variable {name}" for name in sorted(chosen) if now_set.get(name) != then_set.get(name)]
    return found


def chosen_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that were chosen for the child, and the Keras backend that this process's own name."""
    backend = os.environ.get("KERAS_BACKEND")
    return {**({"KERAS_BACKEND": backend} if backend else {}), **environment}


def digests_of(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the chosen variables with a digest of each value: values may be secrets, or paths of one machine."""
    return tuple(
        sorted(
            (name, hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:12])
            for name, value in environment.items()
        )
    )


def _path_of(name: str, root: str, sys_path: Sequence[str]) -> str | None:
    if name.startswith(_MODULE):
        return find_module_file(name.removeprefix(_MODULE), sys_path)
    return os.path.join(root, *name.split("/"))


def find_module_file(name: str, sys_path: Sequence[str]) -> str | None:
    """Find a module's file through the finders step by step, without importing its packages."""
    path: Sequence[str] | None = None
    spec = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = _find_spec(".".join(parts[:end]), path, sys_path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec.origin if spec is not None and spec.has_location else None


def _find_spec(name: str, path: Sequence[str] | None, sys_path: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(name, list(sys_path) if path is None else path)
    if spec is not None and (spec.has_location or path is not None):
        return spec
    for finder in sys.meta_path:
        if finder is importlib.machinery.PathFinder or not hasattr(finder, "find_spec"):
            continue
        try:
            spec = finder.find_spec(name, path)
        except Exception:
            continue
        if spec is not None:
            return spec
    return spec


@dataclass
class FileHashes:
    """The SHA-256 of files, each read once.

    Newlines of text are made alike first, since a checkout on Windows may have changed them.
    """

    known: dict[str, str] = field(default_factory=dict)

    def of(self, path: str) -> str:
        """Give the digest of the file's content, or `ABSENT`."""
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]

    def _read(self, path: str) -> str:
        digest = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                if os.path.splitext(path)[1].lower() in _TEXT_SUFFIXES:
                    digest.update(file.read().replace(b"\r\n", b"\n"))
                else:
                    while chunk := file.read(1 << 20):
                        digest.update(chunk)
        except (OSError, ValueError):
            return ABSENT
        return digest.hexdigest()


class Installed:
    """Versions of the distributions that an interpreter has, each looked up once.

    Parameters
    ----------
    python : str, optional
        The interpreter, where it is not this one; its folders are looked into, it is not started.
    """

    def __init__(self, python: str | None = None) -> None:
        self._path = None if python is None or _is_this(python) else _site_packages_of(python)
        self._known: dict[str, str | None] = {}

    def version(self, name: str) -> str | None:
        """Give the version, None where it is not installed."""
        if name not in self._known:
            twins = _TWINS.get(name, (name,))
            self._known[name] = next((found for twin in twins if (found := self._look_up(twin))), None)
        return self._known[name]

    def _look_up(self, name: str) -> str | None:
        path = sys.path if self._path is None else self._path
        with contextlib.suppress(Exception):
            for distribution in importlib.metadata.distributions(name=name, path=path):
                return str(distribution.version)
        return None


def _is_this(python: str) -> bool:
    return os.path.normcase(os.path.abspath(python)) == os.path.normcase(os.path.abspath(sys.executable))


def _site_packages_of(python: str) -> list[str]:
    folder = Path(python).absolute().parent
    patterns = (
        "../lib/python3*/site-packages",
        "../Lib/site-packages",
        "Lib/site-packages",
        "../lib/python3*/dist-packages",
        "../lib/python3/dist-packages",
        "../local/lib/python3*/dist-packages",
    )
    return [str(path) for pattern in patterns for path in sorted(folder.glob(pattern))]


class Recorder:
    """Records, in the child, which module imported which and who opened which file of the project.

    An import or a file opened while a module's body runs belongs to that module, and so to every model that
    rests on it; one at call time belongs to the model being built, or to the function's module too where the function
    keeps what it found (it is cached, or sets a global), since the next call will not look again.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.edges: dict[str, set[str]] = {}
        self.opened: dict[str, set[str]] = {}
        self.hashes = FileHashes()
        self._elsewhere = tuple(
            folder for folder in (*_installed_folders(), *_standard_folders()) if not self.root.startswith(folder)
        )
        self.around_import: Callable[[str], Callable[[], None]] = lambda top: lambda: None
        self._edges_of_call: set[str] = set()
        self._opened_by_call: set[str] = set()
        self._written: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._import = builtins.__import__
        self._import_module = importlib.import_module
        self._recording = False
        self._owners: Mapping[str, Iterable[str]] | None = None

    def install(self) -> None:
        """Start to record, for as long as the process lives."""
        builtins.__import__ = self._wrapped_import()
        importlib.import_module = self._wrapped_import_module()
        sys.addaudithook(self._audit)

    def begin(self) -> None:
        """Begin a model."""
        self._edges_of_call, self._opened_by_call, self._written = set(), set(), set()
        self._recording = True

    def finish(self, roots: Iterable[str], more_files: Iterable[str], environment: Mapping[str, str]) -> MadeFrom:
        """Give what the model was made from: the closure of its `roots`, its data files and `more_files`."""
        self._recording = False
        modules = self.closure([*roots, *self._edges_of_call])
        files = dict(self._module_files(modules))
        opened = set(self._opened_by_call).union(*(self.opened.get(name, ()) for name in modules))
        for path in sorted(opened - self._written):
            files.setdefault(self.name_of(path), FileHashes().of(path))
        for name in more_files:
            files[name] = FileHashes().of(os.path.join(self.root, *name.split("/")))
        distributions = dict(self._distributions(modules))
        return MadeFrom(tuple(sorted(files.items())), tuple(sorted(distributions.items())), digests_of(environment))

    def closure(self, roots: Iterable[str]) -> set[str]:
        """Give the names of the modules that `roots` import, directly or through others, with their packages."""
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
        """Give the name of a file under the root."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def kind(self, name: str) -> str:
        """Tell of a module whether it is 'standard', 'framework', 'installed' or of the 'project'."""
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
            yield (self.name_of(real) if inside else _MODULE + name), self.hashes.of(real)

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
        if top in _TWINS or (top in FRAMEWORKS and Installed().version(top)):
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
            if top == "keras" and name.startswith("matplotlib") and importer.startswith(_KERAS_DRAWING):
                return _plotting_on_demand(name, fromlist) or original(name, globals, locals, fromlist, level)
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

    def _quickly(self, name: str, level: int, load: Callable[[], Any]) -> Any:
        """Load; where it is a package not loaded before, tell `around_import`, and collect no garbage for a framework.

        Without the collector a framework is loaded in four fifths of its time.
        """
        top = name.partition(".")[0]
        if level or top in sys.modules:
            return load()
        loaded = self.around_import(top)
        collects = gc.isenabled()
        if top in FRAMEWORKS:
            gc.disable()
        try:
            return load()
        finally:
            if collects:
                gc.enable()
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
        """Give the module whose body runs; at call time the modules whose functions keep what they find."""
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

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not self._recording:
            return
        try:
            self._note_open(*args[:3])
        except Exception:  # what watches must not disturb
            return

    def _note_open(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(path, int) or path is None or (isinstance(path, str) and path.startswith(self._elsewhere)):
            return
        path = os.path.realpath(os.fsdecode(path))
        if not path.startswith(self.root + os.sep) or is_installed(path) or path.startswith(_OWN_FOLDER + os.sep):
            return
        if _is_for_writing(mode, flags):
            self._written.add(path)
            return
        if path.endswith(".pyc"):
            path = importlib.util.source_from_cache(path) if "__pycache__" in path else path
        owners = self._owners_of_frame(sys._getframe(2))
        for owner in owners:
            self.opened.setdefault(owner, set()).add(path)
        if not owners or owners[-1:] == ("",):
            self._opened_by_call.add(path)


def _plotting_on_demand(name: str, fromlist: Iterable[str] | None) -> types.ModuleType | None:
    """Give Keras's own drawing functions a Matplotlib that is loaded when one of them is called.

    Keras imports pyplot only for them, which is a sixth of the time of its import. Whoever else imports Matplotlib gets
    the real one at once.
    """
    if name in sys.modules or importlib.util.find_spec("matplotlib") is None:
        return None
    package = types.ModuleType("matplotlib")
    for part in fromlist or name.split(".")[1:]:
        setattr(package, part, _OnDemand(f"matplotlib.{part}"))
    return package


class _OnDemand(types.ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _is_for_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_CREAT | os.O_TRUNC))


def _keeps(frame: Any) -> bool:
    """Tell whether a function is likely to keep what it finds: it is cached, or it sets a global."""
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
    """Tell whether a file lies where packages are installed."""
    file = os.path.realpath(file)
    return file.startswith(_installed_folders()) or bool({"site-packages", "dist-packages"} & set(file.split(os.sep)))


def is_standard(file: str) -> bool:
    """Tell whether a file is of Python's standard library."""
    return os.path.realpath(file).startswith(_standard_folders()) and not is_installed(file)
