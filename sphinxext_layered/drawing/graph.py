"""The graph that a picture shows: what is drawn of a model's calls, and what is connected.

A call that is not drawn, of a layer that is left out or of an operation that only passes a tensor on, is
passed through: what it connects is connected.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from sphinxext_layered.description import (
    KERAS_PACKAGES,
    CallDescription,
    LayerDescription,
    ModelDescription,
    Source,
    call_ids,
    distinct,
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
    parallel : bool
        Whether the blocks lie beside each other.
    carried : tuple of (int, int, int)
        What connects blocks: how many blocks back, the position there, the position that it feeds.
    wires : tuple of (str, str)
        The calls that are connected across the border of the frame, in the graph that holds it.
    letter : str
        What all blocks of its kind have, where there are several in a picture; empty otherwise.
    is_closed : bool
        Whether only the frame is drawn, with its letter.
    """

    inner: Graph
    caption: str
    times: int
    instances: tuple[tuple[str, ...], ...]
    varies: bool = False
    parallel: bool = False
    carried: tuple[tuple[int, int, int], ...] = ()
    wires: tuple[tuple[str, str], ...] = ()
    letter: str = ""
    is_closed: bool = False

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

    def neighbours(self) -> tuple[list[list[int]], list[list[int]]]:
        """Return the nodes that feed each node, in the order of its inputs, and those that each one feeds."""
        feeders: list[list[int]] = [[] for _ in self.nodes]
        fed: list[list[int]] = [[] for _ in self.nodes]
        for source, target in self.edges:
            feeders[target].append(source)
            fed[source].append(target)
        return feeders, fed

    @property
    def is_chain(self) -> bool:
        """Whether each node is connected to the next one and to nothing else, and is what is called once."""
        steps = tuple(Edge(i, i + 1) for i in range(len(self.nodes) - 1))
        return self.edges == steps and not any(
            isinstance(node, Frame) or node.sign or node.shared for node in self.nodes
        )


@dataclass(frozen=True)
class Shown:
    """What is drawn of a model.

    Attributes
    ----------
    graph : Graph
    levels : tuple of ModelDescription
        The model, and each inside that is drawn, with all that is drawn of it as layers. The layers of insides, and
        operations, have negative indices, each its own.
    """

    graph: Graph
    levels: tuple[ModelDescription, ...]


def shown_of(description: ModelDescription, options: LayeredViewOptions) -> Shown:
    """Return what is drawn of a model, and what is connected through what is not.

    Notes
    -----
    A chain is a row. So is a model of which not every connection is known, and whatever `connections` asks for as
    one: each layer once, in the order of the description. What a model without input layers is given is drawn
    unless the model is a plain chain.
    """
    if options.connections != "auto" or not is_known(description):
        return _row(description, options)
    builder = _Builder(options, options.show_operations)
    graph = builder.graph(description, arguments=True)
    if not graph.is_chain:
        return Shown(graph, tuple(builder.levels))
    builder = _Builder(options, options.show_operations)
    graph = builder.graph(description, arguments=False)
    return Shown(replace(graph, is_row=True), tuple(builder.levels))


def graph_of(description: ModelDescription, options: LayeredViewOptions) -> Graph:
    """Return the graph of `shown_of`."""
    return shown_of(description, options).graph


def is_known(description: ModelDescription) -> bool:
    """Return whether every connection of a model is known, and every layer is called."""
    called = {call.layer for call in description.calls}
    uncalled = any(place not in called for place in range(len(description.layers)))
    return not (description.incomplete or uncalled or any(call.inputs is None for call in description.calls))


def _row(description: ModelDescription, options: LayeredViewOptions) -> Shown:
    """Return each layer once, in the order of the description."""
    graph = _Builder(options, "none", expand=False).graph(description, arguments=False)
    hidden = left_out(description, options)
    layers = [layer for place, layer in enumerate(description.layers) if place not in hidden and layer.spacing is None]
    position = {layer.index: i for i, layer in enumerate(layers)}
    index = [node.layer.index if isinstance(node, Node) else 0 for node in graph.nodes]
    edges = {Edge(position[index[source]], position[index[target]]): None for source, target in graph.edges}
    names = distinct(layer.name for layer in layers)
    nodes = tuple(Node(layer, name) for layer, name in zip(layers, names, strict=True))
    return Shown(Graph(nodes, tuple(edges), is_row=True), (description,))


