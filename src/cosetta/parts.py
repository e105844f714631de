"""The parts of a network that was folded by measurement, each with its irreps and cosets, as one table.

Below the additive share at which neurons are functions on G, this is what can be said: how much of the site and of the
logits is f(a), g(b), h(ab) and the rest, and what functions those are.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import final

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.description import describe
from cosetta.files import write_whole
from cosetta.groups import Group, subgroup_lattice
from cosetta.harmonics import irreps as all_irreps
from cosetta.models.folding import Folding

__all__ = ["PartSummary", "summarise_parts", "write_folding"]

SIGNIFICANT = 0.05
"""A coset label counts when random functions of the same irreps do as well less often than this."""


@final
@dataclass(frozen=True)
class PartSummary:
    """One part over all neurons.

    Args:
        name: `f(a)`, `g(b)`, `h(ab)` or `rest`.
        share: its share of the site's variance, by strength, in [0, 1].
        logit_share: variance of the change of the logits without it, over their variance; None if not measured.
        accuracy_without: accuracy without it; None if not measured.
        power: share of its variance by irrep, largest first; empty for the rest.
        rank_share: share of the first singular direction in each neuron's main irrep, by variance; 1 is rank one.
        on_cosets: share of its variance in neurons that are constant on cosets of a proper subgroup, by chance in less
            than `SIGNIFICANT` of the cases.
    """

    name: str
    share: float
    logit_share: float | None
    accuracy_without: float | None
    power: dict[str, float]
    rank_share: float
    on_cosets: float


def summarise_parts(folding: Folding, group: Group, config: AnalysisConfig | None = None) -> tuple[PartSummary, ...]:
    """Describe every part of a folding.

    Args:
        folding: what the measurement found.
        group: the group.
        config: thresholds of the coset labels; the defaults if None.

    Returns:
        One summary a part.

    Example:
        >>> import numpy as np
        >>> from cosetta import fold, named_group
        >>> C3 = named_group("C3")
        >>> product = np.cos(2 * np.pi * C3.table / 3)[..., None]  # one neuron, a function of ab
        >>> [(part.name, round(part.share, 3)) for part in summarise_parts(fold(product, C3), C3)]
        [('f(a)', 0.0), ('g(b)', 0.0), ('h(ab)', 1.0), ('rest', 0.0)]
    """
    lattice, irreps = subgroup_lattice(group), all_irreps(group)
    found = []
    for part in folding.parts:
        power: dict[str, float] = {}
        rank = on_cosets = 0.0
        if part.values is not None and part.share > 0:
            values = part.values.double().numpy().T
            rows = describe(values, group, lattice=lattice, irreps=irreps, config=config)
            weights = part.shares * folding.strength
            power = rows.total_power(weights.tolist())
            total = weights.sum() or 1.0
            rank = float(weights @ np.array([row.rank_share for row in rows.rows]) / total)
            labelled = np.array([any(fit.p_value < SIGNIFICANT for fit in row.cosets) for row in rows.rows])
            on_cosets = float(weights @ labelled / total)
        found.append(
            PartSummary(part.name, part.share, part.logit_share, part.accuracy_without, power, rank, on_cosets)
        )
    return tuple(found)


def write_folding(folding: Folding, parts: tuple[PartSummary, ...], group: Group, folder: Path) -> Path:
    """Write the measurements beside an explanation.

    Args:
        folding: what the measurement found.
        parts: its parts; empty where they were not asked for.
        group: the group.
        folder: where to; it must exist.

    Returns:
        The file, `folding.json`.
    """
    record = {"group": group.name, **folding.record(), "described": [asdict(part) for part in parts]}
    path = folder / "folding.json"
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path
