"""Times a command with all its descendants: wall, processor time, peak memory of the tree."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Measure:
    """One run: seconds of wall and processor time, peak resident memory of the tree in MB."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Measure:
    """Run a command to its end and measure it; a failure ends the benchmark with its output."""
    # Compiled modules are kept, as everybody has them: without, this measures Python's compiler.
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        env={**surroundings, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    watch = _Watch(process.pid)
    output, _ = process.communicate()
    wall = time.perf_counter() - start
    after = os.times()
    peak = watch.stop()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{output[-4000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measure(wall, cpu, peak / 2**20)


class _Watch:
    """Looks at the memory of a process tree ten times a second."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
                self._peak = max(self._peak, sum(map(_resident, tree)))
            except psutil.Error:
                return

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def median(values: Iterable[float]) -> float:
    """Return the median, or NaN of nothing."""
    values = list(values)
    return statistics.median(values) if values else float("nan")


def ratio(ours: Sequence[Measure], floor: Sequence[float]) -> float:
    """Return the median of the ratios, pair by pair."""
    return median(run.wall / other for run, other in zip(ours, floor, strict=True))


def machine() -> str:
    """Name the kind of machine, for the caption of a table."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Spell a table in Markdown, its columns aligned."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
