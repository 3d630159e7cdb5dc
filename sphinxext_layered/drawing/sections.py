"""Sections: what branches and joins again becomes a frame of its own, drawn once for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from .frames import Blocks, Pair, framed, pairs_of, wired
from .graph import Frame, Graph, Node

PairsInto = list[list[tuple[int, Pair]]]
"""What each node gets: from which node, and the calls that are connected."""


def sectioned(graph: Graph) -> Graph:
    """Return the graph with a frame, for one block, around each part in which lines branch and join again.

    Notes
    -----
    A part begins after a node from which all lines come, and ends with the next one. What holds more than half of all
    nodes gets no frame, nor do parts that contain an input of the network, or outputs after they branch.
    """
    pairs = pairs_of(graph)
    into = pairs_into(graph, pairs)
    nodes: list[Node | Frame] = []
    done = 0
    for first, last in _parts(graph):
        pairs_in = [each for node in into[first : last + 1] for each in node]
        if len({pair[0] for source, pair in pairs_in if source < first}) > 1:
            continue  # from several nodes of one frame
        within = [pair for source, pair in pairs_in if source >= first]
        block = Blocks((tuple(range(first, last + 1)),), wired(graph.nodes[first : last + 1], within))
        frame = framed(graph.nodes, block, within)
        assert frame is not None
        nodes += [*graph.nodes[done:first], frame]
        done = last + 1
    return wired([*nodes, *graph.nodes[done:]], pairs) if nodes else graph


def pairs_into(graph: Graph, pairs: Sequence[Pair]) -> PairsInto:
    """Return what each node gets: from which node, and the calls that are connected."""
    places = {name: i for i, node in enumerate(graph.nodes) for name in node.names}
    found: list[list[tuple[int, Pair]]] = [[] for _ in graph.nodes]
    for pair in pairs:
        found[places[pair[1]]].append((places[pair[0]], pair))
    return found


def _parts(graph: Graph) -> Iterator[tuple[int, int]]:
    """Yield the first and last node of each part that branches."""
    fed = {edge.target for edge in graph.edges}
    cuts = list(_cuts(graph))
    for before, last in pairwise(cuts):
        if 1 < last - before <= len(graph.nodes) / 2 and fed.issuperset(range(before + 1, last + 1)):
            yield before + 1, last


def _cuts(graph: Graph) -> Iterator[int]:
    """Yield the nodes that all lines from what stands before them, and from them, come from."""
    farthest = [i for i, _ in enumerate(graph.nodes)]
    for source, target in graph.edges:
        farthest[source] = max(farthest[source], target)
    reached = 0
    for i, end in enumerate(farthest):
        if reached <= i and (i or end):
            yield i
        reached = max(reached, end)
