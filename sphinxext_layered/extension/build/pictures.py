"""From requests to pictures: looks all of them up, has the missing models described by one child, and draws."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from sphinx.util.display import status_iterator

from ...cache import digest_of, is_whole
from ...errors import LayeredViewError
from ...fingerprint import fingerprint, painters
from ...worker import Failure, ModelRequest
from .. import config as settings
from ..page.request import Picture, PictureRequest
from ..page.wording import spelt_on_page
from ..places import cache_folder, package_record, project_root, spare_folder
from .descriptions import Descriptions, Found
from .plan import Plan, PlannedPicture
from .store import Store
from .warnings import Warnings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ...cache import StoredPicture
    from ...description import ModelDescription

_DRAWERS = 2
"""Threads that draw: most of a picture's time is its compression, which needs no interpreter."""

_LOST = Failure(
    subtype="cache",
    problem="its description in the cache is damaged, or was removed while the build ran; build again",
)
_LATE = Failure(subtype="error", problem="this picture was requested after the build step; build again")


class Pictures:
    """Finds or makes the pictures of a build."""

    def __init__(self, app: Sphinx) -> None:
        self._app = app
        root, package = project_root(app), fingerprint(package_record(app))
        self._painter = digest_of([package.whole, *painters()])
        self._plan = Plan(app, root)
        self._store = Store(cache_folder(app), spare_folder(app))
        self._descriptions = Descriptions(app, root, self._store, package.describing)
        self._models: dict[ModelRequest, Found | Failure] = {}
        self._pictures: dict[PlannedPicture, Picture | Failure] = {}
        self._complaints: dict[PlannedPicture, Iterable[Sequence[str]]] = {}

    # -- the steps of a build ------------------------------------------------------------------------

    def describe_ahead(self, requests: Iterable[PictureRequest]) -> None:
        """Look up what a page shows that was just read, and have its missing models described meanwhile."""
        _to_draw, to_describe = self._look_up(self._planned(requests))
        for model in to_describe:
            self._descriptions.ask(model)

    def make(self, requests: list[PictureRequest]) -> None:
        """Find or make the pictures of all requests, and warn of what went wrong."""
        planned = list(self._planned(requests))
        to_draw, to_describe = self._look_up(planned)
        if steps := len(to_draw) + len(to_describe):
            with closing(self._make(planned, to_draw, to_describe)) as work:
                for _ in status_iterator(work, "drawing models... ", "brown", steps, self._app.verbosity):
                    pass
        self._warn(requests)

    def results_of(self, request: PictureRequest) -> list[Picture | Failure]:
        """Return the results of a request: the pictures that its page shows, then those for download."""
        planned = self._plan.of(request).values()
        return [each if isinstance(each, Failure) else self._pictures.get(each, _LATE) for each in planned]

    def for_page(self, request: PictureRequest, theme: str, format: str) -> Picture | Failure:
        """Return a picture for a page that is written; what has been damaged since it was found is drawn again."""
        planned = self._plan.of(request)
        first_theme, first_format = next(iter(planned))
        wanted = (theme or first_theme, format or first_format)
        # Downloads are drawn in the first theme only; a request that cannot be planned has no themes.
        picture = planned.get(wanted) or planned.get((first_theme, wanted[1])) or planned[first_theme, first_format]
        if isinstance(picture, Failure):
            return picture
        result = self._pictures.get(picture)
        if result is None:
            return self._found_late(request, picture)
        if isinstance(result, Picture) and result.file is not None and not is_whole(result.file, result.digest):
            self._draw(picture)
            return self._warned_late(request, picture)
        return result

    def end(self) -> None:
        """Leave the models undescribed that were asked for, and prune the cache now and then."""
        self._descriptions.end()
        self._store.tidy()

    # -- finding -------------------------------------------------------------------------------------

    def _planned(self, requests: Iterable[PictureRequest]) -> dict[PlannedPicture, None]:
        planned = (each for request in requests for each in self._plan.of(request).values())
        return {each: None for each in planned if isinstance(each, PlannedPicture)}

    def _look_up(self, pictures: Iterable[PlannedPicture]) -> tuple[list[PlannedPicture], list[ModelRequest]]:
        """Find what is there; returns the pictures to draw from known descriptions, and the models to describe."""
        to_draw: list[PlannedPicture] = []
        to_describe: dict[ModelRequest, None] = {}
        for picture in pictures:
            if picture.model in to_describe or not self._is_described(picture):
                to_describe[picture.model] = None
            elif picture not in self._pictures:
                to_draw.append(picture)
        return to_draw, list(to_describe)

    def _is_described(self, picture: PlannedPicture) -> bool:
        """Look a model and its picture up; where that is to be drawn, the description is read, and so checked."""
        model = picture.model
        while True:
            found = self._models.get(model)
            if found is None and not self._descriptions.is_asked(model):
                found = self._descriptions.find(model, picture.options)
            if found is None:
                return False
            self._models[model] = found
            if picture in self._pictures or self._is_there(picture) or isinstance(found, Failure):
                return True
            if (description := self._descriptions.description(found)) is not None:
                self._models[model] = found._replace(description=description)
                return True
            del self._models[model]  # it is damaged, and not found again

    def _is_there(self, picture: PlannedPicture) -> bool:
        found = self._models[picture.model]
        if isinstance(found, Failure):
            self._pictures[picture] = found
            return True
        stored = None if self._descriptions.mode == "refresh" else self._store.picture(self._key(picture, found))
        if stored is None:
            return False
        self._note(picture, stored, found)
        return True

    def _key(self, picture: PlannedPicture, found: Found) -> str:
        spelt = self._plan.spelt(picture.options)
        return digest_of("\n".join((found.digest, spelt, picture.format, picture.name, self._painter)))

    def _found_late(self, request: PictureRequest, picture: PlannedPicture) -> Picture | Failure:
        """Find a picture that no page was known to show; nothing is described any more, since writers may fork."""
        to_draw, to_describe = self._look_up([picture])
        if to_describe:
            self._pictures[picture] = _LATE
        elif to_draw:
            self._draw(picture)
        return self._warned_late(request, picture)

    # -- making --------------------------------------------------------------------------------------

    def _make(
        self, planned: list[PlannedPicture], to_draw: list[PlannedPicture], to_describe: list[ModelRequest]
    ) -> Generator[str]:
        """Describe and draw, each picture while the child is at the next model; returns the name of what is done.

        The threads that draw have ended when this has: Sphinx's writers fork.
        """
        from concurrent.futures import ThreadPoolExecutor  # which most builds do without

        for model in to_describe:
            self._descriptions.ask(model)
        of_model: dict[ModelRequest, list[PlannedPicture]] = {}
        for picture in planned:
            of_model.setdefault(picture.model, []).append(picture)
        drawer = ThreadPoolExecutor(_DRAWERS)
        try:
            drawer.submit(_load_what_draws)  # in the time that the child needs
            drawn = [drawer.submit(self._draw, picture) for picture in to_draw]
            with closing(self._descriptions.made()) as made:
                for model, found in made:
                    self._models[model] = found
                    if wanted := of_model.get(model):  # a page may have asked for it and do no more
                        drawn += [drawer.submit(self._draw, each) for each in wanted if not self._is_there(each)]
                        yield wanted[0].name
            for picture, each in zip(to_draw, drawn, strict=False):
                each.result()
                yield picture.name
            for each in drawn:
                each.result()
        finally:
            drawer.shutdown(cancel_futures=True)

    def _draw(self, picture: PlannedPicture) -> None:
        """Draw one picture from its description."""
        found = self._models[picture.model]
        if isinstance(found, Found):
            description = self._descriptions.description(found)
            self._pictures[picture] = _LOST if description is None else self._drawn(picture, found, description)

    def _drawn(self, picture: PlannedPicture, found: Found, description: ModelDescription) -> Picture | Failure:
        from .draw import draw  # which loads Pillow

        try:
            drawn = draw(description, picture.options, picture.format)
        except LayeredViewError as error:
            return Failure(subtype=error.subtype, problem=spelt_on_page(error))
        except Exception as error:
            message = f"the picture could not be drawn ({type(error).__name__}: {error}); please report it"
            return Failure(subtype="error", problem=message, detail=traceback.format_exc())
        try:
            stored = self._store.keep_picture(
                self._key(picture, found),
                drawn.data,
                name=picture.name,
                suffix=f".{picture.format}",
                width=drawn.width,
                height=drawn.height,
                notes=drawn.notes,
            )
        except OSError as error:
            message = f"the picture cannot be written ({error}): free some disk space, or set layered_view_cache_dir"
            return Failure(subtype="cache", problem=message)
        return self._note(picture, stored, found)

    def _note(self, picture: PlannedPicture, stored: StoredPicture, found: Found) -> Picture:
        complaints = stored.notes.get("complaints")
        self._complaints[picture] = complaints if isinstance(complaints, list) else []
        self._pictures[picture] = noted = Picture(
            file=stored.path,
            mime=settings.MIME_TYPES.get(picture.format, ""),
            width=stored.width,
            height=stored.height,
            alt=str(stored.notes.get("alt", "")),
            digest=stored.digest,
            model=str(stored.notes.get("model", "")),
            has_open_sizes=bool(stored.notes.get("open_sizes")),
            takes_input_shape=not found.is_file,
            describe=partial(self._descriptions.description, found),
        )
        return noted

    # -- warnings ------------------------------------------------------------------------------------

    def _warn(self, requests: Iterable[PictureRequest]) -> None:
        warnings = Warnings(self._app)
        for request in requests:
            for picture in self._plan.of(request).values():
                if isinstance(picture, Failure):
                    warnings.of_result(request, picture)
                    continue
                warnings.of_result(request, self._pictures[picture])
                warnings.of_complaints(request, self._complaints.get(picture, []))
                found = self._models[picture.model]
                if isinstance(found, Found):
                    warnings.of_staleness(request, found.stale)
        warnings.of_the_cache(self._store.folder, self._store.problem)
        warnings.of_committing(self._descriptions.not_committed)
        warnings.of_no_framework(self._descriptions.without_framework)
        warnings.send()

    def _warned_late(self, request: PictureRequest, picture: PlannedPicture) -> Picture | Failure:
        result = self._pictures[picture]
        warnings = Warnings(self._app)
        warnings.of_result(request, result)
        warnings.send()
        return result


def _load_what_draws() -> None:
    from . import draw  # noqa: F401  # which loads Pillow
