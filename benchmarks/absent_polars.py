"""Import this first: something in the place of polars where it is missing, as on a GPU machine.

There it would only write tables, which the programs that import this do not do.
"""

import sys


class Nothing:
    """Stands for every name of polars; made of anything."""

    def __init__(self, *_, **__):
        pass


try:
    import polars  # noqa: F401
except ImportError:
    sys.modules["polars"] = type("Absent", (), {"__getattr__": lambda self, name: Nothing})()
