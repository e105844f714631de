"""A program votes as its network does, and reads as the rules say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.groups import named_group, subgroup_lattice
from cosetta.hypotheses.program import Program, network_of
from cosetta.programs.building import complete_program, width_of

FAMILIES = [
    ("S3", "C2"),
    ("S4", "S3"),
    ("S4", "D8"),
    ("A4", "C3"),
    ("D8", "C2"),
    ("C6", "C2"),
    ("S5", "A5"),
    ("F20", "C4"),
]


def family_of(group, name):
    names = subgroup_lattice(group).class_names
    return next(known for known in names if known == name or known.startswith(f"{name} "))


@pytest.mark.parametrize(("group", "family"), FAMILIES)
def test_rules_are_silent_exactly_on_their_coset(group, family):
    G = named_group(group)
    program = complete_program(G, [family_of(G, family)])
    for rule in program.rules:
        inside = program.cosets_of(rule)[2]
        assert inside.sum() == program.subgroups[rule.family].order
        assert (program.fires(rule) == ~inside[G.table]).all()  # the values of a complete program all differ
        u, v = rule.u, rule.v
        H = program.subgroups[rule.family]
        assert inside[G.table[G.table[u, H.elements], v]].all()


@pytest.mark.parametrize(("group", "family"), FAMILIES)
def test_the_network_has_minus_the_votes_as_logits(group, family):
    G = named_group(group)
    program = complete_program(G, [family_of(G, family)])
    program = replace(program, start=tuple(int(x) % 100 for x in 7 * np.arange(G.order)), start_worth=2.5)
    network = network_of(program)
    assert network.width == width_of(program)
    a, b = (x.ravel() for x in np.meshgrid(np.arange(G.order), np.arange(G.order), indexing="ij"))
    logits = network.logits(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(logits, -program.unit * program.votes(a, b), atol=1e-9)


def naive_votes(program, a, b):
    """The slow twin: straight from the definition, an element at a time."""
    G, against = program.group, np.zeros(program.group.order)
    for rule in program.rules:
        H = program.subgroups[rule.family]
        rows = sorted({tuple(sorted(int(G.table[h, x]) for h in H.elements)) for x in range(G.order)}, key=min)
        where = {x: i for i, row in enumerate(rows) for x in row}
        i, j = where[G.table[G.inverse[rule.u], a]], where[G.table[rule.v, G.inverse[b]]]
        coset = {int(G.table[G.table[rule.u, h], rule.v]) for h in H.elements}
        for w in rule.weights:
            values = program.by_name[rule.family].scales[w.scale]
            step = values[i] - values[j]
            n = w.above * step if step > 0 else -w.below * step
            shares = program.by_name[rule.family].shares
            for z in range(G.order):
                x = where[G.table[G.table[G.inverse[rule.u], z], G.inverse[rule.v]]]  # z lies in u(Hx)v
                against[z] += n * (shares[x] if shares else 99 * (z in coset)) / 99
    return against


def test_votes_are_what_the_definition_says(points_of_s4):
    rules = tuple(
        replace(rule, weights=(replace(rule.weights[0], above=7 * k % 90, below=-k),))
        for k, rule in enumerate(points_of_s4.rules)
    )
    program = replace(points_of_s4, rules=rules)
    for a, b in [(0, 0), (3, 17), (23, 5)]:
        np.testing.assert_array_equal(program.votes(np.array([a]), np.array([b]))[0], naive_votes(program, a, b))
        apart = sum(
            program.spoken(i, np.array([a]), np.array([b]))[0] * program.cosets_of(rule)[2]
            for i, rule in enumerate(rules)
        )
        np.testing.assert_array_equal(apart, naive_votes(program, a, b))


def test_shares_are_what_the_definition_says_and_the_network_has_them(shared):
    G = shared.group
    for a, b in [(0, 0), (3, 17), (23, 5)]:
        votes = shared.votes(np.array([a]), np.array([b]))[0]
        np.testing.assert_allclose(votes - shared.at_start, naive_votes(shared, a, b), atol=1e-9)
    a, b = (x.ravel() for x in np.meshgrid(np.arange(24), np.arange(24), indexing="ij"))
    logits = network_of(shared).logits(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(logits, -shared.unit * shared.votes(a, b), atol=1e-9)
    rule = next(rule for rule in shared.rules if shared.by_name[rule.family].shares)
    against, inside = shared.against(rule), shared.cosets_of(rule)[2]
    assert (against[inside] == 99).all()
    assert set(against[~inside].tolist()) == {0, 60}
    assert G.order - inside.sum() == (against < 99).sum()


def test_a_complete_program_multiplies_and_a_normal_subgroup_cannot(points_of_s4):
    G = points_of_s4.group
    assert (points_of_s4.answers() == G.table).all()
    assert (points_of_s4.left_over() == G.table).all()
    quotient = complete_program(G, ["A4"])  # only the parity is known: ties
    assert (quotient.answers() == -1).all()


def test_the_start_decides_between_elements_that_no_rule_tells_apart(points_of_s4):
    parity = complete_program(points_of_s4.group, ["A4"])
    first = replace(parity, start=(0, *(99 for _ in range(23))), start_worth=1.0)
    answers = first.left_over()
    even = parity.cosets_of(parity.rules[0])[2]
    assert (answers[even[points_of_s4.group.table]] == 0).all()


def test_keeping_rules_leaves_nothing_idle():
    program = complete_program(named_group("S4"), ["S3", "D8"])
    kept = program.keep([i for i, rule in enumerate(program.rules) if rule.family == "D8"])
    assert [family.name for family in kept.families] == ["D8"]
    assert kept.bits < program.bits
    assert program.keep([]) == Program(program.group, (), (), program.unit)
