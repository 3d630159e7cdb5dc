"""The link below a picture to its source's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import _ as sphinx_text
from sphinx.util.osutil import relative_uri

from ..page.nodes import layered_view_source

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment


def link_to_source(node: layered_view_source, builder: Builder, env: BuildEnvironment) -> list[nodes.Node]:
    """Return a link to the source's own page, where viewcode or linkcode makes one; nothing otherwise."""
    address = _linkcode(node, env) or _viewcode(node, builder, env)
    if not address:
        return []
    link = nodes.reference("", sphinx_text("[source]"), refuri=address, internal=not address.startswith("http"))
    paragraph = nodes.paragraph("", "", link, classes=["layered-view-source-link"])
    paragraph.source, paragraph.line = node.source, node.line
    return [paragraph]


def _linkcode(node: layered_view_source, env: BuildEnvironment) -> str:
    resolve = getattr(env.config, "linkcode_resolve", None)
    if not callable(resolve):
        return ""
    return str(resolve("py", {"module": node["module"], "fullname": node["attribute"]}) or "")


def _viewcode(node: layered_view_source, builder: Builder, env: BuildEnvironment) -> str:
    """Return the address on viewcode's page of the module, which it makes where it documents something of it."""
    module, attribute = node["module"], node["attribute"]
    pages = getattr(env, "_viewcode_modules", {})
    if builder.format != "html" or builder.name == "singlehtml" or not pages.get(module):
        return ""
    if builder.name == "epub" and not getattr(env.config, "viewcode_enable_epub", False):
        return ""
    page = builder.get_target_uri("_modules/" + module.replace(".", "/"))
    documented = attribute in pages[module][1] if len(pages[module]) > 1 else False
    return relative_uri(builder.get_target_uri(node["docname"]), page) + (f"#{attribute}" if documented else "")
