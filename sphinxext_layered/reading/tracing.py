"""Watches a subclassed model call its layers.

Such a model has no graph: ``model.layers`` is in the order of its attributes and holds layers that are
never called. So it is called with symbolic tensors, twice, because the first call may build layers by
calling them; the second is recorded, through the one method that every layer's call goes through.
Python's own branches and loops are seen as they were taken.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sphinxext_layered.description import Shape
from sphinxext_layered.errors import ModelError
from sphinxext_layered.values import Input, sizes_and_type

from .shapes import dtype_of, flattened, is_tensor, tensor_shapes

InputShape = tuple[Input, ...]
Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_SYMBOLIC_FILLS = ((2, 24), (3, 40))
_EAGER_FILLS = ((1, 24), (1, 40))
"""Batch and other open sizes of two traces; where their shapes differ, a size is open."""

OTHER_TYPE = "int32"
"""What a model takes whose type is not known and that does not take numbers of its own type: words, mostly."""

_KERAS_PREAMBLES = ("Exception encountered when calling", "Could not automatically infer the output shape")


@dataclass
class Call:
    """One call of a layer, and the calls that it made in turn.

    `sources` are the calls at the same depth whose outputs it got.
    """

    layer: Any
    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    sources: list[Call] = field(default_factory=list)
    children: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Spec:
    """The shape and type of one argument of a model's call; the batch is the first size."""

    shape: Shape
    dtype: str | None


def arguments_of(model: Any, input_shape: InputShape | None) -> Arguments:
    """Give the arguments of a model's call with a `Spec` for each tensor: as asked, as called, or as built.

    Raises
    ------
    ModelError
        None of these is known.
    """
    known = _known_arguments(model)
    if input_shape is not None:
        specs = [Spec((None, *sizes), kind) for sizes, kind in map(sizes_and_type, input_shape)]
        return _as_known(specs, known) or (
            (tuple(specs) if len(specs) == 1 or _positional(model.call) > 1 else (specs,)),
            {},
        )
    if known is None:
        raise ModelError(
            f"the model {model.name!r} ({type(model).__name__}) is not built, so the shapes of its layers are not "
            "known: start it with keras.Input(shape), or call build() or the model itself once before it is returned, "
            "or give input_shape, such as (224, 224, 3)"
        )
    return known


def _known_arguments(model: Any) -> Arguments | None:
    """Return what a model was called or built with."""
    for node in getattr(model, "_inbound_nodes", None) or []:
        arguments = getattr(node, "arguments", None)
        if arguments is not None:
            return mapped(tuple(arguments.args), _spec_of_tensor), mapped(dict(arguments.kwargs), _spec_of_tensor)
    called_with = getattr(model, "_saved_model_arg_spec", None)
    if called_with is not None:  # tf_keras remembers a call's arguments
        return mapped(tuple(called_with[0]), _spec_of_tensor), mapped(dict(called_with[1]), _spec_of_tensor)
    built_with = _build_config(model)
    if not built_with:
        return None
    if "input_shape" in built_with:
        return (_mapped_shapes(built_with["input_shape"]),), {}
    shapes = built_with.get("shapes_dict", built_with)
    return (), {name.removesuffix("_shape"): _mapped_shapes(shape) for name, shape in shapes.items()}


def _as_known(specs: list[Spec], known: Arguments | None) -> Arguments | None:
    """Put the shapes that are asked for where a model took as many of as many axes, with the types of then."""
    before = [] if known is None else [leaf for leaf in flattened(list(known)) if isinstance(leaf, Spec)]
    if known is None or [len(spec.shape) for spec in before] != [len(spec.shape) for spec in specs]:
        return None
    now = {id(old): Spec(new.shape, new.dtype or old.dtype) for old, new in zip(before, specs, strict=True)}
    args, kwargs = (mapped(structure, lambda leaf: now.get(id(leaf), leaf)) for structure in known)
    return args, kwargs


def trace(model: Any, layer_class: type, arguments: Arguments, graph: Any = None) -> Call:
    """Call a model symbolically, with a tensor for each `Spec` of the arguments, and give what it called.

    Parameters
    ----------
    graph : keras.Model, optional
        The functional model that holds the model's graph, where it has one.

    Raises
    ------
    ModelError
        Its call fails with such input.
    """
    attempts = [_symbolic, _sized, _eager] if _keeps_open_sizes(layer_class) else [_symbolic, _eager]
    if hasattr(graph, "_run_through_graph"):  # Keras 3 asks a graph for nothing but the shapes that come out
        attempts.insert(0, functools.partial(_through_graph, graph))
    failures: list[Exception] = []
    for args, kwargs in _of_types(arguments):
        for attempt in attempts:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what Keras has to say of an attempt is in its error
                    return attempt(model, layer_class, args, kwargs)
            except Exception as error:  # the user's call may raise anything
                failures.append(error)
    if isinstance(failures[-1], ModelError):
        raise failures[-1]
    specs = [leaf for leaf in flattened(list(arguments)) if isinstance(leaf, Spec)]
    shapes = ", ".join(f"{spec.shape[1:]}:{spec.dtype}" if spec.dtype else str(spec.shape[1:]) for spec in specs)
    tried = "" if all(spec.dtype for spec in specs) else f", as {_default_type(model)} or {OTHER_TYPE}"
    raise ModelError(
        f"the model {model.name!r} ({type(model).__name__}) cannot be called with input of shape {shapes}, batch left "
        f"out{tried}: {type(failures[0]).__name__}: {reason_of(failures[0])}; give the input_shape that it takes, a "
        "tuple of shapes where it takes several, with a type where another is needed, such as (32,):int32"
    ) from failures[0]


