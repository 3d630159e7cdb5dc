"""The cache of descriptions and pictures: named by content, and written atomically.

The cache has three kinds of entries. A *manifest* belongs to what was asked for and lists up
to five states of the sources with the description that each gave; a *description* is named by its
digest; a *picture* has a record under its key and its bytes under a name that a reader understands.
Entries that are truncated, altered, swapped or of another version are treated as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from .description import ModelDescription
from .errors import DescriptionError

VERSION: Final = "1"
MOST_STATES: Final = 5
DAY: Final = 24 * 60 * 60.0

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}-[0-9a-f]{12}\.[a-z]{3,4}")
_PICTURE: Final = ("name", "digest", "size", "width", "height", "notes")
_TEMPORARY: Final = ".writing-"
_TAG: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# A cache of descriptions of models and of their pictures; it can be deleted at any time.\n"
)


def digest_of(value: Any) -> str:
    """Return the SHA-256 of bytes, of text, or of what JSON can write, in hexadecimal digits."""
    if not isinstance(value, bytes):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
        value = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(value).hexdigest()


def slug_of(text: str) -> str:
    """Return a short name for a file: lower-case ASCII letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "model"


class State(NamedTuple):
    """One state of the sources, and the description that it gave."""

    made_from: Mapping[str, Any]
    description: str


class StoredPicture(NamedTuple):
    """A picture in the cache.

    Attributes
    ----------
    path : Path or None
        Its file; None if only its notes are needed.
    digest : str
        The SHA-256 of its bytes.
    width, height : int
        The size at which it is shown, in pixels.
    notes : dict
        Additional facts from when it was drawn, such as its alternative text.
    """

    path: Path | None
    digest: str
    width: int
    height: int
    notes: Mapping[str, Any]


class Pruned(NamedTuple):
    """What a pruning removed and left."""

    removed: int
    freed: int
    left: int


