"""What a model was made from: all of it, nothing else, and the same alone and in a batch."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_project import Project

from sphinxext_layered.fingerprint import NOT_DESCRIBING
from sphinxext_layered.worker import Described, FileHashes, Installed, MadeFrom, ModelRequest, differences


def made_from(project: Project, *targets: str | ModelRequest, **settings: object) -> list[MadeFrom]:
    results = project.describe(*targets, **settings)
    for result in results:
        assert isinstance(result, Described), result.message
    return [result.made_from for result in results if isinstance(result, Described)]


def files(found: MadeFrom) -> list[str]:
    return [name for name, _ in found.files]


MODEL = "from layers import Model\ndef build():\n    return Model(8)\n"

# name: (modules of the project, what m:build was made from beside m.py and layers.py)
CLOSURES: dict[str, tuple[dict[str, str], list[str]]] = {
    "nothing else": ({"m.py": MODEL}, []),
    "through others": ({"m.py": "import a\n" + MODEL, "a.py": "import b", "b.py": "", "c.py": ""}, ["a.py", "b.py"]),
    "packages": (
        {"m.py": "import p.q.r\n" + MODEL, "p/__init__.py": "", "p/q/__init__.py": "", "p/q/r.py": "", "p/s.py": ""},
        ["p/__init__.py", "p/q/__init__.py", "p/q/r.py"],
    ),
    "from a package": (
        {"m.py": "from p import q, value\n" + MODEL, "p/__init__.py": "value = 1", "p/q.py": "", "p/s.py": ""},
        ["p/__init__.py", "p/q.py"],
    ),
    "relative": (
        {"m.py": "from p.q import x\n" + MODEL, "p/__init__.py": "", "p/q.py": "from . import r\nfrom .s import x",
         "p/r.py": "", "p/s.py": "x = 1"},
        ["p/__init__.py", "p/q.py", "p/r.py", "p/s.py"],
    ),
    "import_module": (
        {"m.py": "import importlib\na = importlib.import_module('a')\n" + MODEL, "a.py": ""},
        ["a.py"],
    ),
    "at call time": (
        {"m.py": MODEL.replace("return", "from a import size\n    return"), "a.py": "import b\nsize = 1", "b.py": ""},
        ["a.py", "b.py"],
    ),
    "by path": (
        {"m.py": "import runpy\nrunpy.run_path('a.py')\n" + MODEL, "a.py": "import json"},
        ["a.py"],
    ),
    "circle": ({"m.py": "import a\n" + MODEL, "a.py": "import b", "b.py": "import a"}, ["a.py", "b.py"]),
    "data while imported": ({"m.py": "t = open('data.txt').read()\n" + MODEL, "data.txt": "x"}, ["data.txt"]),
    "data while another is imported": (
        {"m.py": "import a\n" + MODEL, "a.py": "import io\nio.open('data.json').close()", "data.json": ""},
        ["a.py", "data.json"],
    ),
    "data at call time": (
        {"m.py": MODEL.replace("return", "open('deep/data.bin', 'rb').close()\n    return"), "deep/data.bin": "x"},
        ["deep/data.bin"],
    ),
    "written and read": (
        {"m.py": MODEL.replace("return", "open('n.txt', 'w').close()\n    open('n.txt').close()\n    return")},
        [],
    ),
    "standard library": ({"m.py": "import json, email.mime.text, sqlite3\n" + MODEL}, []),
    "failed import": (
        {"m.py": "try:\n    import nothing_of_that_name\nexcept ImportError:\n    import a\n" + MODEL, "a.py": ""},
        ["a.py", "module:nothing_of_that_name"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSURES)
def test_closure_is_whole_and_no_more(project: Project, name: str) -> None:
    modules, beside = CLOSURES[name]
    for path, text in modules.items():
        project.write(path, text)
    expected = sorted(["m.py", "layers.py", *beside])
    alone, again = made_from(project, "m:build", "m:build")
    assert files(alone) == expected
    assert again == alone
    assert alone.distributions == ()


@pytest.mark.parametrize("name", CLOSURES)
def test_closure_after_other_models_is_the_same(project: Project, name: str) -> None:
    modules, _ = CLOSURES[name]
    for path, text in modules.items():
        project.write(path, text)
    others = [
        path.removesuffix(".py") for path in modules if path.endswith(".py") and "/" not in path and path != "m.py"
    ]
    project.write("all.py", "".join(f"import {each}\n" for each in others) + MODEL)
    project.write("other.py", "import good\nopen('m.py').close()\n" + MODEL)
    alone, *_ = made_from(project, "m:build")
    *_, after = made_from(project, "all:build", "other:build", "m:build")
    assert after == alone


def test_models_of_one_module_do_not_inherit_what_others_read(project: Project) -> None:
    project.write(
        "m.py",
        "from layers import Model\ndef build(name):\n    open(name).close()\n    __import__(name[0])\n"
        "    return Model(1)",
    )
    for name in ("a.txt", "b.txt", "a.py", "b.py"):
        project.write(name, "")
    first, second = made_from(project, "m:build('a.txt')", "m:build('b.txt')")
    assert files(first) == ["a.py", "a.txt", "layers.py", "m.py"]
    assert files(second) == ["b.py", "b.txt", "layers.py", "m.py"]


@pytest.mark.parametrize(
    "reader",
    [
        "import functools\n@functools.cache\ndef size():\n    return len(open('data.txt').read())\n",
        "SIZE = None\ndef size():\n    global SIZE\n    SIZE = SIZE or len(open('data.txt').read())\n    return SIZE\n",
    ],
)
def test_data_that_a_function_keeps_counts_for_all_its_models(project: Project, reader: str) -> None:
    project.write("data.txt", "1234")
    project.write("reader.py", reader)
    project.write("m.py", "from layers import Model\nfrom reader import size\ndef build(): return Model(size())\n")
    first, second = made_from(project, "m:build", "m:build")
    assert "data.txt" in files(first)
    assert first == second


def test_file_looked_for_in_vain_counts(project: Project) -> None:
    project.write(
        "m.py",
        "from layers import Model\ntry:\n    n = int(open('size.txt').read())\nexcept OSError:\n    n = 3\n"
        "def build(): return Model(n)\n",
    )
    (found,) = made_from(project, "m:build")
    assert dict(found.files)["size.txt"] == "absent"
    assert differences(found, project.root) == []
    project.write("size.txt", "5")
    assert differences(found, project.root) == ["size.txt (new)"]


def test_texts_and_named_files_count(project: Project) -> None:
    project.write("m.py", MODEL)
    project.write("texts.py", "import words\ndef text(index, layer): return 'x', True\n")
    project.write("words.py", "")
    project.write("weights.h5", "x")
    request = ModelRequest(target="m:build", text_reference="texts:text", depends=("weights.h5", "not/there.txt"))
    (found,) = made_from(project, request)
    assert files(found) == ["layers.py", "m.py", "not/there.txt", "texts.py", "weights.h5", "words.py"]


def test_modules_outside_the_root_are_named_by_module(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "lib").mkdir()
    (outside / "lib" / "__init__.py").write_text("from .blocks import size")
    (outside / "lib" / "blocks.py").write_text("size = 1")
    project.write("m.py", "import lib\n" + MODEL)
    path = (str(project.root), str(outside))
    (found,) = made_from(project, "m:build", sys_path=path)
    assert files(found) == ["layers.py", "m.py", "module:lib", "module:lib.blocks"]
    assert differences(found, project.root, sys_path=path) == []
    (outside / "lib" / "blocks.py").write_text("size = 2")
    assert differences(found, project.root, sys_path=path) == ["module:lib.blocks (changed)"]
    assert differences(found, project.root, sys_path=(str(project.root),)) != []
    assert differences(found, project.root, sys_path=(str(project.root),), cached=True) == []
    assert not {"lib", "lib.blocks"} & set(sys.modules)


def test_installed_packages_count_by_version(project: Project) -> None:
    project.write("m.py", "import yaml_or_none\n" + MODEL)
    project.write("yaml_or_none.py", "import PIL.Image")
    (found,) = made_from(project, "m:build")
    assert dict(found.distributions).keys() == {"pillow"}
    assert differences(found, project.root) == []
    other = MadeFrom(found.files, (("pillow", "0.1"), ("not-installed-here", "1.0")), ())
    here = Installed().version("pillow")
    assert differences(other, project.root) == [
        f"pillow 0.1 ({here} now)",
        "not-installed-here 1.0 (not installed now)",
    ]
    assert differences(other, project.root, cached=True) == [f"pillow 0.1 ({here} now)"]


def test_chosen_environment_counts_by_digest(project: Project) -> None:
    (found,) = made_from(project, "good:build", environment={"SECRET": "pass" + "word"})
    assert "password" not in json.dumps(found.document())
    assert differences(found, project.root, environment={"SECRET": "password"}) == []
    assert differences(found, project.root, environment={"SECRET": "x"}) == ["environment variable SECRET"]
    assert differences(found, project.root, environment={}) == ["environment variable SECRET"]
    assert differences(found, project.root, environment={}, cached=True) == []


def test_moved_checkout_touched_files_and_other_newlines_differ_in_nothing(project: Project, tmp_path: Path) -> None:
    (found,) = made_from(project, "good:build")
    other = tmp_path / "other checkout ü"
    shutil.copytree(project.root, other, ignore=shutil.ignore_patterns("other*"))
    for path in other.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        os.utime(path, (1, 1))
    assert differences(found, other) == []


def test_backend_that_the_environment_names_counts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (found,) = made_from(project, "good:build")
    assert differences(found, project.root, environment={}) == []
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert differences(found, project.root, environment={}) == ["environment variable KERAS_BACKEND"]


def test_edit_is_seen_and_its_undoing_too(project: Project) -> None:
    (found,) = made_from(project, "good:build")
    text = (project.root / "layers.py").read_text()
    (project.root / "layers.py").write_text(text + "# more\n")
    assert differences(found, project.root) == ["layers.py (changed)"]
    (project.root / "layers.py").unlink()
    assert differences(found, project.root) == ["layers.py (gone)"]
    (project.root / "layers.py").write_text(text)
    assert differences(found, project.root) == []


def test_each_file_is_read_once(project: Project) -> None:
    (found,) = made_from(project, "good:build")
    hashes = FileHashes()
    assert differences(found, project.root, hashes=hashes) == []
    (project.root / "layers.py").write_text("changed")
    assert differences(found, project.root, hashes=hashes) == []


def test_versions_of_an_interpreter_behind_a_wrapper_are_its_own(tmp_path: Path) -> None:
    packages = tmp_path / "packages" / "keras-9.8.7.dist-info"
    packages.mkdir(parents=True)
    (packages / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 9.8.7\n")
    wrapper = tmp_path / "bin" / "python"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={packages.parent} exec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    installed = Installed(str(wrapper))
    assert (installed.version("keras"), installed.version("pillow")) == ("9.8.7", Installed().version("pillow"))
    assert Installed(str(tmp_path / "none")).version("keras") is None


def test_a_finder_of_others_that_raises_hides_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, *given: object) -> None:
            raise RuntimeError("a finder of others")

        find_distributions = find_spec

    (found,) = made_from(project, "good:build")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    found = MadeFrom((*found.files, ("module:nowhere", "absent")), (("pillow", str(Installed().version("pillow"))),))
    assert differences(found, project.root) == []


# name: (code that finds N, the file that is added or, with None for its content, removed; what notes that; its content)
LOOKED_AT: dict[str, tuple[str, str, str, str | None]] = {
    "glob": ("import glob\nN = len(glob.glob('data/*.txt'))", "data/b.txt", "data/", ""),
    "glob without a pattern": ("import glob\nN = len(glob.glob('data/b.txt'))", "data/b.txt", "data/b.txt", ""),
    "iterdir": (
        "import pathlib\nN = len([*pathlib.Path(__file__).with_name('data').iterdir()])", "data/b.txt", "data/", "",
    ),
    "Path.glob": ("import pathlib\nN = len([*pathlib.Path('.').glob('data/*')])", "data/b.txt", "data/", ""),
    "listdir": ("import os\nN = len(os.listdir('data'))", "data/a.txt", "data/", None),
    "scandir": ("import os\nN = len([*os.scandir('data')])", "data/b.txt", "data/", ""),
    "walk": ("import os\nN = len([*os.walk('data')])", "data/more/c.txt", "data/", ""),
    "exists": ("import os\nN = os.path.exists('b.txt')", "b.txt", "b.txt", ""),
    "Path.exists": ("import pathlib\nN = pathlib.Path('b.txt').exists()", "b.txt", "b.txt", ""),
    "Path.is_dir": ("import pathlib\nN = pathlib.Path('b').is_dir()", "b/c.txt", "b", ""),
    "exists no more": ("import os\nN = os.path.exists('data/a.txt')", "data/a.txt", "data/a.txt", None),
    "stat": ("import os\ntry:\n    N = os.stat('b.txt').st_size\nexcept OSError:\n    N = 3", "b.txt", "b.txt", ""),
    "open": ("try:\n    N = len(open('b.txt').read())\nexcept OSError:\n    N = 3", "b.txt", "b.txt", ""),
    "open in a folder": ("try:\n    N = len(open('b/c').read())\nexcept OSError:\n    N = 3", "b/c", "b/c", ""),
    "import": ("try:\n    from extra import N\nexcept ImportError:\n    N = 3", "extra.py", "module:extra", "N = 1"),
    "import of a submodule": (
        "try:\n    from p import extra\nexcept ImportError:\n    pass\nN = 3", "p/extra.py", "module:p.extra", "",
    ),
    "relative import": ("import p.q\nN = 3", "p/extra.py", "module:p.extra", ""),
    "import_module": (
        "import importlib\ntry:\n    importlib.import_module('extra')\nexcept ImportError:\n    pass\nN = 3",
        "extra.py", "module:extra", "",
    ),
    "find_spec": ("import importlib.util\nN = bool(importlib.util.find_spec('extra'))", "extra.py", "module:extra", ""),
    "iter_modules": ("import pkgutil\nN = len([*pkgutil.iter_modules(['data'])])", "data/extra.py", "data/", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKED_AT)
def test_what_is_there_and_what_is_not_counts(project: Project, name: str) -> None:
    code, changed, noted, content = LOOKED_AT[name]
    at_call_time = "def look():\n" + textwrap.indent(f"{code}\nreturn N", "    ")
    project.write("m.py", f"from layers import Model\n{code}\ndef build(): return Model(int(N) + 1)\n")
    project.write("c.py", f"from layers import Model\n{at_call_time}\ndef build(): return Model(int(look()) + 1)\n")
    project.write("data/a.txt", "x")
    project.write("p/__init__.py", "")
    project.write("p/q.py", "try:\n    from . import extra\nexcept ImportError:\n    pass\n")
    found = made_from(project, "m:build", "c:build", "m:build")
    assert found[0] == found[2]
    path = (str(project.root),)
    for each in found[:2]:
        assert noted in files(each)
        assert differences(each, project.root, sys_path=path) == []
    if content is None:
        (project.root / changed).unlink()
    else:
        project.write(changed, content)
    importlib.invalidate_caches()
    for each in found[:2]:
        differing = differences(each, project.root, sys_path=path)
        assert [one.rpartition(" (")[0] for one in differing] == [noted]


def test_what_tools_leave_in_a_folder_and_what_a_model_writes_does_not_count(project: Project) -> None:
    project.write(
        "m.py",
        "import os\nfrom layers import Model\nos.listdir('data')\ndef build():\n"
        "    if not os.path.exists('made/by/me.txt'):\n"
        "        os.makedirs('made/by')\n        open('made/by/me.txt', 'w').close()\n    return Model(8)\n",
    )
    project.write("data/a.txt", "")
    (found,) = made_from(project, "m:build")
    assert files(found) == ["data/", "layers.py", "m.py"]
    for name in ("data/__pycache__/m.pyc", "data/_build/html/index.html", "data/.m.py.swp"):
        project.write(name, "")
    assert differences(found, project.root) == []


def test_what_installed_packages_look_for_does_not_count(project: Project) -> None:
    project.write("m.py", "import PIL.Image, sphinx.util\n" + MODEL)
    (found,) = made_from(project, "m:build")
    assert files(found) == ["layers.py", "m.py"]


def test_document_comes_back(project: Project) -> None:
    (found,) = made_from(project, "good:build", environment={"A": "b"})
    assert MadeFrom.from_document(json.loads(json.dumps(found.document()))) == found


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"files": []},
        {"files": {"a": 1}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"files": {"a/../../b": "0" * 64}},
        {"files": {"C:\\x": "0" * 64}},
        {"files": {"a.py": "short"}},
        {"files": {"a/../../b/": "0" * 64}},
        {"files": {"module:os;x": "0" * 64}},
        {"more": {}},
    ],
)
def test_document_that_is_none_is_refused(document: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        MadeFrom.from_document(document)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DOCUMENTS)
def test_any_document_is_read_or_refused(document: object) -> None:
    for each in (document, {"files": document}):
        with contextlib.suppress(ValueError):
            MadeFrom.from_document(each)


def test_the_child_loads_nothing_that_descriptions_are_said_not_to_depend_on(project: Project) -> None:
    project.write(
        "spying.py",
        """
        import pathlib, sys, good


        class Listing:
            @property
            def layers(self):
                names = [name for name in sys.modules if name.startswith("sphinxext_layered.")]
                pathlib.Path(__file__).with_name("loaded").write_text(" ".join(names))
                return good.build().layers


        def build():
            return Listing()


        def text(index, layer):
            return "text", True
        """,
    )
    request = ModelRequest(target="spying:build", text_reference="spying:text")
    (described,) = project.describe(request)
    assert isinstance(described, Described)
    loaded = {name.split(".")[1] for name in (project.root / "loaded").read_text().split()}
    assert {"reading", "worker", "target", "description"} <= loaded
    assert not loaded & {name.removesuffix(".py") for name in NOT_DESCRIBING}
