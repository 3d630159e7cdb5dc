"""What describing and drawing a model costs: with and without weights, time and memory; drawing times.

Run: ``python benchmarks/descriptions.py``. Needs the extra tensorflow, and psutil.
"""

from __future__ import annotations

import json
import subprocess
import sys

from measure import machine, median, table

SUBJECTS = {
    "VGG16": "keras.applications.VGG16(weights=None)",
    "ResNet50": "keras.applications.ResNet50(weights=None)",
    "EfficientNetV2L": "keras.applications.EfficientNetV2L(weights=None)",
    "36 billion parameters": "giant()",
}

CHILD = """
import json, sys, time
start = time.perf_counter()
import tensorflow, keras
imported = time.perf_counter() - start


def resident(key):
    for line in open("/proc/self/status"):
        if line.startswith(key):
            return int(line.split()[1]) / 1024


def giant():
    inputs = keras.Input((1024,))
    x = keras.layers.Embedding(50_000, 12_288)(inputs)
    for _ in range(20):
        y = keras.layers.MultiHeadAttention(96, 128)(x, x)
        x = keras.layers.LayerNormalization()(x + y)
        y = keras.layers.Dense(49_152, activation="gelu")(x)
        x = keras.layers.LayerNormalization()(x + keras.layers.Dense(12_288)(y))
    return keras.Model(inputs, x)


bare = resident("VmHWM")
from sphinxext_layered.reading import build_and_describe, describe

build = lambda: eval(sys.argv[1])
start = time.perf_counter()
description = describe(build()) if sys.argv[2] == "weights" else build_and_describe(build)
seconds = time.perf_counter() - start
peak = resident("VmHWM")
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.options import LayeredViewOptions

options = LayeredViewOptions.of({"max_width": 1000})
paint(lay_out(description, options), "png")
drawing = {}
start = time.perf_counter()
scene = lay_out(description, options)
drawing["layout"] = time.perf_counter() - start
for kind, ratio in (("png", 1), ("png", 2), ("svg", 1), ("pdf", 1)):
    start = time.perf_counter()
    paint(scene, kind, ratio)
    drawing[f"{kind}{ratio}"] = time.perf_counter() - start
print(
    json.dumps(
        {
            "imported": imported,
            "seconds": seconds,
            "bare": bare,
            "peak": peak,
            "layers": len(description.layers),
            "parameters": description.parameters,
            "drawing": drawing,
        }
    )
)
"""


def measured(expression: str, way: str) -> dict[str, float]:
    """Describe and draw once in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, expression, way], capture_output=True, text=True, check=True, errors="replace"
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    print(f"medians of 3; {machine()}\n")
    rows, drawings = [], []
    for name, expression in SUBJECTS.items():
        for way in ("weights", "no weights"):
            if way == "weights" and "giant" in expression:
                continue
            runs = [measured(expression, way) for _ in range(3)]
            seconds = median(run["seconds"] for run in runs)
            memory = median(run["peak"] - run["bare"] for run in runs)
            rows.append((name, way, f"{runs[0]['parameters']:,}", f"{seconds:.3f}", f"{memory:+.0f}"))
        parts = {part: median(run["drawing"][part] for run in runs) * 1000 for part in runs[0]["drawing"]}
        drawings.append((name, str(runs[0]["layers"]), *(f"{value:.0f}" for value in parts.values())))
    print(table(("model", "described", "parameters", "s", "MB over the import"), rows), "\n")
    print(table(("drawn at 1000 px", "layers", "layout ms", "PNG ms", "PNG 2x ms", "SVG ms", "PDF ms"), drawings))


if __name__ == "__main__":
    main()
