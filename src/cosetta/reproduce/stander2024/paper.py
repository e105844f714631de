"""The numbers that Stander et al. 2023 (arXiv:2312.06581) and Chughtai et al. 2023 (arXiv:2302.03025) report, as data.

Each value says where it stands. Losses are in nats; shares and accuracies in [0, 1]; None is what the source does not
give. Subgroup names are Cosetta's (`C2xS4` of the paper is `S4xS2` here, and a star marks the image under the outer
automorphism). Table 5 is given as printed, with its misprints. Nothing here is measured by this project.
"""

from dataclasses import dataclass
from typing import final

from cosetta.reproduce.chughtai2023 import paper as theirs

__all__ = [
    "ABLATION",
    "GCR",
    "GCR_FIVE_DIMENSIONAL",
    "GCR_KEY_COUNT",
    "GCR_KEY_IRREPS",
    "GCR_MEANS",
    "GCR_S5_RUNS",
    "GCR_TABLE_3",
    "GROK_STEPS",
    "LIST_GAPS",
    "NEURONS_BELOW_ONE",
    "OUT_LEVELS",
    "POPULATION",
    "SHARES",
    "TABLE_1",
    "TABLE_3",
    "TABLE_5",
    "TWO_DOUBLE_COSETS",
    "WU2024_BOUNDS",
    "Z_53",
    "PaperScores",
]


@final
@dataclass(frozen=True)
class PaperScores:
    """One row of Table 1.

    Args:
        accuracy: mean over the 128 runs.
        printed: the loss that the table prints under `mean loss`; it is the minimum over runs.
        minimum: of the loss over runs, from the authors' notebooks.
        median: the same.
        mean: the same.
        maximum: the same.
    """

    accuracy: float
    printed: float
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    maximum: float | None = None


TABLE_1: dict[str, PaperScores] = {
    "none": PaperScores(0.9999, 1.97e-6, 2e-6, 3e-6, 1.3e-5, 3.85e-4),
    "swap-embeddings": PaperScores(0.01, 4.76),
    "flip-both": PaperScores(1.0, 1.97e-6, 2e-6, 3e-6, 1.2e-5, 3.56e-4),
    "flip-left": PaperScores(0.0, 22.39, 22.39, 33.5, 36.46, 49.1),
    "flip-right": PaperScores(0.0, 22.36, 22.36, 33.5, 36.46, 49.1),
    "abs-for-relu": PaperScores(1.0, 3.69e-13, 3.69e-13, 7.6e-13, 1.3e-7, 1.7e-5),
    "noise-0-0.1": PaperScores(0.9999, 2.96e-6, 2.96e-6, 3.9e-6, 1.7e-5, 4.8e-4),
    "noise-0-1": PaperScores(0.978, 0.0017, 0.0017, 0.0053, 0.0104, 0.073),
    "noise-1-1": PaperScores(0.88, 0.029, 0.0318, 0.104, 0.126, 0.40),
    "noise-minus-1-1": PaperScores(0.98, 0.0021, 0.0021, 0.0068, 0.011, 0.059),
}
"""Table 1, by id of the intervention: 128 S5 networks, all 14,400 pairs. The second argument of N is a standard
deviation."""

Z_53: dict[str, tuple[float, float]] = {
    "none": (0.9955, 0.071),
    "swap-embeddings": (0.039, 4.16),
    "flip-left": (0.0, 17.15),
    "flip-right": (0.0, 17.15),
    "flip-both": (0.9969, 0.066),
    "abs-for-relu": (0.9988, 0.0045),
    "noise-0-1": (0.769, 0.83),
    "noise-0-0.1": (0.995, 0.075),
    "noise-1-1": (0.498, 1.79),
    "noise-minus-1-1": (0.832, 0.78),
}
"""Accuracy and loss of the same interventions, by id, on a network for Z_53, which has no proper subgroup; not in the
paper."""

TABLE_3: dict[str, tuple[float, float]] = {
    "same-coset": (0.814, 0.445),
    "same-class": (-0.002, 0.222),
    "all-live": (-0.003, 0.163),
}
"""Table 3, by id of the bin: mean and standard deviation of the correlation of two out columns, S5."""

OUT_LEVELS = (-0.55, 0.2)
"""Section 4: level of the out column on the shared coset and off it, at the end of training, S5; approximate."""

