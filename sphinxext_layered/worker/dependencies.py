"""What a model was made from, and what of it differs now.

The child records (`recorder`), the parent compares (`differences`) without importing anything of the
user's. Imported by both, so it uses the standard library alone.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.machinery
import importlib.metadata
import json
import os
import re
import signal
import stat
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from .termination import before_termination

FRAMEWORKS: Final = frozenset({"keras", "tensorflow", "tf_keras", "jax", "torch"})
"""Packages that count by their version alone: what they import in turn does not count."""

ABSENT: Final = "absent"
"""Stands for the content of a file, folder or module that was looked for and not found."""

FILE: Final = "file"
FOLDER: Final = "folder"
"""Stand for what is there, where only that was asked."""

_TEXT_SUFFIXES: Final = (
    ".py", ".pyi", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".txt", ".csv", ".md", ".rst", ".xml"
)  # fmt: skip
MODULE: Final = "module:"
_STATE: Final = re.compile(r"[0-9a-f]{64}|absent|file|folder")
TWINS: Final = {
    "tensorflow": (
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-intel",
        "tensorflow-macos",
        "tensorflow-rocm",
        "tf-nightly",
    ),
}


class MadeFrom(NamedTuple):
    """What a model was made from, named so that it means the same in another checkout.

    Attributes
    ----------
    files : tuple of (str, str)
        What was looked at, and its state then. A path relative to the project's root with forward slashes has
        the SHA-256 of its content; or ``file``, ``folder`` or ``absent`` where only its existence was asked. A
        path that ends with a slash is a folder that was listed and has the SHA-256 of the names in it.
        ``module:name`` is a module outside the root, or ``absent`` one that was imported in vain.
    distributions : tuple of (str, str)
        Name and version of each installed package that it rests on.
    environment : tuple of (str, str)
        Names of the environment variables chosen for the child, and a digest of each value.
    code : tuple of (str, str)
        Of some of the project's Python files a digest of their code, as `code_digest` returns it.
    """

    files: tuple[tuple[str, str], ...] = ()
    distributions: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    code: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, dict[str, str]]:
        """Return it as plain values for JSON."""
        return {name: dict(getattr(self, name)) for name in self._fields if name != "code" or self.code}

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read what `document` returned, checking all of it.

        Raises
        ------
        ValueError
            It is not such a document.
        """
        if not isinstance(document, Mapping) or set(document) - set(cls._fields):
            raise ValueError("not a list of what a model was made from")
        made_from = cls(*(_pairs(document.get(name, {})) for name in cls._fields))
        for name, digest in made_from.files:
            if not _STATE.fullmatch(digest) or not _is_inside(name):
                raise ValueError(f"not the name and state of a file of the project: {name!r:.100}")
        return made_from

    @classmethod
    def as_written(cls, document: Mapping[str, Mapping[str, str]]) -> Self:
        """Read what `document` returned without checking it: for what this package wrote where nobody else does."""
        return cls(*(tuple(document.get(name, {}).items()) for name in cls._fields))


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not all(type(name) is str is type(text) for name, text in value.items()):
        raise ValueError("expected names and texts")
    return tuple(sorted(value.items()))


def _is_inside(name: str) -> bool:
    if name.startswith(MODULE):
        return all(part.isidentifier() for part in name.removeprefix(MODULE).split("."))
    on_a_drive = name[1:2] == ":" and name[0].isascii() and name[0].isalpha()
    return not (on_a_drive or name.startswith(("/", "\\")) or "\0" in name or ".." in name.split("/"))


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
    """Return what differs from what a model was made from; nothing is imported.

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
        No child can be started: a package or a module outside the project that is only here or only there is
        no difference.

    Returns
    -------
    list of str
        Such as ``models/blocks.py (changed)``; empty where all is as it was.
    """
    hashes = hashes or FileHashes()
    installed = installed or Installed()
    found = []
    root, code = str(root), dict(made_from.code)
    for name, digest in made_from.files:
        path = hashes.place_of(name, root, sys_path or sys.path)
        now = hashes.state(path, digest) if path else ABSENT
        if now == digest or (path and name in code and code[name] == hashes.of_code(path)):
            continue
        only_here_or_there = ABSENT in (now, digest) and name.startswith(MODULE) and not _is_of_project(path, root)
        if not (cached and only_here_or_there):
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
    """Return the variables that were chosen for the child, and the Keras backend that this process's own name."""
    backend = os.environ.get("KERAS_BACKEND")
    return {**({"KERAS_BACKEND": backend} if backend else {}), **environment}


