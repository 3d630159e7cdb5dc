"""The one declaration of every drawing option.

Derived from it, never retyped: the signature of `layered_view`, the directive's options, the check of
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
from .values import RGBA, Indices, Names, Paint, Reader, Style, did_you_mean

READY_MADE_TEXTS = ("default", "name", "class", "shape", "name_and_shape", "parameters", "activation", "kernel")
SIZING_MODES = ("reference", "sequence", "logarithmic", "balanced", "relative", "capped")
PALETTES = ("layered", "classic")
LEGEND_POSITIONS = ("bottom", "top", "left", "right")
THEMES = ("light", "dark", "both")
CONNECTIONS = ("auto", "row", "none")
SKIP_SIDES = ("above", "below")
SHOWN_OPERATIONS = ("auto", "all", "none")
COLLAPSED = ("auto", "yes", "channels", "no")
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
        The table that it stands in.
    unit : str
        The unit of its value, if it has one.
    dark : object
        Its default on a dark ground, where that differs.
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
    """How a model is drawn. Every value is read by its option's reader, text or Python alike.

    Options are given by name; those that are not have their defaults.

    Raises
    ------
    OptionError
        A value is not accepted.
    """

    min_z: int = option(20, values.whole_number(1), "Least width of a box's front face.", kind="size", unit="px")
    min_xy: int = option(20, values.whole_number(1), "Least height and depth of a box.", kind="size", unit="px")
    max_z: int = option(400, values.whole_number(1), "Greatest width of a box's front face.", kind="size", unit="px")
    max_xy: int = option(2000, values.whole_number(1), "Greatest height and depth of a box.", kind="size", unit="px")
    scale_z: float = option(0.1, values.number(above=0), "Width for one channel.", kind="size", unit="px")
    scale_xy: float = option(
        4, values.number(above=0), "Height and depth for one row or column.", kind="size", unit="px"
    )
    type_ignore: Names = option(
        None,
        values.names(),
        "Classes of layers that are left out; a base class names its subclasses too.",
        kind="layers",
    )
    index_ignore: Indices = option(
        None, values.indices(), "Layers that are left out, by their index in ``model.layers``.", kind="layers"
    )
    color_map: tuple[Paint, ...] = option(
        None,
        values.colour_map(),
        "Fill and outline by a layer's own name, its class or a base class; the most specific name wins.",
        kind="colour",
    )
    one_dim_orientation: str = option(
        "z", values.choice("x", "y", "z"), "Axis along which a layer of one dimension is drawn.", kind="size"
    )
    index_2d: Indices = option(
        None, values.indices(), "Layers drawn flat, by their index in ``model.layers``.", kind="layers"
    )
    background_fill: RGBA = option("white", values.colour(), "Colour of the ground.", kind="colour", dark="#14171a")
    draw_volume: bool = option(True, values.yes_no(), "Draw boxes with depth; otherwise rectangles.", kind="picture")
    draw_reversed: bool = option(
        False, values.yes_no(), "Let the depth go to the left, each box in front of the next.", kind="picture"
    )
    padding: int = option(
        10, values.whole_number(0), "Distance from the drawing to each edge.", kind="picture", unit="px"
    )
    text_callable: object = option(
        None,
        values.text_source(READY_MADE_TEXTS),
        """What gives each layer its label: a ready-made text by name, a template with fields such as ``{name}``, or a
        function of the layer's index and the layer that returns (text, above).""",
        kind="text",
    )
    text_vspacing: int = option(
        4, values.whole_number(0), "Distance between the lines of a label.", kind="text", unit="px"
    )
    spacing: int = option(10, values.whole_number(0), "Distance between layers.", kind="picture", unit="px")
    draw_funnel: bool = option(
        True, values.yes_no(), "Draw lines from each layer's corners to the next one's.", kind="picture"
    )
    shade_step: float = option(
        10,
        values.number(minimum=0, maximum=255),
        "How much darker the top is than the front, and the side than the top.",
        kind="colour",
    )
    legend: bool = option(False, values.yes_no(), "Add a legend of the classes of layers.", kind="text")
    legend_text_spacing_offset: float = option(
        15, values.number(minimum=0), "Room beside each entry of the legend.", kind="text", unit="px"
    )
    font: object = option(
        None,
        values.python_font(),
        "A font object of Pillow, or a dict of font_path, font_size and use_default_font.",
        kind="text",
        python_only=True,
    )
    font_color: RGBA = option("black", values.colour(), "Colour of labels and legend.", kind="colour", dark="#eef1f4")
    show_dimension: bool = option(False, values.yes_no(), "Show the output's sizes in the legend.", kind="text")

    font_path: str | None = option(
        None, values.path(none="the font that is shipped"), "Font file: .ttf, .otf or .ttc.", kind="text", added=True
    )
    font_size: int = option(13, values.whole_number(1, 1000), "Size of the text.", kind="text", unit="px", added=True)
    sizing_mode: str = option(
        "reference", values.choice(*SIZING_MODES), "How output shapes become sizes of boxes.", kind="size", added=True
    )
    capped_limits: tuple[float, ...] | None = option(
        None,
        values.limits(),
        "With ``capped``: the most of a box's width, height and depth.",
        kind="size",
        unit="px",
        added=True,
    )
    max_width: int | None = option(
        None,
        values.whole_number(50, none="no limit"),
        "Greatest width of the picture: boxes are scaled, then wrapped into rows; text is not scaled.",
        kind="size",
        unit="px",
        added=True,
    )
    max_height: int | None = option(
        None,
        values.whole_number(50, none="no limit"),
        "Greatest height of the picture, legend included: boxes are scaled, down to a twentieth; text is not scaled.",
        kind="size",
        unit="px",
        added=True,
    )
    connections: str = option(
        "auto",
        values.choice(*CONNECTIONS),
        """What is drawn of connections: ``auto`` draws branches, merges and skips wherever the model is not a chain;
        ``row`` draws one row with funnels between neighbours that are connected, ``none`` a row without any.""",
        kind="connections",
        added=True,
    )
    skip_connections: str = option(
        "above",
        values.choice(*SKIP_SIDES),
        "Side of the row on which skip connections run.",
        kind="connections",
        added=True,
    )
    show_operations: str = option(
        "auto",
        values.choice(*SHOWN_OPERATIONS),
        """Operations that are not layers: ``auto`` draws those that merge tensors or compute another shape, and passes
        through those that slice, reshape, cast or work element by element.""",
        kind="connections",
        added=True,
    )
    stubs: str = option(
        "auto",
        values.choice(*STUBS),
        """Named stubs in the place of long lines: ``auto`` for a tensor that is used in four distant places or more,
        ``yes`` for every connection that skips layers, ``no`` for none.""",
        kind="connections",
        added=True,
    )
    fold: str | tuple[str, ...] = option(
        "auto",
        values.words_or_names("auto", "yes"),
        """Layers that keep the shape of the one before them (normalisation, activation, dropout) drawn as thin bands
        on its box: ``auto`` where the picture would not fit in two rows of max_width, ``yes`` always, or classes.""",
        kind="connections",
        added=True,
    )
    collapse: str = option(
        "auto",
        values.choice(*COLLAPSED),
        """Equal blocks that follow one another drawn once, in a frame with their number: ``auto`` where the picture
        would not fit in two rows of max_width, ``yes`` always, ``channels`` even where channels differ, ``no``.""",
        kind="connections",
        added=True,
    )
    expand_nested: int | tuple[str, ...] = option(
        0,
        values.depth_or_names(),
        """Nested models, and layers that are made of layers, drawn in a frame instead of as one box: all of them
        (``yes``), those down to a depth, or those of some names or classes.""",
        kind="connections",
        added=True,
    )
    groups: tuple[tuple[str, str, str], ...] = option(
        (),
        values.groups(),
        "Captions under layers that belong together, each with a bracket from its first layer to its last.",
        kind="text",
        added=True,
    )
    palette: str = option(
        "layered", values.choice(*PALETTES), "Colours of classes that no option names.", kind="colour", added=True
    )
    theme: str = option(
        "light",
        values.choice(*THEMES),
        "The ground that colours are made for; ``both`` is for pages.",
        kind="colour",
        added=True,
    )
    styles: tuple[Style, ...] = option(
        (),
        values.styles(),
        """Fill, outline, hidden, hatched or paler, by a layer's own name or class, or ``frozen`` for layers that are
        not trained; wins over color_map.""",
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
        "bottom", values.choice(*LEGEND_POSITIONS), "Side of the legend.", kind="text", added=True
    )
    input_shape: tuple[values.Input, ...] | None = option(
        None,
        values.input_shape(),
        "Shape of the input, without the batch, of a model that does not know it; with a type, as in "
        "``(32,):int32``, where the model takes other numbers than it computes with.",
        kind="model",
        added=True,
    )
    pixel_ratio: float = option(
        1,
        values.number(above=0, maximum=8),
        "Pixels of a PNG for one pixel of the picture.",
        kind="picture",
        added=True,
    )

    def __init__(self, **given: object) -> None:
        for name in given:
            if name not in DECLARED:
                raise OptionError(name, f"no such option; {did_you_mean(name, DECLARED)}")
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
    """Return the description again, if the options ask for nothing that needs the live model.

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
