"""Short programs keep every answer, have no rule too many, and are as short as can be where that is searched."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from cosetta.groups import named_group
from cosetta.hypotheses.program import network_of
from cosetta.programs.building import complete_program, narrowed, width_of
from cosetta.programs.likeness import canonical_cosets, complete_families, rules_by_family
from cosetta.programs.shortening import fewest_plain_rules, shorten
from cosetta.programs.trial import Pairs


def pairs_of(program, quick):
    return Pairs.of(network_of(program), program.group, quick)


@pytest.mark.parametrize("families", [["S3"], ["S3", "D8"], ["D8", "A4", "C4"]])
def test_every_answer_stays_and_no_rule_is_too_many(families, quick):
    program = complete_program(named_group("S4"), families)
    pairs = pairs_of(program, quick)
    short = shorten(program, pairs)
    answers = program.answers()
    given = answers >= 0
    assert (short.answers()[given] == answers[given]).all()
    if given.all():
        assert len(short.rules) < len(program.rules)
        for i in range(len(short.rules)):
            rest = short.keep([k for k in range(len(short.rules)) if k != i])
            assert (rest.answers() != answers).any()


def test_shares_go_where_no_answer_needs_them_and_stay_where_one_does(shared, quick):
    plain = complete_program(shared.group, ["S3"])
    idle = replace(shared, start=(), start_worth=0.0)
    short = shorten(idle, pairs_of(idle, quick))
    assert (idle.answers() == shared.group.table).all()
    assert not any(family.shares for family in short.families)
    assert len(short.rules) <= len(shorten(plain, pairs_of(plain, quick)).rules)
    alone = shared.keep([i for i, rule in enumerate(shared.rules) if shared.by_name[rule.family].shares])
    without = replace(alone, families=(replace(alone.families[0], shares=()),))
    given = alone.answers()
    assert (without.answers()[given >= 0] != given[given >= 0]).any()
    short = shorten(alone, pairs_of(alone, quick))
    assert short.families[0].shares == alone.families[0].shares
    assert (short.answers()[given >= 0] == given[given >= 0]).all()


def test_the_exact_number_is_that_of_trying_every_subset():
    program = complete_program(named_group("S3"), [complete_name("S3")])
    G = program.group

    def tells_apart(chosen):
        cosets = [program.cosets_of(program.rules[i])[2] for i in chosen]
        return all(any(c[z] and not c[p] for c in cosets) for p in range(6) for z in range(6) if z != p)

    least = next(k for k in range(10) if any(map(tells_apart, combinations(range(len(program.rules)), k))))
    found = fewest_plain_rules(program)
    assert len(found) == least
    assert tells_apart(found)
    assert (program.keep(found).left_over() == G.table).all()


def complete_name(group):
    from cosetta.groups import subgroup_lattice

    return next(name for name in subgroup_lattice(named_group(group)).class_names if name.startswith("C2"))


def test_a_narrow_program_is_right_and_loses_answers_with_any_neuron(points_of_s4):
    narrow = narrowed(points_of_s4, tries=2)
    table = points_of_s4.group.table
    assert (narrow.answers() == table).all()
    assert width_of(narrow) < width_of(points_of_s4)
    terms = width_of(narrow)
    network = network_of(narrow)
    import torch

    a, b = (torch.from_numpy(x.ravel()) for x in np.divmod(np.arange(576).reshape(24, 24), 24))
    for n in range(terms):
        logits = network.keep(torch.tensor([k for k in range(terms) if k != n])).logits(a, b).numpy()
        votes = np.rint(-logits / narrow.unit)
        right = votes[np.arange(576), table.ravel()]
        others = votes.copy()
        others[np.arange(576), table.ravel()] = np.inf
        assert (others.min(axis=1) <= right).any()


def test_renaming_the_elements_leaves_a_program_alike():
    program = complete_program(named_group("A4"), ["C3"]).keep([0, 1, 2, 5, 9])
    G = program.group
    form = canonical_cosets(program)
    cosets = [program.cosets_of(rule)[2] for rule in program.rules]
    u, v = 5, 7
    moved = []
    for coset in cosets:
        image = np.zeros(G.order, dtype=bool)
        image[G.table[G.table[u, np.flatnonzero(coset)], v]] = True
        moved.append(image)
    every = complete_program(G, ["C3"])
    where = [next(i for i, rule in enumerate(every.rules) if (every.cosets_of(rule)[2] == m).all()) for m in moved]
    assert canonical_cosets(every.keep(sorted(where))) == form
    inverse = [
        next(i for i, r in enumerate(every.rules) if (every.cosets_of(r)[2] == c[G.inverse]).all()) for c in cosets
    ]
    assert canonical_cosets(every.keep(sorted(inverse))) == form
    assert (
        canonical_cosets(every.keep([0, 1, 2, 5, 10])) != form or canonical_cosets(every.keep([0, 1, 2, 3, 4])) != form
    )


def test_families_are_counted_and_complete_ones_named():
    program = complete_program(named_group("S4"), ["S3", "A4"])
    assert rules_by_family(program) == {"A4": 2, "S3": 16}
    assert complete_families(program) == ("A4", "S3")
    assert complete_families(program.keep(range(17))) == ("A4",)
