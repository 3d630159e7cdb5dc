"""Readers of option values: one for each kind, whether the value is text or Python.

A reader gives a hashable, printable value, and reads its own result unchanged; so an option means the
same on a page, in conf.py, on the command line and in a call.
"""

from __future__ import annotations

import difflib
import json
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike as _PathLike
from typing import Any, NamedTuple, Protocol, TypeAlias

from .template import is_template, template_lines

RGBA = tuple[int, int, int, int]
Names = tuple[str, ...]
Indices = tuple[int, ...]
Paint = tuple[str, RGBA | None, RGBA | None]
Style = tuple[str, RGBA | None, RGBA | None, bool, bool, bool]
"""The name of a layer or class, its fill and outline, and whether it is hidden, hatched and paler."""

Input = tuple[int | None, ...] | tuple[tuple[int | None, ...], str]
"""The sizes of one input of a model without the batch, with the type of its numbers where that was given."""

# What a caller may write, for type checkers.
ColourLike: TypeAlias = str | Sequence[int]
NamesLike: TypeAlias = str | type | Iterable[str | type] | None
IndicesLike: TypeAlias = str | int | Iterable[int] | None
ColourMapLike: TypeAlias = str | Mapping[Any, str | Mapping[str, Any] | Sequence[Any]] | None
StylesLike: TypeAlias = ColourMapLike | Sequence[Style]
ShapesLike: TypeAlias = (
    str | Sequence[int | None] | Sequence[Sequence[int | None] | tuple[Sequence[int | None], str] | str] | None
)
TextsLike: TypeAlias = str | Callable[[int, Any], tuple[str, bool] | None] | None
GroupsLike: TypeAlias = str | Mapping[str, Any] | Sequence[tuple[str, Any, Any]] | None
LimitsLike: TypeAlias = str | Sequence[float] | None
PathLike: TypeAlias = str | _PathLike[str] | None


class PillowFont(Protocol):
    """The interface of Pillow's font objects."""

    def getmask(self, text: Any, mode: str = ...) -> Any:
        """Render a text."""


FontLike: TypeAlias = PillowFont | Mapping[str, Any] | None


class Reader(NamedTuple):
    """How one kind of value is read.

    Attributes
    ----------
    accepts : str
        What is accepted, to end a sentence that starts with "expected".
    read : callable
        Gives the value, or raises ValueError (its message is not shown unless it has one).
    examples : tuple of str
        Texts that are accepted.
    refused : tuple of str
        Texts that are not.
    bare : str or None
        The text that an option without a value stands for; None where it needs one.
    python : str
        The type of the values that a Python caller gives, as an annotation.
    """

    accepts: str
    read: Callable[[Any], Any]
    examples: tuple[str, ...]
    refused: tuple[str, ...]
    bare: str | None = None
    python: str = "object"

    def __call__(self, value: object) -> Any:
        """Read `value`.

        Raises
        ------
        ValueError
            With a message that says what is accepted and what was given.
        """
        try:
            if isinstance(value, bytes | bytearray):
                raise TypeError
            return self.read(value)
        except Exception as error:  # whatever a value of the user's does when it is looked at: it is not accepted
            reason = f" ({error})" if isinstance(error, _ReasonError) else ""
            raise ValueError(f"expected {self.accepts}; got {_shown(value)}{reason}") from None


class _ReasonError(ValueError):
    """A ValueError whose message is shown."""


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def whole_number(minimum: int = 0, maximum: int = 10**6, *, none: str | None = None) -> Reader:
    """Read a whole number; with `none`, None too, which `none` explains."""

    def read(value: object) -> int | None:
        if none and _is_none(value):
            return None
        number = _number(value)
        if number != int(number) or not minimum <= number <= maximum:
            raise ValueError
        return int(number)

    accepts = f"a whole number from {minimum} to {maximum}" + (f", or none ({none})" if none else "")
    examples = (str(max(minimum, 3)), *(("none",) if none else ()))
    refused = ("much", str(minimum - 1), "1.5")
    return Reader(accepts, read, examples, refused, python="int | None" if none else "int")


