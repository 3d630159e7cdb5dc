"""The one child that imports the user's code: requests go in, descriptions come out.

One child takes all requests, in turn; it is started with the first, and none is left when the iterator of
`describe_all` is closed. A child that was lost costs the model that it was at; another takes the rest. Imports
neither Sphinx nor Keras, nor anything of the user's; and what starts a child (`parent`) only when one is needed,
since every build looks its models up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from .dependencies import FileHashes, Installed, MadeFrom, differences

if TYPE_CHECKING:
    from sphinxext_layered.description import ModelDescription

__all__ = [
    "Described",
    "Failed",
    "FileHashes",
    "Installed",
    "MadeFrom",
    "ModelRequest",
    "WorkerSettings",
    "describe_all",
    "differences",
    "started_children",
]

_started = 0


class ModelRequest(NamedTuple):
    """One model that is to be described.

    Attributes
    ----------
    target : str
        The reference, as `sphinxext_layered.target.parse_target` reads it; empty where `file` is set.
    file : str or None
        A saved model, a configuration or a description, relative to the project's root with forward slashes.
    input_shape : tuple of tuple, or None
        The shape of each input without the batch, with its type where that was given: what the option is read as.
    text_reference : str or None
        Where the callable is that gives the layers' texts.
    depends : tuple of str
        Files that count beside those that are found, relative to the root.
    """

    target: str = ""
    file: str | None = None
    input_shape: Any = None
    text_reference: str | None = None
    depends: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Give the request as plain values, the same for the same request: what a cache keys by."""
        return {
            "target": self.target,
            "file": self.file,
            "input_shape": plain(self.input_shape),
            "text_reference": self.text_reference,
            "depends": sorted(self.depends),
        }

    @property
    def reference(self) -> str:
        """What names the model in messages."""
        return self.target or self.file or ""


class WorkerSettings(NamedTuple):
    """How the child is started and what it may do.

    Attributes
    ----------
    python : str
        The interpreter. This package need not be installed there.
    environment : dict
        Environment variables beside those of this process.
    sys_path : tuple of str
        Where it looks for modules first. For another interpreter this one's standard library and
        installed packages are left out.
    directory : str
        The working folder.
    root : str
        The project's root, which files are named relative to.
    timeout : float
        Seconds for each model; the import of its modules counts.
    memory_limit : int or None
        Megabytes of resident memory that the child may have.
    modules : tuple of str or None
        The only packages whose objects may be called; None for any.
    gpu : bool
        Whether it sees the machine's GPUs.
    """

    python: str = sys.executable
    environment: Mapping[str, str] = MappingProxyType({})
    sys_path: tuple[str, ...] = ()
    directory: str = ""
    root: str = ""
    timeout: float = 120.0
    memory_limit: int | None = None
    modules: tuple[str, ...] | None = None
    gpu: bool = False


class Described(NamedTuple):
    """A model's description, and what it was made from.

    Attributes
    ----------
    request : ModelRequest
    description : ModelDescription
    made_from : MadeFrom
    allocated : str
        Why the model was built with its weights; empty where it has none.
    """

    request: ModelRequest
    description: ModelDescription
    made_from: MadeFrom
    allocated: str = ""


class Failed(NamedTuple):
    """A model that could not be described.

    Attributes
    ----------
    request : ModelRequest
    subtype : {'target', 'model', 'framework', 'worker'}
        Who can mend it: the page, the user's code, the installation of Keras or TensorFlow, the machine.
    message : str
        What happened and the remedy, with the lines of the user's own file that led to it.
    detail : str
        The whole traceback, and what the child wrote.
    """

    request: ModelRequest
    subtype: str
    message: str
    detail: str


def started_children() -> int:
    """Count the children that this process has started.

    The environment variable LAYERED_VIEW_TRACE names a file that gets a line for each, too.
    """
    return _started


def describe_all(requests: Iterable[ModelRequest], settings: WorkerSettings) -> Iterator[Described | Failed]:
    """Describe models one after another, each given as soon as it is ready.

    Parameters
    ----------
    requests : iterable of ModelRequest
    settings : WorkerSettings

    Yields
    ------
    Described or Failed
        One for each request, in their order.

    Notes
    -----
    Closing the generator, or an exception in the loop over it, ends the child and its own children.
    """
    from .parent import Children, answers

    yield from answers(requests, settings, Children(settings))


def count_child() -> None:
    """Count a child that is started."""
    global _started
    _started += 1


def plain(value: Any) -> Any:
    """Give tuples in it as lists, as JSON has them."""
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
