"""The documentation site: `make docs` builds it into docs/_build/html.

Pages are the Markdown files of this folder, as they read on a code host; tutorials are notebooks in MyST Markdown and
are executed. What Sphinx needs beyond that is in `_extensions/`.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_extensions"))
os.environ["COSETTA_CLONE"] = str(ROOT)  # the tutorial on populations reads docs/census
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "Cosetta"
author = "The Cosetta authors"
copyright = "the Cosetta authors, MIT licence"  # Sphinx's name

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "cosetta_docs"]
exclude_patterns = ["_build", "_extensions", "images/**", "**/README.md"]
root_doc = "index"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.strikethrough"]

nb_execution_mode = "auto" if os.environ.get("COSETTA_DOCS_EXECUTE", "1") == "1" else "off"
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Source", "notes_style")]

html_theme = "furo"
html_title = "Cosetta"
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}
html_static_path = ["_static"]
html_css_files = ["cosetta.css"]
html_show_sphinx = False
