"""`layered_view`: its parameters and their documentation, held to the options' declaration by ``tests/test_api.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from .calling import Themed, draw_and_save

if TYPE_CHECKING:
    from PIL import Image

    from .values import (
        ColourLike,
        ColourMapLike,
        FontLike,
        GroupsLike,
        IndicesLike,
        LimitsLike,
        NamesLike,
        PathLike,
        ShapesLike,
        StylesLike,
        TextsLike,
    )
    from .visualkeras import Visualkeras


def layered_view(
    model: object,
    to_file: PathLike = None,
    min_z: int = 20,
    min_xy: int = 20,
    max_z: int = 400,
    max_xy: int = 2000,
    scale_z: float = 0.1,
    scale_xy: float = 4,
    type_ignore: NamesLike = None,
    index_ignore: IndicesLike = None,
    color_map: ColourMapLike = None,
    one_dim_orientation: Literal["x", "y", "z"] = "z",
    index_2d: IndicesLike = None,
    background_fill: ColourLike = Themed("white"),
    draw_volume: bool = True,
    draw_reversed: bool = False,
    padding: int = 10,
    text_callable: TextsLike = None,
    text_vspacing: int = 4,
    spacing: int = 10,
    draw_funnel: bool = True,
    shade_step: float = 10,
    legend: bool = False,
    legend_text_spacing_offset: float = 15,
    font: FontLike = None,
    font_color: ColourLike = Themed("black"),
    show_dimension: bool = False,
    backend: object = None,
    show_os_viewer: bool = False,
    save_fig: bool = True,
    save_fig_filename: PathLike = "",
    overwrite: bool = True,
    add_timestamp: bool = False,
    verbose: bool = False,
    *,
    font_path: PathLike = None,
    font_size: int = 13,
    sizing_mode: Literal["reference", "sequence", "logarithmic", "balanced", "relative", "capped"] = "reference",
    capped_limits: LimitsLike = None,
    max_width: int | None = None,
    max_height: int | None = None,
    connections: Literal["auto", "row", "none"] = "auto",
    skip_connections: Literal["above", "below"] = "above",
    show_operations: Literal["auto", "all", "none"] = "auto",
    stubs: Literal["auto", "yes", "no"] = "auto",
    fold: NamesLike = "auto",
    collapse: Literal["auto", "yes", "channels", "no"] = "auto",
    expand_nested: bool | int | NamesLike = 0,
    groups: GroupsLike = (),
    palette: Literal["layered", "classic"] = "layered",
    theme: Literal["light", "dark", "both"] = "light",
    styles: StylesLike = (),
    connector_color: ColourLike | None = None,
    connector_width: float = 1,
    legend_position: Literal["bottom", "top", "left", "right"] = "bottom",
    input_shape: ShapesLike = None,
    pixel_ratio: float = 1,
    show_fig: bool = True,
    **visualkeras: Unpack[Visualkeras],
) -> Image.Image:
    """Draw a Keras model as a row of boxes.

    Each layer is a box: as wide as it has channels, as high and as deep as its rows and columns.

    Parameters
    ----------
    model : object
        A Keras model (Keras 3, tf.keras or tf_keras), an object whose ``layers`` look like one's, or a
        `ModelDescription`. It is not changed.
    to_file : PathLike, default None
        Deprecated: a file to write, as ``save_fig_filename``; with it alone, nothing else is written. Takes the
        path of a file.
    min_z : int, default 20
        Least width of a box's front face, in px.
    min_xy : int, default 20
        Least height and depth of a box, in px.
    max_z : int, default 400
        Greatest width of a box's front face, in px.
    max_xy : int, default 2000
        Greatest height and depth of a box, in px.
    scale_z : float, default 0.1
        Width for one channel, in px.
    scale_xy : float, default 4
        Height and depth for one row or column, in px.
    type_ignore : NamesLike, default None
        Classes of layers that are left out; a base class names its subclasses too. Takes names of classes separated
        by commas, such as Dropout, BatchNormalization, or none (in Python a list of names or classes).
    index_ignore : IndicesLike, default None
        Layers that are left out, by their index in ``model.layers``. Takes indices from 0 and ranges of them, such
        as 0, 5-8, or none (in Python a list of numbers).
    color_map : ColourMapLike, default None
        Fill and outline by a layer's own name, its class or a base class; the most specific name wins. Takes layers
        and their fill or fill/outline, such as Conv2D=#ef476f; Dense=teal/black (in Python {Conv2D: {'fill':
        'teal', 'outline': 'black'}}).
    one_dim_orientation : {"x", "y", "z"}, default 'z'
        Axis along which a layer of one dimension is drawn.
    index_2d : IndicesLike, default None
        Layers drawn flat, by their index in ``model.layers``. Takes indices from 0 and ranges of them, such as 0,
        5-8, or none (in Python a list of numbers).
    background_fill : ColourLike, default 'white'
        Colour of the ground. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red, green,
        blue[, alpha]) of 0 to 255.
    draw_volume : bool, default True
        Draw boxes with depth; otherwise rectangles.
    draw_reversed : bool, default False
        Let the depth go to the left, each box in front of the next.
    padding : int, default 10
        Distance from the drawing to each edge, in px.
    text_callable : TextsLike, default None
        What gives each layer its label: a ready-made text by name, a template with fields such as ``{name}``, or a
        function of the layer's index and the layer that returns (text, above). Takes none, one of default, name,
        class, shape, name_and_shape, parameters, activation, kernel, a template such as {name}: {shape}, or a
        function as module:function (in Python a callable).
    text_vspacing : int, default 4
        Distance between the lines of a label, in px.
    spacing : int, default 10
        Distance between layers, in px.
    draw_funnel : bool, default True
        Draw lines from each layer's corners to the next one's.
    shade_step : float, default 10
        How much darker the top is than the front, and the side than the top.
    legend : bool, default False
        Add a legend of the classes of layers.
    legend_text_spacing_offset : float, default 15
        Room beside each entry of the legend, in px.
    font : FontLike, default None
        A font object of Pillow, or a dict of font_path, font_size and use_default_font. Takes a font object of
        Pillow, a dict with font_path, font_size or use_default_font, or None.
    font_color : ColourLike, default 'black'
        Colour of labels and legend. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red,
        green, blue[, alpha]) of 0 to 255.
    show_dimension : bool, default False
        Show the output's sizes in the legend.
    backend : object, default None
        What writes raster files: Matplotlib for 'matplotlib', 'true', 'none' in any case, True and None, where it
        is installed; Pillow for anything else. Both write the same pixels.
    show_os_viewer : bool, default False
        Open the picture in the system's viewer.
    save_fig : bool, default True
        Write the picture to a file.
    save_fig_filename : PathLike, default ''
        The file to write. Its folder is made, its suffix chooses the type (.png, .svg, .pdf, .jpg, .webp and what
        else Pillow writes); without a suffix it is a PNG. Empty for ``layered_view.png`` in the working folder.
        Takes the path of a file.
    overwrite : bool, default True
        Write over a file of the same name; otherwise count up: ``v_1.png``, ``v_2.png``.
    add_timestamp : bool, default False
        Put date and time before the suffix.
    verbose : bool, default False
        Print what was read and drawn, and who saved what where.
    font_path : PathLike, default None
        Font file: .ttf, .otf or .ttc. Takes the path of a file, or none (the font that is shipped).
    font_size : int, default 13
        Size of the text, in px.
    sizing_mode : {"reference", "sequence", "logarithmic", "balanced", "relative", "capped"}, default 'reference'
        How output shapes become sizes of boxes.
    capped_limits : LimitsLike, default None
        With ``capped``: the most of a box's width, height and depth, in px. Takes three numbers of pixels, the most
        of a box's width, height and depth, such as 80, 200, 200, or none.
    max_width : int | None, default None
        Greatest width of the picture: boxes are scaled, then wrapped into rows; text is not scaled, in px.
    max_height : int | None, default None
        Greatest height of the picture, legend included: boxes are scaled, down to a twentieth; text is not scaled,
        in px.
    connections : {"auto", "row", "none"}, default 'auto'
        What is drawn of connections: ``auto`` draws branches, merges and skips wherever the model is not a chain;
        ``row`` draws one row with funnels between neighbours that are connected, ``none`` a row without any.
    skip_connections : {"above", "below"}, default 'above'
        Side of the row on which skip connections run.
    show_operations : {"auto", "all", "none"}, default 'auto'
        Operations that are not layers: ``auto`` draws those that merge tensors or compute another shape, and passes
        through those that slice, reshape, cast or work element by element.
    stubs : {"auto", "yes", "no"}, default 'auto'
        Named stubs in the place of long lines: ``auto`` for a tensor that is used in four distant places or more,
        ``yes`` for every connection that skips layers, ``no`` for none.
    fold : NamesLike, default 'auto'
        Layers that keep the shape of the one before them (normalisation, activation, dropout) drawn as thin bands
        on its box: ``auto`` where the picture would not fit in two rows of max_width, ``yes`` always, or classes.
        Takes auto, yes, none, or names of classes separated by commas, such as ReLU, Dropout.
    collapse : {"auto", "yes", "channels", "no"}, default 'auto'
        Equal blocks that follow one another drawn once, in a frame with their number: ``auto`` where the picture
        would not fit in two rows of max_width, ``yes`` always, ``channels`` even where channels differ, ``no``.
    expand_nested : bool | int | NamesLike, default 0
        Nested models, and layers that are made of layers, drawn in a frame instead of as one box: all of them
        (``yes``), those down to a depth, or those of some names or classes. Takes yes, no, a number of levels, or
        names of layers or classes separated by commas.
    groups : GroupsLike, default ()
        Captions under layers that belong together, each with a bracket from its first layer to its last. Takes
        captions and the first and last layer of each, by name or index, such as Encoder=conv1..pool4; Head=dense
        (in Python also a dict).
    palette : {"layered", "classic"}, default 'layered'
        Colours of classes that no option names.
    theme : {"light", "dark", "both"}, default 'light'
        The ground that colours are made for; ``both`` is for pages.
    styles : StylesLike, default ()
        Fill, outline, hidden, hatched or paler, by a layer's own name or class, or ``frozen`` for layers that are
        not trained; wins over color_map. Takes layers by name or class, or frozen, and their fill, fill/outline,
        /outline, hidden, hatched or paler, such as conv1=gold/black; Dropout=hidden; frozen=hatched (in Python
        {'conv1': {'fill': 'gold', 'hatched': True}}).
    connector_color : ColourLike, default None
        Colour of funnels. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red, green,
        blue[, alpha]) of 0 to 255, or none (the colour of the next layer's outline).
    connector_width : float, default 1
        Width of funnels, in px.
    legend_position : {"bottom", "top", "left", "right"}, default 'bottom'
        Side of the legend.
    input_shape : ShapesLike, default None
        Shape of the input, without the batch, of a model that does not know it; with a type, as in ``(32,):int32``,
        where the model takes other numbers than it computes with. Takes the sizes of the input without the batch,
        such as 224, 224, 3 (none where open; several: (28, 28); (10,); with a type: (32,):int32, in Python ((32,),
        'int32')).
    pixel_ratio : float, default 1
        Pixels of a PNG for one pixel of the picture.
    show_fig : bool, default True
        Accepted for code written for later versions of scikit-plots; it has no effect. Jupyter shows the picture
        that is returned.
    **visualkeras
        Parameters of visualkeras that have another name here: ``index_2D``, ``dimension_caps`` and
        ``connector_fill`` are translated; others are refused with what to use instead.

    Returns
    -------
    PIL.Image.Image
        The picture in RGBA, also where it is saved as SVG or PDF. Jupyter shows it.

    Raises
    ------
    TypeError
        There is no parameter of that name, or no model.
    OptionError
        A value is not accepted; the message names the parameter, the value and what is accepted. A ValueError.
    ModelError
        The model cannot be read. A RuntimeError.
    PaintError
        The picture is too large, or cannot be saved as asked. A ValueError.

    Warns
    -----
    DeprecationWarning
        ``to_file`` is used.

    Notes
    -----
    Of a layer's output (batch, rows, columns, channels), rows times ``scale_xy`` give the depth, columns times
    ``scale_xy`` the height, and channels times ``scale_z`` the width of the box, in pixels, each kept between its
    least and its greatest size. Every value may also be written as the text that a page has, such as ``"0, 5-8"``.
    A file is written whole or not at all.

    Examples
    --------
    >>> from sphinxext_layered import layered_view
    >>> image = layered_view(model, save_fig=False)  # doctest: +SKIP
    >>> layered_view(model, legend=True, save_fig_filename="docs/model.svg")  # doctest: +SKIP
    >>> layered_view(model, color_map={"Conv2D": {"fill": "teal"}}, text_callable="shape")  # doctest: +SKIP
    """
    return draw_and_save(**locals())
