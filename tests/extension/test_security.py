"""What comes from a model, a description or a cache is data: no markup, no path, no code."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from project import CONF, Outcome, Project

import sphinxext_layered

NASTY = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</title></svg><svg onload=alert(1)>",
    "]]><!-- -->",
    "&lt;b&gt; &amp;",
    "\\input{/etc/passwd}",
    "$\\write18{id}$ % #1 ~ ^ _ { }",
    "\\end{document}",
    "`x <javascript:alert(1)>`__ |x| :math:`y`",
    ".. raw:: html",
    "@bye @include /etc/passwd",
    ".so /etc/passwd",
    "'\\\" \\fBbold",
    "\x00\x07\x1b[31m\x7f\x85",
    "\ud800 \udfff \ufffe",
    "\u202egnp.\u2066",
    "../../../../etc/passwd",
    "C:\\Windows\\con",
    "new\nline\r\n\ttab\u2028",
    "x" * 3000,
    "\U0001f9e0 \u05d0\u0628",
)

NETS = """\
NAMES = {names!r}


class Model:
    def __init__(self, name):
        kind = type("Dense", (), {{"output_shape": (None, 8)}})
        kind.__name__ = kind.__qualname__ = kind.__module__ = name.replace("\\0", "").encode("utf-8", "ignore").decode()
        layer, self.name, self.layers = kind(), name, []
        layer.name, layer.activation = name, name
        self.layers = [layer, layer]


def text(index, layer):
    return layer.name, index % 2 == 0


def build(number):
    return Model(NAMES[number])


def broken(number):
    raise ValueError(NAMES[number])
"""

PAGE = """\
P
=

.. layered-view:: nets:build({number})
   :legend:
   :text-callable: nets:text
   :summary: {summary}
   :download: svg, pdf

   A caption.

.. layered-view:: nets:build({number})
   :format: svg

