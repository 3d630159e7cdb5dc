"""Reads a live model: Keras 3 (and so tf.keras), tf_keras, or anything with layers that have shapes.

What calls what comes from one of three sources: the graph of a functional or sequential model, a trace of
the call of a subclassed model or a layer that holds layers, or the layers' own attributes. What a layer is
(name, class, parameters, facts) is read from the layer itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sphinxext_layered.description import (
    ARGUMENT,
    CallDescription,
    End,
    LayerDescription,
    LayerText,
    ModelDescription,
    Shape,
    Source,
)
from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.values import sizes_and_type

from .alike import form_of
from .facts import about, attribute, is_keras_class, keras_base, keras_layer_class, name_of, parameters_of, qualified
from .graph import (
    Ending,
    Graph,
    Origin,
    Step,
    called_by,
    functional_of,
    mapped,
    node_arguments,
    nodes_in_order,
    read_nodes,
    renumbered,
)
from .shapes import flattened, shapes_of, tensor_shapes
from .tracing import OTHER_TYPE, Function, InputShape, arguments_of, inside_of, symbolic_maker, trace
from .untouched import left_as_it_was

TextCallable = Callable[[int, Any], Any]

_DEEPEST = 12
_COMPOSITES_OF_KERAS = ("MultiHeadAttention", "GroupedQueryAttention")
_NO_CALL = "it has no call of its own, so how its layers are connected is not known"


def describe(
    model: object, *, input_shape: object = None, text_callable: TextCallable | None = None
) -> ModelDescription:
    """Describe a model.

    Parameters
    ----------
    model : object
        A model of Keras 3 or tf_keras, a layer of theirs that holds layers, or any object with ``layers``
        whose members have an ``output_shape``, an ``output`` with a shape, or ``compute_output_shape``.
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
        `text_callable` or `input_shape` is not what it should be, the model's input is of another shape, or it is no
        Keras model, whose shapes follow from none.
    """
    if layers_of(model) is None and not is_keras(model):
        raise ModelError(_not_a_model(model))
    shapes = _shapes_given(input_shape)
    if not is_keras(model):
        if shapes is not None:
            raise OptionError(
                "input_shape",
                f"{type(model).__name__} is no Keras model, so nothing can follow from it: leave it out, and give the "
                "layers an output_shape",
            )
        return _description(model, _read_attributes(model), text_callable, _Around())
    with left_as_it_was(model, keras_layer_class(model)):
        return _description(model, _read(model, shapes), text_callable, _Around())


def layers_of(model: object) -> list[Any] | None:
    """Return the layers of a model, or those that a layer holds; None where there are none."""
    if isinstance(model, type):
        return None
    try:
        layers = getattr(model, "layers", None)
    except Exception as error:
        raise ModelError(f"the layers of {type(model).__name__} cannot be read: {error!r}; repair them") from error
    if isinstance(layers, Mapping):
        return list(layers.values())
    if layers is None or isinstance(layers, str) or not isinstance(layers, Iterable):
        return held_layers(model) or None
    return list(layers)


def held_layers(layer: object) -> list[Any]:
    """Return the layers that a layer of some Keras holds itself, in the order of its attributes."""
    flatten = attribute(layer, "_flatten_layers") if is_keras(layer) else None
    try:
        return list(flatten(include_self=False, recursive=False)) if flatten is not None else []
    except Exception:  # a layer of the user's may raise anything
        return []


def is_keras(value: object) -> bool:
    """Return whether `value` is a layer or model of some Keras."""
    return keras_layer_class(value) is not None


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


def _read(model: Any, input_shape: InputShape | None) -> Graph:
    if not is_keras(model):
        return _read_attributes(model)
    unbuilt_sequential = hasattr(model, "_functional") and functional_of(model) is None
    if unbuilt_sequential and input_shape is not None and len(input_shape) == 1:
        _build(model, *sizes_and_type(input_shape[0]))  # it has a graph from then on
    functional = functional_of(model)
    if functional is None and not _has_own_call(model):
        with contextlib.suppress(ModelError):  # as for any model of which neither shapes nor calls are known
            return _unconnected(_read_attributes(model))
    if functional is None:
        graph = trace(model, keras_layer_class(model), arguments_of(model, input_shape))
        functional = functional_of(model)
        return graph if functional is None else _read_functional(model, functional)
    graph = _read_functional(model, functional)
    return graph if input_shape is None else _narrowed(model, functional, graph, input_shape)


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
    """Return whether a model can be called: one that only trains others, such as a GAN, cannot."""
    base = keras_base(model, "Model")
    return base is None or type(model).call is not base.call


def _read_functional(model: Any, functional: Any, shapes: Mapping[int, tuple[Shape, ...]] | None = None) -> Graph:
    layers = {id(layer): layer for layer in layers_of(model) or []}
    return read_nodes(functional, list(layers.values()), shapes)


def _narrowed(model: Any, functional: Any, graph: Graph, input_shape: InputShape) -> Graph:
    """Return a functional model's graph for an input whose open sizes are given."""
    declared = [ending.origin.shapes()[0] for ending in graph.inputs]
    given = [sizes_and_type(each)[0] for each in input_shape]
    wanted = [(shape[0], *sizes) for shape, sizes in zip(declared, given, strict=False)]
    if len(input_shape) != len(declared) or not all(map(_fits, wanted, declared)):
        known = ", ".join(str(shape[1:]) for shape in declared)
        raise OptionError(
            "input_shape",
            f"the input of the model {name_of(model)!r} is {known}, which {input_shape} does not fit: leave it out, "
            "or set only unknown sizes",
        )
    return _read_functional(model, functional, _shapes_for(functional, wanted))