TABLE_5: dict[str, tuple[float, ...]] = {
    "C2 (12)": (20.3, 25.4, 30.5, 16.9, 6.8, 0.0),
    "C2 (12)(34)": (13.6, 25.4, 20.3, 25.4, 13.6, 1.7),
    "C3": (20.1, 12.8, 30.8, 12.8, 20.5, 2.6),
    "C4": (13.6, 25.4, 20.3, 25.4, 13.6, 1.7),
    "V4 <(12),(34)>": (27.6, 34.5, 20.7, 17.2, 0.0, 0.0),
    "V4 <(12)(34),(13)(24)>": (13.8, 34.5, 0.0, 34.5, 13.8, 3.4),
    "C5": (0.0, 21.7, 52.2, 21.7, 0.0, 4.3),
    "C6": (21.1, 26.3, 31.6, 0.0, 21.1, 0.0),
    "S3": (42.1, 26.3, 31.6, 0.0, 0.0, 0.0),
    "S3 twisted": (21.1, 26.3, 0.0, 26.3, 21.1, 5.3),
    "D8": (28.6, 35.7, 0.0, 35.7, 0.0, 0.0),
    "D10": (0.0, 45.5, 0.0, 45.5, 0.0, 1.0),
    "S3xS2": (55.6, 44.4, 0.0, 0.0, 0.0, 0.0),
    "A4": (44.4, 0.0, 0.0, 0.0, 44.4, 11.1),
    "F20": (0.0, 0.0, 0.0, 100.0, 0.0, 0.0),
    "S4": (100.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "A5": (0.0, 0.0, 0.0, 0.0, 0.0, 100.0),
}
"""Table 5 as printed: percent of the centred indicator of H in (4,1), (3,2), (3,1,1), (2,2,1), (2,1^3), (1^5)."""

POPULATION: dict[str, dict[str, float]] = {
    "S5": {
        "runs": 128.0,
        "steps": 250_000.0,
        "width": 128.0,
        "accuracy": 0.9999,
        "minimum": 2e-6,
        "median": 3e-6,
        "mean": 1.3e-5,
        "hours": 8.0,
    },
    "S6": {"runs": 100.0, "steps": 50_000.0, "width": 256.0, "hours": 100.0},
}
"""Section 2 and appendix: number of runs, training steps, neurons, accuracy and loss on the full table, hours a run."""

GROK_STEPS = (40_000, 200_000)
"""The steps between which the S5 runs generalise."""

NEURONS_BELOW_ONE = 0.992
"""Section 5: share of neurons with a concentration below 1 on some subgroup; a lower bound."""

SHARES: dict[str, dict[str, float]] = {
    "S5": {
        "S4": 0.550,
        "F20": 0.097,
        "A4": 0.092,
        "S3xS2": 0.077,
        "dead": 0.072,
        "A5": 0.055,
        "S3": 0.018,
        "none": 0.005,
    },
    "S6": {
        "S5": 0.448,
        "S5*": 0.198,
        "A5": 0.104,
        "dead": 0.050,
        "A6": 0.045,
        "S3xS3": 0.05,
        "A5*": 0.026,
        "S4xS2*": 0.017,
    },
}
"""Figure 6: share of all neurons (16,384 and 25,600) by the subgroup with the smallest concentration."""

ABLATION: dict[str, float] = {
    "unchanged": 126 / 128,
    "worst": 0.98,
    "removed above 1e-5": 24.0,
    "accuracy above 1e-5": 1.0,
}
"""Figure 5, S5: runs unchanged when neurons with C_H >= 1 go, the worst of the others, and the median run at 1e-5."""

LIST_GAPS: dict[str, tuple[str, int]] = {"S5": ("C4", 5), "S6": ("C5", 36)}
"""Subgroups that the authors' lists lack: class and number (authors' published code)."""

TWO_DOUBLE_COSETS: dict[str, tuple[str, ...]] = {
    "S5": ("S4", "F20", "A5"),
    "S6": ("S5", "S5*", "(S3xS3):C2", "A6"),
}
"""Classes that the proof covers, since they have two double cosets HgH."""

GCR = "Chughtai et al. 2023"
"""The competing account, as the source of a claim."""

GCR_S5_RUNS = theirs.S5_RUNS
GCR_KEY_IRREPS = theirs.KEY_IRREPS
GCR_FIVE_DIMENSIONAL = theirs.FIVE_DIMENSIONAL
GCR_KEY_COUNT = theirs.KEY_COUNT
GCR_MEANS = theirs.MEANS
GCR_TABLE_3 = theirs.TABLE_3
"""Numbers of Chughtai et al. 2023, which stand in their own folder."""

WU2024_BOUNDS: dict[str, float] = {"runs": 100.0, "mean": 0.510, "at least 0.95": 0.45, "exactly 0": 0.46}
"""Wu et al. 2024 (arXiv:2410.07476): verified accuracy of S5 networks."""
