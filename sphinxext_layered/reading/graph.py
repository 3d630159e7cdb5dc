"""The graph of a live model: its calls, each with what it calls and where its tensors come from.

Functional and sequential models keep their graph as nodes, one for each call of a layer or operation, in
Keras 3 as in tf_keras; `read_nodes` reads these. A trace gives the same kind of graph for other models.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sphinxext_layered.description import Shape

from .shapes import flattened, is_tensor, named_leaves, tensor_shapes

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Spec:
    """The shape and type of one tensor that a call is given; the batch is the first size."""

    shape: Shape
    dtype: str | None


class Origin(NamedTuple):
    """Where a tensor comes from: a step, and which of its outputs."""

    step: Step
    output: int = 0

    def shapes(self) -> tuple[Shape, ...]:
        """Return the tensor's shape as the only one of a tuple; an empty one where it is not known."""
        return self.step.outputs[self.output : self.output + 1]


@dataclass(eq=False)
class Step:
    """One call.

    Attributes
    ----------
    thing : object
        The layer or operation that is called; None for an argument of the model's own call.
    name : str
    outputs : tuple of tuple of (int or None)
    origins : tuple of Origin, or None
        Where each of its tensors comes from, constants left out; None where that is not known.
    arguments : tuple of (tuple, dict)
        What it is called with: tensors, or a `Spec` instead of each.
    place : int or None
        The layer's place in `Graph.layers`, where its identity does not tell it.
    """

    thing: Any
    name: str
    outputs: tuple[Shape, ...] = ()
    origins: tuple[Origin, ...] | None = ()
    arguments: Arguments = ((), {})
    place: int | None = None

    def specs(self) -> Arguments:
        """Return what it is called with, a `Spec` for each symbolic tensor and each that is none as it is."""
        return as_specs(*self.arguments)


@dataclass(frozen=True)
class Ending:
    """A tensor that goes in or comes out, with its key where it is one of a dict's."""

    origin: Origin
    name: str | None = None


@dataclass
class Graph:
    """What a model does: its layers in the order to draw them, and its calls in topological order."""

    layers: list[Any]
    steps: list[Step] = field(default_factory=list)
    inputs: tuple[Ending, ...] = ()
    outputs: tuple[Ending, ...] = ()
    incomplete: str | None = None
    is_traced: bool = False


def functional_of(model: Any) -> Any:
    """Return the functional model whose nodes are this model's graph, or None."""
    for candidate in (model, getattr(model, "_functional", None)):
        if getattr(candidate, "_nodes_by_depth", None):
            return candidate
    return None


def read_nodes(functional: Any, layers: list[Any], shapes: Mapping[int, tuple[Shape, ...]] | None = None) -> Graph:
    """Read the graph of a functional model.

    Parameters
    ----------
    functional : keras.Model
    layers : list of keras.Layer
        The model's layers. An input layer that is not one of them, as in a sequential model, is an argument.
    shapes : mapping of int to tuple of tuple, optional
        The output shapes of nodes by their identity, where these are not the nodes' own.
    """
    listed = {id(layer) for layer in layers}
    steps: dict[int, Step] = {}
    given = {id(tensor): Origin(Step(None, argument_name(tensor))) for tensor in functional.inputs}

    def origin(tensor: Any) -> Origin | None:
        node, output = _made_by(tensor)
        return Origin(steps[id(node)], output) if id(node) in steps else given.get(id(tensor))

    for node in nodes_in_order(functional):
        thing, tensors = called_by(node), list(flattened(node.outputs))
        outputs = tensor_shapes(tensors) if shapes is None else shapes.get(id(node), tensor_shapes(tensors))
        if node.is_input and id(thing) not in listed:
            steps[id(node)] = Step(None, argument_name(thing), outputs)
            continue
        origins = () if node.is_input else present(map(origin, node_inputs(node)))
        steps[id(node)] = Step(thing, thing.name, outputs, origins, node_arguments(node))
    for tensor in functional.inputs:
        if origin(tensor) is (outside := given[id(tensor)]):
            outside.step.outputs = tensor_shapes(tensor)
            steps[id(tensor)] = outside.step
    ordered = sorted(steps.values(), key=lambda step: step.thing is not None)
    return Graph(
        layers,
        ordered,
        _endings(functional, ("_inputs_struct", "_nested_inputs"), functional.inputs, origin),
        _endings(functional, ("_outputs_struct", "_nested_outputs"), functional.outputs, origin),
    )


def nodes_in_order(functional: Any) -> list[Any]:
    """Return a functional model's nodes in the order in which Keras runs them, the farthest from the outputs first.

    Nodes at the same distance are in the order of Keras's operations, which is that of ``model.layers``.
    """
    operations = getattr(functional, "_operations", None) or functional.layers
    place = {id(operation): at for at, operation in enumerate(operations)}
    found = []
    for depth, nodes in functional._nodes_by_depth.items():
        for node in nodes:
            thing = called_by(node)
            found.append(((-depth, place.get(id(thing), len(place)), _number(node, thing)), node))
    return [node for _, node in sorted(found, key=lambda pair: pair[0])]


def _number(node: Any, thing: Any) -> int:
    """Return which of a thing's calls a node is."""
    return next((at for at, each in enumerate(thing._inbound_nodes) if each is node), 0)


def called_by(node: Any) -> Any:
    """Return what a node calls: an operation in Keras 3, a layer in tf_keras."""
    return node.operation if hasattr(node, "operation") else node.layer