@dataclass(frozen=True)
class _Inside:
    """A frame to be: the nodes that stand in it."""

    caption: str
    nodes: tuple[Node | _Inside, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for node in self.nodes for name in node.names)


_Names = dict[str, None]
"""The names of the nodes that a tensor comes from, in order: several where calls were passed through."""


@dataclass
class _Level:
    """One description while its graph is made: its layers and calls as they are drawn."""

    description: ModelDescription
    prefix: str
    depth: int
    ids: list[str]
    layers: list[LayerDescription] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    calls: list[CallDescription] = field(default_factory=list)
    nodes: list[Node | _Inside] = field(default_factory=list)
    made: list[list[_Names]] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)

    def origins(self, source: Source) -> _Names:
        """Return where a tensor comes from."""
        outputs = self.made[source.call]
        return outputs[min(source.output, len(outputs) - 1)]


class _Builder:
    """Makes the graph of a description and of its insides."""

    def __init__(self, options: LayeredViewOptions, operations: str, *, expand: bool = True) -> None:
        self.options = options
        self.inner_options = LayeredViewOptions(**{**options.given(), "index_ignore": (), "index_2d": ()})
        self.operations = operations
        self.expand = expand
        self.levels: list[ModelDescription] = []
        self._connections: dict[tuple[str, str], None] = {}
        self._index = 0
        self._marks = 0

    def graph(self, description: ModelDescription, *, arguments: bool) -> Graph:
        """Return the graph of a whole model."""
        level = self._level(description, "", 0, [], arguments=arguments)
        before: dict[str, list[str]] = defaultdict(list)
        after: dict[str, list[str]] = defaultdict(list)
        for source, target in self._connections:
            before[target].append(source)
            after[source].append(target)
        return _joined(level.nodes, before, after)

    def _level(
        self,
        description: ModelDescription,
        prefix: str,
        depth: int,
        given: list[_Names],
        *,
        arguments: bool = False,
    ) -> _Level:
        """Make the nodes of a description that is `given` tensors from these nodes."""
        level = _Level(description, prefix, depth, call_ids(description))
        options = self.inner_options if depth else self.options
        hidden = left_out(description, options)
        inputs = {end.source.call: number for number, end in enumerate(description.inputs)} if depth else {}
        times = Counter(call.layer for call in description.calls if call.layer is not None)
        used = {source.call for call in description.calls for source in call.inputs or ()}
        for place, call in enumerate(description.calls):
            before = {name: None for source in call.inputs or () for name in level.origins(source)}
            inside = self._inside(description, call, hidden, depth)
            given_here = arguments and place in used
            layer = _drawn(description, call, options, hidden, operations=self.operations, arguments=given_here)
            if place in inputs:
                self._pass(level, call, [given[inputs[place]]])
            elif inside is not None:
                self._add_inside(level, place, call, inside)
            elif layer is None:
                self._pass(level, call, [before])
            else:
                shared = call.layer is not None and times[call.layer] > 1
                self._add(level, place, call, layer, before, shared=shared)
        self._note(level)
        return level

    def _inside(
        self, description: ModelDescription, call: CallDescription, hidden: set[int], depth: int
    ) -> ModelDescription | None:
        """Return the inside of a call that is to be drawn in a frame."""
        if call.layer is None or call.layer in hidden or not self.expand:
            return None
        layer = description.layers[call.layer]
        nested = layer.nested
        if nested is None or not is_known(nested) or len(nested.inputs) != len(call.inputs or ()):
            return None
        wanted = self.options.expand_nested
        if isinstance(wanted, tuple):
            return nested if set(wanted).intersection(layer.known_as()) else None
        return nested if depth < wanted else None

    def _add(
        self,
        level: _Level,
        place: int,
        call: CallDescription,
        layer: LayerDescription,
        before: _Names,
        *,
        shared: bool,
    ) -> None:
        """Add a node."""
        name = level.prefix + level.ids[place]
        mark = 0
        if shared and call.layer is not None:
            if call.layer not in level.marks:
                self._marks += 1
                level.marks[call.layer] = self._marks
            mark = level.marks[call.layer]
        own = self._own_layer(level, call, layer)
        level.nodes.append(Node(own, name, _sign(call, layer), mark))
        self._connections.update(dict.fromkeys((source, name) for source in before))
        level.made.append([{name: None}])

    def _add_inside(self, level: _Level, place: int, call: CallDescription, inside: ModelDescription) -> None:
        """Add the frame of a nested model or composite layer."""
        own_id = level.ids[place]
        given = [level.origins(source) for source in call.inputs or ()]
        inner = self._level(inside, f"{level.prefix}{own_id}/", level.depth + 1, given)
        if inner.nodes:
            level.nodes.append(_Inside(call.name, tuple(inner.nodes)))
        self._pass(level, call, [inner.origins(end.source) for end in inside.outputs] or [{}])

    def _pass(self, level: _Level, call: CallDescription, made: list[_Names]) -> None:
        """Note where the outputs of a call come from that has no node of its own."""
        level.made.append(made)
        if call.layer is None:
            level.calls.append(call)
            return
        if call.layer not in level.places:
            level.places[call.layer] = len(level.layers)
            level.layers.append(level.description.layers[call.layer])
        level.calls.append(replace(call, layer=level.places[call.layer]))

    def _own_layer(self, level: _Level, call: CallDescription, layer: LayerDescription) -> LayerDescription:
        """Return what is drawn as a layer of its own index, and note it in the level."""
        known = None if call.layer is None else level.places.get(call.layer)
        if known is None:
            if level.depth or layer.index < 0:
                self._index -= 1
                layer = replace(layer, index=self._index)
            known = len(level.layers)
            level.layers.append(layer)
            if call.layer is not None:
                level.places[call.layer] = known
        level.calls.append(replace(call, layer=known))
        return level.layers[known]

    def _note(self, level: _Level) -> None:
        """Note the description of a level; of a whole model without operations it is the given one."""
        description = level.description
        if not level.depth and not any(layer.index < 0 for layer in level.layers):
            self.levels.append(description)
            return
        rest = [each for place, each in enumerate(description.layers) if place not in level.places]
        layers = level.layers if level.depth else [*level.layers, *rest]
        self.levels.append(replace(description, layers=tuple(layers), calls=tuple(level.calls)))


