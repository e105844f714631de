"""Networks written down: from families of cosets or from a program, right ones and deliberately wrong ones.

A complete family has every conjugate of H with every coset, each a rule, and one scale for all. Every rule is two
neurons. Not all of them are needed: `narrowed` drops neurons while every product stays right.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from cosetta.errors import BadConfig
from cosetta.groups import Group, Subgroup, SubgroupLattice, subgroup_lattice
from cosetta.hypotheses.program import TOP, Family, Program, Rule, Weight, coset_of, network_of, words_of
from cosetta.models import FoldedModel
from cosetta.programs.shortening import taken_away

__all__ = ["WRONG", "complete_program", "narrowed", "noisy", "spoiled", "width_of"]

WRONG = ("missing-circuit", "wrong-conjugate", "memoriser")
"""Ways in which a network can be wrong on purpose."""

UNIT = 2e-3
"""Logits a vote of a built program: S4 in S5 then has a loss below 1e-3."""

JITTER = 0.3
"""Values are evenly spaced but for this share of the spacing, so that no two steps are equal."""

MOST_ENTRIES = 2_000_000
"""Pairs times elements up to which narrow networks are searched: S5 has 1.7 million."""

MEMORISED = 2_000
"""Most pairs that a memoriser holds, a neuron each."""

TRIES = 6
"""Random orders in which neurons are dropped."""


def complete_program(group: Group, families: Sequence[str], seed: int = 0) -> Program:
    """Every coset of every conjugate of some classes of subgroups, with weights all equal and random scales.

    Args:
        group: the group.
        families: names of classes, as `cosetta subgroups` prints them.
        seed: of the values on cosets, which are all different.

    Returns:
        The program; right on all pairs if the subgroups' conjugates meet in 1.

    Raises:
        BadConfig: if a class is unknown, named twice, or is the whole group or 1 alone.
        Unsupported: if the group's subgroups are out of reach.

    Example:
        >>> from cosetta.groups import named_group
        >>> program = complete_program(named_group("S4"), ["S3"])
        >>> len(program.rules), bool((program.answers() == program.group.table).all())
        (16, True)
    """
    lattice, generator = subgroup_lattice(group), np.random.default_rng(seed)
    names = lattice.class_names
    if not families or len(set(families)) < len(families):
        raise BadConfig(f"circuits must be different classes of subgroups; got {', '.join(families) or 'none'}")
    unknown = [name for name in families if name not in names]
    if unknown:
        shown = ", ".join(names[1:-1]) or "none"
        raise BadConfig(f"circuits must be classes of proper subgroups of {group.name}: {shown}; got {unknown[0]}")
    built, rules = [], []
    for name in sorted(families, key=names.index, reverse=True):  # the order in which a network decompiles
        cls = lattice.classes[names.index(name)]
        H = lattice.subgroup(cls.representative)
        if H.index == 1 or H.order == 1:
            raise BadConfig(f"circuits must be proper subgroups of {group.name}; {name} is the whole group or 1")
        built.append(Family(name, H.generators, (_values(H.index, generator),)))
        rules += _rules(name, H, [lattice.subgroup(i) for i in cls.subgroups], lattice)
    return Program(group, tuple(built), tuple(rules), UNIT)


def _values(index: int, generator: np.random.Generator) -> tuple[int, ...]:
    """Different values from 0 to `TOP`, both reached, read so that the tuple backwards is not the larger one."""
    if index > TOP + 1:
        raise BadConfig(f"circuits must have at most {TOP + 1} cosets, as values have two digits; got index {index}")
    spacing = TOP / (index - 1)
    values = np.linspace(0, TOP, index) + JITTER * spacing * generator.uniform(-1, 1, index)
    values[0], values[-1] = 0, TOP
    values = generator.permutation(np.rint(values).astype(int))
    return max(tuple(values.tolist()), tuple((TOP - values).tolist()))


def _rules(name: str, H: Subgroup, conjugates: Sequence[Subgroup], lattice: SubgroupLattice) -> list[Rule]:
    """Every right coset of every conjugate, in the order of u and v."""
    found = set()
    for conjugate in conjugates:
        for g in range(H.group.order):
            found.add(coset_of(H, conjugate, g))
    return [Rule(name, u, v, (Weight(0, TOP, TOP),), words_of(H, u, v, lattice)) for u, v in sorted(found)]


def width_of(program: Program) -> int:
    """Neurons of the program's network.

    Args:
        program: the program.

    Returns:
        How many weights are not 0.
    """
    return sum((w.above != 0) + (w.below != 0) for rule in program.rules for w in rule.weights)


def narrowed(program: Program, seed: int = 0, tries: int = TRIES, width: int = 0) -> Program:
    """Drop neurons, one at a time in random order, while every product stays right.

    Cost: |G|^3 a neuron and try.

    Args:
        program: a program that is right on all pairs.
        seed: of the orders.
        tries: how many orders.
        width: stop at so many neurons.

    Returns:
        The narrowest program found; nobody says that it is the narrowest there is.

    Raises:
        BadConfig: if the group is too large for the search.
    """
    group = program.group
    if group.order**3 > MOST_ENTRIES:
        raise BadConfig(f"a narrow network is searched up to order {round(MOST_ENTRIES ** (1 / 3))}; got {group.name}")
    a, b = np.divmod(np.arange(group.order**2), group.order)
    rows, products = np.arange(len(a)), group.table[a, b]
    terms = [(x[2] / TOP, strength * np.maximum(x[0][a] + x[1][b], 0.0)) for _, strength, x in program.terms()]
    votes = program.votes(a, b)
    right = votes[rows, products]
    votes[rows, products] = np.inf
    generator, best = np.random.default_rng([seed, 4]), list(range(len(terms)))
    for _ in range(tries):
        mine, others, kept = right, votes.copy(), set(range(len(terms)))
        for k in generator.permutation(len(terms)).tolist():
            if len(kept) <= width:
                break
            against, said = terms[k]
            less = taken_away(mine, others, said, against, products)
            if less is not None:
                mine, kept = less, kept - {k}
        best = min(best, sorted(kept), key=len)
        if len(best) <= width:
            break
    return _with_terms(program, set(best))


def _with_terms(program: Program, kept: set[int]) -> Program:
    """The program with some of its neurons, numbered as `terms` yields them."""
    count, rules = iter(range(width_of(program))), []
    for rule in program.rules:
        weights = []
        for w in rule.weights:
            above, below = (x if x and next(count) in kept else 0 for x in (w.above, w.below))
            weights.append(replace(w, above=above, below=below))
        rules.append(replace(rule, weights=tuple(w for w in weights if w.above or w.below)))
    alive = [i for i, rule in enumerate(rules) if rule.weights]
    return replace(program, rules=tuple(rules)).keep(alive)


def noisy(model: FoldedModel, noise: float, dead: int, seed: int) -> FoldedModel:
    """A network with noise on its weights, and neurons that never fire.

    Args:
        model: the network.
        noise: standard deviation of normal noise, as a share of each function's own.
        dead: how many neurons to add that fire on no pair.
        seed: of the noise.

    Returns:
        Another network.
    """
    generator = torch.Generator().manual_seed(seed)
    sides = {}
    for name in ("left", "right", "out"):
        values = getattr(model, name)
        spread = values.std(dim=0, correction=0)
        values = values + noise * spread * torch.randn(values.shape, generator=generator, dtype=values.dtype)
        silent = torch.full((model.order, dead), 0.0 if name == "out" else -1.0, dtype=values.dtype)
        sides[name] = torch.cat([values, silent], dim=1)
    return replace(model, **sides)


def spoiled(program: Program, wrong: str, seed: int = 0) -> FoldedModel:
    """A network that is wrong in a known way.

    `missing-circuit`: of a program without a rule too many the first rule is missing, so some products are wrong.
    `wrong-conjugate`: every neuron of the first rule speaks against the next coset instead of its own.
    `memoriser`: a neuron for each of some pairs, which fires on that pair alone and names its product.

    Args:
        program: a program that is right on all pairs.
        wrong: what is to be wrong, one of `WRONG`.
        seed: of what is random.

    Returns:
        The network, float64.

    Raises:
        BadConfig: if `wrong` is unknown.
    """
    if wrong not in WRONG:
        raise BadConfig(f"`wrong` must be one of {', '.join(WRONG)}; got '{wrong}'")
    if wrong == "memoriser":
        return _memoriser(program.group, np.random.default_rng([seed, 5]))
    narrow = narrowed(program, seed, tries=1)
    if wrong == "missing-circuit":
        return network_of(narrow.keep(range(1, len(narrow.rules))))
    network, terms = network_of(narrow), [i for i, _, _ in narrow.terms()]
    other = next(rule for rule in narrow.rules if rule.family == narrow.rules[0].family and rule != narrow.rules[0])
    out = network.out.clone()
    for k, i in enumerate(terms):
        if i == 0:
            out[:, k] = out[:, k].min() * torch.from_numpy(narrow.cosets_of(other)[2]).double()
    return replace(network, out=out)


def _memoriser(group: Group, generator: np.random.Generator) -> FoldedModel:
    """1 for a, 1 for b, and a threshold between one and two of them."""
    count = min(group.order**2, MEMORISED)
    a, b = np.divmod(generator.permutation(group.order**2)[:count], group.order)
    left, right, out = (np.zeros((group.order, count)) for _ in range(3))
    neurons = np.arange(count)
    left[a, neurons], right[b, neurons], out[group.table[a, b], neurons] = 1, 1, 20
    return FoldedModel(
        torch.from_numpy(left - 0.75),
        torch.from_numpy(right - 0.75),
        torch.from_numpy(out),
        torch.zeros(group.order, dtype=torch.float64),
    )
