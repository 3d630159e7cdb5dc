"""Draw a model, or describe it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing.check import complaints
from sphinxext_layered.errors import (
    DescriptionError,
    LayeredViewError,
    ModelError,
    OptionError,
    PaintError,
    TargetError,
    WorkerError,
)
from sphinxext_layered.options import LayeredViewOptions, with_options
from sphinxext_layered.saving import DEFAULT_NAME, encode, file_type, place, save
from sphinxext_layered.saving import draw as draw_description
from sphinxext_layered.target import FILE_SUFFIXES, Target, parse_target
from sphinxext_layered.worker import Failure, ModelRequest, Remedies, WorkerSettings, describe_all

from .arguments import flag

if TYPE_CHECKING:
    from sphinxext_layered.saving import Drawn


def _options(given: argparse.Namespace) -> LayeredViewOptions:
    prefix = "option_"
    return LayeredViewOptions.of(
        {name.removeprefix(prefix): value for name, value in vars(given).items() if name.startswith(prefix)}
    )


def draw(given: argparse.Namespace) -> bool:
    """Draw a model into files, or return whether they are as they would be."""
    options = _options(given)
    if options.theme == "both":
        raise OptionError(
            "theme", "'both' means two pictures, which only pages can show; draw light and dark separately"
        )
    names = given.output or [DEFAULT_NAME]
    if names.count("-") > 1 or (given.check and "-" in names):
        raise OptionError("output", "standard output takes one picture, and none with --check")
    paths = [None if name == "-" else place(name) for name in names]
    suffix = (given.format or "png").lower().lstrip(".")
    file_type(Path(f"picture.{suffix}"))

    description = _model(given, options)
    for name, problem in complaints(description, options):
        print(f"layered-view: warning: {flag(name)}: {problem}", file=sys.stderr)
    drawn = draw_description(description, options)
    results = [_deliver(drawn, path, suffix, given) for path in paths]
    return all(results)


def _deliver(drawn: Drawn, path: Path | None, suffix: str, given: argparse.Namespace) -> bool:
    """Write a picture, or print whether it is as it would be."""
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


def describe(given: argparse.Namespace) -> bool:
    """Write a model's description."""
    text = _model(given, _options(given)).to_json()
    if given.output in (None, "-"):
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        _write_text(Path(given.output), text)
        _say(given, f"wrote {given.output}")
    return True


def _write_text(path: Path, text: str) -> None:
    from sphinxext_layered.cache import write_whole

    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise PaintError(f"{path}: cannot be written ({error.strerror}); choose another file") from error


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.quiet:
        print("layered-view:", text, file=sys.stderr)


def _model(given: argparse.Namespace, options: LayeredViewOptions) -> ModelDescription:
    """Return the model's description: from its document, or made in a child process."""
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
        remedies=_remedies(),
    )
    _say(given, f"building {given.target}")
    start = time.monotonic()
    (answer,) = describe_all([request], settings)
    if isinstance(answer, Failure):
        if given.traceback and answer.detail:
            print(answer.detail.rstrip(), file=sys.stderr)
        raise _error_of(answer, given.target)
    seconds = time.monotonic() - start
    _say(given, f"described {given.target}: {len(answer.description.layers)} layers ({seconds:.1f} s)")
    if answer.allocated:
        _say(given, f"weights were allocated: {answer.allocated}")
    return answer.description


def _error_of(failed: Failure, written: str) -> LayeredViewError:
    """Return a child's failure as an error, with the last line of the model's own code."""
    if failed.subtype == "option":
        return OptionError(*failed.problem.split(": ", 1))
    kinds = {"target": TargetError, "worker": WorkerError}
    message = failed.problem.partition("\n")[0]
    if failed.lines:
        message += f" ({failed.lines[-1].file}, line {failed.lines[-1].number})"
    if failed.subtype == "target" and written.endswith(FILE_SUFFIXES) and not (failed.request and failed.request.file):
        message += f"; and there is no file {written!r}"
    return kinds.get(failed.subtype, ModelError)(message)


def _remedies() -> Remedies:
    return Remedies(
        find_module="change to its folder, or add the folder to PYTHONPATH",
        other_python="draw a description",
        start_python="run layered-view with another Python",
        more_time="raise --timeout",
        more_memory="use a machine with more memory",
        choose_backend="set KERAS_BACKEND={backend}",
    )


def _refuse_short(target: Target) -> None:
    if not target.module:
        raise TargetError(f"{target}: which module is it in? Write module:{target.attribute}, or the path of a file")


def _described_in(path: Path) -> ModelDescription | None:
    """Return the description in a file, as it is or as a project commits it; None where the file is a model's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TargetError(f"{path}: cannot be read ({error.strerror}); use the path of an existing file") from error
    return ModelDescription.from_file_content(content)


def _described_on_input() -> ModelDescription:
    described = ModelDescription.from_file_content(sys.stdin.buffer.read())
    if described is None:
        raise DescriptionError("standard input contains no description; layered-view describe writes one")
    return described
