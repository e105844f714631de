"""Which papers can be reproduced, and what each takes: light enough for a list on the command line."""

from dataclasses import dataclass
from typing import final

__all__ = ["PAPERS", "Entry"]


@final
@dataclass(frozen=True)
class Entry:
    """A paper that can be reproduced.

    Args:
        title: of the paper.
        arxiv: number at arxiv.org.
        takes: what it is reproduced from, in words.
        wants: what the folder of `--data` must hold; empty if it needs none.
    """

    title: str
    arxiv: str
    takes: str
    wants: str = ""


PAPERS = {
    "stander2024": Entry(
        "Grokking Group Multiplication with Cosets",
        "2312.06581",
        "networks trained here, and folded runs (--networks)",
    ),
    "chughtai2023": Entry(
        "A Toy Model of Universality",
        "2302.03025",
        "their released networks (--data), and runs and folded runs (--runs, --networks)",
        "folders of their release, each with model.pt, cfg.json and summary_metrics.json",
    ),
    "wu2024": Entry(
        "Towards a Unified and Verified Understanding of Group-Operation Networks",
        "2410.07476",
        "idealised networks (--data), and runs and folded runs (--runs, --networks)",
        "ideal_S4_first30.safetensors and ideal_S4_first30.json",
    ),
}
"""The papers, by the name that the command line takes."""
