"""The one child: who starts it, what it may call, and that it never stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from worker_project import LAYERS, Project

from sphinxext_layered import worker
from sphinxext_layered.errors import WorkerError
from sphinxext_layered.worker import Described, Failure, ModelRequest, describe_all
from sphinxext_layered.worker import child as child_module

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def message(result: Described | Failure) -> str:
    assert isinstance(result, Failure), result
    return result.message


def test_one_child_describes_all_models(project: Project) -> None:
    results = project.describe("good:build", "good:build(3)", "good:build(size=5)", "good.build(6)")
    sizes = [result.description.layers[0].output_shapes for result in results if isinstance(result, Described)]
    assert sizes == [((None, 8),), ((None, 3),), ((None, 5),), ((None, 6),)]
    assert project.started_children() == 1


def test_no_request_starts_no_child(project: Project) -> None:
    assert project.describe() == []
    assert project.started_children() == 0


def test_each_result_comes_as_soon_as_it_is_ready(project: Project) -> None:
    wait = "while not os.path.exists('go'): time.sleep(0.01)"
    project.write("waits.py", f"import os, time, good\ndef build():\n    {wait}\n    return good.build()")
    results = describe_all([ModelRequest(target="good:build"), ModelRequest(target="waits:build")], project.settings())
    assert isinstance(next(results), Described)
    project.write("go", "")
    assert isinstance(next(results), Described)
    results.close()


@pytest.mark.parametrize(
    "target",
    [
        *("function", "model", "Small", "Small.make", "partial", "nested.function", "Small(8, 4)"),
        *(
            "Builder(2).made",
            "Builder(depth=2).make((8, 4))",
            "Builder(2).make",
            "Builder(2).parts.kind",
            "chosen(2)(8, 4)",
        ),
        *("Builder(2).itself().made", "Builder(2).Small"),
    ],
)
def test_whatever_makes_a_model_is_called(project: Project, target: str) -> None:
    project.write(
        "kinds.py",
        """
        import functools, types
        from layers import Model

        class Small(Model):
            def __init__(self, *sizes):
                super().__init__(*(sizes or (8, 4)))

            @classmethod
            def make(cls):
                return cls(8, 4)

        def function():
            return Model(8, 4)

        class Builder:
            Small = Small

            def __init__(self, depth):
                self.made = Model(*(8, 4)[:depth])
                self.parts = types.SimpleNamespace(kind=Small)

            def itself(self):
                return self

            def make(self, sizes=(8, 4)):
                return Model(*sizes)

        def chosen(depth):
            return Small

        model = Model(8, 4)
        partial = functools.partial(Model, 8, 4)
        nested = types.SimpleNamespace(function=function)
        """,
    )
    (result,) = project.describe(f"kinds:{target}")
    assert isinstance(result, Described), result
    assert [layer.output_shapes for layer in result.description.layers] == [((None, 8),), ((None, 4),)]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("good:build().layer", "good:Model has no 'layer'; did you mean 'layers'?"),
        ("good:build().layers()", "good:build(...).layers is of type list, not a model or a function"),
        ("good:build().grow(1, 2)", "good:build(...).grow cannot be called with (1, 2): too many positional arguments"),
    ],
)
def test_step_that_leads_nowhere_is_told(project: Project, target: str, said: str) -> None:
    project.write("layers.py", LAYERS + "    def grow(self, size): return self\n")
    (failed,) = project.describe(target)
    assert isinstance(failed, Failure)
    assert failed.subtype == "target"
    assert said in failed.message


def test_arguments_are_never_shared_between_calls(project: Project) -> None:
    project.write("m.py", "from layers import Model\ndef build(sizes):\n    sizes.append(3)\n    return Model(*sizes)")
    results = project.describe("m:build([1, 2])", "m:build([1, 2])")
    assert [len(result.description.layers) for result in results if isinstance(result, Described)] == [3, 3]


def test_settings_reach_the_child(project: Project, tmp_path: Path) -> None:
    project.write(
        "m.py",
        "import os\nfrom layers import Model\ndef build():\n"
        "    return Model(*(len(v) for v in (os.getcwd(), os.environ['NAME'], os.environ['CUDA_VISIBLE_DEVICES'])))",
    )
    (tmp_path / "here").mkdir()
    (result,) = project.describe("m:build", directory=str(tmp_path / "here"), environment={"NAME": "abc"})
    assert isinstance(result, Described), result
    sizes = [layer.output_shapes[0][1] for layer in result.description.layers]
    assert sizes == [len(str(tmp_path / "here")), 3, len("-1")]


def test_gpus_are_seen_when_asked_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    project.write(
        "m.py",
        "import os\nfrom layers import Model\ndef build(): return Model(len(os.environ['CUDA_VISIBLE_DEVICES']))",
    )
    (result,) = project.describe("m:build", gpu=True)
    assert isinstance(result, Described), result
    assert result.description.layers[0].output_shapes == ((None, 5),)


def test_texts_come_from_the_reference(project: Project) -> None:
    project.write("texts.py", "def text(index, layer):\n    return f'{index}: {layer.name}', True")
    (result,) = project.describe(ModelRequest(target="good:build", text_reference="texts:text"))
    assert isinstance(result, Described), result
    assert [layer.text.text for layer in result.description.layers if layer.text] == ["0: layer_0", "1: layer_1"]


def test_description_file_needs_no_child(project: Project) -> None:
    (result,) = project.describe("good:build")
    assert isinstance(result, Described)
    project.write("saved/model.json", result.description.to_json())
    project.trace.unlink()
    (again,) = project.describe(ModelRequest(file="saved/model.json"))
    assert isinstance(again, Described), again
    assert again.description == result.description
    assert [name for name, _ in again.made_from.files] == ["saved/model.json"]
    assert project.started_children() == 0


def test_file_that_is_not_there_is_told(project: Project) -> None:
    failed, good = project.describe(ModelRequest(file="no.keras"), "good:build")
    assert isinstance(failed, Failure)
    assert failed.subtype == "target"
    assert "no.keras" in failed.message
    assert isinstance(good, Described)


# What a project trusts


STRANGER = """
from layers import Model

