"""Their paper again: idealised networks (`--data`), and S5 networks made elsewhere (`--runs`, `--networks`)."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import torch
from matplotlib.figure import Figure
from pydantic import TypeAdapter

from cosetta._version import __version__
from cosetta.errors import BadRun, CosettaError, Unsupported
from cosetta.files import read_json, write_whole
from cosetta.groups import named_group
from cosetta.report.notation import count, duration
from cosetta.reproduce.frame.claims import decide
from cosetta.reproduce.frame.results import FigureFacts, Reproduction, Table
from cosetta.reproduce.frame.sets import Network, networks_in
from cosetta.reproduce.wu2024.claims import IDEALS, Subject, claim_rows
from cosetta.reproduce.wu2024.ideals import FILES, read_ideals
from cosetta.reproduce.wu2024.measures import RhoMeasures, rho_measures
from cosetta.reproduce.wu2024.paper import WU2024
from cosetta.reproduce.wu2024.proofs import prove
from cosetta.reproduce.wu2024.tables import (
    certificates_table,
    ideals_table,
    sets_table,
    sizes_table,
    summary_table,
)

__all__ = ["Plan", "draw", "reproduce"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and its total."""

CACHE = "wu2024.json"
"""What is measured of a run, in its folder."""

SCHEMA = 1
"""Number of the cache's layout."""

QUICK = 32
"""Networks of each recipe that a quick look takes."""

IDEAL_SECONDS = 8.0
"""One core's seconds for the idealised networks and the lattices."""

RUN_SECONDS = 1.0
"""One core's seconds to fit rho-sets to an S5 network."""

PROOF_SECONDS = 1.1
"""One core's seconds to certify an S5 network, in the mean of 64 of `CERTIFIED`; the slowest took 18."""

CERTIFIED = "wu2024"
"""The recipe whose networks are certified: the paper's, of whose networks it states its bounds. One of another recipe
that few cosets cover takes 24 seconds."""

PREFERENCE = (IDEALS, "wu2024", "stander2024", "fast", "foreign")
"""Which population decides: theirs, then their recipe."""


@final
@dataclass(frozen=True)
class Plan:
    """What is to be reproduced.

    Args:
        data: folder of their idealised networks; None reproduces what needs none of it.
        networks: folder of folded runs.
        runs: folder of runs.
        quick: whether at most `QUICK` networks of each recipe are taken.
    """

    data: Path | None = None
    networks: Path | None = None
    runs: Path | None = None
    quick: bool = False

    def chosen(self) -> tuple[list[Network], dict[str, str]]:
        """S5 networks of both folders, and a reason for each that is damaged."""
        found: list[Network] = []
        missing: dict[str, str] = {}
        for place in (self.networks, self.runs):
            if place is not None:
                networks, damaged = networks_in(place, ("S5",))
                found, missing = found + networks, missing | damaged
        if not self.quick:
            return found, missing
        by_recipe: dict[str, list[Network]] = {}
        for network in found:
            by_recipe.setdefault(network.recipe, []).append(network)
        return [network for networks in by_recipe.values() for network in networks[:QUICK]], missing

    def expected(self) -> str:
        """How long it will take, in words, before anything is measured."""
        kept = [(network, _kept(network)) for network in self.chosen()[0]]
        fits = sum(found is None for _, found in kept)
        proofs = sum(network.recipe == CERTIFIED and (not found or not found.proven) for network, found in kept)
        seconds = IDEAL_SECONDS + RUN_SECONDS * fits + PROOF_SECONDS * proofs
        said = f"{count(fits)} networks to fit" + f" and {count(proofs)} to certify" * bool(proofs)
        return f"{said}: about {duration(seconds)} of one core"


def draw(facts: FigureFacts) -> Figure:
    """Draw a figure of this paper, which has none yet.

    Args:
        facts: a figure.

    Raises:
        Unsupported: always.
    """
    raise Unsupported(f"figure '{facts.name}' has kind '{facts.kind}', which nothing draws")


