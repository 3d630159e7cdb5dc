"""What laying out a graph costs, without painting: NASNetLarge's against Graphviz's dot, and ever longer networks.

Run: ``python benchmarks/layout.py``. Needs the extra tensorflow for the models, psutil, and ``dot`` of the Debian
package graphviz, without which its columns are empty. Seconds are of processor time; dot's are those of its process,
which lays out boxes of the same sizes in the same direction and writes their places alone (``-Tplain``), less those
of a graph of one node.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from unittest import mock

from measure import machine, table

from sphinxext_layered.description import CallDescription, LayerDescription, ModelDescription, Source
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.layout import compose
from sphinxext_layered.drawing.layout.part import Part
from sphinxext_layered.options import LayeredViewOptions

MODELS = ("NASNetLarge", "EfficientNetV2L")
LONG = (1_000, 3_000, 10_000)

DESCRIBE = """
import sys
import keras
from sphinxext_layered.reading import build_and_describe
print(build_and_describe(lambda: getattr(keras.applications, sys.argv[1])(weights=None)).to_json())
"""

PAGE = LayeredViewOptions.of(
    {"max_width": 710, "sizing_mode": "balanced", "max_z": 120, "max_xy": 320}
)  # folded, collapsed and wrapped as on pages
EVERY_LAYER = LayeredViewOptions.of({"fold": (), "collapse": "no", "stubs": "no"})


def described(name: str) -> ModelDescription:
    """Describe one of Keras's applications, in a process of its own."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", DESCRIBE, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return ModelDescription.from_json(done.stdout[done.stdout.index("{") :])


def residual(layers: int) -> ModelDescription:
    """A network in which every third layer adds what came three before it."""
    rows: list[tuple[str, tuple[int, ...]]] = [("InputLayer", ())]
    for i in range(1, layers):
        feeding = (i - 1, i - 3) if i % 3 == 0 else (i - 1,)
        rows.append(("Add" if len(feeding) > 1 else "Conv2D", feeding))
    shapes = ((None, 16, 16, 32),)
    names = [f"layer{i}" for i in range(layers)]
    return ModelDescription(
        name="residual",
        class_name="Functional",
        layers=tuple(
            LayerDescription(index=i, name=names[i], class_name=kind, module="keras.layers", output_shapes=shapes)
            for i, (kind, _) in enumerate(rows)
        ),
        calls=tuple(
            CallDescription(name=names[i], layer=i, output_shapes=shapes, inputs=tuple(map(Source, feeding)))
            for i, (_, feeding) in enumerate(rows)
        ),
    )


def seconds(function: Callable[[], object]) -> float:
    """Return what a call costs; what was there before it is none of the garbage collector's business."""
    gc.collect()
    gc.freeze()
    start = time.process_time()
    function()
    return time.process_time() - start


def part_of(description: ModelDescription) -> Part:
    """Return the graph with its boxes that is laid out for a model."""
    with mock.patch.object(compose, "network_rows", wraps=compose.network_rows) as rows:
        lay_out(description, EVERY_LAYER)
    part: Part = rows.call_args.args[0]
    return part


def placed(part: Part) -> None:
    """Choose columns and lanes, route the lines and place all of it, as if for the first time."""
    assert Part(part.graph, part.setting).grid(1.0).placement


def in_dot(part: Part) -> str:
    """Return a graph in Graphviz's language, with the sizes of boxes in inches."""
    lines = ["digraph {", 'rankdir=LR; node [shape=box, fixedsize=true, label=""];']
    for i, node in enumerate(part.graph.nodes):
        box = part.setting.boxes[node.name]
        lines.append(f"{i} [width={(box.width + box.depth) / 72:.3f}, height={(box.height + box.depth) / 72:.3f}];")
    lines += [f"{source} -> {target};" for source, target in part.graph.edges]
    return "\n".join([*lines, "}"])


def dot_seconds(dot: str, source: str) -> float:
    """Return the processor time that dot takes for a graph."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([dot, "-Tplain"], input=source, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def against_dot(name: str, dot: str | None, runs: int) -> tuple[str, ...]:
    """Return the row of a model: what a page, every layer, its graph alone, and dot take, and their ratio."""
    description = described(name)
    part = part_of(description)
    source = in_dot(part)
    page, whole, ours, theirs = [], [], [], []
    for _ in range(runs):
        page.append(seconds(partial(lay_out, description, PAGE)))
        whole.append(seconds(partial(lay_out, description, EVERY_LAYER)))
        ours.append(seconds(partial(placed, part)))
        if dot:
            theirs.append(dot_seconds(dot, source) - dot_seconds(dot, "digraph { a }"))
    graph = part.graph
    row = (name, f"{len(graph.nodes):,}", f"{len(graph.edges):,}")
    row = (*row, *(f"{statistics.median(each):.3f}" for each in (page, whole, ours)))
    if not theirs:
        return (*row, "-", "-")
    ratio = statistics.median(own / other for own, other in zip(ours, theirs, strict=True))
    return (*row, f"{statistics.median(theirs):.3f}", f"{ratio:.3f}")


def growing(runs: int) -> list[tuple[str, ...]]:
    """Return the rows of networks of more and more layers."""
    rows = []
    for layers in LONG:
        part = part_of(residual(layers))
        took = statistics.median(seconds(partial(placed, part)) for _ in range(runs))
        rows.append((f"{layers:,}", f"{took:.3f}", f"{took / layers * 1e6:.0f}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    dot = shutil.which("dot")
    print(f"medians of {runs}; {machine()}\n")
    if not dot:
        print("Graphviz's dot is not found: its columns are empty.\n")
    head = ("model", "nodes", "connections", "on a page s", "lay_out s", "graph alone s", "dot s", "ratio")
    print(table(head, [against_dot(name, dot, runs) for name in MODELS]), "\n", flush=True)
    print(table(("residual layers", "graph alone s", "\u00b5s a layer"), growing(min(runs, 3))))


if __name__ == "__main__":
    main()
