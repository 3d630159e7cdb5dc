"""The command line: draw a model, describe it, check what is committed, look after a cache.

Its drawing flags are those of the options' declaration. A model is built in a child process, as in a
Sphinx build, so that its memory, its output and its failures stay there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from . import __version__
from .description import ModelDescription
from .errors import DescriptionError, LayeredViewError, ModelError, OptionError, PaintError, TargetError, WorkerError
from .options import DECLARED, DEFAULTS, LayeredViewOptions, Option
from .target import FILE_SUFFIXES, Target, parse_target
from .values import did_you_mean

if TYPE_CHECKING:
    from .saving import Drawn
    from .worker import Failed

FOUND_WANTING: Final = 1
MISUSED: Final = 2
_NO_PLACES: Final = (".git", ".hg", ".tox", ".venv", "venv", "node_modules", "site-packages")

_TARGET: Final = (
    "what builds the model: module:function, module.function or either with literal arguments, such as "
    "'mypkg.models:build(classes=10)', and more steps after a call, such as 'mypkg.models:build(3).encoder'; or a "
    "file: .keras, Keras's .json, or a description; or - for a description on standard input"
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
Nothing of yours is imported, and neither Keras nor TensorFlow need be installed.
The exit status is 0 where all is fresh, 1 where something is stale.
""",
    "cache": """\
examples:
  layered-view cache show                        every cache below this folder
  layered-view cache prune docs/_build --days 30 --megabytes 100
A build does this now and then by itself.
""",
}

_USAGES: Final[dict[str, str]] = {
    "draw": "layered-view draw TARGET [-o FILE]... [options]",
    "describe": "layered-view describe TARGET [-o FILE] [options]",
    "check": "layered-view check [PATH] [options]",
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
        given = _parser().parse_args(arguments)
        return int(given.run(given))
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
    """Give an option's error as the command line spells the option."""
    return f"{_flag(error.name)}: {error.problem}" if isinstance(error, OptionError) else error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


# -- the parser ----------------------------------------------------------------------------------------


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


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="layered-view", description="Keras models drawn as rows of 3D boxes.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"layered-view {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    draw = _command(commands, "draw", _draw, "Draw a model into one or more files.")
    _add_model(draw)
    draw.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="FILE",
        help="file to write: .png, .svg, .pdf, .jpg and what else Pillow writes; - for standard output; "
        "may be given several times (default: layered_view.png)",
    )
    draw.add_argument("--format", metavar="FORMAT", help="type of the picture on standard output (default: png)")
    draw.add_argument(
        "--check", action="store_true", help="write nothing; exit with status 1 unless the files are as they would be"
    )
    _add_options(draw, DECLARED)

    describe = _command(commands, "describe", _describe, "Print what is known of a model's layers, as JSON.")
    _add_model(describe)
    describe.add_argument("-o", "--output", metavar="FILE", help="file to write instead of standard output")
    _add_options(describe, {name: DECLARED[name] for name in ("input_shape", "text_callable")})

    check = _command(
        commands, "check", _check, "Name the committed descriptions that are stale, or that no page asks for."
    )
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
        help="the project's root, which sources are named relative to (default: the one with pyproject.toml or .git)",
    )
    check.add_argument("-q", "--quiet", action="store_true", help="name only what is stale")

    cache = _command(commands, "cache", None, "Show or prune a cache of descriptions and pictures.")
    actions = cache.add_subparsers(title="what to do", required=True, metavar="ACTION")
    show = _command(actions, "show", _show_cache, "Say how much a cache holds.")
    _add_cache_folder(show)
    prune = _command(actions, "prune", _prune_cache, "Remove what was not used for long.")
    _add_cache_folder(prune)
    prune.add_argument("--days", type=float, default=60, help="keep what was used within so many (default: 60)")
    prune.add_argument("--megabytes", type=float, default=512, help="keep at most so much (default: 512)")
    return parser


