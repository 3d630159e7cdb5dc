"""Faults of the user's code in a whole build: each costs its own picture, and the build after the fix is right."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from project import CONF, Outcome, Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork are POSIX's")

TIME_LIMIT = 3
MEMORY_LIMIT = 300

LAYERS = """\
class Dense:
    def __init__(self, name, shape):
        self.name, self.output_shape = name, shape


class Model:
    name = "net"

    def __init__(self, *sizes):
        self.layers = [Dense(f"layer{i}", (None, size)) for i, size in enumerate(sizes)]
"""

GOOD = "from layers import Model\n\n\ndef build(size=8):\n    return Model(size, 4)\n"

# name: (the module's code, what the reference says after the module's name, subtype, parts of the warning)
FAULTS = {
    "no such module": (None, ":build", "target", ["there is no module 'm_no_such_module'", "sys.path"]),
    "no such attribute": (GOOD, ":biuld", "target", ["has no 'biuld'", "did you mean 'build'?"]),
    "wrong arguments": (GOOD, ":build(depth=3)", "target", ["depth", "it takes build(size=8)"]),
    "not callable": ("build = 3", ":build", "target", ["is of type int", "refer to the function"]),
    "missing import": ("import nowhere_at_all", ":build", "model", ["nowhere_at_all", "install it", "line 1"]),
    "exception while imported": ("x = 1\ny = x / 0", ":build", "model", ["ZeroDivisionError", "line 2", "y = x / 0"]),
    "exception": (
        "def inner(n):\n    return [][n]\n\ndef build():\n    return inner(3)",
        ":build",
        "model",
        ["IndexError", "line 5, in build\n    return inner(3)", "line 2, in inner\n    return [][n]"],
    ),
    "returns None": ("def build(): pass", ":build", "model", ["None", "return"]),
    "returns a tuple": ("def build(): return 1, 2", ":build", "model", ["tuple"]),
    "returns a function": ("def build(): return build", ":build", "model", ["function"]),
    "syntax error": ("def build(:\n    pass", ":build", "model", ["SyntaxError", "line 1", "def build(:"]),
    "circular import": ("from circle import x\ny = 1", ":build", "model", ["in a circle", '"circle.py", line 2']),
    "sys exit": ("import sys\ndef build():\n    sys.exit(3)", ":build", "model", ["SystemExit: 3", "line 3"]),
    "os exit": ("import os\ndef build(): os._exit(7)", ":build", "worker", ["status 7", "os._exit"]),
    "segmentation fault": (
        "import ctypes\ndef build():\n    ctypes.string_at(0)",
        ":build",
        "worker",
        ["segmentation fault", "line 3, in build\n    ctypes.string_at(0)"],
    ),
    "abort": ("import os\ndef build():\n    os.abort()", ":build", "worker", ["an abort", "line 3, in build"]),
    "endless loop": (
        "def build():\n    while True:\n        pass",
        ":build",
        "worker",
        [f"within {TIME_LIMIT} s", "layered_view_timeout", "in build"],
    ),
    "endless allocation": (
        "def build():\n    kept = []\n    while True:\n        kept.append(bytearray(10 << 20))",
        ":build",
        "worker",
        ["MB of resident memory", f"the limit is {MEMORY_LIMIT} MB", "line 4, in build"],
    ),
    "deep recursion": ("def build():\n    return build()", ":build", "model", ["RecursionError", "an end"]),
    "keyboard interrupt": ("def build():\n    raise KeyboardInterrupt", ":build", "model", ["KeyboardInterrupt"]),
    "warnings as errors": (
        "import warnings\nwarnings.simplefilter('error')\ndef build():\n    warnings.warn('old')",
        ":build",
        "model",
        ["UserWarning: old", "a warning was turned into an error", "line 4, in build"],
    ),
    "text like our protocol": (
        "import os, sys\ndef build():\n    for fd in (1, 2):\n        os.write(fd, b'{\"id\": 1}\\n' * 9)\n"
        "    print('x' * 300_000)\n    raise ValueError('enough')",
        ":build",
        "model",
        ["ValueError: enough", "line 6"],
    ),
    "closed descriptors": (
        "import os\ndef build():\n    os.closerange(0, 100)\n    return __import__('good').build()",
        ":build",
        "worker",
        ["closed a pipe that it did not open"],
    ),
    "process left over": (
        "import subprocess, sys\ndef build():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "    raise ValueError('left')",
        ":build",
        "model",
        ["ValueError: left", "line 4"],
    ),
    "thread left over": (
        "import threading, time\ndef build():\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()\n    return 3",
        ":build",
        "model",
        ["int"],
    ),
}

# Each of these changes its process and gives a model all the same: the pictures are as if it had not.
DISTURBANCES = {
    "closed stdout": "import sys; sys.stdout.close(); sys.stderr.close()",
    "closed descriptors 0 to 2": "import os; os.close(0); os.close(1); os.close(2)",
    "another folder": "import os, tempfile; os.chdir(tempfile.gettempdir())",
    "emptied sys.path": "import sys; sys.path.clear()",
    "emptied environment": "import os; os.environ.clear()",
    "ignored signals": "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); s.signal(s.SIGINT, s.SIG_IGN)",
    "alarm": "import signal; signal.alarm(1)",
    "warnings as errors": "import warnings; warnings.simplefilter('error')",
    "recursion": "import sys; sys.setrecursionlimit(120)",
    "fork": "import os; os.fork()",
}


def module_of(name: str) -> str:
    return "m_" + re.sub(r"\W", "_", name)


@pytest.fixture
def left_over(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[list[str]]]:
    """Look for processes that inherited a mark of this test's."""
    mark = secrets.token_hex(8)
    monkeypatch.setenv("LAYERED_VIEW_TEST", mark)

    def look() -> list[list[str]]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                its = process.environ().get("LAYERED_VIEW_TEST") == mark and process.pid != os.getpid()
                if its and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.cmdline())
        return found

    return look