def _shapes_for(functional: Any, wanted: Iterable[Shape]) -> dict[int, tuple[Shape, ...]]:
    """Return the output shapes of a functional model's nodes, by their identity, for input of these shapes."""
    make = symbolic_maker(keras_layer_class(functional))
    tensors = {id(tensor): make(shape, tensor.dtype) for tensor, shape in zip(functional.inputs, wanted, strict=True)}
    found: dict[int, tuple[Shape, ...]] = {}
    for node in nodes_in_order(functional):
        outputs = list(flattened(node.outputs))
        if not node.is_input:
            args, kwargs = mapped(list(node_arguments(node)), lambda leaf: tensors.get(id(leaf), leaf))
            thing = called_by(node)
            made = getattr(thing, "compute_output_spec", thing)(*args, **kwargs)
            tensors.update(zip(map(id, outputs), flattened(made), strict=False))
        found[id(node)] = tensor_shapes([tensors.get(id(each), each) for each in outputs])
    return found


def _fits(shape: Shape, declared: Shape) -> bool:
    return len(shape) == len(declared) and all(
        size == known or known is None for size, known in zip(shape, declared, strict=True)
    )


def _unconnected(graph: Graph) -> Graph:
    """Return the layers of a chain as calls of which nobody knows what feeds them."""
    steps = [step for step in graph.steps if step.thing is not None]
    for step in steps:
        step.origins = None
    return Graph(graph.layers, steps, incomplete=_NO_CALL)


def _read_attributes(model: Any) -> Graph:
    """Read shapes from the layers' own attributes, handing each one's output shape on to the next."""
    layers = layers_of(model) or []
    previous: tuple[Shape, ...] = shapes_of(getattr(model, "input_shape", None))
    if not previous and layers:
        previous = shapes_of(attribute(layers[0], "input_shape"))
    given = [Step(None, "inputs", (shape,)) for shape in previous]
    origins = tuple(map(Origin, given))
    steps: list[Step] = []
    for place, layer in enumerate(layers):
        inputs = shapes_of(attribute(layer, "input_shape")) or previous
        outputs = _own_output_shapes(layer, inputs)
        steps.append(Step(layer, name_of(layer), outputs, origins, place=place))
        origins = tuple(Origin(steps[-1], output) for output in range(max(len(outputs), 1)))
        previous = outputs or previous
    if steps and not any(step.outputs for step in steps):
        raise ModelError(
            f"no layer of {name_of(model) or type(model).__name__!r} has a shape: they need an output_shape, an output "
            "with a shape, or compute_output_shape"
        )
    return Graph(layers, [*given, *steps], tuple(map(Ending, map(Origin, given))), tuple(map(Ending, origins)))


