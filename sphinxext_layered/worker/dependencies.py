"""What a model was made from, and whether that still holds.

The child records (`recorder`), the parent compares (`differences`) without importing anything of the
user's. Imported by both, so it uses the standard library alone.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.machinery
import importlib.metadata
import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

FRAMEWORKS: Final = frozenset({"keras", "tensorflow", "tf_keras", "jax", "torch"})
"""Packages that count by their version alone: what they import in turn does not count."""

ABSENT: Final = "absent"
"""Stands for the content of a file that was looked for and not found."""

_TEXT_SUFFIXES: Final = frozenset(
    {".py", ".pyi", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".txt", ".csv", ".md", ".rst", ".xml"}
)
MODULE: Final = "module:"
_SHA256: Final = re.compile(r"[0-9a-f]{64}|absent")
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
        A path relative to the project's root with forward slashes, or ``module:name`` for a module
        outside it, and the SHA-256 of the content or ``absent``.
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
        """Read what `document` gave, checking all of it.

        Raises
        ------
        ValueError
            It is not such a document.
        """
        if not isinstance(document, Mapping) or set(document) - set(cls._fields):
            raise ValueError("not a list of what a model was made from")
        made_from = cls(*(_pairs(document.get(name, {})) for name in cls._fields))
        for name, digest in made_from.files:
            if not _SHA256.fullmatch(digest) or not _is_inside(name):
                raise ValueError(f"not the name and digest of a file of the project: {name!r:.100}")
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
    code = dict(made_from.code)
    for name, digest in made_from.files:
        path = _path_of(name, str(root), sys_path or sys.path)
        now = hashes.of(path) if path else ABSENT
        if now == digest or (path and name in code and code[name] == hashes.of_code(path)):
            continue
        if not (cached and now == ABSENT and name.startswith(MODULE)):
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
    if name.startswith(MODULE):
        return find_module_file(name.removeprefix(MODULE), sys_path)
    return os.path.join(root, *name.split("/"))


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
        if finder is importlib.machinery.PathFinder or not hasattr(finder, "find_spec"):
            continue
        try:
            spec = finder.find_spec(name, path)
        except Exception:
            continue
        if spec is not None:
            return spec
    return spec


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
    """The SHA-256 of files, each read once.

    Newlines of text are made alike first, since a checkout on Windows may have changed them.
    """

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
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
        """Give the digest of the file's content, or `ABSENT`."""
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]

    def note(self, path: str, content: bytes) -> None:
        """Take `content` for the file's, unless the file was read before."""
        if path not in self.known:
            self.known[path] = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()

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
            twins = TWINS.get(name, (name,))
            self._known[name] = next((found for twin in twins if (found := self._look_up(twin))), None)
        return self._known[name]

    def _look_up(self, name: str) -> str | None:
        path = sys.path if self._path is None else self._path
        with contextlib.suppress(Exception):
            for distribution in importlib.metadata.distributions(name=name, path=path):
                return _version_of(distribution)
        return None


def _version_of(distribution: importlib.metadata.Distribution) -> str:
    """Give a version by its line, without having all of the metadata parsed, which takes much longer."""
    head = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
    line = re.search(r"^Version:[ \t]*(\S+)[ \t]*$", head, re.MULTILINE)
    return line[1] if line else str(distribution.version)


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
