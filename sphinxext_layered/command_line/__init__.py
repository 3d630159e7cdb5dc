"""The command line: draw a model, describe it, check what is committed, look after a cache.

Its drawing flags are those of the options' declaration. A model is built in a child process, as in a
Sphinx build, so that its memory, its output and its failures stay there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from sphinxext_layered.errors import LayeredViewError, OptionError, TargetError

from . import models, upkeep
from .arguments import MISUSED, flag, parser

FOUND_WANTING: Final = 1
_COMMANDS: Final[dict[str, Callable[[Any], bool]]] = {
    "draw": models.draw,
    "describe": models.describe,
    "check": upkeep.check,
    "cache show": upkeep.show_cache,
    "cache prune": upkeep.prune_cache,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process where left out.

    Returns
    -------
    int
        The exit status: 0, 1 where the model, the machine or what was checked is at fault, 2 where the
        command line is.
    """
    try:
        given = parser().parse_args(arguments)
        return 0 if _COMMANDS[given.command](given) else FOUND_WANTING
    except (OptionError, TargetError) as error:
        return _failed(_in_flags(error), MISUSED)
    except LayeredViewError as error:
        return _failed(error, FOUND_WANTING)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND_WANTING
    except KeyboardInterrupt:
        return _failed("interrupted", 130)


def _failed(error: object, status: int) -> int:
    print("layered-view:", " ".join(str(error).split()), file=sys.stderr)
    return status


def _in_flags(error: LayeredViewError) -> object:
    """Return an option's error as the command line spells the option."""
    return f"{flag(error.name)}: {error.problem}" if isinstance(error, OptionError) else error
