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
    collapse: Literal["auto", "yes", "channels", "kinds", "no"] = "auto",
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
    """Draw a Keras model as 3D boxes.

    Each layer is a box. Its width shows the number of channels, its height and depth the columns and rows.

    Parameters
    ----------
    model : object
        A Keras model (Keras 3, tf.keras or tf_keras), an object with similar ``layers``, or a
        `ModelDescription`. It is not modified.
    to_file : PathLike, default None
        Deprecated; use ``save_fig_filename``. The file to write, instead of the default file. Takes the path of a
        file.
    min_z : int, default 20
        Minimum width of a box's front face, in px.
    min_xy : int, default 20
        Minimum height and depth of a box, in px.
    max_z : int, default 400
        Maximum width of a box's front face, in px.
    max_xy : int, default 2000
        Maximum height and depth of a box, in px.
    scale_z : float, default 0.1
        Width per channel, in px.
    scale_xy : float, default 4
        Height and depth per row or column, in px.
    type_ignore : NamesLike, default None
        Classes of layers to leave out; a base class includes its subclasses. Takes comma-separated names of
        classes, such as Dropout, BatchNormalization, or none (in Python a list of names or classes).
    index_ignore : IndicesLike, default None
        Layers to leave out, by their index in ``model.layers``. Takes indices from 0 and ranges of them, such as 0,
        5-8, or none (in Python a list of numbers).
    color_map : ColourMapLike, default None
        Fill and outline of layers by name, class or base class; the most specific name wins. Takes layers and their
        fill or fill/outline, such as Conv2D=#ef476f; Dense=teal/black (in Python {Conv2D: {'fill': 'teal',
        'outline': 'black'}}).
    one_dim_orientation : {"x", "y", "z"}, default 'z'
        Axis along which one-dimensional layers are drawn.
    index_2d : IndicesLike, default None
        Layers to draw flat, by their index in ``model.layers``. Takes indices from 0 and ranges of them, such as 0,
        5-8, or none (in Python a list of numbers).
    background_fill : ColourLike, default 'white'
        Background colour. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red, green,
        blue[, alpha]) of 0 to 255.
    draw_volume : bool, default True
        Draw boxes with depth instead of rectangles.
    draw_reversed : bool, default False
        Draw the depth to the left, each box in front of the next.
    padding : int, default 10
        Distance between the drawing and the edges of the picture, in px.
    text_callable : TextsLike, default None
        Labels of layers: the name of a ready-made text, a template with fields such as ``{name}``, or a function
        that takes the layer's index and the layer and returns (text, above). Takes none, one of default, name,
        class, shape, name_and_shape, parameters, activation, kernel, a template such as {name}: {shape}, or a
        function as module:function (in Python a callable).
    text_vspacing : int, default 4
        Distance between the lines of a label, in px.
    spacing : int, default 10
        Distance between layers, in px.
    draw_funnel : bool, default True
        Draw lines from the corners of each layer to those of the next.
    shade_step : float, default 10
        How much darker the top is than the front, and the side than the top.
    legend : bool, default False
        Add a legend of layer classes.
    legend_text_spacing_offset : float, default 15
        Space after each entry of the legend, in px.
    font : FontLike, default None
        A Pillow font object, or a dict of font_path, font_size and use_default_font. Takes a Pillow font object, a
        dict with font_path, font_size or use_default_font, or None.
    font_color : ColourLike, default 'black'
        Colour of the text in labels and legend. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa,
        transparent, or (red, green, blue[, alpha]) of 0 to 255.
    show_dimension : bool, default False
        Show output sizes in the legend.
    backend : object, default None
        The package that writes raster files: Matplotlib, if installed, for None, True, 'matplotlib', 'true' and
        'none' (in any case); Pillow for anything else. Both write the same pixels.
    show_os_viewer : bool, default False
        Open the picture in the system's viewer.
    save_fig : bool, default True
        Write the picture to a file.
    save_fig_filename : PathLike, default ''
        The file to write; ``layered_view.png`` in the working directory if empty. The suffix determines the type
        (.png, .svg, .pdf, .jpg, .webp or another type that Pillow writes); the default is PNG. Missing folders are
        created. Takes the path of a file.
    overwrite : bool, default True
        Overwrite an existing file; otherwise, add a number to the name: ``v_1.png``, ``v_2.png``.
    add_timestamp : bool, default False
        Add the date and time to the file name.
    verbose : bool, default False
        Print what was read, drawn and saved.
    font_path : PathLike, default None
        Font file: .ttf, .otf or .ttc. Takes the path of a file, or none (the bundled font).
    font_size : int, default 13
        Font size, in px.
    sizing_mode : {"reference", "sequence", "logarithmic", "balanced", "relative", "capped"}, default 'reference'
        How output shapes are converted to box sizes.
    capped_limits : LimitsLike, default None
        With ``capped``: the maximum width, height and depth of a box, in px. Takes three numbers of pixels, the
        maximum width, height and depth of a box, such as 80, 200, 200, or none.
    max_width : int | None, default None
        Maximum width of the picture: boxes are scaled down, then wrapped into rows; text is not scaled, in px.
    max_height : int | None, default None
        Maximum height of the picture with its legend: boxes are scaled down, at most to a twentieth; text is not
        scaled, in px.
    connections : {"auto", "row", "none"}, default 'auto'
        Which connections to draw: ``auto`` draws branches, merges and skips unless the model is a chain; ``row``
        draws one row with funnels between connected neighbours, ``none`` a row without connections.
    skip_connections : {"above", "below"}, default 'above'
        Side of the row on which skip connections are drawn.
    show_operations : {"auto", "all", "none"}, default 'auto'
        Which operations to draw that are not layers: ``auto`` draws those that merge tensors or compute another
        shape, and leaves out those that slice, reshape, cast or work element by element.
    stubs : {"auto", "yes", "no"}, default 'auto'
        Named stubs instead of long lines: ``auto`` for a tensor that is used in four or more distant places,
        ``yes`` for every connection that skips layers, ``no`` for none.
    fold : NamesLike, default 'auto'
        Draw layers that keep the shape of the previous one (normalization, activation, dropout) as thin bands on
        its box: ``auto`` if the picture would not fit in two rows of max_width, ``yes`` always, or names of
        classes. Takes auto, yes, none, or comma-separated names of classes, such as ReLU, Dropout.
    collapse : {"auto", "yes", "channels", "kinds", "no"}, default 'auto'
        Draw equal consecutive blocks once, in a frame with their number: ``auto`` if the picture would not fit in
        two rows of max_width, ``yes`` always, ``channels`` even if channels differ, ``kinds`` to draw each kind of
        block once, with a letter wherever it occurs again, ``no`` never.
    expand_nested : bool | int | NamesLike, default 0
        Draw nested models, and layers that contain layers, in a frame instead of as one box: all of them (``yes``),
        those down to a depth, or those with some names or classes. Takes yes, no, a number of levels, or comma-
        separated names of layers or classes.
    groups : GroupsLike, default ()
        Captions under groups of layers, each with a bracket from the first layer to the last. Takes captions and
        the first and last layer of each, by name or index, such as Encoder=conv1..pool4; Head=dense (in Python also
        a dict).
    palette : {"layered", "classic"}, default 'layered'
        Colours of classes that no other option sets.
    theme : {"light", "dark", "both"}, default 'light'
        Background, and colours to match; ``both`` is for pages only.
    styles : StylesLike, default ()
        Fill, outline, hidden, hatched or paler, by layer name or class, or ``frozen`` for layers that are not
        trainable; takes precedence over color_map. Takes layers by name or class, or frozen, and their fill,
        fill/outline, /outline, hidden, hatched or paler, such as conv1=gold/black; Dropout=hidden; frozen=hatched
        (in Python {'conv1': {'fill': 'gold', 'hatched': True}}).
    connector_color : ColourLike, default None
        Colour of funnels. Takes a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red, green,
        blue[, alpha]) of 0 to 255, or none (the colour of the next layer's outline).
    connector_width : float, default 1
        Width of funnels, in px.
    legend_position : {"bottom", "top", "left", "right"}, default 'bottom'
        Position of the legend.
    input_shape : ShapesLike, default None
        Shape of the input without the batch, for a model that does not know it; with a type, such as
        ``(32,):int32``, if the input has another type than the model computes with. Takes the sizes of the input
        without the batch, such as 224, 224, 3 (none for an unknown size; several inputs: (28, 28); (10,); with a
        type: (32,):int32, in Python ((32,), 'int32')).
    pixel_ratio : float, default 1
        Pixels of a PNG per pixel of the picture.
    show_fig : bool, default True
        Accepted for code written for later versions of scikit-plots; it has no effect. Jupyter shows the picture
        that is returned.
    **visualkeras
        Parameters of visualkeras that have another name here: ``index_2D``, ``dimension_caps`` and
        ``connector_fill`` are translated; others are refused with what to use instead.

    Returns
    -------
    PIL.Image.Image
        The picture in RGBA, also if it is saved as SVG or PDF. Jupyter shows it.

    Raises
    ------
    TypeError
        A parameter is unknown, or the model is missing.
    OptionError
        A value is not accepted. The message names the parameter, the value and what is accepted. A subclass of
        ValueError.
    ModelError
        The model cannot be read. A subclass of RuntimeError.
    PaintError
        The picture is too large or cannot be saved. A subclass of ValueError.

    Warns
    -----
    DeprecationWarning
        If ``to_file`` is used.

    Notes
    -----
    For an output of shape (batch, rows, columns, channels), the depth of the box is rows times ``scale_xy``, its
    height columns times ``scale_xy``, and its width channels times ``scale_z``, in pixels, each clipped to its
    minimum and maximum. Every value can also be given as text, as on a page, such as ``"0, 5-8"``. Files are
    written atomically.

    Examples
    --------
    >>> from sphinxext_layered import layered_view
    >>> image = layered_view(model, save_fig=False)  # doctest: +SKIP
    >>> layered_view(model, legend=True, save_fig_filename="docs/model.svg")  # doctest: +SKIP
    >>> layered_view(model, color_map={"Conv2D": {"fill": "teal"}}, text_callable="shape")  # doctest: +SKIP
    """
    return draw_and_save(**locals())