def number(*, above: float | None = None, minimum: float = 0, maximum: float = 10**6) -> Reader:
    """Read a number of at least `minimum`, or greater than `above` where that is given."""

    def read(value: object) -> float | int:
        result = _number(value)
        low = result <= above if above is not None else result < minimum
        if low or result > maximum:
            raise ValueError
        return int(result) if result == int(result) else result

    at_least = f"greater than {above}" if above is not None else f"of at least {minimum}"
    refused = ("much", "nan", "-1" if above is not None else str(minimum - 1))
    return Reader(f"a number {at_least} and at most {maximum}", read, ("2", "2.5"), refused, python="float")


def yes_no() -> Reader:
    """Read yes or no; an option without a value means yes."""
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}

    def read(value: object) -> bool:
        if _is_bool(value):
            return bool(value)
        word = value if isinstance(value, str) else str(operator.index(value))  # type: ignore[arg-type]
        return words[word.strip().lower()]

    return Reader("yes or no", read, ("yes", "no"), ("maybe",), bare="yes", python="bool")


def choice(*names: str, also: Mapping[str, str] | None = None) -> Reader:
    """Read one of `names`, in any case; `also` has other names for them, which are not advertised."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError
        word = _word(value)
        word = (also or {}).get(word, word)
        if word not in names:
            raise _ReasonError(did_you_mean(word, names))
        return word

    python = f"Literal[{', '.join(json.dumps(name) for name in names)}]"
    return Reader(f"one of {', '.join(names)}", read, names, ("sideways",), python=python)


def _word(text: str) -> str:
    return re.sub(r"[-_\s]+", "_", text.strip().lower())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the nearest of the `known` names, and otherwise lists some."""
    known = sorted(set(known))
    lowered = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"did you mean {lowered[near[0]]!r}?"
    return f"known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"


def colour() -> Reader:
    """Read a colour as (red, green, blue, alpha), 0 to 255 each."""
    accepts = (
        "a colour: a name such as teal, #rrggbb, #rrggbbaa, transparent, or (red, green, blue[, alpha]) of 0 to 255"
    )
    return Reader(
        accepts,
        _colour,
        ("teal", "#ef476f", "#ef476f80", "(255, 0, 0)", "transparent"),
        ("tael", "#ef47", "(300, 0, 0)", "(0.5, 0, 1)"),
        python="ColourLike",
    )


def _colour(value: object) -> RGBA:
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("transparent", "none"):
            return (0, 0, 0, 0)
        if not text.startswith(("(", "[")):
            return _named_colour(text)
        value = _bracketed(text)
    parts = [_number(part) for part in _listed(value)]
    if any(isinstance(part, float) for part in _listed(value)) and all(part <= 1 for part in parts):
        raise _ReasonError("the parts are 0 to 255, not 0 to 1")
    return _rgba(parts)


def _rgba(parts: Sequence[float]) -> RGBA:
    if len(parts) not in (3, 4) or not all(0 <= part <= 255 and part == int(part) for part in parts):
        raise ValueError
    red, green, blue, *alpha = (int(part) for part in parts)
    return (red, green, blue, alpha[0] if alpha else 255)


def _bracketed(text: str) -> list[str]:
    """Return the parts of ``(1, 2, 3)`` or ``[1, 2, 3]``, or of the same without brackets."""
    text = text.strip()
    if text[:1] + text[-1:] in ("()", "[]"):
        text = text[1:-1]
    return [part.strip() for part in text.removesuffix(",").split(",")]


def _listed(value: Any) -> list[Any]:
    """Return the items of what has an order."""
    if isinstance(value, str | set | frozenset | Mapping):
        raise ValueError
    return list(value)


_PLAIN_COLOURS = {"white": (255, 255, 255, 255), "black": (0, 0, 0, 255)}
"""Names that are read without Pillow, since defaults use them and a build that draws nothing must not load it."""


def _named_colour(text: str) -> RGBA:
    if text in _PLAIN_COLOURS:
        return _PLAIN_COLOURS[text]
    if re.fullmatch("#[0-9a-fA-F]{6}", text, re.ASCII):
        return (*bytes.fromhex(text[1:]), 255)
    from PIL import ImageColor

    if text.startswith("#") and len(text) == 5:
        raise ValueError
    try:
        rgba = ImageColor.getcolor(text, "RGBA")
    except ValueError:
        if text.isalpha():
            raise _ReasonError(did_you_mean(text, ImageColor.colormap)) from None
        raise
    assert isinstance(rgba, tuple)
    return _rgba(rgba)


