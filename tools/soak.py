"""Build a small project again and again with random edits, and compare each build with one from scratch.

Run: ``python tools/soak.py --builds 500 --seed 1``. Edits of models, of a module they share, of a data file, of
options on pages and in conf.py, and of prose; files that come and go in a folder that a model lists, optional modules
that come and go, comments, changes of this extension's own code (of a copy); undos; models that break in several ways
and are fixed; deleted doctrees, output and cache entries; builds killed with all their processes; html and dirhtml
in turn on the same doctrees, with one reader and with two. After each the incremental build's pages, pictures and
warnings have to be those of a build from scratch, byte for byte; no process may be left over, nor a half-written or a
temporary file, and neither the memory of the builds nor the number of files grows. Needs psutil, not TensorFlow: the
models are plain objects.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import sphinxext_layered

MARK = "LAYERED_VIEW_SOAK"
BUILDERS = ("html", "dirhtml")
GRACE = 3.0
"""Seconds in which what was killed has to be gone."""

MODELS = """\
import pathlib
from shared import WIDTH
{comment}
try:
    from optional{n} import MORE
except ImportError:
    MORE = 0


class {class_name}:
    def __init__(self, name, shape):
        self.name, self.output_shape = name, shape


class Model:
    name = "net{n}"

    def __init__(self):
        size = int(pathlib.Path(__file__).with_name("data{n}.txt").read_text())
        count = {layers} + MORE + len(list(pathlib.Path(__file__).with_name("parts{n}").glob("*.txt")))
        self.layers = [{class_name}(f"layer{{i}}", (None, size, size, WIDTH * (i + 1))) for i in range(count)]


def build():
    {body}
    return Model()
