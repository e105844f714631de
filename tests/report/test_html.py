import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cosetta.report.headline import best_sentence, headline_sentence, verdict_of_learning
from cosetta.report.html import render_report, write_report
from cosetta.results import Chance, CosetFindings, Frequency, OpenNeuron, TrainingCurve

RESOURCES = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text outside of scripts and styles."""

    def __init__(self, markup: str):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts, self._inside = [], [], [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in ("script", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data):
        (self.scripts if self._inside[-1:] == ["script"] else self.text).append(data)


@pytest.fixture(scope="module")
def markup(analysis) -> str:
    return render_report(analysis)


def plain(text: str) -> str:
    """Text with scripts and no-break spaces undone, for looking up numbers."""
    text = text.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "01234567890123456789−"))
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def test_nothing_is_loaded_from_elsewhere(markup):
    page = Page(markup)
    linked = [(tag, name, value) for tag, name, value in page.attributes if name in RESOURCES]
    assert linked
    assert [item for item in linked if not item[2].startswith(("#", "data:image/png;base64,"))] == []
    assert not {"link", "iframe", "object", "embed", "base", "form", "img"} & set(page.tags)
    assert set(re.findall(r"url\((.)", markup)) <= {"#"}
    assert "@import" not in markup


def test_no_script_can_run_but_our_own(markup):
    page = Page(markup)
    assert page.tags.count("script") == 1
    assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
    policy = next(value for _, name, value in page.attributes if name == "content" and "script-src" in value)
    digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_hostile_names_are_text(analysis, markup):
    text = plain("".join(Page(markup).text))
    for hostile in (analysis.group, analysis.coset.classes[0].subgroup, analysis.elements[1]):
        assert "<" in hostile
        assert hostile not in markup
        assert plain(hostile) in text


def test_every_number_of_the_headline_is_in_the_page(analysis, markup):
    text = plain("".join(Page(markup[: markup.index('id="trained"')]).text))
    for number in (
        "97.22 %",
        "0.0345",
        "66.7 %",
        "2 of 3",
        "96.41 %",
        "19.31 % (14.1 to 25.3 % over 20 draws)",
        "Train accuracy 100 % (29 pairs), test accuracy 100 % (7 pairs)",
        "33.3 % with p < 0.05; random neurons of the same irreps would reach 58.2 %",
        "98.0 % of the network’s strength, replaced by coset means",
        "36",
    ):
        assert number in text, number
    assert "Not covered by cosets: 1 live neuron, carrying 2.00 % of the logit variance" in text
    assert "Predictions that failed: 1 of 2" in text


def test_every_neuron_has_a_row_and_its_reason(analysis, markup):
    rows = [value for tag, name, value in Page(markup).attributes if (tag, name) == ("tr", "data-status")]
    assert rows == ["covered", "covered", "open", "dead"]
    reason = plain(analysis.coset.open[0].reason)
    assert f"not covered by cosets ({reason}); mostly irrep (2,1)" in plain("".join(Page(markup).text))


def test_predictions_stand_before_measurements(markup):
    section = markup[markup.index('id="evidence"') : markup.index('id="unexplained"')]
    columns = re.findall(r"<th[^>]*>(.*?)</th>", section)[:9]
    assert columns[1] == "predicted outcome"
    assert columns[3].startswith("measured")
    assert columns[-1] == "verdict"


def test_sections_come_in_reading_order(markup):
    order = ["idea", "numbers", "trained", "accounts", "frequencies", "neurons-are", "clearest", "circuits", "evidence"]
    order += ["unexplained", "definitions", "reproduce", "every-neuron"]
    places = [markup.index(f'<h2 id="{name}"') for name in order]
    assert places == sorted(places)


def test_ids_are_unique_and_every_reference_is_met(markup):
    ids = re.findall(r'\bid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', markup))
    assert references
    assert references <= set(ids)


def test_figures_are_numbered_in_reading_order(markup):
    numbers = [int(number) for number in re.findall(r"Figure (\d+)\.", markup)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert markup.count('<div class="panels"><svg ') == len(numbers)
    assert markup.count("<svg ") == markup.count(' role="img" aria-label="')


def test_equal_analyses_give_equal_pages(analysis, markup):
    assert render_report(analysis) == markup


def test_an_empty_analysis_says_what_is_missing(empty):
    text = plain("".join(Page(render_report(empty)).text))
    for words in (
        "This analysis holds no training metrics",
        "No neuron was found",
        "No neuron is covered by cosets",
        "No circuit was found",
        "No causal test has run",
        "so there is nothing to replace by coset means",
        "records no command",
    ):
        assert words in text, words


def test_a_control_shows_the_interval_of_its_draws_once_there_are_several(analysis, markup):
    section = plain("".join(Page(markup[markup.index('id="evidence"') : markup.index('id="unexplained"')]).text))
    assert section.count("14.1 to 25.3 % over 20 draws") == 2
    assert "over 1 draws" not in section
    once = replace(analysis.evidence[1].control, draws=1)
    bare = replace(analysis, arena=None, evidence=(replace(analysis.evidence[1], control=once),))
    assert "draws" not in plain("".join(Page(render_report(bare)).text)).replace("means over the draws", "")


def test_a_network_that_nothing_covers_is_said_to_have_nothing_replaced(analysis):
    left_open = tuple(OpenNeuron(n, "no subgroup") for n in range(3))
    nothing = tuple(
        replace(test, verdict="not applicable") if test.id == "coset-means" else test for test in analysis.evidence
    )
    page = replace(analysis, coset=CosetFindings(left_open), evidence=nothing, chance=Chance(0.0, 0.0, 0.582))
    page = replace(page, worked=replace(analysis.worked, circuits=0, chain=(), ruled_out=(0,) * 6))
    text = plain("".join(Page(render_report(page)).text))
    assert "0 of 3 live neurons are covered by cosets (random neurons of the same irreps would reach 58.2 %)" in text
    assert "so there is nothing to replace by coset means" in text
    assert "with each of their functions replaced" not in text
    assert "not applicable" in text
    shares = "frequencies 1 (61 %), 3 (39 %) (1 clock, 1 of two values)"
    assert f"What was found instead, as shares of the network’s strength: {shares}." in text
    assert "accuracy on coset means" not in text  # the headline quotes no test that replaced nothing
    refused = replace(page, coset=replace(page.coset, refused="C2^7 has 29,212 subgroups"))
    text = plain("".join(Page(render_report(refused)).text))
    assert "the coset account could not be stated (C27 has 29,212 subgroups)" in text
    assert "The coset account was left out" in text


def test_every_account_has_its_row_its_control_and_its_labels(analysis, markup):
    section = plain(
        "".join(Page(markup[markup.index('<h2 id="accounts"') : markup.index('<h2 id="frequencies"')]).text)
    )
    for record in analysis.accounts:
        assert plain(record.title) in section
    for words in (
        "412", "84.2 %", "96.2 %", "95.1 % to 97.4 %", "7.3 %", "1.1 % to 13.8 %", "holds", "covers nothing", 
        "left out: ", "96.7 %", "81.2 %", "2.75", "best", "30 random pairs of 36", "alpha",
    ):  # fmt: skip
        assert words in section, words
    left_open = plain("".join(Page(markup[markup.index('<h2 id="unexplained"') :]).text))
    assert "1 of 3 live neurons, with 2.0 %" in left_open
    table = markup[markup.index('id="neurons">') :]
    first = plain("".join(Page(table[: table.index("</tr>", table.index("<tbody>"))]).text))
    assert "coset" not in first.split("what it does")[0]
    assert f"{plain(analysis.accounts[1].title)} short" in first
    assert " mean" not in first  # an account of 0 bits says nothing of a neuron


def test_the_shares_stand_beside_chance_and_move_with_the_threshold(markup):
    section = plain(
        "".join(Page(markup[markup.index('<h2 id="neurons-are"') : markup.index('<h2 id="clearest"')]).text)
    )
    for words in ("66.7 %", "33.3 %", "58.2 %", "thresholds from 0.001 to 0.01", "from 33.3 % to 66.7 %"):
        assert words in section, words


def test_frequencies_are_named_with_their_quotients(analysis, markup):
    section = plain(
        "".join(Page(markup[markup.index('<h2 id="frequencies"') : markup.index('<h2 id="neurons-are"')]).text)
    )
    for words in ("3 (the quotient of order 2", "subgroup of order 3", "clock", "sign", "0.123", "0.876", "0.25"):
        assert words in section, words
    without = render_report(replace(analysis, frequencies=None))
    assert 'id="frequencies"' not in without
    only = replace(analysis.frequencies, frequencies=(FIRST_WAVE,), neurons=analysis.frequencies.neurons[:1])
    prime = replace(analysis, order=7, frequencies=only)
    assert "has no proper subgroup besides 1, so no neuron can be a coset neuron" in plain(render_report(prime))


def test_a_group_of_prime_order_is_said_to_have_no_subgroup(analysis):
    nothing = replace(analysis, coset=CosetFindings(tuple(OpenNeuron(n, "no subgroup") for n in range(3))))
    assert "prime order" not in headline_sentence(nothing)  # of order 6
    assert "none can be, since a group of prime order has no proper subgroup" in headline_sentence(
        replace(nothing, order=113)
    )


FIRST_WAVE = Frequency((1,), "(2,1)", 7, 1, 3, 1.0, 0.95, 0.0)


def test_a_file_without_arena_chance_and_accounts_still_renders(analysis):
    old = replace(analysis, accounts=(), arena=None, chance=None, frequencies=None)
    text = plain("".join(Page(render_report(old)).text))
    assert "This analysis knows the coset account alone" in text
    assert "2 of 3 live neurons are covered by cosets (66.7 %)" in text
    unmatched = plain("".join(Page(render_report(replace(analysis, arena=None))).text))
    assert "They were fitted, but did not compete" in unmatched
    assert "Best account" not in unmatched


def curve(train, test):
    return TrainingCurve((0, 100), (1.8, 0.1), (1.8, 5.0), (0.2, train), (0.2, test))


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (1.0, 0.0, "right on its 29 training pairs, wrong on the other 7: there is no algorithm to explain; try"),
        (1.0, 2 / 7, "right on its 29 training pairs, wrong on 5 of the other 7: there is no algorithm to explain"),
        (0.5, 0.1, "It has not learned: right on 50.00 % of its training pairs and 10.00 % of the others"),
    ],
)
def test_a_network_that_did_not_learn_is_said_so_first(analysis, train, test, said):
    page = replace(analysis, curve=curve(train, test))
    text = plain(verdict_of_learning(page))
    assert said in text
    assert "--train-fraction (now 0.8)" in text or train < 0.99
    if test == 0:
        text = plain("".join(Page(render_report(page)).text))
        assert text.index(said) < text.index("live neurons are covered")
    assert verdict_of_learning(replace(analysis, curve=curve(1.0, 0.95))) == ""
    assert verdict_of_learning(replace(analysis, curve=None)) == ""
    unknown = verdict_of_learning(replace(page, run={}))
    assert "29" not in unknown
    assert unknown


def test_an_account_longer_than_the_table_is_not_called_best(analysis):
    longer = replace(analysis, arena=replace(analysis.arena, shortest="coset", best=""))
    assert "takes 412 bits, more than the 93 of the multiplication table" in best_sentence(longer)
    assert "No account holds alone" in best_sentence(replace(longer, arena=replace(longer.arena, shortest="")))
    assert best_sentence(replace(analysis, arena=None)) == ""


def part(markup: str, first: str, last: str) -> str:
    """The text between two headings."""
    return plain("".join(Page(markup[markup.index(f'<h2 id="{first}"') : markup.index(f'<h2 id="{last}"')]).text))


def test_the_page_opens_with_a_neuron_and_one_product(analysis, markup):
    text = part(markup, "idea", "numbers")
    for words in (
        "conjugate", "ab maps 3 to 1", "2 neurons in 2 circuits fire", "−2.2", "2 circuits leave 2 elements",
        "one of those that are left", "The network answers", "On 500 random pairs", "87.5 %", "median of 2 steps",
        "ab is ruled out by no circuit and has the largest logit; the largest leads the next by 3.00",
    ):  # fmt: skip
        assert words in text, words
    section = markup[markup.index('<h2 id="idea"') : markup.index('<h2 id="numbers"')]
    assert section.count("<svg ") == 4
    assert 'href="#circuit-1"' in section
    bars = re.findall(
        r"background-image:linear-gradient\(90deg,var\(--quiet\) 0% ([0-9.]+)%,[^%]*?([0-9.]+)% ([0-9.]+)%", section
    )
    assert bars == [("66.67", "66.67", "100.00"), ("33.33", "33.33", "66.67")]  # 6 elements, then 4, then 2


def test_a_wrong_answer_is_called_wrong(analysis):
    wrong = replace(analysis, worked=replace(analysis.worked, answer=0, ruled_out=(1, 1, 1, 1, 1, 1)))
    text = part(render_report(wrong), "idea", "numbers")
    assert "Nothing is left" in text
    assert "which is wrong" in text


def test_a_network_that_cosets_do_not_explain_opens_with_what_does(analysis):
    weak = replace(analysis, neurons=tuple(replace(n, facts=replace(n.facts, strength=0.1)) for n in analysis.neurons))
    text = part(render_report(weak), "idea", "numbers")
    assert "Most of this network is not made of cosets: they cover 20.0 % of its strength" in text
    assert "ab is at the top in 1 of 1 irrep" in text
    assert "In 3 of 3 live neurons one pair of vectors holds 95 % or more" in part(
        render_report(replace(weak, frequencies=None)), "idea", "numbers"
    )
    memorised = replace(analysis, curve=curve(1.0, 0.0))
    assert "The network has not learned to multiply" in part(render_report(memorised), "idea", "numbers")
    none = replace(analysis, coset=CosetFindings(tuple(OpenNeuron(n, "none") for n in range(3))), specimens=())
    none = replace(
        none, worked=replace(none.worked, circuits=0, chain=(), ruled_out=(0,) * 6, around=(0, 5, 1, 4, 2, 3))
    )
    text = part(render_report(none), "idea", "numbers")
    assert "Its neurons are waves" in text
    assert "a = 4, b = 5, ab = 2; the network answers 2" in text  # powers of the generator
    old = part(render_report(replace(analysis, worked=None)), "idea", "numbers")
    assert "One product" not in old
    assert "made before there was one" in part(render_report(replace(none, worked=None)), "idea", "numbers")


def test_what_is_not_covered_is_shown(analysis, markup):
    text = part(markup, "unexplained", "definitions")
    assert "neuron 2, 2.0 % of the strength" in text
    assert "leave 25.0 % of left and 50.0 % of right" in text
    assert "1 neuron that cosets do not cover" in text


def test_neurons_circuits_and_classes_link_to_each_other(analysis, markup):
    for neuron in analysis.neurons:
        assert f'<tr id="neuron-{neuron.neuron}"' in markup
    row = markup[markup.index('<tr id="neuron-1"') : markup.index('<tr id="neuron-2"')]
    assert 'href="#circuit-1"' in row
    assert 'href="#class-0"' in row
    row = markup[markup.index('<tr id="circuit-1"') : markup.index('<tr id="circuit-2"')]
    assert 'href="#neuron-1"' in row
    row = markup[markup.index('<tr id="class-0"') : markup.index('<tr id="class-1"')]
    assert 'href="#class-0-circuits"' in row


def test_the_explorer_is_linked_where_it_lies_beside_the_page(analysis, markup, tmp_path):
    assert "explorer.html" not in markup
    assert "run <code>cosetta explore</code>" in markup
    (tmp_path / "explorer.html").touch()
    write_report(analysis, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert 'href="explorer.html#/neurons?n=1"' in text
    assert "cosetta explore</code>" not in text


def test_an_imported_network_names_its_file(analysis):
    run = {"source": "<b>full_run.pt</b>", "format": "chughtai2023", "notes": ["W_x is <i>left</i>"], "config": {}}
    text = plain("".join(Page(render_report(replace(analysis, run=run, curve=None))).text))
    assert "read from <b>full_run.pt</b> (chughtai2023)" in text
    assert "W_x is <i>left</i>" in text
    assert "The network embeds a and b separately" not in text


def test_every_word_is_said_at_its_first_use(markup):
    said = re.findall(r"<dfn>(.*?)</dfn>", markup)
    assert {"coset", "conjugate", "account", "ideal", "circuit", "lift", "covered by cosets"} <= set(said)


def test_no_wall_time_is_in_the_page_or_the_file(analysis, markup):
    assert "seconds" not in analysis.to_json().decode()
    assert "analysed in" not in markup


def test_the_page_names_the_analysis_it_shows(analysis, markup):
    assert hashlib.sha256(analysis.to_json()).hexdigest() in markup


def test_write_report_leaves_one_whole_file(analysis, markup, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("an older report")
    write_report(analysis, path)
    assert path.read_text(encoding="utf-8") == markup
    assert list(tmp_path.iterdir()) == [path]
