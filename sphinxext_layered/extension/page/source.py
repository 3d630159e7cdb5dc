"""The source of what a page draws: found through the finders of modules, read, never imported."""

from __future__ import annotations

import ast
import os
import sys
import textwrap
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docutils import nodes

from ...target import parse_target
from ...worker.dependencies import find_module, find_module_file
from ..current import build_of
from ..places import search_path
from .nodes import layered_view_source

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from .request import PictureRequest

_MOST_HOPS: Final = 8


@dataclass(frozen=True)
class Source:
    """Where a function, class or object is defined, and its text."""

    path: Path
    module: str
    attribute: str
    text: str


def source_block(env: BuildEnvironment, request: PictureRequest) -> list[nodes.Node]:
    """Return the source as a literal block and the place of a link to its page; nothing where it is not found."""
    if not request.target:
        return []
    target = parse_target(request.target)
    found = find_source(target.module, target.attribute, search_path(build_of(env).app.confdir))
    if found is None:
        return []
    env.note_dependency(_relative(found.path, Path(env.srcdir)))
    block = nodes.literal_block(found.text, found.text, language="python", classes=["layered-view-source"])
    return [block, layered_view_source("", module=found.module, attribute=found.attribute)]


def find_source(module: str, attribute: str, folders: Sequence[str]) -> Source | None:
    """Find the definition of `attribute` of `module`, also where the module only imports it from another.

    It is looked for in `folders`, which are as ``sys.path``, then as this process's other finders do.
    """
    for _hop in range(_MOST_HOPS):
        path = _file_of(module, folders)
        if path is None:
            return None
        try:
            with tokenize.open(path) as file:
                text = file.read()
            found = _definition(ast.parse(text).body, attribute.split("."))
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None
        if isinstance(found, ast.stmt) and not isinstance(found, ast.ImportFrom):
            return Source(path, module, attribute, _text_of(found, text))
        if found is None:
            return None
        head, _, tail = attribute.partition(".")
        name = next(alias.name for alias in found.names if (alias.asname or alias.name) == head)
        module = _absolute(found, module, path)
        attribute = f"{name}.{tail}" if tail else name
    return None


def _definition(body: list[ast.stmt], names: list[str]) -> ast.stmt | ast.ImportFrom | None:
    """Return the last statement of `body` that gives the first of `names`, or what is inside of it."""
    for statement in reversed(body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if statement.name == names[0]:
                return _definition(statement.body, names[1:]) if len(names) > 1 else statement
        elif isinstance(statement, ast.ImportFrom):
            if any((alias.asname or alias.name) == names[0] for alias in statement.names):
                return statement
        elif len(names) == 1 and _assigns(statement, names[0]):
            return statement
        elif isinstance(statement, ast.If | ast.Try):
            handlers = [inner for handler in getattr(statement, "handlers", []) for inner in handler.body]
            rest = [*statement.orelse, *getattr(statement, "finalbody", [])]
            if found := _definition([*handlers, *rest, *statement.body], names):
                return found
    return None


def _assigns(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return False
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _text_of(statement: ast.stmt, text: str) -> str:
    """Return the statement's lines, its decorators with it, at the margin."""
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 : statement.end_lineno]))


def _absolute(statement: ast.ImportFrom, module: str, path: Path) -> str:
    """Return the full name of the module that `statement`, standing in `module`, imports from."""
    if not statement.level:
        return statement.module or ""
    parts = module.split(".")
    keep = len(parts) - statement.level + (path.name == "__init__.py")
    return ".".join([*parts[:keep], *([statement.module] if statement.module else [])])


def _file_of(module: str, folders: Sequence[str]) -> Path | None:
    file = find_module_file(module, folders)
    return Path(file) if file and file.endswith(".py") else None


def is_module(name: str, folders: Sequence[str]) -> bool:
    """Whether there is a module of this name without dots, which is not imported to find out."""
    return name in sys.modules or find_module(name, folders) is not None


def defines(module: str, name: str, folders: Sequence[str]) -> bool:
    """Whether the source of `module` gives `name` a value, by a definition, an assignment or an import."""
    path = _file_of(module, folders)
    if path is None:
        return False
    try:
        with tokenize.open(path) as file:
            return _definition(ast.parse(file.read()).body, [name]) is not None
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False


def _relative(path: Path, base: Path) -> str:
    try:
        return os.path.relpath(path, base).replace(os.sep, "/")
    except ValueError:
        return str(path)
