"""The command line: its flags, its files, its errors in one line, its exit statuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from factories import layer, model
from PIL import Image

from sphinxext_layered import layered_view
from sphinxext_layered.cache import Cache
from sphinxext_layered.command_line import main
from sphinxext_layered.description import ModelDescription
from sphinxext_layered.options import DECLARED

NET = model(layer("Conv2D", 16, 16, 64), layer("Dense", 10), name="small")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.json").write_text(NET.to_json(), encoding="utf-8")
    return tmp_path


def run(*arguments: str, **given: Any) -> subprocess.CompletedProcess[Any]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", "sphinxext_layered", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, **given)


def status_of(*arguments: str) -> int:
    """The exit status, whoever ends the command: argparse or it itself."""
    try:
        return main(arguments)
    except SystemExit as error:
        return int(error.code or 0)


def test_several_files_are_drawn_with_options_that_mean_what_they_mean_in_python(here: Path) -> None:
    flags = ["--legend", "--scale-xy", "2", "--no-draw-funnel", "--text-callable", r"{name}\n{shape}"]
    assert main(["draw", "net.json", "-o", "out/a.svg", "-o", "b.png", *flags]) == 0
    given: dict[str, Any] = {"legend": True, "scale_xy": 2, "draw_funnel": False, "backend": "pil"}
    given["text_callable"] = "{name}\n{shape}"
    image = layered_view(NET, save_fig_filename="c.png", **given)
    layered_view(NET, save_fig_filename="c.svg", **given)
    assert (here / "b.png").read_bytes() == (here / "c.png").read_bytes()
    assert (here / "out/a.svg").read_bytes() == (here / "c.svg").read_bytes()
    assert Image.open("b.png").size == image.size


def test_a_picture_goes_to_standard_output(here: Path) -> None:
    done = run("draw", "net.json", "-o", "-", "--format", "svg", "--quiet")
    layered_view(NET, save_fig_filename="a.svg")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (here / "a.svg").read_bytes()


MODELS = """\
import keras

def build(classes=10):
    print("chatter of the builder")
    layers = [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(classes)]
    return keras.Sequential(layers, name="built")

def fitted():
    model = build()
    model.compile(keras.optimizers.Adam(), "mse")
    model.fit(keras.ops.zeros((2, *model.input_shape[1:])), keras.ops.zeros((2, *model.output_shape[1:])))
    return model


def broken():
    raise ValueError("no data")
