"""A text for each layer, written by hand."""


def kernel_and_shape(index, layer):
    """Return a layer's kernel or name, and the sizes of its output."""
    shape = " x ".join(str(size or "?") for size in layer.output.shape[1:])
    kernel = getattr(layer, "kernel_size", None)
    first = " x ".join(map(str, kernel)) if kernel else layer.name
    return f"{first}\n{shape}", index % 2 == 1