def _joined(nodes: Sequence[Node | _Inside], before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> Graph:
    """Return the graph of nodes whose calls are connected so, its frames with what crosses their borders."""
    owner = {name: i for i, node in enumerate(nodes) for name in node.names}
    edges: dict[Edge, None] = {}
    finished: list[Node | Frame] = []
    for i, node in enumerate(nodes):
        edges.update(
            {
                Edge(owner[source], i): None
                for name in node.names
                for source in before[name]
                if owner.get(source, i) != i
            }
        )
        finished.append(node if isinstance(node, Node) else _frame(node, before, after))
    return Graph(tuple(finished), tuple(edges))


def _frame(inside: _Inside, before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> Frame:
    own = {name for node in inside.nodes for name in node.names}
    wires: dict[tuple[str, str], None] = {}
    for name in inside.names:
        wires.update(((source, name), None) for source in before[name] if source not in own)
        wires.update(((name, target), None) for target in after[name] if target not in own)
    return Frame(_joined(inside.nodes, before, after), inside.caption, 1, (inside.names,), wires=tuple(wires))


def left_out(description: ModelDescription, options: LayeredViewOptions) -> set[int]:
    """Return the positions of the layers that options leave out."""
    styles = looks(description, options)
    names = set(options.type_ignore)
    return {
        place
        for place, layer in enumerate(description.layers)
        if layer.index in options.index_ignore or names.intersection(layer.known_as()) or styles[layer.index].hidden
    }


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
    """Return whether an operation is drawn: as a rule one that merges tensors, or makes another shape of one."""
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
    merging = layer.index < 0 or layer.module.partition(".")[0] in KERAS_PACKAGES
    return SIGNS.get(own, "") if merging else ""