def node_inputs(node: Any) -> list[Any]:
    """Return the tensors that a node is given, in Keras's order."""
    return list(node.input_tensors if hasattr(node, "arguments") else node.keras_inputs)


def node_arguments(node: Any) -> Arguments:
    """Return what a node calls its layer with."""
    arguments = getattr(node, "arguments", None)
    if arguments is None:
        return tuple(node.call_args), dict(node.call_kwargs)
    return tuple(arguments.args), dict(arguments.kwargs)


def _made_by(tensor: Any) -> tuple[Any, int]:
    """Return the node that made a symbolic tensor, and which of its outputs it is."""
    thing, node_index, output = tensor._keras_history
    return (None, output) if thing is None else (thing._inbound_nodes[node_index], output)


def _endings(
    functional: Any, names: tuple[str, ...], tensors: Iterable[Any], origin: Callable[[Any], Origin | None]
) -> tuple[Ending, ...]:
    structure = next((getattr(functional, name) for name in names if hasattr(functional, name)), tensors)
    keys = {id(tensor): name for name, tensor in named_leaves(structure)}
    found = ((origin(tensor), keys.get(id(tensor))) for tensor in tensors)
    return tuple(Ending(start, name) for start, name in found if start is not None)


def present(origins: Iterable[Origin | None]) -> tuple[Origin, ...]:
    """Return those that are known."""
    return tuple(origin for origin in origins if origin is not None)


def as_specs(args: Any, kwargs: Any) -> Arguments:
    """Return the arguments of a call with a `Spec` for each tensor."""
    return mapped(tuple(args), spec_of), mapped(dict(kwargs), spec_of)


def spec_of(leaf: Any) -> Any:
    """Return a tensor's `Spec`; anything else as it is, also an array."""
    if not is_tensor(leaf) or type(leaf).__module__.partition(".")[0] == "numpy":
        return leaf
    shapes = tensor_shapes(leaf)
    dtype = leaf.dtype if isinstance(leaf.dtype, str) else getattr(leaf.dtype, "name", None)
    return Spec(shapes[0], dtype) if shapes else leaf


def mapped(structure: Any, change: Callable[[Any], Any]) -> Any:
    """Return a structure of the same kind with every leaf changed."""
    if isinstance(structure, dict):
        return {key: mapped(value, change) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(mapped(value, change) for value in structure))
    if isinstance(structure, list | tuple):
        return type(structure)(mapped(value, change) for value in structure)
    return change(structure)


def argument_name(thing: Any) -> str:
    """Return the name of an input; ``inputs`` where Keras made it up."""
    name = str(getattr(thing, "name", ""))
    return "inputs" if not name or re.fullmatch(r"(input|input_layer|keras_tensor)(_?\d+)*", name) else name


def renumbered(graph: Graph, *, with_layers: bool) -> dict[int, str]:
    """Return other names for a graph's things by their identity: those that Keras made up are counted from the first.

    Made-up names count all that a process has made, so that equal blocks would have unequal names. Names of
    layers stay as they are unless asked for.
    """
    counts: dict[str, int] = {}
    kept = set() if with_layers else {id(layer) for layer in graph.layers}
    names: dict[int, str] = {}
    for step in graph.steps:
        thing = step.thing
        if thing is None or id(thing) in names or id(thing) in kept:
            continue
        if not is_made_up(step.name, thing):
            names[id(thing)] = step.name
            continue
        made_up = _snake_case(type(thing).__name__)
        number = counts[made_up] = counts.get(made_up, -1) + 1
        names[id(thing)] = f"{made_up}_{number}" if number else made_up
    return names


def is_made_up(name: str, thing: Any) -> bool:
    """Return whether a name is one that Keras makes up for such a layer or operation."""
    return re.fullmatch(rf"{re.escape(_snake_case(type(thing).__name__))}(_\d+)?", name) is not None


def _snake_case(name: str) -> str:
    """Return a class's name as Keras spells it in the names that it makes up."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def with_open_sizes(graphs: list[Graph]) -> Graph:
    """Return the first graph with the sizes open in which the others differ."""
    first, *others = graphs
    for other in others:
        for mine, theirs in zip(first.steps, other.steps, strict=False):
            mine.outputs = _common(mine.outputs, theirs.outputs)
            mine.arguments = _common_arguments(mine.arguments, theirs.arguments)
    return first


def _common(shapes: tuple[Shape, ...], others: tuple[Shape, ...]) -> tuple[Shape, ...]:
    if [len(shape) for shape in shapes] != [len(shape) for shape in others]:
        return shapes
    return tuple(
        tuple(size if size == other_size else None for size, other_size in zip(shape, other, strict=True))
        for shape, other in zip(shapes, others, strict=True)
    )


def _common_arguments(mine: Arguments, theirs: Arguments) -> Arguments:
    others: Iterator[Spec] = specs_in(theirs)

    def opened(leaf: Any) -> Any:
        other = next(others, leaf) if isinstance(leaf, Spec) else leaf
        return leaf if other is leaf else dataclasses.replace(leaf, shape=_common((leaf.shape,), (other.shape,))[0])

    args, kwargs = mapped(list(mine), opened)
    return args, kwargs


def specs_in(structure: Any) -> Iterator[Spec]:
    """Return the specs in a structure, in the order in which `mapped` meets them."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        for item in structure:
            yield from specs_in(item)
    elif isinstance(structure, Spec):
        yield structure
