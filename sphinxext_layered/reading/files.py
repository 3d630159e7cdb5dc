"""Models that were saved to a file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Final

from sphinxext_layered.errors import ModelError, TargetError

_LARGEST: Final = 64 << 20
_UNREADABLE: Final = (
    OSError,
    ValueError,
    KeyError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
)


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
        raise TargetError(f"there is no file {path.name!r}: use an existing .keras or .json file") from None
    except _UNREADABLE as error:
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


def modules_named_in(path: str | Path) -> set[str]:
    """Return the modules that a saved model names, found without importing any; none where it cannot be read."""
    try:
        waiting = [json.loads(_configuration(Path(path)))]
    except _UNREADABLE:
        return set()
    found = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found |= {each for name in ("module", "fn_module") if isinstance(each := value.get(name), str)}
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return found


def _configuration(path: Path) -> str:
    """Return the JSON of the model's architecture."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > _LARGEST:
                raise ValueError(f"its configuration has more than {_LARGEST >> 20} MB")
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