def names() -> Reader:
    """Read a list of names; a class stands for its qualified name."""

    def read(value: object) -> Names:
        if _is_nothing(value):
            return ()
        if isinstance(value, str):
            value = [part for part in re.split(r"[,\n]", value.strip(" ()[]")) if part.strip()]
        elif isinstance(value, type):
            value = [value]
        return tuple(dict.fromkeys(_class_name(item) for item in value))  # type: ignore[attr-defined]

    accepts = (
        "comma-separated names of classes, such as Dropout, BatchNormalization, or none "
        "(in Python a list of names or classes)"
    )
    examples, refused = ("Dropout, BatchNormalization", "keras.layers.Flatten"), ("Dropout, 3x%", "Dropout Flatten")
    return Reader(accepts, read, examples, refused, python="NamesLike")


def depth_or_names() -> Reader:
    """Read how deep to go: no, yes, a number of levels, or the names of what to open."""
    words = {"no": 0, "false": 0, "off": 0, "none": 0, "yes": 100, "true": 100, "on": 100}

    def read(value: object) -> int | Names:
        if value is None or _is_bool(value):
            return words["yes" if value else "no"]
        if isinstance(value, str):
            word = value.strip().lower()
            if word in words:
                return words[word]
            if re.fullmatch(r"-?\d+", word):
                return _depth(int(word))
            value = [part for part in re.split(r"[,\n]", value.strip(" ()[]")) if part.strip()]
        if isinstance(value, Iterable):
            return tuple(dict.fromkeys(_name(item).strip() for item in value))
        return _depth(operator.index(value))  # type: ignore[arg-type]

    accepts = "yes, no, a number of levels, or comma-separated names of layers or classes"
    examples = ("yes", "2", "encoder, TransformerEncoder")
    return Reader(accepts, read, examples, ("-1", "101"), bare="yes", python="bool | int | NamesLike")


def words_or_names(*words: str) -> Reader:
    """Read one of some words, or names of layers and classes; none of them for ``none``."""
    meant = {"true": "yes", "on": "yes", "false": "none", "no": "none", "off": "none"}

    def read(value: object) -> str | Names:
        if value is None or _is_bool(value):
            return words[-1] if value else ()
        if isinstance(value, str):
            word = meant.get(value.strip().lower(), value.strip().lower())
            if word in words or word == "none":
                return () if word == "none" else word
            value = [part for part in re.split(r"[,\n]", value.strip(" ()[]")) if part.strip()]
        return tuple(dict.fromkeys(_class_name(item) for item in value))  # type: ignore[attr-defined]

    accepts = f"{', '.join(words)}, none, or comma-separated names of classes, such as ReLU, Dropout"
    return Reader(accepts, read, (*words, "ReLU, Dropout"), ("ReLU Dropout", "3"), bare=words[-1], python="NamesLike")


def groups() -> Reader:
    """Read captions of layers that belong together: ``Encoder=conv1..pool4; Head=dense``."""

    def read(value: object) -> tuple[tuple[str, str, str], ...]:
        if _is_nothing(value):
            return ()
        if isinstance(value, str):
            pairs = [part.partition("=")[::2] for part in re.split(r"[;\n]", value) if part.strip()]
        elif isinstance(value, Mapping):
            pairs = list(value.items())
        else:
            pairs = [(caption, ends) for caption, *ends in value]  # type: ignore[attr-defined]
        return tuple((_name(caption), *_ends(ends)) for caption, ends in pairs)

    accepts = (
        "captions and the first and last layer of each, by name or index, such as Encoder=conv1..pool4; Head=dense "
        "(in Python also a dict)"
    )
    examples, refused = ("Encoder=conv1..pool4; Head=dense", "Stem=0..3"), ("Encoder", "=a..b", "a=b..c..d")
    return Reader(accepts, read, examples, refused, python="GroupsLike")


def _ends(value: object) -> tuple[str, str]:
    ends = value.split("..") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    names = [_name(str(end) if isinstance(end, int) else end) for end in ends]
    if not 1 <= len(names) <= 2:
        raise ValueError
    return names[0], names[-1]


def _depth(value: int) -> int:
    if not 0 <= value <= 100:
        raise ValueError
    return value


_DOTTED = r"[^\W\d]\w*(?:\.(?:[^\W\d]\w*|<locals>))*"


