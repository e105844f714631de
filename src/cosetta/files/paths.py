"""What a path argument may be."""

import os

__all__ = ["FilePath"]

FilePath = str | os.PathLike[str]
"""A path as text, as `pathlib.Path`, or as anything else that has `__fspath__`."""
