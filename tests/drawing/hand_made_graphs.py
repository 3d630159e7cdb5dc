"""Graphs made by hand, for tests: each shape that architectures have, and a few that none should have."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from factories import graph, layer, spacing

from sphinxext_layered.description import ARGUMENT, LayerText, ModelDescription
from sphinxext_layered.drawing.graph import Edge

CONV = layer("Conv2D", 16, 16, 32)
DENSE = layer("Dense", 64)
IMAGE = layer("InputLayer", 32, 32, 3)
JOIN = layer("Concatenate", 16, 16, 64)
SUM = layer("Add", 16, 16, 32)


def edges_of(description: ModelDescription) -> tuple[int, list[Edge]]:
    """How many calls there are, and which feed which: what lanes are made from where everything is drawn."""
    calls = enumerate(description.calls)
    return len(description.calls), [Edge(source.call, i) for i, call in calls for source in call.inputs or ()]


def fork():
    """Two branches of two layers and of one."""
    return graph(
        ("input", IMAGE),
        ("a1", CONV, "input"),
        ("a2", CONV, "a1"),
        ("b1", CONV, "input"),
        ("join", JOIN, "a2", "b1"),
        ("out", DENSE, "join"),
    )


def resnet_block():
    """Two convolutions beside the line that skips them."""
    return graph(
        ("input", IMAGE),
        ("stem", CONV, "input"),
        ("conv1", CONV, "stem"),
        ("conv2", CONV, "conv1"),
        ("add", SUM, "conv2", "stem"),
        ("out", DENSE, "add"),
    )


def projected_block():
    """Two convolutions beside a projection."""
    return graph(
        ("input", IMAGE),
        ("stem", CONV, "input"),
        ("conv1", CONV, "stem"),
        ("conv2", CONV, "conv1"),
        ("projection", CONV, "stem"),
        ("add", SUM, "conv2", "projection"),
        ("out", DENSE, "add"),
    )


def inception_module():
    """Four branches between one layer and a concatenation."""
    return graph(
        ("input", IMAGE),
        ("one", CONV, "input"),
        ("three_reduce", CONV, "input"),
        ("three", CONV, "three_reduce"),
        ("five_reduce", CONV, "input"),
        ("five_1", CONV, "five_reduce"),
        ("five_2", CONV, "five_1"),
        ("pool", layer("MaxPooling2D", 16, 16, 3), "input"),
        ("pool_conv", CONV, "pool"),
        ("mixed", JOIN, "one", "three", "five_2", "pool_conv"),
        ("out", DENSE, "mixed"),
    )


def unet(levels=3):
    """Down, up, and a skip connection at each level."""
    nodes, kept, last = [("image", layer("InputLayer", 64, 64, 1))], [], "image"
    for level in range(levels):
        size, channels = 64 >> level, 16 << level
        nodes += [(f"down{level}", layer("Conv2D", size, size, channels), last)]
        nodes += [(f"pool{level}", layer("MaxPooling2D", size // 2, size // 2, channels), f"down{level}")]
        kept.append((f"down{level}", size, channels))
        last = f"pool{level}"
    nodes += [("bottom", layer("Conv2D", 64 >> levels, 64 >> levels, 16 << levels), last)]
    last = "bottom"
    for level, (skip, size, channels) in reversed([*enumerate(kept)]):
        nodes += [(f"up{level}", layer("Conv2DTranspose", size, size, channels), last)]
        nodes += [(f"cat{level}", layer("Concatenate", size, size, 2 * channels), skip, f"up{level}")]
        nodes += [(f"conv{level}", layer("Conv2D", size, size, channels), f"cat{level}")]
        last = f"conv{level}"
    return graph(*nodes, ("mask", layer("Conv2D", 64, 64, 1), last))


def nested_forks():
    """Forks within branches of a fork."""
    return graph(
        ("input", IMAGE),
        ("a", CONV, "input"),
        ("a1", CONV, "a"),
        ("a11", CONV, "a1"),
        ("a2", CONV, "a"),
        ("a_join", JOIN, "a11", "a2"),
        ("b", CONV, "input"),
        ("b1", CONV, "b"),
        ("b2", CONV, "b"),
        ("b3", CONV, "b"),
        ("b_join", JOIN, "b1", "b2", "b3"),
        ("join", JOIN, "a_join", "b_join"),
    )


def nested_skips():
    """Skip connections inside and across others, three from one layer."""
    names = [f"c{i}" for i in range(8)]
    nodes = [("input", IMAGE), ("c0", CONV, "input")]
    nodes += [(own, CONV, before) for before, own in pairwise(names[:-1])]
    nodes += [("c7", JOIN, "c6", "c0", "c2"), ("add", SUM, "c7", "c0"), ("cat", JOIN, "add", "c0", "c4", "c5")]
    return graph(*nodes)


def two_inputs():
    """A long branch and a short one, each with an input of its own."""
    return graph(
        ("photo", IMAGE),
        ("conv1", CONV, "photo"),
        ("conv2", CONV, "conv1"),
        ("flat", layer("Flatten", 8192), "conv2"),
        ("facts", layer("InputLayer", 5)),
        ("dense", DENSE, "facts"),
        ("join", layer("Concatenate", 8256), "flat", "dense"),
        ("price", layer("Dense", 1), "join"),
    )


def two_outputs():
    """A trunk and two heads."""
    return graph(
        ("image", IMAGE),
        ("trunk", CONV, "image"),
        ("class1", DENSE, "trunk"),
        ("classes", DENSE, "class1"),
        ("box1", DENSE, "trunk"),
        ("box2", DENSE, "box1"),
        ("boxes", layer("Dense", 4), "box2"),
    )


def siamese():
    """One layer that is called for each of two inputs, and their difference."""
    return graph(
        ("left", IMAGE),
        ("right", IMAGE),
        ("tower", DENSE, "left"),
        ("again", "tower", "right"),
        ("difference", layer("Subtract", 64), "tower", "again"),
        ("same", layer("Dense", 1), "difference"),
    )


def recurrent():
    """One layer that is called three times in a row."""
    return graph(
        ("input", layer("InputLayer", 8)),
        ("again", layer("Dense", 8), "input"),
        ("second", "again", "again"),
        ("third", "again", "second"),
        ("out", layer("Dense", 1), "third"),
    )


def mask_in_many_places(blocks=6):
    """A transformer's blocks, which all use one mask."""
    nodes = [("tokens", layer("InputLayer", 12)), ("mask", layer("InputLayer", 12))]
    nodes += [("embedding", layer("Embedding", 12, 64), "tokens")]
    last, text = "embedding", layer("LayerNormalization", 12, 64)
    for i in range(blocks):
        nodes += [(f"attention{i}", layer("MultiHeadAttention", 12, 64), last, "mask")]
        nodes += [(f"sum{i}", "Add", (12, 64), last, f"attention{i}"), (f"norm{i}", text, f"sum{i}")]
        nodes += [(f"ff{i}", layer("Dense", 12, 64), f"norm{i}")]
        nodes += [(f"add{i}", layer("Add", 12, 64), f"norm{i}", f"ff{i}")]
        last = f"add{i}"
    return graph(*nodes)


