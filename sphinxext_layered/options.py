"""The declaration of every drawing option.

Derived from it: the signature of `layered_view`, the directive's options, the check of
``layered_view_defaults``, the command line's flags, the table in the documentation, the cache key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from . import values
from .errors import OptionError
from .template import is_template
from .values import RGBA, Indices, Names, Paint, Reader, Style
from .visualkeras import no_such_option

READY_MADE_TEXTS = ("default", "name", "class", "shape", "name_and_shape", "parameters", "activation", "kernel")
SIZING_MODES = ("reference", "sequence", "logarithmic", "balanced", "relative", "capped")
PALETTES = ("layered", "classic")
LEGEND_POSITIONS = ("bottom", "top", "left", "right")
THEMES = ("light", "dark", "both")
CONNECTIONS = ("auto", "row", "none")
SKIP_SIDES = ("above", "below")
SHOWN_OPERATIONS = ("auto", "all", "none")
COLLAPSED = ("auto", "yes", "channels", "kinds", "no")
STUBS = ("auto", "yes", "no")

if TYPE_CHECKING:
    from .description import ModelDescription

    Kind = Literal["size", "layers", "connections", "colour", "text", "picture", "model"]


class Option(NamedTuple):
    """What is declared of one option, beside its name and default.

    Attributes
    ----------
    reader : Reader
    doc : str
        One or two sentences of what it does.
    kind : str
        The table that it is listed in.
    unit : str
        The unit of its value, if it has one.
    dark : object
        Its default on a dark background, if different.
    added : bool
        Goes beyond the reference's parameters, and is keyword-only in Python.
    python_only : bool
        Cannot be written as text.
    """

    reader: Reader
    doc: str
    kind: Kind
    unit: str = ""
    dark: object = None
    added: bool = False
    python_only: bool = False


def option(
    default: Any,
    reader: Reader,
    doc: str,
    *,
    kind: Kind,
    unit: str = "",
    dark: object = None,
    added: bool = False,
    python_only: bool = False,
) -> Any:
    """Declare one field of `LayeredViewOptions`; the arguments are those of `Option`."""
    declared = Option(reader, " ".join(doc.split()), kind, unit, dark, added, python_only)
    return field(default=default, hash=not python_only, metadata={"option": declared})


@dataclass(frozen=True, init=False)
class LayeredViewOptions:
    """How a model is drawn. Every value, text or Python, is read by its option's reader.

    Options are given by name; those that are not have their defaults.

    Raises
    ------
    OptionError
        A value is not accepted.
    """

    min_z: int = option(20, values.whole_number(1), "Minimum width of a box's front face.", kind="size", unit="px")
    min_xy: int = option(20, values.whole_number(1), "Minimum height and depth of a box.", kind="size", unit="px")
    max_z: int = option(400, values.whole_number(1), "Maximum width of a box's front face.", kind="size", unit="px")
    max_xy: int = option(2000, values.whole_number(1), "Maximum height and depth of a box.", kind="size", unit="px")
    scale_z: float = option(0.1, values.number(above=0), "Width per channel.", kind="size", unit="px")
    scale_xy: float = option(4, values.number(above=0), "Height and depth per row or column.", kind="size", unit="px")
    type_ignore: Names = option(
        None,
        values.names(),
        "Classes of layers to leave out; a base class includes its subclasses.",
        kind="layers",
    )
    index_ignore: Indices = option(
        None, values.indices(), "Layers to leave out, by their index in ``model.layers``.", kind="layers"
    )
    color_map: tuple[Paint, ...] = option(
        None,
        values.colour_map(),
        "Fill and outline of layers by name, class or base class; the most specific name wins.",
        kind="colour",
    )
    one_dim_orientation: str = option(
        "z", values.choice("x", "y", "z"), "Axis along which one-dimensional layers are drawn.", kind="size"
    )
    index_2d: Indices = option(
        None, values.indices(), "Layers to draw flat, by their index in ``model.layers``.", kind="layers"
    )
    background_fill: RGBA = option("white", values.colour(), "Background colour.", kind="colour", dark="#14171a")
    draw_volume: bool = option(True, values.yes_no(), "Draw boxes with depth instead of rectangles.", kind="picture")
    draw_reversed: bool = option(
        False, values.yes_no(), "Draw the depth to the left, each box in front of the next.", kind="picture"
    )
    padding: int = option(
        10,
        values.whole_number(0),
        "Distance between the drawing and the edges of the picture.",
        kind="picture",
        unit="px",
    )
    text_callable: object = option(
        None,
        values.text_source(READY_MADE_TEXTS),
        """Labels of layers: the name of a ready-made text, a template with fields such as ``{name}``, or a function
        that takes the layer's index and the layer and returns (text, above).""",
        kind="text",
    )
    text_vspacing: int = option(
        4, values.whole_number(0), "Distance between the lines of a label.", kind="text", unit="px"
    )
    spacing: int = option(10, values.whole_number(0), "Distance between layers.", kind="picture", unit="px")
    draw_funnel: bool = option(
        True, values.yes_no(), "Draw lines from the corners of each layer to those of the next.", kind="picture"
    )
    shade_step: float = option(
        10,
        values.number(minimum=0, maximum=255),
        "How much darker the top is than the front, and the side than the top.",
        kind="colour",
    )
    legend: bool = option(False, values.yes_no(), "Add a legend of layer classes.", kind="text")
    legend_text_spacing_offset: float = option(
        15, values.number(minimum=0), "Space after each entry of the legend.", kind="text", unit="px"
    )
    font: object = option(
        None,
        values.python_font(),
        "A Pillow font object, or a dict of font_path, font_size and use_default_font.",
        kind="text",
        python_only=True,
    )
    font_color: RGBA = option(
        "black", values.colour(), "Colour of the text in labels and legend.", kind="colour", dark="#eef1f4"
    )
    show_dimension: bool = option(False, values.yes_no(), "Show output sizes in the legend.", kind="text")

    font_path: str | None = option(
        None, values.path(none="the bundled font"), "Font file: .ttf, .otf or .ttc.", kind="text", added=True
    )
    font_size: int = option(13, values.whole_number(1, 1000), "Font size.", kind="text", unit="px", added=True)
    sizing_mode: str = option(
        "reference",
        values.choice(*SIZING_MODES, also={"accurate": "reference"}),
        "How output shapes are converted to box sizes.",
        kind="size",
        added=True,
    )
    capped_limits: tuple[float, ...] | None = option(
        None,
        values.limits(),
        "With ``capped``: the maximum width, height and depth of a box.",
        kind="size",
        unit="px",
        added=True,
    )
    max_width: int | None = option(
        None,
        values.whole_number(50, none="no limit"),
        "Maximum width of the picture: boxes are scaled down, then wrapped into rows; text is not scaled.",
        kind="size",
        unit="px",
        added=True,
    )
    max_height: int | None = option(
        None,
        values.whole_number(50, none="no limit"),
        "Maximum height of the picture with its legend: boxes are scaled down, at most to a twentieth; text is not "
        "scaled.",
        kind="size",
        unit="px",
        added=True,
    )
    connections: str = option(
        "auto",
        values.choice(*CONNECTIONS),
        """Which connections to draw: ``auto`` draws branches, merges and skips unless the model is a chain; ``row``
        draws one row with funnels between connected neighbours, ``none`` a row without connections.""",
        kind="connections",
        added=True,
    )
    skip_connections: str = option(
        "above",
        values.choice(*SKIP_SIDES),
        "Side of the row on which skip connections are drawn.",
        kind="connections",
        added=True,
    )
    show_operations: str = option(
        "auto",
        values.choice(*SHOWN_OPERATIONS),
        """Which operations to draw that are not layers: ``auto`` draws those that merge tensors or compute another
        shape, and leaves out those that slice, reshape, cast or work element by element.""",
        kind="connections",
        added=True,
    )
    stubs: str = option(
        "auto",
        values.choice(*STUBS),
        """Named stubs instead of long lines: ``auto`` for a tensor that is used in four or more distant places,
        ``yes`` for every connection that skips layers, ``no`` for none.""",
        kind="connections",
        added=True,
    )
    fold: str | tuple[str, ...] = option(
        "auto",
        values.words_or_names("auto", "yes"),
        """Draw layers that keep the shape of the previous one (normalization, activation, dropout) as thin bands on its
        box: ``auto`` if the picture would not fit in two rows of max_width, ``yes`` always, or names of classes.""",
        kind="connections",
        added=True,
    )
    collapse: str = option(
        "auto",
        values.choice(*COLLAPSED),
        """Draw equal consecutive blocks once, in a frame with their number: ``auto`` if the picture would not fit in
        two rows of max_width, ``yes`` always, ``channels`` even if channels differ, ``kinds`` to draw each kind of
        block once, with a letter wherever it occurs again, ``no`` never.""",
        kind="connections",
        added=True,
    )
    expand_nested: int | tuple[str, ...] = option(
        0,
        values.depth_or_names(),
        """Draw nested models, and layers that contain layers, in a frame instead of as one box: all of them (``yes``),
        those down to a depth, or those with some names or classes.""",
        kind="connections",
        added=True,
    )
    groups: tuple[tuple[str, str, str], ...] = option(
        (),
        values.groups(),
        "Captions under groups of layers, each with a bracket from the first layer to the last.",
        kind="text",
        added=True,
    )
    palette: str = option(
        "layered", values.choice(*PALETTES), "Colours of classes that no other option sets.", kind="colour", added=True
    )
    theme: str = option(
        "light",
        values.choice(*THEMES),
        "Background, and colours to match; ``both`` is for pages only.",
        kind="colour",
        added=True,
    )
    styles: tuple[Style, ...] = option(
        (),
        values.styles(),
        """Fill, outline, hidden, hatched or paler, by layer name or class, or ``frozen`` for layers that are not
        trainable; takes precedence over color_map.""",
        kind="colour",
        added=True,
    )
    connector_color: RGBA | None = option(
        None,
        values.optional(values.colour(), "the colour of the next layer's outline"),
        "Colour of funnels.",
        kind="colour",
        added=True,
    )
    connector_width: float = option(
        1, values.number(above=0, maximum=100), "Width of funnels.", kind="colour", unit="px", added=True
    )
    legend_position: str = option(
        "bottom", values.choice(*LEGEND_POSITIONS), "Position of the legend.", kind="text", added=True
    )
    input_shape: tuple[values.Input, ...] | None = option(
        None,
        values.input_shape(),
        "Shape of the input without the batch, for a model that does not know it; with a type, such as "
        "``(32,):int32``, if the input has another type than the model computes with.",
        kind="model",
        added=True,
    )
    pixel_ratio: float = option(
        1,
        values.number(above=0, maximum=8),
        "Pixels of a PNG per pixel of the picture.",
        kind="picture",
        added=True,
    )

    def __init__(self, **given: object) -> None:
        for name in given:
            if name not in DECLARED:
                raise OptionError(name, no_such_option(str(name), DECLARED))
        for name, declared in DECLARED.items():
            object.__setattr__(self, name, read_value(name, given.get(name, DEFAULTS[name]), declared))

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Make the options from those that are given; the theme chooses the defaults of the others."""
        dark = "theme" in given and read_value("theme", given["theme"]) == "dark"
        base = {name: o.dark for name, o in DECLARED.items() if dark and o.dark is not None}
        return cls(**{**base, **{str(name): value for name, value in given.items()}})

    def canonical(self) -> dict[str, Any]:
        """Return the values by name as JSON has them, for a key; what only Python can give is not among them."""
        return {
            name: getattr(self, name)
            for name, declared in DECLARED.items()
            if not declared.python_only and not callable(getattr(self, name))
        }

    def given(self) -> dict[str, Any]:
        """Return the values by name, as `LayeredViewOptions` takes them."""
        return {name: getattr(self, name) for name in DECLARED}

    @property
    def text_reference(self) -> str | None:
        """The ``module:function`` that gives texts, where it is one: it needs the live model."""
        text = self.text_callable
        return text if isinstance(text, str) and not self.labels_are_described else None

    @property
    def labels_are_described(self) -> bool:
        """Whether labels are made of the description alone: by a ready-made text or a template."""
        text = self.text_callable
        return isinstance(text, str) and (text in READY_MADE_TEXTS or is_template(text))


def read_value(name: str, value: object, declared: Option | None = None) -> Any:
    """Read one option's value.

    Raises
    ------
    OptionError
        It names the option, the value and what is accepted.
    """
    try:
        return (declared or DECLARED[name]).reader(value)
    except ValueError as error:
        raise OptionError(name, str(error)) from None


def _declared() -> Iterator[tuple[str, Option]]:
    for each in dataclasses.fields(LayeredViewOptions):
        yield each.name, each.metadata["option"]


DECLARED: dict[str, Option] = dict(_declared())
DEFAULTS: dict[str, object] = {each.name: each.default for each in dataclasses.fields(LayeredViewOptions)}


def with_options(description: ModelDescription, options: LayeredViewOptions) -> ModelDescription:
    """Return the description, unless the options need the live model.

    Raises
    ------
    OptionError
        ``input_shape``, or a function for texts, which would have no effect.
    """
    if options.input_shape is not None:
        raise OptionError(
            "input_shape", "a description already contains shapes; pass input_shape when the model is described"
        )
    has_texts = any(layer.text for layer in description.layers)
    if callable(options.text_callable) or (options.text_reference and not has_texts):
        raise OptionError(
            "text_callable",
            "a description has no layers to pass to a function; "
            f"expected one of {', '.join(READY_MADE_TEXTS)}, a template, or a description made with the function",
        )
    return description
