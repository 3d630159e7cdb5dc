"""Warnings of the build step: typed, at the directive's line, on every build until the problem is fixed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from ...worker import Failure
from ..page.request import Picture, PictureRequest

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

_TYPE = "layered_view"


class Warnings:
    """Collects warnings, each once, until all pictures are done.

    With ``--exception-on-warning`` the first warning ends the build; by then the cache has everything.
    """

    def __init__(self, app: Sphinx) -> None:
        self._verbosity = app.verbosity
        self._quiet = ""
        self._lines: dict[tuple[str, str, str], str] = {}
        self._alike: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}

    def of_result(self, request: PictureRequest, result: Picture | Failure) -> None:
        """Warn of a request's failure."""
        if not isinstance(result, Failure) or result.subtype == "off":
            return
        where = _place_of(request)
        # Each model's own lines follow the first line.
        first = result.message.partition("\n")[0]
        if result.is_general:
            places = self._alike.setdefault((result.subtype, first), {})
            places.setdefault(where, (result.message, result.detail))
            return
        named = request.reference in result.message
        text = result.message if named else f"{request.reference}: {result.message}"
        self._add(where, result.subtype, text, result.detail)

    def of_complaints(self, request: PictureRequest, complaints: Iterable[Sequence[str]]) -> None:
        """Warn of names and indices of the page's own options that the model does not have."""
        for name, problem in complaints:
            if name in dict(request.given):
                self._add(_place_of(request), "option", f"{request.reference}: {name.replace('_', '-')}: {problem}")

    def of_staleness(self, request: PictureRequest, stale: tuple[str, ...]) -> None:
        """Warn that a picture was drawn from a description that is no longer true."""
        if stale:
            shown = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if len(stale) > 5 else "")
            text = (
                f"{request.reference}: its description is older than the sources of the model ({shown}); "
                "build with layered_view_mode = 'auto' where the model can be built"
            )
            self._add(_place_of(request), "stale", text)

    def of_the_cache(self, folder: Path, problem: str) -> None:
        """Warn that the cache cannot be written, where there is a problem."""
        if problem:
            text = (
                f"the cache {str(folder)!r} cannot be written ({problem}); pictures are kept for this build only: "
                "make it writable, or set layered_view_cache_dir to another folder"
            )
            self._add("", "cache", text)

    def of_committing(self, problem: str) -> None:
        """Warn that committed descriptions cannot be written, where there is a problem."""
        if problem:
            text = f"cannot write into layered_view_descriptions_dir ({problem}); make it writable"
            self._add("", "cache", text)

    def of_no_framework(self, models: int) -> None:
        """Note how many models were not described again because Keras is missing: a progress message, not a warning."""
        if models:
            drawn = "1 model is" if models == 1 else f"{models} models are"
            self._quiet = f"layered-view: Keras is not installed; {drawn} drawn from committed descriptions"

    def _add(self, where: str, subtype: str, text: str, detail: str = "") -> None:
        self._lines.setdefault((where, subtype, text), detail)

    def send(self) -> None:
        """Send everything that was collected."""
        if self._quiet:
            logger.info(self._quiet)
        for (subtype, _), places in self._alike.items():
            (where, (message, detail)), *others = places.items()
            first, newline, lines = message.partition("\n")
            count = f" ({len(others)} more pictures are missing for this reason)" if others else ""
            self._add(where, subtype, first + count + newline + lines, detail)
        for (where, subtype, text), detail in self._lines.items():
            if detail and self._verbosity > 0:
                text = f"{text}\n{detail}"
            logger.warning("%s", text, type=_TYPE, subtype=subtype, location=where or None)


def _place_of(request: PictureRequest) -> str:
    return f"{request.source or request.docname}:{request.line}" if request.line else request.source or request.docname
