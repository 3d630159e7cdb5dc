"""Reads a live model: Keras 3 (and so tf.keras), tf_keras, or anything with layers that have shapes.

A layer's shapes, feeders and number of calls come from one of three sources: the graph of a functional
or sequential model, a trace of a subclassed model, or the layers' own attributes. What a layer is
(name, class, parameters, activation) is read from the layer itself.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sphinxext_layered.description import LayerDescription, LayerText, ModelDescription, Shape
from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.values import sizes_and_type

from .shapes import dtype_of, flattened, shapes_of, tensor_shapes
from .tracing import OTHER_TYPE, Call, InputShape, Spec, arguments_of, mapped, trace
from .untouched import left_as_it_was

TextCallable = Callable[[int, Any], Any]

_KERAS = ("keras", "tf_keras", "keras_core", "tensorflow")
_DATA_FORMATS = ("channels_last", "channels_first")
_DEEPEST = 12


@dataclass
class Usage:
    """What one model does with one layer.

    Attributes
    ----------
    layer : object
    outputs, inputs : tuple of tuple of (int or None)
        Of the layer's first call.
    feeders : list of object
        The layers whose outputs it gets, over all calls.
    calls : int
    """

    layer: Any
    outputs: tuple[Shape, ...] = ()
    inputs: tuple[Shape, ...] = ()
    feeders: list[Any] = field(default_factory=list)
    calls: int = 0
    inner: Reading | None = None


@dataclass
class Reading:
    """A model's layers in the order to draw them, and what goes in and out."""

    usages: list[Usage]
    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()


def describe(
    model: object, *, input_shape: object = None, text_callable: TextCallable | None = None
) -> ModelDescription:
    """Describe a model.

    Parameters
    ----------
    model : object
        A model of Keras 3 or tf_keras, a layer of theirs that is made of layers, or any object with
        ``layers`` whose members have an ``output_shape``, an ``output`` with a shape, or
        ``compute_output_shape``.
    input_shape : tuple, optional
        The input's shape without its batch, or a tuple of them, for a model that does not know it; with a
        type where that is not the model's own: ``((32,), "int32")``. The model itself stays as it is. Where
        a model leaves sizes of its input open, the shapes are those that follow from the sizes given.
    text_callable : callable, optional
        Called with each layer's index in ``model.layers`` and the layer; gives (text, above), or None.

    Returns
    -------
    ModelDescription

    Raises
    ------
    ModelError
        It is not a model, or its shapes can be known neither from it nor from `input_shape`.
    OptionError
        `text_callable` or `input_shape` is not what it should be, or the model's input is of another shape.
    """
    if layers_of(model) is None and not is_keras(model):
        raise ModelError(_not_a_model(model))
    shapes = _shapes_given(input_shape)
    if not is_keras(model):
        return _description(model, _read_attributes(model), text_callable, ())
    with left_as_it_was(model, _layer_class(model)):
        return _description(model, _read(model, shapes), text_callable, ())


def layers_of(model: object) -> list[Any] | None:
    """Give the layers of a model; None where it is not one."""
    if isinstance(model, type):
        return None
    layers = getattr(model, "layers", None)
    if isinstance(layers, Mapping):
        return list(layers.values())
    if layers is None or isinstance(layers, str) or not isinstance(layers, Iterable):
        return None
    return list(layers)


def is_keras(value: object) -> bool:
    """Tell whether `value` is a layer or model of some Keras."""
    return _layer_class(value) is not None


def is_layer_class(kind: type) -> bool:
    """Tell whether `kind` is a class of layers or models of some Keras."""
    return any(map(_is_layer_class, kind.__mro__))


def _layer_class(value: object) -> Any:
    """Give the Layer class of the Keras that `value` belongs to."""
    return next((base for base in type(value).__mro__ if _is_layer_class(base)), None)


def _is_layer_class(kind: type) -> bool:
    return kind.__name__ == "Layer" and _is_keras_class(kind)