"""

FAULTS = (
    "raise ValueError('broken')",
    "return None",
    "import os; os._exit(3)",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "import nowhere_at_all",
    "def nothing(:",
)


@dataclass
class State:
    """What the sources say."""

    layers: dict[int, int] = field(default_factory=dict)
    broken: dict[int, int] = field(default_factory=dict)
    data: dict[int, int] = field(default_factory=dict)
    spacing: dict[int, int] = field(default_factory=dict)
    prose: dict[int, int] = field(default_factory=dict)
    comments: dict[int, int] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    optional: dict[int, int] = field(default_factory=dict)
    width: int = 8
    padding: int = 10
    format: str = "png"


@dataclass(frozen=True)
class Done:
    """A finished build: its warnings, and the most memory that it had (megabytes)."""

    warnings: str
    memory: float


@dataclass
class Project:
    """The sources in a folder, and builds of them."""

    folder: Path
    pages: int = 4
    state: State = field(default_factory=State)

    def write(self) -> None:
        """Write all sources, leaving alone what has not changed."""
        if not self.package.exists():
            shutil.copytree(Path(sphinxext_layered.__file__).parent, self.package)
        state = self.state
        self.put(
            "conf.py",
            "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
            "extensions = ['sphinxext_layered']\nshow_warning_types = True\n"
            f"layered_view_defaults = {{'padding': {state.padding}}}\n"
            f"layered_view_formats = {{'html': '{state.format}', 'dirhtml': '{state.format}'}}\n",
        )
        self.put("shared.py", f"WIDTH = {state.width}\n")
        listed = "".join(f"   page{n}\n" for n in range(self.pages))
        self.put("index.rst", f"Soak\n====\n\n.. toctree::\n\n{listed}")
        for n in range(self.pages):
            body = FAULTS[state.broken[n]] if n in state.broken else "pass"
            layers = state.layers.get(n, 3)
            comment = f"# Comment {state.comments.get(n, 0)}."
            code = MODELS.format(n=n, layers=layers, body=body, class_name=f"Dense{n}", comment=comment)
            self.put(f"net{n}.py", code)
            (self.folder / f"parts{n}").mkdir(exist_ok=True)
            for part in range(3):
                self.put_or_remove(f"parts{n}/{part}.txt", "A part.\n" if part < state.parts.get(n, 0) else "")
            self.put_or_remove(f"optional{n}.py", f"MORE = {state.optional[n]}\n" if state.optional.get(n) else "")
            self.put(f"data{n}.txt", f"{state.data.get(n, 16)}\n")
            self.put(
                f"page{n}.rst",
                f"Page {n}\n======\n\nProse {state.prose.get(n, 0)}.\n\n.. layered-view:: net{n}:build\n"
                f"   :spacing: {state.spacing.get(n, 10)}\n   :legend:\n\n   Caption.\n",
            )

    def put_or_remove(self, name: str, text: str) -> None:
        if text:
            self.put(name, text)
        else:
            (self.folder / name).unlink(missing_ok=True)

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            future = time.time() + random.random()
            os.utime(path, (future, future))

    def command(self, output: str, builder: str, *options: str) -> list[str]:
        command = [sys.executable, "-m", "sphinx", "-q", "--no-color", "-b", builder, "-d", f"{output}/doctrees"]
        return [*command, *options, ".", f"{output}/{builder}"]

    def built(self, output: str, builder: str, *options: str) -> Done:
        """Build, and see that it ends well and leaves no temporary file."""
        (self.folder / "_tmp").mkdir(exist_ok=True)
        with tempfile.TemporaryFile("w+", dir=self.folder) as said:
            process = subprocess.Popen(
                self.command(output, builder, *options),
                cwd=self.folder,
                env=self.environment(output),
                stdout=said,
                stderr=said,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            warnings = said.read()
        if process.returncode:
            sys.exit(f"a build failed:\n{warnings}")
        if bool(warnings.strip()) != bool(self.state.broken):
            sys.exit(f"warnings do not fit the sources (broken: {self.state.broken}):\n{warnings}")
        if left := list((self.folder / "_tmp").iterdir()):
            sys.exit(f"a build left temporary files {left}")
        return Done(plain(warnings), used.ru_maxrss / 1024)

    def killed(self, output: str, builder: str, after: float, *options: str) -> None:
        """Begin a build, and kill its processes while it is at work."""
        process = subprocess.Popen(
            self.command(output, builder, *options),
            cwd=self.folder,
            env=self.environment(output),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(self.folder / "_tmp", ignore_errors=True)

    def environment(self, output: str) -> dict[str, str]:
        cache, temporary = str(self.folder / f"{output}_cache"), str(self.folder / "_tmp")
        here = os.pathsep.join([str(self.package.parent), *sys.path[1:]])
        own = {"LAYERED_VIEW_CACHE_DIR": cache, "TMPDIR": temporary, "PYTHONPATH": here, MARK: str(self.folder)}
        return {**os.environ, **own}

    @property
    def package(self) -> Path:
        """The copy of this extension that the builds run."""
        return self.folder.parent / "package" / "sphinxext_layered"


def plain(warnings: str) -> str:
    """Return warnings in an order of their own: with two readers theirs differs."""
    return "\n".join(sorted(re.split(r"\n(?=/)", warnings.strip())))


def pages_and_pictures(folder: Path) -> dict[str, str]:
    """Return the digests of what readers see."""
    shown = [*folder.rglob("*.html"), *folder.glob("_images/*")]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in shown}


def half_written(folder: Path) -> set[Path]:
    return set(folder.rglob(".writing-*"))


def actions(project: Project, pick: random.Random, before: list[State]) -> dict[str, Callable[[], object]]:
    """Name what can be done to the project."""
    page = pick.randrange(project.pages)
    state = project.state

    def break_or_fix() -> None:
        if state.broken.pop(page, None) is None:
            state.broken[page] = pick.randrange(len(FAULTS))

    def forget(name: str) -> Callable[[], None]:
        return lambda: shutil.rmtree(project.folder / name, ignore_errors=True)

    def damage() -> None:
        entries = sorted(path for path in (project.folder / "_build_cache").rglob("*") if path.is_file())
        if entries:
            victim = pick.choice(entries)
            content = victim.read_bytes()
            other = pick.choice(entries).read_bytes()
            victim.write_bytes(pick.choice([b"", content[: len(content) // 2], content[::-1], b"{}", other]))

    def damage_the_record() -> None:
        for victim in (project.folder / "_build/doctrees/layered_view").glob("*.json"):
            victim.write_bytes(victim.read_bytes()[: pick.randrange(200)])

    def change_the_extension() -> None:
        changed = project.package / pick.choice(["description.py", "drawing/graph.py", "worker/server.py"])
        changed.write_text(f"{changed.read_text()}# {pick.random()}\n")

    def undo() -> None:
        if before:
            project.state = copy.deepcopy(pick.choice(before[-5:]))

    return {
        "edit a model": lambda: state.layers.update({page: pick.randint(2, 6)}),
        "edit the shared module": lambda: setattr(state, "width", pick.choice([4, 8, 16])),
        "edit a data file": lambda: state.data.update({page: pick.choice([8, 16, 32])}),
        "add or remove a listed file": lambda: state.parts.update({page: pick.randint(0, 3)}),
        "add or remove an optional module": lambda: state.optional.update({page: pick.randint(0, 2)}),
        "edit a comment": lambda: state.comments.update({page: pick.randint(0, 99)}),
        "change this extension": change_the_extension,
        "edit an option": lambda: state.spacing.update({page: pick.randint(5, 15)}),
        "edit conf.py's options": lambda: setattr(state, "padding", pick.choice([5, 10, 20])),
        "change the format": lambda: setattr(state, "format", pick.choice(["png", "svg"])),
        "edit prose": lambda: state.prose.update({page: pick.randint(0, 99)}),
        "break or fix": break_or_fix,
        "fix all": state.broken.clear,
        "undo": undo,
        "undo some": undo,
        "touch": lambda: os.utime(project.folder / f"net{page}.py"),
        "no change": lambda: None,
        "forget the doctrees": forget("_build/doctrees"),
        "forget the output": forget(f"_build/{pick.choice(BUILDERS)}"),
        "damage the cache": damage,
        "damage the record": damage_the_record,
    }


def left_over(mark: str) -> list[str]:
    """Return the processes of builds that have ended."""
    found = []
    for process in psutil.process_iter():
        try:
            its = process.environ().get(MARK) == mark
            if its and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid}, {time.time() - process.create_time():.1f} s old: {process.cmdline()}")
        except psutil.Error:
            continue
    return found


def all_gone(mark: str) -> list[str]:
    """Wait for the end of what was killed, and give what is left."""
    deadline = time.monotonic() + GRACE
    while (left := left_over(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@dataclass
class Soak:
    """The project, what was done to it, and what the builds took."""

    project: Project
    seed: int
    history: list[str] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def run(self, builds: int) -> None:
        """Do it; anything wrong ends the program with what was done."""
        pick = random.Random(self.seed)
        self.project.write()
        for number in range(builds):
            builder = BUILDERS[pick.random() < 0.4]
            readers = ["-j", str(pick.choice([1, 1, 2]))]
            self.change(pick)
            kept = half_written(self.project.folder)
            if pick.random() < 0.15:
                self.history.append("killed")
                self.project.killed("_build", builder, pick.uniform(0.1, 1.5), *readers)
                kept = half_written(self.project.folder)
            ours = self.project.built("_build", builder, *readers)
            if left := half_written(self.project.folder) - kept:
                self.wrong(number, f"left half-written {left}")
            self.compare(number, builder, ours)
            if left_processes := all_gone(str(self.project.folder)):
                self.wrong(number, "left processes " + "\n".join(left_processes))
            self.memory.append(ours.memory)
            self.files.append(sum(1 for path in (self.project.folder / "_build").rglob("*") if path.is_file()))
            if number % 25 == 24:
                print(f"{number + 1} builds right; {self.taken()}", flush=True)
        self.growth()
        print(f"{builds} builds with seed {self.seed}, nothing wrong; {self.taken()}")

    def change(self, pick: random.Random) -> None:
        before = copy.deepcopy(self.project.state)
        name, action = pick.choice(list(actions(self.project, pick, self.states).items()))
        action()
        self.states.append(before)
        self.history.append(name)
        self.project.write()

    def compare(self, number: int, builder: str, ours: Done) -> None:
        folder = self.project.folder
        for name in ("_scratch", "_scratch_cache"):
            shutil.rmtree(folder / name, ignore_errors=True)
        scratch = self.project.built("_scratch", builder, "-E", "-a")
        found, right = (pages_and_pictures(folder / name / builder) for name in ("_build", "_scratch"))
        if found != right:
            different = sorted(key for key in found.keys() | right.keys() if found.get(key) != right.get(key))
            self.wrong(number, f"differs from scratch ({builder}) in {different}")
        if ours.warnings != scratch.warnings:
            self.wrong(number, f"warns otherwise:\n{ours.warnings}\nand from scratch:\n{scratch.warnings}")

    def growth(self) -> None:
        """See that the last builds took no more than the first ones."""
        tenth = len(self.memory) // 5
        if tenth < 10:
            return
        for what, numbers, most in (("memory", self.memory, 1.1), ("files of output", self.files, 1.5)):
            first, last = (statistics.median(part) for part in (numbers[:tenth], numbers[-tenth:]))
            if last > first * most:
                self.wrong(len(numbers) - 1, f"{what} grew from {first:.0f} to {last:.0f}")

    def taken(self) -> str:
        cached = sum(1 for path in (self.project.folder / "_build_cache").rglob("*") if path.is_file())
        return (
            f"at most {max(self.memory):.0f} MB (median {statistics.median(self.memory):.0f}), "
            f"{cached} files in the cache, {self.files[-1]} in output and doctrees"
        )

    def wrong(self, number: int, what: str) -> None:
        sys.exit(f"build {number} (seed {self.seed}): {what}\nafter {self.history[-12:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak") as temporary:
        folder = Path(temporary).resolve() / "docs"
        folder.mkdir()
        Soak(Project(folder), arguments.seed).run(arguments.builds)


if __name__ == "__main__":
    main()
