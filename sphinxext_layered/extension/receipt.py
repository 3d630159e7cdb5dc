"""What the last build knew of its pages, so that this one need not look their pictures up again.

A receipt names for each page what it asked for, what that came to, and what its models were made from. A page that
asks for the same rests on it for as long as its sources are the same, by content, and its pictures are in the cache:
it is as it was last written, and its pictures are looked up only if Sphinx writes it for a reason of its own. Whatever
else counts (settings, this package, the builder) guards the whole receipt. A page that there was anything to warn of
never rests on one; and a receipt is good for a day, so that once a day the cache is read, checked and marked as used.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from ..cache import DAY, digest_of, write_whole
from ..worker.dependencies import MadeFrom
from .config import SETTINGS
from .places import cache_folder
from .request import PictureRequest
from .versions import stamp

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

    from .sources import Sources
    from .written import Written

_WRITING_ALL: Final = ("singlehtml", "epub")
"""Builders of the format html that write every page each time."""

Asked = list[tuple[str, PictureRequest]]


class Rests(NamedTuple):
    """What one page rests on: what each of its models was made from, and its files in the cache."""

    made_from: list[MadeFrom]
    files: list[str]


class Receipt:
    """The receipt of one builder and output folder, beside the record of what it has written.

    Attributes
    ----------
    path : Path
    since : float
        When all of it was looked up in the cache.
    """

    def __init__(self, app: Sphinx, record: Written, sources: Sources) -> None:
        self.path: Path = record.path.with_suffix(".receipt")
        self.since = time.time()
        self._record = record
        self._sources = sources
        self._guard = _guard(app, sources)
        # Each page's part stays text until it is looked at, so that a thousand of them are not objects all at once.
        self._pages: dict[str, str] = {}
        if not self._guard:
            return
        with contextlib.suppress(OSError, LookupError, ValueError, TypeError, RecursionError):
            document = json.loads(self.path.read_bytes())
            if document["guard"] == self._guard and 0 <= self.since - document["since"] < DAY:
                self._pages, self.since = dict(document["pages"]), document["since"]

    def holds(self, page: str, asked: Asked) -> bool:
        """Whether a page is as it was last written, as far as its pictures go."""
        try:
            digest, signature, made_from, files = json.loads(self._pages[page])
            return bool(
                signature == self._record.signatures.get(page)
                and digest == _digest(asked)
                and all(not self._sources.differing(MadeFrom.as_written(document)) for document in made_from)
                and all(map(os.path.exists, files))
            )
        except (LookupError, ValueError, TypeError, AttributeError):
            return False

    def signature(self, page: str) -> str:
        """Give what a page that is held was last written with."""
        return str(json.loads(self._pages[page])[1])

    def renew(self, pages: Mapping[str, Asked], held: Iterable[str], rests: Mapping[str, Rests]) -> None:
        """Write the receipt of this build: of the pages that rested on the last one, and of those that now can."""
        noted = {page: self._pages[page] for page in held}
        if not self._guard or (not rests and noted.keys() == self._pages.keys()):
            return
        for page, (made_from, files) in rests.items():
            signature = self._record.signatures.get(page, "")
            noted[page] = json.dumps([_digest(pages[page]), signature, [each.document() for each in made_from], files])
        document = {"guard": self._guard, "since": self.since, "pages": noted}
        with contextlib.suppress(OSError):
            write_whole(self.path, json.dumps(document).encode("utf-8", "surrogatepass"))


def _digest(asked: Asked) -> str:
    return digest_of("\n".join(spelt for spelt, _ in asked))


def _guard(app: Sphinx, sources: Sources) -> str:
    """Give a digest of what counts for all pages alike; empty where this build takes no receipt."""
    builder, config = app.builder, app.config
    if builder.format != "html" or builder.name in _WRITING_ALL or config.layered_view_descriptions_dir:
        return ""
    if config.layered_view_mode not in ("auto", "cached"):
        return ""
    settings = {name: getattr(config, name) for name in SETTINGS}
    shown = [builder.name, list(builder.supported_image_types)]
    asked = json.dumps(settings, sort_keys=True, default=str)
    return digest_of([asked, shown, str(sources.root), str(cache_folder(app)), sources.python, stamp()])
