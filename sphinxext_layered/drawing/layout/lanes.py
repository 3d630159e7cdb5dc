"""Where the nodes of a graph stand: a column each, and a lane.

Neural networks are nearly series-parallel. So the longest path is the main lane, on the row's axis, and
every branch a chain that lies beside the lane that it leaves or joins, shorter ones nearer to it. Columns
are ranks: a node stands to the right of all that feed it, a short branch in the middle of the room it
has, and an input next to what uses it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sphinxext_layered.drawing.graph import Edge

MAIN: Final = 0


@dataclass(frozen=True)
class Places:
    """The column and the lane of each node; lanes count downwards from the main lane, 0."""

    columns: tuple[int, ...]
    lanes: tuple[int, ...]


@dataclass
class _Chain:
    """A path of nodes in one lane, the columns that it keeps, and the chains beside it."""

    nodes: list[int]
    first: int = 0
    last: int = 0
    children: list[_Chain] = field(default_factory=list)
    depth: int = 0


def places_of(
    number: int,
    edges: Sequence[Edge],
    *,
    merges: frozenset[int] = frozenset(),
    side: int = -1,
    columns: Sequence[int] | None = None,
    ports: tuple[int, int] = (0, 0),
) -> Places:
    """Place the nodes 0 to `number` - 1, which are in a topological order.

    Parameters
    ----------
    number : int
    edges : sequence of Edge
    merges : frozenset of int
        Nodes that lines may enter from above and below.
    side : {-1, 1}
        Where skip connections run: branches lie on the other side where there are any.
    columns : sequence of int, optional
        The columns, where they are chosen already: branches that nothing feeds move to what they feed.
    ports : tuple of int
        How many of the first and of the last nodes are ports, which stand in the first and last column.
    """
    before: list[list[int]] = [[] for _ in range(number)]
    after: list[list[int]] = [[] for _ in range(number)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    chains = _chains(number, before, after)
    columns = _ranks(chains, before, after, ports) if columns is None else _moved(columns, chains, before, after, ports)
    chain_of = {node: chain for chain in chains for node in chain.nodes}
    for chain in chains:
        _keep(chain, columns, before, after, chain_of, merges)
    _hang(chains, columns, before, after, chain_of)
    lanes = [0] * number
    for chain, lane in _stacked(chains[0], columns, before, after, side, chain_of):
        for node in chain.nodes:
            lanes[node] = lane
    return Places(tuple(columns), tuple(lanes))


def _ranks(chains: list[_Chain], before: list[list[int]], after: list[list[int]], ports: tuple[int, int]) -> list[int]:
    number = len(before)
    inner = 1 if ports[0] else 0
    columns = [0] * number
    for node in range(ports[0], number):
        columns[node] = max((columns[each] + 1 for each in before[node]), default=inner)
    last = max(columns, default=0)
    for node in range(number - ports[1], number):
        columns[node] = last
    _centre([chain for chain in chains[1:] if chain.nodes[0] >= ports[0]], columns, before, after)
    return columns


def _moved(
    columns: Sequence[int],
    chains: list[_Chain],
    before: list[list[int]],
    after: list[list[int]],
    ports: tuple[int, int],
) -> list[int]:
    """Return columns that are chosen, with each branch that nothing feeds any more next to what it feeds."""
    moved = list(columns)
    for chain in reversed(chains[1:]):
        if chain.nodes[0] >= ports[0] and not before[chain.nodes[0]]:
            _pack(chain, moved, after)
    return moved


def _chains(number: int, before: list[list[int]], after: list[list[int]]) -> list[_Chain]:
    """Part the graph into paths: the longest first, then each as long as it can be from where it begins."""
    height = [0] * number
    for node in reversed(range(number)):
        height[node] = max((height[each] + 1 for each in after[node]), default=0)
    taken = [False] * number
    chains: list[_Chain] = []

    def follow(node: int) -> None:
        path = []
        while True:
            path.append(node)
            taken[node] = True
            onward = [each for each in after[node] if not taken[each]]
            if not onward:
                break
            node = max(onward, key=lambda each: (height[each], -each))
        chains.append(_Chain(path))

    roots = [node for node in range(number) if not before[node]]
    if roots:
        follow(max(roots, key=lambda node: (height[node], -node)))
    for node in range(number):
        if not taken[node]:
            follow(node)
    return chains


def _centre(chains: list[_Chain], columns: list[int], before: list[list[int]], after: list[list[int]]) -> None:
    """Move each branch to the middle of the room it has; one that nothing feeds, next to what it feeds."""
    for chain in reversed(chains):
        own = set(chain.nodes)
        onward = [(node, each) for node in chain.nodes for each in after[node] if each not in own]
        if not onward:
            continue
        if not before[chain.nodes[0]]:
            _pack(chain, columns, after)
            continue
        room = min(columns[each] - 1 - columns[node] for node, each in onward)
        for node in chain.nodes:
            columns[node] += room // 2


def _pack(chain: _Chain, columns: list[int], after: list[list[int]]) -> None:
    for node in reversed(chain.nodes):
        if after[node]:
            columns[node] = max(columns[node], min(columns[each] for each in after[node]) - 1)


def _keep(
    chain: _Chain,
    columns: list[int],
    before: list[list[int]],
    after: list[list[int]],
    chain_of: dict[int, _Chain],
    merges: frozenset[int],
) -> None:
    """Set the columns that a chain keeps: from where its line leaves another lane to where it joins one."""
    first, last = chain.nodes[0], chain.nodes[-1]
    starts = [columns[each] + 1 for each in before[first]]
    chain.first = min([columns[first], *starts[:1]])
    ends = [columns[each] if each in merges else columns[each] - 1 for each in after[last]]
    chain.last = max([columns[last], *ends])


def _hang(
    chains: list[_Chain],
    columns: list[int],
    before: list[list[int]],
    after: list[list[int]],
    chain_of: dict[int, _Chain],
) -> None:
    """Hang each branch on the chain that it leaves or joins, whichever is further from the main lane."""
    for chain in chains[1:]:
        feeding = [chain_of[each] for each in before[chain.nodes[0]]]
        fed = [chain_of[each] for each in after[chain.nodes[-1]] if chain_of[each] is not chain]
        own = _descendants(chain)
        near = [each for each in (*feeding, *fed) if id(each) not in own]
        parent = max(near, key=lambda each: each.depth, default=chains[0])
        parent.children.append(chain)
        _deepen(chain, parent.depth + 1)


def _descendants(chain: _Chain) -> set[int]:
    found: set[int] = set()
    waiting = [chain]
    while waiting:
        each = waiting.pop()
        found.add(id(each))
        waiting += each.children
    return found


def _deepen(chain: _Chain, depth: int) -> None:
    waiting = [(chain, depth)]
    while waiting:
        each, own = waiting.pop()
        each.depth = own
        waiting += [(child, own + 1) for child in each.children]


_Block = list[tuple[_Chain, int]]
"""Chains with their lanes, counted from the lane of the first."""


def _stacked(
    root: _Chain,
    columns: list[int],
    before: list[list[int]],
    after: list[list[int]],
    side: int,
    chain_of: dict[int, _Chain],
) -> _Block:
    """Stack the branches of the main lane on both sides of it, or on the one where no skip connections run."""
    skips = [
        (columns[node], columns[each])
        for node in root.nodes
        for each in after[node]
        if chain_of[each] is root and columns[each] > columns[node] + 1
    ]
    block: _Block = [(root, MAIN)]
    kept = {MAIN: [(root.first, root.last)]}
    for child in sorted(root.children, key=_span):
        own = _beside(child)
        free = not any(start < child.last + 1 and child.first - 1 < end for start, end in skips)
        room = _room(kept, own, -side)
        other = _room(kept, own, side) if free else room
        block += _put(kept, own, side if other < room else -side, min(room, other))
    return block


def _span(chain: _Chain) -> tuple[int, int]:
    return (chain.last - chain.first, chain.first)


def _beside(chain: _Chain) -> _Block:
    """Stack a branch and the branches that hang on it, all on one side; those that hang deepest first."""
    order = [chain]
    for each in order:
        order += each.children
    blocks: dict[int, _Block] = {}
    for each in reversed(order):
        block: _Block = [(each, 0)]
        kept = {0: [(each.first, each.last)]}
        for child in sorted(each.children, key=_span):
            own = blocks.pop(id(child))
            block += _put(kept, own, 1, _room(kept, own, 1))
        blocks[id(each)] = block
    return blocks[id(chain)]


_Kept = dict[int, list[tuple[int, int]]]
"""The columns that are taken in each lane."""


def _room(kept: _Kept, block: _Block, direction: int) -> int:
    """Return how many lanes away a block has room."""
    offset = 1
    while not all(
        chain.last < start or end < chain.first
        for chain, lane in block
        for start, end in kept.get(direction * (lane + offset), ())
    ):
        offset += 1
    return offset


def _put(kept: _Kept, block: _Block, direction: int, offset: int) -> _Block:
    """Put a block so many lanes away."""
    put = [(chain, direction * (lane + offset)) for chain, lane in block]
    for chain, lane in put:
        kept.setdefault(lane, []).append((chain.first, chain.last))
    return put