def build(*_):
    open('called', 'w')
    return Model(8)

class Net(Model):
    def __init__(self):
        build()

    @classmethod
    def make(cls):
        return build()
"""

TRUSTED = """
import os
import functools
from os import getcwd
import stranger
from stranger import build as borrowed
from layers import Model

here = os.getcwd
hidden = functools.partial(os.getcwd)
method = [].append
bound = os.environ.get

def build():
    return Model(8)

@functools.cache
def cached():
    return Model(8)

class Builder:
    os, foreign, Foreign, forged = os, stranger.build, stranger.Net, stranger.Net.make

    def make(self):
        return Model(8)

@functools.wraps(build)
def wrapped():
    return Model(8)

model = Model(8)
"""


@pytest.mark.parametrize(
    "target",
    [
        "os:getcwd", "stranger:build", "mypkg.models:os.getcwd", "mypkg.models:getcwd", "mypkg.models:here",
        "mypkg.models:hidden", "mypkg.models:method", "mypkg.models:bound", "mypkg.models:stranger.build",
        "mypkg.models:borrowed", "mypkg.models:build.__globals__", "mypkg.models:build.__class__", "mypkgs:build",
        "mypkg:os.getcwd",        "mypkg.models:functools.partial", "builtins:exec('x')",
        "mypkg.models:Builder().os.getcwd()", "mypkg.models:Builder().os", "mypkg.models:Builder().foreign",
        "mypkg.models:Builder.foreign()", "mypkg.models:Builder().Foreign", "mypkg.models:Builder().Foreign()",
        "mypkg.models:Builder().forged", "mypkg.models:Builder().make.__globals__",
        "mypkg.models:Builder().__class__()",
    ],
)  # fmt: skip
def test_object_of_another_package_is_refused(project: Project, target: str) -> None:
    project.write("mypkg/__init__.py", "import os")
    project.write("mypkg/models.py", TRUSTED)
    project.write("mypkgs.py", "open('imported', 'w')")
    project.write("stranger.py", STRANGER)
    failed, good = project.describe(target, "mypkg.models:build", modules=("mypkg",))
    assert isinstance(failed, Failure)
    assert failed.subtype == "target"
    assert "layered_view_modules" in failed.message
    assert "mypkg" in failed.message
    assert isinstance(good, Described)
    assert not (project.root / "imported").exists()
    assert not (project.root / "called").exists()


@pytest.mark.parametrize("name", ["build", "cached", "wrapped", "model", "Builder().make", "Builder().make()"])
def test_object_of_a_trusted_package_is_called(project: Project, name: str) -> None:
    project.write("mypkg/__init__.py", "")
    project.write("mypkg/models.py", TRUSTED)
    project.write("stranger.py", STRANGER)
    (result,) = project.describe(f"mypkg.models:{name}", modules=("mypkg",))
    assert isinstance(result, Described), result


def test_texts_of_another_package_are_refused(project: Project) -> None:
    (failed,) = project.describe(ModelRequest(target="good:build", text_reference="os:getcwd"), modules=("good",))
    assert "layered_view_modules" in message(failed)


# The end


def test_closing_the_iterator_ends_the_child(project: Project) -> None:
    project.write("slow.py", "import time\ntime.sleep(600)")
    results = describe_all([ModelRequest(target="good:build"), ModelRequest(target="slow:x")], project.settings())
    assert isinstance(next(results), Described)
    children = psutil.Process().children()
    assert len(children) == 1
    results.close()
    assert not children[0].is_running()


def test_descriptors_and_threads_do_not_grow(project: Project) -> None:
    def count() -> tuple[int, int]:
        return psutil.Process().num_fds(), threading.active_count()

    project.describe("good:build")
    before = count()
    for _ in range(5):
        project.describe("good:build", "os:_exit(1)", "good:build")
    assert count() == before


LONG = 50.0
"""More than any machine takes, and less than the minute that a child has for its start."""

PARENT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, also where this one ignores it
from sphinxext_layered.worker import *
root = {root!r}
settings = WorkerSettings(sys_path=(root,), directory=root, root=root, python={python!r})
requests = [ModelRequest(target=name) for name in ("good:build", "slow:build")]
for result in describe_all(requests, settings):
    print(result, flush=True)
"""


