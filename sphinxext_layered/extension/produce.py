"""From requests to pictures: looks all of them up, has the missing models described by one child, and draws."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from sphinx.util.display import status_iterator

from ..errors import LayeredViewError, OptionError
from ..worker import ModelRequest
from . import config as settings
from .build import Pictures
from .models import Found, Models
from .places import cache_folder, spare_folder
from .reports import Reports
from .request import Failure, Picture, PictureRequest
from .store import Store
from .wants import Want, Wanted

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ..cache import StoredPicture
    from ..description import ModelDescription
    from ..options import LayeredViewOptions

_Key = tuple[str, str, str]

_LOST = "its description was removed from the cache while the build ran; build again"


class _Production:
    """The state of one build's production."""

    def __init__(self, models: Models, store: Store, options: Mapping[str, LayeredViewOptions]) -> None:
        self.models = models
        self.store = store
        self.options = options
        self.found: dict[ModelRequest, Found | Failure] = {}
        self.details: dict[Failure, str] = {}
        self.results: dict[Want, Picture | Failure] = {}
        self.complaints: dict[Want, list[list[str]]] = {}

    def look_up(self, wants: Iterable[Want]) -> tuple[list[Want], list[ModelRequest]]:
        """Find what is there; gives the pictures to draw from known descriptions, and the models to describe."""
        to_draw: list[Want] = []
        to_describe: dict[ModelRequest, None] = {}
        for want in wants:
            if want.model not in self.found and want.model not in to_describe:
                found = self.models.find(want.model)
                if found is None:
                    to_describe[want.model] = None
                else:
                    self.found[want.model] = found
            if want.model in self.found and not self._is_there(want):
                to_draw.append(want)
        return to_draw, list(to_describe)

    def _is_there(self, want: Want) -> bool:
        found = self.found[want.model]
        if isinstance(found, Failure):
            self.results[want] = found
            return True
        stored = None if self.models.mode == "refresh" else self.store.picture(want.key(found.digest))
        if stored is None:
            return False
        self._note(want, stored, found)
        return True

    def make(self, wants: list[Want], to_draw: list[Want], to_describe: list[ModelRequest]) -> Generator[str]:
        """Describe and draw; gives the name of each picture or model that is done.

        One thread draws while the child describes the next model. It has ended when this has: Sphinx's
        writers fork.
        """
        if not to_describe:
            for want in to_draw:
                self.draw(want)
                yield want.name
            return
        from concurrent.futures import ThreadPoolExecutor

        of_model: dict[ModelRequest, list[Want]] = {}
        for want in wants:
            of_model.setdefault(want.model, []).append(want)
        drawer = ThreadPoolExecutor(1)
        try:
            drawn = [drawer.submit(self.draw, want) for want in to_draw]
            with closing(self.models.make(to_describe)) as made:
                for model, found, detail in made:
                    self.found[model] = found
                    if isinstance(found, Failure):
                        self.details[found] = detail
                    drawn += [drawer.submit(self.draw, want) for want in of_model[model] if not self._is_there(want)]
                    yield of_model[model][0].name
            for want, each in zip(to_draw, drawn, strict=False):
                each.result()
                yield want.name
            for each in drawn:
                each.result()
        finally:
            drawer.shutdown(cancel_futures=True)

    def draw(self, want: Want) -> None:
        """Draw one picture from its description."""
        found = self.found[want.model]
        assert isinstance(found, Found)
        description = found.description or self.store.description(found.digest)
        if description is None:
            self.results[want] = Failure(subtype="cache", message=_LOST)
            return
        try:
            from .drawn import draw

            drawn = draw(description, self.options[want.options], want.format)
        except LayeredViewError as error:
            self.results[want] = Failure(subtype=error.subtype, message=_said(error))
            return
        except Exception as error:
            import traceback

            self.results[want] = failure = Failure(
                subtype="error",
                message=f"the picture could not be drawn ({type(error).__name__}: {error}); please report it",
            )
            self.details[failure] = traceback.format_exc()
            return
        try:
            stored = self.store.keep_picture(
                want.key(found.digest),
                drawn.data,
                name=want.name,
                suffix=f".{want.format}",
                width=drawn.width,
                height=drawn.height,
                notes=drawn.notes,
            )
        except OSError as error:
            message = f"the picture cannot be written ({error}): make room, or set layered_view_cache_dir"
            self.results[want] = Failure(subtype="cache", message=message)
            return
        self._note(want, stored, found)

    def _note(self, want: Want, stored: StoredPicture, found: Found) -> None:
        alt = str(stored.notes.get("alt", ""))
        self.results[want] = Picture(
            file=stored.path,
            mime=settings.MIME_TYPES.get(want.format, ""),
            width=stored.width,
            height=stored.height,
            describe=partial(self._description, found, alt),
            alt=alt,
            digest=stored.digest,
        )
        complaints = stored.notes.get("complaints")
        self.complaints[want] = complaints if isinstance(complaints, list) else []

    def _description(self, found: Found, alt: str) -> ModelDescription:
        known = found.description or self.store.description(found.digest)
        if known:
            return known
        from ..description import ModelDescription

        return ModelDescription(name=alt or "model", class_name="", layers=())

    def again(self, want: Want) -> Picture | Failure:
        """Draw a picture anew whose file has gone."""
        self.draw(want)
        return self.results[want]


