"""Trace the calls of a model or layer that has no graph of nodes.

The layers that a subclassed model holds are in the order of its attributes and some are never called. So
it is called, in one of these ways, the first that works:

- on Keras's own symbolic tensors, as the parts of a functional model are: every layer and operation is seen;
- the same with sizes instead of open ones, for calls that compute with sizes;
- on the backend's symbolic tensors, as Keras calls it: layers are seen, and what TensorFlow's graph knows;
- on zeros, for calls that need values.

Python's own branches and loops are seen as they were taken.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from sphinxext_layered.description import Shape
from sphinxext_layered.errors import ModelError
from sphinxext_layered.values import Input, sizes_and_type

from .graph import (
    Arguments,
    Ending,
    Graph,
    Origin,
    Spec,
    Step,
    as_specs,
    mapped,
    node_arguments,
    present,
    spec_of,
    specs_in,
    with_open_sizes,
)
from .shapes import flattened, is_tensor, named_leaves, tensor_shapes

InputShape = tuple[Input, ...]
Fill = tuple[int | None, int | None]
Maker = Callable[[Shape, str], Any]
Attempt = Callable[[Any, type, Arguments], Graph]

_OPEN: Final[tuple[Fill, ...]] = ((None, None),)
_SYMBOLIC_FILLS: Final[tuple[Fill, ...]] = ((2, 16), (3, 24))
_EAGER_FILLS: Final[tuple[Fill, ...]] = ((1, 24), (1, 40))
"""Batch and other open sizes of two traces; where their shapes differ, a size is open."""

OTHER_TYPE: Final = "int32"
"""What a model may take whose type is not known and that does not take numbers of its own type: words, mostly."""

_KERAS_PREAMBLES = ("Exception encountered when calling", "Could not automatically infer the output shape")
_LOST: Final = "where some of its tensors come from cannot be followed"


def arguments_of(model: Any, input_shape: InputShape | None) -> Arguments:
    """Return the arguments of a model's call with a `Spec` for each tensor: as asked, as called, or as built.

    Raises
    ------
    ModelError
        None of these is known.
    """
    known = _known_arguments(model)
    if input_shape is not None:
        specs = [Spec((None, *sizes), kind) for sizes, kind in map(sizes_and_type, input_shape)]
        as_known = None if known is None else _as_known(specs, known)
        return as_known or ((tuple(specs) if len(specs) == 1 or _takes_several(model.call) else (specs,)), {})
    if known is None:
        raise ModelError(
            f"the model {model.name!r} ({type(model).__name__}) is not built, so the shapes of its layers are not "
            "known: start it with keras.Input(shape), or call build() or the model itself once before it is returned, "
            "or set input_shape, such as (224, 224, 3)"
        )
    return known


def _known_arguments(model: Any) -> Arguments | None:
    """Return what a model was called or built with, None where that is not known."""
    for node in getattr(model, "_inbound_nodes", None) or []:
        if hasattr(node, "arguments"):
            return mapped(list(node_arguments(node)), _batched_spec)  # type: ignore[no-any-return]
    called_with = getattr(model, "_saved_model_arg_spec", None)
    if called_with is not None:  # tf_keras remembers a call's arguments
        return mapped(tuple(called_with[0]), _batched_spec), mapped(dict(called_with[1]), _batched_spec)
    built_with = _build_config(model)
    if not built_with:
        return None
    if "input_shape" in built_with:
        return (_mapped_shapes(built_with["input_shape"]),), {}
    shapes = built_with.get("shapes_dict", built_with)
    return (), {name.removesuffix("_shape"): _mapped_shapes(shape) for name, shape in shapes.items()}


def _as_known(specs: list[Spec], known: Arguments) -> Arguments | None:
    """Return what a model was called with, in other shapes; None where it took other tensors than these."""
    before = [leaf for leaf in flattened(list(known)) if isinstance(leaf, Spec)]
    if [len(spec.shape) for spec in before] != [len(spec.shape) for spec in specs]:
        return None
    now = {id(old): Spec(new.shape, new.dtype or old.dtype) for old, new in zip(before, specs, strict=True)}
    args, kwargs = mapped(list(known), lambda leaf: now.get(id(leaf), leaf))
    return args, kwargs


def trace(layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    """Call a model or layer with a tensor for each `Spec` of the arguments, and return what it called.

    Raises
    ------
    ModelError
        Its call fails with such input.
    """
    failures: dict[Attempt, Exception] = {}
    for typed in _of_types(arguments):
        for attempt in (*_attempts(layer_class), _eager):
            try:
                return attempted(attempt, layer, layer_class, typed)
            except Exception as error:  # the user's call may raise anything
                failures.setdefault(attempt, error)
    failure = failures[_symbolic]
    if isinstance(failure, ModelError):
        raise failure
    specs = list(specs_in(list(arguments)))
    shapes = ", ".join(f"{spec.shape[1:]}:{spec.dtype}" if spec.dtype else str(spec.shape[1:]) for spec in specs)
    tried = "" if all(spec.dtype for spec in specs) else f", as {_own_type(layer)} or {OTHER_TYPE}"
    raise ModelError(
        f"the model {layer.name!r} ({type(layer).__name__}) cannot be called with input of shape {shapes}, batch left "
        f"out{tried}: {type(failure).__name__}: {reason_of(failure)}; set input_shape to what it takes, a tuple of "
        "shapes if it takes several, with a type if another is needed, such as (32,):int32"
    ) from failure


def _of_types(arguments: Arguments) -> Iterator[Arguments]:
    """Return the arguments as they are, for numbers of the layer's own type, and with another where none is known."""
    yield arguments
    if any(spec.dtype is None for spec in specs_in(list(arguments))):
        args, kwargs = mapped(list(arguments), _of_other_type)
        yield args, kwargs