def _command(commands: Any, name: str, run: Any, what: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what,
        usage=_USAGES.get(name),
        epilog=_EXAMPLES.get(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if run is not None:
        command.set_defaults(run=run)
    return command


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
        "--timeout", type=float, default=300, metavar="SECONDS", help="most time to build the model (default: 300)"
    )
    command.add_argument("--traceback", action="store_true", help="show where the model's own code failed")
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing of progress")


_TITLES: Final = {
    "size": "sizes",
    "layers": "choice of layers",
    "connections": "connections",
    "colour": "colours",
    "text": "texts",
    "picture": "the picture",
    "model": "the model",
}


def _add_options(command: argparse.ArgumentParser, options: dict[str, Option]) -> None:
    groups: dict[str, Any] = {}
    for name, option in options.items():
        if option.python_only:
            continue
        if option.kind not in groups:
            groups[option.kind] = command.add_argument_group(_TITLES[option.kind])
        _add_option(groups[option.kind], name, option)


def _add_option(group: Any, name: str, option: Option) -> None:
    text = option.doc.replace("``", "").replace("%", "%%")
    default = _spelt(DEFAULTS[name])
    if option.reader.python.endswith(("Like", "Like | None")):
        text += f" Such as {option.reader.examples[0]!r}."
    text += f" (default: {default})" if default else ""
    common = {"dest": f"option_{name}", "default": argparse.SUPPRESS, "help": text}
    if option.reader.bare is not None:
        group.add_argument(_flag(name), action=argparse.BooleanOptionalAction, **common)
    else:
        metavar = "|".join(option.reader.examples) if "Literal" in option.reader.python else _metavar(option)
        group.add_argument(_flag(name), metavar=metavar, **common)


def _metavar(option: Option) -> str:
    if option.unit == "px" and option.reader.python.startswith(("int", "float")):
        return "PX"
    kinds = {"Colour": "COLOUR", "Names": "NAMES", "Indices": "INDICES", "Path": "FILE", "Shapes": "SHAPE"}
    return next((word for kind, word in kinds.items() if option.reader.python.startswith(kind + "Like")), "VALUE")


def _spelt(default: object) -> str:
    if isinstance(default, bool) or default is None or default == ():
        return {True: "yes", False: "no"}.get(default, "") if isinstance(default, bool) else ""
    return str(default)


# -- draw, describe ------------------------------------------------------------------------------------


def _options(given: argparse.Namespace) -> LayeredViewOptions:
    prefix = "option_"
    return LayeredViewOptions.of(
        {name.removeprefix(prefix): value for name, value in vars(given).items() if name.startswith(prefix)}
    )


def _draw(given: argparse.Namespace) -> int:
    from .saving import DEFAULT_NAME, draw, file_type, place

    options = _options(given)
    if options.theme == "both":
        raise OptionError("theme", "'both' is two pictures, which only a page shows; draw light and dark")
    names = given.output or [DEFAULT_NAME]
    if names.count("-") > 1 or (given.check and "-" in names):
        raise OptionError("output", "standard output takes one picture, and none with --check")
    paths = [None if name == "-" else place(name) for name in names]
    suffix = (given.format or "png").lower().lstrip(".")
    file_type(Path(f"picture.{suffix}"))

    drawn = draw(_model(given, options), options)
    results = [_deliver(drawn, path, suffix, given) for path in paths]
    return 0 if all(results) else FOUND_WANTING


def _deliver(drawn: Drawn, path: Path | None, suffix: str, given: argparse.Namespace) -> bool:
    """Write a picture, or say whether it is as it would be."""
    from .saving import encode, save

    if path is None:
        sys.stdout.buffer.write(encode(drawn, suffix)[1])
        sys.stdout.buffer.flush()
        return True
    if given.check:
        _, content = encode(drawn, path.suffix[1:].lower())
        try:
            same = path.read_bytes() == content
        except OSError:
            same = False
        print(f"{path}: {'fresh' if same else 'stale: draw it again'}")
        return same
    saved = save(drawn, path, backend="pillow")
    _say(given, f"wrote {saved.path} ({saved.size:,} bytes)")
    return True


def _describe(given: argparse.Namespace) -> int:
    text = _model(given, _options(given)).to_json()
    if given.output in (None, "-"):
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        _write_text(Path(given.output), text)
        _say(given, f"wrote {given.output}")
    return 0


def _write_text(path: Path, text: str) -> None:
    from .cache import write_whole

    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise PaintError(f"{path}: cannot be written ({error.strerror}); choose another file") from error


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.quiet:
        print("layered-view:", text, file=sys.stderr)


def _model(given: argparse.Namespace, options: LayeredViewOptions) -> ModelDescription:
    """Give the model's description: from its document, or made in a child process."""
    from .calling import with_options
    from .worker import Failed, ModelRequest, WorkerSettings, describe_all

    path = Path(given.target)
    if given.target == "-":
        return with_options(_described_on_input(), options)
    if path.suffix in FILE_SUFFIXES and (path.exists() or os.sep in given.target or "/" in given.target):
        described = _described_in(path)
        if described is not None:
            return with_options(described, options)
        root = path.resolve().parent
        request = ModelRequest(file=path.name)
    else:
        target = parse_target(given.target)
        _refuse_short(target)
        root = Path.cwd()
        request = ModelRequest(target=str(target))
    request = request._replace(input_shape=options.input_shape, text_reference=options.text_reference)
    settings = WorkerSettings(
        sys_path=tuple(dict.fromkeys([str(Path.cwd()), *sys.path])),
        directory=str(Path.cwd()),
        root=str(root),
        timeout=given.timeout,
    )
    _say(given, f"building {given.target}")
    start = time.monotonic()
    (answer,) = describe_all([request], settings)
    if isinstance(answer, Failed):
        if given.traceback and answer.detail:
            print(answer.detail.rstrip(), file=sys.stderr)
        raise _error_of(answer, given.target)
    seconds = time.monotonic() - start
    _say(given, f"described {given.target}: {len(answer.description.layers)} layers ({seconds:.1f} s)")
    if answer.allocated:
        _say(given, f"it has its weights: {answer.allocated}")
    return answer.description


def _error_of(failed: Failed, written: str) -> LayeredViewError:
    kinds = {"target": TargetError, "worker": WorkerError}
    message = _in_words_of_the_command_line(failed.message)
    if failed.subtype == "target" and written.endswith(FILE_SUFFIXES) and not failed.request.file:
        message += f"; and there is no file {written!r}"
    return kinds.get(failed.subtype, ModelError)(message)


_REMEDIES: Final = {
    "put its folder on sys.path in conf.py, or install it": "go to its folder, name it in PYTHONPATH, or install it",
    "or put its folder on sys.path in conf.py": "go to its folder, or name it in PYTHONPATH",
    "raise layered_view_timeout": "raise --timeout",
    "install it there, name another Python in layered_view_python, or build from committed descriptions with "
    "layered_view_mode = 'cached'": "install it there, or draw a description",
    "name another Python in layered_view_python, or build from committed descriptions with layered_view_mode = "
    "'cached'": "or draw a description",
    "; layered_view_python names the Python": "",
}
"""What a message of the child tells authors of pages, and what it says here."""

_LINE: Final = re.compile(r'File "(?!<)([^"]+)", line (\d+)')


def _in_words_of_the_command_line(message: str) -> str:
    """Give a message as one line, with the last line of the model's own code, and with remedies of this place."""
    first, _, rest = message.partition("\n")
    for written, meant in _REMEDIES.items():
        first = first.replace(written, meant)
    places = _LINE.findall(rest)
    return f"{first} ({places[-1][0]}, line {places[-1][1]})" if places else first


def _refuse_short(target: Target) -> None:
    if not target.module:
        raise TargetError(f"{target}: which module is it in? Write module:{target.attribute}, or the path of a file")


def _described_in(path: Path) -> ModelDescription | None:
    """Give the description in a file, as it is or as a project commits it; None where the file is a model's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TargetError(f"{path}: cannot be read ({error.strerror}); give the path of a file that exists") from error
    return ModelDescription.from_file_content(content)


def _described_on_input() -> ModelDescription:
    described = ModelDescription.from_file_content(sys.stdin.buffer.read())
    if described is None:
        raise DescriptionError("standard input holds no description; layered-view describe writes one")
    return described


# -- check, cache --------------------------------------------------------------------------------------


def _check(given: argparse.Namespace) -> int:
    from .committed import check

    place = Path(given.folder)
    if not place.exists():
        raise TargetError(f"there is no {given.folder!r}; give the documentation's folder, or a description")
    checked = list(check(place, Path(given.root) if given.root else None))
    for path, problem in checked:
        if problem or not given.quiet:
            print(f"{path}: {problem or 'fresh'}")
    if not checked:
        return _failed(f"no committed descriptions below {place}; layered_view_descriptions_dir makes them", 1)
    if not any(problem for _, problem in checked):
        return 0
    print("Build the documentation where Keras is installed, and commit the descriptions.", file=sys.stderr)
    return FOUND_WANTING


def _show_cache(given: argparse.Namespace) -> int:
    for folder in _caches(given):
        print(folder)
        _show_one_cache(folder)
    return 0


def _show_one_cache(folder: Path) -> None:
    totals: dict[str, tuple[int, int]] = {}
    for parent, _, names in os.walk(folder):
        kind = Path(parent).relative_to(folder).parts[1:2]
        for name in names if kind else ():
            count, size = totals.get(kind[0], (0, 0))
            totals[kind[0]] = (count + 1, size + Path(parent, name).stat().st_size)
    for label, (count, size) in sorted(totals.items()):
        print(f"  {label:14}{count:8,} files {size / 2**20:10.1f} MB")
    count, size = (sum(each) for each in zip((0, 0), *totals.values(), strict=True))
    print(f"  {'in all':14}{count:8,} files {size / 2**20:10.1f} MB")


def _prune_cache(given: argparse.Namespace) -> int:
    from .cache import DAY, Cache

    for folder in _caches(given):
        pruned = Cache(folder).prune(older_than=given.days * DAY, larger_than=int(given.megabytes * 2**20))
        print(
            f"{folder}: removed {pruned.removed:,} files, {pruned.freed / 2**20:.1f} MB; "
            f"{pruned.left / 2**20:.1f} MB are left"
        )
    return 0


def _caches(given: argparse.Namespace) -> list[Path]:
    """Give the caches that are meant, none but ours: what is pruned is deleted."""
    from .cache import is_cache

    start = Path(given.folder or os.environ.get("LAYERED_VIEW_CACHE_DIR") or ".")
    if not start.is_dir():
        raise TargetError(f"{str(start)!r} is no folder; give that of a cache, or one above it")
    found = []
    for parent, folders, names in os.walk(start):
        if "CACHEDIR.TAG" in names and is_cache(Path(parent)):
            found.append(Path(parent))
            folders.clear()
        folders[:] = sorted(folder for folder in folders if folder not in _NO_PLACES)
    if not found:
        raise TargetError(
            f"no cache at or below {str(start)!r}; a build makes it, beside its output or in its doctrees"
        )
    return found
