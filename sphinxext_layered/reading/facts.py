"""What a layer is, read from the layer itself: its class, size and settings, whatever calls it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, Final

from sphinxext_layered.description import FACTS, KERAS_PACKAGES, Fact, LayerDescription

_DATA_FORMATS = ("channels_last", "channels_first")
_MOST_SIZES: Final = 8
_LARGEST: Final = 2**63


def about(layer: Any, index: int, name: str) -> LayerDescription:
    """Return the description of a layer that nobody has called yet."""
    kind = type(layer)
    return LayerDescription(
        index=index,
        name=name,
        class_name=function_of(layer) or kind.__name__,
        module=qualified(kind).rpartition(".")[0],
        bases=_bases(kind),
        data_format=_data_format(layer),
        parameters=parameters_of(layer),
        activation=_activation(layer),
        facts=facts_of(layer),
        spacing=_spacing(layer),
    )


def attribute(layer: Any, name: str) -> Any:
    """Return an attribute, or None where reading it fails, as Keras's do on layers that are not built."""
    try:
        return getattr(layer, name, None)
    except Exception:  # a property of the user's may raise anything
        return None


def name_of(thing: Any) -> str:
    """Return the name of a model or layer; empty where it has none."""
    name = attribute(thing, "name")
    return name if isinstance(name, str) else ""


def qualified(kind: type) -> str:
    """Return a class as ``module.QualName``."""
    return f"{kind.__module__}.{kind.__qualname__}"


def keras_layer_class(value: object) -> Any:
    """Return the Layer class of the Keras that `value` belongs to; None where it belongs to none."""
    return next((base for base in type(value).__mro__ if _is_layer_class(base)), None)


def is_layer_class(kind: type) -> bool:
    """Return whether a class is one of layers or models of some Keras."""
    return any(map(_is_layer_class, kind.__mro__))


def is_keras_class(kind: type) -> bool:
    """Return whether some Keras defines a class."""
    return kind.__module__.partition(".")[0] in KERAS_PACKAGES


def keras_base(value: object, name: str) -> Any:
    """Return the class of some Keras that has this name, among those of `value`; None where there is none."""
    bases: tuple[Any, ...] = type(value).__mro__
    return next((base for base in bases if base.__name__ == name and is_keras_class(base)), None)


def parameters_of(layer: Any) -> int | None:
    """Return how many parameters a layer or model has, None where that is not known."""
    try:
        return int(layer.count_params())
    except Exception:  # not built, or no layer of Keras's
        return None


def function_of(layer: Any) -> str | None:
    """Return the function that a layer of tf_keras stands for, such as ``tf.math.add``; None for any other layer."""
    if keras_base(layer, "TFOpLambda") or keras_base(layer, "SlicingOpLambda"):
        symbol = attribute(layer, "symbol")
        return f"tf.{symbol}" if isinstance(symbol, str) and symbol else None
    if keras_base(layer, "ClassMethod"):
        return f"tf.{attribute(layer, 'cls_symbol')}.{attribute(layer, 'method_name')}"
    return None


def facts_of(layer: Any) -> tuple[tuple[str, Fact], ...]:
    """Return what labels may say of a layer, in the order of `FACTS`; what a reader takes for granted is left out."""
    found: list[tuple[str, Fact]] = []
    for name in FACTS:
        value = _FACT_READERS[name](layer) if name in _FACT_READERS else _plain(attribute(layer, name))
        if value is not None:
            found.append((name, value))
    return tuple(found)


