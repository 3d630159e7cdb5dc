"""The commands and flags of the command line; those of drawing are made from the options' declaration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

from sphinxext_layered import __version__, values
from sphinxext_layered.options import DECLARED, DEFAULTS, Option
from sphinxext_layered.values import did_you_mean

MISUSED: Final = 2

_TARGET: Final = (
    "what builds the model: module:function or module.function, optionally with literal arguments, such as "
    "'mypkg.models:build(classes=10)', and attributes of the result, such as 'mypkg.models:build(3).encoder'; or a "
    "file: .keras, .json as written by Keras, or a description; or - for a description on standard input"
)
_EXAMPLES: Final[dict[str, str]] = {
    "draw": """\
examples:
  layered-view draw mypkg.models:lenet -o lenet.svg --legend
  layered-view draw 'mypkg.models:build(classes=10)' -o a.png -o a.pdf --scale-xy 2 --text-callable shape
  layered-view draw trained.keras --theme dark --max-width 800 -o dark.png --pixel-ratio 2
  layered-view describe mypkg.models:lenet -o lenet.json && layered-view draw lenet.json -o lenet.svg
  layered-view describe mypkg.models:lenet | layered-view draw - -o lenet.png
  layered-view draw mypkg.models:lenet -o - --format svg | less
""",
    "describe": """\
examples:
  layered-view describe mypkg.models:lenet
  layered-view describe trained.keras -o trained.json
""",
    "check": """\
examples:
  layered-view check docs                        every committed description below docs
  layered-view draw docs/descriptions/mypkg-models-lenet.json -o docs/lenet.svg --legend --check
                                                 a committed picture, from a committed description
Your code is not imported. Keras and TensorFlow need not be installed.
The exit status is 0 if everything is fresh, 1 if something is stale.
""",
    "cache": """\
examples:
  layered-view cache show                        every cache below this folder
  layered-view cache prune docs/_build --days 30 --megabytes 100
Builds prune their caches automatically from time to time.
""",
}

_USAGES: Final[dict[str, str]] = {
    "draw": "layered-view draw TARGET [-o FILE]... [options]",
    "describe": "layered-view describe TARGET [-o FILE] [options]",
    "check": "layered-view check [PATH] [options]",
}


def flag(name: str) -> str:
    """Return an option as the command line spells it."""
    return "--" + name.replace("_", "-")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        flags = [flag for action in self._actions for flag in action.option_strings]
        unknown = [word for word in message.partition("unrecognized arguments: ")[2].split() if word[:2] == "--"]
        if unknown:
            message = f"unknown option {unknown[0]}; {did_you_mean(unknown[0].partition('=')[0], flags)}"
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(MISUSED)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is unknown here, where this command's own flags are known."""
        given, others = super().parse_known_args(args, namespace)
        if others:
            self.error(f"unrecognized arguments: {' '.join(others)}")
        return given, others