def _own_output_shapes(layer: Any, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    shapes = shapes_of(attribute(layer, "output_shape"))
    if not shapes:
        shapes = tensor_shapes(attribute(layer, "output")) or shapes_of(
            getattr(attribute(layer, "output"), "shape", None)
        )
    compute = attribute(layer, "compute_output_shape")
    if not shapes and callable(compute) and inputs:
        try:
            shapes = shapes_of(compute(inputs[0] if len(inputs) == 1 else list(inputs)))
        except Exception:  # the layer does not take this shape: its own is unknown
            return ()
    return shapes


@dataclasses.dataclass(frozen=True)
class _Around:
    """The models around one that is described, and the insides known so far, by the form of their layers."""

    above: tuple[Any, ...] = ()
    insides: dict[object, ModelDescription | None] = dataclasses.field(default_factory=dict)


def _description(
    model: Any, graph: Graph, text_callable: TextCallable | None, around: _Around, *, is_inside: bool = False
) -> ModelDescription:
    """Return the description of a graph: of a model, or of the inside of a layer that is none."""
    names = renumbered(graph, with_layers=is_inside) if graph.is_traced else {}
    indices = _indices([] if is_inside else layers_of(model) or [], graph.layers)
    place_of = {id(layer): place for place, layer in reversed(list(enumerate(graph.layers)))}
    places = [place_of.get(id(step.thing)) if step.place is None else step.place for step in graph.steps]
    first = dict(reversed(list(zip(places, graph.steps, strict=True))))
    within = dataclasses.replace(around, above=(*around.above, model))
    layers = tuple(
        _layer(layer, index, names.get(id(layer), name_of(layer)), first.get(place), text_callable, within)
        for place, (layer, index) in enumerate(zip(graph.layers, indices, strict=True))
    )
    position = {id(step): at for at, step in enumerate(graph.steps)}
    return ModelDescription(
        name=type(model).__name__ if is_inside else name_of(model),
        class_name=type(model).__name__,
        layers=layers,
        calls=tuple(
            _call(step, names.get(id(step.thing), step.name), place, position)
            for step, place in zip(graph.steps, places, strict=True)
        ),
        inputs=_ends(graph.inputs, position),
        outputs=_ends(graph.outputs, position),
        parameters=parameters_of(model),
        incomplete=graph.incomplete,
    )


def _indices(members: list[Any], layers: list[Any]) -> list[int]:
    """Return each layer's place among the members of its model, after them where it is none."""
    found = {id(layer): index for index, layer in reversed(list(enumerate(members)))}
    return [found.setdefault(id(layer), len(found)) for layer in layers]


def _call(step: Step, name: str, place: int | None, position: Mapping[int, int]) -> CallDescription:
    kind = type(step.thing)
    is_operation = place is None and step.thing is not None
    return CallDescription(
        name=name,
        layer=place,
        class_name=kind.__name__ if is_operation else "" if place is not None else ARGUMENT,
        module=qualified(kind).rpartition(".")[0] if is_operation and not isinstance(step.thing, Function) else "",
        output_shapes=step.outputs,
        inputs=None if step.origins is None else tuple(_source(origin, position) for origin in step.origins),
    )


def _source(origin: Origin, position: Mapping[int, int]) -> Source:
    return Source(position[id(origin.step)], origin.output)


def _ends(endings: Iterable[Ending], position: Mapping[int, int]) -> tuple[End, ...]:
    return tuple(End(source=_source(ending.origin, position), name=ending.name) for ending in endings)


def _layer(
    layer: Any,
    index: int,
    name: str,
    first: Step | None,
    text_callable: TextCallable | None,
    around: _Around,
) -> LayerDescription:
    return dataclasses.replace(
        about(layer, index, name),
        output_shapes=first.outputs if first is not None else (),
        nested=_nested(layer, first, around),
        text=_text(text_callable, index, layer) if text_callable is not None else None,
    )


def _nested(layer: Any, first: Step | None, around: _Around) -> ModelDescription | None:
    """Describe the model that a layer is or wraps, or what it calls in turn; None where that is nothing or unknown."""
    if len(around.above) >= _DEEPEST:
        return None
    for inner, step in ((layer, first), (attribute(layer, "layer"), None)):
        if inner is None or any(inner is model for model in around.above):
            continue
        if _is_model(inner):
            graph = _read_nested(inner, step)
            return None if graph is None else _description(inner, graph, None, around)
    return _inside(layer, first, around) if first is not None and _is_composite(layer) else None


def _inside(layer: Any, first: Step, around: _Around) -> ModelDescription | None:
    """Describe what a layer calls in turn; layers that are made and called alike do alike."""
    arguments = first.specs()
    form = (form_of(layer), repr(arguments), len(around.above))
    if form not in around.insides:
        graph = inside_of(layer, keras_layer_class(layer), arguments)
        around.insides[form] = None if graph is None else _description(layer, graph, None, around, is_inside=True)
    return around.insides[form]


def _is_model(thing: Any) -> bool:
    """Return whether a thing is a model of some Keras, or an object of another kind that has layers."""
    return keras_base(thing, "Model") is not None if is_keras(thing) else layers_of(thing) is not None


def _read_nested(model: Any, step: Step | None) -> Graph | None:
    """Read a model within another, which was called as the step says."""
    with contextlib.suppress(ModelError):
        if step is not None and any(step.arguments) and is_keras(model) and functional_of(model) is None:
            with contextlib.suppress(ModelError):
                return trace(model, keras_layer_class(model), step.specs())
        return _read(model, None)
    return None


def _is_composite(layer: Any) -> bool:
    """Return whether a layer may call layers that it holds: of Keras's own layers only those for attention do."""
    kind = type(layer)
    if any(keras_base(layer, name) is not None for name in ("Wrapper", "RNN")):
        return False
    if is_keras_class(kind) and kind.__name__ not in _COMPOSITES_OF_KERAS:
        return False
    return bool(held_layers(layer))


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
        f"got {given!r:.80} for layer {index} ({name_of(layer) or type(layer).__name__})",
    )
