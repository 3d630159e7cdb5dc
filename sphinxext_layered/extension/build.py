"""The build step: at ``env-updated`` every picture is found or made, at ``build-finished`` it is tidied up.

It runs in the main process of every build, after parallel readers are merged and before anything is
written. What it finds out is kept beside the environment, never in it: the environment is pickled only
when a document was read. A build without pictures imports nothing more of this package.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from . import config as settings
from .request import Failure, Picture, PictureRequest

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from .produce import Producer
    from .receipt import Receipt
    from .sources import Sources
    from .written import Written

Result = Picture | Failure

_ASIDE: WeakKeyDictionary[Any, Pictures] = WeakKeyDictionary()
_BEGUN: WeakKeyDictionary[Any, Pictures] = WeakKeyDictionary()
_OFF = Failure(subtype="off", message="pictures are switched off: layered_view_mode is 'off'")
_NOT_WANTED = Failure(subtype="off", message="this builder shows no pictures")
_UNKNOWN = Failure(subtype="error", message="this picture was asked for after the build step; build again")


class Pictures:
    """What every request of this build came to.

    Attributes
    ----------
    results : dict
        By request, theme and format.
    asked : dict
        By request, the keys of its results, the first of which is shown where nothing else is asked for.
    pages : dict of str to list of (str, PictureRequest)
        The requests that each page shows in this build, with their spelling, in the order of pages' names.
    signatures : dict of str to str
        By page, what its pictures came to.
    shown : set of str
        The pages that have asked for their pictures, and so are written.
    held : set of str
        The pages that rest on the last build's receipt; their pictures are looked up when somebody asks for them.
    otherwise : Failure
        What a request came to where there is no `producer`.
    producer : callable or None
        Gives what finds and makes pictures, where any are wanted.
    sources : Sources or None
        What their models may be made from.
    end : callable
        Leaves the models undescribed that are still being described.
    record : Written or None
        What the builder has written.
    receipt : Receipt or None
        What the last build knew.
    """

    def __init__(self) -> None:
        self.results: dict[tuple[str, str, str], Result] = {}
        self.asked: dict[str, list[tuple[str, str, str]]] = {}
        self.pages: dict[str, list[tuple[str, PictureRequest]]] = {}
        self.signatures: dict[str, str] = {}
        self.shown: set[str] = set()
        self.held: set[str] = set()
        self.otherwise = _UNKNOWN
        self.producer: Callable[[], Producer] | None = None
        self.sources: Sources | None = None
        self.end: Callable[[], None] = lambda: None
        self.record: Written | None = None
        self.receipt: Receipt | None = None

    def of(self, request: PictureRequest, *, theme: str | None = None, format: str | None = None) -> Result:
        """Give a request's picture, by default in its first theme and the builder's format, or why there is none."""
        self.shown.add(request.docname)
        spelt = spelling(request)
        if spelt not in self.asked and self.producer is not None and request.docname in self.held:
            self.producer().find(self.pages[request.docname])
        if not self.asked.get(spelt):
            return self.otherwise
        _, first_theme, first_format = self.asked[spelt][0]
        key = (spelt, first_theme if theme is None else theme, first_format if format is None else format)
        result = self.results.get(key)
        if result is None:
            # Downloads are drawn in the first theme only; a request that failed as a whole has no themes.
            key = (spelt, first_theme, key[2])
            result = self.results.get(key)
        if result is None:
            only = self.results.get((spelt, first_theme, first_format))
            return only if isinstance(only, Failure) else _UNKNOWN
        if isinstance(result, Picture) and result.file is not None and not result.file.is_file() and self.producer:
            result = self.results[key] = self.producer().again(request, key)
        return result


def spelling(request: PictureRequest) -> str:
    """Give a request without its place, as text."""
    asked = [request.target, request.file, request.given, request.depends, request.format]
    return json.dumps(asked, sort_keys=True, default=str)


def pictures_of(host: Any) -> Pictures:
    """Give the pictures of a build, from its environment or its application."""
    env = getattr(host, "env", None) or host
    return _ASIDE.setdefault(env, Pictures())


def asked_by_pages(
    env: BuildEnvironment, pages: Iterable[str] | None = None
) -> dict[str, list[tuple[str, PictureRequest]]]:
    """Give what pages (all of them) show of their requests in this build, each with its spelling, in order of names."""
    from . import builder_of
    from .conditions import hold

    kept: dict[str, list[dict[str, Any]]] = getattr(env, "layered_views", {})
    shown = {}
    for page in sorted(kept.keys() if pages is None else kept.keys() & set(pages)):
        requests = [PictureRequest.from_document(document) for document in kept[page]]
        conditional = any(request.conditions for request in requests)
        builder = builder_of(env) if conditional else None
        shown[page] = [
            (spelling(request), request)
            for request in requests
            if builder is None or not request.conditions or any(hold(builder, each) for each in request.conditions)
        ]
    return {page: requests for page, requests in shown.items() if requests}


def env_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Find or make every picture; gives the pages whose pictures differ from those last written."""
    from .written import Written

    _ASIDE[env] = pictures = _BEGUN.pop(env, None) or Pictures()
    if not settings.needs_descriptions(app.builder):
        pictures.otherwise = _NOT_WANTED
        return []
    pictures.pages = asked_by_pages(env)
    if not pictures.pages:
        pictures.end()  # a page asked for one, and does no more
        return []
    pictures.record = record = Written.of(app)
    if app.config.layered_view_mode == "off":
        pictures.otherwise = _OFF
        pictures.signatures = dict.fromkeys(pictures.pages, _OFF.subtype)
    else:
        _produce(app, env, pictures, record)
    from .places import image_folder

    differing = record.differing(pictures.signatures, image_folder(app))
    if differing:
        record.doubt(differing, dict(_digests(pictures)))
    if app.builder.name == "epub":
        # Everything in its output folder is packed into the book, so what is stale has to go before.
        record.remove_stale(image_folder(app), dict(_digests(pictures)))
    return differing


