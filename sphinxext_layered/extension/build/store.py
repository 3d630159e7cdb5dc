"""The cache as a build uses it: where it cannot be written, a spare folder takes its place for the build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ...cache import Cache, State, StoredPicture
from ...description import ModelDescription

T = TypeVar("T")


class Store:
    """Reads from the cache and the spare folder; writes to the first of them that takes it.

    Attributes
    ----------
    problem : str
        Why the cache could not be written, empty while it can.
    wrote : bool
        Whether anything was written.
    """

    def __init__(self, folder: Path, spare: Path) -> None:
        self.folder = folder
        self.problem = ""
        self.wrote = False
        self._caches = [Cache(folder), Cache(spare)]
        self._first = 0
        self._readable = self._caches if spare.exists() else self._caches[:1]
        self._damaged: set[str] = set()

    def states(self, key: str) -> list[State]:
        """Return the states of the sources known for `key`."""
        return [state for cache in self._readable for state in cache.states(key)]

    def description(self, digest: str) -> ModelDescription | None:
        """Return a description, or None."""
        found = next(filter(None, (cache.description(digest) for cache in self._readable)), None)
        if found is None:
            self._damaged.add(digest)
        return found

    def has_description(self, digest: str) -> bool:
        """Whether a description is there, and was not found to be damaged."""
        return digest not in self._damaged and any(cache.has_description(digest) for cache in self._readable)

    def picture(self, key: str) -> StoredPicture | None:
        """Return a picture, or None."""
        return next(filter(None, (cache.picture(key) for cache in self._readable)), None)

    def keep_description(self, key: str, made_from: Mapping[str, Any], description: ModelDescription) -> str:
        """Keep a description; raises OSError where no folder takes it."""
        return self._keep(lambda cache: cache.keep_description(key, made_from, description))

    def keep_picture(self, key: str, data: bytes | None, **known: Any) -> StoredPicture:
        """Keep a picture; raises OSError where no folder takes it."""
        return self._keep(lambda cache: cache.keep_picture(key, data, **known))

    def _keep(self, write: Callable[[Cache], T]) -> T:
        while True:
            try:
                self.wrote = True
                return write(self._caches[self._first])
            except OSError as error:
                self.problem = self.problem or str(error)
                if self._first + 1 == len(self._caches):
                    raise
                self._first += 1
                self._readable = self._caches

    def tidy(self) -> None:
        """Prune the cache now and then."""
        if self.wrote and not self.problem:
            self._caches[0].prune_now_and_then()