def _of_types(arguments: Arguments) -> Iterator[Arguments]:
    """Give the arguments with numbers of the model's own type, and of another where none is known."""
    yield arguments
    if any(isinstance(leaf, Spec) and leaf.dtype is None for leaf in flattened(list(arguments))):
        args, kwargs = (mapped(structure, _of_other_type) for structure in arguments)
        yield args, kwargs


def _of_other_type(leaf: Any) -> Any:
    return Spec(leaf.shape, leaf.dtype or OTHER_TYPE) if isinstance(leaf, Spec) else leaf


def _default_type(model: Any) -> Any:
    return getattr(model, "input_dtype", None) or getattr(model, "compute_dtype", None) or "float32"


def reason_of(error: Exception) -> str:
    """Return the line of an error that says something; Keras begins with where it was, in bold type."""
    text = re.sub(r"\x1b\[\d*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith(_KERAS_PREAMBLES)), type(error).__name__)[:300]


def _through_graph(graph: Any, model: Any, layer_class: type, args: Any, kwargs: Any) -> Call:
    """Call each layer of a graph with symbolic tensors; no layer computes with its weights."""
    make = _symbolic_maker(layer_class)
    given = mapped(args, lambda spec: make(spec.shape, spec.dtype or "float32"))
    with _recording(layer_class) as calls:
        result = graph.call(*given)
    return Call(model, tensor_shapes(given), tensor_shapes(result), children=calls)


def _symbolic(model: Any, layer_class: type, args: Any, kwargs: Any) -> Call:
    if not _keeps_open_sizes(layer_class):
        return _sized(model, layer_class, args, kwargs)
    return _record(model, layer_class, args, kwargs, _symbolic_maker(layer_class), (None, None))


def _sized(model: Any, layer_class: type, args: Any, kwargs: Any) -> Call:
    """Call the model symbolically with sizes where they are open, for calls that compute with them."""
    make = _symbolic_maker(layer_class)
    return _merged([_record(model, layer_class, args, kwargs, make, fill) for fill in _SYMBOLIC_FILLS])


def _eager(model: Any, layer_class: type, args: Any, kwargs: Any) -> Call:
    """Call the model with zeros, for calls that need values; the batch is shown as open all the same."""
    specs = [spec for spec in flattened([args, kwargs]) if isinstance(spec, Spec)]
    fills = _EAGER_FILLS if any(None in spec.shape[1:] for spec in specs) else _EAGER_FILLS[:1]
    make = _zeros_maker(layer_class)
    return _open_batch(_merged([_record(model, layer_class, args, kwargs, make, fill) for fill in fills]))


def _build_config(model: Any) -> dict[str, Any]:
    config = None
    with contextlib.suppress(Exception):  # a method of the user's may raise anything
        config = model.get_build_config()
    if isinstance(config, dict) and any(value is not None for value in config.values()):
        return config
    shape = getattr(model, "_build_input_shape", None)
    return {} if shape is None else {"input_shape": shape}


def _positional(call: Callable[..., Any]) -> int:
    """Count the arguments that a call cannot do without."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


def mapped(structure: Any, change: Callable[[Any], Any]) -> Any:
    """Give a structure of the same kind with every leaf changed."""
    if isinstance(structure, dict):
        return {key: mapped(value, change) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(mapped(value, change) for value in structure))
    if isinstance(structure, list | tuple):
        return type(structure)(mapped(value, change) for value in structure)
    return change(structure)


def _spec_of_tensor(leaf: Any) -> Any:
    if not is_tensor(leaf):
        return leaf
    shapes = tensor_shapes(leaf)
    return Spec((None, *shapes[0][1:]), dtype_of(leaf)) if shapes else leaf


def _mapped_shapes(shape: Any) -> Any:
    """Give a structure of shapes as one of specs, each with its batch open."""
    if hasattr(shape, "as_list"):
        shape = tuple(shape.as_list())
    if isinstance(shape, dict):
        return {key: _mapped_shapes(value) for key, value in shape.items()}
    if all(size is None or isinstance(size, int) for size in shape):
        return Spec((None, *shape[1:]), None)
    return [_mapped_shapes(value) for value in shape]


def _framework(layer_class: type) -> Any:
    return sys.modules[layer_class.__module__.partition(".")[0]]


def _keeps_open_sizes(layer_class: type) -> bool:
    """Tell whether symbolic calls carry sizes that are None all the way: only TensorFlow's do."""
    framework = _framework(layer_class)
    return framework.__name__ != "keras" or bool(framework.backend.backend() == "tensorflow")


def _filled(spec: Spec, fill: tuple[int | None, int | None]) -> Shape:
    batch, other = fill
    return tuple(size if size is not None else other if axis else batch for axis, size in enumerate(spec.shape))


Maker = Callable[[Shape, str], Any]


def _symbolic_maker(layer_class: type) -> Maker:
    framework = _framework(layer_class)
    if hasattr(framework, "KerasTensor"):
        return lambda shape, dtype: framework.KerasTensor(shape, dtype=dtype)
    return lambda shape, dtype: framework.Input(batch_shape=shape, dtype=dtype)


def _zeros_maker(layer_class: type) -> Maker:
    framework = _framework(layer_class)
    if hasattr(framework, "ops"):
        return lambda shape, dtype: framework.ops.zeros(shape, dtype=dtype)
    return lambda shape, dtype: framework.backend.zeros(shape, dtype=dtype).value()


def _record(
    model: Any, layer_class: type, args: Any, kwargs: Any, make: Maker, fill: tuple[int | None, int | None]
) -> Call:
    """Call the model twice, and give the second call; the first one where the second is not seen."""
    dtype = _default_type(model)

    def tensor(leaf: Any) -> Any:
        return make(_filled(leaf, fill), leaf.dtype or dtype) if isinstance(leaf, Spec) else leaf

    passes: list[Call] = []
    for _ in range(2):
        with _recording(layer_class) as calls:
            model(*mapped(args, tensor), **mapped(kwargs, tensor))
        passes.extend(call for call in calls[-1:] if call.children)
    if not passes:
        raise ModelError(
            f"{model.name!r} ({type(model).__name__}) calls no layers: a model, or a layer that is made of layers, is "
            "expected"
        )
    return passes[-1]


@contextlib.contextmanager
def _recording(layer_class: Any) -> Iterator[list[Call]]:
    """Record the calls of all layers as trees."""
    original = layer_class.__call__
    trees: list[Call] = []
    stack: list[Call] = []
    makers: dict[int, Call] = {}
    kept: list[Any] = []

    def recorded(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if stack and stack[-1].layer is layer:  # a class's own __call__ that calls its base's
            return original(layer, *args, **kwargs)
        given = [args, kwargs]
        siblings = stack[-1].children if stack else trees
        call = Call(layer, tensor_shapes(given), sources=_sources(given, siblings, makers))
        siblings.append(call)
        stack.append(call)
        try:
            result = original(layer, *args, **kwargs)
        finally:
            stack.pop()
        call.outputs = tensor_shapes(result)
        for tensor in flattened(result):
            kept.append(tensor)  # so that its id is not given to another
            makers[id(tensor)] = call
        return result

    layer_class.__call__ = recorded
    try:
        yield trees
    finally:
        layer_class.__call__ = original


def _sources(given: Any, siblings: list[Call], makers: dict[int, Call]) -> list[Call]:
    """Find the calls at the same depth that made the tensors given, through TensorFlow's graph where there is one."""
    known = {id(call) for call in siblings}
    found: dict[int, Call] = {}
    open_tensors = [leaf for leaf in flattened(given) if is_tensor(leaf)][::-1]
    seen: set[int] = set()
    while open_tensors:
        tensor = open_tensors.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        maker = makers.get(id(tensor))
        if maker is not None and id(maker) in known:
            found.setdefault(id(maker), maker)
            continue
        open_tensors.extend(_operands(tensor)[::-1])
    return list(found.values())


def _operands(tensor: Any) -> list[Any]:
    """Give the tensors that one of TensorFlow's graph was computed from."""
    try:
        return list(tensor.op.inputs)
    except Exception:  # eager tensors, other backends
        return []


def _merged(trees: list[Call]) -> Call:
    """Give the first tree with the sizes open in which the others differ."""
    first, *others = trees
    for other in others:
        _open_where_different(first, other)
    return first


def _open_where_different(call: Call, other: Call) -> None:
    call.inputs = _common(call.inputs, other.inputs)
    call.outputs = _common(call.outputs, other.outputs)
    for mine, theirs in zip(call.children, other.children, strict=False):
        _open_where_different(mine, theirs)


def _common(shapes: tuple[Shape, ...], others: tuple[Shape, ...]) -> tuple[Shape, ...]:
    if [len(shape) for shape in shapes] != [len(shape) for shape in others]:
        return shapes
    return tuple(
        tuple(size if size == other_size else None for size, other_size in zip(shape, other, strict=True))
        for shape, other in zip(shapes, others, strict=True)
    )


def _open_batch(call: Call) -> Call:
    call.inputs, call.outputs = (
        tuple((None, *shape[1:]) if shape[:1] == (1,) else shape for shape in shapes)
        for shapes in (call.inputs, call.outputs)
    )
    for child in call.children:
        _open_batch(child)
    return call