class Cache:
    """The entries in one folder. Reading never raises; writing raises OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._room = os.path.join(folder, VERSION)

    # -- descriptions --------------------------------------------------------------------------------

    def states(self, key: str) -> list[State]:
        """Return the states known for `key`, the latest first."""
        body = self._record("manifests", key)
        found = body.get("states") if body else None
        return [
            State(item["made_from"], item["description"])
            for item in (found if isinstance(found, list) else [])
            if isinstance(item, dict)
            and isinstance(item.get("made_from"), dict)
            and isinstance(item.get("description"), str)
            and _DIGEST.fullmatch(item["description"])
        ]

    def has_description(self, digest: str) -> bool:
        """Whether the description of that digest is there; it is checked when it is read."""
        return _size_of(self.file_of_description(digest)) > 0

    def description(self, digest: str) -> ModelDescription | None:
        """Return the description of that digest, or None; a damaged one is removed, so that it is missed next time."""
        data = self._description_bytes(digest)
        try:
            return None if data is None else ModelDescription.from_json(data)
        except DescriptionError:
            return None

    def keep_description(self, key: str, made_from: Mapping[str, Any], description: ModelDescription) -> str:
        """Write a description and note that `made_from` gives it; returns its digest."""
        data = description.to_json().encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(data).hexdigest()
        if self._description_bytes(digest) is None:
            self._write(self.file_of_description(digest), data)
        latest = State(json.loads(json.dumps(made_from)), digest)
        self.keep_states(key, [latest, *(each for each in self.states(key) if each.made_from != latest.made_from)])
        return digest

    def keep_states(self, key: str, states: list[State]) -> None:
        """Write the manifest of `key`; the latest state comes first."""
        kept = [{"made_from": each.made_from, "description": each.description} for each in states[:MOST_STATES]]
        self._write_record("manifests", key, {"states": kept})

    def file_of_description(self, digest: str) -> str:
        """Return the path of the file that has, or would have, the description of that digest."""
        return self._path("descriptions", digest, ".json")

    def _description_bytes(self, digest: str) -> bytes | None:
        return _whole_bytes_of(self.file_of_description(digest), digest)

    # -- pictures ------------------------------------------------------------------------------------

    def picture(self, key: str) -> StoredPicture | None:
        """Return the picture of `key` if it is there in its size; `is_whole` checks its content when it is used."""
        body = self._record("pictures", key)
        if body is None:
            return None
        name, digest, size, width, height, notes = (body.get(k) for k in _PICTURE)
        if not (type(width) is int and type(height) is int and isinstance(digest, str) and isinstance(notes, dict)):
            return None
        if name is None:
            return StoredPicture(None, digest, width, height, notes)
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
            return None
        path = self._picture_path(name, digest)
        return StoredPicture(path, digest, width, height, notes) if _size_of(path) == size else None

    def keep_picture(
        self, key: str, data: bytes | None, *, name: str, suffix: str, width: int, height: int, notes: Mapping[str, Any]
    ) -> StoredPicture:
        """Write a picture, or with `data` None only what is known about it.

        Parameters
        ----------
        key : str
            What it was drawn from.
        data : bytes or None
        name : str
            The beginning of its file's name, as `slug_of` gives it.
        suffix : str
            The end of its file's name, such as ``.png``.
        width, height : int
            The size at which it is shown, in pixels.
        notes : dict
            Additional facts, as JSON objects.
        """
        digest = digest_of(data) if data is not None else ""
        file_name = f"{slug_of(name)}-{digest[:12]}{suffix}" if data is not None else None
        path = None
        if data is not None and file_name is not None:
            path = self._picture_path(file_name, digest)
            if _bytes_of(path) != data:
                self._write(path, data)
        body = (file_name, digest, len(data or b""), width, height, notes)
        self._write_record("pictures", key, dict(zip(_PICTURE, body, strict=True)))
        return StoredPicture(path, digest, width, height, notes)

    def _picture_path(self, name: str, digest: str) -> Path:
        return Path(os.sep.join((self._room, "pictures", digest[:2], name)))

    # -- bounds --------------------------------------------------------------------------------------

    def prune(self, *, older_than: float = 60 * DAY, larger_than: int = 512 * 2**20) -> Pruned:
        """Remove what was not used for a while, then the longest unused until the rest fits.

        Parameters
        ----------
        older_than : float
            Seconds since an entry was last used. A time in the future counts as now.
        larger_than : int
            Bytes.
        """
        now = time.time()
        found = sorted(self._files(now), key=lambda each: -each[0])
        left = sum(size for _, size, _ in found)
        removed = freed = 0
        for age, size, path in found:
            half_written = path.name.startswith(_TEMPORARY) and age > DAY
            if age <= older_than and left <= larger_than and not half_written:
                continue
            with contextlib.suppress(OSError):
                path.unlink()
                removed, freed, left = removed + 1, freed + size, left - size
        return Pruned(removed, freed, left)

    def prune_now_and_then(self, *, every: float = DAY, **bounds: Any) -> None:
        """Prune unless that was done lately; a cache that cannot be written is left alone."""
        stamp = Path(self._room, "pruned")
        with contextlib.suppress(OSError):
            if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < every:
                return
            self._write(stamp, b"")
            os.utime(stamp)
            self.prune(**bounds)

    def _files(self, now: float) -> Iterator[tuple[float, int, Path]]:
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = Path(folder, name)
                if path.parent in (self.folder, Path(self._room)) and not name.startswith(_TEMPORARY):
                    continue
                with contextlib.suppress(OSError):
                    found = path.stat()
                    yield max(0.0, now - found.st_mtime), found.st_size, path

    # -- files ---------------------------------------------------------------------------------------

    def _path(self, kind: str, key: str, suffix: str) -> str:
        if not _DIGEST.fullmatch(key):
            raise ValueError(f"a key has 64 hexadecimal digits, got {key!r:.80}")
        return os.sep.join((self._room, kind, key[:2], key + suffix))

    def _record(self, kind: str, key: str) -> dict[str, Any] | None:
        data = _bytes_of(self._path(kind, key, ".json"))
        seal, _, body = (data or b"").partition(b"\n")
        if seal != digest_of(key.encode() + body).encode():
            return None
        try:
            document = json.loads(body.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def _write_record(self, kind: str, key: str, body: Mapping[str, Any]) -> None:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._write(self._path(kind, key, ".json"), digest_of(key.encode() + text).encode() + b"\n" + text)

    def _write(self, path: str | Path, data: bytes) -> None:
        if not (self.folder / "CACHEDIR.TAG").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / ".gitignore", b"*\n")
            write_whole(self.folder / "CACHEDIR.TAG", _TAG.encode())
        write_whole(Path(path), data)


def is_whole(path: Path, digest: str) -> bool:
    """Whether a file of the cache has the content of that digest; a damaged one is removed, and so missed next time."""
    return _whole_bytes_of(path, digest) is not None


def is_cache(folder: Path) -> bool:
    """Whether `folder` is a cache made by this package, whose files may be deleted."""
    return _bytes_of(folder / "CACHEDIR.TAG", used=False) == _TAG.encode()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen half: under another name in its folder, then renamed.

    Raises
    ------
    OSError
        It cannot be written. A file of the same content that is already there counts as written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{_TEMPORARY}{os.urandom(8).hex()}"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if not isinstance(error, OSError) or _bytes_of(path, used=False) != data:
            raise


def _whole_bytes_of(path: str | Path, digest: str) -> bytes | None:
    data = _bytes_of(path)
    if data is not None and hashlib.sha256(data).hexdigest() != digest:
        with contextlib.suppress(OSError):
            os.unlink(path)
        return None
    return data


def _size_of(path: str | Path) -> int:
    """Return a file's size, noting about once a day that it was used; -1 where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return -1
    _note_use(path, found.st_mtime)
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def _bytes_of(path: str | Path, *, used: bool = True) -> bytes | None:
    """Return a file's content, noting about once a day that it was used, or None."""
    try:
        with FileIO(path) as file:  # unbuffered, which is twice as quick
            data = file.readall()
            if used:
                _note_use(path, os.fstat(file.fileno()).st_mtime)
            return data
    except OSError:
        return None


def _note_use(path: str | Path, since: float) -> None:
    if not 0 <= time.time() - since < DAY:
        with contextlib.suppress(OSError):
            os.utime(path)
