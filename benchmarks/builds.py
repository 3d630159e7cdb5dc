"""What a documentation build costs: ready-made pictures, this extension, matplotlib's plot directive.

Makes N pages, each with a Keras model of its own, three times over:

(a) with ready-made pictures of the models: the floor;
(b) with the ``layered-view`` directive;
(c) with matplotlib's ``plot`` directive, which calls the same drawer on the same models.

and builds them in turn, pair by pair: cold, with no change, after an edit of one page's prose, of one drawing
option, of one model, and from a fresh checkout in another folder whose cache was kept.

Run: ``python benchmarks/builds.py --pages 30 --pairs 5``. Needs the extras tensorflow and matplotlib, and psutil.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Measure, machine, median, ratio, run, table

MODEL = '''\
"""A small network of page {page}."""


def build():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(({size}, {size}, 3)),
            layers.Conv2D({filters}, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D({filters} * 2, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D({filters} * 4, 3, activation="relu", padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.5),
            layers.Dense({units}, activation="softmax"),
        ],
        name="network_{page}",
    )
'''

PLOT = """\
.. plot::

   import models.m{page} as source
   from sphinxext_layered import layered_view
   import matplotlib.pyplot as plt

   image = layered_view(source.build(), legend=True, spacing={spacing}, max_width=1000, save_fig=False)
   plt.figure(figsize=(image.width / 100, image.height / 100))
   plt.imshow(image)
   plt.axis("off")
"""

DIRECTIVE = """\
.. layered-view:: models.m{page}:build
   :legend:
   :spacing: {spacing}

   The network of page {page}.
"""

READY_MADE = """\
.. figure:: /pictures/m{page}.png
   :alt: The network of page {page}.

   The network of page {page}.
