"""Messages in which options are spelt as on pages."""

from __future__ import annotations

import re
from typing import Final

from ...errors import LayeredViewError, OptionError
from ...options import DECLARED

_NAMES: Final = re.compile(rf"\b({'|'.join(name for name in DECLARED if '_' in name)})\b")
"""The options whose names are spelt otherwise in Python than on pages."""


def spelt_on_page(error: LayeredViewError) -> str:
    """Return the text of an error for the page and the warning; options are spelt as on pages."""
    return with_names_of_page(f"option {error}" if isinstance(error, OptionError) else str(error))


def with_names_of_page(text: str) -> str:
    """Return a text with the names of options spelt as on pages."""
    return _NAMES.sub(lambda name: name[0].replace("_", "-"), text)