def operations():
    """Operations that merge, reshape, pass on and compute."""
    return graph(
        ("input", IMAGE),
        ("conv", CONV, "input"),
        ("slice", "GetItem", (16, 16, 16), "conv"),
        ("rest", "GetItem", (16, 16, 16), "conv"),
        ("relu", "Relu", (16, 16, 16), "slice"),
        ("product", "Multiply", (16, 16, 16), "relu", "rest"),
        ("mean", "Mean", (16,), "product"),
        ("largest", "Maximum", (16,), "mean", "product"),
        ("out", DENSE, "largest"),
    )


def arguments():
    """A model without input layers, which uses what it is given twice."""
    return graph(
        ("inputs", ARGUMENT, (32, 32, 3)),
        ("conv", CONV, "inputs"),
        ("gate", CONV, "inputs"),
        ("product", "Multiply", (16, 16, 32), "conv", "gate"),
        ("out", DENSE, "product"),
    )


def with_spacing():
    """Spacing layers in both branches of a fork and behind it."""
    return graph(
        ("input", IMAGE),
        ("a", CONV, "input"),
        ("a_space", spacing(40), "a"),
        ("b", CONV, "input"),
        ("join", JOIN, "a_space", "b"),
        ("space", spacing(25), "join"),
        ("out", DENSE, "space"),
    )


