"""The parameters of visualkeras' `layered_view` that have another name here, or no counterpart.

Those that mean the same as an option are translated into it. The others are refused, with what to write instead,
unless they have the value that visualkeras has as its default, which asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any, Final, NamedTuple, TypedDict

from .errors import OptionError
from .values import ColourLike, IndicesLike, did_you_mean


class Visualkeras(TypedDict, total=False):
    """Parameters of visualkeras, for type checkers."""

    index_2D: IndicesLike
    dimension_caps: Mapping[str, float] | None
    relative_base_size: float
    connector_fill: ColourLike
    image_fit: str
    image_axis: str
    layered_groups: object
    logo_groups: object
    logos_legend: object
    options: object
    preset: str | None


class Parameter(NamedTuple):
    """A parameter of visualkeras.

    Attributes
    ----------
    default : object
        Its default in visualkeras.
    remedy : str
        What to write here instead.
    option : str
        The option that means the same; empty where there is none.
    """

    default: object
    remedy: str
    option: str = ""


_NO_IMAGES: Final = "boxes show no images; styles sets their colours and patterns"

PARAMETERS: Final[dict[str, Parameter]] = {
    "index_2D": Parameter((), "use index_2d", "index_2d"),
    "dimension_caps": Parameter(None, "use capped_limits with the width, height and depth", "capped_limits"),
    "relative_base_size": Parameter(
        20, "use sizing_mode 'reference' with scale_z and scale_xy, the pixels for one unit of each axis"
    ),
    "connector_fill": Parameter("gray", "use connector_color", "connector_color"),
    "image_fit": Parameter("fill", _NO_IMAGES),
    "image_axis": Parameter("z", _NO_IMAGES),
    "layered_groups": Parameter(
        None, "use groups, such as {'Encoder': ('conv1', 'pool4')}, which draws captions with brackets"
    ),
    "logo_groups": Parameter(None, _NO_IMAGES),
    "logos_legend": Parameter(False, _NO_IMAGES),
    "options": Parameter(None, "pass them as keyword arguments: **options, or **options.to_kwargs()"),
    "preset": Parameter(
        None,
        "use the options of the preset: spacing=6, padding=6 for 'compact'; spacing=18, padding=20, "
        "connector_width=2, text_callable='name_and_shape', legend=True for 'presentation'",
    ),
}


def translate(
    given: Mapping[str, object], options: Mapping[str, Any], defaults: Mapping[str, object]
) -> dict[str, Any]:
    """Return the options that mean what parameters of visualkeras ask for.

    Parameters
    ----------
    given : mapping
        The parameters by name.
    options : mapping
        The call's drawing options.
    defaults : mapping
        The defaults of the drawing options.

    Raises
    ------
    OptionError
        A parameter has no counterpart, or its option is given too.
    TypeError
        A name is not a parameter.
    """
    translated: dict[str, Any] = {}
    for name, value in given.items():
        if name not in PARAMETERS:
            offer = did_you_mean(name, [*options, *PARAMETERS])
            raise TypeError(f"layered_view() got an unexpected keyword argument {name!r}; {offer}")
        default, remedy, option = PARAMETERS[name]
        if option and options[option] == defaults[option]:
            translated[option] = _capped_limits(value, options) if name == "dimension_caps" else value
        elif _is(value, default):
            continue
        elif option:
            raise OptionError(name, f"means the same as {option}, which is given too; leave one of them out")
        else:
            raise OptionError(name, f"this parameter of visualkeras is not supported; {remedy}")
    return translated


def _is(value: object, default: object) -> bool:
    """Return whether a value is the default; for an empty tuple, whether it is empty, be it a list or an array."""
    if default == ():
        return isinstance(value, Sized) and len(value) == 0
    return value == default


def _capped_limits(caps: object, options: Mapping[str, Any]) -> object:
    """Return the maximum width, height and depth; caps that are missing are those of every sizing mode."""
    if not isinstance(caps, Mapping):
        return caps
    across = caps.get("sequence", options["max_xy"])
    return (caps.get("channels", options["max_z"]), across, across)


def no_such_option(name: str, known: Iterable[str]) -> str:
    """Return what to say of an option that does not exist, in an error."""
    if parameter := PARAMETERS.get(name.replace("-", "_")):
        return f"no such option, but a parameter of visualkeras; {parameter.remedy}"
    return f"no such option; {did_you_mean(name, known)}"
