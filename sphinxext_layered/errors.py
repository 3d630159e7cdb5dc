"""Errors of this package, by who can fix them.

Every error is a `LayeredViewError` and the matching builtin, so that a caller may catch either. Its
message names the thing and ends with the remedy; its `subtype` is the subtype of the Sphinx warning
that reports it.
"""

from __future__ import annotations

from typing import ClassVar


class LayeredViewError(Exception):
    """The base of all errors of this package."""

    subtype: ClassVar[str] = "error"


class OptionError(LayeredViewError, ValueError):
    """An option has a value that is not accepted: fixed where the option is set.

    Parameters
    ----------
    name : str
        The option, spelt as in Python (``scale_xy``).
    problem : str
        What is wrong with its value and what is accepted.
    """

    subtype = "option"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}"


class TargetError(LayeredViewError, LookupError):
    """The reference does not lead to a model: fixed on the page."""

    subtype = "target"


class ModelError(LayeredViewError, RuntimeError):
    """The user's model or the function that builds it is at fault: fixed in the user's code."""

    subtype = "model"


class WorkerError(LayeredViewError, RuntimeError):
    """The child process was lost, hung or could not start: fixed on the machine or in conf.py."""

    subtype = "worker"


class DescriptionError(LayeredViewError, ValueError):
    """A description does not match the schema: fixed by making it again."""

    subtype = "description"


class PaintError(LayeredViewError, ValueError):
    """The picture cannot be painted or saved as asked, such as one beyond the limit of pixels."""

    subtype = "paint"
