"""What a page asks for: small, plain, kept in Sphinx's environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from ..description import ModelDescription


Conditions = tuple[tuple[str, str], ...]
"""The kind and the expression of each `only` and `ifconfig` around a picture."""


class PictureRequest(NamedTuple):
    """One directive's wish, before conf.py's defaults are merged in.

    Attributes
    ----------
    target : str
        The canonical reference ``module:function(arguments)``; empty where `file` is set.
    file : str
        A saved model or a description, relative to the source folder with forward slashes.
    given : dict
        The page's drawing options as their readers gave them.
    depends : tuple of str
        Files that the model is made from past Python's own ``open``, relative to the source folder.
    format : str
        The picture's format; empty for the one that ``layered_view_formats`` names for the builder.
    downloads : tuple of str
        Formats that the page offers for download.
    docname, source : str
    line : int
        Where the directive stands; part of no key.
    conditions : tuple
        The conditions of each place that shows it, of which one has to hold; empty where there are none.
    """

    target: str
    file: str
    given: dict[str, Any]
    depends: tuple[str, ...] = ()
    format: str = ""
    downloads: tuple[str, ...] = ()
    docname: str = ""
    source: str = ""
    line: int = 0
    conditions: tuple[Conditions, ...] = ()

    def document(self) -> dict[str, Any]:
        """Give the request as plain values, for the environment and for a node's attribute."""
        return self._asdict()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `document` gave."""
        return cls(**document)

    @property
    def reference(self) -> str:
        """What the author wrote to name the model."""
        return self.target or self.file


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
    describe : callable
        Gives the model's description, for the alternative text and the table of layers; a page that stays as it is
        never asks for it.
    alt : str
        The default alternative text, kept with the picture; empty where it is not known.
    digest : str
        The SHA-256 of the file; empty where there is none.
    """

    file: Path | None
    mime: str
    width: int
    height: int
    describe: Callable[[], ModelDescription]
    alt: str = ""
    digest: str = ""

    @property
    def description(self) -> ModelDescription:
        """The model."""
        return self.describe()


class Failure(NamedTuple):
    """Why a request has no picture; its warning is the build step's.

    Attributes
    ----------
    subtype : str
        Of the warning, such as ``target`` or ``model``; ``off`` where no picture was wanted.
    message : str
        What happened, in a sentence or a few lines, as the page shows it.
    """

    subtype: str
    message: str