"""


@pytest.mark.tensorflow
def test_a_function_of_the_working_folder_is_built_in_a_child(here: Path) -> None:
    (here / "nets.py").write_text(MODELS)
    done = run("describe", "nets:build(classes=3)", text=True)
    described = ModelDescription.from_json(done.stdout)
    assert [one.name for one in described.layers][-1] == "dense"
    assert described.output_shapes == ((None, 3),)
    assert [one["name"] for one in json.loads(done.stdout)["layers"]] == [one.name for one in described.layers]
    assert "chatter" not in done.stdout
    assert "building nets:build(classes=3)" in done.stderr
    assert "weights" not in done.stderr
    done = run("describe", "nets:fitted", text=True)
    assert (
        "weights were allocated: it cannot be built without them: ValueError: You must call `compile()`" in done.stderr
    )
    assert "weights" not in run("describe", "nets:fitted", "--quiet", text=True).stderr
    done = run("draw", "nets.broken", "--quiet", text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "ValueError: no data" in done.stderr
    assert 'raise ValueError("no data")' in run("draw", "nets:broken", "--traceback", text=True).stderr


def test_a_description_is_written_to_a_file_and_drawn_from_it(here: Path) -> None:
    assert main(["describe", "net.json", "-o", "again.json"]) == 0
    assert ModelDescription.from_json((here / "again.json").read_bytes()) == NET


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["draw", "net.json", "--scale-yx", "3"], 2, "unknown option --scale-yx; did you mean '--scale-xy'?"),
        (["draw", "net.json", "--scale-xy", "big"], 2, "--scale-xy: expected a number greater than 0"),
        (["draw", "net.json", "--theme", "both"], 2, "--theme: 'both' means two pictures"),
        (["draw", "net.json", "--input-shape", "3"], 2, "--input-shape: a description already contains shapes"),
        (["draw", "net.json", "--text-callable", "a:b"], 2, "--text-callable: a description has no layers"),
        (["draw", "lenet"], 2, "write module:lenet"),
        (["draw", "m:f(x)"], 2, "not all literals"),
        (["draw", "no/such.keras"], 2, "no/such.keras: cannot be read"),
        (["draw", "bad.json"], 1, "make the description again"),
        (["draw", "net.json", "-o", "v.doc"], 1, "no picture can be written as '.doc'"),
        (["draw", "net.json", "-o", "net.json/v.png"], 1, "cannot be written"),
        (["draw", "net.json", "-o", "-", "-o", "-"], 2, "standard output takes one picture"),
        (["draw"], 2, "TARGET"),
        (["draw", "trained.h5"], 2, "model.save('name.keras')"),
        (["draw", "net.json", "--timeout", "nan"], 2, "--timeout: expected a number greater than 0"),
        (["draw", "net.json", "--timeout=-5"], 2, "--timeout: expected a number greater than 0"),
        (["draw", "net.json", "--timeout", "0"], 2, "--timeout: expected a number greater than 0"),
        (["cache", "prune", "--days=-1"], 2, "--days: expected a number of at least 0"),
        (["cache", "prune", "--megabytes", "nan"], 2, "--megabytes: expected a number of at least 0"),
        ([], 2, "COMMAND"),
        (["cache", "prune", "."], 2, "no cache at or below '.'"),
        (["cache", "show"], 2, "no cache at or below '.'"),
        (["cache", "show", "nowhere"], 2, "'nowhere' is not a folder"),
        (["check", "nowhere"], 2, "there is no 'nowhere'"),
        (["check", "."], 1, "no committed descriptions"),
        (["check", "net.json"], 1, "no committed descriptions"),
    ],
)
def test_errors_are_one_line_that_names_what_to_fix(
    here: Path, arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "bad.json").write_text('{"schema": "layered-view-description/1", "name": 3}')
    assert status_of(*arguments) == status
    shown = capsys.readouterr()
    assert said.lower() in shown.err.lower()
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_every_option_that_text_can_give_is_a_flag_that_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("draw", "--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, option in DECLARED.items():
        assert (
            f" --{name.replace('_', '-')}" + (", " if option.reader.python == "bool" else " ") in shown
        ) is not option.python_only
        assert option.python_only or option.doc.replace("``", "")[:30] in shown
    assert "examples:" in shown


@pytest.mark.parametrize("name", [name for name, option in DECLARED.items() if not option.python_only])
def test_every_flag_takes_what_its_reader_takes(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(
        "sphinxext_layered.command_line.models._model", lambda given, options: seen.append(options) or NET
    )
    monkeypatch.setattr("sphinxext_layered.command_line.models.draw_description", lambda *_: sys.exit(77))
    reader, flag = DECLARED[name].reader, "--" + name.replace("_", "-")
    for example in reader.examples:
        yes_or_no = {"yes": flag, "no": "--no-" + flag[2:]}
        words = [yes_or_no[example]] if reader.python == "bool" else [f"{flag}={example}"]
        if (name, example) != ("theme", "both"):
            assert status_of("draw", "net.json", *words) == 77, capsys.readouterr().err
            assert getattr(seen[-1], name) == reader(example)


def test_a_flag_that_needs_no_value_means_yes_without_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(
        "sphinxext_layered.command_line.models._model", lambda given, options: seen.append(options) or NET
    )
    monkeypatch.setattr("sphinxext_layered.command_line.models.draw_description", lambda *_: sys.exit(77))
    assert status_of("draw", "net.json", "--fold", "--expand-nested") == 77
    assert (seen[-1].fold, seen[-1].expand_nested) == ("yes", 100)


def test_names_that_the_model_lacks_are_warned_of(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "net.json", "-q", "--type-ignore", "Dense, Conv2d", "--index-2d", "1-3"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "layered-view: warning: --type-ignore: 'Conv2d' is neither a layer nor a class of layers of this model; "
        "did you mean 'Conv2D'?",
        "layered-view: warning: --index-2d: this model has no layer 2, 3; its layers have the indices 0 to 1",
    ]


def test_check_compares_pictures_and_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "net.json", "-o", "a.png", "-o", "a.svg", "-q"]) == 0
    before = (here / "a.png").read_bytes()
    assert main(["draw", "net.json", "-o", "a.png", "-o", "a.svg", "--check"]) == 0
    assert main(["draw", "net.json", "-o", "a.png", "-o", "none.png", "--padding", "30", "--check"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "a.png: stale: draw it again",
        "none.png: stale: draw it again",
    ]
    assert (here / "a.png").read_bytes() == before
    assert not (here / "none.png").exists()


@pytest.fixture
def committed_net(here: Path) -> Path:
    """Commit a description of ``nets:build``, which a page shows."""
    from sphinxext_layered.committed import Committed, file_name, write
    from sphinxext_layered.fingerprint import fingerprint
    from sphinxext_layered.worker import FileHashes, MadeFrom, ModelRequest

    (here / "pyproject.toml").touch()
    (here / "nets.py").write_text("a = 1\n")
    made_from = MadeFrom(
        files=(("nets.py", FileHashes().of(str(here / "nets.py"))),), distributions=(("keras", "0.0.1"),)
    )
    path = Path("docs", "models", file_name(ModelRequest(target="nets:build")))
    write(path, Committed(NET.to_json(), made_from, fingerprint().describing, "nets:build"))
    (here / "docs" / "index.rst").write_text(".. layered-view:: nets.build\n")
    return path


def test_check_tells_stale_descriptions_from_fresh_ones(
    committed_net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = committed_net
    assert main(["check", "docs"]) == 0  # whatever version of Keras is installed
    assert capsys.readouterr().out == f"{path}: fresh\n"
    assert main(["draw", str(path), "-q"]) == 0
    Path("nets.py").write_text("a = 2\n")
    assert main(["check", "docs"]) == 1
    assert capsys.readouterr().out == f"{path}: stale: nets.py (changed)\n"
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out == f"{path}: stale: nets.py (changed)\n"


def test_check_names_files_that_no_page_asks_for(committed_net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("docs", "index.rst").write_text(".. layered-view:: nets:rebuild\n")
    assert main(["check", "docs"]) == 1
    assert capsys.readouterr().out == f"{committed_net}: no page uses nets:build any more: delete it\n"


def test_check_names_what_is_the_matter_with_a_broken_file(
    committed_net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed_net.write_text(committed_net.read_text()[:-9])
    assert main(["check", "docs"]) == 1
    assert capsys.readouterr().out.startswith(f"{committed_net}: broken: it is not JSON (")


def test_check_sees_that_this_package_reads_differently(
    committed_net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed_net.write_text(re.sub(r'"package": "\w+"', '"package": "another"', committed_net.read_text()))
    assert main(["check", "docs"]) == 1
    assert "stale: sphinxext_layered (reads models differently now)" in capsys.readouterr().out


def test_a_cache_is_shown_and_pruned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = Cache(here / "cache")
    cache.keep_description("0" * 64, {}, NET)
    assert main(["cache", "show", "cache"]) == 0
    assert "descriptions         1 files" in capsys.readouterr().out
    assert main(["cache", "prune", "cache", "--megabytes", "0"]) == 0
    assert "removed 2 files" in capsys.readouterr().out
    assert main(["cache", "show", "cache"]) == 0
    assert "in all               0 files" in capsys.readouterr().out


def test_a_cache_is_found_below_a_folder_and_other_tools_caches_are_left_alone(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("docs/_build/.layered_view_cache", "docs/_build/.doctrees/.layered_view_cache"):
        Cache(here / name).keep_description("0" * 64, {}, NET)
    foreign = here / "docs" / "target"
    foreign.mkdir()
    (foreign / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    (foreign / "made").touch()
    monkeypatch.delenv("LAYERED_VIEW_CACHE_DIR", raising=False)
    assert main(["cache", "show"]) == 0
    found = {line for line in capsys.readouterr().out.splitlines() if line[0] != " "}
    assert found == {
        str(Path("docs/_build", name)) for name in (".layered_view_cache", ".doctrees/.layered_view_cache")
    }
    assert status_of("cache", "prune", "docs/target", "--megabytes", "0") == 2
    assert main(["cache", "prune", "docs", "--megabytes", "0"]) == 0
    assert capsys.readouterr().out.count("removed 2 files") == 2
    assert (foreign / "made").exists()
    monkeypatch.setenv("LAYERED_VIEW_CACHE_DIR", str(here / "docs/_build/.layered_view_cache"))
    assert main(["cache", "show"]) == 0
    assert capsys.readouterr().out.count("in all") == 1


def test_a_description_comes_through_a_pipe(here: Path) -> None:
    done = run("draw", "-", "-o", "-", "--format", "svg", input=NET.to_json().encode())
    layered_view(NET, save_fig_filename="a.svg")
    assert done.stdout == (here / "a.svg").read_bytes()
    done = run("draw", "-", "-o", "a.png", input=b"nothing")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"standard input contains no description" in done.stderr


FAULTY = """import time

