"""From requests to pictures: looks all of them up, has the missing models described by one child, and draws."""

from __future__ import annotations

import importlib
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
from .receipt import Asked, Rests
from .reports import Reports
from .request import Failure, Picture, PictureRequest
from .sources import Sources
from .store import Store
from .wants import Want, Wanted

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ..cache import StoredPicture
    from ..description import ModelDescription
    from ..options import LayeredViewOptions

_Key = tuple[str, str, str]

_DRAWERS = 2
"""Threads that draw: most of a picture's time is its compression, which needs no interpreter."""

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
                found = None if self.models.is_asked(want.model) else self.models.find(want.model)
                if found is None:
                    to_describe[want.model] = None
                else:
                    self.found[want.model] = found
            if want.model in self.found and want not in self.results and not self._is_there(want):
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
        """Describe and draw, each picture while the child is at the next model; gives the name of what is done.

        The threads that draw have ended when this has: Sphinx's writers fork.
        """
        from concurrent.futures import ThreadPoolExecutor

        for model in to_describe:
            self.models.ask(model)
        of_model: dict[ModelRequest, list[Want]] = {}
        for want in wants:
            of_model.setdefault(want.model, []).append(want)
        drawer = ThreadPoolExecutor(_DRAWERS)
        try:
            drawn = [drawer.submit(self.draw, want) for want in to_draw]
            if to_describe:
                drawer.submit(importlib.import_module, ".drawn", __package__)  # in the time that the child needs
            with closing(self.models.made()) as made:
                for model, found, detail in made:
                    self.found[model] = found
                    if isinstance(found, Failure):
                        self.details[found] = detail
                    if wanted := of_model.get(model):  # a page may have asked for it and do no more
                        drawn += [drawer.submit(self.draw, want) for want in wanted if not self._is_there(want)]
                        yield wanted[0].name
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


class Producer:
    """Finds or makes the pictures of a build."""

    def __init__(self, app: Sphinx, pictures: Pictures, sources: Sources) -> None:
        self._app = app
        self._pictures = pictures
        self._wanted = Wanted(app, sources.root)
        self._store = Store(cache_folder(app), spare_folder(app))
        self._production = _Production(Models(app, self._store, sources), self._store, self._wanted.options)
        self._keys: dict[_Key, Want] = {}

    def make(self, asked: Asked) -> None:
        """Find or make pictures, and report what went wrong."""
        keys = self._ask(asked)
        self._make_all(list(dict.fromkeys(keys.values())))
        self._pictures.results.update({key: self._production.results[want] for key, want in keys.items()})
        reports = Reports(self._app, self._production.details)
        for spelt, request in asked:
            for key in self._pictures.asked[spelt]:
                reports.of_result(request, self._pictures.results[key])
                if key in keys:
                    self._report(reports, request, keys[key])
        reports.of_the_store(self._store, self._production.models)
        reports.send()

    def begin(self, asked: Asked) -> None:
        """Look up what a page shows that was just read, and have its missing models described meanwhile."""
        _to_draw, to_describe = self._production.look_up(dict.fromkeys(self._ask(asked).values()))
        for model in to_describe:
            self._production.models.ask(model)

    def end(self) -> None:
        """Leave the models undescribed that were asked for."""
        self._production.models.end()

    def find(self, asked: Asked) -> None:
        """Find the pictures of a page that is written after all; nothing is described any more, writers may fork."""
        keys = self._ask(asked)
        to_draw, to_describe = self._production.look_up(dict.fromkeys(keys.values()))
        for want in to_draw:
            self._production.draw(want)
        for key, want in keys.items():
            lost = want.model in to_describe
            self._pictures.results[key] = (
                Failure(subtype="cache", message=_LOST) if lost else self._production.results[want]
            )
        for spelt, request in asked:
            self._report_late(request, *(self._pictures.results[key] for key in self._pictures.asked[spelt]))

    def again(self, request: PictureRequest, key: _Key) -> Picture | Failure:
        """Draw a picture anew whose file has gone."""
        result = self._production.again(self._keys[key])
        self._report_late(request, result)
        return result

    def tidy(self) -> None:
        """Prune the cache now and then."""
        self._store.tidy()

    def rests_of(self, asked: Asked) -> Rests | None:
        """Give what a page rests on; None where there is anything to say of it, or it cannot be told."""
        rests = Rests([], [])
        if self._store.problem:
            return None
        for spelt, request in asked:
            for key in self._pictures.asked.get(spelt, ()):
                want, result = self._keys.get(key), self._pictures.results[key]
                found = self._production.found.get(want.model) if want is not None else None
                if want is None or not isinstance(result, Picture) or not isinstance(found, Found):
                    return None
                if found.made_from is None or found.stale or self._production.complaints.get(want):
                    return None
                if result.file is None or request.downloads or self._wanted.options[want.options].font_path:
                    return None
                rests.made_from.append(found.made_from)
                rests.files.extend((str(result.file), self._store.file_of_description(found.digest)))
        return rests

    def _ask(self, asked: Asked) -> dict[_Key, Want]:
        """Note what each request asks for; gives what is wanted by key, without what cannot even be wanted."""
        keys: dict[_Key, Want] = {}
        for spelt, request in asked:
            noted = self._pictures.asked.setdefault(spelt, [])
            for theme, format, want in self._wanted.of(request):
                key = (spelt, theme, format)
                if isinstance(want, Failure):
                    self._pictures.results[key] = want
                else:
                    keys[key] = want
                if key not in noted:
                    noted.append(key)
        self._keys.update(keys)
        return keys

    def _make_all(self, wants: list[Want]) -> None:
        """Find all that is wanted, and make the rest, with the progress on the screen."""
        to_draw, to_describe = self._production.look_up(wants)
        steps = len(to_draw) + len(to_describe)
        if not steps:
            return
        with closing(self._production.make(wants, to_draw, to_describe)) as work:
            for _ in status_iterator(work, "drawing models... ", "brown", steps, self._app.verbosity):
                pass

    def _report(self, reports: Reports, request: PictureRequest, want: Want) -> None:
        """Report what is to be said of a picture that there is."""
        reports.of_complaints(request, self._production.complaints.get(want, []))
        found = self._production.found.get(want.model)
        if isinstance(found, Found):
            reports.of_staleness(request, found.stale)

    def _report_late(self, request: PictureRequest, *results: Picture | Failure) -> None:
        late = Reports(self._app, self._production.details)
        for result in results:
            late.of_result(request, result)
        late.send()
