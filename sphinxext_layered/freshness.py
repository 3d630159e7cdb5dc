"""Whether the sources of models have changed: each file is read, and each version looked up, once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from .worker.dependencies import FileHashes, Installed, MadeFrom, code_digest, differences, digests_of

ROOT_MARKS: Final = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")


class Sources:
    """The possible sources of the models of one project.

    Parameters
    ----------
    root : Path
        The project's root, which files are named relative to.
    sys_path : sequence of str
        Where modules outside the root are looked for; ``sys.path`` where empty.
    python : str, optional
        The interpreter that builds the models, where it is not this one.
    environment : mapping
        The environment variables chosen for the child.
    can_describe : bool
        Whether a child may be started: where it may not, what is not installed here is no difference.
    """

    def __init__(
        self,
        root: Path,
        *,
        sys_path: Sequence[str] = (),
        python: str | None = None,
        environment: Mapping[str, str] | None = None,
        can_describe: bool = False,
    ) -> None:
        self._root = str(root)
        self._sys_path = sys_path
        self._python = python
        self._environment = environment or {}
        self._can_describe = can_describe
        self._hashes = FileHashes()

    def differing(self, made_from: MadeFrom) -> tuple[str, ...]:
        """Return the differences from what a model was made from."""
        found = differences(
            made_from,
            self._root,
            hashes=self._hashes,
            installed=self._installed,
            environment=self._environment,
            sys_path=self._sys_path,
            cached=not self._can_describe,
        )
        return tuple(found)

    def differing_anywhere(self, made_from: MadeFrom) -> tuple[str, ...]:
        """Return the sources that differ; the result is the same on every machine, whatever is installed."""
        files = made_from._replace(distributions=(), environment=())
        found = differences(files, self._root, hashes=self._hashes, sys_path=self._sys_path, cached=True)
        known = dict(made_from.environment)
        chosen = digests_of(self._environment)
        return (*found, *(f"environment variable {name}" for name, digest in chosen if known.get(name) != digest))

    def with_code(self, made_from: MadeFrom) -> MadeFrom:
        """Return `made_from` with digests of its Python files' code, which distinguish a new comment from a change."""
        code = []
        for name, digest in made_from.files:
            path = os.path.join(self._root, *name.split("/"))
            if name.endswith(".py") and FileHashes().of(path) == digest and (found := code_digest(_content(path))):
                code.append((name, found))
        return made_from._replace(code=tuple(code))

    @cached_property
    def _installed(self) -> Installed:
        return Installed(self._python)


def root_above(folder: Path) -> Path:
    """Return the nearest folder above `folder`, or itself, that is marked as a project's root, else `folder`."""
    marked = (each for each in (folder, *folder.parents) if any((each / mark).exists() for mark in ROOT_MARKS))
    return next(marked, folder)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