def _plain(value: Any) -> Fact | None:
    """Return a number, a text or a tuple of whole numbers; None for anything else."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value) if abs(int(value)) < _LARGEST else None
    if isinstance(value, Real):
        return float(value) if abs(float(value)) < _LARGEST else None
    if isinstance(value, list | tuple) and 0 < len(value) <= _MOST_SIZES:
        sizes = [_plain(each) for each in value]
        return tuple(each for each in sizes if type(each) is int) if all(type(each) is int for each in sizes) else None
    return None


def _unless_one(name: str) -> Callable[[Any], Fact | None]:
    """Return a reader of a fact that goes without saying where it is 1 along every axis."""

    def read(layer: Any) -> Fact | None:
        value = _plain(attribute(layer, name))
        return None if value == 1 or (isinstance(value, tuple) and set(value) == {1}) else value

    return read


def _maybe_private(name: str) -> Callable[[Any], Fact | None]:
    """Return a reader of a fact that some version of Keras keeps under a name with an underscore."""

    def read(layer: Any) -> Fact | None:
        value = _plain(attribute(layer, name))
        return _plain(attribute(layer, f"_{name}")) if value is None else value

    return read


def _of_embedding(name: str) -> Callable[[Any], Fact | None]:
    """Return a reader of one of the two sizes of an embedding."""

    def read(layer: Any) -> Fact | None:
        both = [_plain(attribute(layer, each)) for each in ("input_dim", "output_dim")]
        return _plain(attribute(layer, name)) if all(type(each) is int for each in both) else None

    return read


def _padding(layer: Any) -> Fact | None:
    value = attribute(layer, "padding")
    return value if isinstance(value, str) and value != "valid" else None


def _wrapped(layer: Any) -> Fact | None:
    inner = (attribute(layer, name) for name in ("layer", "forward_layer"))
    return next((type(each).__name__ for each in inner if keras_layer_class(each) is not None), None)


def _frozen(layer: Any) -> Fact | None:
    return False if attribute(layer, "trainable") is False else None


def _dtype_policy(layer: Any) -> Fact | None:
    if keras_layer_class(layer) is None:
        return None
    policies = (attribute(layer, name) for name in ("dtype_policy", "_dtype_policy"))
    names = (attribute(policy, "name") for policy in policies if policy is not None)
    name = next((name for name in names if isinstance(name, str)), None)
    return None if name in (None, "float32", "_infer") else name


_FACT_READERS: Final[dict[str, Callable[[Any], Fact | None]]] = {
    "strides": _unless_one("strides"),
    "padding": _padding,
    "dilation_rate": _unless_one("dilation_rate"),
    "groups": _unless_one("groups"),
    "num_heads": _maybe_private("num_heads"),
    "key_dim": _maybe_private("key_dim"),
    "input_dim": _of_embedding("input_dim"),
    "output_dim": _of_embedding("output_dim"),
    "wrapped": _wrapped,
    "trainable": _frozen,
    "dtype_policy": _dtype_policy,
}
"""How facts are read that are not simply attributes of their name."""


def _is_layer_class(kind: type) -> bool:
    return kind.__name__ == "Layer" and is_keras_class(kind)


def _bases(kind: type) -> tuple[str, ...]:
    """Return the base classes up to and with Keras's Layer, without the parts that Keras puts its own together of."""
    found: list[str] = []
    for base in kind.__mro__[1:-1]:
        own_part = is_keras_class(base) and not any(map(_is_layer_class, base.__mro__))
        if not own_part:
            found.append(qualified(base))
        if _is_layer_class(base):
            break
    return tuple(found)


def _data_format(layer: Any) -> str | None:
    value = attribute(layer, "data_format")
    return value if value in _DATA_FORMATS else None


def _activation(layer: Any) -> str | None:
    value = attribute(layer, "activation")
    if value is None and attribute(layer, "layer") is not None:
        value = attribute(layer.layer, "activation")
    while isinstance(value, functools.partial):
        value = value.func
    if value is None or isinstance(value, str):
        return value
    name = getattr(value, "__name__", None) or type(value).__name__
    return str(name).strip("<>")


def _spacing(layer: Any) -> int | None:
    if not any(base.__name__ == "SpacingDummyLayer" for base in type(layer).__mro__):
        return None
    spacing = attribute(layer, "spacing")
    return int(spacing) if isinstance(spacing, int | float) else None
