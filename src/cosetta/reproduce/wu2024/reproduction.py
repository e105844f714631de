"""Their paper again: idealised networks (`--data`), and S5 networks made elsewhere (`--runs`, `--networks`)."""

import time
from dataclasses import dataclass, replace
from typing import final

from cosetta.errors import CosettaError
from cosetta.groups import named_group
from cosetta.report.notation import count, duration
from cosetta.reproduce.frame.beside import Beside
from cosetta.reproduce.frame.released import Plan, Progress, conclude, measure_each, ranked
from cosetta.reproduce.frame.results import Reproduction, Table
from cosetta.reproduce.frame.sets import Network
from cosetta.reproduce.wu2024.claims import claim_rows
from cosetta.reproduce.wu2024.ideals import FILES, read_ideals
from cosetta.reproduce.wu2024.measures import RhoMeasures, rho_measures
from cosetta.reproduce.wu2024.paper import WU2024
from cosetta.reproduce.wu2024.proofs import prove
from cosetta.reproduce.wu2024.subjects import IDEALS, Subject
from cosetta.reproduce.wu2024.tables import (
    certificates_table,
    ideals_table,
    sets_table,
    sizes_table,
    summary_table,
)

__all__ = ["expected", "reproduce"]


SCHEMA = 1
"""Number of the layout of what is kept beside a run."""


@final
@dataclass(frozen=True)
class _Kept:
    """What is kept beside a run."""

    network: RhoMeasures
    schema: int = SCHEMA


KEPT = Beside("wu2024.json", _Kept, "rho-sets of a run", SCHEMA)
"""What is measured of a run, in its folder."""

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


def expected(plan: Plan) -> str:
    """How long it will take, in words, before anything is measured.

    Args:
        plan: what is to be reproduced.

    Returns:
        A sentence's worth.
    """
    kept = [(network, KEPT.read(network.folder)) for network in _chosen(plan)[0]]
    fits = sum(found is None for _, found in kept)
    proofs = sum(network.recipe == CERTIFIED and (not found or not found.network.proven) for network, found in kept)
    seconds = IDEAL_SECONDS + RUN_SECONDS * fits + PROOF_SECONDS * proofs
    said = f"{count(fits)} networks to fit" + f" and {count(proofs)} to certify" * bool(proofs)
    return f"{said}: about {duration(seconds)} of one core"


def _chosen(plan: Plan) -> tuple[list[Network], dict[str, str]]:
    """S5 networks, for a quick look at most `QUICK` of each recipe, and a reason for each that is damaged."""
    found, missing = plan.networks_of("S5")
    if not plan.quick:
        return found, missing
    by_recipe: dict[str, list[Network]] = {}
    for network in found:
        by_recipe.setdefault(network.recipe, []).append(network)
    return [network for networks in by_recipe.values() for network in networks[:QUICK]], missing


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
    networks, missing = _chosen(plan)
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
    measured = measure_each(networks, _measured, missing, tell, "fitting rho-sets and certifying")
    subjects |= {name: Subject(tuple(found)) for name, found in measured.items()}
    subjects = ranked(subjects, PREFERENCE)
    tables += [summary_table(subjects), sets_table(subjects), certificates_table(subjects)] if networks else []
    return conclude(
        plan,
        WU2024,
        claim_rows(),
        subjects or {"": Subject(())},  # sizes are algebra: their rows need no network
        populations={
            name if name == IDEALS else f"S5 {name}": len(subject.networks) for name, subject in subjects.items()
        },
        tables=tables,
        missing=missing,
        words=WORDS,
        started=started,
    )


def _measured(network: Network) -> RhoMeasures:
    """Rho-sets and certificate of a run, from the file beside it as far as it has them."""
    group, kept = named_group(network.group), KEPT.read(network.folder)
    found = kept.network if kept else rho_measures(network.name, network.model, group)
    if network.recipe == CERTIFIED and found.proven is None and network.model.activation == "relu":  # others: no bound
        found = replace(found, proven=prove(network.model, group))
    if kept is None or found is not kept.network:
        KEPT.write(network.folder, _Kept(found))
    return found


WORDS: tuple[tuple[str, str], ...] = (
    ("rho-set", "B = {rho(g) b}: the orbit of a vector of an irrep. Its stabiliser is a subgroup H, and |B| is [G:H]."),
    ("Complete", "Every pair (b, b') of points has a neuron: |B|^2 neurons at least."),
    ("a-bad", "Neurons of one orbit have different vectors a, so that two rho-sets share irrep and stabiliser."),
    ("rho-bad", "No faithful irrep has a complete rho-set, so that the ideal cannot multiply."),
    ("Alone", "The rho-sets with everything else at its mean."),
    ("By bounds alone", "Products that a certificate of this project proves right, none having all neurons computed."),
)
