"""What a picture needs to know of a model: plain, immutable data, and its JSON.

The one thing that passes from the reader to the drawer. It names no place, no time and no machine, so
that it can be compared, kept and committed.

A model is its layers and its calls. The layers are in the order of ``model.layers``; the calls, of
layers and of operations such as ``x + y``, are its graph. In JSON calls refer to each other by name, and
what is inside nested models and composite layers is written once, however many layers share it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple, Self

from .errors import DescriptionError

SCHEMA: Final = "layered-view-description/2"

_FAMILY: Final = "layered-view-"
"""What the schema of every file begins with that holds a description."""

ARGUMENT: Final = "Argument"
"""The class name of a call that stands for what a model or layer is given."""

KERAS_PACKAGES: Final = ("keras", "tf_keras", "keras_core", "tensorflow")
"""The packages whose layers are Keras's own."""

Shape = tuple[int | None, ...]
"""Sizes by axis, batch first; None where a size is open."""

Fact = bool | int | float | str | tuple[int, ...]

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
    output_shapes : tuple of tuple of (int or None)
        Every output's shape at the first call, batch first, None where a size is open; empty where unknown.
    data_format : {'channels_last', 'channels_first', None}
    parameters : int or None
        Trainable and not trainable; None where unknown.
    activation : str or None
    facts : tuple of (str, Fact)
        What else labels may say of it, such as ``kernel_size``; only what the layer has. The names are `FACTS`.
    nested : ModelDescription or None
        The layer's own graph, where it is a model or a layer that holds layers.
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
    data_format: str | None = None
    parameters: int | None = None
    activation: str | None = None
    facts: tuple[tuple[str, Fact], ...] = ()
    nested: ModelDescription | None = None
    spacing: int | None = None
    text: LayerText | None = None

    @property
    def qualified_name(self) -> str:
        """The class as ``module.ClassName``."""
        return f"{self.module}.{self.class_name}" if self.module else self.class_name

    def known_as(self) -> Iterator[str]:
        """Every name by which a page can refer to the layer, the most specific first."""
        yield self.name
        for qualified in (self.qualified_name, *self.bases):
            yield qualified
            yield qualified.rpartition(".")[2]

    def fact(self, name: str) -> Fact | None:
        """Return a fact by its name, None where the layer lacks it."""
        return dict(self.facts).get(name)


FACTS: Final = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "dilation_rate",
    "groups",
    "pool_size",
    "units",
    "rate",
    "num_heads",
    "key_dim",
    "input_dim",
    "output_dim",
    "wrapped",
    "trainable",
    "dtype_policy",
)
"""The names of facts, in the order in which they are written. ``trainable`` is there where it is False,
``dtype_policy`` where it is not ``float32``, ``wrapped`` is the class of the layer that a wrapper wraps."""


class Source(NamedTuple):
    """Where a tensor comes from: the position of a call in `ModelDescription.calls`, and which of its outputs."""

    call: int
    output: int = 0


@dataclass(frozen=True, kw_only=True)
class CallDescription:
    """One call of a layer or of an operation.

    Attributes
    ----------
    name : str
        The name of the layer or operation; several calls may share it.
    layer : int or None
        The position of the layer in `ModelDescription.layers`; None for an operation.
    class_name, module : str
        The class of an operation, such as ``Add``, and the module that defines it; empty for a layer.
        `ARGUMENT` stands for what a model that has no input layers is given.
    output_shapes : tuple of tuple of (int or None)
    inputs : tuple of Source, or None
        Where each tensor that it gets comes from, constants left out; None where that is not known.
    """

    name: str
    layer: int | None = None
    class_name: str = ""
    module: str = ""
    output_shapes: tuple[Shape, ...] = ()
    inputs: tuple[Source, ...] | None = ()

    @property
    def is_argument(self) -> bool:
        """Whether it stands for what the model is given."""
        return self.layer is None and self.class_name == ARGUMENT


