"""What the manual and the README tell readers to write works as it stands."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from sphinx.cmd.build import get_parser

from sphinxext_layered.command_line.arguments import parser
from sphinxext_layered.command_line.models import _options

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "example_docs").rglob("*.rst")), *(ROOT / "example_docs").glob("*/*.md")]

_REST = re.compile(
    r"^( *)(?:\.\. (?:code-block:: *(\w+)|shown::)|[^.\s].*::|::)\n((?:\1 +:.*\n)*)\n((?:(?:\1 +.*)?\n)+)", re.M
)
_MARKDOWN = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.M | re.S)


def snippets(*languages: str) -> Iterator[tuple[str, str]]:
    """Return an identifier and the text of each block of these languages; "" is of none."""
    for page in PAGES:
        if "_build" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        if page.suffix == ".md":
            found = [(match[2], match[3], match.start()) for match in _MARKDOWN.finditer(text)]
        else:
            found = [(match[2] or "", dedent(match[4]), match.start()) for match in _REST.finditer(text)]
        for language, block, start in found:
            if language in languages:
                yield f"{page.relative_to(ROOT).as_posix()}:{text.count(chr(10), 0, start) + 1}", block


def params(*languages: str, holding: str = "") -> list[Any]:
    found = [pytest.param(text, id=name) for name, text in snippets(*languages) if re.search(holding, text)]
    assert found
    return found


@pytest.mark.parametrize("text", params("yaml"))
def test_yaml_can_be_read(text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict)


FILES = {"saved/classifier.keras": "", "fonts/Inter.ttf": "", "vocabulary.txt": ""}


@pytest.mark.parametrize("text", params("rst", "md", "markdown", holding="layered-view"))
def test_a_directive_can_be_copied_from_the_manual(
    text: str, make_app: Callable[..., Any], make_project: Callable[..., Path]
) -> None:
    markdown = "{layered-view}" in text
    page = {"index.md": f"# T\n\n{text}"} if markdown else {"index.rst": f"T\n=\n\n{text}"}
    conf = "extensions += ['myst_parser', 'sphinx_design']\nmyst_enable_extensions = ['colon_fence']\n"
    app = make_app("dummy", srcdir=make_project({**page, **FILES}, conf=conf), tags=["internal"])
    app.build()
    assert app.warning.getvalue() == ""
    assert len(app.env.layered_views["index"]) == len(re.findall(r"layered-view(?:::|\})", text))


@pytest.mark.parametrize("text", params("python", holding=r"(?m)^(layered_view_\w+|sphinx_gallery_conf|extensions) ="))
def test_lines_of_conf_py_are_accepted(
    text: str, make_app: Callable[..., Any], make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    source = make_project({"index.rst": "T\n=\n\nText.\n"}, conf=text)
    app = make_app("dummy", srcdir=source)
    app.build()
    assert app.warning.getvalue() == ""
    assert "sphinxext_layered" in app.extensions


@pytest.mark.parametrize("text", params("python"))
def test_python_can_be_compiled(text: str) -> None:
    compile(text, "snippet", "exec")


@pytest.mark.tensorflow
@pytest.mark.parametrize("text", params("python", holding=r"layered_view\("))
def test_python_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    exec(compile(text, "snippet", "exec"), {"model": model, "Conv2D": keras.layers.Conv2D})
    assert "save_fig_filename" not in text or (tmp_path / "model.png").is_file()


def commands() -> list[Any]:
    found = []
    for name, text in snippets("console", "", "yaml"):
        joined = re.sub(r"\\\n", " ", text)
        for line in re.findall(r"(?:^|[ $])((?:layered-view (?=[a-z])|sphinx-build )[^\n|>]*)", joined, re.M):
            found.append(pytest.param(shlex.split(line), id=f"{name} {line}"))
    assert len(found) > 8
    return found


@pytest.mark.parametrize("words", commands())
def test_commands_are_understood(words: list[str]) -> None:
    if words[0] == "sphinx-build":
        assert get_parser().parse_args(words[1:]).outputdir
        return
    given = parser().parse_args(words[1:])
    if words[1] in ("draw", "describe"):
        _options(given)
