"""Paths: the cache, the project's root, and the record of what was written."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..freshness import root_above

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CACHE_NAME = ".layered_view_cache"


def cache_folder(app: Sphinx) -> Path:
    """Return the cache folder: as configured, else next to the output, else in the doctree folder.

    Next to the output it would be in the way if that is the source folder, contains it, or is in it
    (sphinx-autobuild watches the sources), and where it is the folder of temporary files.
    """
    told = os.environ.get("LAYERED_VIEW_CACHE_DIR") or app.config.layered_view_cache_dir
    if told:
        return Path(app.confdir, told).resolve()
    beside = Path(app.outdir).resolve().parent
    source = Path(app.srcdir).resolve()
    if (
        beside.is_relative_to(source)
        or source.is_relative_to(beside)
        or beside == Path(tempfile.gettempdir()).resolve()
    ):
        return Path(app.doctreedir).resolve() / CACHE_NAME
    return beside / CACHE_NAME


def package_record(app: Sphinx) -> Path:
    """Return the file that keeps this package's fingerprint between builds."""
    return Path(app.doctreedir).resolve() / "layered_view" / "package"


def spare_folder(app: Sphinx) -> Path:
    """Return the folder for pictures where the cache cannot be written."""
    return Path(app.doctreedir).resolve() / "layered_view_spare"


def descriptions_folder(app: Sphinx) -> Path | None:
    """Return the folder of descriptions that are committed, if there is one."""
    told = app.config.layered_view_descriptions_dir
    return Path(app.confdir, told).resolve() if told else None


def search_path(confdir: str | os.PathLike[str]) -> list[str]:
    """Return ``sys.path``, a relative entry as conf.py means it.

    ``sys.path.insert(0, "..")`` there is meant to be relative to conf.py; Python takes it relative to the
    folder where the build was started.
    """
    found: dict[str, None] = {}
    for entry in sys.path:
        found[entry] = None
        if entry and not os.path.isabs(entry):
            found[os.path.normpath(os.path.join(confdir, entry))] = None
    return list(found)


def project_root(app: Sphinx) -> Path:
    """Return the folder that the names of a model's sources are relative to.

    The nearest one that holds conf.py and the sources and is marked as a project, else conf.py's folder.
    """
    confdir, source = Path(app.confdir).resolve(), Path(app.srcdir).resolve()
    base = next((each for each in (confdir, *confdir.parents) if source.is_relative_to(each)), source)
    return root_above(base)


def relative_to_root(app: Sphinx, root: Path, path: str) -> str:
    """Return a path that is relative to the source folder as one relative to `root`, with forward slashes."""
    absolute = Path(app.srcdir).resolve() / path
    try:
        return Path(os.path.relpath(absolute, root)).as_posix()
    except ValueError:  # On Windows there is no way from one drive to another.
        return absolute.as_posix()


def image_folder(app: Sphinx) -> Path:
    """Return the folder into which the builder copies images."""
    if app.builder.name == "texinfo" and app.config.texinfo_documents:
        return Path(app.outdir, f"{app.config.texinfo_documents[0][1]}-figures")
    return Path(app.outdir, getattr(app.builder, "imagedir", "") or "")
