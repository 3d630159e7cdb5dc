"""Faults of the user's code: each costs one model, and says what happened, where, and what to do."""

from __future__ import annotations

import os
import re
import sys
import time

import psutil
import pytest
from worker_project import Project

from sphinxext_layered.worker import Described, Failure, ModelRequest, child, describe_all

# name: (code of bad.py, target, subtype, parts of the message)
FAULTS = {
    "no such module": ("", "goood:build", "target", ["no module 'goood'", "did you mean 'good'?", "sys.path"]),
    "no such inner module": ("", "good.inner:build", "target", ["'good' is not a package"]),
    "no such attribute": ("", "good:biuld", "target", ["good has no 'biuld'", "did you mean 'build'?"]),
    "wrong arguments": ("", "good:build(depth=3)", "target", ["depth", "it takes build(size=8)", "literals"]),
    "not callable": ("build = 3", "bad:build", "target", ["is of type int", "refer to the function"]),
    "missing import": (
        "import nowhere_at_all",
        "bad:build",
        "model",
        ["No module named 'nowhere_at_all'", "install it", 'File "bad.py", line 1', "import nowhere_at_all"],
    ),
    "exception while imported": ("x = 1\ny = x / 0", "bad:build", "model", ["ZeroDivisionError", '"bad.py", line 2']),
    "exception": (
        "def inner(n):\n    return [][n]\n\ndef build():\n    return inner(3)",
        "bad:build",
        "model",
        [
            "IndexError",
            '"bad.py", line 5, in build\n    return inner(3)',
            '"bad.py", line 2, in inner\n    return [][n]',
        ],
    ),
    "exception without a text": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\n\ndef build():\n    raise Odd",
        "bad:build",
        "model",
        ["Odd: (its message cannot be shown)", "line 5, in build"],
    ),
    "exception of another base": (
        "class Odd(BaseException): pass\ndef build():\n    raise Odd('odd')",
        "bad:build",
        "model",
        ["Odd: odd", "line 3, in build"],
    ),
    "group of exceptions": (
        "def build():\n    raise BaseExceptionGroup('all', [KeyboardInterrupt()])",
        "bad:build",
        "model",
        ["BaseExceptionGroup", "line 2, in build"],
    ),
    "returns None": ("def build(): pass", "bad:build", "model", ["None", "return"]),
    "negative spacing": (
        "from layers import Layer, Model\nclass SpacingDummyLayer(Layer):\n    spacing = -5\n"
        "def build():\n    model = Model(8)\n    model.layers.append(SpacingDummyLayer('gap', 8))\n    return model",
        "bad:build",
        "model",
        ["spacing: expected a number from 0", "got -5"],
    ),
    "layers that raise": (
        "class Net:\n    @property\n    def layers(self):\n        raise RuntimeError('none today')\n"
        "def build():\n    return Net()",
        "bad:build",
        "model",
        ["layers of Net cannot be read: RuntimeError('none today')", "line 4, in layers"],
    ),
    "returns a tuple": ("def build(): return 1, 2", "bad:build", "model", ["tuple"]),
    "returns a function": ("def build(): return build", "bad:build", "model", ["function"]),
    "syntax error": ("def build(:\n    pass", "bad:build", "model", ["SyntaxError", '"bad.py", line 1', "def build(:"]),
    "circular import": (
        "from circle import x\ny = 1",
        "bad:build",
        "model",
        ["in a circle", "inside a function", '"circle.py", line 2'],
    ),
    "sys.exit": ("import sys\ndef build():\n    sys.exit(3)", "bad:build", "model", ["SystemExit: 3", "line 3"]),
    "sys.exit while imported": ("import sys\nsys.exit('no')", "bad:build", "model", ["SystemExit: no", "line 2"]),
    "os._exit": ("import os\ndef build(): os._exit(7)", "bad:build", "worker", ["status 7", "os._exit"]),
    "os._exit while imported": ("import os\nos._exit(0)", "bad:build", "worker", ["status 0"]),
    "segmentation fault": (
        "import ctypes\ndef build():\n    ctypes.string_at(0)",
        "bad:build",
        "worker",
        ["segmentation fault", '"bad.py", line 3, in build\n    ctypes.string_at(0)'],
    ),
    "abort": ("import os\ndef build():\n    os.abort()", "bad:build", "worker", ["an abort", "line 3, in build"]),
    "killed": ("import os\ndef build(): os.kill(os.getpid(), 9)", "bad:build", "worker", ["SIGKILL"]),
    "deep recursion": (
        "def build():\n    return build()",
        "bad:build",
        "model",
        ["RecursionError", "an end"],
    ),
    "deep recursion in data": (
        "def build():\n    x = []\n    for _ in range(10**5): x = [x]\n    return repr(x)",
        "bad:build",
        "model",
        ["RecursionError"],
    ),
    "KeyboardInterrupt": (
        "def build():\n    raise KeyboardInterrupt",
        "bad:build",
        "model",
        ["KeyboardInterrupt", "raise an Exception"],
    ),
    "warnings turned into errors": (
        "import warnings\nwarnings.simplefilter('error')\ndef build():\n    warnings.warn('old')",
        "bad:build",
        "model",
        ["UserWarning: old", "warning was turned into an error", "line 4, in build"],
    ),
    "closed descriptors": (
        "import os\ndef build():\n    os.closerange(0, 100)\n    return __import__('good').build()",
        "bad:build",
        "worker",
        ["closed a pipe that it did not open", "close only what it opened"],
    ),
    "TensorFlow absent": (
        "def build():\n    import tensorflow",
        "bad:build",
        "framework",
        ["tensorflow is not installed", "layered_view_python", "layered_view_mode", "line 2, in build"],
    ),
    "Keras broken": (
        "import keras",
        "bad:build",
        "framework",
        ["keras cannot be imported", "ImportError: no library", "layered_view_python"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_costs_one_model_and_is_told(project: Project, name: str) -> None:
    code, target, subtype, parts = FAULTS[name]
    project.write("circle.py", "import bad\nx = bad.y")
    project.write("keras/__init__.py", "from . import inner")
    project.write("keras/inner.py", "raise ImportError('no library')")
    project.write("tensorflow.py", "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')")
    failed = project.fault(code, target)
    assert failed.subtype == subtype
    for part in parts:
        assert part in failed.message


def test_keras_without_its_backend_is_told_which_are_there(project: Project) -> None:
    project.write("keras/__init__.py", "import tensorflow")
    project.write("tensorflow.py", "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')")
    project.write("jax.py", "")
    failed = project.fault("import keras")
    assert failed.subtype == "framework"
    for part in ("Keras computes with tensorflow", "it has jax", "{'KERAS_BACKEND': 'jax'}", "install tensorflow"):
        assert part in failed.message


def test_detail_has_the_whole_traceback_and_the_output(project: Project) -> None:
    failed = project.fault("def build():\n    print('on the way')\n    return int('much')")
    assert "Traceback (most recent call last)" in failed.detail
    assert "invalid literal for int()" in failed.detail
    assert "Output:\non the way" in failed.detail
    assert "layered/worker/" not in failed.detail


def test_endless_loop_ends_at_the_time_limit(project: Project) -> None:
    failed = project.fault("def build():\n    while True:\n        pass", timeout=1.0)
    assert failed.subtype == "worker"
    for part in ("within 1 s", "layered_view_timeout", '"bad.py", line ', "in build"):
        assert part in failed.message


def test_loop_that_never_lets_other_threads_run_ends_too(project: Project) -> None:
    code = """
    import ctypes
    def build():
        ctypes.PyDLL(None).sleep(60)
    """
    failed = project.fault(code, timeout=1.0)
    assert "within 1 s" in failed.message
    assert "line 4, in build" in failed.message


def test_each_model_has_the_whole_time_limit(project: Project) -> None:
    project.write("slow.py", "import time, good\ndef build():\n    time.sleep(0.5)\n    return good.build()")
    results = project.describe(*["slow:build"] * 4, timeout=1.2)
    assert all(isinstance(result, Described) for result in results)


@pytest.mark.skipif(sys.platform == "win32", reason="resident memory is watched there with psutil alone")
def test_endless_allocation_ends_at_the_memory_limit(project: Project) -> None:
    code = "def build():\n    kept = []\n    while True:\n        kept.append(bytearray(10 << 20))"
    failed = project.fault(code, memory_limit=300)
    assert failed.subtype == "worker"
    for part in (
        "MB of resident memory",
        "the limit is 300 MB",
        "raise layered_view_memory_limit",
        '"bad.py", line 4, in build',
    ):
        assert part in failed.message


@pytest.mark.skipif(sys.platform == "win32", reason="resident memory is watched there with psutil alone")
def test_a_memory_limit_below_what_python_takes_is_told_as_such(project: Project) -> None:
    first, second = project.describe("good:build", "good:build(3)", memory_limit=1)
    for failed in (first, second):
        assert isinstance(failed, Failure)
        assert re.match(
            r"Python alone takes \d+ MB .* the limit is 1 MB; raise layered_view_memory_limit", failed.message
        )
    assert project.started_children() == 1


def test_prints_of_any_amount_disturb_nothing_and_are_cut(project: Project) -> None:
    code = """
    import os, sys
    def build():
        print('{"id": 1, "description": {}}')
        os.write(1, b'{"ready": true}\\n' * 1000)
        for _ in range(300):
            print("x" * 100_000)
            sys.stderr.write("y" * 100_000)
        raise ValueError("enough")
    """
    failed = project.fault(code)
    assert "ValueError: enough" in failed.message
    assert len(failed.detail) < 20_000


def test_output_is_of_the_failed_model_alone(project: Project) -> None:
    project.write("loud.py", "import good\ndef build():\n    print('loud')\n    return good.build()")
    project.write("bad.py", "def build():\n    print('quiet')\n    1 / 0")
    _, failed, _ = project.describe("loud:build", "bad:build", "loud:build")
    assert isinstance(failed, Failure)
    assert "quiet" in failed.detail
    assert "loud" not in failed.detail


HARMLESS = {
    "closed stdout": "import sys; sys.stdout.close(); sys.stderr.close()",
    "closed standard descriptors": "import os; os.close(1); os.close(2); os.close(0)",
    "replaced stdout": "import sys; sys.stdout = None; sys.stderr = 3",
    "read from stdin": "import sys; assert sys.stdin.read() == ''",
    "detached stdout": "import sys; sys.stdout.detach()",
    "ignored signals": "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); s.signal(s.SIGINT, print)",
    "alarm": "import signal; signal.alarm(1)",
    "deleted working folder": "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)",
    "trace function": "import sys; sys.settrace(lambda *_: None)",
    "emptied sys.path": "import sys; sys.path.clear()",
    "emptied finders": "import sys; sys.meta_path.clear()",
    "emptied environment": "import os; os.environ.clear()",
    "recursion limit": "import sys; sys.setrecursionlimit(150)",
    "forked": "import os; os.fork()",
    "faulthandler off": "import faulthandler; faulthandler.disable()",
    "daemon thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}


@pytest.mark.skipif(sys.platform == "win32", reason="fork and alarm are POSIX's")
@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_model_does_to_its_process_disturbs_no_description(project: Project, name: str) -> None:
    body = HARMLESS[name]
    project.write(
        "odd.py", f"from layers import Model\nmodel = Model(8, 4)\n\ndef build():\n    {body}\n    return model\n"
    )
    project.write("late.py", "import json.tool\nfrom layers import Model\n\ndef build():\n    return Model(8, 4)")
    odd, late = project.describe("odd:build", "late:build")
    assert isinstance(odd, Described), odd.message
    assert isinstance(late, Described), late.message
    assert odd.description == late.description


STATE = """
import os, random, sys, warnings, gc
from layers import Model

def number():
    sizes = [len(os.getcwd()), len(sys.path), len(os.environ), sys.getrecursionlimit(), len(warnings.filters),
             gc.isenabled(), random.randrange(10**6), sys.stdout.errors == "backslashreplace"]
    return Model(*(int(size) + 1 for size in sizes))

def disturb():
    os.chdir("/")
    sys.path.insert(0, "/nowhere")
    os.environ["NEW"] = "1"
    sys.setrecursionlimit(5000)
    warnings.simplefilter("error")
    gc.disable()
    random.seed(7)
    sys.stdout = open(os.devnull, "w")
    return Model(1)
"""


def test_model_after_others_is_what_it_is_alone(project: Project) -> None:
    project.write("state.py", STATE)
    first, disturbed, after, again = project.describe("state:number", "state:disturb", "state:number", "state:number")
    assert project.started_children() == 1
    assert isinstance(first, Described)
    assert isinstance(disturbed, Described)
    assert first.description == after.description == again.description  # type: ignore[union-attr]


def test_what_a_module_sets_while_imported_holds_for_each_of_its_models(project: Project) -> None:
    project.write("chosen.py", "import os\nos.environ['WIDTH'] = '30'")
    build = "import os\nfrom layers import Model\ndef build(): return Model(int(os.environ.get('WIDTH', 1)))"
    project.write("a.py", "import chosen\n" + build)
    project.write("b.py", "import chosen\n" + build)
    project.write("c.py", build)
    results = project.describe("a:build", "a:build", "c:build", "b:build", "a:build")
    widths = [result.description.layers[0].output_shapes[0][1] for result in results if isinstance(result, Described)]
    assert widths == [30, 30, 1, 30, 30]


def test_left_over_thread_is_ended_with_its_child(project: Project) -> None:
    project.write(
        "threads.py",
        "import threading, time, good\ndef build():\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()\n    return good.build()",
    )
    results = project.describe("threads:build", "good:build")
    assert all(isinstance(result, Described) for result in results)
    assert project.started_children() == 2


@pytest.mark.parametrize("how", ["", ", start_new_session=True"])
def test_left_over_processes_are_ended(project: Project, how: str) -> None:
    project.write(
        "processes.py",
        "import subprocess, sys, good\ndef build():\n"
        f"    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']{how})\n"
        "    open('pid', 'w').write(str(child.pid))\n    return good.build()",
    )
    results = project.describe("processes:build", "good:build")
    assert all(isinstance(result, Described) for result in results)
    deadline = time.monotonic() + 50
    pid = int((project.root / "pid").read_text())
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_failure_while_idle_is_not_the_next_models(project: Project) -> None:
    project.write(
        "later.py",
        "import threading, os, good\ndef build():\n"
        "    timer = threading.Timer(0.3, os._exit, (5,))\n    timer.daemon = True\n    timer.start()\n"
        "    return good.build()",
    )
    results = describe_all([ModelRequest(target="later:build"), ModelRequest(target="good:build")], project.settings())
    assert isinstance(next(results), Described)
    time.sleep(0.8)
    assert isinstance(next(results), Described)
    results.close()


def test_end_that_is_noticed_before_what_was_written_is_no_hang(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = child._read
    monkeypatch.setattr(child, "_read", lambda fd: time.sleep(0.1) or at_once(fd))
    failed = project.fault("import os\ndef build(): os._exit(7)", timeout=60)
    assert "status 7" in failed.message


def test_interpreter_that_cannot_be_started_is_told_once_for_all(project: Project) -> None:
    results = project.describe("good:build", "good:build", python=str(project.root / "no python"))
    assert [result.subtype for result in results if isinstance(result, Failure)] == ["worker", "worker"]
    assert "layered_view_python" in results[0].message  # type: ignore[union-attr]


def test_interpreter_that_is_no_python_is_told(project: Project) -> None:
    (failed,) = project.describe("good:build", python="/bin/cat" if os.path.exists("/bin/cat") else "/usr/bin/cat")
    assert isinstance(failed, Failure)
    assert failed.subtype == "worker"
    assert "layered_view_python" in failed.message or "cannot describe models" in failed.message
