"""What a page refers to: ``module:function(arguments)`` or a file. Parsed, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any, Final, NamedTuple

from .errors import TargetError

_NAME: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE: Final = rf"(?P<module>{_NAME})(?::(?P<attribute>{_NAME}))?\s*(?P<call>\(.*\))?"
_LONGEST: Final = 4000

FILE_SUFFIXES: Final = (".keras", ".json")


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
    """

    module: str
    attribute: str
    arguments: str = ""
    called: bool = False

    def __str__(self) -> str:
        head = f"{self.module}:{self.attribute}" if self.module else self.attribute
        return f"{head}({self.arguments})" if self.called else head

    def literal_arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """Give the arguments' values."""
        return _literals(f"({self.arguments})")


def parse_target(text: str) -> Target:
    """Parse ``module:function``, ``module.function`` or either with literal arguments.

    Raises
    ------
    TargetError
        It is none of these, or an argument is not a literal.
    """
    text = text.strip()
    match = re.fullmatch(_REFERENCE, text, re.DOTALL) if len(text) <= _LONGEST else None
    if match is None:
        raise TargetError(f"cannot read {text[:200]!r}: write module:function or module:function(name=value)")
    module, attribute, call = match["module"], match["attribute"], match["call"]
    if attribute is None:
        module, _, attribute = module.rpartition(".")
    args, kwargs = _literals(call or "()")
    spelt = [repr(value) for value in args] + [f"{name}={value!r}" for name, value in kwargs.items()]
    return Target(module, attribute, ", ".join(spelt), call is not None)


def in_module(target: Target, module: str) -> Target:
    """Read the dotted name of `target` as one in `module`: ``Net.build`` is there ``module:Net.build``."""
    return target._replace(module=module, attribute=".".join(filter(None, (target.module, target.attribute))))


def _literal(node: ast.expr) -> Any:
    """Give a literal's value, if it is written the same way each time and can be read again."""
    value = ast.literal_eval(node)
    if ast.literal_eval(repr(value)) != value or any(isinstance(part, ast.Set) for part in ast.walk(node)):
        raise ValueError
    return value


def _literals(call: str) -> tuple[list[Any], dict[str, Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd spellings, which are read all the same
            tree = ast.parse(f"f{call}", mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
            raise ValueError
        args = [_literal(node) for node in tree.args]
        kwargs = {}
        for keyword in tree.keywords:
            if keyword.arg is None or keyword.arg in kwargs:
                raise ValueError
            kwargs[keyword.arg] = _literal(keyword.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise TargetError(
            f"the arguments {call[:200]!r} are not all literals: numbers, texts, True, False, None, and lists, "
            "tuples and dicts of these"
        ) from None
    return args, kwargs
