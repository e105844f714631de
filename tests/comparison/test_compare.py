"""The right account comes first, intervals part or nothing is said, and the parts of a comparison agree."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cosetta.analysis import analyse
from cosetta.comparison import Analysed, compare
from cosetta.comparison.write import write_comparison
from cosetta.files import read_json
from cosetta.report.compare_page import render_comparison
from cosetta.report.figures import comparison as figures
from cosetta.report.figures.style import to_svg
from cosetta.results import Comparison


@pytest.fixture(scope="module")
def two(config, mixed, noise):
    """A network of cosets with a few random neurons, and one that is random."""
    return Analysed("cosets", "here", analyse(*mixed, config)), Analysed("noise", "there", analyse(*noise, config))


@pytest.fixture(scope="module")
def comparison(two):
    return compare(two, ["gone: it is not there"], command="cosetta compare here there")


def test_the_coset_account_holds_on_coset_circuits_and_on_nothing_random(comparison):
    coset = comparison.entry("cosets", "coset")
    assert (coset.verdict, comparison.networks[0].best != "") == ("holds", True)
    assert coset.control is not None
    assert coset.recovered > coset.control.recovered_interval[1]
    assert comparison.entry("noise", "coset").neurons == 0
    assert comparison.networks[1].best == ""
    assert {entry.verdict for entry in comparison.of("noise")} == {"not applicable"}


def test_what_no_account_covers_is_what_was_added_at_random(comparison, two):
    cosets, noise = comparison.networks
    for one, network, agreement in zip(two, comparison.networks, comparison.agreements, strict=True):
        covered = {n for id in agreement.accounts for n in one.analysis.account(id).covered}
        assert {found.neuron for found in network.uncovered} == set(network.live) - covered
        strengths = [found.strength for found in network.uncovered]
        assert strengths == sorted(strengths, reverse=True)
    assert 0 < len(cosets.uncovered) <= 4
    assert len(noise.uncovered) >= len(noise.live) - 2
    assert all(0 <= p <= 1 for found in noise.uncovered for p in found.power)
    assert sum(cosets.power.values()) == pytest.approx(1)
    assert not {"lookup", "nothing", "gcr", "gcr_hidden"} & set(comparison.agreements[0].accounts)


def test_agreement_is_the_overlap_of_covered_strength(comparison, two):
    agreement, analysis = comparison.agreements[0], two[0].analysis
    strength = {neuron.neuron: neuron.facts.strength for neuron in analysis.live}
    for i, first in enumerate(agreement.accounts):
        for j, second in enumerate(agreement.accounts):
            one, other = (set(analysis.account(id).covered) for id in (first, second))
            expected = sum(strength[n] for n in one & other) / sum(strength[n] for n in one | other)
            assert agreement.overlap[i][j] == pytest.approx(expected)
    related = {(r.first, r.second): r for r in agreement.relations}
    found = related.get(("coset", "twisted"))
    assert found is not None  # a coset neuron is a twisted one with the trivial character
    assert sum(number for _, _, number in found.labels) <= len(analysis.account("coset").covered)


def test_the_front_holds_what_no_other_account_beats(comparison):
    for network in comparison.networks:
        points = {e.account: (e.bits, e.recovered) for e in comparison.of(network.name) if e.bits is not None}
        for entry in comparison.of(network.name):
            if entry.bits is not None:
                beaten = [
                    other
                    for other, (bits, recovered) in points.items()
                    if bits <= entry.bits
                    and recovered >= entry.recovered
                    and (bits, recovered) != points[entry.account]
                ]
                assert entry.on_front is not bool(beaten)


def several(two, recovered):
    """Copies of one analysis, the coset account's recovered share replaced."""
    for i, (coset, twisted) in enumerate(recovered):
        arena = two[0].analysis.arena
        changed = {"coset": coset, "twisted": twisted}
        contests = tuple(
            replace(row, recovered=changed[row.account]) if row.account in changed and row.mode == "alone" else row
            for row in arena.contests
        )
        yield replace(two[0], name=f"n{i}", analysis=replace(two[0].analysis, arena=replace(arena, contests=contests)))