def _class_name(value: object) -> str:
    name = _name(value)
    if not re.fullmatch(_DOTTED, name):
        raise ValueError
    return name


def _name(value: object) -> str:
    """Return the name of a layer or a class; a class stands for its qualified name."""
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return str(value.strip())


def indices() -> Reader:
    """Read a list of whole numbers and ranges: ``0, 5-8`` has both ends of its range."""

    def read(value: object) -> Indices:
        if _is_nothing(value):
            return ()
        if isinstance(value, str):
            value = [part for part in value.strip(" ()[]").replace("\n", ",").split(",") if part.strip()]
        elif isinstance(value, Mapping):
            raise ValueError
        elif not isinstance(value, Iterable):
            value = [value]
        return tuple(sorted({index for item in value for index in _index_range(item)}))

    accepts = "indices from 0 and ranges of them, such as 0, 5-8, or none (in Python a list of numbers)"
    return Reader(accepts, read, ("0, 5-8", "3"), ("first", "8-5", "-1"), python="IndicesLike")


def _index_range(item: object) -> range:
    match = re.fullmatch(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", item.strip()) if isinstance(item, str) else None
    first = int(match[1]) if match else _whole(item)
    last = int(match[2]) if match and match[2] else first
    if not 0 <= first <= last < 10**6:
        raise ValueError
    return range(first, last + 1)


def colour_map() -> Reader:
    """Read which fill and outline which layers have, as ((name, fill, outline), ...)."""
    accepts = (
        "layers and their fill or fill/outline, such as Conv2D=#ef476f; Dense=teal/black "
        "(in Python {Conv2D: {'fill': 'teal', 'outline': 'black'}})"
    )
    return Reader(
        accepts,
        lambda value: tuple((key, fill, outline) for key, fill, outline, *_ in _styles(value, _PAINT)),
        ("Conv2D=#ef476f; Dense=teal/black", "Dense=teal"),
        ("Conv2D", "Dense=tael", "=teal"),
        python="ColourMapLike",
    )


def styles() -> Reader:
    """Read the styles of layers, as ((name, fill, outline, hidden, hatched, paler), ...)."""
    accepts = (
        "layers by name or class, or frozen, and their fill, fill/outline, /outline, hidden, hatched or paler, such as "
        "conv1=gold/black; Dropout=hidden; frozen=hatched (in Python {'conv1': {'fill': 'gold', 'hatched': True}})"
    )
    return Reader(
        accepts,
        lambda value: tuple(_styles(value, _PAINT + _MARKS)),
        ("conv1=gold/black; Dropout=hidden", "Dense=/black", "frozen=hatched", "conv1=gold paler hatched"),
        ("conv1", "conv1=tael", "=hidden", "conv1=hatched gold"),
        python="StylesLike",
    )


_PAINT = ("fill", "outline")
_MARKS = ("hidden", "hatched", "paler")


def _styles(value: Any, known: Names) -> list[Style]:
    if _is_nothing(value):
        return []
    if isinstance(value, str):
        value = [part for part in re.split(r"[;\n]", value) if part.strip()]
    if isinstance(value, Mapping):
        return [(_name(key), *_style_of_value(item, known)) for key, item in value.items()]
    return [_style_of_item(item, known) for item in value]


def _style_of_item(item: Any, known: Names) -> Style:
    """Read ``conv1=gold``, or the name with what follows it, as this package's own results have them."""
    if isinstance(item, str):
        key, _, text = item.partition("=")
        return (_name(key), *_style_of_text(text.strip(), known))
    key, *style = _listed(item)
    return (_name(key), *_style_of_value(style[0] if len(style) == 1 else style, known))


_Look = tuple[RGBA | None, RGBA | None, bool, bool, bool]


def _style_of_text(text: str, known: Names) -> _Look:
    words = text.split()
    marks = set()
    while words and words[-1].lower() in known and words[-1].lower() in _MARKS:
        marks.add(words.pop().lower())
    fill, _, outline = " ".join(words).partition("/")
    if not marks and not fill.strip() and not outline.strip():
        raise ValueError
    hidden, hatched, paler = (mark in marks for mark in _MARKS)
    return (
        _colour(fill) if fill.strip() else None,
        _colour(outline) if outline.strip() else None,
        hidden,
        hatched,
        paler,
    )


def _style_of_value(value: Any, known: Names) -> _Look:
    if isinstance(value, str):
        return _style_of_text(value.strip(), known)
    if not isinstance(value, Mapping):
        parts = _listed(value)
        if parts and all(map(_is_number, parts)):
            return (_colour(parts), None, False, False, False)
        if len(parts) > len(known):
            raise ValueError
        value = dict(zip(known, parts, strict=False))
    for key in value:
        if key not in known:
            raise _ReasonError(f"{key!r} is not one of {', '.join(known)}")
    fill, outline = (None if value.get(key) is None else _colour(value[key]) for key in _PAINT)
    hidden, hatched, paler = (yes_no().read(value.get(key, False)) for key in _MARKS)
    return (fill, outline, hidden, hatched, paler)


def input_shape() -> Reader:
    """Read the shape of a model's input without its batch, or several, as a tuple of inputs."""

    def read(value: object) -> tuple[Input, ...] | None:
        if _is_none(value):
            return None
        if isinstance(value, str):
            return tuple(_input(part) for part in _parts_of_shapes(value))
        items = _listed(value)
        if _has_type(items):
            return (_input(items),)
        if items and all(isinstance(item, list | tuple) or (isinstance(item, str) and ":" in item) for item in items):
            return tuple(_input(item) for item in items)
        return (_input(items),)

    accepts = (
        "the sizes of the input without the batch, such as 224, 224, 3 (none for an unknown size; several inputs: "
        "(28, 28); (10,); with a type: (32,):int32, in Python ((32,), 'int32'))"
    )
    examples = ("224, 224, 3", "(28, 28); (10,)", "none, 20", "(32,):int32")
    return Reader(accepts, read, examples, ("big", "0, 3", "(32,):words"), python="ShapesLike")


_TYPES = (
    *("float32", "float64", "float16", "bfloat16", "int32", "int64", "int16", "int8"),
    *("uint8", "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128"),
)


def sizes_and_type(given: Input) -> tuple[tuple[int | None, ...], str | None]:
    """Split what `input_shape` reads for one input; the type is None where none was given."""
    sizes, kind = given if _has_type(given) else (given, None)
    return sizes, kind  # type: ignore[return-value]


def _has_type(items: Sequence[Any]) -> bool:
    """Return whether this is a shape and a type, rather than sizes."""
    return len(items) == 2 and isinstance(items[0], list | tuple) and isinstance(items[1], str) and ":" not in items[1]


def _parts_of_shapes(text: str) -> list[str]:
    """Split ``(28, 28), (10,):int32``, which may have brackets around all of it."""
    text = re.sub(r"^[(\[]\s*(?=[(\[])|(?<=[)\]]),?\s*[)\]]$", "", text.strip())
    text = re.sub(r"([)\]]\s*:\s*\w+),?\s*[)\]]$", r"\1", text)
    text = re.sub(r"([)\]](?:\s*:\s*\w+)?)\s*,\s*(?=[(\[])", r"\1;", text)
    return text.rstrip("; ").split(";")


def _input(value: Any) -> Input:
    kind = None
    if isinstance(value, str) and ":" in value:
        value, _, kind = value.rpartition(":")
    elif not isinstance(value, str) and _has_type(value):
        value, kind = value
    sizes = _sizes(value)
    if kind is None:
        return sizes
    kind = _word(kind)
    if kind not in _TYPES:
        raise _ReasonError(f"{kind!r}: {did_you_mean(kind, _TYPES)}")
    return (sizes, kind)


def _sizes(value: Any) -> tuple[int | None, ...]:
    if isinstance(value, str):
        value = _bracketed(value)
    sizes = tuple(None if _is_none(item) or item == "?" else _whole(item) for item in _listed(value))
    if not sizes or any(size is not None and not 1 <= size < 10**9 for size in sizes):
        raise ValueError
    return sizes


def text_source(ready_made: Iterable[str]) -> Reader:
    """Read what gives layers their texts: a ready-made name, a template, ``module:function``, a callable, or None."""
    ready_made = tuple(ready_made)

    def read(value: object) -> object:
        if _is_none(value):
            return None
        if callable(value):
            return value
        if not isinstance(value, str):
            raise ValueError
        word = _word(value)
        if word in ready_made:
            return word
        if is_template(value):
            return _template(value.strip())
        if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*[:.][^\W\d]\w*(\.[^\W\d]\w*)*", value.strip()):
            raise _ReasonError(did_you_mean(word, ready_made))
        return value.strip()

    accepts = (
        f"none, one of {', '.join(ready_made)}, a template such as {{name}}: {{shape}}, "
        "or a function as module:function (in Python a callable)"
    )
    examples = ("default", "mypkg.labels:name_and_shape", "{name}\\n{kernel} / {strides}", "none")
    return Reader(accepts, read, examples, ("defualt", "3", "{nmae}", "{name!r}", "{name"), python="TextsLike")


def _template(text: str) -> str:
    """Check a template, and return it with its lines apart."""
    try:
        template_lines(text)
    except ValueError as error:
        raise _ReasonError(str(error)) from None
    return text.replace("\\n", "\n")


def limits() -> Reader:
    """Read the limits of the sizing mode ``capped``: of the width, height and depth of boxes."""

    def read(value: object) -> tuple[float, ...] | None:
        if _is_none(value):
            return None
        sizes = tuple(_number(item) for item in (_bracketed(value) if isinstance(value, str) else _listed(value)))
        if len(sizes) != 3 or any(not 1 <= size <= 10**5 for size in sizes):
            raise ValueError
        return sizes

    accepts = "three numbers of pixels, the maximum width, height and depth of a box, such as 80, 200, 200, or none"
    return Reader(accepts, read, ("80, 200, 200", "none"), ("80", "0, 1, 1"), python="LimitsLike")


def optional(reader: Reader, none: str) -> Reader:
    """Read what `reader` reads, or None, which `none` explains."""

    def read(value: object) -> Any:
        return None if _is_none(value) else reader.read(value)

    accepts, examples = f"{reader.accepts}, or none ({none})", (*reader.examples, "none")
    return Reader(accepts, read, examples, reader.refused, python=f"{reader.python} | None")


def path(*, none: str) -> Reader:
    """Read a file's path as text, or None, which `none` explains."""

    def read(value: object) -> str | None:
        import os

        if _is_none(value):
            return None
        text = os.fspath(value)  # type: ignore[call-overload]
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise ValueError
        return text.strip()

    accepts = f"the path of a file, or none ({none})"
    return Reader(accepts, read, ("fonts/a.ttf", "none"), ("",), python="PathLike")


def filename() -> Reader:
    """Read the path of a file to write, as it is; None and the empty text give None. For Python alone."""

    def read(value: object) -> str | None:
        import os

        if value is None or value == "":
            return None
        text = os.fspath(value)  # type: ignore[call-overload]
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise ValueError
        return text

    return Reader("the path of a file", read, ("out/v.png",), (" ",), python="PathLike")


def python_font() -> Reader:
    """Read a Pillow font object or the dict that describes one; text cannot give one."""
    parts = {"font_path": filename(), "font_size": number(minimum=1, maximum=1000), "use_default_font": yes_no()}

    def read(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, Mapping):
            for key in value:
                if key not in parts:
                    raise _ReasonError(f"{key!r}: {did_you_mean(str(key), parts)}")
            return {key: None if item is None else _part(key, parts[key], item) for key, item in value.items()}
        if isinstance(value, str) or not hasattr(value, "getmask"):
            raise ValueError
        return value

    accepts = "a Pillow font object, a dict with font_path, font_size or use_default_font, or None"
    return Reader(accepts, read, (), ("Arial",), python="FontLike")


def _part(key: str, reader: Reader, value: object) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise _ReasonError(f"{key}: {error}") from None


def _is_bool(value: object) -> bool:
    """Whether it is Python's or numpy's bool."""
    return isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__.startswith("bool"))


def _is_number(value: object) -> bool:
    return hasattr(value, "__float__") and not hasattr(value, "__len__") and not _is_bool(value)


def _is_nothing(value: object) -> bool:
    return _is_none(value) or (isinstance(value, str) and not value.strip())


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() == "none")


def _number(value: object) -> float:
    if _is_bool(value):
        raise ValueError
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[-+]?(\d{1,18}(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?\s*", value):
            raise ValueError
    elif not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise ValueError
    result = float(value)  # type: ignore[arg-type]
    if not math.isfinite(result):
        raise ValueError
    return result


def _whole(value: object) -> int:
    result = _number(value)
    if result != int(result):
        raise ValueError
    return int(result)