def _is_keras_class(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _KERAS


def _not_a_model(value: object) -> str:
    return (
        f"got {type(value).__name__} {value!r:.80}, which is not a model: expected a Keras model, or an object with "
        "`layers` whose members have an output_shape"
    )


def _shapes_given(input_shape: object) -> InputShape | None:
    if input_shape is None:
        return None
    from sphinxext_layered.options import read_value

    shapes: InputShape | None = read_value("input_shape", input_shape)
    return shapes


def _description(
    model: Any, reading: Reading, text_callable: TextCallable | None, above: tuple[Any, ...]
) -> ModelDescription:
    index_of = {id(layer): index for index, layer in reversed(list(enumerate(layers_of(model) or [])))}
    for usage in reading.usages:
        index_of.setdefault(id(usage.layer), len(index_of))
    layers = tuple(_layer(usage, index_of, text_callable, (*above, model)) for usage in reading.usages)
    return ModelDescription(
        name=_name(model),
        class_name=type(model).__name__,
        layers=layers,
        input_shapes=reading.inputs,
        output_shapes=reading.outputs,
        parameters=_parameters(model),
    )


def _read(model: Any, input_shape: InputShape | None) -> Reading:
    if not is_keras(model):
        return _read_attributes(model)
    unbuilt_sequential = hasattr(model, "_functional") and _graph_of(model) is None
    if unbuilt_sequential and input_shape is not None and len(input_shape) == 1:
        _build(model, *sizes_and_type(input_shape[0]))  # it has a graph from then on
    graph = _graph_of(model)
    if graph is None and not _has_own_call(model):
        with contextlib.suppress(ModelError):  # as for any model of which neither shapes nor calls are known
            return _read_attributes(model)
    if graph is None:
        call = trace(model, _layer_class(model), arguments_of(model, input_shape))
        graph = _graph_of(model)
        return _read_calls(call) if graph is None else _read_graph(model, graph)
    reading = _read_graph(model, graph)
    return reading if input_shape is None else _narrowed(model, graph, reading, input_shape)


def _build(model: Any, sizes: Shape, dtype: str | None) -> None:
    """Build a sequential model where that can be; Keras would take its input for what its first layer computes with."""
    own = list(model._layers)
    for each in dict.fromkeys((dtype, dtype or OTHER_TYPE)):
        try:
            if each is not None:
                source = sys.modules["keras"].layers.InputLayer(batch_shape=(None, *sizes), dtype=each)
                model._layers = [source, *own]
            model.build((None, *sizes))
            return
        except Exception:  # the trace says what is wrong
            model._layers = own


def _has_own_call(model: Any) -> bool:
    """Tell whether a model can be called: one that only trains others, such as a GAN, cannot."""
    bases: Iterable[Any] = type(model).__mro__
    base = next((base for base in bases if base.__name__ == "Model" and _is_keras_class(base)), None)
    return base is None or type(model).call is not base.call


def _narrowed(model: Any, graph: Any, reading: Reading, input_shape: InputShape) -> Reading:
    """Give a functional model's shapes for an input whose open sizes are given."""
    given = [sizes_and_type(each)[0] for each in input_shape]
    wanted = tuple((shape[0], *sizes) for shape, sizes in zip(reading.inputs, given, strict=False))
    if len(input_shape) != len(reading.inputs) or not all(map(_fits, wanted, reading.inputs)):
        declared = ", ".join(str(shape[1:]) for shape in reading.inputs)
        raise OptionError(
            "input_shape",
            f"the input of the model {_name(model)!r} is {declared}, which {input_shape} does not fit: leave it out, "
            "or give sizes only where they are open",
        )
    specs = {id(tensor): Spec(shape, dtype_of(tensor)) for tensor, shape in zip(graph.inputs, wanted, strict=True)}
    structure = getattr(graph, "_inputs_struct", getattr(graph, "_nested_inputs", graph.inputs))
    argument = mapped(structure, lambda tensor: specs[id(tensor)])
    traced = _read_calls(trace(model, _layer_class(model), ((argument,), {}), graph))
    shapes = {id(usage.layer): (usage.inputs, usage.outputs) for usage in traced.usages}
    for usage in reading.usages:
        for tensor, shape in zip(graph.inputs, wanted, strict=True):
            if any(tensor is made for node in usage.layer._inbound_nodes for made in flattened(node.outputs)):
                shapes.setdefault(id(usage.layer), ((), (shape,)))
        usage.inputs, usage.outputs = shapes.get(id(usage.layer), (usage.inputs, usage.outputs))
    return Reading(reading.usages, wanted, traced.outputs)


def _fits(shape: Shape, declared: Shape) -> bool:
    return len(shape) == len(declared) and all(
        size == known or known is None for size, known in zip(shape, declared, strict=True)
    )


def _read_calls(call: Call) -> Reading:
    """Read a trace: each layer where it was first called."""
    usages: dict[int, Usage] = {}
    for child in call.children:
        usage = usages.setdefault(id(child.layer), Usage(child.layer, child.outputs, child.inputs))
        usage.calls += 1
        if usage.calls == 1 and child.children:
            usage.inner = _read_calls(child)
        _add(usage.feeders, [source.layer for source in child.sources])
    return Reading(list(usages.values()), call.inputs, call.outputs)


def _add(known: list[Any], new: Iterable[Any]) -> None:
    """Add to a list what is not in it yet; by identity, since layers may compare as they like."""
    for item in new:
        if not any(item is one for one in known):
            known.append(item)


def _graph_of(model: Any) -> Any:
    """Give the functional model whose nodes are this model's graph, or None."""
    functional = getattr(model, "_functional", None)
    for candidate in (model, functional):
        if getattr(candidate, "_nodes_by_depth", None):
            return candidate
    return None


def _read_graph(model: Any, graph: Any) -> Reading:
    usages = {id(layer): Usage(layer) for layer in layers_of(model) or []}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            usage = usages.get(id(_operation(node)))
            if usage is None:
                continue
            usage.calls += 1
            if usage.calls == 1:
                usage.outputs = tensor_shapes(_tensors(node, "outputs", "output_tensors"))
                usage.inputs = tensor_shapes(_tensors(node, "input_tensors", "keras_inputs"))
            _add_feeders(usage.feeders, node, usages)
    return Reading(list(usages.values()), tensor_shapes(graph.inputs), tensor_shapes(graph.outputs))


def _operation(node: Any) -> Any:
    """Give what a node calls: an operation in Keras 3, a layer in tf_keras."""
    return node.operation if hasattr(node, "operation") else node.layer


def _tensors(node: Any, *names: str) -> Any:
    return next((getattr(node, name) for name in names if hasattr(node, name)), ())


def _add_feeders(feeders: list[Any], node: Any, usages: Mapping[int, Usage]) -> None:
    """Add the layers that feed a node, also through operations that are not layers."""
    seen: set[int] = set()
    open_nodes = list(node.parent_nodes)[::-1]
    while open_nodes:
        parent = open_nodes.pop()
        if id(parent) in seen:
            continue
        seen.add(id(parent))
        usage = usages.get(id(_operation(parent)))
        if usage is None:
            open_nodes.extend(list(parent.parent_nodes)[::-1])
        else:
            _add(feeders, [usage.layer])


def _read_attributes(model: Any) -> Reading:
    """Read shapes from the layers' own attributes, handing each one's output shape on to the next."""
    usages: list[Usage] = []
    previous: tuple[Shape, ...] = shapes_of(getattr(model, "input_shape", None))
    first = previous
    for layer in layers_of(model) or []:
        inputs = shapes_of(_attribute(layer, "input_shape")) or previous
        outputs = _own_output_shapes(layer, inputs)
        feeders = [usages[-1].layer] if usages else []
        usages.append(Usage(layer, outputs, inputs, feeders, 1))
        first = first or inputs
        previous = outputs or previous
    if usages and not any(usage.outputs for usage in usages):
        raise ModelError(
            f"no layer of {_name(model) or type(model).__name__!r} has a shape: give them an output_shape, an output "
            "with a shape, or compute_output_shape"
        )
    return Reading(usages, first, shapes_of(getattr(model, "output_shape", None)) or previous)


def _own_output_shapes(layer: Any, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    shapes = shapes_of(_attribute(layer, "output_shape"))
    if not shapes:
        shapes = tensor_shapes(_attribute(layer, "output")) or shapes_of(
            getattr(_attribute(layer, "output"), "shape", None)
        )
    compute = _attribute(layer, "compute_output_shape")
    if not shapes and callable(compute) and inputs:
        try:
            shapes = shapes_of(compute(inputs[0] if len(inputs) == 1 else list(inputs)))
        except Exception:  # the layer does not take this shape: its own is unknown
            return ()
    return shapes


def _attribute(layer: Any, name: str) -> Any:
    """Give an attribute, or None where reading it fails, as Keras's do on layers that are not built."""
    try:
        return getattr(layer, name, None)
    except Exception:  # a property of the user's may raise anything
        return None


def _layer(
    usage: Usage, index_of: Mapping[int, int], text_callable: TextCallable | None, above: tuple[Any, ...]
) -> LayerDescription:
    layer, kind, index = usage.layer, type(usage.layer), index_of[id(usage.layer)]
    return LayerDescription(
        index=index,
        name=_name(layer),
        class_name=kind.__name__,
        module=_qualified(kind).rpartition(".")[0],
        bases=_bases(kind),
        output_shapes=usage.outputs,
        input_shapes=usage.inputs,
        data_format=_data_format(layer),
        parameters=_parameters(layer),
        inbound=tuple(index_of[id(feeder)] for feeder in usage.feeders),
        activation=_activation(layer),
        calls=max(usage.calls, 1),
        nested=_nested(usage, above),
        spacing=_spacing(layer),
        text=_text(text_callable, index, layer) if text_callable is not None else None,
    )


def _name(thing: Any) -> str:
    name = _attribute(thing, "name")
    return name if isinstance(name, str) else ""


def _qualified(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _bases(kind: type) -> tuple[str, ...]:
    """Give the base classes up to and with Keras's Layer, without the parts that Keras puts its own together of."""
    found: list[str] = []
    for base in kind.__mro__[1:-1]:
        own_part = _is_keras_class(base) and not any(map(_is_layer_class, base.__mro__))
        if not own_part:
            found.append(_qualified(base))
        if _is_layer_class(base):
            break
    return tuple(found)


def _data_format(layer: Any) -> str | None:
    value = _attribute(layer, "data_format")
    return value if value in _DATA_FORMATS else None


def _parameters(layer: Any) -> int | None:
    try:
        return int(layer.count_params())
    except Exception:  # not built, or no layer of Keras's
        return None


def _activation(layer: Any) -> str | None:
    value = _attribute(layer, "activation")
    if value is None and _attribute(layer, "layer") is not None:
        value = _attribute(layer.layer, "activation")
    while isinstance(value, functools.partial):
        value = value.func
    if value is None or isinstance(value, str):
        return value
    name = getattr(value, "__name__", None) or type(value).__name__
    return str(name).strip("<>")


def _spacing(layer: Any) -> int | None:
    if not any(base.__name__ == "SpacingDummyLayer" for base in type(layer).__mro__):
        return None
    spacing = _attribute(layer, "spacing")
    return int(spacing) if isinstance(spacing, int | float) else None


def _nested(usage: Usage, above: tuple[Any, ...]) -> ModelDescription | None:
    """Describe the model that a layer is or wraps; None where it is none or its shapes are unknown."""
    for inner in (usage.layer, _attribute(usage.layer, "layer")):
        if inner is None or layers_of(inner) is None:
            continue
        if len(above) >= _DEEPEST or any(inner is model for model in above):
            continue
        try:
            reading = usage.inner if usage.inner is not None and _graph_of(inner) is None else _read(inner, None)
        except ModelError:
            return None
        return _description(inner, reading, None, above)
    return None


def _text(text_callable: TextCallable, index: int, layer: Any) -> LayerText | None:
    given = text_callable(index, layer)
    if given is None:
        return None
    if isinstance(given, tuple | list) and len(given) == 2 and isinstance(given[0], str):
        text, above = given
        if isinstance(above, int) or type(above).__name__ in ("bool_", "bool"):
            return LayerText(text=text, above=bool(above))
    raise OptionError(
        "text_callable",
        f"expected it to return (text, above), such as ('conv', True), or None for no text; "
        f"got {given!r:.80} for layer {index} ({_name(layer) or type(layer).__name__})",
    )
