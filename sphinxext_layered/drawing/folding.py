"""Folding: layers that keep the shape of what they get become bands on the box of the layer before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Final, Literal

from .graph import Edge, Frame, Graph, Node

FOLDED: Final = frozenset(
    {
        *("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization"),
        *("SpectralNormalization", "InstanceNormalization", "LocalResponseNormalization", "Normalization"),
        *("BatchNorm", "LayerNorm", "GroupNorm", "RmsNorm", "BatchNormalizationV1", "SyncBatchNormalization"),
        *("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU"),
        *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Gelu", "Celu", "Glu", "Silu", "Swish", "Mish", "Sigmoid"),
        *("HardSigmoid", "HardSilu", "HardSwish", "HardTanh", "LogSigmoid", "LogSoftmax", "Softplus", "Softsign"),
        *("SoftShrink", "HardShrink", "TanhShrink", "SquarePlus", "SparsePlus", "SparseSigmoid", "Sparsemax", "Tanh"),
        *("Threshold", "GELU", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
        *("GaussianDropout", "GaussianNoise", "StochasticDepth", "DropPath", "ActivityRegularization", "LayerScale"),
        *("Identity", "tf.nn.relu", "tf.nn.relu6", "tf.nn.gelu", "tf.nn.silu", "tf.nn.softmax", "tf.math.sigmoid"),
    }
)
"""Classes that are folded as a rule: normalisation, activation, dropout and scaling, as layers and as operations."""


def folded(graph: Graph, names: Literal["auto"] | Collection[str]) -> Graph:
    """Return the graph with layers and operations folded onto the box of what feeds them.

    Parameters
    ----------
    graph : Graph
    names : 'auto' or collection of str
        Which are folded: `FOLDED`, or these classes, by every name that pages know them by.

    Notes
    -----
    What is folded is fed by one node only, which feeds nothing else, and has its shape. Nothing is folded onto an
    input. Onto what merges several tensors it is folded where that can be done after all that merge so: of dense blocks
    and residual ones that begin with a normalisation, the last would look different otherwise.
    """
    chosen = FOLDED if names == "auto" else frozenset(names)
    before, after = graph.neighbours()
    base = list(range(len(graph.nodes)))
    bands: dict[int, list[Node]] = defaultdict(list)
    steps = [
        (before[i][0], i)
        for i, node in enumerate(graph.nodes)
        if isinstance(node, Node) and len(before[i]) == 1 and chosen.intersection(node.layer.known_as())
    ]
    kept = {_kinds(graph, *step) for step in steps if len(before[step[0]]) > 1 and len(after[step[0]]) > 1}
    for step in steps:
        source, i = step
        node = graph.nodes[i]
        if isinstance(node, Node) and len(after[source]) == 1 and _can_carry(graph.nodes[source], node):
            if len(before[source]) > 1 and _kinds(graph, *step) in kept:
                continue
            base[i] = base[source]
            bands[base[i]] += [replace(node, bands=()), *node.bands]
    return _glued(graph, base, bands)


def _kinds(graph: Graph, *places: int) -> tuple[str, ...]:
    return tuple(node.layer.class_name for node in (graph.nodes[place] for place in places) if isinstance(node, Node))


def _can_carry(before: Node | Frame, node: Node) -> bool:
    """Return whether a node may be a band of the one before it."""
    if isinstance(before, Frame) or before.layer.class_name == "InputLayer" or node.sign:
        return False
    shapes = node.layer.output_shapes
    return bool(shapes) and before.layer.output_shapes == shapes and bool(before.shared) == bool(node.shared)


def _glued(graph: Graph, base: list[int], bands: dict[int, list[Node]]) -> Graph:
    """Return the graph in which each node is drawn as part of its base."""
    place: dict[int, int] = {}
    nodes: list[Node | Frame] = []
    for i, node in enumerate(graph.nodes):
        if base[i] != i:
            continue
        place[i] = len(nodes)
        if not isinstance(node, Frame) and i in bands:
            node = replace(node, bands=(*node.bands, *bands[i]))
        nodes.append(node)
    pairs = (Edge(base[source], base[target]) for source, target in graph.edges)
    edges = dict.fromkeys(Edge(place[source], place[target]) for source, target in pairs if source != target)
    return replace(graph, nodes=tuple(nodes), edges=tuple(edges))