.. layered-view:: nets:broken({number})
"""


def sources(names: tuple[str, ...]) -> dict[str, str]:
    pages = {
        f"p{number:02}.rst": PAGE.format(number=number, summary=("open", "collapsed", "hidden")[number % 3])
        for number in range(len(names))
    }
    listed = "".join(f"   {name[:-4]}\n" for name in pages)
    index = f"Index\n=====\n\n.. toctree::\n\n{listed}"
    return {
        "conf.py": f"{CONF}copyright = version = '1'\n",
        "nets.py": NETS.format(names=names),
        "index.rst": index,
        **pages,
    }


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and where links and scripts lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(text: str) -> list[tuple[str, tuple[str, ...]]]:
    # A name of several lines takes a block of its own in the note of a failure.
    return [each for each in Elements(text).found if each[0] not in ("pre", "div", "span")]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """Return a project of nasty names and the same one of plain names."""
    folder = tmp_path_factory.mktemp("names")
    plain = tuple(f"dense{number}" for number in range(len(NASTY)))
    return Project(folder / "nasty", sources(NASTY)), Project(folder / "plain", sources(plain))


def only_failures(outcome: Outcome) -> bool:
    return len(re.findall(r"p\d\d\.rst:\d+: WARNING: nets:broken", outcome.warnings)) == len(NASTY) and (
        outcome.warnings.count("WARNING: ") == len(NASTY)
    )


def test_names_bring_no_markup_into_pages_pictures_and_books(projects: tuple[Project, Project]) -> None:
    nasty, plain = (project.build() for project in projects)
    assert only_failures(nasty), nasty.warnings
    for number in range(len(NASTY)):
        page = f"p{number:02}.html"
        assert elements(nasty.text(page)) == elements(plain.text(page)), NASTY[number]
    drawn = [*nasty.out.rglob("_images/*.svg"), *nasty.out.rglob("_downloads/**/*.svg")]
    assert len(drawn) >= len(NASTY)
    for picture in drawn:
        root = ElementTree.fromstring(picture.read_bytes())
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "g", "title", "desc", "text", "path", "polygon", "rect", "line", "polyline"}
        assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)
        assert b"javascript:" not in picture.read_bytes().replace(b"&lt;javascript:", b"")
    assert all(path.resolve().is_relative_to(nasty.out.parent) for path in nasty.out.rglob("*"))

    book = projects[0].build("latex")
    assert only_failures(book), book.warnings
    (text,) = (text for name, text in book.pages.items() if name.endswith(".tex"))
    assert "\\input{/etc" not in text
    assert "\\write18" not in text
    assert text.count("\\end{document}") == 1


def test_no_name_brings_a_builder_down(projects: tuple[Project, Project]) -> None:
    for builder in ("text", "man", "texinfo", "epub", "xml", "pseudoxml", "singlehtml"):
        outcome = projects[0].build(builder)
        assert "Traceback" not in outcome.warnings
        expected = 0 if builder in ("xml", "pseudoxml") else len(NASTY)
        assert outcome.warnings.count("WARNING: ") == expected, f"{builder}: {outcome.warnings}"
        if builder == "texinfo":
            (text,) = (path.read_text("utf-8", "replace") for path in outcome.out.glob("*.texi"))
            assert not re.search(r"(?<!@)@(include|bye) ", text.rpartition("@bye")[0])
        if builder == "man":
            (text,) = (path.read_text("utf-8", "replace") for path in outcome.out.glob("*.1"))
            assert not re.search(r"(?m)^\.so", text)


# What lies on the disk


def test_a_record_that_names_other_folders_is_not_followed(tmp_path: Path) -> None:
    import hashlib

    project = Project(tmp_path)
    project.build()
    precious = tmp_path / "precious.png"
    precious.write_bytes(b"precious")
    (record,) = (project.out / "doctrees" / "layered_view").glob("html-*.json")
    document = json.loads(record.read_bytes())
    for name in ("../../../precious.png", str(precious), "..\\..\\..\\precious.png"):
        record.write_text(json.dumps({**document, "digests": {name: hashlib.sha256(b"precious").hexdigest()}}))
        assert project.build().warnings == ""
        assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "change",
    [
        {"made_from": {"files": [["../../../etc/passwd", "absent"]], "distributions": [], "environment": []}},
        {"made_from": {"files": [["/etc/passwd", "absent"]], "distributions": [], "environment": []}},
        {"made_from": "everything"},
        {"description": {"schema": "layered-view-description/1", "name": "<b>", "class_name": 3, "layers": []}},
        {"schema": "layered-view-committed/2"},
    ],
)
def test_a_committed_description_that_was_altered_is_as_if_it_were_not_there(
    tmp_path: Path, change: dict[str, object]
) -> None:
    project = Project(tmp_path)
    kept = {"layered_view_descriptions_dir": "kept"}
    project.build(confoverrides=kept)
    (file,) = (project.docs / "kept").glob("nets-small-*.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    project.clean(cache=True)
    outcome = project.build(confoverrides={**kept, "layered_view_mode": "cached"})
    assert outcome.warnings.count("WARNING") == 1
    assert "one.rst:4: WARNING" in outcome.warnings
    assert f"nets:small: kept/{file.name}: " in outcome.warnings
    assert "[layered_view.description]" in outcome.warnings
    assert len(outcome.images) == 1


def test_a_saved_model_may_name_only_what_pages_may_call(tmp_path: Path) -> None:
    inner = {"module": "os", "class_name": "system", "config": {}, "registered_name": None}
    saved = {"module": "keras", "class_name": "Sequential", "config": {"layers": [inner]}}
    project = Project(tmp_path)
    project.put("one.rst", "One\n===\n\n.. layered-view:: stranger.json\n")
    project.put("stranger.json", json.dumps(saved))
    project.put("keras.py", "open('imported', 'w')\n")
    outcome = project.build(confoverrides={"layered_view_modules": "others"})
    assert outcome.warnings.count("WARNING") == 1
    for part in ("one.rst:4: WARNING", "'os'", "is refused", "layered_view_modules"):
        assert part in outcome.warnings
    assert not Path("imported").exists()
    assert len(outcome.images) == 1


def test_what_an_allowed_module_only_imported_is_refused_in_a_build(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.put("others.py", f"import os\n{project.files['others.py']}")
    project.put("one.rst", "One\n===\n\n.. layered-view:: others:os.getcwd\n")
    project.put("prose.rst", "Prose\n=====\n\n.. layered-view:: others:other\n   :text-callable: others:os.getcwd\n")
    outcome = project.build(confoverrides={"layered_view_modules": "others"})
    assert outcome.warnings.count("layered_view_modules") == 2
    assert "one.rst:4: WARNING" in outcome.warnings
    assert "prose.rst:4: WARNING" in outcome.warnings
    assert "<img" in outcome.text("two.html")


# The code


def test_the_code_evaluates_no_text_and_reads_no_pickle() -> None:
    forbidden = {"eval", "exec", "compile"}
    modules = {"pickle", "dill", "shelve", "marshal", "yaml", "joblib", "cloudpickle"}
    for path in Path(sphinxext_layered.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # What sphinx.ext.ifconfig is about to evaluate in the same build is the one exception.
            if path.name != "conditions.py" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden, f"{path}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None) or "", *(alias.name for alias in node.names)}
                assert not {name.partition(".")[0] for name in names} & modules, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(f"{path}:{node.lineno} starts a shell")