def digests_of(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the chosen variables with a digest of each value: values may be secrets, or paths of one machine."""
    return tuple(
        sorted(
            (name, hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:12])
            for name, value in environment.items()
        )
    )


def _is_of_project(path: str | None, root: str) -> bool:
    return path is not None and path.startswith(os.path.join(root, "")) and "site-packages" not in path


def find_module_file(name: str, sys_path: Sequence[str]) -> str | None:
    """Find a module's file without importing its packages."""
    spec = find_module(name, sys_path)
    return spec.origin if spec is not None and spec.has_location else None


def find_module(name: str, sys_path: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
    """Find a module through the finders step by step: ``find_spec`` would import its packages."""
    path: Sequence[str] | None = None
    spec = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = _find_spec(".".join(parts[:end]), path, sys_path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec


def _find_spec(name: str, path: Sequence[str] | None, sys_path: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(name, list(sys_path) if path is None else path)
    if spec is not None and (spec.has_location or path is not None):
        return spec
    for finder in sys.meta_path:
        if finder is not importlib.machinery.PathFinder:
            with contextlib.suppress(Exception):  # whatever finders of others do: they do not find it
                if (found := finder.find_spec(name, path)) is not None:
                    return found
    return spec


def kind_of(path: str) -> str:
    """Return what is at a path: `FILE`, `FOLDER` or `ABSENT`."""
    try:
        return FOLDER if stat.S_ISDIR(_stat(path).st_mode) else FILE
    except (OSError, ValueError):
        return ABSENT


_stat: Final = os.stat  # the child's recorder replaces it


def is_noise(name: str) -> bool:
    """Whether a name in a folder is what tools leave there, which counts for no model."""
    return name.startswith(".") or name in ("__pycache__", "_build")


def code_digest(source: bytes) -> str:
    """Return the SHA-256 of Python code without comments and blank lines; empty where it cannot be parsed.

    Of its text as `ast.unparse` writes it, which varies less between versions of Python than its tree.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd spellings, which are read all the same
            text = ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class FileHashes:
    """The SHA-256 of files and of the names in folders, each read once.

    Newlines of text are made alike first, since a checkout on Windows may have changed them.
    """

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._places: dict[str, str | None] = {}
        self._code: dict[str, str] = {}

    def of_code(self, path: str) -> str:
        """Return the digest of a Python file's code, empty where it cannot be read."""
        if path not in self._code:
            try:
                self._code[path] = code_digest(Path(path).read_bytes())
            except (OSError, ValueError):
                self._code[path] = ""
        return self._code[path]

    def of(self, path: str) -> str:
        """Return the digest of the file's content, or of the names in a folder whose path ends with a slash.

        It is `ABSENT` where there is nothing, `FILE` or `FOLDER` where it cannot be read.
        """
        if path not in self.known:
            self.known[path] = self._names(path) if path.endswith(("/", os.sep)) else self._read(path)
        return self.known[path]

    def state(self, path: str, then: str) -> str:
        """Return the state of a path now, in the terms of its state `then`."""
        if then not in (ABSENT, FILE, FOLDER):
            return self.of(path)
        if path not in self._kinds:
            self._kinds[path] = kind_of(path)
        return self._kinds[path]

    def place_of(self, name: str, root: str, sys_path: Sequence[str]) -> str | None:
        """Return the path that a name in `MadeFrom.files` means here, None for a module that is not found."""
        if not name.startswith(MODULE):
            return os.path.join(root, name.replace("/", os.sep))
        if name not in self._places:
            self._places[name] = find_module_file(name.removeprefix(MODULE), sys_path)
        return self._places[name]

    def note(self, path: str, content: bytes) -> None:
        """Take `content` for the file's, unless the file was read before."""
        if path not in self.known:
            self.known[path] = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()

    def _read(self, path: str) -> str:
        try:
            with open(path, "rb", buffering=0) as file:  # unbuffered, which is twice as quick
                if path.lower().endswith(_TEXT_SUFFIXES):
                    return hashlib.sha256(file.readall().replace(b"\r\n", b"\n")).hexdigest()
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            return kind_of(path)

    def _names(self, folder: str) -> str:
        try:
            names = sorted(name for name in os.listdir(folder) if not is_noise(name))
        except (OSError, ValueError):
            return kind_of(folder)
        return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


class Installed:
    """Versions of the distributions that an interpreter has, each looked up once.

    Parameters
    ----------
    python : str, optional
        The interpreter, where it is not this one. It is asked where its packages are, since a wrapper script's or a
        shim's own place does not tell.
    """

    def __init__(self, python: str | None = None) -> None:
        self._python = None if python is None or _is_this(python) else python
        self._known: dict[str, str | None] = {}

    def version(self, name: str) -> str | None:
        """Return the version, None where it is not installed."""
        if name not in self._known:
            twins = TWINS.get(name, (name,))
            self._known[name] = next((found for twin in twins if (found := self._look_up(twin))), None)
        return self._known[name]

    def _look_up(self, name: str) -> str | None:
        # Not `distributions`, which asks the finders of others too: one that raises would hide all packages.
        context = importlib.metadata.DistributionFinder.Context(name=name, path=self._path)
        with contextlib.suppress(Exception):
            for distribution in importlib.metadata.MetadataPathFinder.find_distributions(context):
                return _version_of(distribution)
        return None

    @property
    def _path(self) -> list[str]:
        return sys.path if self._python is None else self._path_of_other

    @functools.cached_property
    def _path_of_other(self) -> list[str]:
        assert self._python is not None
        command = [self._python, "-P", "-c", "import json, sys; print(json.dumps(sys.path))"]
        try:
            said = _output_of(command)
            return [path for path in json.loads(said.splitlines()[-1]) if isinstance(path, str)]
        except (OSError, ValueError, IndexError, TypeError, subprocess.SubprocessError):
            return []  # the child will tell why it cannot be started


def _output_of(command: list[str]) -> bytes:
    """Return what a command prints; then, and whatever ends the wait for it, end what it has started.

    Raises
    ------
    OSError, subprocess.SubprocessError
        It cannot be started, fails, or takes too long.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            with before_termination(lambda: kill_group(process)):
                said, _ = process.communicate(timeout=30)
        finally:
            kill_group(process)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return said


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has a session of its own, and what it has started there."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
            process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _version_of(distribution: importlib.metadata.Distribution) -> str:
    """Return a version by its line, without having all of the metadata parsed, which takes much longer."""
    head = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
    line = re.search(r"^Version:[ \t]*(\S+)[ \t]*$", head, re.MULTILINE)
    return line[1] if line else str(distribution.version)


def _is_this(python: str) -> bool:
    return os.path.normcase(os.path.abspath(python)) == os.path.normcase(os.path.abspath(sys.executable))
