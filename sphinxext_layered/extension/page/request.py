"""What a page requests, and the result: small, plain values. The request is kept in Sphinx's environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from ...description import ModelDescription

Conditions = tuple[tuple[str, str], ...]
"""The kind and the expression of each `only` and `ifconfig` around a picture."""

Documents = dict[str, list[dict[str, Any]]]
"""The requests of each page, by docname, as plain values."""


class PictureRequest(NamedTuple):
    """One directive's request, before conf.py's defaults are merged in.

    Attributes
    ----------
    target : str
        The canonical reference ``module:function(arguments)``; empty where `file` is set.
    file : str
        A saved model or a description, relative to the source folder with forward slashes.
    given : tuple of (str, value)
        The page's drawing options by their Python names, as their readers returned them.
    depends : tuple of str
        Files that the model depends on and that are not opened with Python's ``open``, relative to the source folder.
    format : str
        The picture's format; empty for the one that ``layered_view_formats`` names for the builder.
    embed : str
        How HTML shows the picture; empty for what ``layered_view_embed`` says.
    downloads : tuple of str
        Formats that the page offers for download.
    docname, source : str
    line : int
        Where the directive stands.
    places : tuple of Conditions
        The conditions of each place that shows the picture, of which one has to hold: ``((),)`` where it is shown
        without any, and empty where no place shows it.
    """

    target: str
    file: str
    given: tuple[tuple[str, Any], ...]
    depends: tuple[str, ...] = ()
    format: str = ""
    embed: str = ""
    downloads: tuple[str, ...] = ()
    docname: str = ""
    source: str = ""
    line: int = 0
    places: tuple[Conditions, ...] = ((),)

    def document(self) -> dict[str, Any]:
        """Return the request as plain values, for the environment and for a node's attribute."""
        return self._asdict()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `document` returned."""
        return cls(**document)

    @property
    def wish(self) -> tuple[Any, ...]:
        """The request without its place."""
        return self[:7]

    @property
    def reference(self) -> str:
        """What the author wrote to name the model."""
        return self.target or self.file


def requests_of(env: BuildEnvironment) -> Documents:
    """Return the requests of each page that `env` keeps."""
    return getattr(env, "layered_views", {})


def keep_request(env: BuildEnvironment, docname: str, document: dict[str, Any]) -> None:
    """Keep a request of a page in `env`."""
    if not hasattr(env, "layered_views"):
        env.layered_views = {}  # type: ignore[attr-defined]
    requests_of(env).setdefault(docname, []).append(document)


class Picture(NamedTuple):
    """What a request came to: a file in the cache, and what it shows.

    Attributes
    ----------
    file : Path or None
        The drawn file, absolute; None where the builder shows no pictures and needs the description alone.
    mime : str
        The file's mime type; empty where there is none.
    width, height : int
        The size at which it is to be shown, in pixels of the page, whatever the file's pixel ratio.
    alt : str
        The default alternative text.
    digest : str
        The SHA-256 of the file; empty where there is none.
    model : str
        The name of the model.
    has_open_sizes : bool
        Whether the model leaves sizes open, which are drawn as examples.
    takes_input_shape : bool
        Whether ``input-shape`` sets these sizes.
    describe : callable
        Returns the model's description for the table of layers, or None where it has gone from the cache.
    """

    file: Path | None
    mime: str
    width: int
    height: int
    alt: str
    digest: str
    model: str
    has_open_sizes: bool
    takes_input_shape: bool
    describe: Callable[[], ModelDescription | None]
