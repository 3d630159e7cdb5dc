"""Warnings of the build step: typed, at the directive's line, on every build until what is wrong is mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sphinx.util import logging

from .request import Failure, Picture, PictureRequest

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from .models import Models
    from .store import Store

logger = logging.getLogger(__name__)

_TYPE = "layered_view"
_ONCE = ("framework",)
_NO_CHILD = "; layered_view_python names the Python"


class Reports:
    """Collects what is to be said, each once, and says it when all pictures are done.

    With ``--exception-on-warning`` the first warning ends the build; by then the cache has everything.
    """

    def __init__(self, app: Sphinx, details: Mapping[Failure, str]) -> None:
        self.app = app
        self.details = details
        self._lines: dict[tuple[str, str, str], str] = {}
        self._alike: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}

    def of_result(self, request: PictureRequest, result: Picture | Failure) -> None:
        """Report a request's failure."""
        if not isinstance(result, Failure) or result.subtype == "off":
            return
        where = _place_of(request)
        # Each model's own lines follow the first line.
        first = result.message.partition("\n")[0]
        if result.subtype in _ONCE or first.endswith(_NO_CHILD):
            places = self._alike.setdefault((result.subtype, first), {})
            places.setdefault(where, (result.message, self.details.get(result, "")))
            return
        named = request.reference in result.message
        text = result.message if named else f"{request.reference}: {result.message}"
        self._add(where, result.subtype, text, self.details.get(result, ""))

    def of_complaints(self, request: PictureRequest, complaints: Iterable[list[str]]) -> None:
        """Report names and indices of the page's own options that the model does not have."""
        for name, problem in complaints:
            if name in request.given:
                self._add(_place_of(request), "option", f"{request.reference}: {name.replace('_', '-')}: {problem}")

    def of_staleness(self, request: PictureRequest, stale: tuple[str, ...]) -> None:
        """Report that a picture was drawn from a description that is no longer true."""
        if stale:
            shown = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if len(stale) > 5 else "")
            text = (
                f"{request.reference}: its description is older than what the model is made from ({shown}); "
                "build with layered_view_mode = 'auto' where the model can be built"
            )
            self._add(_place_of(request), "stale", text)

    def of_the_store(self, store: Store, models: Models) -> None:
        """Report that the cache or the committed descriptions cannot be written."""
        if store.problem:
            text = (
                f"the cache {str(store.folder)!r} cannot be written ({store.problem}); pictures are kept for this "
                "build alone: make it writable, or name another folder with layered_view_cache_dir"
            )
            self._add("", "cache", text)
        if models.committing_failed:
            text = f"cannot write into layered_view_descriptions_dir ({models.committing_failed}); make it writable"
            self._add("", "cache", text)

    def _add(self, where: str, subtype: str, text: str, detail: str = "") -> None:
        self._lines.setdefault((where, subtype, text), detail)

    def send(self) -> None:
        """Say everything that was collected."""
        for (subtype, _), places in self._alike.items():
            (where, (message, detail)), *others = places.items()
            first, newline, lines = message.partition("\n")
            count = f" ({len(others)} more pictures are missing for this reason)" if others else ""
            self._add(where, subtype, first + count + newline + lines, detail)
        for (where, subtype, text), detail in self._lines.items():
            if detail and self.app.verbosity > 0:
                text = f"{text}\n{detail}"
            logger.warning("%s", text, type=_TYPE, subtype=subtype, location=where or None)


def _place_of(request: PictureRequest) -> str:
    return f"{request.source or request.docname}:{request.line}" if request.line else request.source or request.docname
