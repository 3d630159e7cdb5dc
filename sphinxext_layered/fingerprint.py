"""The fingerprint of this package: a change of its code or data makes results of earlier versions stale."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from .cache import digest_of, write_whole
from .worker.dependencies import FileHashes, Installed

_PACKAGE: Final = os.path.dirname(os.path.abspath(__file__))
_COMPILED: Final = "__pycache__"
NOT_DESCRIBING: Final = (
    "drawing", "extension", "command_line",
    "__main__.py", "api.py", "cache.py", "calling.py", "committed.py", "fingerprint.py", "freshness.py", "gallery.py",
    "saving.py", "visualkeras.py",
)  # fmt: skip
"""What no description depends on, since the child never loads it: a change there draws pictures again, but builds no
model."""
_PAINTERS: Final = ("pillow", "aggdraw", "reportlab")


class Fingerprint(NamedTuple):
    """Digests of this package's files by content, the same on every machine.

    Attributes
    ----------
    describing : str
        Of the files that the child loads and that the protocol with it is made of.
    whole : str
        Of all files.
    """

    describing: str
    whole: str


def fingerprint(known: Path | None = None) -> Fingerprint:
    """Return the fingerprint of the package as it is.

    Parameters
    ----------
    known : Path, optional
        A file that keeps the last fingerprint: it is taken where the sizes and times of all files are the same,
        which is thirty times as quick as reading them.
    """
    stats = sorted(_stats(_PACKAGE))
    seen = digest_of([_PACKAGE, stats])
    if known is not None:
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            document = json.loads(known.read_bytes())
            if document["seen"] == seen:
                return Fingerprint(str(document["describing"]), str(document["whole"]))
    found = _by_content([name for name, *_ in stats])
    if known is not None:
        with contextlib.suppress(OSError):
            write_whole(known, json.dumps({"seen": seen, **found._asdict()}).encode())
    return found


def painters() -> list[str | None]:
    """Return the versions of the packages that paint."""
    installed = Installed()
    return [installed.version(name) for name in _PAINTERS]


def _by_content(names: list[str]) -> Fingerprint:
    hashes = FileHashes()
    files = [(name, hashes.of(os.path.join(_PACKAGE, *name.split("/")))) for name in names]
    describing = [each for each in files if each[0].partition("/")[0] not in NOT_DESCRIBING]
    return Fingerprint(digest_of(describing), digest_of(files))


def _stats(folder: str) -> Iterator[tuple[str, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == _COMPILED:
                continue
            if entry.is_dir():
                yield from _stats(entry.path)
            else:
                stat = entry.stat()
                name = os.path.relpath(entry.path, _PACKAGE).replace(os.sep, "/")
                yield name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
