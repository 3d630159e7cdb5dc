"""Which pictures of which models the pages of a build need, after conf.py's defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...cache import digest_of, slug_of
from ...errors import LayeredViewError, OptionError
from ...options import LayeredViewOptions
from ...worker import Failure, ModelRequest
from .. import config as settings
from ..page.request import PictureRequest
from ..page.wording import spelt_on_page
from ..places import relative_to_root

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PlannedPicture:
    """One picture that is to be found or made; there is one object for each, however many pages show it.

    Attributes
    ----------
    model : ModelRequest
    options : LayeredViewOptions
    format : str
        Empty where only the description is needed.
    name : str
        The beginning of the file's name.
    """

    def __init__(self, model: ModelRequest, options: LayeredViewOptions, format: str, name: str) -> None:
        self.model = model
        self.options = options
        self.format = format
        self.name = name


Planned = dict[tuple[str, str], PlannedPicture | Failure]
"""The pictures of a request by theme and format, those that the page shows first."""


class Plan:
    """Works out the pictures of requests; what pages have in common is worked out once."""

    def __init__(self, app: Sphinx, root: Path) -> None:
        self._app = app
        self._root = root
        self._requests: dict[tuple[Any, ...], Planned] = {}
        self._pictures: dict[tuple[ModelRequest, str, str, str], PlannedPicture] = {}
        self._options: dict[tuple[object, str], LayeredViewOptions] = {}
        self._spelt: dict[int, str] = {}

    def of(self, request: PictureRequest) -> Planned:
        """Return the pictures of a request."""
        wish = request.wish
        if wish not in self._requests:
            self._requests[wish] = dict(self._planned(request))
        return self._requests[wish]

    def spelt(self, options: LayeredViewOptions) -> str:
        """Return options of a picture of this plan as text, the same for equal ones."""
        return self._spelt[id(options)]

    def _planned(self, request: PictureRequest) -> Iterator[tuple[tuple[str, str], PlannedPicture | Failure]]:
        builder, config = self._app.builder, self._app.config
        try:
            themes = settings.themes_of(config, request, builder)
        except OptionError as error:
            yield ("", ""), Failure(subtype="option", problem=spelt_on_page(error))
            return
        shown = settings.format_of(config, request, builder)
        downloads = request.downloads if builder.format == "html" else ()
        for format in dict.fromkeys((shown, *downloads)):
            for theme in themes if format == shown else themes[:1]:
                try:
                    yield (theme, format), self._picture(request, theme, format)
                except LayeredViewError as error:
                    yield (theme, format), Failure(subtype=error.subtype, problem=spelt_on_page(error))

    def _picture(self, request: PictureRequest, theme: str, format: str) -> PlannedPicture:
        options = self._read_options(request, theme)
        model = ModelRequest(
            target=request.target,
            file=relative_to_root(self._app, self._root, request.file) if request.file else None,
            input_shape=options.input_shape,
            text_reference=options.text_reference,
            depends=tuple(sorted(relative_to_root(self._app, self._root, path) for path in request.depends)),
        )
        name = f"{_slug(request)}-dark" if options.theme == "dark" else _slug(request)
        return self._pictures.setdefault(
            (model, self.spelt(options), format, name), PlannedPicture(model, options, format, name)
        )

    def _read_options(self, request: PictureRequest, theme: str) -> LayeredViewOptions:
        asked = (request.given, theme)
        if asked not in self._options:
            merged = {**settings.merged(self._app.config, request), "theme": theme}
            if merged.get("font_path"):
                merged["font_path"] = str(Path(self._app.confdir, str(merged["font_path"])))
            self._options[asked] = options = LayeredViewOptions.of(merged)
            canonical = options.canonical()
            if options.font_path is not None:
                canonical["font_path"] = _digest_of_font(options.font_path)
            self._spelt[id(options)] = json.dumps(canonical, sort_keys=True)
        return self._options[asked]


def model_key(model: ModelRequest, fingerprint: str) -> str:
    """Return the key of a model's descriptions in the cache."""
    return digest_of(f"{fingerprint} {tuple(model)!r}")


def _digest_of_font(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _slug(request: PictureRequest) -> str:
    if request.file:
        return slug_of(Path(request.file).stem)
    module, _, attribute = request.target.partition("(")[0].partition(":")
    name = attribute.rpartition(".")[2]
    if slug_of(name) in ("build", "model", "make", "make-model", "build-model", "create-model", "get-model"):
        name = f"{module.rpartition('.')[2]} {name}"
    return slug_of(name)
