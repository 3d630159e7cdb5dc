"""What `layered_view` shows of itself, derived from the declaration: signature, documentation, type stub."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from typing import Any, Final

from . import values
from .options import DECLARED, DEFAULTS
from .values import Reader


@dataclass(frozen=True)
class Parameter:
    """A parameter of the function, in the form that signature, documentation and stub share."""

    name: str
    default: object
    reader: Reader
    doc: str
    keyword_only: bool = False


_FUNCTION_ONLY: Final = (
    Parameter(
        "to_file",
        None,
        values.filename(),
        "Deprecated: a file to write, as ``save_fig_filename``; with it alone, nothing else is written.",
    ),
    Parameter(
        "backend",
        None,
        Reader("anything", lambda value: value, (), (), python="object"),
        "What writes raster files: Matplotlib for 'matplotlib', 'true', 'none' in any case, True and None, where it "
        "is installed; Pillow for anything else. Both write the same pixels.",
    ),
    Parameter("show_os_viewer", False, values.yes_no(), "Open the picture in the system's viewer."),
    Parameter("save_fig", True, values.yes_no(), "Write the picture to a file."),
    Parameter(
        "save_fig_filename",
        "",
        values.filename(),
        "The file to write. Its folder is made, its suffix chooses the type (.png, .svg, .pdf, .jpg, .webp and what "
        "else Pillow writes); without a suffix it is a PNG. Empty for ``layered_view.png`` in the working folder.",
    ),
    Parameter(
        "overwrite",
        True,
        values.yes_no(),
        "Write over a file of the same name; otherwise count up: ``v_1.png``, ``v_2.png``.",
    ),
    Parameter("add_timestamp", False, values.yes_no(), "Put date and time before the suffix."),
    Parameter("verbose", False, values.yes_no(), "Print what was read and drawn, and who saved what where."),
)

_DRAWING: Final = tuple(
    Parameter(
        name,
        DEFAULTS[name],
        one.reader,
        f"{one.doc.removesuffix('.')}, in {one.unit}." if one.unit else one.doc,
        one.added,
    )
    for name, one in DECLARED.items()
)

PARAMETERS: Final[tuple[Parameter, ...]] = (
    *_FUNCTION_ONLY[:1],
    *(one for one in _DRAWING if not one.keyword_only),
    *_FUNCTION_ONLY[1:],
    *(one for one in _DRAWING if one.keyword_only),
)
"""Every parameter but `model`, in the order of the signature."""

FUNCTION_ONLY: Final = {one.name: one for one in _FUNCTION_ONLY}
"""Those that say nothing of how the model is drawn."""


def signature() -> inspect.Signature:
    """Give the signature that help(), editors and autodoc show."""
    model = inspect.Parameter("model", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="object")
    others = (
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY if one.keyword_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=one.default,
            annotation=one.reader.python,
        )
        for one in PARAMETERS
    )
    return inspect.Signature([model, *others], return_annotation="PIL.Image.Image")


_DOCUMENTATION: Final = """Draw a Keras model as a row of boxes.

Each layer is a box: as wide as it has channels, as high and as deep as its rows and columns.

Parameters
----------
model : object
    A Keras model (Keras 3, tf.keras or tf_keras), an object whose ``layers`` look like one's, or a
    `ModelDescription`. It is not changed.
{parameters}

Returns
-------
PIL.Image.Image
    The picture in RGBA, also where it is saved as SVG or PDF. Jupyter shows it.

Raises
------
TypeError
    There is no parameter of that name.
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
>>> layered_view(model, color_map={{"Conv2D": {{"fill": "teal"}}}}, text_callable="shape")  # doctest: +SKIP
"""


def documentation() -> str:
    """Give the docstring in numpydoc."""
    return _DOCUMENTATION.format(parameters="\n".join(_documented(one) for one in PARAMETERS))


def _documented(one: Parameter) -> str:
    """Give a parameter's lines: where its type is one of this package's names, in words what it takes."""
    annotation = one.reader.python
    kind, takes = annotation.replace(", ", "|").removeprefix("Literal[").removesuffix("]").split("|"), ""
    if annotation.startswith("Literal"):
        shown = "{" + ", ".join(kind) + "}"
    elif "Like" in annotation:
        shown, takes = annotation.split(" | ")[0], f" Takes {one.reader.accepts}."
    else:
        shown = annotation
    text = textwrap.fill(one.doc + takes, 112, initial_indent="    ", subsequent_indent="    ")
    return f"{one.name} : {shown}, default {one.default!r}\n{text}"


def stub() -> str:
    """Give the text of ``api.pyi``, from which type checkers and editors know the parameters."""
    rows: list[str] = []
    keyword_only = False
    for one in PARAMETERS:
        if one.keyword_only and not keyword_only:
            keyword_only = True
            rows.append("    *,")
        rows.append(f"    {one.name}: {one.reader.python} = {_literal(one.default)},")
    return _STUB.format(parameters="\n".join(rows))


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


_STUB: Final = """# Made from the declaration of the options: python -m sphinxext_layered.signature
from typing import Literal

from PIL.Image import Image

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

def layered_view(
    model: object,
{parameters}
) -> Image: ...
"""


if __name__ == "__main__":
    from pathlib import Path

    Path(__file__).with_name("api.pyi").write_text(stub(), encoding="utf-8", newline="\n")