def slow():
    time.sleep(60)

def needy():
    import nothing_of_this_name

def numb():
    return None.layers
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["faulti:slow"],
            r"there is no module 'faulti'; did you mean 'faulty'\? change to its folder, or add the folder to PYTHONP",
        ),
        (["faulty:slow", "--timeout", "3"], r"not built within 3 s; make it faster, or raise --timeout \("),
        (["faulty:needy"], "or add the folder to PYTHONPATH"),
        (["faulty:numb"], r"AttributeError: .* \(faulty\.py, line 10\)$"),
    ],
)
def test_remedies_are_those_of_the_command_line(here: Path, arguments: list[str], said: str) -> None:
    (here / "faulty.py").write_text(FAULTY)
    done = run("draw", "-q", *arguments, text=True)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert re.search(said, done.stderr.strip())
    assert not re.search(r"conf\.py|layered_view_", done.stderr)


def test_no_remedy_of_a_page_is_left_for_the_command_line() -> None:
    from sphinxext_layered.command_line.models import _remedies
    from sphinxext_layered.worker import Remedies

    for here, on_pages in zip(_remedies(), Remedies(), strict=True):
        assert here != on_pages
        assert not re.search(r"conf\.py|layered_view_", here)


def test_it_is_installed_as_layered_view() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"] == {"layered-view": "sphinxext_layered.command_line:main"}
