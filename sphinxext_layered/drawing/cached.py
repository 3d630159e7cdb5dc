"""Properties that are computed once for each object, without a lock.

That of Python 3.11's functools holds one lock for all objects of a class. Pictures are drawn in two threads, and
there a frame's shapes need those of a grid, in which frames stand: two such threads can wait for each other forever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:  # noqa: N801
        """Compute a property when it is first read; from then on it is an ordinary attribute of the object."""

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self.compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.compute(instance)
            return value


__all__ = ["cached_property"]
