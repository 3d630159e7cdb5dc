"""Properties that are computed once, also where two threads draw."""

from __future__ import annotations

import threading

from sphinxext_layered.drawing.cached import cached_property


def test_a_property_is_computed_once() -> None:
    class Counted:
        times = 0

        @cached_property
        def value(self) -> int:
            self.times += 1
            return 7

    counted = Counted()
    assert (counted.value, counted.value, counted.times) == (7, 7, 1)


def test_two_threads_do_not_wait_for_each_other() -> None:
    both_began = threading.Barrier(2)

    class Frame:
        def __init__(self, inner: Grid | None) -> None:
            self.inner = inner

        @cached_property
        def size(self) -> int:
            if self.inner is None:
                return 1
            both_began.wait(10)
            return 1 + self.inner.size

    class Grid:
        def __init__(self, inner: Frame | None) -> None:
            self.inner = inner

        @cached_property
        def size(self) -> int:
            if self.inner is None:
                return 1
            both_began.wait(10)
            return 1 + self.inner.size

    things: tuple[Frame | Grid, ...] = (Frame(Grid(None)), Grid(Frame(None)))
    threads = [threading.Thread(target=lambda thing=thing: thing.size, daemon=True) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
