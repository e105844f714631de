"""The numbers of Wu, Jaburi, Drori and Gross 2024 (arXiv:2410.07476), as data; nothing here is measured by us."""

from cosetta.reproduce.frame.results import Paper

__all__ = ["BOUNDS", "MINIMAL_SETS", "WU2024"]

WU2024 = Paper(
    "wu2024",
    "Towards a unified and verified understanding of group-operation networks",
    "Wu, Jaburi, Drori and Gross",
    "2410.07476",
)

MINIMAL_SETS: dict[str, int] = {
    "(5)": 1,
    "(1^5)": 2,
    "(4,1)": 5,
    "(2,2,1)": 6,
    "(3,2)": 10,
    "(2,1^3)": 10,
    "(3,1,1)": 20,
}
"""Points of the smallest rho-set of each irrep of S5; a complete circuit has a neuron for each pair of points."""

BOUNDS: dict[str, float] = {"runs": 100.0, "mean": 0.510, "at least 0.95": 0.45, "exactly 0": 0.46, "time": 0.30}
"""Accuracy that they prove of 100 S5 networks, and its time as a part of trying all pairs; floating point is not made
rigorous."""