def parser() -> argparse.ArgumentParser:
    """Return the parser, whose result has the name of the command in ``command``."""
    whole = _Parser(prog="layered-view", description="Draw Keras models as 3D boxes.", allow_abbrev=False)
    whole.add_argument("--version", action="version", version=f"layered-view {__version__}")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")

    draw = _command(commands, "draw", "Draw a model into one or more files.")
    _add_model(draw)
    draw.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="FILE",
        help="file to write: .png, .svg, .pdf, .jpg or another type that Pillow writes; - for standard "
        "output; can be repeated (default: layered_view.png)",
    )
    draw.add_argument("--format", metavar="FORMAT", help="type of the picture on standard output (default: png)")
    draw.add_argument(
        "--check", action="store_true", help="write nothing; exit with status 1 if a file is missing or would change"
    )
    _add_options(draw, DECLARED)

    describe = _command(commands, "describe", "Print a description of a model as JSON.")
    _add_model(describe)
    describe.add_argument("-o", "--output", metavar="FILE", help="file to write instead of standard output")
    _add_options(describe, {name: DECLARED[name] for name in ("input_shape", "text_callable")})

    check = _command(commands, "check", "List committed descriptions that are stale or not used by any page.")
    check.add_argument(
        "folder",
        nargs="?",
        default=".",
        metavar="PATH",
        help="a description, or the folder to look for them in, at any depth (default: here)",
    )
    check.add_argument(
        "--root",
        metavar="FOLDER",
        help="project root, to which source paths are relative (default: the folder with pyproject.toml or .git)",
    )
    check.add_argument("-q", "--quiet", action="store_true", help="list stale descriptions only")

    cache = _command(commands, "cache", "Show or prune a cache of descriptions and pictures.")
    actions = cache.add_subparsers(title="actions", required=True, metavar="ACTION")
    show = _command(actions, "show", "Show the size of a cache.")
    _add_cache_folder(show)
    prune = _command(actions, "prune", "Remove entries that have not been used for a long time.")
    _add_cache_folder(prune)
    prune.add_argument(
        "--days", type=_number(), default=60, help="keep entries used within this number of days (default: 60)"
    )
    prune.add_argument("--megabytes", type=_number(), default=512, help="maximum size of the cache (default: 512)")
    return whole


def _command(commands: Any, name: str, what: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what,
        usage=_USAGES.get(name),
        epilog=_EXAMPLES.get(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(command=command.prog.partition(" ")[2])
    return command


def _number(*, above: float | None = None) -> Callable[[str], float]:
    """Return what reads a number of at least 0, or greater than `above`, for the parser."""

    def read(text: str) -> float:
        try:
            return float(values.number(above=above)(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _add_cache_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        help="a cache, or the folder to look for caches in, at any depth (default: what LAYERED_VIEW_CACHE_DIR names, "
        "else here)",
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("target", metavar="TARGET", help=_TARGET)
    command.add_argument(
        "--timeout",
        type=_number(above=0),
        default=300,
        metavar="SECONDS",
        help="maximum time for building the model (default: 300)",
    )
    command.add_argument("--traceback", action="store_true", help="show the traceback if the model's code fails")
    command.add_argument("-q", "--quiet", action="store_true", help="do not print progress")


_TITLES: Final = {"size": "sizes", "colour": "colours"}


def _add_options(command: argparse.ArgumentParser, options: dict[str, Option]) -> None:
    groups: dict[str, Any] = {}
    for name, option in options.items():
        if option.python_only:
            continue
        if option.kind not in groups:
            groups[option.kind] = command.add_argument_group(_TITLES.get(option.kind, option.kind))
        _add_option(groups[option.kind], name, option)


def _add_option(group: Any, name: str, option: Option) -> None:
    text = option.doc.replace("``", "").replace("%", "%%")
    default = _spelt(DEFAULTS[name])
    if option.reader.python.endswith(("Like", "Like | None")):
        text += f" Example: {option.reader.examples[0]!r}."
    text += f" (default: {default})" if default else ""
    common = {"dest": f"option_{name}", "default": argparse.SUPPRESS, "help": text}
    if option.reader.python == "bool":
        group.add_argument(flag(name), action=argparse.BooleanOptionalAction, **common)
    elif option.reader.bare is not None:
        group.add_argument(flag(name), nargs="?", const=option.reader.bare, metavar=_metavar(option), **common)
    else:
        metavar = "|".join(option.reader.examples) if "Literal" in option.reader.python else _metavar(option)
        group.add_argument(flag(name), metavar=metavar, **common)


def _metavar(option: Option) -> str:
    if option.unit == "px" and option.reader.python.startswith(("int", "float")):
        return "PX"
    kinds = {"Colour": "COLOUR", "Names": "NAMES", "Indices": "INDICES", "Path": "FILE", "Shapes": "SHAPE"}
    return next((word for kind, word in kinds.items() if option.reader.python.startswith(kind + "Like")), "VALUE")


def _spelt(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default in (None, ()) else str(default)
