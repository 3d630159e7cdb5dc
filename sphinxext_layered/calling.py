"""A call of `layered_view`, step by step: bind, read, describe, lay out, paint, save."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import gallery
from .description import ModelDescription
from .errors import OptionError
from .options import READY_MADE_TEXTS, LayeredViewOptions
from .saving import DEFAULT_NAME, draw, place, save
from .signature import FUNCTION_ONLY, PARAMETERS, signature
from .values import did_you_mean

if TYPE_CHECKING:
    from PIL import Image


def call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Image.Image:
    """Do what a call of `layered_view` with these arguments asks for; it raises as that says."""
    given = _bound(args, kwargs)
    model = given.pop("model")
    settings = {name: _setting(name, given.pop(name, one.default)) for name, one in FUNCTION_ONLY.items()}
    if settings["to_file"] is not None:
        warnings.warn("to_file is deprecated; use save_fig_filename", DeprecationWarning, stacklevel=3)
    options = LayeredViewOptions.of(given)
    if options.theme == "both":
        raise OptionError("theme", "'both' is two pictures, which only a page shows; expected 'light' or 'dark'")
    places = _places(settings)
    say = print if settings["verbose"] else _say_nothing

    description = _described(model, options)
    say(f"layered_view: read {description.class_name} {description.name!r} of {len(description.layers)} layers")
    drawn = draw(description, options)
    gallery.note(description, drawn)
    say(f"layered_view: drew {drawn.image.width} x {drawn.image.height} pixels")
    for path in places:
        saved = save(drawn, path, backend=settings["backend"], overwrite=settings["overwrite"])
        say(f"layered_view: {saved.backend} saved {saved.path} ({saved.file_type.upper()}, {saved.size:,} bytes)")
    if settings["show_os_viewer"]:
        drawn.image.show(title=description.name)
    return drawn.image


_SIGNATURE: Final = signature()


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
        raise OptionError("text_callable", f"{reference!r} is no function but {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _bound(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(_SIGNATURE.bind(*args, **kwargs).arguments)
    except TypeError as error:
        message = f"layered_view() {error}"
        unknown = re.search(r"unexpected keyword argument '(.*)'", message)
        if unknown:
            message += f"; {did_you_mean(unknown[1], [one.name for one in PARAMETERS])}"
    raise TypeError(message)


def _setting(name: str, value: object) -> Any:
    try:
        return FUNCTION_ONLY[name].reader(value)
    except ValueError as error:
        raise OptionError(name, str(error)) from None


def _places(settings: dict[str, Any]) -> list[Path]:
    """Give the files to write, so that a wrong name is told before anything is drawn."""
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


def with_options(description: ModelDescription, options: LayeredViewOptions) -> ModelDescription:
    """Give the description again, if the options ask for nothing that needs the live model.

    Raises
    ------
    OptionError
        ``input_shape``, or texts by a function, which would silently do nothing.
    """
    if options.input_shape is not None:
        raise OptionError("input_shape", "a description has its shapes already; give it where the model is described")
    has_texts = any(layer.text for layer in description.layers)
    if callable(options.text_callable) or (options.text_reference and not has_texts):
        raise OptionError(
            "text_callable",
            "a description has no layers to call a function with; "
            f"expected one of {', '.join(READY_MADE_TEXTS)}, a template, or a description made with the function",
        )
    return description


def _say_nothing(text: str) -> None:
    """Be silent."""
