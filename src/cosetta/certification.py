"""Certificates: a proven floor on a network's accuracy, from what the accounts say of it, at less work than trying all.

Accounts yield partitions into cosets; the prover (`bounds/prover.py`) looks for the cheapest route over them, and the
checker (`bounds/checker.py`) derives every bound from the weights. What comes out is plain data that the checker can
derive again alone (docs/certificates.md).
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Int

from cosetta.bounds import checker
from cosetta.bounds.certificate import SCHEMA, Certificate
from cosetta.bounds.prover import Cosets, brute_force_work, by_neurons, find_route
from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import Group, Subgroup
from cosetta.hypotheses import CosetCircuit
from cosetta.hypotheses.partitions import coset_partition
from cosetta.measures import Facts, measure
from cosetta.models import FoldedModel

__all__ = ["certify"]

CLEAR = 1e-9
"""A pair is claimed when its proven margin is above this, so that another machine's rounding cannot undo the claim."""

MOST_NUMBERS = 2**24
"""Numbers in the table of one left and one right subgroup: 128 MB. S7 has subgroups of index 70 with tables of 200 MB,
and a trained network some sixty of them."""

ARITHMETIC = (
    "exact: weights are dyadic rationals, sums are float64 with a proven bound on all rounding taken off each margin"
)


def certify(
    model: FoldedModel,
    group: Group,
    weights: bytes,
    config: AnalysisConfig | None = None,
    *,
    bounds_only: bool = False,
    exhaustive: bool = False,
) -> Certificate:
    """Prove a floor on a network's accuracy.

    Cost: an account is fitted and some thirty routes are tried on a few y; then the work that the certificate states.

    Args:
        model: the network, to which the accounts are fitted; on the CPU.
        group: the group it multiplies in.
        weights: the bytes of the safetensors file that the certificate will be of: a network of this project, or
            `left`, `right`, `out`, `bias` and direct paths.
        config: thresholds of the accounts; the defaults if None.
        bounds_only: never compute every neuron for a pair; pairs may then stay open.
        exhaustive: also try all pairs, for the share and the seconds.

    Returns:
        The certificate.

    Raises:
        Unsupported: if no bound is known for the activation.
        ValueError: if the weights are not those of a network of this group.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> import torch
        >>> from safetensors.torch import save
        >>> G = named_group("S3")
        >>> model = plant(G, [CosetPlan(G.subgroup([1]))], torch.Generator().manual_seed(0)).folded
        >>> weights = save({name: getattr(model, name) for name in ("left", "right", "out", "bias")})
        >>> certify(model, G, weights).share
        1.0
    """
    if model.activation != "relu":
        raise Unsupported(
            f"a bound is known for relu only; the network has '{model.activation}': it has no certificate"
        )
    config, started = config or AnalysisConfig(), time.process_time()
    net = checker.fold(checker.read_tensors(weights))
    if net.g != group.order:
        raise ValueError(f"the weights must be of order {group.order}, that of {group.name}; they are of {net.g}")
    facts = measure(model, group, config)
    account = _account(facts, config)
    route = find_route(net, group.table, account.cosets, bounds_only=bounds_only)
    found, begun = time.process_time() - started, time.process_time()
    least, done = checker.derive(net, group.table, account.cosets.partitions, route.stages)
    seconds = time.process_time() - begun
    certified = least > CLEAR
    used, stages = _used(account.cosets.partitions, route.stages)
    stages_done = zip(stages, done, [net.g**2, *(stage["open"] for stage in done)], strict=False)
    record = {
        "schema": SCHEMA,
        "statement": "",
        "arithmetic": ARITHMETIC,
        "claim": {
            "certified": int(certified.sum()),
            "share": float(certified.mean()),
            "loss": _loss(least),
            "work": sum(stage["work"] for stage in done),
            "open": _runs(~certified.ravel()),
        },
        "weakest": _weakest(least),
        "tiers": [
            {"tier": _tier(stage), "pairs": before - after["open"], "work": after["work"]}
            for stage, after, before in stages_done
        ],
        "brute_force": {"work": brute_force_work(net.g, net.w)} | (_exhaustive(net, group) if exhaustive else {}),
        "seconds": {"prove": found, "check": seconds},
        "account": account.summary(facts, stages),
        "weights": hashlib.sha256(weights).hexdigest(),
        "activation": model.activation,
        "group": {
            "name": group.name,
            "digest": group.content_hash,
            "generators": group.table[:, list(group.generators) or [0]].T.tolist(),
            "elements": list(group.labels),
        },
        "subgroups": [account.names[i] for i in used],
        "partitions": account.cosets.partitions[used].tolist(),
        "stages": list(stages),
    }
    record["statement"] = Certificate(record).sentence
    return Certificate(record)


