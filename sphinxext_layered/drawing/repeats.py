"""Repeats: equal blocks that follow one another, or lie beside each other, become one frame.

Blocks are equal by structure; names count for nothing. The nodes are put into an order in which equal blocks are equal
sequences, each node is written as a character, and what repeats itself in that text is looked at closely: whether the
blocks are connected alike inside, with those before them, and with what is outside of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

from sphinxext_layered.description import LayerDescription, Shape

from .cached import cached_property
from .frames import Blocks, Pair, framed, pairs_of, wired
from .graph import Frame, Graph, Node
from .tandems import Run, runs_of

_FAR: Final = 0.25
"""From how much of the network's depth on between its uses a node is used throughout."""

MANY: Final = 4
"""In how many places a tensor is used at least that is rather named than drawn as lines."""

_STARTS: Final = 12
"""How many places are tried where a block may begin."""

_BACK: Final = 4
"""How many blocks back a block may read."""

_EFFORT: Final = 30
"""How often each node may be looked at, on average."""

_VARYING: Final = frozenset({"filters", "units", "groups", "num_heads", "key_dim", "output_dim"})
"""The facts that may differ where channels may."""

_LOOSE: Final = frozenset({"rate", "input_dim", "trainable"})
"""The facts that may always differ."""


def collapsed(graph: Graph, *, vary: bool) -> Graph:
    """Return the graph in which equal blocks are drawn once, in a frame.

    Parameters
    ----------
    graph : Graph
    vary : bool
        Whether blocks may be equal that differ in their channels.

    Returns
    -------
    Graph
        In another topological order where something was found, else as it is given.

    Notes
    -----
    Nodes are equal if they have the same class, settings, and sizes other than channels, also of what feeds them: no
    block repeats across a change of resolution. What a block gets from the block before it, the first one gets from
    anywhere, and each may get the same from outside. What the last one gives may go anywhere; the others may give only
    to a node to which all of them do.

    A frame stands for at least two blocks of three or more nodes. Of blocks of one or two nodes, and of those beside
    each other, it takes three: four boxes in a row are read sooner than two in a frame with a number. Of blocks that
    overlap, those win that spare the most nodes; what repeats itself within a block is a frame in the frame.

    The work is nearly linear in the nodes. Of graphs that look periodic throughout and are not, as random ones of a
    single class do, only the shorter periods are tried.
    """
    sequence = _Sequence.of(graph, vary=vary)
    nodes = _parts(sequence, vary)
    if len(nodes) == len(graph.nodes):
        return graph
    return wired(nodes, pairs_of(graph))


class _Repeat(NamedTuple):
    """Equal blocks in a sequence."""

    start: int
    period: int
    times: int
    parallel: bool

    @property
    def end(self) -> int:
        return self.start + self.period * self.times

    @property
    def saving(self) -> int:
        return self.period * (self.times - 1)


def _parts(sequence: _Sequence, vary: bool) -> list[Node | Frame]:
    """Return the nodes of a sequence, with frames for what repeats itself."""
    nodes: list[Node | Frame] = []
    place = 0
    for repeat in _chosen(sequence):
        frame = _frame(sequence, repeat, vary)
        if frame is not None:
            nodes += sequence.nodes[place : repeat.start]
            nodes.append(frame)
            place = repeat.end
    return [*nodes, *sequence.nodes[place:]]


def _frame(sequence: _Sequence, repeat: _Repeat, vary: bool) -> Frame | None:
    starts = range(repeat.start, repeat.end, repeat.period)
    block = sequence.part(repeat.start, repeat.start + repeat.period)
    inner = wired(_parts(block, vary), block.pairs)
    channels = [_channels(node) for node in sequence.nodes[repeat.start : repeat.end]]
    varies = channels != channels[: repeat.period] * repeat.times
    places = tuple(tuple(range(start, start + repeat.period)) for start in starts)
    pairs = sequence.part(repeat.start, repeat.end).pairs
    return framed(sequence.nodes, Blocks(places, inner, repeat.parallel, varies), pairs)


def _chosen(sequence: _Sequence) -> list[_Repeat]:
    """Return repeats that do not overlap, in their order: first those that spare the most nodes."""
    taken = [False] * len(sequence.nodes)
    chosen: list[_Repeat] = []
    waiting = list(_repeats(sequence))
    while waiting:
        waiting.sort(key=lambda each: (-each.saving, each.start))
        trimmed: list[_Repeat] = []
        for repeat in waiting:
            if not any(taken[repeat.start : repeat.end]):
                chosen.append(repeat)
                taken[repeat.start : repeat.end] = [True] * (repeat.end - repeat.start)
            else:
                trimmed += _free(sequence, repeat, taken)
        waiting = trimmed
    return sorted(chosen)


