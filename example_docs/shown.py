"""Directives that show a thing and what it does from one source, so that the two never differ."""

import os
import subprocess
import sys
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


class Shown(SphinxDirective):
    """Put the content as it is rendered first, then its source, then the source of the builder function."""

    has_content = True
    option_spec: ClassVar = {"language": directives.unchanged, "builder": directives.unchanged}

    def run(self):
        """Return the rendered content and its source."""
        self.assert_has_content()
        source = "\n".join(self.content)
        written = nodes.literal_block(source, source, language=self.options.get("language", "rst"))
        box = nodes.container("", *self.parse_content_to_nodes(), written, *self.builder(), classes=["shown"])
        return [box]

    def builder(self):
        """Return the function that builds the model, folded away."""
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


class Helped(SphinxDirective):
    """Show what a command says of itself."""

    optional_arguments = 1

    def run(self):
        """Return its ``--help`` as a literal block."""
        command = [sys.executable, "-m", "sphinxext_layered", *self.arguments, "--help"]
        environment = {**os.environ, "COLUMNS": "84", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        said = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True).stdout
        return [nodes.literal_block(said, said, language="text")]


def setup(app):
    """Register the directives."""
    app.add_directive("shown", Shown)
    app.add_directive("helped", Helped)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
