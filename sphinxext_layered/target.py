"""References to models: ``module:function(arguments).attribute`` or a file. Parsed, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any, Final, NamedTuple

from .errors import TargetError

_NAME: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE: Final = rf"(?P<module>{_NAME})(?::(?P<attribute>{_NAME}))?\s*(?P<calls>\(.*)?"
_LONGEST: Final = 4000
_NOT_READ: Final = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)

FILE_SUFFIXES: Final = (".keras", ".json")
_OLD_SUFFIXES: Final = (".h5", ".hdf5")


class Target(NamedTuple):
    """A reference to what builds a model.

    Attributes
    ----------
    module, attribute : str
        Where the object is; `module` is empty in a short name that a page's context completes.
    arguments : str
        The call's arguments as the source of literals in one spelling, such as ``classes=10``.
    called : bool
        Whether the reference has parentheses.
    then : tuple of str
        What is done with what the call gives: ``.name`` and ``(arguments)``, in the same spelling.
    """

    module: str
    attribute: str
    arguments: str = ""
    called: bool = False
    then: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.module}:{self.attribute}" if self.module else self.attribute
        return f"{head}({self.arguments}){''.join(self.then)}" if self.called else head


def parse_target(text: str) -> Target:
    """Parse ``module:function`` or ``module.function``, followed by calls with literals and attributes.

    Raises
    ------
    TargetError
        It is none of these, or an argument is not a literal.
    """
    text = text.strip()
    if text.lower().endswith(_OLD_SUFFIXES):
        raise TargetError(
            f"{text[:200]!r} is a file of Keras's old format, which does not hold all of a model; save the model as "
            "Keras does now, with model.save('name.keras'), and name that file"
        )
    match = re.fullmatch(_REFERENCE, text, re.DOTALL) if len(text) <= _LONGEST else None
    if match is None:
        raise TargetError(
            f"cannot read {text[:200]!r}: write module:function or module:function(name=value), which attributes and "
            "calls may follow, as in module:function(name=value).encoder"
        )
    module, attribute = match["module"], match["attribute"]
    if attribute is None:
        module, _, attribute = module.rpartition(".")
    if match["calls"] is None:
        return Target(module, attribute)
    (_, arguments), *then = _steps(match["calls"])
    return Target(module, attribute, arguments, True, tuple(f".{name}" if name else f"({arg})" for name, arg in then))


def literal_arguments(arguments: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the values of a call's arguments, as a `Target` spells them."""
    text = f"({arguments})"
    return _literals(_parsed(text), text)


def _steps(text: str) -> list[tuple[str, str]]:
    """Read ``(1).name(2)`` as the name of each attribute and the arguments of each call, one of them empty."""
    node = _parsed(text)
    found = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            found.append((node.attr, ""))
            node = node.value
        else:
            args, kwargs = _literals(node, text)
            spelt = [repr(value) for value in args] + [f"{name}={value!r}" for name, value in kwargs.items()]
            found.append(("", ", ".join(spelt)))
            node = node.func  # type: ignore[attr-defined]
    return found[::-1]


def in_module(target: Target, module: str) -> Target:
    """Read the dotted name of `target` as one in `module`: ``Net.build`` is there ``module:Net.build``."""
    return target._replace(module=module, attribute=".".join(filter(None, (target.module, target.attribute))))


def _literal(node: ast.expr) -> Any:
    """Return a literal's value, if it is written the same way each time and can be read again."""
    value = ast.literal_eval(node)
    if ast.literal_eval(repr(value)) != value or any(isinstance(part, ast.Set) for part in ast.walk(node)):
        raise ValueError
    return value


def _parsed(calls: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd spellings, which are read all the same
            return ast.parse(f"f{calls}", mode="eval").body
    except _NOT_READ:
        raise _no_literals(calls) from None


def _literals(call: ast.expr, text: str) -> tuple[list[Any], dict[str, Any]]:
    """Read the arguments of the call in `text`."""
    try:
        if not isinstance(call, ast.Call):
            raise ValueError
        args = [_literal(node) for node in call.args]
        kwargs = {}
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in kwargs:
                raise ValueError
            kwargs[keyword.arg] = _literal(keyword.value)
    except _NOT_READ:
        raise _no_literals(text) from None
    return args, kwargs


def _no_literals(text: str) -> TargetError:
    return TargetError(
        f"the arguments {text[:200]!r} are not all literals: numbers, strings, True, False, None, and lists, tuples "
        "and dicts of these"
    )
