"""From a network's coset neurons to a program.

A neuron of the coset C = uHv is s(u^-1 a) - s(v b^-1) before its activation, with a function s on the right cosets of
H. Neurons of one class of subgroups whose s agree up to a factor share a scale. What they take from logits is averaged
over double cosets, whose shares all rules of the class have in common; how much it is is added up for each coset, scale
and sign. What the network's logits are in the mean over all pairs, beyond what the rules say in the mean, stands
against elements at the start: bias, what other neurons add, and what out is beyond double cosets. All of it is then
rounded to two digits. A weight that moves the logits so little that a neuron
would count as dead is left out. Decompiling the network that a program is (`network_of`) gives the program again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float

from cosetta.config import AnalysisConfig
from cosetta.groups import Group, Subgroup, SubgroupLattice
from cosetta.groups.group import conjugates
from cosetta.hypotheses.coset import find_places
from cosetta.hypotheses.coset.wording import describe_coset
from cosetta.hypotheses.partitions import conjugate_by, coset_partition, double_coset_partition
from cosetta.hypotheses.program.network import network_of
from cosetta.hypotheses.program.rules import TOP, Family, Program, Rule, Weight
from cosetta.measures.facts import Facts
from cosetta.measures.pairs import logit_strength, pair_statistics
from cosetta.models.moments import mean_logits

__all__ = ["coset_of", "place_of", "words_of", "write_program"]

LEAST_START = 1.0
"""A start that spans less than one vote is none: two digits of a weight say no more."""

ALIKE = 0.99
"""Neurons share a scale when their functions on cosets correlate at least so much, up to sign. On the S5 networks of
`fast` a class has one to six scales at this level, and the answers are the same at 0.98 and 0.995."""


def write_program(
    facts: Facts, config: AnalysisConfig, places: Mapping[int, tuple[int, int]] | None = None, *, alone: bool = False
) -> Program:
    """Write down what the coset neurons of a network compute.

    Args:
        facts: of the network; they must hold a lattice.
        config: thresholds.
        places: lattice position of H and smallest element of the shared coset of each neuron to use; what
            `find_places` finds if None.
        alone: let rules speak against their coset alone and start from the bias: what out is on other double cosets
            and what other neurons add is then left aside.

    Returns:
        The program; it may have no rules.

    Raises:
        Unsupported: if the group's subgroups are out of reach.

    Source:
        This project.
    """
    lattice = facts.known_lattice
    places = find_places(facts, config) if places is None else places
    neurons = [_neuron(n, h, g, facts, lattice) for n, (h, g) in places.items()]
    neurons = [neuron for neuron in neurons if neuron is not None]
    by_class: dict[int, list[_Neuron]] = {}
    for neuron in neurons:
        by_class.setdefault(neuron.cls, []).append(neuron)
    families, sums = [], {}
    for cls in sorted(by_class, reverse=True):
        H = lattice.subgroup(lattice.classes[cls].representative)
        shares = () if alone else _shares(by_class[cls], H)
        family = Family(lattice.classes[cls].name, H.generators, _scales(by_class[cls]), shares)
        families.append(family)
        for neuron in by_class[cls]:
            _add(sums, neuron, family, H)
    program = _without_idle(_rounded(facts.group, lattice, families, sums), config)
    mean = facts.model.bias.double().numpy() if alone else mean_logits(facts.model) - mean_logits(network_of(program))
    return _with_start(program, mean)


@final
@dataclass(frozen=True, eq=False)
class _Neuron:
    """A coset neuron as a function on cosets.

    Args:
        cls: position of the class of H.
        u: smallest element that carries the class's H to the neuron's.
        v: smallest element of u^-1 C.
        values: left on the right cosets of H, in their order, and minus right, averaged; mean 0 over cosets.
        takes: mean of out off C minus its mean on C.
        said: minus out on uHxv for each right coset Hx, averaged over double cosets, mean 0 over elements.
    """

    cls: int
    u: int
    v: int
    values: Float[np.ndarray, " coset"]
    takes: float
    said: Float[np.ndarray, " coset"]

    @property
    def loudness(self) -> float:
        """How much it moves logits, for ordering."""
        return float(np.linalg.norm(self.values) * abs(self.takes))


def coset_of(H: Subgroup, conjugate: Subgroup, g: int) -> tuple[int, int]:
    """The elements u and v with (conjugate)g = uHv: u carries H to the conjugate, both are the smallest there are.

    Args:
        H: a subgroup.
        conjugate: uHu^-1 for some u.
        g: an element of the coset.

    Returns:
        u and v.

    Example:
        >>> from cosetta.groups import named_group
        >>> S3 = named_group("S3")
        >>> coset_of(S3.subgroup([S3["(12)"]]), S3.subgroup([S3["(23)"]]), 0)
        (3, 4)
    """
    group = H.group
    generators = np.array(H.generators, dtype=np.intp)
    carried = conjugates(group, generators, np.arange(group.order))  # x h x^-1 for every x
    u = int(np.argmax(conjugate.members[carried].all(axis=1)))
    return u, int(group.table[group.table[group.inverse[u], conjugate.elements], g].min())


def place_of(place: tuple[int, int], lattice: SubgroupLattice) -> tuple[str, int, int]:
    """The rule that a neuron belongs to.

    Args:
        place: lattice position of its H and an element of its shared coset, from `find_places`.
        lattice: the group's subgroups.

    Returns:
        Family, u and v, as `Rule.coset`.
    """
    cls = lattice.classes[lattice.class_of[place[0]]]
    return cls.name, *coset_of(lattice.subgroup(cls.representative), lattice.subgroup(place[0]), place[1])


def _neuron(n: int, h: int, g: int, facts: Facts, lattice: SubgroupLattice) -> _Neuron | None:
    cls, group = int(lattice.class_of[h]), facts.group
    H = lattice.subgroup(lattice.classes[cls].representative)
    u, v = coset_of(H, lattice.subgroup(h), g)
    back = group.table[group.inverse[u]]
    rows = coset_partition(H, "right")
    left = _means(facts.functions["left"].values[n], rows[back])
    right = _means(facts.functions["right"].values[n], rows[group.table[v, group.inverse]])
    out, inside = facts.functions["out"].values[n], rows[back] == rows[v]
    takes, said = float(out[~inside].mean() - out[inside].mean()), _over_double_cosets(out.mean() - out, H, u, v)
    found = _Neuron(cls, u, v, (left - right) / 2, takes, said)
    return found if found.loudness > 0 else None


def _over_double_cosets(f: Float[np.ndarray, " g"], H: Subgroup, u: int, v: int) -> Float[np.ndarray, " coset"]:
    """Mean of a function over uHxHv, for each right coset Hx."""
    table, parts = H.group.table, double_coset_partition(H, H)
    rows, first = np.unique(coset_partition(H, "right"), return_index=True)
    moved = f[table[table[u], v]]  # x -> f(uxv)
    return _means(moved, parts)[parts[first[rows]]]


def _means(f: Float[np.ndarray, " g"], parts: np.ndarray) -> Float[np.ndarray, " part"]:
    return np.bincount(parts, f) / np.bincount(parts)


def _shares(neurons: Sequence[_Neuron], H: Subgroup) -> tuple[int, ...]:
    """What the rules of a class say against each uHxv, two digits; empty for uHv alone or fewer rules than numbers."""
    said = np.sum([np.linalg.norm(n.values) * np.sign(n.takes) * n.said for n in neurons], axis=0)
    shares = np.rint(TOP * np.minimum((said - said.min()) / (said[0] - said.min()), 1)).astype(int)
    rules, numbers = len({(n.u, n.v) for n in neurons}), int(double_coset_partition(H, H).max()) + 1
    return tuple(shares.tolist()) if shares[1:].any() and rules >= numbers else ()


def _scales(neurons: Sequence[_Neuron]) -> tuple[tuple[int, ...], ...]:
    """One scale for neurons that agree, the loudest first; no two of them agree with each other."""
    groups: list[np.ndarray] = []
    for neuron in sorted(neurons, key=lambda neuron: (-round(neuron.loudness, 9), neuron.u, neuron.v)):
        _join(groups, neuron.values * abs(neuron.takes))
    return tuple(dict.fromkeys(map(_scale, groups)))


def _join(groups: list[np.ndarray], values: np.ndarray) -> None:
    """Add a function to the first group that it agrees with; the sum may then agree with another, and so on."""
    for i, group in enumerate(groups):
        cosine = _cosine(group, values)
        if abs(cosine) >= ALIKE:
            _join(groups, groups.pop(i) + np.sign(cosine) * values)
            return
    groups.append(values)


def _cosine(x: np.ndarray, y: np.ndarray) -> float:
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def _scale(values: np.ndarray) -> tuple[int, ...]:
    """Two digits; of the two signs the one that gives the larger tuple."""
    places = np.rint(TOP * (values - values.min()) / np.ptp(values)).astype(int)
    return max(tuple(places.tolist()), tuple((TOP - places).tolist()))


def _add(sums: dict, neuron: _Neuron, family: Family, H: Subgroup) -> None:
    """Give a neuron to the scale that it agrees with best: weight above if they point the same way, else below."""
    places = [np.array(scale) - np.mean(scale) for scale in family.scales]
    k = int(np.argmax([abs(_cosine(neuron.values, place)) for place in places]))
    along = float(neuron.values @ places[k] / (places[k] @ places[k]))
    shares = np.array(family.shares or [TOP] + [0] * (H.index - 1)) / TOP
    shares = shares - shares.mean()
    weights = sums.setdefault((family.name, neuron.u, neuron.v), {}).setdefault(k, np.zeros(2))
    weights[0 if along > 0 else 1] += abs(along) * float(neuron.said @ shares / (shares @ shares))


def _rounded(group: Group, lattice: SubgroupLattice, families: Sequence[Family], sums: Mapping) -> Program:
    """Weights of two digits, the largest `TOP`; the loudest scale of a family first."""
    largest = max((np.abs(w).max() for found in sums.values() for w in found.values()), default=0.0)
    if not largest:
        return Program(group, (), ())
    unit = largest / TOP
    rules = []
    for (name, u, v), found in sorted(sums.items(), key=lambda item: _order(item[0], families)):
        whole = {k: np.rint(w / unit).astype(int).tolist() for k, w in found.items()}
        weights = tuple(Weight(k, *whole[k]) for k in sorted(whole) if any(whole[k]))
        if weights:
            family = next(family for family in families if family.name == name)
            rules.append(Rule(name, u, v, weights, words_of(group.subgroup(family.generators), u, v, lattice)))
    program = Program(group, tuple(families), tuple(rules), float(f"{unit:.4g}"))
    return _by_loudness(program.keep(range(len(rules))))


def _order(coset: tuple[str, int, int], families: Sequence[Family]) -> tuple[int, int, int]:
    return next(i for i, family in enumerate(families) if family.name == coset[0]), coset[1], coset[2]


def _by_loudness(program: Program) -> Program:
    """The same program with the scales of each family in the order of their weight."""
    families, renumbered = [], {}
    for family in program.families:
        total = np.zeros(len(family.scales))
        for rule in program.rules:
            for weight in rule.weights if rule.family == family.name else ():
                total[weight.scale] += abs(weight.above) + abs(weight.below)
        order = sorted(range(len(total)), key=lambda k: (-total[k], family.scales[k]))
        families.append(replace(family, scales=tuple(family.scales[k] for k in order)))
        renumbered[family.name] = {old: new for new, old in enumerate(order)}
    rules = tuple(
        replace(rule, weights=tuple(sorted(_moved(rule.weights, renumbered[rule.family]), key=lambda w: w.scale)))
        for rule in program.rules
    )
    return replace(program, families=tuple(families), rules=rules)


def _moved(weights: Sequence[Weight], numbers: Mapping[int, int]) -> list[Weight]:
    return [replace(weight, scale=numbers[weight.scale]) for weight in weights]


def _without_idle(program: Program, config: AnalysisConfig) -> Program:
    """The program without the weights whose neuron would count as dead."""
    while program.rules:
        network = network_of(program)
        strength = logit_strength(network, pair_statistics(network, config.zero_tolerance))
        idle = strength <= config.dead_threshold * strength.max()
        if not idle.any():
            break
        terms = iter(idle.tolist())
        rules = []
        for rule in program.rules:
            weights = []
            for w in rule.weights:
                above, below = (0 if not x or next(terms) else x for x in (w.above, w.below))
                weights.append(replace(w, above=above, below=below))
            rules.append(replace(rule, weights=tuple(w for w in weights if w.above or w.below)))
        kept = [i for i, rule in enumerate(rules) if rule.weights]
        program = _by_loudness(replace(program, rules=tuple(rules)).keep(kept))
    return program


def _with_start(program: Program, beyond: Float[np.ndarray, " g"]) -> Program:
    """The program with what the mean logits are beyond its rules turned into what stands at the start."""
    if not program.rules or np.ptp(beyond) < LEAST_START * program.unit:
        return program
    worth = float(f"{np.ptp(beyond) / (TOP * program.unit):.4g}")
    start = np.rint((beyond.max() - beyond) / (worth * program.unit)).astype(int)
    return replace(program, start=tuple(start.tolist()), start_worth=worth)


def words_of(H: Subgroup, u: int, v: int, lattice: SubgroupLattice) -> str:
    """What it means that ab lies in uHv.

    Args:
        H: the subgroup of the family.
        u: on its left.
        v: on its right.
        lattice: of the group.

    Returns:
        A phrase such as `ab maps 3 to 1`.
    """
    group = H.group
    coset = np.zeros(group.order, dtype=bool)
    coset[group.table[group.table[u, H.elements], v]] = True
    left, right = (lattice.position(conjugate_by(H, x)) for x in (u, int(group.inverse[v])))
    cls = lattice.classes[lattice.class_of[left]]
    printed = [
        f"{cls.name}#{position - cls.subgroups[0] + 1}" if len(cls.subgroups) > 1 else cls.name
        for position in (left, right)
    ]
    return describe_coset(coset, printed[0], printed[1], cls.index == len(cls.subgroups), group)