@dataclass(frozen=True, kw_only=True)
class End:
    """A tensor that goes into a model or comes out of it, with its key where the model takes or returns a dict."""

    source: Source
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """One model, or the inside of one layer.

    Attributes
    ----------
    name, class_name : str
    layers : tuple of LayerDescription
        In the order of ``model.layers``.
    calls : tuple of CallDescription
        In a topological order: each call comes after those it gets tensors from.
    inputs, outputs : tuple of End
    parameters : int or None
    incomplete : str or None
        Why not every connection is known, where that is so.
    """

    name: str
    class_name: str
    layers: tuple[LayerDescription, ...]
    calls: tuple[CallDescription, ...] = ()
    inputs: tuple[End, ...] = ()
    outputs: tuple[End, ...] = ()
    parameters: int | None = None
    incomplete: str | None = None

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes that go in, batch first."""
        return self._shapes(self.inputs)

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """The shapes that come out, batch first."""
        return self._shapes(self.outputs)

    def feeders(self) -> dict[int, tuple[int, ...]]:
        """Return the positions of the layers that feed each layer, by the layer's position, through operations too."""
        found: dict[int, dict[int, None]] = {place: {} for place in range(len(self.layers))}
        behind: list[dict[int, None]] = []
        for call in self.calls:
            before = {place: None for source in call.inputs or () for place in behind[source.call]}
            if call.layer is not None:
                found[call.layer].update(before)
            behind.append(before if call.layer is None else {call.layer: None})
        return {place: tuple(before) for place, before in found.items()}

    def _shapes(self, ends: tuple[End, ...]) -> tuple[Shape, ...]:
        return tuple(shape for end in ends if (shape := self.shape_of(end.source)) is not None)

    def shape_of(self, source: Source) -> Shape | None:
        """Return the shape of a tensor, None where it is not known."""
        shapes = self.calls[source.call].output_shapes
        return shapes[source.output] if source.output < len(shapes) else None

    def to_json(self) -> str:
        """Return the description as a readable document that is the same for the same model."""
        return spell(self.to_document()) + "\n"

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
            raise DescriptionError(f"not JSON: {error}; make the description again") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read a document that JSON's reader has read. Raises as `from_json`."""
        schema = document.get("schema") if isinstance(document, Mapping) else None
        if not isinstance(document, Mapping) or schema != SCHEMA:
            older = isinstance(schema, str) and schema.startswith(SCHEMA.rpartition("/")[0])
            found = f"a description of another version ({schema})" if older else "not a description"
            raise DescriptionError(
                f"{found}: expected the schema {SCHEMA!r}; make the description again: layered-view describe writes "
                "one, and builds write missing ones"
            )
        model = _Reader(document).model()
        assert isinstance(model, cls)
        return model

    @classmethod
    def from_file_content(cls, content: str | bytes) -> Self | None:
        """Read a file that holds a description, alone or with what it was made from; None where it holds none.

        Raises as `from_json` where it is a description's file, but not one that can be read.
        """
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, Mapping) or not str(document.get("schema")).startswith(_FAMILY):
            return None
        return cls.from_document(document.get("description", document))

    def to_document(self) -> dict[str, Any]:
        """Return the description as the objects that JSON's writer takes."""
        writer = _Writer()
        body = writer.model(self)
        return {"schema": SCHEMA, **body, **({"insides": writer.insides} if writer.insides else {})}


class _Writer:
    """Makes the JSON objects of a description, with each distinct inside once."""

    def __init__(self) -> None:
        self.insides: dict[str, Any] = {}
        self._keys: dict[int, str] = {}
        self._texts: dict[str, str] = {}

    def model(self, model: ModelDescription) -> dict[str, Any]:
        ids = call_ids(model)
        body = {
            "name": model.name,
            "class_name": model.class_name,
            "layers": [self._layer(layer) for layer in model.layers],
            "calls": list(_call_rows(model, ids)),
            "inputs": [_end_row(end, ids) for end in model.inputs],
            "outputs": [_end_row(end, ids) for end in model.outputs],
            "parameters": model.parameters,
            "incomplete": model.incomplete,
        }
        return {name: value for name, value in body.items() if name == "layers" or value not in (None, [])}

    def _layer(self, layer: LayerDescription) -> dict[str, Any]:
        row = _plain(dataclasses.replace(layer, nested=None, facts=()))
        if layer.facts:
            row["facts"] = {name: _plain(value) for name, value in layer.facts}
        if layer.nested is not None:
            row["nested"] = self._key(layer.nested)
        return dict(row)

    def _key(self, inside: ModelDescription) -> str:
        """Return the key under which an inside is written, writing it where it is new."""
        if id(inside) not in self._keys:
            body = self.model(inside)
            text = json.dumps(body)
            if text not in self._texts:
                self._texts[text] = _unused(inside.class_name, self.insides)
                self.insides[self._texts[text]] = body
            self._keys[id(inside)] = self._texts[text]
        return self._keys[id(inside)]


def call_ids(model: ModelDescription) -> list[str]:
    """Return a name for each call of a model that no other call of it has: ``tower``, ``tower#2``."""
    return distinct(call.name for call in model.calls)


def distinct(names: Iterable[str]) -> list[str]:
    """Return names made distinct: a second ``tower`` is ``tower#2``."""
    found: dict[str, None] = {}
    for name in names:
        found[_unused(name, found)] = None
    return list(found)


def _unused(name: str, taken: Mapping[str, object]) -> str:
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}#{number}"
    return found


