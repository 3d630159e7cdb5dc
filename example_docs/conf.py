"""The project's manual, which is also its gallery."""

import os
import sys
from pathlib import Path

from sphinxext_layered import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "sphinxext-layered"
author = "The sphinxext-layered developers"
copyright = "the sphinxext-layered developers"
version = release = __version__

extensions = [
    "sphinxext_layered",
    "shown",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
]
exclude_patterns = ["_build", "example_models"]
suppress_warnings = ["myst.header"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 2
numpydoc_show_class_members = False
autodoc_typehints = "none"
numfig = True

# Read the Docs draws from the committed descriptions, without TensorFlow.
layered_view_descriptions_dir = "descriptions"
layered_view_mode = "cached" if os.environ.get("READTHEDOCS") else "auto"

html_theme = "furo"
html_title = "sphinxext-layered"
html_theme_options = {
    "source_repository": "https://github.com/sphinxext-layered/sphinxext-layered/",
    "source_branch": "main",
    "source_directory": "example_docs/",
}
html_static_path = ["_static"]
html_css_files = ["manual.css"]

latex_engine = "xelatex"
latex_elements = {"papersize": "a4paper"}