def started_parent(
    project: Project, wait: str, python: str = sys.executable
) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    project.write(
        "slow.py",
        "import subprocess, sys, time\ndef build():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open('began', 'w')\n    {wait}",
    )
    here = str(Path(worker.__file__).parents[2])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(root=str(project.root), python=python)], cwd=project.root,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": here},
    )  # fmt: skip
    deadline = time.monotonic() + LONG
    while not (project.root / "began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return parent, psutil.Process(parent.pid).children(recursive=True)


def gone(processes: list[psutil.Process], within: float = LONG) -> bool:
    return not psutil.wait_procs(processes, timeout=within)[1]


@posix
@pytest.mark.parametrize("wait", ["time.sleep(600)", "while True: pass"])
def test_child_ends_with_a_killed_parent(project: Project, wait: str) -> None:
    parent, children = started_parent(project, wait)
    assert len(children) == 2
    parent.kill()
    parent.communicate()
    assert gone(children)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_child_ends_with_an_interrupted_parent(project: Project, number: int) -> None:
    parent, children = started_parent(project, "time.sleep(600)")
    parent.send_signal(number)
    parent.communicate(timeout=LONG)
    assert gone(children)


@posix
def test_an_interrupt_ends_a_child_that_still_starts(project: Project) -> None:
    python = project.write("python", "#!/bin/sh\nsleep 1\ntouch began\nexec sleep 600\n")
    python.chmod(0o755)
    parent, children = started_parent(project, "pass", python=str(python))
    assert children
    parent.send_signal(signal.SIGINT)
    _, said = parent.communicate(timeout=LONG)
    assert b"KeyboardInterrupt" in said
    assert gone(children)


# The protocol


LINES = st.binary() | (st.text() | st.dictionaries(st.text(), st.integers())).map(
    lambda each: json.dumps(each).encode()
)


@settings(max_examples=500, deadline=None)
@given(LINES)
@example(b"[" * 100_000)
@example(b"\xff\xfe")
@example(b"")
def test_any_line_is_an_answer_or_a_worker_error(line: bytes) -> None:
    try:
        answer = child_module.answer_of(line)
    except WorkerError:
        return
    assert isinstance(answer, dict)


BEGAN = 'print(json.dumps({"began": 0}))\n'
GARBAGE = {
    "noise": "print('noise')",
    "bytes": r"sys.stdout.buffer.write(b'\xff\x00\n')",
    "other numbers": 'print(json.dumps({"id": 99, "began": 99}))',
    "other shapes": "print('[1]')\nprint('null')\nprint('3')",
    "no description": BEGAN + 'print(json.dumps({"id": 0, "spent": False}))',
    "odd description": BEGAN + 'print(json.dumps({"id": 0, "description": {"schema": 3}, "made_from": 3}))',
    "odd failure": BEGAN + 'print(json.dumps({"id": 0, "failed": {"subtype": 3}}))',
    "half a line": "sys.stdout.write('{\"id\": 0')",
    "again for ever": BEGAN + 'print(json.dumps({"id": 0, "again": True}))',
    "too much": "for _ in range(100): sys.stdout.write('x' * (1 << 20))",
    "deep": "print('[' * 100000)",
}


@posix
@pytest.mark.parametrize("name", GARBAGE)
def test_child_that_speaks_garbage_is_a_failure(project: Project, name: str) -> None:
    code = """
    #!{python}
    import json, sys, time
    settings = json.loads(sys.stdin.readline())
    print(json.dumps({{"ready": settings["token"]}}), flush=True)
    sys.stdin.readline()
    """
    script = textwrap.dedent(code).lstrip().format(python=sys.executable) + GARBAGE[name] + "\nsys.stdout.flush()\n"
    path = project.write("python", script)
    path.chmod(0o755)
    (failed,) = project.describe("good:build", python=str(path), timeout=1.0)
    assert isinstance(failed, Failure)
    assert failed.subtype == "worker"


def test_model_that_writes_into_every_descriptor_costs_itself_alone(project: Project) -> None:
    failed = project.fault(
        """
        import os, contextlib
        def build():
            for fd in range(3, 64):
                with contextlib.suppress(OSError):
                    os.write(fd, b"garbage")
        """
    )
    assert failed.subtype in ("worker", "model")


def test_descriptors_given_to_other_files_are_not_written_to(project: Project) -> None:
    code = """
    import os
    def build():
        os.closerange(3, 64)
        for fd in range(40):
            os.open("precious.txt", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        return __import__("good").build()
    """
    failed = project.fault(code)
    assert "closed a pipe" in failed.message
    assert (project.root / "precious.txt").read_bytes() == b""