@final
@dataclass(frozen=True, eq=False)
class _Account:
    """What the accounts say, for the prover and for the reader."""

    cosets: Cosets
    names: tuple[Mapping[str, Any], ...]
    reasons: Mapping[int, str]

    def summary(self, facts: Facts, stages: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        """Which neurons were summed by cosets, which neuron by neuron and why, which were only bounded."""
        first = stages[0]
        exact = first["exact"] if first["leaves"] else []
        return {
            "neurons": facts.width,
            "by_cosets": facts.width - len(first["exact"]) - len(first["dropped"]),
            "left_subgroups": len(first["leaves"]),
            "one_by_one": [{"neuron": k, "reason": self.reasons.get(k, "too weak to be worth a table")} for k in exact],
            "bounded": first["dropped"],
            "rank_of_out": next((len(stage["pivots"]) for stage in stages if stage["pivots"]), None),
            "irreps": sorted({facts.irreps[facts.irrep[k]].name for k in facts.live.tolist()}),
        }


def _account(facts: Facts, config: AnalysisConfig) -> _Account:
    """Cosets for each neuron: the coset account's, else the coarsest that fit, as no bound needs the mirror law."""
    chosen: dict[int, tuple[Subgroup, Subgroup]] = {}
    reasons: Mapping[int, str] = {}
    if facts.lattice is None:
        reasons = dict.fromkeys(range(facts.width), facts.no_lattice)
    else:
        account = CosetCircuit.fit(facts, config)
        reasons = dict.fromkeys(range(facts.width), "moves no logit by more than the dead threshold") | dict(
            account.reasons
        )
        chosen = {a.neuron: (a.left, a.right) for a in account.assigned}
        largest = [_largest(facts, name, config.coset_threshold) for name in ("left", "right")]
        for k in range(facts.width):
            H, K = (facts.lattice.subgroup(int(positions[k])) for positions in largest)
            if k not in chosen and H.order > 1:
                chosen[k] = H, K
    for k, (H, K) in list(chosen.items()):
        if H.index * K.index * facts.group.order > MOST_NUMBERS:
            del chosen[k]
            reasons = {**reasons, k: f"a table over cosets of index {H.index} would not fit"}
    rows: dict[tuple[Subgroup, str], int] = {}
    left, right = np.full((2, facts.width), -1)
    for k, (H, K) in chosen.items():
        left[k] = rows.setdefault((H, "right"), len(rows))
        right[k] = rows.setdefault((K, "left"), len(rows))
    partitions = np.array([coset_partition(H, side) for H, side in rows], dtype=np.int64).reshape(-1, facts.group.order)
    names = tuple({"subgroup": _name(H, facts), "order": H.order, "cosets": side} for H, side in rows)
    return _Account(Cosets(partitions, left, right), names, reasons)


def _largest(facts: Facts, name: str, threshold: float) -> Int[np.ndarray, " neuron"]:
    """Lattice position of the largest subgroup on whose cosets a function is constant; 0 is the trivial subgroup."""
    assert facts.lattice is not None  # asked for by the caller
    return np.where(facts.coset_fractions(name) < threshold, facts.lattice.orders, 0).argmax(axis=1)


def _name(H: Subgroup, facts: Facts) -> str:
    return "" if facts.lattice is None else facts.lattice.names[facts.lattice.position(H)]


def _used(
    partitions: Int[np.ndarray, "partition g"], stages: tuple[dict[str, Any], ...]
) -> tuple[list[int], tuple[dict[str, Any], ...]]:
    """The partitions that stages use, and the stages with these numbered from 0."""
    used = sorted(
        {P for stage in stages for P, _ in stage["leaves"]}
        | {Q for stage in stages for _, groups in stage["leaves"] for group in groups for Q, _ in group}
    )
    new = {old: i for i, old in enumerate(used)}
    renumbered = tuple(
        stage | {"leaves": [[new[P], [[[new[Q], ks] for Q, ks in g] for g in groups]] for P, groups in stage["leaves"]]}
        for stage in stages
    )
    return used, renumbered


def _tier(stage: Mapping[str, Any]) -> str:
    if stage["leaves"]:
        return "cosets"
    return "low rank" if stage["pivots"] else "every neuron" if stage["exact"] else "largest contributions"


def _weakest(least: np.ndarray) -> dict[str, Any] | None:
    """The certified pair with the smallest proven margin."""
    margins = np.where((least > CLEAR) & np.isfinite(least), least, np.inf)
    x, y = divmod(int(margins.argmin()), len(least))
    return {"pair": [x, y], "margin": float(margins[x, y])} if np.isfinite(margins[x, y]) else None


def _loss(least: np.ndarray) -> float:
    """Mean of log(1 + (|G| - 1) exp(-margin)), which no pair's loss exceeds, nats; rounded up."""
    return float(np.logaddexp(0, np.log(max(len(least) - 1, 1)) - least).mean()) * (1 + 1e-9)


def _runs(flags: Bool[np.ndarray, " pair"]) -> list[list[int]]:
    """Where flags are set, as runs: first position and length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [[int(first), int(last - first)] for first, last in edges.reshape(-1, 2)]


def _exhaustive(net: Any, group: Group) -> dict[str, Any]:
    """Try all pairs: one matrix product for each y, in float64."""
    started = time.process_time()
    least, _ = checker.derive(net, group.table, np.zeros((0, net.g), np.int64), [by_neurons(range(net.w))])
    return {"share": float((least > 0).mean()), "seconds": time.process_time() - started}
