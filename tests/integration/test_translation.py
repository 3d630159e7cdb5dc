"""Texts of a page go out as messages and come back translated, from a catalogue that Sphinx compiles."""

from __future__ import annotations

import re
from typing import Any

PAGE = """\
Title
=====

.. layered-view:: nets:small
   :alt: A small net
   :theme: both

   It has *two* layers.

   And some words below.

.. layered-view:: nets:Net
   :alt: A class of nets

In |a| line.

.. |a| layered-view:: nets:small
   :alt: A net in a line
   :legend:
"""
GERMAN = {
    "A small net": "Ein kleines Netz",
    "It has *two* layers.": "Es hat *zwei* Schichten.",
    "And some words below.": "Und einige Worte darunter.",
    "A class of nets": "Eine Klasse von Netzen",
}


def test_alternative_texts_and_captions_come_out_in_german(project: Any) -> None:
    made = project(
        {"index.rst": PAGE},
        conf="locale_dirs = ['locale']\ngettext_compact = False\ngettext_additional_targets = ['image']",
    )
    template = made.build("gettext")
    assert (template.warnings, template.children) == ("", 0)
    catalogue = (template.out / "index.pot").read_text("utf-8")
    for english, german in GERMAN.items():
        entry = f'msgid "{english}"\nmsgstr ""'
        assert entry in catalogue, english
        catalogue = catalogue.replace(entry, entry[:-1] + german + '"')
    made.clean()
    made.put("locale/de/LC_MESSAGES/index.po", catalogue)
    outcome = made.build(confoverrides={"language": "de"})
    assert outcome.warnings == ""
    html = outcome.text("index.html")
    assert re.findall(r'<img alt="(Ein[^"]*)"', html) == [
        "Ein kleines Netz", "Ein kleines Netz", "Eine Klasse von Netzen"
    ]  # fmt: skip
    assert "Es hat <em>zwei</em> Schichten." in html
    assert "Und einige Worte darunter." in html
    assert not set(re.findall(r"two|A small net|A class of nets", html))
    english = made.build()
    assert 'alt="A small net"' in english.text("index.html")
