"""The declaration of every config value, from which it is registered, checked and documented.

A wrong value is one warning on every build, at its line of conf.py where that can be found, and the
default is used. What is checked is put back into Sphinx's config, so that the rest of the package
reads values that are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sphinx.util import logging

from .. import values
from ..errors import OptionError
from ..options import DECLARED, THEMES, read_value
from ..values import Reader
from ..visualkeras import no_such_option

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.config import Config

    from .page.request import PictureRequest

logger = logging.getLogger(__name__)

MODES: Final = ("auto", "refresh", "cached", "off")

EMBEDS: Final = ("file", "inline")

MIME_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
"""The formats that pages show, in order of preference."""

_NATURAL_FORMATS: Final = {"latex": "pdf"}
_DESCRIBING_BUILDERS: Final = ("text", "man")
PAGE_DEFAULTS: Final = {"sizing_mode": "balanced", "max_z": 120, "max_xy": 320, "pixel_ratio": 2}
"""On pages, channels count once in sequences, and no layer dwarfs the others."""

_THEMES_WITH_SWITCH: Final = ("furo", "pydata_sphinx_theme")


class Setting(NamedTuple):
    """One config value.

    Attributes
    ----------
    default : object
        What Sphinx knows as the default; None is spelt ``None``.
    reader : Reader
        How a value is read, whether from conf.py or as text from ``-D``.
    rebuild : str
        What Sphinx writes again on a change: ``html`` all pages of HTML, empty nothing, since the build itself finds
        the pages whose pictures change.
    doc : str
        One or two sentences of what it does.
    """

    default: object
    reader: Reader
    doc: str
    rebuild: str = ""


def _mapping(accepts: str, key: Reader, value: Reader) -> Reader:
    """Read a dict whose keys and values are read by `key` and `value`."""

    def read(given: object) -> dict[Any, Any]:
        if not isinstance(given, Mapping):
            raise ValueError
        return {key.read(name): value.read(item) for name, item in given.items()}

    return Reader(accepts, read, (), ("sideways",))


def _text(accepts: str) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValueError
        return value

    return Reader(accepts, read, ("text",), ("",))


def _environment_value() -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str | int) or "\0" in str(value):
            raise ValueError
        return str(value)

    return Reader("a text", read, ("1",), ())


def _folder(none: str) -> Reader:
    return values.path(none=none)._replace(accepts=f"a folder, or none ({none})")


def _defaults() -> Reader:
    def read(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise ValueError
        return {str(name): item for name, item in value.items()}

    return Reader("a dict of drawing options by name, such as {'scale_xy': 2}", read, (), ("legend",))


SETTINGS: Final[dict[str, Setting]] = {
    "layered_view_defaults": Setting(
        {},
        _defaults(),
        "Default drawing options of all pictures, by their Python names; options on a page take precedence.",
    ),
    "layered_view_max_width": Setting(
        710,
        DECLARED["max_width"].reader,
        "Maximum width of a picture on a page, in pixels; ``:max-width:`` sets it for one picture. A theme with a "
        "narrower column shows pictures smaller, text included.",
    ),
    "layered_view_max_height": Setting(
        None,
        DECLARED["max_height"].reader,
        "Maximum height of a picture on a page, in pixels; ``:max-height:`` sets it for one picture.",
    ),
    "layered_view_link_to_file": Setting(
        True,
        values.yes_no(),
        "In HTML, let a picture without a ``:target:`` link to its own file, which the browser shows at full size.",
        rebuild="html",
    ),
    "layered_view_embed": Setting(
        "file",
        values.choice(*EMBEDS),
        "How HTML shows pictures: as files (``file``), or as SVG that is part of the page (``inline``), with tooltips, "
        "text that can be selected, and links to the documentation of layers.",
        rebuild="html",
    ),
    "layered_view_formats": Setting(
        {},
        _mapping(
            "a dict of builder or output format to png, svg or pdf, such as {'html': 'svg'}",
            _text("the name of a builder"),
            values.choice(*MIME_TYPES),
        ),
        "Picture format of each builder, by the builder's name (such as ``dirhtml``) or its output format (such as "
        "``html``). The default is pdf for LaTeX and png for all others.",
    ),
    "layered_view_theme": Setting(
        "auto",
        values.choice("auto", *THEMES),
        "Background of pictures; ``both`` makes a light and a dark picture, and the page shows the one that fits. "
        "``auto`` does so with themes that have a switch: furo, pydata-sphinx-theme, and themes based on them, such as "
        "sphinx-book-theme.",
    ),
    "layered_view_mode": Setting(
        "auto",
        values.choice(*MODES),
        "``auto`` makes what is missing or stale, ``refresh`` makes everything again, ``cached`` never starts the "
        "child process, ``off`` shows placeholders only.",
    ),
    "layered_view_timeout": Setting(300, values.number(above=0), "Maximum number of seconds for building a model."),
    "layered_view_memory_limit": Setting(
        None,
        values.whole_number(1, 10**9, none="no limit"),
        "Maximum memory of the child process in megabytes, if the system can limit it.",
    ),
    "layered_view_cache_dir": Setting(
        None,
        _folder("next to the output"),
        "Cache folder, relative to conf.py. The environment variable ``LAYERED_VIEW_CACHE_DIR`` takes precedence.",
    ),
    "layered_view_descriptions_dir": Setting(
        None,
        _folder("no descriptions are written"),
        "Folder, relative to conf.py, of descriptions to commit; pages can be drawn from them without TensorFlow.",
    ),
    "layered_view_python": Setting(
        None,
        values.path(none="the one that runs Sphinx")._replace(
            accepts="a path or a command, or none (the one that runs Sphinx)"
        ),
        "Python interpreter that builds the models, if it is not the one that runs Sphinx.",
    ),
    "layered_view_environment": Setting(
        {},
        _mapping(
            "a dict of environment variables, such as {'KERAS_BACKEND': 'jax'}",
            _text("the name of a variable"),
            _environment_value(),
        ),
        "Additional environment variables of the child process.",
    ),
    "layered_view_gpu": Setting(False, values.yes_no(), "Make GPUs visible to the child process."),
    "layered_view_modules": Setting(
        None,
        values.optional(values.names(), "any module")._replace(
            accepts="a list of names, such as ['mypackage'], or none (any module)"
        ),
        "Packages and modules whose functions pages may call; others are refused.",
    ),
}


def register(app: Sphinx) -> None:
    """Register every setting."""
    for name, setting in SETTINGS.items():
        app.add_config_value(name, setting.default, setting.rebuild, types=Any)  # type: ignore[arg-type]
    app.connect("config-inited", check)
    app.connect("builder-inited", check_formats)


def check(app: Sphinx, config: Config) -> None:
    """Warn of each value that is not accepted, and put what was read, or the default, in its place."""
    for name, setting in SETTINGS.items():
        value = getattr(config, name)
        try:
            read: Any = setting.default if value is None and setting.default is None else setting.reader(value)
        except ValueError as error:
            _warn(config, name, f"{name}: {error}; {setting.default!r} is used")
            read = setting.default
        setattr(config, name, dict(_checked_defaults(config, read)) if name == "layered_view_defaults" else read)


def check_formats(app: Sphinx) -> None:
    """Warn where the format that is chosen for this builder is one that it does not show."""
    builder = app.builder
    types = list(builder.supported_image_types)
    for key in (builder.name, builder.format):
        chosen = app.config.layered_view_formats.get(key)
        if chosen and types and MIME_TYPES[chosen] not in types:
            accepted = ", ".join(name for name, mime in MIME_TYPES.items() if mime in types)
            problem = f"expected {accepted} for {key!r}; got {chosen!r}, which it does not show"
            _warn(app.config, "layered_view_formats", f"layered_view_formats: {problem}")
            break


def _checked_defaults(config: Config, given: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for spelt, value in given.items():
        name = spelt.replace("-", "_")
        try:
            if name not in DECLARED:
                raise OptionError(name, no_such_option(name, DECLARED))
            if DECLARED[name].python_only:
                raise OptionError(name, "is for Python only; use font_path and font_size")
            if callable(value):
                raise OptionError(name, f"expected module:function as text, which Sphinx can compare; got {value!r}")
            yield name, read_value(name, value)
        except OptionError as error:
            problem = f"layered_view_defaults[{spelt!r}]: {error.problem}; the option's default is used"
            _warn(config, "layered_view_defaults", problem)


def _warn(config: Config, name: str, message: str) -> None:
    logger.warning(message, type="layered_view", subtype="config", location=_location(config, name))


def _location(config: Config, name: str) -> str | None:
    """Return conf.py with the line that assigns `name`, if there is one."""
    conf = getattr(config, "_raw_config", {}).get("__file__")
    if not isinstance(conf, str) or not Path(conf).is_file():
        return None
    for number, line in enumerate(Path(conf).read_text("utf-8", "replace").splitlines(), 1):
        if re.match(rf"\s*{re.escape(name)}\b", line):
            return f"{conf}:{number}"
    return conf


def merged(config: Config, request: PictureRequest) -> dict[str, Any]:
    """Return a page's drawing options on top of conf.py's, as `LayeredViewOptions.of` takes them."""
    return {
        "max_width": config.layered_view_max_width,
        "max_height": config.layered_view_max_height,
        **PAGE_DEFAULTS,
        "theme": config.layered_view_theme,
        **config.layered_view_defaults,
        **dict(request.given),
    }


def themes_of(config: Config, request: PictureRequest, builder: Builder) -> tuple[str, ...]:
    """Return the theme of each picture that a request needs: where a page cannot switch, ``both`` is light."""
    theme = str(merged(config, request)["theme"])
    if theme == "auto":
        theme = "both" if _has_switch(getattr(builder, "theme", None)) else "light"
    if theme == "both":
        return ("light", "dark") if is_web(builder) else ("light",)
    return (theme,)


def is_web(builder: Builder) -> bool:
    """Whether a builder writes pages for the web: HTML, but no books."""
    return builder.format == "html" and builder.name != "epub"


@lru_cache(maxsize=1)  # asked for each picture, and slow
def _has_switch(theme: Any) -> bool:
    """Whether an HTML theme, or one that it is built on, lets readers switch between light and dark pages.

    None is for builders that write HTML without a theme.
    """
    return theme is not None and any(Path(folder).name in _THEMES_WITH_SWITCH for folder in theme.get_theme_dirs())


def is_inline(config: Config, request: PictureRequest, builder: Builder) -> bool:
    """Whether a picture is to be part of the page itself."""
    return is_web(builder) and (request.embed or config.layered_view_embed) == "inline"


def format_of(config: Config, request: PictureRequest, builder: Builder) -> str:
    """Return the format in which `builder` gets a picture; empty where it shows none.

    The page's own wish counts first, then conf.py's for the builder; of these one that the builder shows is taken.
    """
    if is_inline(config, request, builder):
        return "svg"
    formats = config.layered_view_formats
    wishes = (
        request.format,
        formats.get(builder.name),
        formats.get(builder.format),
        _NATURAL_FORMATS.get(builder.format),
    )
    shown = [name for name, mime in MIME_TYPES.items() if mime in builder.supported_image_types]
    return next((wish for wish in wishes if wish in shown), shown[0] if shown else "")


def needs_descriptions(builder: Builder) -> bool:
    """Whether `builder` shows pictures or, as text and man do, what they are described with."""
    return bool(builder.supported_image_types) or builder.name in _DESCRIBING_BUILDERS
