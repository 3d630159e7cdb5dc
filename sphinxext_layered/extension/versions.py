"""Which version of this package and of what it paints with is at work, found without importing any of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Final

from ..cache import digest_of
from ..worker.dependencies import FileHashes, Installed

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PAINTERS: Final = ("pillow", "aggdraw", "reportlab")


@cache
def version_of(room: str) -> str:
    """Give a digest of the code and fonts in one folder of this package, and of what it paints with.

    A change of the code is a change of the key, with no number that somebody has to raise.
    """
    hashes = FileHashes()
    code = sorted((_name(entry), hashes.of(entry.path)) for entry in _files(os.path.join(_PACKAGE, room)))
    return digest_of([code, _painters() if room == "drawing" else []])


def stamp() -> str:
    """Give a digest that differs where any file of this package was written since, or its painters changed.

    It is quicker than `version_of`, as no file is read, and means nothing in another checkout.
    """
    files = sorted((_name(entry), (stat := entry.stat()).st_mtime_ns, stat.st_size) for entry in _files(_PACKAGE))
    return digest_of([_PACKAGE, files, _painters()])


def _painters() -> list[str | None]:
    installed = Installed()
    return [installed.version(name) for name in _PAINTERS]


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".ttf")):
                yield entry
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)


def _name(entry: os.DirEntry[str]) -> str:
    return os.path.relpath(entry.path, _PACKAGE).replace(os.sep, "/")
