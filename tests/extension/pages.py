"""Small projects of one page."""

from __future__ import annotations

NETS = '"""Nets."""\n\n\ndef build(classes=3):\n    return classes\n'


def page(*lines: str) -> dict[str, str]:
    """Return the files of a project whose page has `lines` from line 4 on, with a module of nets beside it."""
    return {"index.rst": "\n".join(["Title", "=====", "", *lines, ""]), "nets.py": NETS}
