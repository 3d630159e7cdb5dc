"""Kinds of blocks: each kind is drawn once, with a letter, and is a closed frame with that letter where it recurs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from .frames import Blocks, Pair, framed, pairs_of, reordered, wired
from .graph import Frame, Graph, Node
from .repeats import MANY, kind_of, used_throughout
from .sections import PairsInto, pairs_into

_FEWEST: Final = 4
"""How many nodes a block has at least."""

_MOST: Final = 200
"""How many nodes what branches and joins again has at most, so that finding it is quick."""

Kind = tuple[Hashable, ...]


def lettered(graph: Graph, whole: Graph) -> Graph:
    """Return the graph in which each kind of block is open once, and closed where it recurs.

    Parameters
    ----------
    graph : Graph
        With frames for equal blocks that follow one another.
    whole : Graph
        The same without these frames.

    Notes
    -----
    Blocks are of a kind if they have the same classes, settings and connections; sizes do not matter. A block is what
    a frame shows, or what branches and joins again: it has one node from which all lines into it come, apart from
    tensors that are used throughout the network, and one from which all lines go out of it. Blocks of fewer than four
    nodes, and blocks with shared layers, are left as they are.
    """
    calls = _Calls.of(whole)
    given = frozenset(frozenset(frame.names) for frame in _frames(whole))
    graph = _with_sections(graph)
    counts = Counter(_visited(graph, calls, set()))
    letters = {kind: _letter(i) for i, kind in enumerate(kind for kind, count in counts.items() if count > 1)}
    return _drawn(graph, _Letters(calls, letters, given, set()))


def has_letters(graph: Graph) -> bool:
    """Return whether some frame of a graph has a letter."""
    return any(frame.letter for frame in _frames(graph))


def _letter(number: int) -> str:
    """Return A to Z, then AA, AB, and so on."""
    rest, last = divmod(number, 26)
    return (_letter(rest - 1) if rest else "") + chr(ord("A") + last)


def _boxes(graph: Graph) -> Iterator[Node]:
    """Yield every box and round node, in frames too."""
    for node in graph.nodes:
        if isinstance(node, Frame):
            yield from _boxes(node.inner)
        else:
            yield node


def _frames(graph: Graph) -> Iterator[Frame]:
    for node in graph.nodes:
        if isinstance(node, Frame):
            yield node
            yield from _frames(node.inner)


@dataclass(frozen=True)
class _Calls:
    """Every call of a graph by name: its node, what feeds it in the order of its inputs, what it feeds."""

    nodes: Mapping[str, Node]
    feeders: Mapping[str, Sequence[str]]
    fed: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, graph: Graph) -> _Calls:
        feeders: dict[str, list[str]] = defaultdict(list)
        fed: dict[str, list[str]] = defaultdict(list)
        for source, target in _pairs(graph):
            feeders[target].append(source)
            fed[source].append(target)
        return cls({node.name: node for node in graph.calls()}, feeders, fed)

    def kind(self, frame: Frame) -> Kind | None:
        """Return what blocks of one kind have in common; None where a frame is of no kind that may recur."""
        names = frame.instances[0]
        if (
            frame.parallel
            or sum(1 for _ in _boxes(frame.inner)) < _FEWEST
            or any(self.nodes[name].shared for name in names)
        ):
            return None
        places: dict[str, int] = {name: i for i, name in enumerate(names)}
        inside = set(names)
        found: list[Hashable] = []
        for name in names:
            feeders = tuple(places.setdefault(each, len(places)) for each in self.feeders.get(name, ()))
            goes_out = name == names[-1] or not inside.issuperset(self.fed.get(name, ()))
            found.append((kind_of(self.nodes[name]), feeders, goes_out))
        return tuple(found)


def _pairs(graph: Graph) -> Iterator[Pair]:
    """Yield all connections between calls, those into each call in the order of its inputs."""
    for node in graph.nodes:
        if isinstance(node, Frame):
            yield from _pairs(node.inner)
        else:
            yield from pairwise(node.names)
    yield from pairs_of(graph)


def _visited(graph: Graph, calls: _Calls, seen: set[Kind]) -> Iterator[Kind]:
    """Yield the kind of each frame that is drawn, open or closed; what is in closed ones is not drawn."""
    for node in graph.nodes:
        kind = calls.kind(node) if isinstance(node, Frame) else None
        if kind is not None:
            yield kind
        if isinstance(node, Frame) and kind not in seen:
            seen.update([kind] if kind is not None else [])
            yield from _visited(node.inner, calls, seen)


@dataclass(frozen=True)
class _Letters:
    """The letter of each kind that recurs, which frames stay whatever their kind, and what is open already."""

    calls: _Calls
    letters: Mapping[Kind, str]
    given: frozenset[frozenset[str]]
    open: set[Kind]


def _drawn(graph: Graph, letters: _Letters) -> Graph:
    """Return the graph with letters; frames of single blocks that do not recur are taken away."""
    nodes: list[Node | Frame] = []
    pairs = pairs_of(graph)
    for node in graph.nodes:
        if not isinstance(node, Frame):
            nodes.append(node)
            continue
        kind = letters.calls.kind(node)
        letter = letters.letters.get(kind, "") if kind is not None else ""
        if kind is not None and kind in letters.open:
            nodes.append(replace(node, letter=letter, is_closed=True))
            continue
        if kind is not None and letter:
            letters.open.add(kind)
        inner = _drawn(node.inner, letters)
        if letter or node.times > 1 or frozenset(node.names) in letters.given:
            nodes.append(replace(reordered(node, inner), letter=letter))
        else:
            nodes += inner.nodes
            pairs += pairs_of(inner)
    return wired(nodes, pairs)


def _with_sections(graph: Graph) -> Graph:
    """Return the graph with a frame around whatever branches and joins again, in frames and in one another."""
    pairs = pairs_of(graph)
    nodes = [reordered(node, _with_sections(node.inner)) if isinstance(node, Frame) else node for node in graph.nodes]
    graph = wired(nodes, pairs)
    into = pairs_into(graph, pairs)
    regions = _nested(_regions(graph, into))
    return wired(_sectioned(graph, into, range(len(nodes)), regions), pairs) if regions else graph


def _sectioned(
    graph: Graph, into: PairsInto, places: Sequence[int], regions: Sequence[frozenset[int]]
) -> list[Node | Frame]:
    """Return the nodes at some places, with a frame for each of the largest regions among them, at its last node."""
    own = frozenset(places)
    covered: set[int] = set()
    outermost: dict[int, frozenset[int]] = {}
    within = [region for region in regions if region < own]
    for region in within:
        if covered.isdisjoint(region):
            outermost[max(region)] = region
            covered |= region
    result: list[Node | Frame] = []
    for place in places:
        if place in outermost:
            result.append(_section(graph, into, sorted(outermost[place]), within))
        elif place not in covered:
            result.append(graph.nodes[place])
    return result


def _section(graph: Graph, into: PairsInto, places: Sequence[int], regions: Sequence[frozenset[int]]) -> Frame:
    own = frozenset(places)
    pairs = [pair for place in places for source, pair in into[place] if source in own]
    block = Blocks((tuple(places),), wired(_sectioned(graph, into, places, regions), pairs))
    frame = framed(graph.nodes, block, pairs)
    assert frame is not None  # a single block is connected like itself
    return frame


def _nested(regions: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Return regions of which any two are nested or apart, the largest first."""
    kept: list[frozenset[int]] = []
    for region in sorted(regions, key=lambda each: (-len(each), max(each))):
        if all(region < each or region.isdisjoint(each) for each in kept):
            kept.append(region)
    return kept