def reproduce(plan: Plan, *, progress: Progress | None = None) -> Reproduction:
    """Their claims on their idealised networks and on S5 networks.

    Args:
        plan: what is to be reproduced.
        progress: called as each step goes on.

    Returns:
        The reproduction; what could not be read is in `missing`, by name and reason.

    Raises:
        OSError: if a file cannot be written.

    Source:
        Wu, Jaburi, Drori and Gross 2024 (arXiv:2410.07476).
    """
    started, tell = time.monotonic(), progress or (lambda step, done, total: None)
    networks, missing = plan.chosen()
    subjects: dict[str, Subject] = {}
    tables: list[Table] = [sizes_table()]
    tell("reading idealised networks", 0, 1)
    if plan.data is None:
        missing["--data"] = f"not given; their idealised networks are {' and '.join(FILES)}"
    else:
        try:
            ideals = read_ideals(plan.data)
            subjects[IDEALS] = Subject(ideals.measured, ideals)
            tables.append(ideals_table(ideals))
        except CosettaError as error:
            missing[plan.data.name] = str(error)
    tell("reading idealised networks", 1, 1)
    subjects |= _fitted(networks, missing, tell)
    subjects = {name: subjects[name] for name in sorted(subjects, key=_rank)}
    tables += [summary_table(subjects), sets_table(subjects), certificates_table(subjects)] if networks else []
    places = ((name, getattr(plan, name)) for name in ("data", "networks", "runs"))
    said = "".join(f" --{name} {place.name}" for name, place in places if place is not None)
    return Reproduction(
        settings={"quick": plan.quick},
        populations={
            name if name == IDEALS else f"S5 {name}": len(subject.networks) for name, subject in subjects.items()
        },
        tables=tuple(tables),
        figures=(),
        claims=decide(claim_rows(), subjects or {"": Subject(())}),
        missing=tuple(f"{name}: {reason}" for name, reason in sorted(missing.items())),
        command=f"cosetta reproduce wu2024{said}{' --quick' if plan.quick else ''}",
        seconds=time.monotonic() - started,
        versions={"cosetta": __version__, "python": platform.python_version(), "torch": str(torch.__version__)},
        paper=WU2024,
        words=WORDS,
    )


def _rank(name: str) -> tuple[int, str]:
    return (PREFERENCE.index(name) if name in PREFERENCE else len(PREFERENCE), name)


def _fitted(networks: list[Network], missing: dict[str, str], tell: Progress) -> dict[str, Subject]:
    """Rho-sets of each network, by recipe."""
    by_recipe: dict[str, list[RhoMeasures]] = {}
    for i, network in enumerate(networks):
        tell("fitting rho-sets and certifying", i, len(networks))
        try:
            by_recipe.setdefault(network.recipe, []).append(_measured(network))
        except BadRun as error:
            missing[network.name] = str(error)
        tell("fitting rho-sets and certifying", i + 1, len(networks))
    return {name: Subject(tuple(found)) for name, found in by_recipe.items()}


@final
@dataclass(frozen=True)
class _Cached:
    """What is kept beside a run."""

    network: RhoMeasures
    schema: int = SCHEMA


_CACHED = TypeAdapter(_Cached)


def _kept(network: Network) -> RhoMeasures | None:
    """What the file beside a run holds; None if it is not there or not whole."""
    path, advice = network.folder / CACHE, "they are fitted again"
    try:
        return read_json(path, _Cached, what="rho-sets of a run", advice=advice, schema=SCHEMA).network
    except BadRun:
        return None


def _measured(network: Network) -> RhoMeasures:
    """Rho-sets and certificate of a run, from the file beside it as far as it has them."""
    group, kept = named_group(network.group), _kept(network)
    found = kept or rho_measures(network.name, network.model, group)
    if network.recipe == CERTIFIED and found.proven is None and network.model.activation == "relu":  # others: no bound
        found = replace(found, proven=prove(network.model, group))
    if found is not kept:
        content = _CACHED.dump_json(_Cached(found))
        write_whole(network.folder / CACHE, lambda temporary: temporary.write_bytes(content))
    return found


WORDS: tuple[tuple[str, str], ...] = (
    ("rho-set", "B = {rho(g) b}: the orbit of a vector of an irrep. Its stabiliser is a subgroup H, and |B| is [G:H]."),
    ("Complete", "Every pair (b, b') of points has a neuron: |B|^2 neurons at least."),
    ("a-bad", "Neurons of one orbit have different vectors a, so that two rho-sets share irrep and stabiliser."),
    ("rho-bad", "No faithful irrep has a complete rho-set, so that the ideal cannot multiply."),
    ("Alone", "The rho-sets with everything else at its mean."),
    ("By bounds alone", "Products that a certificate of this project proves right, none having all neurons computed."),
)
