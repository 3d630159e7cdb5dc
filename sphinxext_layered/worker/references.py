"""From a reference to the function that makes its model, within the packages that pages may call."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

from sphinxext_layered.errors import TargetError
from sphinxext_layered.target import Target, literal_arguments
from sphinxext_layered.values import did_you_mean

from .dependencies import FRAMEWORKS
from .explanations import shortened
from .recorder import is_installed, is_standard

_MODULES_OF_SAVED_MODELS: Final = ("keras", "keras_hub", "tf_keras", "builtins", "sphinxext_layered")


class References:
    """Follows references, and refuses what they may not lead to.

    Parameters
    ----------
    root : str
        The project's root, which files are named relative to.
    allowed : list of str or None
        The only packages whose objects may be called; None for any.
    find_module : str
        What to do where a module is not found.
    """

    def __init__(self, root: str, allowed: list[str] | None, find_module: str) -> None:
        self._root = root
        self._allowed = allowed
        self._find_module = find_module

    def file_builder(self, path: str) -> Callable[[], object]:
        """Return what loads the model in a file.

        Raises
        ------
        TargetError
            There is no such file, or it names a module that may not be called.
        """
        path = os.path.join(self._root, *path.split("/"))
        if not os.path.isfile(path):
            raise TargetError(f"there is no file {path!r}; use a saved model or a description, relative to the project")

        self._check_file(path)

        def build() -> object:
            from sphinxext_layered import reading

            return reading.load_model_file(path)

        return build

    def builder(self, target: Target) -> Callable[[], object]:
        """Return what makes the model.

        Raises
        ------
        TargetError
            The reference leads to nothing that does, or to what may not be called.
        """
        found = self.resolve(target)
        if not target.called and _is_model(found):
            return lambda: found
        _check_call(found, target.attribute, target.arguments, target)

        def build() -> object:
            args, kwargs = literal_arguments(target.arguments)
            return self._followed(found(*args, **kwargs), target)

        return build

    def _followed(self, value: Any, target: Target) -> Any:
        """Take the steps that follow the first call; a method or class at the end is called without being asked."""
        done = f"{target.attribute}(...)"
        steps = [*target.then]
        while steps:
            step = steps.pop(0)
            if step.startswith("."):
                value = self._attribute(value, step[1:], target)
                done += step
                if not steps and (isinstance(value, type) or inspect.isroutine(value)):
                    steps.append("()")
            else:
                self._check_place(value, target, called=True)
                _check_call(value, done, step[1:-1], target)
                args, kwargs = literal_arguments(step[1:-1])
                value = value(*args, **kwargs)
                done += "(...)" if step != "()" else step
        if isinstance(value, type):
            self._check_place(value, target, called=True)
        return value

    def resolve(self, target: Target) -> Any:
        """Return the object that the reference names; its module is imported, if it was not before."""
        found: Any = self.import_module(target.module)
        for name in target.attribute.split("."):
            found = self._attribute(found, name, target)
        self._check_place(found, target, called=target.called)
        return found

    def _attribute(self, value: Any, name: str, target: Target) -> Any:
        try:
            found = getattr(value, name)
        except AttributeError as error:
            if isinstance(value, types.ModuleType) and (inner := self._submodule(value, name)) is not None:
                return inner
            if _raised_inside(error):
                raise
            raise TargetError(_no_attribute(value, name, target)) from error
        self._check_step(found, target)
        return found

    def _submodule(self, package: types.ModuleType, name: str) -> types.ModuleType | None:
        inner = f"{package.__name__}.{name}"
        try:
            return importlib.import_module(inner) if hasattr(package, "__path__") else None
        except ModuleNotFoundError as error:
            if error.name == inner:
                return None
            raise

    def import_module(self, name: str) -> types.ModuleType:
        """Import a module.

        Raises
        ------
        TargetError
            There is no such module.
        """
        if not name:
            raise TargetError("the reference names no module; write module:function")
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            is_framework = name.partition(".")[0] in FRAMEWORKS
            if error.name and (name == error.name or name.startswith(error.name + ".")) and not is_framework:
                raise TargetError(_no_module(name, error.name, self._find_module)) from error
            raise

    def check_name(self, target: Target) -> None:
        """Refuse a reference by its words, before anything is imported."""
        allowed = self._allowed
        if allowed is None:
            return
        if not _is_within(target.module, allowed):
            raise _refused(f"the module {target.module!r}", target, allowed)
        for name in (*target.attribute.split("."), *(step[1:] for step in target.then if step[0] == ".")):
            if name.startswith("__"):
                raise _refused(f"the name {name!r}", target, allowed)

    def _check_file(self, path: str) -> None:
        """Refuse a saved model that names other modules, before older versions of Keras import them."""
        allowed = self._allowed
        if allowed is None:
            return
        from sphinxext_layered.reading.files import modules_named_in

        for name in sorted(modules_named_in(path)):
            if not _is_within(name, [*allowed, *_MODULES_OF_SAVED_MODELS]):
                names = ", ".join(allowed) or "none"
                raise TargetError(
                    f"{os.path.basename(path)!r} is refused: it names the module {name!r}, which is not in a package "
                    f"that pages may call ({names}); layered_view_modules in conf.py lists them"
                )

    def _check_step(self, found: Any, target: Target) -> None:
        allowed = self._allowed
        if allowed is not None and isinstance(found, types.ModuleType) and not _is_within(found.__name__, allowed):
            raise _refused(f"the module {found.__name__!r}", target, allowed)

    def _check_place(self, found: Any, target: Target, *, called: bool) -> None:
        allowed = self._allowed
        if allowed is None or (not called and _is_model(found)):
            return
        for place in _places(found):
            if not _is_within(place, allowed):
                raise _refused(f"what {target.attribute!r} is, which is defined in {place!r},", target, allowed)


def _is_within(name: str, allowed: list[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in allowed)


def _places(found: Any, depth: int = 0) -> Iterator[str]:
    """Yield the modules where what would be called is defined."""
    if depth > 10:
        yield "?"
        return
    inner = getattr(found, "func", None) if type(found).__module__ == "functools" else None
    inner = inner or (found.__func__ if isinstance(found, types.MethodType) else None)
    inner = inner or (found.__wrapped__ if type(found).__name__ == "_lru_cache_wrapper" else None)
    if inner is not None:
        yield from _places(inner, depth + 1)
        if isinstance(found, types.MethodType) and not isinstance(found.__self__, type):
            yield type(found.__self__).__module__
    elif isinstance(found, types.FunctionType):
        yield str(found.__globals__.get("__name__"))
    elif isinstance(found, type):
        yield found.__module__
    elif isinstance(found, types.BuiltinFunctionType):
        yield str(found.__module__ or type(found.__self__).__module__)
    else:
        yield type(found).__module__


def _refused(what: str, target: Target, allowed: list[str]) -> TargetError:
    names = ", ".join(allowed) or "none"
    return TargetError(
        f"{str(target)!r} is refused: {what} is not in a package that pages may call ({names}); "
        "layered_view_modules in conf.py lists them"
    )


def _is_model(found: Any) -> bool:
    """Whether what a name leads to is drawn as it is, rather than called."""
    from sphinxext_layered.reading.keras import is_keras

    return not isinstance(found, type) and (hasattr(found, "layers") or is_keras(found))


def _check_call(found: Any, name: str, arguments: str, target: Target) -> None:
    where = f"{target.module}:{name}"
    if not callable(found):
        raise TargetError(
            f"{where} is of type {type(found).__name__}, not a model or a function; refer to the function that returns "
            "the model"
        )
    args, kwargs = literal_arguments(arguments)
    try:
        signature = inspect.signature(found)
    except (ValueError, TypeError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        takes = getattr(found, "__name__", type(found).__name__) + shortened(str(signature), 300)
        raise TargetError(
            f"{where} cannot be called with ({arguments}): {error}; it takes {takes}; write its arguments in the "
            "reference, as literals, or refer to a function that passes them"
        ) from None


def _no_module(name: str, missing: str, remedy: str) -> str:
    parent = missing.rpartition(".")[0]
    if parent and parent in sys.modules:
        package = sys.modules[parent]
        if not hasattr(package, "__path__"):
            return f"there is no module {name!r}: {parent!r} is not a package; write {parent}:function"
        known = [found.name for found in pkgutil.iter_modules(package.__path__)]
        advice = did_you_mean(missing.rpartition(".")[2], known) if known else f"{parent} has no modules"
        return f"there is no module {missing!r}; {advice}"

    known = [
        found.name
        for folder in sys.path[:8]
        if not is_installed(folder) and not is_standard(os.path.join(folder, "x"))
        for found in pkgutil.iter_modules([folder])
    ]
    near = did_you_mean(missing, known) if known else ""
    near = f"{near} " if near.startswith("did") else ""
    return f"there is no module {missing!r}; {near}{remedy}, or install it"


def _no_attribute(found: Any, name: str, target: Target) -> str:
    where = (
        found.__name__
        if isinstance(found, types.ModuleType)
        else f"{target.module}:{getattr(found, '__qualname__', type(found).__name__)}"
    )
    known = [each for each in dir(found) if not each.startswith("_")]
    return f"{where} has no {name!r}; {did_you_mean(name, known) if known else 'it is empty'}"


def _raised_inside(error: BaseException) -> bool:
    """Whether an AttributeError comes from the user's code, such as a module's ``__getattr__``."""
    entry = error.__traceback__
    return entry is not None and entry.tb_next is not None
