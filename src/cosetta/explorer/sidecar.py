"""The sidecar of one network: facts and accounts once more, and what a page needs beyond the analysis."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch

from cosetta._version import __version__
from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.explorer.findings import account_rows, circuit_rows, neuron_rows, summary, without_each
from cosetta.explorer.formation import formation
from cosetta.explorer.ground import elements, subgroups
from cosetta.explorer.ideals import pack_ideals
from cosetta.explorer.orbits import orbits
from cosetta.explorer.packing import SCHEMA, Sidecar, pack
from cosetta.groups import Group
from cosetta.hypotheses import AbstractHypothesis
from cosetta.hypotheses.rho_set import RhoSets
from cosetta.measures import Facts, measure
from cosetta.models import FoldedModel, PairScorer
from cosetta.results import Analysis
from cosetta.training.run_folder import TrainedRun

__all__ = ["BUDGET", "MAX_ORDER", "Explored", "check_order", "make_sidecar"]

BUDGET = {120: 1_300_000, 720: 4_250_000}
"""Bytes of a sidecar beyond which ideals are left out, by the order of the group: pages of 2 MB up to S5, of 6 MB from
there on, with base64 and the page's code."""

MAX_ORDER = 1_500
"""Largest order of a group that is shown: its table and its maps have two million places; S7 would have 25 million."""

SCORED_ENTRIES = 1.8e6
"""Logits of the pairs that a page scores after each change: all pairs of S5, 2,500 of S6."""


@final
@dataclass(frozen=True, eq=False)
class Explored:
    """One network, ready to be looked at.

    Args:
        name: how the page calls it.
        source: where it is from, in words.
        model: the network, on the CPU.
        group: the group that it multiplies in.
        analysis: of the network, with the same thresholds as `config`.
        config: thresholds.
        run: the training run, if it is one of ours.
        key: what all this was made from; the sidecar carries it.
    """

    name: str
    source: str
    model: FoldedModel
    group: Group
    analysis: Analysis
    config: AnalysisConfig
    run: TrainedRun | None = None
    key: str = ""


def make_sidecar(explored: Explored) -> bytes:
    """Everything that a page shows of one network.

    Args:
        explored: the network with its analysis.

    Returns:
        A packed sidecar.

    Raises:
        BadRun: if a file of the run is missing or damaged.
        Unsupported: if the group is larger than `MAX_ORDER`.

    Example:
        >>> from cosetta import analyse, named_group
        >>> from cosetta.explorer.packing import unpack
        >>> from cosetta.models.planted import random_model
        >>> G, config = named_group("S3"), AnalysisConfig(arena=False)
        >>> model = random_model(G, 4, torch.Generator().manual_seed(0))
        >>> packed = make_sidecar(Explored("net", "a planted network", model, G, analyse(model, G, config), config))
        >>> unpack(packed).arrays["left"].shape
        (4, 6)
    """
    group, analysis, config = explored.group, explored.analysis, explored.config
    check_order(group)
    facts = measure(explored.model.to(device="cpu"), group, config)
    accounts, _ = fit_accounts(facts, config)
    without, pairs = without_each(facts, config.seed)
    header: dict[str, Any] = {
        "schema": SCHEMA,
        "key": explored.key,
        "version": __version__,
        "name": explored.name,
        "source": explored.source,
        "summary": summary(analysis),
        "neurons": neuron_rows(analysis, facts, facts.lattice, without),
        "ablation_pairs": pairs,
        "no_lattice": facts.no_lattice,
        **circuit_rows(analysis, facts.lattice),
        **account_rows(analysis),
        "curve": None if analysis.curve is None else _curve(analysis),
        "orbits": _orbits(accounts),
    }
    ground, arrays = elements(group, facts.irreps, tuple(analysis.strength_by_irrep))
    header["group"] = ground
    header["lattice"] = None
    if facts.lattice is not None:
        header["lattice"], more = subgroups(
            facts.lattice, facts.irreps, [row.subgroup for row in analysis.coset.classes]
        )
        arrays |= more
    arrays |= _weights(facts)
    header["wrong"], header["scored"], more = _scored(facts, config)
    arrays |= more
    if explored.run is not None and facts.lattice is not None:
        header["training"], more = formation(explored.run, group, facts.lattice, facts.irreps, analysis)
        arrays |= more
    used = len(pack(Sidecar(header, arrays)))
    header["ideals"], more, left_out = pack_ideals(accounts, _room(group.order) - used)
    header["ideals_left_out"] = list(left_out)
    return pack(Sidecar(header, arrays | more))


def check_order(group: Group) -> None:
    """Refuse a group that is too large to be shown.

    Args:
        group: the group.

    Raises:
        Unsupported: if it is.

    Example:
        >>> from cosetta import named_group
        >>> check_order(named_group("S6"))
    """
    if group.order > MAX_ORDER:
        raise Unsupported(
            f"the explorer shows groups up to order {MAX_ORDER:,}; {group.name} has {group.order:,}: "
            "`cosetta explain` writes its report"
        )


def _room(order: int) -> int:
    """The budget of the smallest order that is not below this one; that of the largest beyond them."""
    return BUDGET[min((most for most in BUDGET if order <= most), default=max(BUDGET))]


def _curve(analysis: Analysis) -> dict[str, list[float | int | None]]:
    assert analysis.curve is not None  # asked for only where there is one
    return {
        name: [value if value is not None and np.isfinite(value) else None for value in values]
        for name, values in vars(analysis.curve).items()
    }


def _orbits(accounts: tuple[AbstractHypothesis, ...]) -> list[dict[str, Any]]:
    found = next((account for account in accounts if isinstance(account, RhoSets)), None)
    return [] if found is None else orbits(found)


def _weights(facts: Facts) -> dict[str, np.ndarray]:
    """The network itself, neuron by neuron, in the 32 bits that it has."""
    model = facts.model.to(dtype=torch.float32)
    arrays = {name: getattr(model, name).numpy().T for name in ("left", "right", "out")}
    arrays |= {"bias": model.bias.numpy(), "means": facts.post_means.astype(np.float32)}
    for name in ("direct_left", "direct_right"):
        direct = getattr(model, name)
        if direct is not None:
            arrays[name] = direct.numpy()
    return arrays


def _scored(facts: Facts, config: AnalysisConfig) -> tuple[list[list[int]], dict[str, Any], dict[str, np.ndarray]]:
    """Pairs that the network gets wrong, how it does on those that a page scores, and which these are if not all."""
    order = facts.group.order
    most = int(max(100, SCORED_ENTRIES / order))
    scorer = PairScorer(facts.group, max_pairs=most, seed=config.seed)
    pairs = {} if most >= order**2 else {"scored": (scorer.a * order + scorer.b).numpy().astype(np.uint32)}
    scores = scorer(facts.model)
    everything = PairScorer(facts.group, max_pairs=config.evidence_pairs, seed=config.seed)
    wrong: list[list[int]] = []
    for a, b, product in zip(*(x.split(2048) for x in (everything.a, everything.b, everything.product)), strict=True):
        answers = facts.model.logits(a, b).argmax(-1)
        bad = answers != product
        wrong += torch.stack([a[bad], b[bad], answers[bad]], dim=1).tolist()
        if len(wrong) >= 200:
            break
    record = {"accuracy": scores.accuracy, "loss": scores.loss, "pairs": scores.pairs, "all_pairs": order**2}
    return wrong[:200], record, pairs
