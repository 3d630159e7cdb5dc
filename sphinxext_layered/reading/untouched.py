"""Restore the caller's model after reading it: a model that is not built is built for reading.

A model cannot be copied in general: Keras copies by configurations, which a class of the user's need not
have. So what its layers hold is noted before and set back after.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from operator import is_
from typing import Any


@contextlib.contextmanager
def left_as_it_was(model: Any, layer_class: type) -> Iterator[None]:
    """Set back, in the end, what the model's layers and their lists, dicts and sets hold."""
    noted = list(_noted(model, layer_class))
    try:
        yield
    finally:
        for held, content in noted:
            if not _holds(held, content):
                _set_back(held, content)


def _noted(model: Any, layer_class: type) -> Iterator[tuple[Any, Any]]:
    """Return everything that can change, with a copy of what it holds."""
    seen: set[int] = set()
    kinds: dict[type, tuple[type | None, bool]] = {}
    waiting = [model]
    while waiting:
        thing = waiting.pop()
        kind = type(thing)
        if kind not in kinds:
            kinds[kind] = (_container(kind), _has_parts(thing, layer_class))
        container, has_parts = kinds[kind]
        if not (container or has_parts) or id(thing) in seen:
            continue
        seen.add(id(thing))
        if container is tuple:
            waiting += thing
        elif container is not None:
            content = _content(thing)
            yield thing, content
            waiting += content.values() if container is dict else content
        if has_parts:
            waiting.append(getattr(thing, "__wrapped__", None) or vars(thing))


def _container(kind: type) -> type | None:
    return next((base for base in (dict, list, set, tuple) if issubclass(kind, base)), None)


def _has_parts(thing: Any, layer_class: type) -> bool:
    """Return whether a thing is a layer, a container of TensorFlow's, or what keeps account of a layer's parts."""
    kind = type(thing)
    if isinstance(thing, layer_class) or kind.__name__ == "Tracker":
        return hasattr(thing, "__dict__")
    return kind.__module__.startswith("tensorflow.") and isinstance(thing, list | dict)


def _content(thing: Any) -> Any:
    """Copy what a container holds, past what kinds of Keras's own do when they are read."""
    if isinstance(thing, dict):
        return dict(dict.items(thing))
    return [*list.__iter__(thing)] if isinstance(thing, list) else {*set.__iter__(thing)}


def _set_back(held: Any, content: Any) -> None:
    """Let a container hold what it held, past what kinds of Keras's own do when they are changed."""
    if isinstance(content, dict):
        dict.clear(held)
        dict.update(held, content)
    elif isinstance(content, list):
        list.__setitem__(held, slice(None), content)
    else:
        set.clear(held)
        set.update(held, content)


def _holds(held: Any, content: Any) -> bool:
    """Compare by identity: what layers hold may compare as it likes."""
    now = _content(held)
    if len(now) != len(content):
        return False
    if isinstance(content, dict):
        return all(key in now and now[key] is value for key, value in content.items())
    return all(map(is_, now, content)) if isinstance(content, list) else bool(now == content)