def _free(sequence: _Sequence, repeat: _Repeat, taken: Sequence[bool]) -> Iterator[_Repeat]:
    """Yield what is left of a repeat: its blocks that no other one has taken."""
    start = repeat.start
    for place in range(repeat.start, repeat.end, repeat.period):
        if any(taken[place : place + repeat.period]):
            if start < place:
                yield from _within(sequence, Run(repeat.period, start, place))
            start = place + repeat.period
    if start < repeat.end:
        yield from _within(sequence, Run(repeat.period, start, repeat.end))


def _repeats(sequence: _Sequence) -> Iterator[_Repeat]:
    """Yield repeats that may overlap. Of a run that a shorter period explains, nothing is yielded again."""
    explained: list[_Repeat | None] = [None] * len(sequence.nodes)
    effort = _EFFORT * len(sequence.nodes)
    for run in runs_of(sequence.text):
        shorter = explained[(run.start + run.end) // 2]
        if shorter and run.period % shorter.period == 0 and _covers(shorter, run):
            continue
        effort -= run.end - run.start
        if effort < 0:
            return
        for repeat in _within(sequence, run):
            for place in range(repeat.start, repeat.end):
                explained[place] = explained[place] or repeat
            yield repeat


def _covers(repeat: _Repeat, run: Run) -> bool:
    return repeat.start - run.start < run.period and run.end - repeat.end < run.period


def _within(sequence: _Sequence, run: Run) -> Iterator[_Repeat]:
    """Yield the repeats in a run, from its beginning to its end."""
    period, start, end = run
    while start + 2 * period <= end:
        starts = sorted(range(start, min(start + period, end - 2 * period + 1)), key=sequence.boundary(period))
        found = [repeat for each in starts[:_STARTS] if (repeat := sequence.repeat(each, period, end))]
        if found:
            best = max(found, key=lambda each: each.saving)
            yield best
            start = best.end
        else:
            start += period


@dataclass(frozen=True)
class _Sequence:
    """Nodes in an order in which what feeds a node comes before it, each with what it is and by what it is fed.

    Attributes
    ----------
    nodes : sequence of Node or Frame
    text : str
        A character for each node, the same for nodes that may be equal.
    feeders : sequence of tuple of int
        The places of what feeds each node, in the order of its inputs.
    fed : sequence of tuple of int
        The places of what each node feeds.
    pairs : sequence of Pair
        The connections between calls of different nodes.
    """

    nodes: Sequence[Node | Frame]
    text: str
    feeders: Sequence[tuple[int, ...]]
    fed: Sequence[tuple[int, ...]]
    pairs: Sequence[Pair] = field(repr=False)

    @classmethod
    def of(cls, graph: Graph, *, vary: bool) -> _Sequence:
        feeders, fed = graph.neighbours()
        kinds = _kinds(graph, feeders, vary=vary)
        order = _order(feeders, fed, kinds)
        place = {node: i for i, node in enumerate(order)}
        return cls(
            [graph.nodes[i] for i in order],
            "".join(chr(kinds[i]) for i in order),
            [tuple(place[each] for each in feeders[i]) for i in order],
            [tuple(place[each] for each in fed[i]) for i in order],
            pairs_of(graph),
        )

    def part(self, start: int, end: int) -> _Sequence:
        """Return a stretch of the sequence by itself; places in it count from its start."""
        pairs = [pair for i in range(start, end) for pair in self._pairs_into[i] if self._places[pair[0]] >= start]
        feeders, fed = (
            [tuple(each - start for each in places) for places in neighbours[start:end]]
            for neighbours in (self.feeders, self.fed)
        )
        return _Sequence(self.nodes[start:end], self.text[start:end], feeders, fed, pairs)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, node in enumerate(self.nodes) for name in node.names}

    @cached_property
    def _pairs_into(self) -> list[list[Pair]]:
        """The connections that end at each node."""
        found: list[list[Pair]] = [[] for _ in self.nodes]
        for pair in self.pairs:
            found[self._places[pair[1]]].append(pair)
        return found

    @cached_property
    def _crossing(self) -> list[int]:
        """How many nodes before each place feed nodes from there on."""
        change = [0] * (len(self.nodes) + 1)
        for source, fed in enumerate(self.fed):
            change[source + 1] += 1
            change[min(max(fed, default=source), len(self.nodes) - 1) + 1] -= 1
        return list(accumulate(change))

    def boundary(self, period: int) -> Callable[[int], tuple[int, int]]:
        """Return by what starts of blocks are sorted: how few lines lead into the second block, then the earliest."""
        return lambda start: (self._crossing[start + period], start)

    def repeat(self, start: int, period: int, end: int) -> _Repeat | None:
        """Return as many equal blocks from a place on as there are before another; None where there are too few."""
        times = self._times(start, period, end)
        while times > 1:
            back = self._back(start, period, times)
            allowed = self._allowed(start, period, times, back)
            if allowed == times:
                break
            times = allowed
        if times < 2:
            return None
        least = 2 if back and period > 2 else 3
        return _Repeat(start, period, times, not back) if times >= least else None

    def _times(self, start: int, period: int, end: int) -> int:
        """Return how many blocks are fed alike."""
        times, open_slots = 1, set[tuple[int, int]]()
        ports: dict[tuple[int, int], tuple[int, ...]] = {}
        for block in range(1, (end - start) // period):
            first = start + block * period
            for i in range(period):
                for slot, (old, new) in enumerate(
                    zip(self.feeders[first + i - period], self.feeders[first + i], strict=True)
                ):
                    if old >= start or new >= first:
                        if new - old != period:
                            return times
                    elif new < start:
                        if new != old:
                            open_slots.add((i, slot))
                    elif new >= start + period:
                        return times
                    else:
                        given = tuple(self.feeders[start + b * period + i][slot] for b in range(block))
                        if ports.setdefault((block, new), given) != given:
                            return times
                        open_slots.discard((i, slot))
            if not open_slots:
                times = block + 1
            elif block >= _BACK:
                return times
        return times

    def _back(self, start: int, period: int, times: int) -> dict[int, set[int]]:
        """Return how many blocks later each position of a block is used again."""
        last = start + (times - 1) * period
        found: dict[int, set[int]] = defaultdict(set)
        for i in range(last, last + period):
            for feeder in self.feeders[i]:
                if start <= feeder < last:
                    block, position = divmod(feeder - start, period)
                    found[position].add(times - 1 - block)
        return found

    def _allowed(self, start: int, period: int, times: int, back: Mapping[int, set[int]]) -> int:
        """Return how many of some blocks give alike what they give.

        What all give to the same node counts for nothing. Else only the last one may give to a node after all blocks,
        and those before it what would go to further blocks, if there were any.
        """
        end = start + times * period
        common = [self._common(start + i, period, times) for i in range(period)]
        for block in range(times - 1 if back else times):
            for i in range(period):
                more = any(block + each >= times for each in back.get(i, ()))
                if not more and self._beyond(start + block * period + i, end) - common[i]:
                    return block + 1
        return times

    def _common(self, place: int, period: int, times: int) -> set[int]:
        """Return the nodes that a position feeds in each block."""
        found = set(self.fed[place])
        for block in range(1, times if found else 1):
            found.intersection_update(self.fed[place + block * period])
        return found

    def _beyond(self, place: int, end: int) -> set[int]:
        return {each for each in self.fed[place] if each >= end}


def _kinds(graph: Graph, feeders: Sequence[Sequence[int]], *, vary: bool) -> list[int]:
    """Return a number for each node, the same for nodes that are equal but for their connections."""
    numbers: dict[Hashable, int] = {}
    spatial = [_spatial(node) for node in graph.nodes]
    kinds = []
    for i, node in enumerate(graph.nodes):
        key = (_key(node, vary=vary), tuple(spatial[each] for each in feeders[i]))
        kinds.append(numbers.setdefault(key, len(numbers)))
    return kinds


def kind_of(node: Node) -> Hashable:
    """Return what nodes have in common that are equal but for their sizes and connections."""
    return (_settings(node, vary=True), tuple(len(shape) for shape in node.layer.output_shapes))


def _key(node: Node | Frame, *, vary: bool) -> Hashable:
    """Return what equal nodes have in common."""
    if isinstance(node, Frame):
        return (node.times, node.parallel, tuple(_key(each, vary=vary) for each in node.inner.nodes), node.inner.edges)
    layer = node.layer
    return (
        _settings(node, vary=vary),
        tuple(_axes(layer, shape)[0] if vary else shape for shape in layer.output_shapes),
    )


def _settings(node: Node, *, vary: bool) -> Hashable:
    """Return what equal nodes have in common apart from their sizes."""
    layer = node.layer
    ignored = _LOOSE | _VARYING if vary else _LOOSE
    return (
        *(layer.class_name, layer.module, layer.activation, node.sign, bool(node.shared)),
        tuple(fact for fact in layer.facts if fact[0] not in ignored),
        tuple((band.layer.class_name, band.layer.activation) for band in node.bands),
        tuple(each.class_name for each in layer.nested.layers) if layer.nested else None,
    )


def _axes(layer: LayerDescription, shape: Shape) -> tuple[Shape, Shape]:
    """Return a shape's sizes other than batch and channels, and its channels."""
    channel = 1 if layer.data_format == "channels_first" else -1
    sizes = list(shape[1:])
    channels = sizes.pop(0 if channel == 1 else -1) if sizes else None
    return tuple(sizes), (channels,)


def _spatial(node: Node | Frame) -> tuple[Shape, ...]:
    while isinstance(node, Frame):
        node = node.inner.nodes[-1]
    return tuple(_axes(node.layer, shape)[0] for shape in node.layer.output_shapes)


def _channels(node: Node | Frame) -> Hashable:
    """Return the channels of a node's outputs, or of all nodes in a frame."""
    if isinstance(node, Frame):
        return tuple(_channels(each) for each in node.inner.nodes)
    return tuple(_axes(node.layer, shape)[1] for shape in node.layer.output_shapes)


def _order(feeders: Sequence[Sequence[int]], fed: Sequence[Sequence[int]], kinds: Sequence[int]) -> list[int]:
    """Return the nodes in an order in which each comes after its feeders, and equal blocks are equal sequences.

    Each output is followed backwards, and a node is noted when all behind it are. What is used throughout a network,
    such as a mask, comes first, since it would lie within the first block that uses it.
    """
    ways = _ways(feeders, kinds, _behind(feeders, fed))
    order: dict[int, None] = {}
    ends = [node for node, after in enumerate(fed) if not after]
    alone = [node for node in ends if not feeders[node]]
    for root in [*alone, *used_throughout(feeders, fed), *ends]:
        path = [] if root in order else [root]
        while path:
            behind = next((each for each in ways[path[-1]] if each not in order), None)
            if behind is None:
                order[path.pop()] = None
            else:
                path.append(behind)
    return list(order)


def _ranks(feeders: Sequence[Sequence[int]]) -> list[int]:
    """Return the length of the longest way to each node."""
    ranks: list[int] = []
    for before in feeders:
        ranks.append(1 + max((ranks[each] for each in before), default=-1))
    return ranks


def _behind(feeders: Sequence[Sequence[int]], fed: Sequence[Sequence[int]]) -> list[int]:
    """Return how many nodes each one rests on: what feeds it, what feeds that, and so on."""
    last = [max(after, default=0) for after in fed]
    sets: dict[int, int] = {}
    counts: list[int] = []
    for node, before in enumerate(feeders):
        found = 0
        for each in before:
            found |= sets[each] | 1 << each
        counts.append(found.bit_count())
        sets[node] = found
        for each in before:
            if last[each] == node:
                del sets[each]
    return counts


def _ways(feeders: Sequence[Sequence[int]], kinds: Sequence[int], behind: Sequence[int]) -> list[list[int]]:
    """Return the feeders of each node in the order in which they are followed: first what rests on the most nodes.

    So a block's predecessor comes before the one before that, and equal lanes come together. Nodes of a kind with
    feeders of the same kinds all do as that one of them does that rests on the most: to the first of several blocks,
    there may be more behind a second input than behind the first.
    """
    histories: dict[Hashable, int] = {}
    history: list[int] = []
    deepest: dict[Hashable, int] = {}
    keys: list[Hashable] = []
    for node, before in enumerate(feeders):
        history.append(histories.setdefault((kinds[node], *(history[each] for each in before)), len(histories)))
        key = (kinds[node], *(kinds[each] for each in before))
        keys.append(key)
        deepest[key] = max(deepest.get(key, node), node, key=behind.__getitem__)
    slots = {key: _slots(feeders[node], behind, history) for key, node in deepest.items()}
    return [[before[slot] for slot in slots[key]] for before, key in zip(feeders, keys, strict=True)]


def _slots(before: Sequence[int], behind: Sequence[int], history: Sequence[int]) -> list[int]:
    """Return the places of feeders, sorted as they are followed."""
    past = [history[each] for each in before]
    return sorted(range(len(before)), key=lambda slot: (-behind[before[slot]], past.index(past[slot]), slot))


def used_throughout(feeders: Sequence[Sequence[int]], fed: Sequence[Sequence[int]]) -> list[int]:
    """Return the nodes whose uses are far apart, those with the farthest first.

    Uses are as far from the end as they can be without making the network longer: what one block alone makes of a mask
    is near that block.
    """
    ranks = _ranks(feeders)
    depth = max(ranks, default=0)
    late = [0] * len(fed)
    for node in reversed(range(len(fed))):
        late[node] = min((late[each] - 1 for each in fed[node]), default=ranks[node])
    uses = [[late[each] for each in after] for after in fed]
    span = [max(each) - min(each) if each else 0 for each in uses]
    return sorted((i for i, each in enumerate(span) if each > _FAR * depth), key=lambda i: (-span[i], i))
