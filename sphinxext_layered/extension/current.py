"""The build that is going on: events, directives and transforms take its state from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from .build.state import Build


def build_of(env: BuildEnvironment) -> Build:
    """Return the state of the build that `env` is at; from Sphinx 11 on, an environment does not know its builder."""
    build: Build = env.layered_view_build  # type: ignore[attr-defined]
    return build
