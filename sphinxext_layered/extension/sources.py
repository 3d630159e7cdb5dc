"""Whether models' sources are as they were: each file is read, and each version looked up, once in a build."""

from __future__ import annotations

import shutil
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..worker.dependencies import FileHashes, Installed, MadeFrom, differences
from .places import search_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Sources:
    """What the models of one build may be made from."""

    def __init__(self, app: Sphinx, root: Path) -> None:
        self.app = app
        self.root = root
        self.hashes = FileHashes()
        self._differences: dict[MadeFrom, tuple[str, ...]] = {}

    def differing(self, made_from: MadeFrom) -> tuple[str, ...]:
        """Name what differs from what a model was made from."""
        if made_from not in self._differences:
            found = differences(
                made_from,
                self.root,
                hashes=self.hashes,
                installed=self.installed,
                environment=dict(self.app.config.layered_view_environment),
                sys_path=self.search_path,
                cached=self.app.config.layered_view_mode == "cached",
            )
            self._differences[made_from] = tuple(found)
        return self._differences[made_from]

    @cached_property
    def search_path(self) -> list[str]:
        """Where modules are looked for."""
        return search_path(self.app.confdir)

    @cached_property
    def python(self) -> str:
        """The interpreter that builds the models."""
        told = self.app.config.layered_view_python
        if not told:
            return sys.executable
        path = Path(self.app.confdir, told)
        # Not resolved: a virtual environment's interpreter is a link, and is known by where the link lies.
        return str(path.absolute()) if path.exists() else shutil.which(told) or told

    @cached_property
    def installed(self) -> Installed:
        """The distributions that the interpreter has."""
        return Installed(self.python)
