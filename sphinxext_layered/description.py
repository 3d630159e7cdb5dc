"""What a picture needs to know of a model: plain, immutable data, and its JSON.

The one thing that passes from the reader to the drawer. It names no place, no time and no machine, so
that it can be compared, kept and committed.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

from .errors import DescriptionError

SCHEMA: Final = "layered-view-description/1"

Shape = tuple[int | None, ...]
"""Sizes by axis, batch first; None where a size is open."""

_DEEPEST: Final = 100
_MOST_AXES: Final = 32
_LARGEST: Final = 2**63


@dataclass(frozen=True, kw_only=True)
class LayerText:
    """The text that a user's callable gave for a layer."""

    text: str
    above: bool


@dataclass(frozen=True, kw_only=True)
class LayerDescription:
    """One layer of a model.

    Attributes
    ----------
    index : int
        Its place in ``model.layers``, which is what ``index_ignore`` and ``index_2d`` count by.
    name : str
    class_name : str
        Such as ``Conv2D``.
    module : str
        The module that defines the class.
    bases : tuple of str
        The base classes up to Keras's ``Layer``, nearest first, as ``module.QualName``.
    output_shapes, input_shapes : tuple of tuple of (int or None)
        Every tensor's shape, batch first, None where a size is open; empty where unknown.
    data_format : {'channels_last', 'channels_first', None}
    parameters : int or None
        Trainable and not trainable; None where unknown.
    inbound : tuple of int
        The `index` of each layer that feeds this one.
    activation : str or None
    calls : int
        How often the model calls the layer: more than once where it is shared.
    nested : ModelDescription or None
        The layer's own layers, where it is a model.
    spacing : int or None
        The pixels of a `SpacingDummyLayer`, None for any other layer.
    text : LayerText or None
        What the user's ``text_callable`` gave.
    """

    index: int
    name: str
    class_name: str
    module: str = ""
    bases: tuple[str, ...] = ()
    output_shapes: tuple[Shape, ...] = ()
    input_shapes: tuple[Shape, ...] = ()
    data_format: str | None = None
    parameters: int | None = None
    inbound: tuple[int, ...] = ()
    activation: str | None = None
    calls: int = 1
    nested: ModelDescription | None = None
    spacing: int | None = None
    text: LayerText | None = None

    @property
    def qualified_name(self) -> str:
        """The class as ``module.ClassName``."""
        return f"{self.module}.{self.class_name}" if self.module else self.class_name

    def known_as(self) -> Iterator[str]:
        """Every name by which a page may speak of the layer, the most particular first."""
        yield self.name
        for qualified in (self.qualified_name, *self.bases):
            yield qualified
            yield qualified.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """One model: its layers in the order of ``model.layers``, and what goes in and out."""

    name: str
    class_name: str
    layers: tuple[LayerDescription, ...]
    input_shapes: tuple[Shape, ...] = ()
    output_shapes: tuple[Shape, ...] = ()
    parameters: int | None = None

    def to_json(self) -> str:
        """Give the description as a readable document that is the same for the same model."""
        return _spell({"schema": SCHEMA, **_plain(self)}) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a document, checking all of it.

        Raises
        ------
        DescriptionError
            The text is not JSON, not of this schema, or a value in it is not what the schema says.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DescriptionError(f"not JSON: {error}; make the description anew") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read a document that JSON's reader has read. Raises as `from_json`."""
        if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
            raise DescriptionError(f"not a description with the schema {SCHEMA!r}; make it anew")
        body = {key: value for key, value in document.items() if key != "schema"}
        model = _read(cls, body, "model", 0)
        assert isinstance(model, cls)
        return model

    def to_document(self) -> dict[str, Any]:
        """Give the description as the objects that JSON's writer takes."""
        return {"schema": SCHEMA, **_plain(self)}


def _plain(value: Any) -> Any:
    """Give dataclasses as dicts and tuples as lists; what has its default is left out."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _spell(value: Any, indent: str = "") -> str:
    """Write JSON with a line for each field and each list of plain values on one line."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        rows = [f"{deeper}{json.dumps(key)}: {_spell(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(deeper + _spell(item, deeper) for item in value) + f"\n{indent}]"
    # A lone surrogate cannot be written to a file as it is.
    return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


@cache
def _fields_of(kind: type) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(kind)
    return {field.name: (hints[field.name], field.default is dataclasses.MISSING) for field in dataclasses.fields(kind)}


def _read(kind: Any, value: Any, where: str, depth: int) -> Any:
    """Give `value` as an instance of the annotated `kind`, or say where it is not one."""
    if depth > _DEEPEST:
        raise DescriptionError(f"{where}: nested deeper than {_DEEPEST}; make the description anew")
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        (kind,) = (member for member in kind.__args__ if member is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise _refused(where, "a list", value)
        if kind == Shape and len(value) > _MOST_AXES:
            raise _refused(where, f"at most {_MOST_AXES} axes", value)
        (item_kind, _) = typing.get_args(kind)
        return tuple(_read(item_kind, item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value, where, depth)
    if type(value) is not kind:
        raise _refused(where, f"of type {kind.__name__}", value)
    if kind is int and not 0 <= value < _LARGEST:
        raise _refused(where, "a number from 0 of at most 63 bits", value)
    return value


def _read_fields(kind: Any, value: Any, where: str, depth: int) -> Any:
    if not isinstance(value, Mapping):
        raise _refused(where, "an object", value)
    fields = _fields_of(kind)
    for name in value:
        if name not in fields:
            raise DescriptionError(f"{where}: unknown field {name!r}; make the description anew")
    for name, (_, required) in fields.items():
        if required and name not in value:
            raise DescriptionError(f"{where}: the field {name!r} is missing; make the description anew")
    return kind(**{name: _read(fields[name][0], item, f"{where}.{name}", depth + 1) for name, item in value.items()})


def _refused(where: str, expected: str, value: object) -> DescriptionError:
    return DescriptionError(f"{where}: expected {expected}, got {value!r:.60}; make the description anew")
