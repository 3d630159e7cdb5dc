"""The wheel and the source distribution: what is in them, and that the wheel works where nothing else is."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "sphinxext_layered"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with a wheel and a source distribution of this checkout."""
    to = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(to), str(ROOT)]  # wheel from the sdist
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return to


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def in_package() -> set[str]:
    """Return the files that git keeps of the package."""
    listed = subprocess.run(["git", "ls-files", PACKAGE], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert in_package() <= names
    assert {name.split("/")[0] for name in names} == {PACKAGE, wheel.name.split("-py3")[0] + ".dist-info"}
    assert not [name for name in names if name.endswith((".pyc", ".orig", "~"))]
    assert {f"{PACKAGE}/py.typed", f"{PACKAGE}/drawing/DejaVuSans.ttf"} <= names


def test_the_wheel_carries_the_licences_and_the_readme(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        message = email.message_from_bytes(archive.read(metadata))
        kept = [name.split("/licenses/")[1] for name in archive.namelist() if "/licenses/" in name]
    assert sorted(kept) == ["LICENSE", f"{PACKAGE}/drawing/LICENSE_DEJAVU"]
    assert message["Name"] == "sphinxext-layered"
    assert message["License-Expression"] == "MIT"
    assert message["Requires-Python"] == ">=3.11"
    assert message["Description-Content-Type"] == "text/markdown"
    assert {"tensorflow", "matplotlib", "dev"} <= set(message.get_all("Provides-Extra", []))


def test_the_source_distribution_has_what_a_packager_needs(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert in_package() <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "tests/conftest.py", "Makefile"} <= names
    assert not [name for name in names if "_build/" in name or name.endswith(".pyc") or name.startswith(".venv")]


def test_an_unpacked_wheel_draws_from_a_description(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import sphinxext_layered as package\n"
        f"assert package.__file__.startswith({str(tmp_path)!r})\n"
        "from sphinxext_layered.description import LayerDescription, ModelDescription\n"
        "from sphinxext_layered.drawing import lay_out\n"
        "from sphinxext_layered.drawing.paint import paint\n"
        "from sphinxext_layered.options import LayeredViewOptions\n"
        "layer = LayerDescription(index=0, name='a', class_name='Conv2D', output_shapes=((None, 8, 8, 4),))\n"
        "model = ModelDescription(name='m', class_name='Model', layers=(layer,))\n"
        "scene = lay_out(model, LayeredViewOptions(legend=True))\n"
        "for format in ('png', 'svg', 'pdf'):\n"
        "    print(paint(scene, format)[:5])\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == r"b'\x89PNG\r'"


MODELS = """\
class Dense:
    name, output_shape = "only", (None, 7)


class Model:
    name, layers = "net", [Dense()]
"""


def test_an_installed_wheel_draws_on_the_command_line_and_on_a_page(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # What it needs is taken from here; an editable installation of this checkout is not, since .pth files are not
    # read in folders that a .pth file names.
    (site / "needed.pth").write_text(sysconfig.get_path("purelib"))
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "nets.py").write_text(MODELS)
    (docs / "conf.py").write_text(
        "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\nextensions = ['sphinxext_layered']\n"
    )
    (docs / "index.rst").write_text("Net\n===\n\n.. layered-view:: nets:Model\n")

    def run(*command: str | Path) -> str:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run([*map(str, command)], cwd=docs, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run(python, "-c", "import sphinxext_layered; print(sphinxext_layered.__file__)")
    assert Path(where.strip()).is_relative_to(site)
    run(python.with_name("layered-view"), "draw", "nets:Model", "-o", tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text("utf-8").startswith("<")
    run(python, "-m", "sphinx", "-nW", "-b", "html", docs, tmp_path / "html")
    assert len(list((tmp_path / "html" / "_images").glob("*.png"))) == 1
