"""A folder of cheap models that need no framework, and a worker for it."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from sphinxext_layered.worker import Described, Failure, ModelRequest, WorkerSettings, describe_all

LAYERS = """
class Layer:
    def __init__(self, name, *sizes):
        self.name, self.output_shape = name, (None, *sizes)


class Model:
    name = "model"

    def __init__(self, *sizes):
        self.layers = [Layer(f"layer_{i}", size) for i, size in enumerate(sizes)]
"""

GOOD = """
from layers import Model


def build(size=8):
    return Model(size, 4)
"""


class Project:
    """A folder of modules, and a worker for it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.trace = root.with_name(f"{root.name}-trace")
        self.write("layers.py", LAYERS)
        self.write("good.py", GOOD)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def started_children(self) -> int:
        """How many children were started since the test began."""
        return len(self.trace.read_text().splitlines()) if self.trace.exists() else 0

    def settings(self, **changes: Any) -> WorkerSettings:
        root = str(self.root)
        return WorkerSettings(**{"sys_path": (root,), "directory": root, "root": root, "timeout": 20.0, **changes})

    def describe(self, *targets: str | ModelRequest, **settings: Any) -> list[Described | Failure]:
        requests = [each if isinstance(each, ModelRequest) else ModelRequest(target=each) for each in targets]
        return list(describe_all(requests, self.settings(**settings)))

    def fault(self, code: str, target: str = "bad:build", **settings: Any) -> Failure:
        """Describe a model with a fault, between two good ones that it must not disturb."""
        self.write("bad.py", code)
        before, failed, after = self.describe("good:build", target, "good:build(9)", **settings)
        assert isinstance(before, Described)
        assert isinstance(after, Described)
        assert after.description.layers[0].output_shapes == ((None, 9),)
        assert isinstance(failed, Failure)
        return failed
