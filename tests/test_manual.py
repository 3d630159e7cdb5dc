"""The manual speaks of everything that there is, and of nothing that there is not."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sphinxext_layered import errors
from sphinxext_layered.extension.config import SETTINGS
from sphinxext_layered.extension.page.directive import PAGE_OPTIONS, drawing_options
from sphinxext_layered.target import parse_target

MANUAL = Path(__file__).parent.parent / "example_docs"
PAGES = sorted(page for page in MANUAL.rglob("*") if page.suffix in (".rst", ".md") and "_build" not in page.parts)
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXT.values())


@pytest.mark.parametrize("name", [*drawing_options(), *PAGE_OPTIONS])
def test_every_option_is_used_on_a_page(name: str) -> None:
    assert re.search(rf"^ *:{name}:", ALL, re.MULTILINE)


def test_every_option_that_pages_use_exists() -> None:
    used = {
        option
        for directive in re.findall(r"layered-view(?:::|\}) *\S.*\n((?: *:[\w-]+:.*\n)*)", ALL)
        for option in re.findall(r"^ *:([\w-]+):", directive, re.MULTILINE)
    }
    of_images = {"alt", "height", "name", "width"}
    assert used - {*drawing_options(), *PAGE_OPTIONS} <= of_images


@pytest.mark.parametrize("error", errors.LayeredViewError.__subclasses__(), ids=lambda error: error.__name__)
def test_every_kind_of_error_is_explained_as_a_warning(error: type[errors.LayeredViewError]) -> None:
    assert f"layered_view.{error.subtype}``" in (MANUAL / "reference/warnings.rst").read_text(encoding="utf-8")


def test_every_subtype_of_a_warning_is_explained() -> None:
    package = MANUAL.parent / "sphinxext_layered"
    code = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    given = re.findall(
        r'subtype="(\w+)"|_add\([^,\n]+, "(\w+)"|subtype(?:: ClassVar\[str\])? = "(\w+)"|return "(\w+)", framework',
        code,
    )
    subtypes = {name for names in given for name in names if name} - {"off"}  # what is switched off is no warning
    assert len(subtypes) >= 12
    page = (MANUAL / "reference/warnings.rst").read_text(encoding="utf-8")
    assert subtypes == set(re.findall(r"\* - ``layered_view\.(\w+)``", page))


@pytest.mark.parametrize("text", sorted(set(re.findall(r"(?<!\.)\blayered_view_\w+", ALL))))
def test_every_config_value_that_the_manual_names_exists(text: str) -> None:
    assert text in SETTINGS


def test_every_model_on_a_page_has_its_function() -> None:
    references = set(re.findall(r"layered-view(?:::|\}) *(example_models[\w.:]+(?:\(.*\))?)", ALL))
    assert len(references) >= 13
    for reference in references:
        target = parse_target(reference)
        path = MANUAL / (target.module.replace(".", "/") + ".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert target.attribute in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, reference


def test_the_manual_builds_where_tensorflow_cannot_be_imported(
    tmp_path: Path, sphinx_build: Callable[..., Any]
) -> None:
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed here')\n", encoding="utf-8")
    trace = tmp_path / "children"
    built = sphinx_build(
        MANUAL,
        "-nW",
        "--keep-going",
        # Versions other than those of who committed the descriptions are no fault of this checkout.
        "-Dsuppress_warnings=layered_view.stale,myst.header",
        outdir=tmp_path / "out" / "html",
        env={"READTHEDOCS": "True", "PYTHONPATH": str(tmp_path), "LAYERED_VIEW_TRACE": str(trace)},
    )
    assert built.returncode == 0, built.warnings
    assert not trace.exists()
    assert len(list((tmp_path / "out/html/_images").glob("*.png"))) > 40
    assert 'alt="VGG16 as a row of boxes' in built.text()
    downloads = [*(tmp_path / "out/html/_downloads").rglob("*")]
    scripts = {path.name: path.read_text("utf-8") for path in downloads if path.suffix == ".py"}
    assert {"resnet50.py", "lenet5.py", "siamese.py"} <= scripts.keys()
    assert all("layered_view(" in ast.unparse(ast.parse(script)) for script in scripts.values())
    pages = {path.name: path.read_text("utf-8") for path in downloads if path.suffix == ".rst"}
    assert ".. layered-view:: lenet5:lenet5\n" in pages["lenet5.rst"]


@pytest.mark.parametrize("path", sorted((MANUAL / "descriptions").iterdir()), ids=lambda path: path.stem)
def test_a_committed_description_is_made_from_the_models_own_files(path: Path) -> None:
    made_from = json.loads(path.read_text(encoding="utf-8"))["made_from"]
    assert made_from["files"]
    assert all(name.startswith("example_docs/example_models/") for name in made_from["files"])
