"""Frames: drawing nodes of a graph as one, and finding every connection again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from .graph import Edge, Frame, Graph, Node

Pair = tuple[str, str]
"""The names of two calls of which the first feeds the second."""


def connections(graph: Graph) -> set[Pair]:
    """Return every connection between calls, by their names: what frames stand for and bands are, written out."""
    return {pair for node in graph.nodes for pair in _inside(node)}.union(pairs_of(graph))


def pairs_of(graph: Graph) -> list[Pair]:
    """Return the connections between calls of different nodes of a graph, in the order of its edges."""
    places = {name: i for i, node in enumerate(graph.nodes) for name in node.names}
    through: dict[Edge, dict[Pair, None]] = defaultdict(dict)
    for node in graph.nodes:
        for source, target in node.wires if isinstance(node, Frame) else ():
            through[Edge(places[source], places[target])][source, target] = None
    pairs: list[Pair] = []
    for edge in graph.edges:
        pairs += through[edge] if edge in through else [_between(graph.nodes[edge.source], graph.nodes[edge.target])]
    return pairs


def _between(source: Node | Frame, target: Node | Frame) -> Pair:
    return (source.names[-1], target.names[0])


def _inside(node: Node | Frame) -> Iterator[Pair]:
    """Yield the connections within a node: from band to band, or those of all blocks of a frame."""
    if isinstance(node, Node):
        yield from pairwise(node.names)
        return
    first, *_ = node.instances
    place = {name: i for i, name in enumerate(first)}
    for source, target in connections(node.inner):
        for block in node.instances:
            yield block[place[source]], block[place[target]]
    for back, source_place, target_place in node.carried:
        for before, block in zip(node.instances, node.instances[back:], strict=False):
            yield before[source_place], block[target_place]


def wired(nodes: Sequence[Node | Frame], pairs: Iterable[Pair]) -> Graph:
    """Return the graph of nodes with these connections between their calls; what frames know of it is computed again.

    Connections within a node are its own.
    """
    places = {name: i for i, node in enumerate(nodes) for name in node.names}
    edges: dict[Edge, None] = {}
    wires: dict[int, list[Pair]] = defaultdict(list)
    for source, target in pairs:
        edge = Edge(places[source], places[target])
        if edge.source == edge.target:
            continue
        edges[edge] = None
        for end in edge:
            wires[end].append((source, target))
    done = tuple(
        replace(node, wires=tuple(wires[i])) if isinstance(node, Frame) else node for i, node in enumerate(nodes)
    )
    return Graph(done, tuple(edges))


@dataclass(frozen=True)
class Blocks:
    """Equal blocks of nodes that are to be one frame: the nodes of each, by their places in a graph."""

    places: tuple[tuple[int, ...], ...]
    inner: Graph
    parallel: bool = False
    varies: bool = False


def framed(nodes: Sequence[Node | Frame], blocks: Blocks, pairs: Sequence[Pair]) -> Frame | None:
    """Return blocks as a frame, None where they are not connected alike.

    Parameters
    ----------
    nodes : sequence of Node or Frame
        Those that `blocks` counts.
    blocks : Blocks
    pairs : sequence of Pair
        The connections between calls of different nodes in the blocks.
    """
    written = [[name for place in block for name in nodes[place].names] for block in blocks.places]
    order = {name: i for i, name in enumerate(written[0])}
    drawn = [order[name] for node in blocks.inner.nodes for name in node.names]
    instances = tuple(tuple(names[i] for i in drawn) for names in written)
    at = {name: (b, i) for b, names in enumerate(instances) for i, name in enumerate(names)}
    within: list[set[tuple[int, int]]] = [set() for _ in instances]
    carried: dict[tuple[int, int, int], int] = defaultdict(int)
    for source, target in pairs:
        (early, start), (late, end) = at[source], at[target]
        if early == late:
            within[early].add((start, end))
        else:
            carried[late - early, start, end] += 1
    if any(each != within[0] for each in within):
        return None
    if any(count != len(instances) - back for (back, _, _), count in carried.items()):
        return None
    return Frame(
        inner=blocks.inner,
        caption=caption([[name for i in block for name in _given(nodes[i])] for block in blocks.places]),
        times=len(instances),
        instances=instances,
        varies=blocks.varies,
        parallel=blocks.parallel,
        carried=tuple(sorted(carried)),
    )


def reordered(frame: Frame, inner: Graph) -> Frame:
    """Return a frame whose block is drawn as `inner`, which has the same calls in another order."""
    place = {name: i for i, name in enumerate(frame.instances[0])}
    order = [place[name] for node in inner.nodes for name in node.names]
    moved = {old: new for new, old in enumerate(order)}
    return replace(
        frame,
        inner=inner,
        instances=tuple(tuple(block[i] for i in order) for block in frame.instances),
        carried=tuple(sorted((back, moved[source], moved[target]) for back, source, target in frame.carried)),
    )


def _given(node: Node | Frame) -> Iterator[str]:
    """Yield the names in a node that somebody chose; Keras's own are the class with a number, such as ``conv2d_3``."""
    for call in Graph((node,), ()).calls():
        if re.sub(r"(_\d+)?(#\d+)?$", "", call.name).replace("_", "") != call.layer.class_name.lower():
            yield call.name


def caption(blocks: Sequence[Sequence[str]]) -> str:
    """Return what the names in blocks begin with, with the range of what differs from block to block.

    Examples
    --------
    >>> caption([["conv2_block2_1_conv", "conv2_block2_add"], ["conv2_block3_1_conv", "conv2_block3_add"]])
    'conv2_block2…3'
    """
    first, last = _beginning(blocks[0]), _beginning(blocks[-1])
    if not first or not last or first == last:
        return first if first == last else ""
    shared = re.sub(r"\d+$", "", _prefix([first, last]))
    return f"{first}\u2026{last[len(shared) :]}" if shared else ""


def _beginning(names: Sequence[str]) -> str:
    """Return what all names begin with, up to where a word ends."""
    shared = _prefix(names)
    if any(len(name) > len(shared) and name[len(shared)] not in "_/-." for name in names):
        shared = re.sub(r"[^_/.-]*$", "", shared)
    return shared.strip("_/-. ")


def _prefix(names: Sequence[str]) -> str:
    """Return the characters that all names begin with."""
    return "".join(each[0] for each in takewhile(lambda each: len(set(each)) == 1, zip(*names, strict=False)))
