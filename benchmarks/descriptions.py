"""What describing and drawing a model costs: with and without weights, time and memory; the child; drawing times.

Run: ``python benchmarks/descriptions.py``. Needs the extra tensorflow, and psutil. Seconds are of processor time, all
threads together, which other work on the machine changes least. Where visualkeras is installed its drawing is timed
beside ours, on the same model in the same process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import machine, median, table

MANUAL = Path(__file__).resolve().parents[1] / "example_docs"

SUBJECTS = {
    "VGG16": "keras.applications.VGG16(weights=None)",
    "ResNet50": "keras.applications.ResNet50(weights=None)",
    "EfficientNetV2L": "keras.applications.EfficientNetV2L(weights=None)",
    "37 billion parameters": "giant()",
}

COMMON = """
import json, os, sys, time
def resident(key):
    for line in open("/proc/self/status"):
        if line.startswith(key):
            return int(line.split()[1]) / 1024
"""

BARE = COMMON + "import tensorflow\nprint(json.dumps(resident('VmHWM')))"

CHILD = (
    COMMON
    + """
import tensorflow, keras


def giant():
    inputs = keras.Input((1024,))
    x = keras.layers.Embedding(100_000, 12_288)(inputs)
    for _ in range(20):
        y = keras.layers.MultiHeadAttention(96, 128)(x, x)
        x = keras.layers.LayerNormalization()(x + y)
        y = keras.layers.Dense(49_152, activation="gelu")(x)
        x = keras.layers.LayerNormalization()(x + keras.layers.Dense(12_288)(y))
    return keras.Model(inputs, x)


bare = resident("VmHWM")
from sphinxext_layered.reading import build_and_describe, describe

build = lambda: eval(sys.argv[1])
wall, start = time.perf_counter(), time.process_time()
description = describe(build()) if sys.argv[2] == "weights" else build_and_describe(build)
seconds, wall = time.process_time() - start, time.perf_counter() - wall
peak = resident("VmHWM")
print(json.dumps({"seconds": seconds, "wall": wall, "bare": bare, "peak": peak, "parameters": description.parameters,
                  "description": description.to_json()}))
"""
)

DRAWING = (
    COMMON
    + """
from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.options import LayeredViewOptions

description = ModelDescription.from_json(sys.stdin.buffer.read())
options = LayeredViewOptions.of({"max_width": 1000, "legend": True})
scene = lay_out(description, options)
steps = {"layout": lambda: lay_out(description, options)}
for kind, ratio in (("png", 1), ("png", 2), ("svg", 1), ("pdf", 1)):
    steps[f"{kind}{ratio}"] = lambda kind=kind, ratio=ratio: paint(scene, kind, ratio)
drawing = {}
for name, step in steps.items():
    took = []
    for _ in range(4):
        start = time.process_time()
        step()
        took.append(time.process_time() - start)
    drawing[name] = min(took)
print(json.dumps({"layers": len(description.layers), "drawing": drawing}))
"""
)

RIVAL = """
import json, sys, time
import keras
from keras import layers
from sphinxext_layered import layered_view
try:
    import visualkeras
except ImportError:
    visualkeras = None


def shape(layer):
    shape = tuple(layer.output.shape)
    return [shape] if isinstance(layer, layers.InputLayer) else shape


# visualkeras 0.2.0 asks for an attribute that layers of Keras 3 no longer have.
layers.Layer.output_shape = property(shape)
model = eval(sys.argv[1])
drawers = {"ours": lambda: layered_view(model, legend=True, save_fig=False, show_os_viewer=False)}
if visualkeras:
    drawers["visualkeras"] = lambda: visualkeras.layered_view(model, legend=True)
found = {}
for name, draw in drawers.items():
    took = []
    for _ in range(4):
        start = time.process_time()
        draw()
        took.append(time.process_time() - start)
    found[name] = min(took)
print(json.dumps(found))
"""


def asked(code: str, *arguments: str, given: str = "") -> Any:
    """Run code in a fresh interpreter, and give what its last line says."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, errors="replace")
    return json.loads(done.stdout.splitlines()[-1])


def describing(runs: int) -> tuple[list[tuple[str, ...]], dict[str, str]]:
    """Return the rows of what describing costs, and each subject's description."""
    rows, descriptions = [], {}
    for name, expression in SUBJECTS.items():
        ways = ("no weights",) if "giant" in expression else ("weights", "no weights")
        seconds = {}
        for way in ways:
            measured = [asked(CHILD, expression, way) for _ in range(runs)]
            seconds[way] = median(run["seconds"] for run in measured)
            wall = median(run["wall"] for run in measured)
            over = median(run["peak"] - run["bare"] for run in measured)
            peak = median(run["peak"] for run in measured)
            row = (name, way, f"{measured[0]['parameters']:,}", f"{wall:.3f}", f"{seconds[way]:.3f}")
            rows.append((*row, f"{over:+.0f}", f"{peak:.0f}"))
            descriptions[name] = measured[0]["description"]
    return rows, descriptions


def drawing(descriptions: dict[str, str]) -> list[tuple[str, ...]]:
    """Return the rows of what drawing costs."""
    rows = []
    for name, description in descriptions.items():
        found = asked(DRAWING, given=description)
        rows.append((name, str(found["layers"]), *(f"{value * 1000:.0f}" for value in found["drawing"].values())))
    return rows


def rivals() -> list[tuple[str, ...]]:
    """Return the rows of drawers that draw the same model in the same process."""
    rows = []
    for name in ("VGG16", "ResNet50"):
        found = asked(RIVAL, SUBJECTS[name])
        rows.append((name, *(f"{found[drawer] * 1000:.0f}" if drawer in found else "-" for drawer in DRAWERS)))
    return rows


DRAWERS = ("ours", "visualkeras")


def gallery() -> tuple[int, float, float]:
    """Describe all models of the manual in one child: how many, its peak memory, that of a bare import, in MB."""
    from sphinxext_layered.worker import Described, ModelRequest, WorkerSettings, describe_all

    documents = (json.loads(path.read_bytes()) for path in sorted((MANUAL / "descriptions").glob("*.json")))
    targets = dict.fromkeys(document["model"] for document in documents)
    requests = [ModelRequest(target=target) for target in targets if target.startswith("example_models")]
    settings = WorkerSettings(sys_path=(str(MANUAL), *sys.path), root=str(MANUAL))
    peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        trace = os.environ["LAYERED_VIEW_TRACE"] = str(Path(folder, "trace"))
        for answer in describe_all(requests, settings):
            assert isinstance(answer, Described), answer
            child = Path(trace).read_text().split()[-1]
            lines = Path(f"/proc/{child}/status").read_text().splitlines()
            peak = max(peak, *(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
        assert len(Path(trace).read_text().split()) == 1
    return len(requests), peak, float(asked(BARE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print(f"medians of {runs}; {machine()}\n")
    models, peak, bare = gallery()
    print(
        f"one child, {models} models of the manual: {peak:.0f} MB at most; `import tensorflow` alone: {bare:.0f} MB; "
    )
    print(f"ratio {peak / bare:.2f}\n")
    print(table(("model", *DRAWERS), rivals()), "(ms)\n", flush=True)
    rows, descriptions = describing(runs)
    print(table(("model", "described", "parameters", "s", "cpu s", "MB over the import", "peak MB"), rows), "\n")
    head = ("drawn at 1000 px", "layers", "layout ms", "PNG ms", "PNG 2x ms", "SVG ms", "PDF ms")
    print(table(head, drawing(descriptions)))


if __name__ == "__main__":
    main()