def _regions(graph: Graph, into: PairsInto) -> Iterator[frozenset[int]]:
    """Yield each part of a graph that branches after one tensor and joins again in a node, which is its last."""
    feeders, fed = graph.neighbours()
    aside = {node for node in used_throughout(feeders, fed) if len(fed[node]) >= MANY}
    local = [[each for each in before if each not in aside] for before in feeders]
    beside = _fed_by(aside, feeders)
    if len(feeders) - 1 in beside:  # all comes from such a tensor
        beside = _fed_by(aside, feeders, _trunk(feeders))
    dominators = _dominators([[each for each in before if each not in beside] for before in local])
    for node, before in enumerate(local):
        if len(before) > 1 and dominators[node] >= 0:
            region = _between(dominators[node], node, local)
            given = {pair[0] for each in region for source, pair in into[each] if source == dominators[node]}
            if (
                len(region) >= _FEWEST
                and len(given) == 1
                and all(region.issuperset(fed[each]) for each in region if each != node)
            ):
                yield region


def _fed_by(aside: Collection[int], feeders: Sequence[Sequence[int]], trunk: Collection[int] = ()) -> set[int]:
    """Return some nodes with all others that nothing else feeds, but for those in the trunk."""
    found = set(aside)
    for node, before in enumerate(feeders):
        if before and found.issuperset(before) and node not in trunk:
            found.add(node)
    return found


def _trunk(feeders: Sequence[Sequence[int]]) -> set[int]:
    """Return the nodes on the longest way to the last node."""
    ranks: list[int] = []
    for before in feeders:
        ranks.append(1 + max((ranks[each] for each in before), default=-1))
    way = [len(feeders) - 1]
    while before := feeders[way[-1]]:
        way.append(max(before, key=ranks.__getitem__))
    return set(way)


def _between(start: int, end: int, feeders: Sequence[Sequence[int]]) -> frozenset[int]:
    """Return all nodes on the ways from `start`, which is not among them, to `end`; none where they are too many."""
    found, waiting = {end}, [end]
    while waiting:
        for each in feeders[waiting.pop()]:
            if each != start and each not in found:
                found.add(each)
                waiting.append(each)
        if len(found) > _MOST:
            return frozenset()
    return frozenset(found)


def _dominators(feeders: Sequence[Sequence[int]]) -> list[int]:
    """Return the nearest node through which all ways to each node lead, -1 where there is none.

    Notes
    -----
    K. D. Cooper, T. J. Harvey and K. Kennedy, "A Simple, Fast Dominance Algorithm" (2001): in a graph without cycles,
    one pass in topological order suffices.
    """
    found: list[int] = []
    for before in feeders:
        common = before[0] if before else -1
        for each in before[1:]:
            one, other = common, each
            while one != other:
                one, other = (found[one], other) if one > other else (one, found[other])
            common = one
        found.append(common)
    return found
