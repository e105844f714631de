"""The numbers that Chughtai, Chan and Nanda 2023 (arXiv:2302.03025) print, as data; nothing here is measured by us.

Each says where it stands. Losses are in nats, shares in [0, 1]. Groups are named as Cosetta names them: D59 of the
paper is D118, its order, here.
"""

from cosetta.reproduce.frame.results import Paper

__all__ = [
    "CHUGHTAI2023",
    "COLUMNS",
    "FIVE_DIMENSIONAL",
    "KEY_COUNT",
    "KEY_IRREPS",
    "MEANS",
    "S5_RUNS",
    "SEEDS",
    "TABLE_3",
]

CHUGHTAI2023 = Paper(
    "chughtai2023",
    "A Toy Model of Universality: Reverse Engineering How Networks Learn Group Operations",
    "Chughtai, Chan and Nanda",
    "2302.03025",
)

SEEDS = 4
"""Table 3: number of MLP seeds of each group that its means are over."""

COLUMNS: dict[str, tuple[str, str, str]] = {
    "left": ("W_a in the key irreps", "percent_x_embed_explained", "{:.2%}"),
    "right": ("W_b in the key irreps", "percent_y_embed_explained", "{:.2%}"),
    "out": ("W_U in the key irreps", "percent_unembed_explained", "{:.2%}"),
    "hidden": ("activations explained by the key irreps", "percent_hidden_explained", "{:.2%}"),
    "product": ("activations explained by rho(ab)", "percent_hidden_xy_explained", "{:.2%}"),
    "test": ("test loss", "test_loss", "{:.2e}"),
    "excluded": ("excluded loss", "total_hidden_excluded_loss", "{:.2f}"),
    "restricted": ("restricted loss", "total_hidden_restricted_loss", "{:.2e}"),
}
"""Columns of Table 3: what they are, their name in `summary_metrics.json`, and how they are printed."""

TABLE_3: dict[str, dict[str, float]] = {
    group: dict(zip(COLUMNS, numbers, strict=True))
    for group, numbers in {
        "A5": (0.9904, 0.9931, 0.9327, 0.8669, 0.1026, 1.94e-5, 9.82, 5.28e-7),
        "C113": (0.9953, 0.9939, 0.9805, 0.9025, 0.1203, 1.63e-5, 5.95, 6.88e-3),
        "D118": (0.9971, 0.9973, 0.9852, 0.8768, 0.1244, 6.34e-6, 12.37, 1.60e-6),
        "S5": (1.0000, 0.9999, 0.9414, 0.8891, 0.1213, 1.02e-5, 11.72, 2.21e-7),
        "S6": (0.9965, 0.9978, 0.9367, 0.8638, 0.0898, 4.95e-5, 12.17, 2.66e-6),
    }.items()
}
"""Table 3, mean over four MLP seeds, by group and column."""

S5_RUNS = 50
"""Number of S5 networks behind the counts and means below."""

KEY_IRREPS: dict[str, int] = {"(1^5)": 49, "(4,1)": 49, "5-dimensional, one": 18, "(2,1^3)": 17}
"""Networks with each key irrep; the other 5-dimensional one is key in 10, (3,1,1) in none."""

FIVE_DIMENSIONAL = (18, 10)
"""Networks in which the one and the other 5-dimensional irrep is key; it is not said which is which."""

KEY_COUNT: dict[int, int] = {2: 20, 3: 19, 4: 9, 5: 2}
"""Networks by their number of key irreps."""

MEANS: dict[str, float] = {"left": 0.9998, "out": 0.939, "hidden": 0.889, "product": 0.116, "excluded": 11.0}
"""Means over the S5 networks of what the key irreps explain, and the total excluded loss."""
