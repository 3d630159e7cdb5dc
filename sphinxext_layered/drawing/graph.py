"""The graph that a picture shows: what is drawn of a model's calls, and what is connected.

A call that is not drawn, of a layer that is left out or of an operation that only passes a tensor on, is
passed through: what it connects is connected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sphinxext_layered.description import (
    CallDescription,
    LayerDescription,
    ModelDescription,
    call_ids,
)
from sphinxext_layered.options import LayeredViewOptions

from .palette import looks

SIGNS: Final = {
    "Add": "+",
    "AddN": "+",
    "Subtract": "\u2212",
    "Multiply": "\u00d7",
    "Divide": "\u00f7",
    "TrueDivide": "\u00f7",
    "FloorDivide": "\u00f7",
    "Average": "avg",
    "Maximum": "max",
    "Minimum": "min",
    "Power": "^",
    "Mod": "mod",
    "Where": "if",
    "LogicalAnd": "\u2227",
    "LogicalOr": "\u2228",
    "Equal": "=",
    "NotEqual": "\u2260",
    "Less": "<",
    "LessEqual": "\u2264",
    "Greater": ">",
    "GreaterEqual": "\u2265",
}
"""The signs of operations that take several tensors and keep their shape, by class."""

_FUNCTIONS: Final = {
    "tf.__operators__.add": "Add",
    "tf.math.add": "Add",
    "tf.add": "Add",
    "tf.math.add_n": "Add",
    "tf.math.subtract": "Subtract",
    "tf.subtract": "Subtract",
    "tf.math.multiply": "Multiply",
    "tf.multiply": "Multiply",
    "tf.math.truediv": "Divide",
    "tf.math.divide": "Divide",
    "tf.divide": "Divide",
    "tf.math.maximum": "Maximum",
    "tf.maximum": "Maximum",
    "tf.math.minimum": "Minimum",
    "tf.minimum": "Minimum",
    "tf.math.pow": "Power",
    "tf.pow": "Power",
}
"""The classes that stand for TensorFlow's functions."""

PASSING: Final = frozenset(
    {
        *("GetItem", "Reshape", "Transpose", "Squeeze", "ExpandDims", "Cast", "Identity", "StopGradient", "Flatten"),
        *("BroadcastTo", "Copy", "Ravel", "MoveAxis", "Moveaxis", "SwapAxes", "Swapaxes", "Array", "Convert"),
        *("Split", "Unstack", "ArraySplit", "SplitOp", "View", "Shape", "Size", "Slice", "Flip", "Roll"),
        *("ConvertToTensor", "CastOp", "Real", "Imag", "SliceUpdate", "VectorizedMap", "ZerosLike", "OnesLike"),
    }
)
"""Operations that pass a tensor on, whole or in part, or give it another shape; with the same elements."""


class Edge(NamedTuple):
    """A connection between two nodes, by their positions."""

    source: int
    target: int