def _of_other_type(leaf: Any) -> Any:
    return Spec(leaf.shape, leaf.dtype or OTHER_TYPE) if isinstance(leaf, Spec) else leaf


def _own_type(layer: Any) -> str:
    return str(getattr(layer, "input_dtype", None) or getattr(layer, "compute_dtype", None) or "float32")


def inside_of(layer: Any, layer_class: type, arguments: Arguments) -> Graph | None:
    """Return what a layer calls in turn, None where that is nothing or its call cannot be followed."""
    for attempt in _attempts(layer_class):
        with contextlib.suppress(Exception):  # the user's call may raise anything
            return attempted(attempt, layer, layer_class, arguments)
    return None


def attempted(attempt: Attempt, layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    """Trace in one of the ways. Raises what the layer's call raises, and ModelError where it calls no layers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Keras has to say of an attempt is in its error
        graph = attempt(layer, layer_class, arguments)
    if not graph.layers:
        raise ModelError(
            f"{layer.name!r} ({type(layer).__name__}) calls no layers: a model, or a layer that is made of layers, is "
            "expected"
        )
    return graph


def _attempts(layer_class: type) -> tuple[Attempt, ...]:
    """Return the ways to trace without values."""
    on_keras_tensors = (_as_functional, _as_functional_with_sizes)
    return (*on_keras_tensors, _symbolic) if hasattr(_framework(layer_class), "KerasTensor") else (_symbolic,)


def reason_of(error: Exception) -> str:
    """Return the informative line of an error; Keras begins with where it was, in bold type."""
    text = re.sub(r"\x1b\[\d*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith(_KERAS_PREAMBLES)), type(error).__name__)[:300]


def _as_functional(layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    return _nodes_of_call(layer, layer_class, arguments, (None, None))


def _as_functional_with_sizes(layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    return with_open_sizes([_nodes_of_call(layer, layer_class, arguments, fill) for fill in _SYMBOLIC_FILLS])


def _symbolic(layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    fills = _OPEN if _keeps_open_sizes(layer_class) else _SYMBOLIC_FILLS
    make = symbolic_maker(layer_class)
    return with_open_sizes([_layers_of_call(layer, layer_class, arguments, make, fill) for fill in fills])


def _eager(layer: Any, layer_class: type, arguments: Arguments) -> Graph:
    """Call the layer with zeros, for calls that need values; the batch is shown as open all the same."""
    is_open = any(None in spec.shape[1:] for spec in specs_in(list(arguments)))
    make = _zeros_maker(layer_class)
    fills = _EAGER_FILLS if is_open else _EAGER_FILLS[:1]
    return _open_batch(with_open_sizes([_layers_of_call(layer, layer_class, arguments, make, fill) for fill in fills]))


def _build_config(model: Any) -> dict[str, Any]:
    config = None
    with contextlib.suppress(Exception):  # a method of the user's may raise anything
        config = model.get_build_config()
    if isinstance(config, dict) and any(value is not None for value in config.values()):
        return config
    shape = getattr(model, "_build_input_shape", None)
    return {} if shape is None else {"input_shape": shape}


def _takes_several(call: Callable[..., Any]) -> bool:
    """Return whether a call cannot do without several arguments, or takes any number of them."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = sum(p.kind in kinds and p.default is p.empty for p in parameters)
    return required > 1 or (not required and any(p.kind is p.VAR_POSITIONAL for p in parameters))


def _batched_spec(leaf: Any) -> Any:
    """Return a tensor's `Spec` with its batch open; anything else as it is."""
    spec = spec_of(leaf)
    return replace(spec, shape=(None, *spec.shape[1:])) if isinstance(spec, Spec) else leaf


def _mapped_shapes(shape: Any) -> Any:
    """Return a structure of shapes as one of specs, each with its batch open."""
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
    """Return whether symbolic calls carry sizes that are None all the way: only TensorFlow's do."""
    framework = _framework(layer_class)
    return framework.__name__ != "keras" or bool(framework.backend.backend() == "tensorflow")


def symbolic_maker(layer_class: type) -> Maker:
    """Return a function from a shape and a type to a symbolic tensor."""
    framework = _framework(layer_class)
    if hasattr(framework, "KerasTensor"):
        return lambda shape, dtype: framework.KerasTensor(shape, dtype=dtype)
    return lambda shape, dtype: framework.Input(batch_shape=shape, dtype=dtype)


def _zeros_maker(layer_class: type) -> Maker:
    framework = _framework(layer_class)
    if hasattr(framework, "ops"):
        return lambda shape, dtype: framework.ops.zeros(shape, dtype=dtype)
    return lambda shape, dtype: framework.backend.zeros(shape, dtype=dtype).value()


def _made(layer: Any, arguments: Arguments, make: Maker, fill: Fill) -> Arguments:
    """Return the arguments of a call with a new tensor for each `Spec`."""
    dtype = _own_type(layer)
    batch, other = fill

    def tensor(leaf: Any) -> Any:
        if not isinstance(leaf, Spec):
            return leaf
        shape = tuple(size if size is not None else other if axis else batch for axis, size in enumerate(leaf.shape))
        return make(shape, leaf.dtype or dtype)

    args, kwargs = mapped(list(arguments), tensor)
    return args, kwargs


class Function:
    """What functions of the backend do between layers, unseen."""

    name = "function"


class _Watch:
    """What is known of the tensors of one call while it runs, and the steps seen so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.inputs: list[tuple[Step, str | None]] = []
        self.outputs: list[Ending] = []
        self._makers: dict[int, Origin] = {}
        self._kept: list[Any] = []

    def take(self, layer: Any, args: Any, kwargs: Any, counts: Callable[[Any], bool]) -> None:
        """Note what the call is given, each tensor as an argument."""
        for name, key, leaf in _named_arguments(layer, args, kwargs):
            if counts(leaf):
                step = Step(None, key or name, tensor_shapes(leaf))
                self.inputs.append((step, key))
                self.note(step, [leaf])

    def give(self, result: Any) -> None:
        """Note what the call returns."""
        for key, leaf in named_leaves(result):
            if is_tensor(leaf):
                behind = self._behind(leaf)
                if behind is None or len(behind) != 1 or behind[0].shapes() != tensor_shapes(leaf):
                    behind = [self._function(leaf, behind)]
                self.outputs.append(Ending(behind[0], key))

    def note(self, step: Step, tensors: Iterable[Any]) -> None:
        """Note which tensors a step gives."""
        for output, tensor in enumerate(tensors):
            self._kept.append(tensor)  # so that its id is not given to another
            self._makers[id(tensor)] = Origin(step, output)

    def direct(self, tensor: Any) -> Origin | None:
        """Return the step that made a tensor, None where that is not known."""
        return self._makers.get(id(tensor))

    def origins(self, tensors: Iterable[Any]) -> tuple[Origin, ...] | None:
        """Return where tensors come from, constants left out; None where that cannot be known of one of them."""
        found: list[Origin] = []
        for tensor in tensors:
            behind = self._behind(tensor)
            if behind is None:
                return None
            found += [self._function(tensor, behind)] if len(behind) > 1 else behind
        return tuple(found)

    def _function(self, tensor: Any, behind: list[Origin] | None) -> Origin:
        """Add a step for the functions, unseen, that made a tensor of others."""
        origins = None if behind is None else tuple(behind)
        step = Step(Function(), Function.name, tensor_shapes(tensor), origins)
        self.steps.append(step)
        self.note(step, [tensor])
        return Origin(step)

    def _behind(self, tensor: Any) -> list[Origin] | None:
        """Return the steps from which a tensor was made, through the functions that TensorFlow's graph knows."""
        found: dict[Origin, None] = {}
        waiting, seen = [tensor], set()
        while waiting:
            each = waiting.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            origin = self.direct(each)
            if origin is not None:
                found[origin] = None
                continue
            operands = _operands(each)
            if operands is None and (each is tensor or hasattr(each, "op")):
                return None
            waiting += reversed(operands or [])
        return list(found)

    def graph(self) -> Graph:
        """Return what was seen, once the call is over."""
        layers: dict[int, Any] = {id(step.thing): step.thing for step in self.steps if _is_layer(step.thing)}
        return Graph(
            list(layers.values()),
            [*(step for step, _ in self.inputs), *self.steps],
            tuple(Ending(Origin(step), key) for step, key in self.inputs),
            tuple(self.outputs),
            incomplete=_LOST if any(step.origins is None for step in self.steps) else None,
            is_traced=True,
        )


def _operands(tensor: Any) -> list[Any] | None:
    """Return the tensors that one was computed from, none for a constant; None where that cannot be known."""
    if hasattr(tensor, "assign"):
        return []
    try:
        operation = tensor.op
        if operation.type != "Placeholder":
            return list(operation.inputs)
        if tensor.dtype.name == "resource":
            return []
        return [outside for outside, inside in tensor.graph.captures if inside is tensor] or None
    except Exception:  # eager tensors, other backends
        return None


def _is_layer(thing: Any) -> bool:
    return hasattr(thing, "count_params")


def _is_keras_tensor(value: Any) -> bool:
    return type(value).__name__ == "KerasTensor"


def _named_arguments(layer: Any, args: Any, kwargs: Any) -> Iterator[tuple[str, str | None, Any]]:
    """Return every leaf of a call's arguments with the name of its parameter, and its key where it is in a dict."""
    try:
        parameters = list(inspect.signature(layer.call).parameters)
    except (TypeError, ValueError):
        parameters = []
    named = [(parameters[at] if at < len(parameters) else "inputs", value) for at, value in enumerate(args)]
    for name, value in (*named, *sorted(kwargs.items())):
        yield from ((name, key, leaf) for key, leaf in named_leaves(value))


@contextlib.contextmanager
def _replaced_in(layer: Any, name: str, value: Any) -> Iterator[None]:
    """Let a layer have another method for a while, past what Keras does when attributes are set."""
    held = vars(layer)
    before = held.get(name)
    held[name] = value
    try:
        yield
    finally:
        if before is None:
            held.pop(name, None)
        else:
            held[name] = before


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let a class have another method for a while."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _nodes_of_call(layer: Any, layer_class: type, arguments: Arguments, fill: Fill) -> Graph:
    """Run a layer's call on Keras's symbolic tensors, and return the nodes that this makes."""
    watch = _Watch()
    own: set[int] = set()  # steps that the call itself makes, not Keras on its way
    stack: list[Any] = []
    is_running = False
    node_class = sys.modules[f"{_framework(layer_class).__name__}.src.ops.node"].Node
    enter, infer, connect = layer_class.__call__, layer_class.symbolic_call, node_class.__init__  # type: ignore[attr-defined]

    def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_running
        watch.take(layer, args, kwargs, _is_keras_tensor)
        is_running = True
        try:
            result = layer.call(*args, **kwargs)
        finally:
            is_running = False
        watch.give(result)
        return result

    def entered(child: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_running:
            return enter(child, *args, **kwargs)
        stack.append(child)
        try:
            return enter(child, *args, **kwargs)
        finally:
            stack.pop()

    def inferred(child: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return infer(child, *args, **kwargs)
        except Exception:  # its shapes may be told for other arguments than its call takes
            if not is_running:
                raise
            return child.call(*args, **kwargs)

    def connected(
        node: Any, operation: Any, call_args: Any = None, call_kwargs: Any = None, outputs: Any = None
    ) -> None:
        # Keras refuses layers that return None beside tensors, but runs them.
        tensors = [leaf for leaf in flattened(outputs) if _is_keras_tensor(leaf)]
        connect(node, operation, call_args=call_args, call_kwargs=call_kwargs, outputs=tensors)
        if is_running:
            origins = present(map(watch.direct, node.input_tensors))
            step = Step(operation, operation.name, tensor_shapes(tensors), origins, node_arguments(node))
            watch.steps.append(step)
            watch.note(step, tensors)
            if stack in ([], [operation]):
                own.add(id(step))

    args, kwargs = _made(layer, arguments, symbolic_maker(layer_class), fill)
    with (
        _replaced_in(layer, "symbolic_call", run),
        _replaced(layer_class, "__call__", entered),
        _replaced(layer_class, "symbolic_call", inferred),
        _replaced(node_class, "__init__", connected),
    ):
        layer(*args, **kwargs)
    watch.steps = _leading_to(watch.steps, own, watch.outputs)
    return watch.graph()


def _leading_to(steps: list[Step], own: set[int], outputs: Iterable[Ending]) -> list[Step]:
    """Return those of the steps that are wanted for their own sake, for an output, or for another that is wanted."""
    wanted = own | {id(ending.origin.step) for ending in outputs}
    for step in reversed(steps):
        if id(step) in wanted:
            wanted |= {id(origin.step) for origin in step.origins or ()}
    return [step for step in steps if id(step) in wanted]


def _layers_of_call(layer: Any, layer_class: type, arguments: Arguments, make: Maker, fill: Fill) -> Graph:
    """Call a layer twice, since the first call may build layers by calling them, and return what the last one calls."""
    runs: list[_Watch] = []
    stack: list[Any] = []
    is_running = False
    enter = layer_class.__call__
    original = getattr(layer.call, "python_function", layer.call)

    @functools.wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_running
        watch = _Watch()
        watch.take(layer, args, kwargs, is_tensor)
        runs.append(watch)
        is_running = True
        try:
            result = original(*args, **kwargs)
        finally:
            is_running = False
        watch.give(result)
        return result

    def entered(child: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_running or stack:
            return enter(child, *args, **kwargs)
        watch = runs[-1]
        tensors = [leaf for leaf in flattened([args, kwargs]) if is_tensor(leaf)]
        step = Step(child, child.name, origins=watch.origins(tensors), arguments=as_specs(args, kwargs))
        watch.steps.append(step)
        stack.append(child)
        try:
            result = enter(child, *args, **kwargs)
        finally:
            stack.pop()
        made = [leaf for leaf in flattened(result) if is_tensor(leaf)]
        step.outputs = tensor_shapes(made)
        watch.note(step, made)
        return result

    args, kwargs = _made(layer, arguments, make, fill)
    with contextlib.ExitStack() as undo:
        undo.enter_context(_replaced_in(layer, "call", run))
        undo.enter_context(_replaced(layer_class, "__call__", entered))
        operation = getattr(_framework(layer_class), "Operation", None)
        if operation is not None:  # it may compute its shapes without being called
            by_calling = functools.partial(operation.compute_output_spec, layer)
            undo.enter_context(_replaced_in(layer, "compute_output_spec", by_calling))
        for _ in range(2):
            layer(*args, **kwargs)
    seen = [graph for watch in runs if (graph := watch.graph()).layers]
    return seen[-1] if seen else Graph([])


def _open_batch(graph: Graph) -> Graph:
    """Return a graph whose batches of one are shown as open."""

    def opened(shape: Shape) -> Shape:
        return (None, *shape[1:]) if shape[:1] == (1,) else shape

    def opened_spec(leaf: Any) -> Any:
        return replace(leaf, shape=opened(leaf.shape)) if isinstance(leaf, Spec) else leaf

    for step in graph.steps:
        step.outputs = tuple(map(opened, step.outputs))
        args, kwargs = mapped(list(as_specs(*step.arguments)), opened_spec)
        step.arguments = (args, kwargs)
    return graph
