"""How the sizes of an output become the sizes of a box: the modes of `sizing_mode`.

Width, height and depth are those of the box: a front face of width x height, and the depth behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sphinxext_layered.options import LayeredViewOptions

Sizes = tuple[int | None, ...]
"""Sizes of an output by axis, without the batch, channels last."""


@dataclass(frozen=True)
class Extent:
    """What the three axes of a box stand for, in units of the model; None draws the minimum."""

    width: float | None = None
    height: float | None = None
    depth: float | None = None


@dataclass(frozen=True)
class Size:
    """The sizes of a box in pixels, and which of them were cut down to a maximum."""

    width: float
    height: float
    depth: float
    capped: tuple[str, ...] = ()


def product(sizes: Iterable[int | None]) -> float | None:
    """Multiply sizes; None where one is open."""
    result = 1.0
    for size in sizes:
        if size is None:
            return None
        result = min(result * max(size, 0), 1e15)
    return result


def extent_of(sizes: Sizes, options: LayeredViewOptions) -> Extent:
    """Return what a box's axes stand for, by the reference's rules.

    Notes
    -----
    Of two or more sizes the first is the depth, the second the height, and the product of those from the
    third on the width; two sizes count the second twice. One size goes along `one_dim_orientation`.
    """
    if not sizes:
        return Extent()
    if len(sizes) == 1:
        axis = {"x": "depth", "y": "height", "z": "width"}[options.one_dim_orientation]
        return Extent(**{axis: product(sizes)})
    return Extent(depth=product(sizes[:1]), height=product(sizes[1:2]), width=product(sizes[2:] or sizes[1:]))


def sequence_extent_of(sizes: Sizes, options: LayeredViewOptions) -> Extent:
    """As `extent_of`, but a sequence's length is the height and its channels are the width."""
    if len(sizes) == 2:
        return Extent(height=product(sizes[:1]), width=product(sizes[1:]))
    return extent_of(sizes, options)


Measure = Callable[[float, float, float], float]
"""From a size, the pixels for one unit and the largest such size of the model to pixels."""


def _linear(size: float, scale: float, largest: float) -> float:
    return size * scale


def _logarithmic(size: float, scale: float, largest: float) -> float:
    return math.log2(1 + size) * scale


def _square_root(size: float, scale: float, largest: float) -> float:
    return math.sqrt(size) * scale


def _share(size: float, scale: float, largest: float) -> float:
    return scale * size / largest if largest else 0.0


@dataclass(frozen=True)
class SizingMode:
    """One way from sizes to pixels; each unit of `scale_xy` and `scale_z` counts `xy` and `z` times."""

    measure: Measure
    xy: float = 1
    z: float = 1
    extent: Callable[[Sizes, LayeredViewOptions], Extent] = extent_of
    limits: Callable[[LayeredViewOptions], tuple[float, float, float]] = lambda options: (
        options.max_z,
        options.max_xy,
        options.max_xy,
    )


def _capped_limits(options: LayeredViewOptions) -> tuple[float, float, float]:
    width, height, depth = options.capped_limits or (80, 240, 240)
    return width, height, depth


MODES: Final[dict[str, SizingMode]] = {
    "reference": SizingMode(_linear),
    "sequence": SizingMode(_linear, extent=sequence_extent_of),
    # 224 rows are about 156 px, 512 channels 36 px, 4,096 units 48 px
    "logarithmic": SizingMode(_logarithmic, xy=5, z=40),
    # 224 rows are about 150 px, 512 channels 27 px, 4,096 units 77 px
    "balanced": SizingMode(_square_root, xy=2.5, z=12, extent=sequence_extent_of),
    # the model's largest is 300 px high and 100 px wide
    "relative": SizingMode(_share, xy=75, z=1000),
    "capped": SizingMode(_linear, limits=_capped_limits),
}


def size_all(shapes: list[Sizes], options: LayeredViewOptions) -> list[Size]:
    """Return the size of the box of each shape, clamped to the options' minimum and maximum."""
    mode = MODES[options.sizing_mode]
    extents = [mode.extent(sizes, options) for sizes in shapes]
    largest_xy = max((e for x in extents for e in (x.height, x.depth) if e is not None), default=0)
    largest_z = max((x.width for x in extents if x.width is not None), default=0)
    return [_size(extent, mode, options, largest_xy, largest_z) for extent in extents]


def _size(extent: Extent, mode: SizingMode, options: LayeredViewOptions, largest_xy: float, largest_z: float) -> Size:
    xy = (options.scale_xy * mode.xy, largest_xy, options.min_xy)
    z = (options.scale_z * mode.z, largest_z, options.min_z)
    axes = {"width": (extent.width, z), "height": (extent.height, xy), "depth": (extent.depth, xy)}
    pixels: dict[str, float] = {}
    capped = []
    for (axis, (value, (scale, largest, minimum))), maximum in zip(axes.items(), mode.limits(options), strict=True):
        wanted = minimum if value is None else max(mode.measure(value, scale, largest), minimum)
        pixels[axis] = min(wanted, maximum)
        if value is not None and wanted > maximum:
            capped.append(axis)
    return Size(pixels["width"], pixels["height"], pixels["depth"], tuple(capped))
