"""The child process as the parent sees it: its pipes, its memory, the ways in which it ends."""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import queue
import re
import signal
import site
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sphinxext_layered.errors import WorkerError

from .dependencies import chosen_environment, kill_group
from .messages import CodeLine, ModelRequest, WorkerSettings, plain

_START_LIMIT: Final = 60.0
_GRACE: Final = 3.0
LONGEST_ANSWER: Final = 64 << 20
_MOST_OUTPUT: Final = 256 << 10
_SHOWN_OUTPUT: Final = 8_000
_WATCHED_EVERY: Final = 0.05
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_BOOTSTRAP: Final = """\
import importlib.util, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "sphinxext_layered", folder + "/__init__.py", submodule_search_locations=[folder])
package = sys.modules["sphinxext_layered"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
sys.argv[:] = [""]
from sphinxext_layered.worker.server import main
main()
"""


class StartError(WorkerError):
    """No child can be started, or is to be."""


class IdleError(WorkerError):
    """The child was lost before it began with a model."""


def garbled(what: str) -> str:
    """Return the message for an answer that is none."""
    return f"the child's answer cannot be read ({what}): does the model's code write to files that it did not open?"


class Child:
    """One child process: its pipes, the threads that read them, and its end."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._token = os.urandom(8).hex()
        self._marks = ("", "")
        self._asked = False
        self._events: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._output = bytearray()
        self._output_grew = threading.Condition()
        self._output_ended = False
        self._ended = False
        self._began = time.monotonic()
        self._process = self._start()
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._read_answers, self._read_output, self._wait_for_end)
        ]
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:
            self.kill()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        settings = self._settings
        group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            process = subprocess.Popen(
                [settings.python, "-P", "-c", _BOOTSTRAP, str(_PACKAGE)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                env=_environment(settings, self._token), **group,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise StartError(
                f"{settings.python} cannot be started: {error}; {settings.remedies.start_python}"
            ) from None
        if trace := os.environ.get("LAYERED_VIEW_TRACE"):
            with open(trace, "a", encoding="utf-8") as file:
                file.write(f"{process.pid}\n")
        return process

    def greet(self) -> None:
        """Send the child its settings, and wait until it is ready.

        Raises
        ------
        StartError
            It cannot describe models.
        """
        settings = self._settings
        self._send({
            "token": self._token,
            "sys_path": _paths_for(settings),
            "directory": settings.directory or os.getcwd(),
            "root": settings.root or os.getcwd(),
            "timeout": settings.timeout,
            "modules": None if settings.modules is None else list(settings.modules),
            "environment": chosen_environment(settings.environment),
            "remedies": list(settings.remedies),
        })  # fmt: skip
        try:
            hello = self._await(self._began + _START_LIMIT)
        except StartError:
            raise
        except WorkerError as error:
            raise StartError(f"{settings.python} cannot describe models: {error}; {self._which_python()}") from None
        if hello is None or hello.get("ready") != self._token:
            why = f"did not start within {_START_LIMIT:.0f} s" if hello is None else "cannot describe models"
            raise StartError(f"{settings.python} {why}; {self._which_python()}")
        self._check_memory()

    def _which_python(self) -> str:
        return f"{self._settings.remedies.start_python}{self.output()}"

    def ask(self, number: int, request: ModelRequest) -> Mapping[str, Any]:
        """Send a request and wait for its answer.

        Raises
        ------
        WorkerError
            The child was lost, took too long or too much memory, or answered what it should not.
        """
        files = ([request.file] if request.file else []) + list(request.depends)
        self._marks = (f"{self._token}-{number}-begin", f"{self._token}-{number}-end")
        self._asked = True
        self._began = time.monotonic()
        self._send({
            "id": number,
            "target": request.target,
            "file": request.file,
            "input_shape": plain(request.input_shape),
            "text": request.text_reference,
            "files": files,
            "begin": self._marks[0],
            "end": self._marks[1],
        })  # fmt: skip
        limit = self._settings.timeout + _GRACE
        try:
            began = self._await(self._began + limit)
        except WorkerError as error:
            raise IdleError(str(error)) from None
        if began is not None and began.get("began") != number:
            raise WorkerError(garbled(f"{began!r:.60}"))
        answer = self._await(self._began + limit) if began is not None else None
        if answer is None:
            raise WorkerError(self._too_long())
        if answer.get("id") != number:
            raise WorkerError(garbled(f"{answer!r:.60}"))
        return answer

    def _send(self, document: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        data = json.dumps(document).encode("ascii") + b"\n"
        try:
            while data:
                data = data[self._process.stdin.write(data) or 0 :]
        except OSError:
            return  # _await raises its end, with the reason

    def _await(self, deadline: float) -> Mapping[str, Any] | None:
        """Return the next answer; None when the time is up. Raises WorkerError when the child ended."""
        watched = self._settings.memory_limit is not None
        while True:
            if self._ended:  # said once, maybe before what the child had written was read
                return self._last_answer()
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                event, data = self._events.get(timeout=min(left, _WATCHED_EVERY) if watched else left)
            except queue.Empty:
                self._check_memory()
                continue
            if event == "answer":
                return answer_of(data)
            if event == "long":
                raise WorkerError(garbled("it is too long"))
            self._ended = event == "ended"

    def _last_answer(self) -> Mapping[str, Any]:
        """Return the answer that an ended child wrote just before; raise how it ended where there is none."""
        try:
            while True:
                event, data = self._events.get(timeout=0.3)
                if event == "answer":
                    return {**answer_of(data), "spent": True}
                if event == "closed":
                    break
        except queue.Empty:
            pass
        raise WorkerError(self._lost())

    def _lost(self) -> str:
        code = self._process.returncode
        # With this status Python's fault handler ends what has taken too long.
        if code in (None, 1) and time.monotonic() - self._began >= self._settings.timeout * 0.98:
            return self._too_long()
        if code == 71:
            return "the model's code closed a pipe that it did not open, so it was lost; close only what it opened"
        if code is not None and code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            how = {
                "SIGSEGV": "a segmentation fault",
                "SIGABRT": "an abort",
                "SIGKILL": "SIGKILL: was it out of memory?",
            }
            return self._crashed(f"ended by {how.get(name, name)}")
        if code is not None and code >= 0xC0000000:
            return self._crashed(f"ended by Windows with the code {code:#x}")
        return (
            f"Python ended with the exit status {code} while the model was built, as os._exit does; remove the "
            "call that ends Python"
        )

    def _crashed(self, how: str) -> str:
        return f"Python was {how} while the model was built; run its function on its own to see why"

    def _too_long(self) -> str:
        limit, remedy = self._settings.timeout, self._settings.remedies.more_time
        return f"the model was not built within {limit:g} s; make it faster, or {remedy}"

    def _check_memory(self) -> None:
        limit, remedy = self._settings.memory_limit, self._settings.remedies.more_memory
        if not limit or (resident := _resident_megabytes(self._process.pid)) <= limit:
            return
        if not self._asked:
            raise StartError(f"Python alone takes {resident} MB of memory where the limit is {limit} MB; {remedy}")
        self._write_stack()
        had = f"the child had {resident} MB of resident memory where the limit is {limit} MB"
        raise WorkerError(f"{had}; make the model smaller, or {remedy}")

    def _write_stack(self) -> None:
        """Make Python's fault handler write where the child is."""
        if sys.platform != "win32":
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                os.kill(self._process.pid, signal.SIGABRT)
                self._process.wait(0.5)

    def lines_of_fault(self) -> tuple[CodeLine, ...]:
        """Return the lines of the user's files from what Python's fault handler wrote."""
        return _user_lines_of_fault(self.output(), self._settings.root)

    def output(self) -> str:
        """Return what the child wrote since the last request, its beginning and its end."""
        begin, end = (mark.encode("ascii") for mark in self._marks)
        with self._output_grew:
            self._output_grew.wait_for(lambda: self._output_ended or (end and end in self._output), timeout=1.0)
            text = bytes(self._output)
        text = text.rpartition(begin)[2] if begin else text
        text = text.partition(end)[0] if end else text
        shown = text.decode("utf-8", "replace").replace("\r\n", "\n").strip()
        if len(shown) > _SHOWN_OUTPUT:
            half = _SHOWN_OUTPUT // 2
            shown = f"{shown[:half]}\n[... left out ...]\n{shown[-half:]}"
        return f"\nOutput:\n{shown}\n" if shown else ""

    def _read_answers(self) -> None:
        assert self._process.stdout is not None
        rest = bytearray()
        while chunk := _read(self._process.stdout.fileno()):
            rest += chunk
            if len(rest) > LONGEST_ANSWER:
                self._events.put(("long", b""))
                return
            if b"\n" in chunk:
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    self._events.put(("answer", bytes(line)))
        self._events.put(("closed", b""))

    def _read_output(self) -> None:
        assert self._process.stderr is not None
        while chunk := _read(self._process.stderr.fileno()):
            with self._output_grew:
                self._output += chunk
                if len(self._output) > 2 * _MOST_OUTPUT:
                    del self._output[: len(self._output) - _MOST_OUTPUT]
                self._output_grew.notify_all()
        with self._output_grew:
            self._output_ended = True
            self._output_grew.notify_all()

    def _wait_for_end(self) -> None:
        self._process.wait()
        self._events.put(("ended", b""))

    def kill(self) -> None:
        """Kill the child and all its own children."""
        _kill_all(self._process, self._token)

    def end(self) -> None:
        """End the child and all its own children, and wait until they are gone."""
        self.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(1.0)
        if not any(thread.is_alive() for thread in self._threads):
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 16)
    except OSError:
        return b""