def _said(error: LayeredViewError) -> str:
    """Give what a page says of an error; an option is named as the page spells it."""
    if isinstance(error, OptionError):
        return f"option {error.name.replace('_', '-')}: {error.problem}"
    return str(error)


def produce(app: Sphinx, pictures: Pictures) -> None:
    """Find or make the pictures of all pages, and report what went wrong."""
    wanted = Wanted(app)
    store = Store(cache_folder(app), spare_folder(app))
    production = _Production(Models(app, store, wanted.root), store, wanted.options)
    all_requests = [asked for page in pictures.pages.values() for asked in page]
    keys = _ask(all_requests, wanted, pictures)
    _make_all(app, list(dict.fromkeys(keys.values())), production)
    pictures.results.update({key: production.results[want] for key, want in keys.items()})

    def again(request: PictureRequest, key: _Key) -> Picture | Failure:
        result = production.again(keys[key])
        late = Reports(app, production.details)
        late.of_result(request, result)
        late.send()
        return result

    pictures.again = again
    pictures.tidy = store.tidy
    reports = Reports(app, production.details)
    for spelt, request in all_requests:
        for key in pictures.asked[spelt]:
            reports.of_result(request, pictures.results[key])
            if key in keys:
                _report(reports, request, keys[key], production)
    reports.of_the_store(store, production.models)
    reports.send()


def _ask(requests: Iterable[tuple[str, PictureRequest]], wanted: Wanted, pictures: Pictures) -> dict[_Key, Want]:
    """Note what each request asks for; gives what is wanted by key, without what cannot even be wanted."""
    keys: dict[_Key, Want] = {}
    for spelt, request in requests:
        asked = pictures.asked.setdefault(spelt, [])
        for theme, format, want in wanted.of(request):
            key = (spelt, theme, format)
            if isinstance(want, Failure):
                pictures.results[key] = want
            else:
                keys[key] = want
            if key not in asked:
                asked.append(key)
    return keys


def _make_all(app: Sphinx, wants: list[Want], production: _Production) -> None:
    """Find all that is wanted, and make the rest, with the progress on the screen."""
    to_draw, to_describe = production.look_up(wants)
    steps = len(to_draw) + len(to_describe)
    if not steps:
        return
    with closing(production.make(wants, to_draw, to_describe)) as work:
        for _ in status_iterator(work, "drawing models... ", "brown", steps, app.verbosity):
            pass


def _report(reports: Reports, request: PictureRequest, want: Want, production: _Production) -> None:
    """Report what is to be said of a picture that there is."""
    reports.of_complaints(request, production.complaints.get(want, []))
    found = production.found.get(want.model)
    if isinstance(found, Found):
        reports.of_staleness(request, found.stale)
