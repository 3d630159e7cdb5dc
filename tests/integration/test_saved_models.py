"""Models in files beside the pages: Keras's own, its JSON config, and our description."""

from __future__ import annotations

import re
from typing import Any

import pytest

HEAD = "Title\n=====\n\n"
SAVE = """\
import sys
import keras

layers = [keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(5)]
model = keras.Sequential(layers, name="saved")
model.save(sys.argv[1] + ".keras")
open(sys.argv[1] + "-config.json", "w").write(model.to_json())
"""


@pytest.mark.tensorflow
def test_a_saved_model_and_its_config_are_drawn_relative_to_the_page(project: Any) -> None:
    import subprocess
    import sys

    page = HEAD + (
        ".. layered-view:: models/net.keras\n\n.. layered-view:: models/net-config.json\n"
        "   :text-callable: shape\n\n.. layered-view:: /sub/models/net.keras\n   :legend:\n"
    )
    made = project({"index.rst": HEAD + ".. toctree::\n\n   sub/page\n", "sub/page.rst": page})
    (made.docs / "sub" / "models").mkdir()
    subprocess.run([sys.executable, "-c", SAVE, str(made.docs / "sub/models/net")], check=True, capture_output=True)
    outcome = made.build()
    assert (outcome.warnings, outcome.children, len(outcome.images)) == ("", 1, 3)
    html = outcome.text("sub/page.html")
    assert len(re.findall(r'alt="saved: 3 layers from 12 . 12 . 3 to 5\.', html)) == 3
    assert made.build().children == 0
    (made.docs / "sub/models/net.keras").write_bytes(b"not a model")
    broken = made.build()
    assert "sub/page.rst:4: WARNING" in broken.warnings.replace("\\", "/")
    assert "net.keras" in broken.warnings
    assert len(broken.images) == 1
