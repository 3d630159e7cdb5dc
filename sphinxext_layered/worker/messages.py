"""Messages to and from the child process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from .dependencies import MadeFrom

if TYPE_CHECKING:
    from sphinxext_layered.description import ModelDescription


_SUBTYPES_OF_CHILD: Final = ("target", "option", "model", "framework")


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
        Where the callable is that returns the layers' texts.
    depends : tuple of str
        Files that count beside those that are found, relative to the root.
    """

    target: str = ""
    file: str | None = None
    input_shape: Any = None
    text_reference: str | None = None
    depends: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the request as plain values, the same for the same request: what a cache keys by."""
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


class Remedies(NamedTuple):
    """What messages advise where that depends on who asks: as pages and ``conf.py`` spell it.

    Attributes
    ----------
    find_module, other_python, start_python, more_time, more_memory, choose_backend : str
        Ends of sentences. `choose_backend` has a place for the name of the ``{backend}``.
    """

    find_module: str = "put its folder on sys.path in conf.py"
    other_python: str = (
        "set layered_view_python to another Python interpreter, or build from committed descriptions with "
        "layered_view_mode = 'cached'"
    )
    start_python: str = "layered_view_python sets the Python interpreter"
    more_time: str = "raise layered_view_timeout"
    more_memory: str = "raise layered_view_memory_limit"
    choose_backend: str = "set layered_view_environment = {{'KERAS_BACKEND': '{backend}'}} in conf.py"


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
    remedies : Remedies
        What messages advise.
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
    remedies: Remedies = Remedies()


class CodeLine(NamedTuple):
    """A line of the user's own code that led to a failure; the file is relative to the root."""

    file: str
    number: int
    function: str
    text: str

    def __str__(self) -> str:
        function = f", in {self.function}" if self.function else ""
        return f'  File "{self.file}", line {self.number}{function}' + (f"\n    {self.text}" if self.text else "")


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


class Failure(NamedTuple):
    """Why a model has no description, or a request on a page no picture.

    Attributes
    ----------
    subtype : str
        Who can fix it, as warnings name it: the page (``target``, ``option``), the user's code (``model``), the
        installation of Keras or TensorFlow (``framework``), the machine (``worker``), and so on.
    problem : str
        What happened and the remedy.
    detail : str
        The whole traceback, and what the child wrote.
    lines : tuple of CodeLine
        The lines of the user's own files that led to it, outermost first.
    request : ModelRequest or None
        The model that could not be described, where it is an answer to a request.
    is_general : bool
        Whether the reason lies in no model but concerns all of them: no child can be started, Keras is not installed.
    """

    subtype: str
    problem: str
    detail: str = ""
    lines: tuple[CodeLine, ...] = ()
    request: ModelRequest | None = None
    is_general: bool = False

    @property
    def message(self) -> str:
        """The problem, with the lines of the user's own files."""
        return "\n".join([self.problem, *map(str, self.lines)])

    @classmethod
    def from_document(cls, request: ModelRequest, document: object, output: str) -> Self | None:
        """Read the child's answer; None where it is not that of a failure."""
        if not isinstance(document, Mapping) or document.get("subtype") not in _SUBTYPES_OF_CHILD:
            return None
        try:
            subtype, lines = document["subtype"], tuple(CodeLine(*line) for line in document["lines"])
            detail = document["detail"] + output
            return cls(subtype, str(document["problem"]), detail, lines, request, subtype == "framework")
        except (KeyError, TypeError):
            return None


def plain(value: Any) -> Any:
    """Return the value with lists for tuples, as JSON has them."""
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
