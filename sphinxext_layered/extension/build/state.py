"""The state of one build: the requests of its pages, their results, and the pages that were written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ...worker import Failure
from ..config import needs_descriptions
from ..page.conditions import is_shown
from ..page.request import Picture, PictureRequest, requests_of
from ..places import image_folder
from .ledger import Ledger
from .pictures import Pictures

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.builders import Builder

_OFF = Failure(subtype="off", problem="pictures are switched off: layered_view_mode is 'off'")


class Build:
    """The state of one build, which every event, directive and transform takes from the environment.

    Each build has its own state, which is not pickled with the environment.

    Attributes
    ----------
    app : Sphinx
    builder : Builder
    pages_read : frozenset of str
        The pages that this build reads, and so writes in any case.
    pages : dict of str to list of PictureRequest
        What each page shows in this build, in the order of pages' names.
    pages_written : set of str
        The pages that have asked for their pictures.
    """

    def __init__(self, app: Sphinx, pages_read: Iterable[str] = ()) -> None:
        self.app = app
        self.builder: Builder = app.builder
        self.pages_read = frozenset(pages_read)
        self.pages: dict[str, list[PictureRequest]] = {}
        self.pages_written: set[str] = set()
        self._process = os.getpid()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    @cached_property
    def pictures(self) -> Pictures:
        """What finds and makes pictures."""
        return Pictures(self.app)

    @cached_property
    def ledger(self) -> Ledger:
        """What this builder has written."""
        return Ledger.of(self.app)

    @property
    def draws(self) -> bool:
        """Whether this build is to have pictures, or what they are described with."""
        return needs_descriptions(self.builder) and self.app.config.layered_view_mode != "off"

    @property
    def describes_ahead(self) -> bool:
        """Whether models may be described while pages are read: not in forks, which read for the main process."""
        return self.draws and self.app.config.layered_view_mode != "cached" and self._process == os.getpid()

    def shown(self, pages: Iterable[str]) -> dict[str, list[PictureRequest]]:
        """Return the requests of `pages` that this build shows."""
        kept = requests_of(self.app.env)
        read = {page: map(PictureRequest.from_document, kept[page]) for page in sorted(kept.keys() & set(pages))}
        shown = {page: [each for each in asked if is_shown(each, self.builder)] for page, asked in read.items()}
        return {page: requests for page, requests in shown.items() if requests}

    def picture(self, request: PictureRequest, *, theme: str = "", format: str = "") -> Picture | Failure:
        """Return a picture for a page that is written, by default of its first theme and in the builder's format."""
        if not self.draws:
            return _OFF
        self.pages_written.add(request.docname)
        return self.pictures.for_page(request, theme, format)

    def close(self) -> None:
        """End what the build began, also where it has failed."""
        if "pictures" in vars(self):
            self.pictures.end()

    # -- what was written

    def signature(self, page: str) -> str:
        """Return a digest of what a reader sees of a page's pictures."""
        if not self.draws:
            return _OFF.subtype
        seen = [_seen(result) for result in self.results(page)]
        return hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()

    def results(self, page: str) -> Iterator[Picture | Failure]:
        """Return the results of a page's requests."""
        return (result for request in self.pages[page] for result in self.pictures.results_of(request))

    def digests(self) -> dict[str, str]:
        """Return the digest of each picture of this build, by its file's name."""
        return {file.name: digest for page in self.pages for file, digest in self._files(page)}

    def note_written(self) -> None:
        """Note what was written, and remove pictures that no page shows any more."""
        if not hasattr(self.app.env, "layered_views"):
            return  # no page of this project has ever shown a picture
        ledger = self.ledger
        copied = {os.path.basename(source): name for source, name in getattr(self.builder, "images", {}).items()}
        for page in self.pages_written & self.pages.keys():
            names = [copied[file.name] for file, _ in self._files(page) if file.name in copied]
            # Not what it was when the page was asked for: a picture may have gone missing while the build ran.
            ledger.note(page, self.signature(page), names)
        if copied:
            ledger.digests.update({copied[name]: each for name, each in self.digests().items() if name in copied})
        ledger.forget_all_but(self.pages)
        ledger.remove_stale(image_folder(self.app))
        ledger.save()

    def _files(self, page: str) -> Iterator[tuple[Path, str]]:
        if not self.draws:
            return
        for result in self.results(page):
            if isinstance(result, Picture) and result.file is not None:
                yield result.file, result.digest


def begin_build(app: Sphinx, pages_read: Iterable[str] = ()) -> None:
    """Begin the state of a build."""
    app.env.layered_view_build = Build(app, pages_read)  # type: ignore[attr-defined]


def _seen(result: Picture | Failure) -> list[object]:
    if isinstance(result, Failure):
        return [result.subtype, result.message]
    return [result.file.name if result.file else None, result.width, result.height, result.alt, result.digest]