def _call_rows(model: ModelDescription, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Return a call's JSON; what its layer or its name says already is left out."""
    places = _places(model.layers)
    for call, own_id in zip(model.calls, ids, strict=True):
        layer = None if call.layer is None else model.layers[call.layer]
        row: dict[str, Any] = {"call": own_id}
        if layer is not None and call.layer is not None and places.get(own_id) != call.layer:
            row["layer"] = layer.name if places.get(layer.name) == call.layer else call.layer
        if call.name != (layer.name if layer else own_id):
            row["name"] = call.name
        if layer is None or call.class_name:
            row["class"] = call.class_name
        if call.module:
            row["module"] = call.module
        if call.inputs is None or call.inputs:
            row["from"] = None if call.inputs is None else [_source_row(source, ids) for source in call.inputs]
        if call.output_shapes != (layer.output_shapes if layer else ()):
            row["shapes"] = _plain(call.output_shapes)
        yield row


def _places(layers: tuple[LayerDescription, ...]) -> dict[str, int]:
    """Return the positions of layers by name, of those whose name no other has."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for place, layer in enumerate(layers):
        if layer.name in found:
            twice.add(layer.name)
        found[layer.name] = place
    return {name: place for name, place in found.items() if name not in twice}


def _source_row(source: Source, ids: list[str]) -> str | list[Any]:
    return [ids[source.call], source.output] if source.output else ids[source.call]


def _end_row(end: End, ids: list[str]) -> Any:
    source = _source_row(end.source, ids)
    return source if end.name is None else {"name": end.name, "from": source}


def _plain(value: Any) -> Any:
    """Return dataclasses as dicts and tuples as lists; what has its default is left out."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


_to_line: Final = json.JSONEncoder(ensure_ascii=False).encode


def spell(value: Any, indent: str = "") -> str:
    """Return JSON with a line for each field, each call and each list of plain values."""
    deeper = indent + "  "
    if isinstance(value, dict) and value and "call" not in value:
        rows = [
            f"{deeper}{json.dumps(key)}: {_line(item) if key == 'facts' else spell(item, deeper)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(deeper + spell(item, deeper) for item in value) + f"\n{indent}]"
    return _line(value)


def _line(value: Any) -> str:
    # A lone surrogate cannot be written to a file as it is.
    return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", _to_line(value))


class _Reader:
    """Reads the JSON objects of a description; an inside that several layers share is one object."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._body = {key: value for key, value in document.items() if key not in ("schema", "insides")}
        self._rows = _object(document.get("insides", {}), "insides")
        self._read: dict[str, ModelDescription] = {}
        self._open: set[str] = set()

    def model(self) -> ModelDescription:
        return self._model(self._body, "model")

    def _model(self, row: object, where: str) -> ModelDescription:
        fields = _object(row, where)
        _check_names(fields, _MODEL_FIELDS, ("name", "class_name", "layers"), where)
        layers = tuple(
            self._layer(each, f"{where}.layers[{i}]")
            for i, each in enumerate(_list(fields["layers"], f"{where}.layers"))
        )
        calls, positions = _calls(_list(fields.get("calls", []), f"{where}.calls"), layers, f"{where}.calls")
        ends = {
            name: tuple(
                _end(each, positions, f"{where}.{name}[{i}]")
                for i, each in enumerate(_list(fields.get(name, []), f"{where}.{name}"))
            )
            for name in ("inputs", "outputs")
        }
        return ModelDescription(
            name=_read(str, fields["name"], f"{where}.name"),
            class_name=_read(str, fields["class_name"], f"{where}.class_name"),
            layers=layers,
            calls=calls,
            parameters=_read(int | None, fields.get("parameters"), f"{where}.parameters"),
            incomplete=_read(str | None, fields.get("incomplete"), f"{where}.incomplete"),
            **ends,
        )

    def _layer(self, row: object, where: str) -> LayerDescription:
        fields = dict(_object(row, where))
        nested, facts = fields.pop("nested", None), _object(fields.pop("facts", {}), f"{where}.facts")
        _check_names(facts, FACTS, (), f"{where}.facts")
        layer: LayerDescription = _read_fields(LayerDescription, fields, where)
        return dataclasses.replace(
            layer,
            nested=None if nested is None else self._inside(nested, f"{where}.nested"),
            facts=tuple((name, _fact(value, f"{where}.facts.{name}")) for name, value in facts.items()),
        )

    def _inside(self, key: object, where: str) -> ModelDescription:
        if not isinstance(key, str) or key not in self._rows:
            raise _refused(where, "one of the insides", key)
        if key in self._open or len(self._open) > _DEEPEST:
            raise DescriptionError(f"{where}: {key!r} is inside itself; make the description again")
        if key not in self._read:
            self._open.add(key)
            self._read[key] = self._model(self._rows[key], f"insides.{key}")
            self._open.discard(key)
        return self._read[key]


_MODEL_FIELDS: Final = ("name", "class_name", "layers", "calls", "inputs", "outputs", "parameters", "incomplete")
_CALL_FIELDS: Final = ("call", "layer", "name", "class", "module", "from", "shapes")


def _calls(
    rows: list[Any], layers: tuple[LayerDescription, ...], where: str
) -> tuple[tuple[CallDescription, ...], dict[str, int]]:
    """Read calls, each of which gets its tensors from calls before it."""
    places = _places(layers)
    positions: dict[str, int] = {}
    calls: list[CallDescription] = []
    for i, row in enumerate(rows):
        at = f"{where}[{i}]"
        fields = _object(row, at)
        _check_names(fields, _CALL_FIELDS, ("call",), at)
        own_id = _read(str, fields["call"], f"{at}.call")
        if own_id in positions:
            raise _refused(f"{at}.call", "a name that no other call has", own_id)
        place = _layer_place(fields, own_id, places, layers, at)
        layer = None if place is None else layers[place]
        shapes = fields.get("shapes", _plain(layer.output_shapes) if layer else [])
        sources = fields.get("from", [])
        calls.append(
            CallDescription(
                name=_read(str, fields.get("name", layer.name if layer else own_id), f"{at}.name"),
                layer=place,
                class_name=_read(str, fields.get("class", ""), f"{at}.class"),
                module=_read(str, fields.get("module", ""), f"{at}.module"),
                output_shapes=_read(tuple[Shape, ...], shapes, f"{at}.shapes"),
                inputs=None
                if sources is None
                else tuple(_source(each, positions, f"{at}.from") for each in _list(sources, f"{at}.from")),
            )
        )
        positions[own_id] = i
    return tuple(calls), positions


def _layer_place(
    fields: Mapping[str, Any], own_id: str, places: Mapping[str, int], layers: tuple[LayerDescription, ...], at: str
) -> int | None:
    named = fields.get("layer")
    if named is None:
        if "class" in fields:
            return None
        named = own_id
    place = places.get(named) if isinstance(named, str) else named
    if type(place) is not int or not 0 <= place < len(layers):
        raise _refused(f"{at}.layer", "one of the layers", named)
    return place


def _source(row: object, positions: Mapping[str, int], where: str) -> Source:
    name, output = row if isinstance(row, list) and len(row) == 2 else (row, 0)
    if not isinstance(name, str) or name not in positions:
        raise _refused(where, "the name of a call before it", name)
    return Source(positions[name], _read(int, output, where))


def _end(row: object, positions: Mapping[str, int], where: str) -> End:
    if not isinstance(row, Mapping):
        return End(source=_source(row, positions, where))
    _check_names(row, ("name", "from"), ("name", "from"), where)
    return End(source=_source(row["from"], positions, where), name=_read(str, row["name"], f"{where}.name"))


def _fact(value: object, where: str) -> Fact:
    if isinstance(value, list) and all(type(each) is int for each in value):
        return tuple(value)
    if isinstance(value, bool | str) or (isinstance(value, int | float) and -_LARGEST < value < _LARGEST):
        return value
    raise _refused(where, "a number, a text, true, false or a list of numbers", value)


@cache
def _fields_of(kind: type) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(kind)
    return {field.name: (hints[field.name], field.default is dataclasses.MISSING) for field in dataclasses.fields(kind)}


def _read(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as an instance of the annotated `kind`, or say where it is not one."""
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        (kind,) = (member for member in kind.__args__ if member is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        items = _list(value, where)
        if kind == Shape and len(items) > _MOST_AXES:
            raise _refused(where, f"at most {_MOST_AXES} axes", value)
        (item_kind, _) = typing.get_args(kind)
        return tuple(_read(item_kind, item, f"{where}[{i}]") for i, item in enumerate(items))
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value, where)
    if type(value) is not kind:
        raise _refused(where, f"of type {kind.__name__}", value)
    if kind is int and not 0 <= value < _LARGEST:
        raise _refused(where, "a number from 0 of at most 63 bits", value)
    return value


def _read_fields(kind: Any, value: Any, where: str) -> Any:
    given = _object(value, where)
    fields = _fields_of(kind)
    _check_names(given, fields, [name for name, (_, required) in fields.items() if required], where)
    return kind(**{name: _read(fields[name][0], item, f"{where}.{name}") for name, item in given.items()})


def _check_names(given: Mapping[str, Any], known: Container[str], required: Iterable[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise DescriptionError(f"{where}: unknown field {name!r}; make the description again")
    for name in required:
        if name not in given:
            raise DescriptionError(f"{where}: the field {name!r} is missing; make the description again")


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _refused(where, "an object", value)
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _refused(where, "a list", value)
    return list(value)


def _refused(where: str, expected: str, value: object) -> DescriptionError:
    return DescriptionError(f"{where}: expected {expected}, got {value!r:.60}; make the description again")
