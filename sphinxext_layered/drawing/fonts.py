"""Placeholder contract, to be written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Font:
    path: str
    size: float
