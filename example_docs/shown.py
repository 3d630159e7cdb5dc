"""Directives of this manual that show something and its source side by side, so that the two never differ."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from sphinxext_layered.extension.config import PAGE_DEFAULTS, SETTINGS
from sphinxext_layered.options import DECLARED

HERE = Path(__file__).parent
_DIRECTIVE = re.compile(r"layered-view(?:::|\}) *example_models\.\w+:((\w+)(?:\(.*\))?)\n((?: *:[\w-]+:.*(?:\n|$))*)")
_MAIN = """

if __name__ == "__main__":
    from sphinxext_layered import layered_view

    layered_view(
        {call},
        save_fig_filename="{function}.png",
{options}    )
"""


class Shown(SphinxDirective):
    """Show the content as it is rendered, then its source, then the builder function and downloads."""

    has_content = True
    option_spec: ClassVar = {"language": directives.unchanged, "builder": directives.unchanged}

    def run(self):
        """Return the rendered content and its source."""
        self.assert_has_content()
        source = "\n".join(self.content)
        written = nodes.literal_block(source, source, language=self.options.get("language", "rst"))
        rendered = self.parse_content_to_nodes()
        return [nodes.container("", *rendered, written, *self.builder(), *self.downloads(source), classes=["shown"])]

    def builder(self):
        """Return the function that builds the model, in a dropdown."""
        if "builder" not in self.options:
            return []
        module, _, function = self.options["builder"].partition(":")
        lines = [
            f".. dropdown:: The function ``{function}``",
            "",
            f"   .. literalinclude:: /example_models/{module}.py",
            f"      :pyobject: {function}",
        ]
        place, line = self.get_source_info()
        holder = nodes.container()
        content = StringList(lines, items=[(place, line - 1)] * len(lines))
        self.state.nested_parse(content, self.content_offset, holder)
        return holder.children

    def downloads(self, source):
        """Return links to a script and a page that draw the example."""
        found = _DIRECTIVE.search(source)
        if "builder" not in self.options or not found:
            return []
        module = self.options["builder"].partition(":")[0]
        call, function, fields = found.groups()
        options = dict(re.findall(r":([\w-]+): *(.*)", fields))
        given = {name.replace("-", "_"): value or "yes" for name, value in options.items()}
        page = {**PAGE_DEFAULTS, "max_width": SETTINGS["layered_view_max_width"].default}
        drawing = page | {name: value for name, value in given.items() if name in DECLARED}
        code = (HERE / "example_models" / f"{module}.py").read_text("utf-8")
        script = code + _MAIN.format(
            call=call if "(" in call else f"{call}()",
            function=function,
            options="".join(f"        {name}={value!r},\n" for name, value in drawing.items()),
        )
        fields = "".join(f"   :{name}: {value}".rstrip() + "\n" for name, value in options.items())
        text = f"{function}\n{'=' * len(function)}\n\n.. layered-view:: {function}:{call}\n{fields}"
        line = nodes.paragraph("", "Download: ", classes=["downloads"])
        line += self.download(f"{function}.py", script)
        line += nodes.Text(", ")
        line += self.download(f"{function}.rst", text)
        return [line]

    def download(self, name, text):
        """Return a link to a file with this text."""
        folder = Path(self.env.doctreedir) / "examples" / self.env.docname
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        target = "/" + Path(os.path.relpath(folder / name, self.env.srcdir)).as_posix()
        return addnodes.download_reference("", "", nodes.literal(name, name), reftarget=target)


class Helped(SphinxDirective):
    """Show the help text of a command."""

    optional_arguments = 1

    def run(self):
        """Return the output of ``--help`` as a literal block."""
        command = [sys.executable, "-m", "sphinxext_layered", *self.arguments, "--help"]
        environment = {**os.environ, "COLUMNS": "84", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        text = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True).stdout
        return [nodes.literal_block(text, text, language="text")]


def setup(app):
    """Register the directives."""
    app.add_directive("shown", Shown)
    app.add_directive("helped", Helped)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
