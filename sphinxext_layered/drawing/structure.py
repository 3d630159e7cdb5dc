"""The structure of a graph: equal blocks that follow one another, each drawn once in a frame."""

from __future__ import annotations

from dataclasses import dataclass

from .graph import Graph


@dataclass(frozen=True)
class Frame:
    """Nodes drawn in a rounded frame: once for `times` equal blocks that follow one another."""

    inner: Graph
    caption: str
    times: int
    instances: tuple[tuple[str, ...], ...]
    varies: bool = False
    entries: tuple[tuple[int, tuple[int, ...]], ...] = ()
    exits: tuple[tuple[int, int], ...] = ()
    parallel: bool = False
