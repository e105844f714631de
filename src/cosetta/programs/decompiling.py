"""From a network to its program, or to the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.groups import Group
from cosetta.hypotheses.coset import find_places
from cosetta.hypotheses.program import Program, ProgramAccount, credit, network_of, place_of, write_program
from cosetta.measures import Facts, measure
from cosetta.models import FoldedModel
from cosetta.programs.shortening import shorten
from cosetta.programs.trial import Pairs, Trial, try_program
from cosetta.shown import percent, plural

__all__ = ["Decompiled", "better", "decompile", "rewritten"]

LEAST_AGREEMENT = 0.5
"""A program that says what its network does on fewer pairs than this is refused: it describes something else."""

ROUNDS = 5
"""A program's network is decompiled again until the program stays the same; so often at most."""


@final
@dataclass(frozen=True, eq=False)
class Decompiled:
    """A network as a program.

    Args:
        name: of the network.
        program: all rules that were found.
        short: the fewest of them that keep the answers.
        trial: the program held against the network.
        short_agreement: share of pairs on which the short program gives the network's answer.
        strength: share of the variance of the logits that the covered neurons give, in [0, 1].
        settled: whether the program's own network decompiles to the program again.
    """

    name: str
    program: Program
    short: Program
    trial: Trial
    short_agreement: float
    strength: float
    settled: bool


def decompile(
    model: FoldedModel, group: Group, config: AnalysisConfig | None = None, name: str = "network"
) -> Decompiled:
    """Write a network down as a program.

    Cost: for S5 about 5 s, most of them for taking out each rule in turn.

    Args:
        model: the folded network, on the CPU.
        group: its group.
        config: thresholds; the defaults if None.
        name: what to call the network.

    Returns:
        The program, a shorter one that gives the same answers, and how well both say what the network does.

    Raises:
        ValueError: if the model's order is not the group's.
        Unsupported: if no program can be written; the message says why.

    Source:
        This project.

    Example:
        >>> import torch
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> planted = plant(S3, [CosetPlan(S3.subgroup([1]), amplitude=8.0)], torch.Generator().manual_seed(0))
        >>> found = decompile(planted.folded, S3)
        >>> len(found.program.rules), found.trial.agreement, len(found.short.rules)
        (9, 1.0, 6)
    """
    config = config or AnalysisConfig()
    facts = measure(model, group, config)
    places = _places(facts, config)
    account, pairs = ProgramAccount.fit(facts, config), Pairs.of(model, group, config)
    program, settled = better(facts, config, places, pairs)
    account = replace(account, program=program)
    trial = try_program(program, account, pairs, _neurons(places, program, facts), config)
    strength = float(facts.strength[list(places)].sum())
    if trial.agreement < LEAST_AGREEMENT:
        raise Unsupported(
            f"a program must give the network's answer on half of the pairs; {plural(len(program.rules), 'rule')} from "
            f"{len(places)} of {plural(len(facts.live), 'live neuron')} ({percent(strength, 1)} of the strength) give "
            f"{percent(trial.agreement, 1)}: the network is random, has memorised, or works otherwise; see "
            "`cosetta explain`"
        )
    short = shorten(program, pairs)
    kept = float(credit(short.votes(pairs.a, pairs.b), pairs.answers).mean())
    return Decompiled(name, program, short, trial, kept, strength, settled)


def better(
    facts: Facts, config: AnalysisConfig, places: Mapping[int, tuple[int, int]], pairs: Pairs
) -> tuple[Program, bool]:
    """The program that gives more of the network's answers: with shares, or with rules against their cosets alone.

    Both are compared as they are once they stay the same, since that may change what they give.

    Args:
        facts: of the network.
        config: thresholds.
        places: of the neurons, from `find_places`.
        pairs: with the network's answers.

    Returns:
        The one with shares if both give as many, since its votes are nearer to the logits; whether its network
        decompiles to it.
    """
    both = (rewritten(write_program(facts, config, places, alone=alone), config) for alone in (False, True))
    return max(both, key=lambda found: credit(found[0].votes(pairs.a, pairs.b), pairs.answers).sum())


def rewritten(program: Program, config: AnalysisConfig) -> tuple[Program, bool]:
    """Decompile the network that a program is, until the program stays the same.

    A weak rule of a small subgroup may get another subgroup's name when it stands in a network without noise.

    Args:
        program: the program.
        config: thresholds.

    Returns:
        The program, and whether its network decompiles to it.
    """
    for _ in range(ROUNDS):
        again = write_program(measure(network_of(program), program.group, config), config)
        if again == program:
            return program, True
        if not again.rules:
            break
        program = again
    return program, False


def _places(facts: Facts, config: AnalysisConfig) -> dict[int, tuple[int, int]]:
    """Cosets of the covered neurons; there is at least one."""
    group, live = facts.group, len(facts.live)
    if facts.lattice is None:
        raise Unsupported(f"a program needs the subgroups of {group.name}: {facts.no_lattice}")
    if len(facts.lattice.orders) <= 2:
        raise Unsupported(
            f"a program needs cosets of a proper subgroup; {group.name} has none: the rank-one account describes such "
            "networks, see `cosetta explain`"
        )
    places = find_places(facts, config)
    if not places:
        raise Unsupported(
            f"a program needs neurons that are constant on cosets; of {live} live ones none is (threshold "
            f"{config.coset_threshold:g}): the network is random, has memorised, or works otherwise; `cosetta explain` "
            "says what other accounts find"
        )
    return places


def _neurons(
    places: Mapping[int, tuple[int, int]], program: Program, facts: Facts
) -> dict[tuple[str, int, int], list[int]]:
    """The network's neurons by the coset of their rule."""
    assert facts.lattice is not None  # there are places
    found: dict[tuple[str, int, int], list[int]] = {rule.coset: [] for rule in program.rules}
    for n, place in places.items():
        coset = place_of(place, facts.lattice)
        if coset in found:
            found[coset].append(n)
    return {coset: neurons for coset, neurons in found.items() if neurons}
