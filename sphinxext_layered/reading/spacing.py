"""A layer that does nothing but leave a gap in the picture.

Importing this module imports Keras: that is why the package names the class only when it is asked for.
"""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="sphinxext_layered")
class SpacingDummyLayer(keras.layers.Layer):  # type: ignore[misc]
    """A layer that passes its input on unchanged and is drawn as a gap.

    Parameters
    ----------
    spacing : int
        Pixels added to the distance between the layer before and the layer after.
    **kwargs
        Those of ``keras.layers.Layer``, such as ``name``.

    Raises
    ------
    ValueError
        `spacing` is not a whole number from 0.

    Examples
    --------
    >>> SpacingDummyLayer(spacing=80).spacing
    80
    """

    def __init__(self, spacing: int = 50, **kwargs: Any) -> None:
        if isinstance(spacing, bool) or not isinstance(spacing, int) or spacing < 0:
            raise ValueError(f"spacing: expected a whole number of pixels from 0; got {spacing!r}")
        super().__init__(**kwargs)
        self.spacing = spacing
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return `inputs` unchanged."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `input_shape` unchanged."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal layer."""
        return {**super().get_config(), "spacing": self.spacing}
