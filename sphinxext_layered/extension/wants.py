"""What the pages want, after conf.py's defaults: which pictures of which models, each once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..cache import digest_of, slug_of
from ..errors import LayeredViewError, OptionError
from ..options import LayeredViewOptions
from ..worker import ModelRequest
from . import config as settings
from .places import relative_to_root
from .request import Failure, PictureRequest
from .versions import version_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Want(NamedTuple):
    """One picture.

    Attributes
    ----------
    model : ModelRequest
    options : str
        The drawing options in one spelling, by which `Wanted.options` has them.
    format : str
        Empty where only what is said about the picture is wanted.
    name : str
        The beginning of the file's name.
    """

    model: ModelRequest
    options: str
    format: str
    name: str

    def key(self, description_digest: str) -> str:
        """Give the key of the picture of that description."""
        return digest_of([description_digest, self.options, self.format, self.name, version_of("drawing")])


def model_key(model: ModelRequest) -> str:
    """Give the key of a model's manifest."""
    return digest_of([model.document(), version_of("reading")])


class Wanted:
    """Turns requests into wants, remembering options that many pages share.

    Attributes
    ----------
    options : dict of str to LayeredViewOptions
        By their one spelling.
    """

    def __init__(self, app: Sphinx, root: Path) -> None:
        self.app = app
        self.root = root
        self.options: dict[str, LayeredViewOptions] = {}
        self._spelt: dict[str, str] = {}

    def of(self, request: PictureRequest) -> Iterator[tuple[str, str, Want | Failure]]:
        """Give the theme, the format and the want of each picture of a request, the page's own format first."""
        builder, config = self.app.builder, self.app.config
        try:
            themes = settings.themes_of(config, request, builder)
        except OptionError as error:
            yield "", "", Failure(subtype="option", message=str(error))
            return
        shown = settings.format_of(config, request, builder)
        downloads = request.downloads if builder.format == "html" else ()
        for format in dict.fromkeys((shown, *downloads)):
            for theme in themes if format == shown else themes[:1]:
                try:
                    yield theme, format, self._want(request, theme, format)
                except LayeredViewError as error:
                    yield theme, format, Failure(subtype=error.subtype, message=str(error))

    def _want(self, request: PictureRequest, theme: str, format: str) -> Want:
        spelt = self._options(request.given, theme)
        options = self.options[spelt]
        model = ModelRequest(
            target=request.target,
            file=relative_to_root(self.app, self.root, request.file) if request.file else None,
            input_shape=options.input_shape,
            text_reference=options.text_reference,
            depends=tuple(relative_to_root(self.app, self.root, path) for path in request.depends),
        )
        return Want(model, spelt, format, f"{_slug(request)}-dark" if options.theme == "dark" else _slug(request))

    def _options(self, given: dict[str, Any], theme: str) -> str:
        """Give the one spelling of the options that a page gives, under which `options` has them from then on."""
        merged = {**settings.merged(self.app.config, given), "theme": theme}
        asked = json.dumps(merged, sort_keys=True, default=str)
        if asked not in self._spelt:
            if merged.get("font_path"):
                merged["font_path"] = str(Path(self.app.confdir, str(merged["font_path"])))
            options = LayeredViewOptions.of(merged)
            canonical = options.canonical()
            if options.font_path is not None:
                canonical["font_path"] = _digest_of_font(options.font_path)
            self._spelt[asked] = spelt = json.dumps(canonical, sort_keys=True)
            self.options[spelt] = options
        return self._spelt[asked]


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
