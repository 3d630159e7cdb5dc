"""What the pages want, after conf.py's defaults: which pictures of which models, each once."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cache import digest_of, slug_of
from ..errors import LayeredViewError, OptionError
from ..options import LayeredViewOptions
from ..target import parse_target
from ..worker import ModelRequest
from . import config as settings
from .places import project_root, relative_to_root
from .request import Failure, PictureRequest

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def version_of(room: str) -> str:
    """Give a digest of the code and fonts in one folder of this package, and of what it paints with.

    Found without importing it: a build that draws nothing loads no drawing code. A change of the code
    is a change of the key, with no number that somebody has to raise.
    """
    digest = hashlib.sha256()
    for path in sorted((_PACKAGE / room).rglob("*")):
        if path.suffix in (".py", ".ttf"):
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    if room == "drawing":
        for name in ("pillow", "aggdraw", "reportlab"):
            digest.update(f"{name} {_version(name)}\0".encode())
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class Want:
    """One picture: a model, drawn with options, in a format (empty: only what is said about it)."""

    model: ModelRequest
    options: LayeredViewOptions = field(compare=False)
    format: str
    slug: str
    spelt: str

    def key(self, description_digest: str) -> str:
        """Give the key of the picture of that description."""
        return digest_of([description_digest, self.spelt, self.format, self.slug, version_of("drawing")])

    @cached_property
    def name(self) -> str:
        """The beginning of the file's name."""
        return f"{self.slug}-dark" if self.options.theme == "dark" else self.slug


def model_key(model: ModelRequest) -> str:
    """Give the key of a model's manifest."""
    return digest_of([model.document(), version_of("reading")])


@dataclass
class Wanted:
    """Turns requests into wants, remembering options that many pages share."""

    app: Sphinx
    options: dict[str, tuple[LayeredViewOptions, str]] = field(default_factory=dict)

    @cached_property
    def root(self) -> Path:
        """The project's root."""
        return project_root(self.app)

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
        options, spelt = self._options(request.given, theme)
        model = ModelRequest(
            target=request.target,
            file=relative_to_root(self.app, self.root, request.file) if request.file else None,
            input_shape=options.input_shape,
            text_reference=options.text_reference,
            depends=tuple(relative_to_root(self.app, self.root, path) for path in request.depends),
        )
        return Want(model, options, format, _slug(request), spelt)

    def _options(self, given: dict[str, Any], theme: str) -> tuple[LayeredViewOptions, str]:
        merged = {**settings.merged(self.app.config, given), "theme": theme}
        spelt = json.dumps(merged, sort_keys=True, default=str)
        if spelt not in self.options:
            if merged.get("font_path"):
                merged["font_path"] = str(Path(self.app.confdir, str(merged["font_path"])))
            options = LayeredViewOptions.of(merged)
            canonical = options.canonical()
            if options.font_path is not None:
                canonical["font_path"] = _digest_of_font(options.font_path)
            self.options[spelt] = (options, json.dumps(canonical, sort_keys=True))
        return self.options[spelt]


def _digest_of_font(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _slug(request: PictureRequest) -> str:
    if request.file:
        return slug_of(Path(request.file).stem)
    target = parse_target(request.target)
    name = target.attribute.rpartition(".")[2]
    if slug_of(name) in ("build", "model", "make", "make-model", "build-model", "create-model", "get-model"):
        name = f"{target.module.rpartition('.')[2]} {name}"
    return slug_of(name)