def page(title: str, reference: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n.. layered-view:: {reference}\n"


def sources(*, fixed: bool = False) -> dict[str, str]:
    """Return the project's files: after each page of a fault one with a good model of its own."""
    files = {
        "conf.py": f"{CONF}show_warning_types = True\nlayered_view_timeout = {TIME_LIMIT}\n"
        f"layered_view_memory_limit = {MEMORY_LIMIT}\n",
        "layers.py": LAYERS,
        "good.py": GOOD,
        "circle.py": f"import {module_of('circular import')} as it\nx = it.y\n",
        "index.rst": "Index\n=====\n\n.. toctree::\n   :glob:\n\n   p*\n",
    }
    for number, (name, (code, rest, _, _)) in enumerate(FAULTS.items()):
        module = module_of(name)
        if code is not None or fixed:
            files[f"{module}.py"] = GOOD if fixed else str(code)
        reference = f"{module}:build" if fixed else f"{module}{rest}"
        files[f"p{number:02}a.rst"] = page(name, reference)
        files[f"p{number:02}b.rst"] = page(f"after {name}", f"good:build({number + 10})")
    for number, (name, body) in enumerate(DISTURBANCES.items(), len(FAULTS)):
        module = f"d_{number}"
        body = "pass" if fixed else body
        files[f"{module}.py"] = (
            f"from layers import Model\nmodel = Model(7, 4)\n\n\ndef build():\n    {body}\n    return model\n"
        )
        files[f"p{number:02}a.rst"] = page(name, f"{module}:build")
        files[f"p{number:02}b.rst"] = page(f"after {name}", f"good:build({number + 10})")
    return files


def warnings_of(outcome: Outcome) -> dict[str, str]:
    """Return the whole warning of each page."""
    parts = re.split(r"(?m)^(?:.*/)?(\S+)\.rst:4: WARNING: ", outcome.warnings)
    assert parts[0] == "", "a warning without its place"
    assert len(set(parts[1::2])) == len(parts[1::2]), "two warnings of one page"
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def problems_of(number: int, name: str, warning: str, placeholder: str) -> Iterator[str]:
    """Return what a fault's warning and page lack."""
    module, (_, rest, subtype, parts) = module_of(name), FAULTS[name]
    if not warning.rstrip().endswith(f"[layered_view.{subtype}]"):
        yield f"{name} is not of the subtype {subtype}: {warning}"
    for part in (module, *parts):
        if part not in warning:
            yield f"{name} does not say {part!r}: {warning}"
    if "layered/worker/" in warning:
        yield f"{name} shows lines of ours: {warning}"
    if 'class="layered-view-failed' not in placeholder or f"{module}{rest}" not in placeholder or "<img" in placeholder:
        yield f"{name} has no placeholder on its page"


def test_each_fault_costs_its_own_picture_until_it_is_fixed(
    tmp_path: Path, left_over: Callable[[], list[list[str]]]
) -> None:
    project = Project(tmp_path, sources())
    outcome = project.build()
    assert left_over() == []

    warned = warnings_of(outcome)
    faults, pages = len(FAULTS), len(FAULTS) + len(DISTURBANCES)
    assert sorted(warned) == [f"p{number:02}a" for number in range(faults)]
    problems = [
        problem
        for number, name in enumerate(FAULTS)
        for problem in problems_of(number, name, warned[f"p{number:02}a"], outcome.text(f"p{number:02}a.html"))
    ]
    assert problems == []

    fresh = Project(tmp_path / "fresh", sources(fixed=True)).build()
    assert fresh.warnings == ""
    for number in range(pages):
        for page in (f"p{number:02}a.html", f"p{number:02}b.html"):
            if number >= faults or page.endswith("b.html"):
                assert outcome.text(page) == fresh.text(page)
    assert all(fresh.images[name] == data for name, data in outcome.images.items())

    for name, text in sources(fixed=True).items():
        project.put(name, text)
    fixed = project.build()
    assert (fixed.warnings, fixed.children) == ("", 1)
    assert fixed.images == fresh.images
    assert fixed.pages == fresh.pages
    again = project.build()
    assert (again.children, again.read, again.written, again.warnings) == (0, set(), set(), "")
    assert left_over() == []
