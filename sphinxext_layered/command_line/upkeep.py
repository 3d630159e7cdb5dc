"""Check the descriptions that are committed, and show or prune caches."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from sphinxext_layered import committed
from sphinxext_layered.cache import DAY, Cache, is_cache
from sphinxext_layered.errors import DescriptionError, TargetError

_NO_PLACES: Final = (".git", ".hg", ".tox", ".venv", "venv", "node_modules", "site-packages")


def check(given: argparse.Namespace) -> bool:
    """Print which committed descriptions are stale or asked for by no page; return whether none is."""
    place = Path(given.folder)
    if not place.exists():
        raise TargetError(f"there is no {given.folder!r}; use the documentation's folder, or a description")
    checked = list(committed.check(place, Path(given.root) if given.root else None))
    for path, problem in checked:
        if problem or not given.quiet:
            print(f"{path}: {problem or 'fresh'}")
    if not checked:
        raise DescriptionError(
            f"no committed descriptions below {place}; set layered_view_descriptions_dir to write them"
        )
    if not any(problem for _, problem in checked):
        return True
    print("Build the documentation where Keras is installed, and commit the descriptions.", file=sys.stderr)
    return False


def show_cache(given: argparse.Namespace) -> bool:
    """Print how much caches hold."""
    for folder in _caches(given):
        print(folder)
        _show_one_cache(folder)
    return True


def _show_one_cache(folder: Path) -> None:
    totals: dict[str, tuple[int, int]] = {}
    for parent, _, names in os.walk(folder):
        kind = Path(parent).relative_to(folder).parts[1:2]
        for name in names if kind else ():
            count, size = totals.get(kind[0], (0, 0))
            totals[kind[0]] = (count + 1, size + Path(parent, name).stat().st_size)
    for label, (count, size) in sorted(totals.items()):
        print(f"  {label:14}{count:8,} files {size / 2**20:10.1f} MB")
    count, size = (sum(each) for each in zip((0, 0), *totals.values(), strict=True))
    print(f"  {'in all':14}{count:8,} files {size / 2**20:10.1f} MB")


def prune_cache(given: argparse.Namespace) -> bool:
    """Remove entries that have not been used for a long time."""
    for folder in _caches(given):
        pruned = Cache(folder).prune(older_than=given.days * DAY, larger_than=int(given.megabytes * 2**20))
        print(
            f"{folder}: removed {pruned.removed:,} files, {pruned.freed / 2**20:.1f} MB; "
            f"{pruned.left / 2**20:.1f} MB are left"
        )
    return True


def _caches(given: argparse.Namespace) -> list[Path]:
    """Return the caches to show or prune; only folders made by this package, since pruning deletes files."""
    start = Path(given.folder or os.environ.get("LAYERED_VIEW_CACHE_DIR") or ".")
    if not start.is_dir():
        raise TargetError(f"{str(start)!r} is not a folder; use the folder of a cache, or one above it")
    found = []
    for parent, folders, names in os.walk(start):
        if "CACHEDIR.TAG" in names and is_cache(Path(parent)):
            found.append(Path(parent))
            folders.clear()
        folders[:] = sorted(folder for folder in folders if folder not in _NO_PLACES)
    if not found:
        raise TargetError(
            f"no cache at or below {str(start)!r}; builds create it next to their output or in their doctrees"
        )
    return found
