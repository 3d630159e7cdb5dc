"""Models that were saved to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinxext_layered.errors import ModelError, TargetError


def load_model_file(path: str | Path) -> Any:
    """Load a model from a ``.keras`` archive or from the JSON that ``model.to_json()`` gives.

    Nothing in the file is executed: a Lambda layer of it is refused by Keras.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    keras.Model
        With weights of no meaning: only the architecture is read.

    Raises
    ------
    TargetError
        There is no such file.
    ModelError
        The file is neither of the two, or holds a layer that this process does not know.
    """
    path = Path(path)
    try:
        text = _configuration(path)
    except FileNotFoundError:
        raise TargetError(f"there is no file {path.name!r}: name a .keras or .json file that exists") from None
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"cannot read {path.name!r} ({error}): write it with model.save('{path.stem}.keras') or model.to_json()"
        ) from error
    import keras

    try:
        return keras.models.model_from_json(text)
    except Exception as error:
        raise ModelError(
            f"Keras cannot make a model of {path.name!r}: {_first_line(error)} Where it has layers of your own, refer "
            "to a function that imports them and loads the file"
        ) from error


def _configuration(path: Path) -> str:
    """Give the JSON of the model's architecture."""
    import json
    import zipfile

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            text = archive.read("config.json").decode()
    else:
        text = path.read_text("utf-8")
    document = json.loads(text)
    if not isinstance(document, dict) or "class_name" not in document:
        raise ValueError("it has no class_name")
    return text


def _first_line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0] or type(error).__name__
    return line if line.endswith((".", "!")) else line + "."
