"""A call of `layered_view`, step by step: read the options, describe, lay out, paint, save."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import gallery, values
from .description import ModelDescription
from .errors import OptionError
from .options import DEFAULTS, LayeredViewOptions, with_options
from .saving import DEFAULT_NAME, draw, place, save
from .visualkeras import Visualkeras, translate

if TYPE_CHECKING:
    from PIL import Image


class Themed(str):
    """A default that belongs to the light theme: the dark one has its own, but what a caller writes stays."""


SETTINGS: Final = {
    "to_file": values.filename(),
    "show_os_viewer": values.yes_no(),
    "show_fig": values.yes_no(),
    "save_fig": values.yes_no(),
    "save_fig_filename": values.filename(),
    "overwrite": values.yes_no(),
    "add_timestamp": values.yes_no(),
    "verbose": values.yes_no(),
}
"""The parameters of `layered_view` that are no drawing options; `backend`, which takes anything, is another."""


def draw_and_save(model: object, *, backend: object, visualkeras: Visualkeras, **given: Any) -> Image.Image:
    """Draw a model and save the picture; the arguments are those of `layered_view`."""
    settings = {name: _setting(name, given.pop(name)) for name in SETTINGS}
    if settings["to_file"] is not None:
        warnings.warn("to_file is deprecated; use save_fig_filename", DeprecationWarning, stacklevel=3)
    given |= translate(visualkeras, given, DEFAULTS)
    options = LayeredViewOptions.of({name: value for name, value in given.items() if not isinstance(value, Themed)})
    if options.theme == "both":
        raise OptionError("theme", "'both' means two pictures, which only pages can show; expected 'light' or 'dark'")
    places = _places(settings)
    say = print if settings["verbose"] else _say_nothing

    description = _described(model, options)
    say(f"layered_view: read {description.class_name} {description.name!r} of {len(description.layers)} layers")
    from .drawing.check import complaints

    for name, problem in complaints(description, options):
        warnings.warn(f"{name}: {problem}", UserWarning, stacklevel=3)
    drawn = draw(description, options)
    gallery.note(description, drawn)
    say(f"layered_view: drew {drawn.image.width} x {drawn.image.height} pixels")
    for path in places:
        saved = save(drawn, path, backend=backend, overwrite=settings["overwrite"])
        say(f"layered_view: {saved.backend} saved {saved.path} ({saved.file_type.upper()}, {saved.size:,} bytes)")
    if settings["show_os_viewer"]:
        drawn.image.show(title=description.name)
    return drawn.image


def resolve_function(reference: str) -> Callable[..., Any]:
    """Import the function that ``module:function`` (or ``module.function``) names for ``text_callable``.

    Raises
    ------
    OptionError
        There is no such module or function.
    """
    from importlib import import_module

    module, _, attribute = reference.rpartition(":" if ":" in reference else ".")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise OptionError("text_callable", f"{reference!r} cannot be imported: {error}") from error
    if not callable(found):
        raise OptionError("text_callable", f"{reference!r} is not a function, but of type {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _setting(name: str, value: object) -> Any:
    try:
        return SETTINGS[name](value)
    except ValueError as error:
        raise OptionError(name, str(error)) from None


def _places(settings: dict[str, Any]) -> list[Path]:
    """Return the files to write; a wrong name is an error before anything is drawn."""
    names = [settings["to_file"]]
    if settings["save_fig"] and (settings["save_fig_filename"] or settings["to_file"] is None):
        names.append(settings["save_fig_filename"] or DEFAULT_NAME)
    return [place(name, add_timestamp=settings["add_timestamp"]) for name in names if name is not None]


def _described(model: object, options: LayeredViewOptions) -> ModelDescription:
    if isinstance(model, ModelDescription):
        return with_options(model, options)
    from .reading import describe

    texts: Any = options.text_callable
    if options.text_reference:
        texts = resolve_function(options.text_reference)
    return describe(model, input_shape=options.input_shape, text_callable=texts if callable(texts) else None)


def _say_nothing(text: str) -> None:
    """Print nothing."""