def answer_of(line: bytes) -> Mapping[str, Any]:
    """Return the answer in a line.

    Raises
    ------
    WorkerError
        There is none in it.
    """
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise WorkerError(garbled(f"{line[:60]!r}"))
    return answer


def _environment(settings: WorkerSettings, token: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    if not settings.gpu:
        environment.update(CUDA_VISIBLE_DEVICES="-1", HIP_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}
    for name, value in quiet.items():
        environment.setdefault(name, value)
    return {**environment, **settings.environment, "LAYERED_VIEW_CHILD": token}


def _paths_for(settings: WorkerSettings) -> list[str]:
    """Return the folders of modules; another interpreter must not find this one's packages."""
    paths = [os.path.abspath(path) for path in settings.sys_path]
    if os.path.abspath(settings.python) == os.path.abspath(sys.executable):
        return paths
    own = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own |= {os.path.realpath(path) for path in [*site.getsitepackages(), site.getusersitepackages()]}
    return [
        path
        for path in paths
        if os.path.realpath(path) not in own and os.path.basename(path) != "lib-dynload" and not path.endswith(".zip")
    ]


def _user_lines_of_fault(output: str, root: str) -> tuple[CodeLine, ...]:
    """Return the lines of the user's files from the text of Python's fault handler, outermost first."""
    root = os.path.realpath(root or os.getcwd())
    found = []
    for file, line, name in re.findall(r'^  File "(.+?)", line (\d+) in (.+)$', output, re.MULTILINE):
        real = os.path.realpath(file)
        if real.startswith(root + os.sep) and not real.startswith(str(_PACKAGE)) and "site-packages" not in real:
            place = os.path.relpath(real, root).replace(os.sep, "/")
            linecache.checkcache(real)
            found.append(CodeLine(place, int(line), name, linecache.getline(real, int(line)).strip()))
    return tuple(reversed(found[:5]))


def _resident_megabytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where this system does not say (Windows without psutil)."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
        except (OSError, ValueError, IndexError):
            return 0
    try:
        import psutil

        return int(psutil.Process(pid).memory_info().rss) >> 20
    except Exception:
        pass
    try:
        said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, timeout=5, check=False).stdout
        return int(said or 0) >> 10
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _kill_all(process: subprocess.Popen[bytes], token: str) -> None:
    """Kill the child, its process group, and those of its children that left the group."""
    kill_group(process)
    for pid in _marked_processes(token):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _marked_processes(token: str) -> Iterator[int]:
    """Find processes by the mark in their environment, where the system shows it."""
    mark = f"LAYERED_VIEW_CHILD={token}".encode()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for pid in pids:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    yield pid
        except OSError:
            continue
