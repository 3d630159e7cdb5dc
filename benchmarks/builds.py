"""What a documentation build costs: ready-made pictures, this extension, matplotlib's plot directive.

Makes N pages, each with a Keras model of its own, three times over:

(a) with ready-made pictures of the models: the floor;
(b) with the ``layered-view`` directive;
(c) with matplotlib's ``plot`` directive, which calls the same drawer on the same models.

and builds them in turn, pair by pair: cold, with no change, after an edit of one page's prose, of one drawing
option, of one model, and from a fresh checkout in another folder whose cache was kept.

Run: ``python benchmarks/builds.py --pages 30 --pairs 5``. Needs the extras tensorflow and matplotlib, and psutil.
Each number is a median over the pairs; each ratio is the median of the ratios pair by pair, since the machine's own
speed drifts more than the builds differ. ``PYTHONPATH`` chooses the checkout that is measured.
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
    """A project of N pages in one of the three kinds, its sources in ``source`` and what is built in ``build``."""

    def __init__(self, kind: str, folder: Path, pages: int, pictures: Path | None = None) -> None:
        self.kind = kind
        self.folder = folder
        self.pages = pages
        self._stamp = 0
        (self.source / "models").mkdir(parents=True)
        (self.source / "models" / "__init__.py").touch()
        extensions = [EXTENSION[kind]] if EXTENSION[kind] else []
        (self.source / "conf.py").write_text(
            "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
            f"project = 'benchmark'\nextensions = {extensions}\nhtml_theme = 'alabaster'\n"
            "plot_formats = [('png', 100)]\nplot_html_show_formats = plot_html_show_source_link = False\n"
        )
        listed = "".join(f"   page{page}\n" for page in range(pages))
        (self.source / "index.rst").write_text(f"Benchmark\n=========\n\n.. toctree::\n\n{listed}")
        if pictures:
            shutil.copytree(pictures, self.source / "pictures")
        for page in range(pages):
            self.write_model(page, units=10)
            self.write_page(page)

    @property
    def source(self) -> Path:
        return self.folder / "source"

    def write_model(self, page: int, units: int) -> None:
        text = MODEL.format(page=page, size=32 + page % 5 * 8, filters=8 + page % 7 * 4, units=units)
        (self.source / "models" / f"m{page}.py").write_text(text)

    def write_page(self, page: int, words: str = "", spacing: int = 10) -> None:
        picture = PICTURE[self.kind].format(page=page, spacing=spacing)
        prose = "\n\n".join(["A paragraph of ordinary prose about *this* network and the ``others``. " * 6] * 6)
        title = f"Page {page}"
        (self.source / f"page{page}.rst").write_text(f"{title}\n{'=' * len(title)}\n\n{prose}\n\n{words}\n\n{picture}")

    def edit_prose(self) -> None:
        self._stamp += 1
        self.write_page(0, words=f"Edited {self._stamp} times.")

    def edit_option(self) -> None:
        self._stamp += 1
        self.write_page(0, spacing=10 + self._stamp)

    def edit_model(self) -> None:
        """Edit a model; its page too for the plot directive, which looks at nothing but pages."""
        self._stamp += 1
        self.write_model(0, units=10 + self._stamp)
        if self.kind == "c":
            self.write_page(0, words=f"Edited {self._stamp} times.", spacing=10 + self._stamp)

    def forget(self) -> None:
        shutil.rmtree(self.folder / "build", ignore_errors=True)

    def move(self) -> None:
        """Be a fresh checkout in another folder, with the cache and nothing else of the build."""
        self._stamp += 1
        for built in ("html", "doctrees"):
            shutil.rmtree(self.folder / "build" / built, ignore_errors=True)
        other = self.folder.with_name(f"{self.kind}-{self._stamp}")
        self.folder.rename(other)
        self.folder = other
        for path in self.source.rglob("*"):
            path.touch()

    def build(self, jobs: str) -> Measure:
        options = ["-q", "-b", "html", "-j", jobs, "-d", "build/doctrees"]
        return run([sys.executable, "-m", "sphinx", *options, "source", "build/html"], self.folder)


def import_tensorflow(folder: Path) -> Measure:
    """Measure a bare ``import tensorflow``, which no description of a model can be quicker than."""
    return run([sys.executable, "-c", "import tensorflow"], folder, {"CUDA_VISIBLE_DEVICES": "-1"})


SCENARIOS: dict[str, Callable[[Site], None]] = {
    "cold": Site.forget,
    "no change": lambda site: None,
    "prose edited": Site.edit_prose,
    "option edited": lambda site: site.edit_prose() if site.kind == "a" else site.edit_option(),
    "model edited": lambda site: site.edit_prose() if site.kind == "a" else site.edit_model(),
    "CI restore": Site.move,
}
"""What is done to a built project before the measured build."""

DESCRIBE = ("cold", "model edited")
"""Where models have to be described."""


def make_pictures(folder: Path, pages: int) -> Path:
    """Make the ready-made pictures with the extension itself, so that (a) shows what (b) shows."""
    site = Site("b", folder, pages)
    site.build("auto")
    pictures = folder.with_name("pictures")
    pictures.mkdir()
    for page in range(pages):
        html = (site.folder / "build/html" / f"page{page}.html").read_text(encoding="utf-8")
        name = html.partition('src="_images/')[2].partition('"')[0]
        shutil.copy(site.folder / "build/html/_images" / name, pictures / f"m{page}.png")
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[30], help="such as 10 30 100 1000 (default: 30)")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--jobs", default="1", help="as of sphinx-build -j (default: 1)")
    parser.add_argument("--kinds", default="abc", help="which of a, b, c (default: abc)")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS), help="scenarios by name")
    arguments = parser.parse_args()
    for pages in arguments.pages:
        with tempfile.TemporaryDirectory(prefix="builds") as temporary:
            report(Path(temporary), pages, arguments)


def report(folder: Path, pages: int, arguments: argparse.Namespace) -> None:
    pictures = make_pictures(folder / "seed", pages)
    sites = {kind: Site(kind, folder / kind, pages, pictures if kind == "a" else None) for kind in arguments.kinds}
    for site in sites.values():
        site.build(arguments.jobs)
    print(f"{pages} pages, -j {arguments.jobs}, medians of {arguments.pairs}; {machine()}\n")
    rows = []
    for name in arguments.only:
        measures: dict[str, list[Measure]] = {kind: [] for kind in sites}
        imports: list[Measure] = []
        for pair in range(arguments.pairs):
            # Turn by turn the other way round: what comes first after another build is a little slower.
            for kind, site in list(sites.items())[:: -1 if pair % 2 else 1]:
                SCENARIOS[name](site)
                measures[kind].append(site.build(arguments.jobs))
            if name in DESCRIBE:
                imports.append(import_tensorflow(folder))
        rows.extend(_rows(name, measures, imports))
    head = (
        "build",
        "kind",
        "wall s",
        "cpu s",
        "peak MB",
        "- (a) ms",
        "/ (a)",
        "cpu / (a)",
        "/ ((a) + import)",
        "/ (c)",
    )
    print(table(head, rows), "\n", flush=True)


def _rows(name: str, measures: dict[str, list[Measure]], imports: list[Measure]) -> list[tuple[str, ...]]:
    floor = measures["a"]
    with_import = [one.wall + other.wall for one, other in zip(floor, imports, strict=True)] if imports else []
    rival = [one.wall for one in measures.get("c", [])]
    rows = []
    for kind, runs in measures.items():
        over = median(one.wall - other.wall for one, other in zip(runs, floor, strict=True))
        work = median(one.cpu / other.cpu for one, other in zip(runs, floor, strict=True))
        rows.append(
            (
                name,
                kind,
                f"{median(one.wall for one in runs):.2f}",
                f"{median(one.cpu for one in runs):.2f}",
                f"{median(one.memory for one in runs):.0f}",
                f"{over * 1000:+.0f}",
                f"{ratio(runs, [one.wall for one in floor]):.2f}",
                f"{work:.2f}",
                f"{ratio(runs, with_import):.2f}" if imports else "-",
                f"{ratio(runs, rival):.2f}" if rival else "-",
            )
        )
    return rows


if __name__ == "__main__":
    main()