def _produce(app: Sphinx, env: BuildEnvironment, pictures: Pictures, record: Written) -> None:
    """Find or make the pictures of all pages but those that rest on the last build's receipt."""
    from . import read_in
    from .receipt import Receipt

    _may_produce(app, pictures)
    assert pictures.producer is not None
    assert pictures.sources is not None
    pictures.receipt = receipt = Receipt(app, record, pictures.sources)
    pictures.held = {page for page, asked in pictures.pages.items() if receipt.holds(page, asked)} - read_in(env)
    if asked := [each for page, wishes in pictures.pages.items() if page not in pictures.held for each in wishes]:
        pictures.producer().make(asked)
    pictures.signatures = {
        page: record.signatures[page] if page in pictures.held else _signature(asked, pictures)
        for page, asked in pictures.pages.items()
    }


def _may_produce(app: Sphinx, pictures: Pictures) -> None:
    """Give `pictures` what finds and makes them, loaded when it is first called."""
    if pictures.producer is not None:
        return
    from .places import project_root
    from .sources import Sources

    pictures.sources = sources = Sources(app, project_root(app))

    @cache
    def producer() -> Producer:
        from .produce import Producer

        made = Producer(app, pictures, sources)
        pictures.end = made.end
        return made

    pictures.producer = producer


def page_read(app: Sphinx, docname: str) -> None:
    """Have the missing models of a page described while Sphinx reads the next one.

    For the process that also writes, and only while it reads: parallel readers are forks, and so are writers.
    """
    if not settings.needs_descriptions(app.builder) or app.config.layered_view_mode not in ("auto", "refresh"):
        return
    if asked := asked_by_pages(app.env, [docname]).get(docname):
        pictures = _BEGUN.setdefault(app.env, Pictures())
        _may_produce(app, pictures)
        assert pictures.producer is not None
        pictures.producer().begin(asked)


def build_finished(app: Sphinx, exception: Exception | None) -> None:
    """Note what was written, and remove our pictures that no page shows any more."""
    env = getattr(app, "env", None)
    pictures = _BEGUN.pop(env, None) or _ASIDE.get(env) if env is not None else None
    if pictures is not None:
        pictures.end()  # where reading has failed
    if exception is not None or pictures is None or not settings.needs_descriptions(app.builder):
        return
    from .places import image_folder
    from .written import Written

    record = pictures.record or Written.of(app)
    if not pictures.signatures and not record.signatures and not record.digests:
        return
    copied = {os.path.basename(source): name for source, name in getattr(app.builder, "images", {}).items()}
    for page in pictures.shown & pictures.pages.keys():
        names = [copied[file.name] for file in _files(pictures.pages[page], pictures) if file.name in copied]
        if pictures.producer is not None:
            # Once more: a picture may have gone missing while the build ran.
            pictures.signatures[page] = _signature(pictures.pages[page], pictures)
        record.note(page, pictures.signatures[page], names)
    if copied:
        record.digests.update({copied[name]: digest for name, digest in _digests(pictures) if name in copied})
    record.forget_all_but(pictures.pages)
    record.remove_stale(image_folder(app))
    record.save()
    if pictures.receipt is not None:
        _renew(pictures, record, pictures.receipt)
    if pictures.producer is not None and pictures.asked:
        pictures.producer().tidy()


def _renew(pictures: Pictures, record: Written, receipt: Receipt) -> None:
    """Write what the next build can rest on."""
    written = {page for page, signature in pictures.signatures.items() if record.signatures.get(page) == signature}
    rests = {}
    if pictures.producer is not None and pictures.asked:
        producer = pictures.producer()
        found = {page: producer.rests_of(pictures.pages[page]) for page in written - pictures.held}
        rests = {page: each for page, each in found.items() if each is not None}
    held = (page for page in pictures.held if record.signatures.get(page) == receipt.signature(page))
    receipt.renew(pictures.pages, held, rests)


def _results(asked: Iterable[tuple[str, PictureRequest]], pictures: Pictures) -> Iterator[Result]:
    return (pictures.results[key] for spelt, _ in asked for key in pictures.asked.get(spelt, ()))


def _signature(asked: Iterable[tuple[str, PictureRequest]], pictures: Pictures) -> str:
    """Give a digest of what a reader sees of a page's pictures."""
    seen = [_seen(result) for result in _results(asked, pictures)]
    return hashlib.sha256(json.dumps(seen).encode("utf-8", "surrogatepass")).hexdigest()


def _seen(result: Result) -> list[object]:
    if isinstance(result, Failure):
        return [result.subtype, result.message]
    return [result.file.name if result.file else None, result.width, result.height, result.alt, result.digest]


def _files(asked: Iterable[tuple[str, PictureRequest]], pictures: Pictures) -> Iterator[Path]:
    for result in _results(asked, pictures):
        if isinstance(result, Picture) and result.file is not None:
            yield result.file


def _digests(pictures: Pictures) -> Iterator[tuple[str, str]]:
    for result in pictures.results.values():
        if isinstance(result, Picture) and result.file is not None:
            yield result.file.name, result.digest