def written():
    """A fork and a skip with a user's texts above and below, of several lines and of many letters."""
    texts = ("above", "below\nin two lines", "a text that is much wider than its box", "up", "down", "x")
    described = inception_module()
    layers = [
        replace(each, text=LayerText(text=texts[i % len(texts)], above=i % 3 != 1))
        for i, each in enumerate(described.layers)
    ]
    return replace(described, layers=tuple(layers))


def unconnected():
    """Two chains that have nothing to do with each other."""
    return graph(("one", IMAGE), ("conv", CONV, "one"), ("other", IMAGE), ("dense", DENSE, "other"))


def incomplete():
    """A fork of which it is not known what feeds one layer."""
    described = fork()
    calls = [*described.calls]
    calls[3] = replace(calls[3], inputs=None)
    return replace(described, calls=tuple(calls), incomplete="what feeds b1 is not known")


def parallel(lanes):
    """As many branches between two layers."""
    names = [f"b{i}" for i in range(lanes)]
    return graph(("input", IMAGE), *((each, CONV, "input") for each in names), ("join", JOIN, *names))


def many_inputs(number):
    """A layer that as many inputs feed."""
    names = [f"i{i}" for i in range(number)]
    return graph(*((each, layer("InputLayer", 1)) for each in names), ("join", layer("Concatenate", number), *names))


def residual(layers):
    """A deep residual network: every third layer adds what came three before it."""
    nodes, last = [("input", IMAGE)], "input"
    for i in range(layers // 3):
        nodes += [(f"a{i}", CONV, last), (f"b{i}", CONV, f"a{i}"), (f"s{i}", SUM, f"b{i}", last)]
        last = f"s{i}"
    return graph(*nodes)


def normalised(blocks):
    """A residual network of convolutions that are normalised, each block after a narrower one."""
    nodes, last = [("input", IMAGE)], "input"
    for i in range(blocks):
        nodes += [(f"first{i}", CONV, last), (f"norm{i}", layer("BatchNormalization", 16, 16, 32), f"first{i}")]
        nodes += [(f"relu{i}", layer("ReLU", 16, 16, 32), f"norm{i}"), (f"second{i}", CONV, f"relu{i}")]
        nodes += [(f"last_norm{i}", layer("BatchNormalization", 16, 16, 32), f"second{i}")]
        nodes += [(f"add{i}", SUM, f"last_norm{i}", last)]
        last = f"add{i}"
        if i % 3 == 2:
            nodes += [
                (f"narrow{i}", CONV, last),
                (f"narrow_norm{i}", layer("BatchNormalization", 16, 16, 32), f"narrow{i}"),
            ]
            last = f"narrow_norm{i}"
    return graph(*nodes)


def nested(depth):
    """A fork in a branch of a fork, and so on."""
    nodes = [("f0", IMAGE)] + [(f"f{i}", CONV, f"f{i - 1}") for i in range(1, depth)]
    last = f"f{depth - 1}"
    for i in reversed(range(depth)):
        nodes += [(f"side{i}", CONV, f"f{i}"), (f"join{i}", JOIN, last, f"side{i}")]
        last = f"join{i}"
    return graph(*nodes)


def branches_of_branches(depth):
    """A branch that leaves the main lane, one that leaves that branch, and so on; all join the main lane again."""
    nodes = [("input", IMAGE)] + [(f"a{i}", CONV, f"a{i - 1}" if i else "input") for i in range(depth)]
    nodes += [(f"c{i}", CONV, f"a{i}") for i in range(depth)]
    nodes.append(("m0", CONV, "input"))
    for i in range(1, 3 * depth + 1):
        joining = [f"c{(i - 3) // 3}"] if i >= 3 and i % 3 == 0 else []
        nodes.append((f"m{i}", JOIN, f"m{i - 1}", *joining))
    return graph(*nodes)


HAND_MADE = (
    fork,
    resnet_block,
    projected_block,
    inception_module,
    unet,
    nested_forks,
    nested_skips,
    two_inputs,
    two_outputs,
    siamese,
    recurrent,
    mask_in_many_places,
    operations,
    arguments,
    with_spacing,
    written,
    unconnected,
    incomplete,
)
