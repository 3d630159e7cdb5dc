"""What each builder last wrote: which pages show which pictures, and which files it put into its image folder.

The record is in the doctree folder: without that folder Sphinx reads and writes every page anyway, and
without the output folder it writes every page. A page whose picture is about to change is marked as
unknown before anything is written, so a build that is killed leaves no page for current that is not.
If the record is lost, the files are recognized by their names, which hold the beginning of their own digests.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from ...cache import write_whole
from ..places import image_folder

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_UNKNOWN: Final = ""
_OWN_NAME: Final = r"[a-z0-9-]+-([0-9a-f]{12})\.[a-z]{3,4}"


class Ledger:
    """The record of one builder and output folder.

    Attributes
    ----------
    path : Path
        The record's own file.
    signatures : dict of str to str
        By page, a digest of its pictures; empty if unknown.
    files : dict of str to list of str
        By page, the names of the files in the image folder that it shows.
    digests : dict of str to str
        By name, the SHA-256 of each file of this extension that may be in the image folder.
    """

    def __init__(
        self,
        path: Path,
        signatures: dict[str, str] | None = None,
        files: dict[str, list[str]] | None = None,
        digests: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.signatures = signatures or {}
        self.files = files or {}
        self.digests = digests or {}

    @classmethod
    def of(cls, app: Sphinx) -> Self:
        """Read the record of this builder; an unreadable one is empty."""
        place = hashlib.sha256(f"{app.builder.name}\0{Path(app.outdir).resolve()}".encode("utf-8", "surrogatepass"))
        path = Path(app.doctreedir).resolve() / "layered_view" / f"{app.builder.name}-{place.hexdigest()[:12]}.json"
        try:
            document = json.loads(path.read_bytes())
            return cls(path, *(_checked(document, name) for name in ("signatures", "files", "digests")))
        except (OSError, LookupError, ValueError, TypeError, RecursionError):
            of_pages = {name for _, name in app.env.images.values()}
            return cls(path, digests=dict(_ours(image_folder(app), of_pages)))

    def differing(self, signatures: Mapping[str, str], folder: Path) -> list[str]:
        """Return the pages that were last written with other pictures than `signatures` says.

        So does a page whose picture has gone from the image folder.
        """
        try:
            there = set(os.listdir(folder))
        except OSError:
            there = set()
        return sorted(
            page
            for page, signature in signatures.items()
            if self.signatures.get(page) != signature or not there.issuperset(self.files.get(page, ()))
        )

    def doubt(self, pages: Iterable[str], digests: Mapping[str, str]) -> None:
        """Note before anything is written that `pages` will change, and which files may come."""
        self.signatures.update(dict.fromkeys(pages, _UNKNOWN))
        self.digests.update(digests)
        self.save()

    def note(self, page: str, signature: str, names: Iterable[str]) -> None:
        """Note what a page was written with."""
        self.signatures[page] = signature
        self.files[page] = sorted(set(names))

    def forget_all_but(self, pages: Iterable[str]) -> None:
        """Forget the pages that show no pictures any more."""
        pages = set(pages)
        for table in (self.signatures, self.files):
            for page in table.keys() - pages:
                del table[page]

    def remove_stale(self, folder: Path, needed: Iterable[str] | None = None) -> None:
        """Remove files of this extension that no page shows from the image folder; leave others alone.

        Parameters
        ----------
        folder : Path
        needed : iterable of str, optional
            The names that stay, where they are other than those that the pages were last written with.
        """
        shown = (name for names in self.files.values() for name in names)
        keep = set(shown if needed is None else needed)
        for name in self.digests.keys() - keep:
            path = folder / name
            with contextlib.suppress(OSError):
                if hashlib.sha256(path.read_bytes()).hexdigest() == self.digests[name]:
                    path.unlink()
            del self.digests[name]

    def save(self) -> None:
        """Write the record if it says something new."""
        document = {"signatures": self.signatures, "files": self.files, "digests": self.digests}
        data = json.dumps(document, sort_keys=True).encode()
        with contextlib.suppress(OSError):
            if not self.path.exists() or self.path.read_bytes() != data:
                write_whole(self.path, data)


def _ours(folder: Path, others: set[str]) -> Iterator[tuple[str, str]]:
    """Return the name and digest of each file in `folder` with a name of this extension that is not one of `others`."""
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            named = re.fullmatch(_OWN_NAME, path.name)
            if named and path.name not in others and path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                if digest.startswith(named[1]):
                    yield path.name, digest


def _checked(document: Any, name: str) -> dict[str, Any]:
    table = document[name]
    if not isinstance(table, dict):
        raise TypeError
    for value in table.values():
        texts = value if name == "files" and isinstance(value, list) else [value]
        if not all(isinstance(text, str) and "/" not in text and "\\" not in text for text in texts):
            raise TypeError
    if name == "digests" and any("/" in key or "\\" in key or key in ("", ".", "..") for key in table):
        raise TypeError
    return table