@dataclass(frozen=True)
class Node:
    """One call that is drawn.

    Attributes
    ----------
    layer : LayerDescription
        What is called; an operation is described as a layer of a negative index.
    name : str
        What connections call it: the name of the layer or operation, with a number where it is called again.
    sign : str
        What a round node shows; empty for a box.
    shared : int
        The number that marks all calls of one layer, 0 where it is called once.
    bands : tuple of Node
        What is drawn as bands on its box: calls that follow it one by one.
    """

    layer: LayerDescription
    name: str
    sign: str = ""
    shared: int = 0
    bands: tuple[Node, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its calls, in their order."""
        return (self.name, *(band.name for band in self.bands))


@dataclass(frozen=True)
class Frame:
    """Nodes that are drawn in a rounded frame: one of several equal blocks, which stands for all of them.

    Blocks follow one another, or lie beside each other between the same nodes. The first one is drawn. A position
    within a block counts the names in `instances`.

    Attributes
    ----------
    inner : Graph
        The block that is drawn.
    caption : str
        What the names of the blocks begin with, such as ``conv2_block2…3``; may be empty.
    times : int
        How many blocks there are.
    instances : tuple of tuple of str
        The names of each block's calls, in the order of the calls in `inner`.
    varies : bool
        Whether channels differ between the blocks.
    entries : tuple of (int, tuple of int)
        A node of the graph that holds the frame, and the nodes of `inner` that it feeds.
    exits : tuple of (int, int)
        A node of `inner`, and a node that it feeds of the graph that holds the frame.
    parallel : bool
        Whether the blocks lie beside each other.
    carried : tuple of (int, int, int)
        What connects blocks: how many blocks back, the position there, the position that it feeds.
    wires : tuple of (str, str)
        The calls that are connected across the border of the frame, in the graph that holds it.
    """

    inner: Graph
    caption: str
    times: int
    instances: tuple[tuple[str, ...], ...]
    varies: bool = False
    entries: tuple[tuple[int, tuple[int, ...]], ...] = ()
    exits: tuple[tuple[int, int], ...] = ()
    parallel: bool = False
    carried: tuple[tuple[int, int, int], ...] = ()
    wires: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all calls that it stands for, block by block."""
        return tuple(name for instance in self.instances for name in instance)


@dataclass(frozen=True)
class Graph:
    """What is drawn, in a topological order, and what is connected; with `is_row` it is drawn as one row."""

    nodes: tuple[Node | Frame, ...]
    edges: tuple[Edge, ...]
    is_row: bool = False

    def calls(self) -> Iterator[Node]:
        """Yield every call that is drawn: nodes, what is in frames, and bands, each after what it is a band of."""
        for node in self.nodes:
            if isinstance(node, Frame):
                yield from node.inner.calls()
            else:
                yield node
                yield from node.bands

    @property
    def is_chain(self) -> bool:
        """Whether each node is connected to the next one and to nothing else, and is what is called once."""
        steps = tuple(Edge(i, i + 1) for i in range(len(self.nodes) - 1))
        return self.edges == steps and not any(
            isinstance(node, Frame) or node.sign or node.shared for node in self.nodes
        )


def graph_of(description: ModelDescription, options: LayeredViewOptions) -> Graph:
    """Return what is drawn of a model, and what is connected through what is not.

    Notes
    -----
    A chain is a row. So is a model of which not every connection is known, and whatever `connections` asks for as
    one: each layer once, in the order of the description. What a model without input layers is given is drawn
    where it is used more than once.
    """
    if options.connections != "auto" or not _is_known(description):
        return _row(description, options)
    graph = _graph(description, options, operations=options.show_operations)
    if graph.is_chain:
        return replace(graph, is_row=True)
    return _graph(description, options, operations=options.show_operations, arguments=True)


def _is_known(description: ModelDescription) -> bool:
    called = {call.layer for call in description.calls}
    uncalled = any(place not in called for place in range(len(description.layers)))
    return not (description.incomplete or uncalled or any(call.inputs is None for call in description.calls))


def _row(description: ModelDescription, options: LayeredViewOptions) -> Graph:
    """Return each layer once, in the order of the description."""
    graph = _graph(description, options, operations="none")
    called = list(graph.calls())
    hidden = left_out(description, options)
    layers = [layer for place, layer in enumerate(description.layers) if place not in hidden and layer.spacing is None]
    position = {layer.index: i for i, layer in enumerate(layers)}
    edges = {Edge(*(position[called[each].layer.index] for each in edge)): None for edge in graph.edges}
    nodes = tuple(Node(layer, layer.name) for layer in layers)
    return Graph(nodes, tuple(edges), is_row=True)


def _graph(
    description: ModelDescription, options: LayeredViewOptions, *, operations: str, arguments: bool = False
) -> Graph:
    hidden = left_out(description, options)
    ids = call_ids(description)
    times = Counter(call.layer for call in description.calls if call.layer is not None)
    marks: dict[int, int] = {}
    nodes: list[Node] = []
    edges: dict[Edge, None] = {}
    behind: list[dict[int, None]] = []
    for call, own_id in zip(description.calls, ids, strict=True):
        before = {node: None for source in call.inputs or () for node in behind[source.call]}
        layer = _drawn(description, call, options, hidden, operations=operations, arguments=arguments)
        if layer is None:
            behind.append(before)
            continue
        mark = 0
        if call.layer is not None and times[call.layer] > 1:
            mark = marks.setdefault(call.layer, len(marks) + 1)
        place = len(nodes)
        if layer.index < 0:
            layer = replace(layer, index=-1 - place)
        nodes.append(Node(layer, own_id, _sign(call, layer), mark))
        edges.update(dict.fromkeys(Edge(node, place) for node in before))
        behind.append({place: None})
    return Graph(tuple(nodes), tuple(edges))


def left_out(description: ModelDescription, options: LayeredViewOptions) -> set[int]:
    """Return the positions of the layers that options leave out."""
    styles = looks(description, options)
    names = set(options.type_ignore)
    return {
        place
        for place, layer in enumerate(description.layers)
        if layer.index in options.index_ignore or names.intersection(layer.known_as()) or styles[layer.index].hidden
    }


def with_operations(description: ModelDescription, graph: Graph) -> ModelDescription:
    """Return the description with the operations that are drawn as layers, all in the order of the calls."""
    drawn = {node.name: node.layer for node in graph.calls() if node.layer.index < 0}
    if not drawn:
        return description
    layers: list[LayerDescription] = []
    position: dict[int, int] = {}
    calls = []
    for call, own_id in zip(description.calls, call_ids(description), strict=True):
        if own_id in drawn:
            layers.append(drawn[own_id])
            call = replace(call, layer=len(layers) - 1)
        elif call.layer is not None:
            if call.layer not in position:
                position[call.layer] = len(layers)
                layers.append(description.layers[call.layer])
            call = replace(call, layer=position[call.layer])
        calls.append(call)
    layers += [layer for place, layer in enumerate(description.layers) if place not in position]
    return replace(description, layers=tuple(layers), calls=tuple(calls))


def _drawn(
    description: ModelDescription,
    call: CallDescription,
    options: LayeredViewOptions,
    hidden: set[int],
    *,
    operations: str,
    arguments: bool,
) -> LayerDescription | None:
    """Return what is drawn of a call, None where it is passed through."""
    if call.layer is not None:
        layer = description.layers[call.layer]
        return None if call.layer in hidden or layer.spacing is not None else layer
    if call.is_argument:
        shown, class_name, module = arguments, "InputLayer", "keras.layers"
    else:
        shown, class_name, module = _is_shown(description, call, operations), call.class_name, call.module
    if not shown or {call.name, class_name, f"{module}.{class_name}"} & set(options.type_ignore):
        return None
    return LayerDescription(
        index=-1, name=call.name, class_name=class_name, module=module, output_shapes=call.output_shapes
    )


def _is_shown(description: ModelDescription, call: CallDescription, operations: str) -> bool:
    """Say whether an operation is drawn: as a rule one that merges tensors, or makes another shape of one."""
    if operations != "auto":
        return operations == "all"
    if len(set(call.inputs or ())) != 1:
        return True
    if call.class_name in PASSING:
        return False
    assert call.inputs
    given = description.shape_of(call.inputs[0])
    return given is not None and bool(call.output_shapes) and given != call.output_shapes[0]


def _sign(call: CallDescription, layer: LayerDescription) -> str:
    """Return the sign of a call that merges tensors and keeps their shape."""
    if len(set(call.inputs or ())) < 2:
        return ""
    own = _FUNCTIONS.get(layer.class_name, layer.class_name)
    merging = layer.index < 0 or layer.module.partition(".")[0] in ("keras", "tf_keras", "tensorflow")
    return SIGNS.get(own, "") if merging else ""
