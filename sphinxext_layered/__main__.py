"""The command line as a module: ``python -m sphinxext_layered``."""

from __future__ import annotations

import sys

from .command_line import main

if __name__ == "__main__":
    sys.exit(main())
