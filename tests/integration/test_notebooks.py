"""Pages of MyST-NB: notebooks and text notebooks, which are not run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

CONF = "nb_execution_mode = 'off'\nmyst_enable_extensions = ['colon_fence']"
CELL = """\
# A notebook

:::{layered-view} nets:small
---
legend:
name: fig-small
---

A *caption*.
:::
"""
TEXT_NOTEBOOK = f"""\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
language_info:
  name: python
  pygments_lexer: ipython3
---

{CELL}
```{{code-cell}} python
1 + 1
```
"""


def notebook(*cells: str) -> str:
    written = [{"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": text} for i, text in enumerate(cells)]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_notebooks_show_pictures_from_their_markdown(project: Any) -> None:
    files = {
        "index.md": "# Index\n\n```{toctree}\none\ntwo\n```\n",
        "one.ipynb": notebook("# One\n\ntext", CELL.partition("\n\n")[2]),
        "two.md": TEXT_NOTEBOOK.replace("fig-small", "fig-other"),
    }
    made = project(files, "myst_nb", conf=CONF)
    outcome = made.build()
    assert outcome.warnings == ""
    assert len(outcome.images) == 1
    for page in ("one.html", "two.html"):
        html = outcome.text(page)
        assert re.search(r"<figure[^>]*id=\"fig-.*?_images/small.*?<em>caption</em>", html, re.DOTALL)
    again = made.build()
    assert (again.children, again.written, again.warnings) == (0, set(), "")


def test_what_is_wrong_in_a_notebook_is_warned_of_at_its_cell(project: Any) -> None:
    page = notebook("# One", "text\n\n:::{layered-view} nets:small\n:legnd:\n:::\n")
    outcome = project({"index.ipynb": page}, "myst_nb", conf=CONF).build()
    assert re.search(r"index\.ipynb:2000\d: WARNING: option legnd: no such option; did you mean", outcome.warnings)


def test_a_cell_that_ends_with_the_drawing_shows_one_picture_and_saves_it(tmp_path: Path) -> None:
    here = str(Path(__file__).parents[1])
    cells = [
        f"import sys\nsys.path.insert(0, {here!r})\nfrom factories import layer, model\n"
        "import matplotlib.pyplot\n%matplotlib inline\nfrom sphinxext_layered import layered_view\n"
        "net = model(layer('Dense', 10), name='small')",
        "layered_view(net)",
        "layered_view(net, save_fig=False, backend='pil')",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=240, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert book.cells[0].outputs == []
    for cell in book.cells[1:]:
        (output,) = cell.outputs
        assert output.output_type == "execute_result"
        assert "image/png" in output.data
    assert [path.name for path in tmp_path.iterdir()] == ["layered_view.png"]