def test_accounts_are_told_apart_only_where_intervals_part(two):
    generator = np.random.default_rng(0)
    apart = [(0.9 + 0.01 * x, 0.5 + 0.01 * y) for x, y in generator.standard_normal((6, 2)).tolist()]
    rows = {row.account: row for row in compare(list(several(two, apart))).summaries}
    assert "twisted" in rows["coset"].above
    assert "coset" in rows["twisted"].below
    close = [(0.9 + 0.1 * x, 0.88 + 0.1 * y) for x, y in generator.standard_normal((6, 2)).tolist()]
    rows = {row.account: row for row in compare(list(several(two, close))).summaries}
    assert "twisted" not in rows["coset"].above + rows["coset"].below
    few = compare(list(several(two, apart[:4]))).summaries
    assert all(row.recovered.low is None and row.above == () for row in few)


def test_networks_of_two_groups_are_not_averaged_together(two):
    assert compare(two).summaries == ()  # S3 and S4
    assert {row.group for row in compare([*two, replace(two[0], name="again")]).summaries} == {"S3"}


def test_names_must_differ_and_the_arena_must_be_there(two):
    with pytest.raises(ValueError, match="`cosets` is there 2 times"):
        compare([two[0], two[0]])
    with pytest.raises(ValueError, match="must hold the arena"):
        compare([replace(two[0], analysis=replace(two[0].analysis, arena=None))])


def test_an_account_that_one_network_lacks_is_named(two):
    fewer = replace(two[1].analysis, accounts=two[1].analysis.accounts[1:])
    entry = compare([two[0], replace(two[1], analysis=fewer)]).entry("noise", "coset")
    assert entry.refused == "not in the analysis of this network"
    assert entry.recovered is None


def test_the_three_files_say_the_same(comparison, tmp_path):
    write_comparison(comparison, tmp_path / "out")
    again = read_json(tmp_path / "out/compare.json", Comparison, what="a comparison", advice="mend it", schema=1)
    assert again == comparison
    table = pl.read_parquet(tmp_path / "out/compare.parquet")
    assert table.equals(comparison.to_frame())
    assert table.height == len(comparison.entries)
    page = (tmp_path / "out/compare.html").read_text()
    assert "gone: it is not there" in page
    assert all(account.title in page for account in comparison.accounts)


def test_every_axis_of_the_page_is_named_and_no_colour_stands_for_an_account(comparison):
    network, agreement = comparison.networks[0], comparison.agreements[0]
    drawn = (
        *figures.draw_front(network, comparison.of("cosets"), comparison.accounts),
        figures.draw_compared(comparison.networks, comparison.entries, comparison.accounts),
        figures.draw_agreement(agreement),
        figures.draw_who(agreement, network),
    )
    for figure in drawn:
        for axis in figure.axes:
            assert axis.get_xlabel()
            assert axis.get_ylabel()
        svg = to_svg(figure, "key")
        assert "<image" not in svg
        assert not re.findall(r": #[0-9a-f]{6}", svg)  # greys of the page's style only
    shown = {text.get_text() for text in drawn[0].axes[0].texts}
    assert shown == {
        str(i)
        for i, account in enumerate(comparison.accounts, 1)
        if comparison.entry("cosets", account.id).bits is not None
    }


def test_hostile_names_stay_text(two):
    bad = "<script>alert(1)</script>$x^2$[red]\x1b[31m"
    page = render_comparison(compare([replace(two[0], name=bad)], [f"{bad}: lost"], command=bad))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_written_when_the_page_cannot_be(comparison, tmp_path, monkeypatch):
    write_comparison(comparison, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("cosetta.comparison.write.write_table", fail)
    with pytest.raises(OSError, match="full"):
        write_comparison(replace(comparison, command="another"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def fail(*_, **__):
    raise OSError("full")