"""

PICTURE = {"a": READY_MADE, "b": DIRECTIVE, "c": PLOT}
EXTENSION = {"a": "", "b": "sphinxext_layered", "c": "matplotlib.sphinxext.plot_directive"}


class Site:
    """A project of N pages in one of the three kinds."""

    def __init__(self, kind: str, folder: Path, pages: int, pictures: Path | None = None) -> None:
        self.kind = kind
        self.folder = folder
        self.pages = pages
        self._stamp = 0
        (folder / "models").mkdir(parents=True)
        (folder / "models" / "__init__.py").touch()
        extensions = [EXTENSION[kind]] if EXTENSION[kind] else []
        (folder / "conf.py").write_text(
            "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
            f"project = 'benchmark'\nextensions = {extensions}\nhtml_theme = 'alabaster'\n"
            "plot_formats = [('png', 100)]\nplot_html_show_formats = plot_html_show_source_link = False\n"
        )
        listed = "".join(f"   page{page}\n" for page in range(pages))
        (folder / "index.rst").write_text(f"Benchmark\n=========\n\n.. toctree::\n\n{listed}")
        if pictures:
            shutil.copytree(pictures, folder / "pictures")
        for page in range(pages):
            self.write_model(page, units=10)
            self.write_page(page)

    def write_model(self, page: int, units: int) -> None:
        text = MODEL.format(page=page, size=32 + page % 5 * 8, filters=8 + page % 7 * 4, units=units)
        (self.folder / "models" / f"m{page}.py").write_text(text)

    def write_page(self, page: int, words: str = "", spacing: int = 10) -> None:
        picture = PICTURE[self.kind].format(page=page, spacing=spacing)
        prose = "\n\n".join(["A paragraph of ordinary prose about *this* network and the ``others``. " * 6] * 6)
        title = f"Page {page}"
        (self.folder / f"page{page}.rst").write_text(f"{title}\n{'=' * len(title)}\n\n{prose}\n\n{words}\n\n{picture}")

    def edit_prose(self) -> None:
        self._stamp += 1
        self.write_page(0, words=f"Edited {self._stamp} times.")

    def edit_option(self) -> None:
        self._stamp += 1
        self.write_page(0, spacing=10 + self._stamp)

    def edit_model(self) -> None:
        self._stamp += 1
        self.write_model(0, units=10 + self._stamp)

    def forget(self) -> None:
        for built in ("_build", ".layered_view_cache"):
            shutil.rmtree(self.folder / built, ignore_errors=True)

    def move(self) -> None:
        """Be a fresh checkout in another folder, with the cache and nothing else of the build."""
        self._stamp += 1
        shutil.rmtree(self.folder / "_build" / "html", ignore_errors=True)
        other = self.folder.with_name(f"{self.folder.name.split('-')[0]}-{self._stamp}")
        for built in ("doctrees",):
            shutil.rmtree(self.folder / "_build" / built, ignore_errors=True)
        self.folder.rename(other)
        self.folder = other

    def build(self, jobs: str) -> Measure:
        command = [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-b",
            "html",
            "-j",
            jobs,
            "-d",
            "_build/doctrees",
            ".",
            "_build/html",
        ]
        return run(command, self.folder)


def import_tensorflow(folder: Path) -> Measure:
    """Measure a bare ``import tensorflow``, which no description of a model can be quicker than."""
    return run([sys.executable, "-c", "import tensorflow"], folder, {"CUDA_VISIBLE_DEVICES": "-1"})


def scenarios() -> dict[str, Callable[[Site], None]]:
    """Name what is done to a built project before the measured build."""
    return {
        "cold": Site.forget,
        "no change": lambda site: None,
        "prose edited": Site.edit_prose,
        "option edited": lambda site: site.edit_prose() if site.kind == "a" else site.edit_option(),
        "model edited": lambda site: site.edit_prose() if site.kind == "a" else site.edit_model(),
        "CI restore": Site.move,
    }


def make_pictures(folder: Path, pages: int) -> Path:
    """Make the ready-made pictures with the extension itself, so that (a) shows what (b) shows."""
    site = Site("b", folder, pages)
    site.build("auto")
    pictures = folder.with_name("pictures")
    pictures.mkdir()
    for page in range(pages):
        html = (site.folder / "_build/html" / f"page{page}.html").read_text(encoding="utf-8")
        name = html.partition('src="_images/')[2].partition('"')[0]
        shutil.copy(site.folder / "_build/html/_images" / name, pictures / f"m{page}.png")
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--jobs", default="1", help="as of sphinx-build -j (default: 1)")
    parser.add_argument("--kinds", default="abc", help="which of a, b, c (default: abc)")
    parser.add_argument("--only", help="one scenario by name")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="builds") as temporary:
        report(Path(temporary), arguments)


def report(folder: Path, arguments: argparse.Namespace) -> None:
    pictures = make_pictures(folder / "seed", arguments.pages)
    sites = {
        kind: Site(kind, folder / kind, arguments.pages, pictures if kind == "a" else None) for kind in arguments.kinds
    }
    for site in sites.values():
        site.build(arguments.jobs)
    print(f"{arguments.pages} pages, -j {arguments.jobs}, medians of {arguments.pairs}; {machine()}\n")
    rows = []
    for name, prepare in scenarios().items():
        if arguments.only and name != arguments.only:
            continue
        measures: dict[str, list[Measure]] = {kind: [] for kind in sites}
        imports: list[Measure] = []
        for _ in range(arguments.pairs):
            for kind, site in sites.items():
                prepare(site)
                measures[kind].append(site.build(arguments.jobs))
            imports.append(import_tensorflow(folder))
        rows.extend(_rows(name, measures, imports))
    print(table(("build", "kind", "wall s", "cpu s", "peak MB", "/ (a)", "/ ((a) + import)", "/ (c)"), rows))


def _rows(name: str, measures: dict[str, list[Measure]], imports: list[Measure]) -> list[tuple[str, ...]]:
    floor = [one.wall for one in measures["a"]]
    with_import = [one + other.wall for one, other in zip(floor, imports, strict=True)]
    rival = [one.wall for one in measures.get("c", [])]
    rows = []
    for kind, runs in measures.items():
        rows.append(
            (
                name,
                kind,
                f"{median(one.wall for one in runs):.2f}",
                f"{median(one.cpu for one in runs):.2f}",
                f"{median(one.memory for one in runs):.0f}",
                f"{ratio(runs, floor):.2f}",
                f"{ratio(runs, with_import):.2f}",
                f"{ratio(runs, rival):.2f}" if rival else "-",
            )
        )
    return rows


if __name__ == "__main__":
    main()
