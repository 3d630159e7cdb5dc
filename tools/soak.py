"""Build a small project again and again with random edits, and compare each build with one from scratch.

Run: ``python tools/soak.py --builds 500 --seed 1``. Edits of models, of a module they share, of a data file, of
options and prose; undos; models that break and are mended; deleted doctrees, output and cache entries; builds killed
with all their processes. After each the incremental build's pages and pictures have to be those of a build from
scratch, byte for byte; no process may be left over; the cache may hold no half-written file. Needs psutil, not
TensorFlow: the models are plain objects.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "LAYERED_VIEW_SOAK"

MODELS = """\
import pathlib
from shared import WIDTH


class {class_name}:
    def __init__(self, name, shape):
        self.name, self.output_shape = name, shape


class Model:
    name = "net{n}"

    def __init__(self):
        size = int(pathlib.Path(__file__).with_name("data{n}.txt").read_text())
        self.layers = [{class_name}(f"layer{{i}}", (None, size, size, WIDTH * (i + 1))) for i in range({layers})]


def build():
    {body}
    return Model()
"""


@dataclass
class Project:
    """The state of the sources: what to write, and where."""

    folder: Path
    pages: int = 4
    layers: dict[int, int] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    data: dict[int, int] = field(default_factory=dict)
    spacing: dict[int, int] = field(default_factory=dict)
    prose: dict[int, int] = field(default_factory=dict)
    width: int = 8

    def write(self) -> None:
        """Write all sources, leaving alone what has not changed."""
        self.put(
            "conf.py",
            "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\nextensions = ['sphinxext_layered']\n",
        )
        self.put("shared.py", f"WIDTH = {self.width}\n")
        listed = "".join(f"   page{n}\n" for n in range(self.pages))
        self.put("index.rst", f"Soak\n====\n\n.. toctree::\n\n{listed}")
        for n in range(self.pages):
            body = "raise ValueError('broken')" if n in self.broken else "pass"
            layers = self.layers.get(n, 3)
            self.put(f"net{n}.py", MODELS.format(n=n, layers=layers, body=body, class_name=f"Dense{n}"))
            self.put(f"data{n}.txt", f"{self.data.get(n, 16)}\n")
            self.put(
                f"page{n}.rst",
                f"Page {n}\n======\n\nProse {self.prose.get(n, 0)}.\n\n.. layered-view:: net{n}:build\n"
                f"   :spacing: {self.spacing.get(n, 10)}\n   :legend:\n\n   Caption.\n",
            )

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            future = time.time() + random.random()
            os.utime(path, (future, future))

    def built(self, output: str, cache: str, *, scratch: bool = False) -> None:
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", f"{output}/doctrees"]
        command += ["-E", "-a"] if scratch else []
        command += [".", f"{output}/html"]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(cache), capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"a build failed:\n{done.stdout}\n{done.stderr}")
        if bool(done.stderr.strip()) != bool(self.broken):
            sys.exit(f"warnings do not fit the sources (broken: {self.broken}):\n{done.stderr}")

    def killed(self, output: str, cache: str, after: float) -> None:
        command = [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-b",
            "html",
            "-d",
            f"{output}/doctrees",
            ".",
            f"{output}/html",
        ]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(cache),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment(cache: str) -> dict[str, str]:
    return {**os.environ, "LAYERED_VIEW_CACHE_DIR": cache, MARK: "1"}


def pages_and_pictures(folder: Path) -> dict[str, str]:
    """Give the digests of what readers see."""
    shown = [*folder.glob("*.html"), *folder.glob("_images/*")]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in shown}


def actions(project: Project, pick: random.Random) -> dict[str, Callable[[], None]]:
    """Name what can be done to the project."""
    page = pick.randrange(project.pages)

    def toggle_broken() -> None:
        project.broken ^= {page}

    def forget(name: str) -> Callable[[], None]:
        return lambda: shutil.rmtree(project.folder / name, ignore_errors=True)

    def damage() -> None:
        entries = [path for path in (project.folder / "_cache").rglob("*") if path.is_file()]
        if entries:
            victim = pick.choice(entries)
            content = victim.read_bytes()
            victim.write_bytes(pick.choice([b"", content[: len(content) // 2], content[::-1], b"{}"]))

    def touch() -> None:
        os.utime(project.folder / f"net{page}.py")

    return {
        "edit a model": lambda: project.layers.update({page: pick.randint(2, 6)}),
        "edit the shared module": lambda: setattr(project, "width", pick.choice([4, 8, 16])),
        "edit a data file": lambda: project.data.update({page: pick.choice([8, 16, 32])}),
        "edit an option": lambda: project.spacing.update({page: pick.randint(5, 15)}),
        "edit prose": lambda: project.prose.update({page: pick.randint(0, 99)}),
        "break or mend": toggle_broken,
        "mend all": project.broken.clear,
        "touch": touch,
        "no change": lambda: None,
        "forget the doctrees": forget("_build/doctrees"),
        "forget the output": forget("_build/html"),
        "damage the cache": damage,
    }


def left_over() -> list[int]:
    """Give the processes of builds that have ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and MARK in process.environ() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def soak(folder: Path, builds: int, seed: int) -> None:
    """Do it; any difference ends the program with what was done."""
    pick = random.Random(seed)
    project = Project(folder)
    project.write()
    history: list[str] = []
    most_files = 0
    for number in range(builds):
        name, action = pick.choice(sorted(actions(project, pick).items(), key=lambda item: item[0]))
        action()
        history.append(name)
        project.write()
        if pick.random() < 0.15:
            history.append("killed")
            project.killed("_build", str(folder / "_cache"), pick.uniform(0.1, 1.5))
        project.built("_build", str(folder / "_cache"))
        shutil.rmtree(folder / "_scratch", ignore_errors=True)
        shutil.rmtree(folder / "_scratch_cache", ignore_errors=True)
        project.built("_scratch", str(folder / "_scratch_cache"), scratch=True)
        ours, right = pages_and_pictures(folder / "_build/html"), pages_and_pictures(folder / "_scratch/html")
        if ours != right:
            different = sorted(key for key in ours.keys() | right.keys() if ours.get(key) != right.get(key))
            sys.exit(f"build {number} (seed {seed}) differs from scratch in {different}\nafter {history[-12:]}")
        time.sleep(0.05)
        if left := left_over():
            sys.exit(f"build {number} (seed {seed}) left processes {left} after {history[-3:]}")
        most_files = max(most_files, sum(1 for path in (folder / "_cache").rglob("*") if path.is_file()))
        if number % 25 == 24:
            print(f"{number + 1} builds right; at most {most_files} files in the cache", flush=True)
    print(f"{builds} builds with seed {seed}, nothing wrong; at most {most_files} files in the cache")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak") as temporary:
        folder = Path(temporary) / "docs"
        folder.mkdir()
        soak(folder, arguments.builds, arguments.seed)


if __name__ == "__main__":
    main()
