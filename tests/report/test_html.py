import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cosetta.report.html import render_report, write_report
from cosetta.results import CosetFindings, OpenNeuron

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
    text = plain("".join(Page(markup).text[:200]))
    for number in (
        "97.22 %",
        "0.0345",
        "66.7 %",
        "2 of 3",
        "96.41 %",
        "19.31 % (14.1 to 25.3 % over 20 draws)",
        "1 min 11 s",
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
    section = markup[markup.index('id="evidence"') : markup.index('id="every-neuron"')]
    columns = re.findall(r"<th[^>]*>(.*?)</th>", section)[:8]
    assert columns[1] == "predicted outcome"
    assert columns[2].startswith("measured")
    assert columns[-1] == "verdict"


def test_sections_come_in_reading_order(markup):
    order = ["trained", "neurons-are", "clearest", "circuits", "evidence", "every-neuron", "unexplained", "definitions"]
    places = [markup.index(f'<h2 id="{name}"') for name in [*order, "reproduce"]]
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
    assert len(numbers) == markup.count("<svg ")


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
    section = plain("".join(Page(markup[markup.index('id="evidence"') : markup.index('id="every-neuron"')]).text))
    assert section.count("14.1 to 25.3 % over 20 draws") == 2
    assert "over 1 draws" not in section
    once = replace(analysis.evidence[1].control, draws=1)
    bare = replace(analysis, evidence=(replace(analysis.evidence[1], control=once),))
    assert "draws" not in plain("".join(Page(render_report(bare)).text)).replace("means over the draws", "")


def test_a_network_that_nothing_covers_is_said_to_have_nothing_replaced(analysis):
    left_open = tuple(OpenNeuron(n, "no subgroup") for n in range(3))
    nothing = tuple(
        replace(test, verdict="not applicable") if test.id == "coset-means" else test for test in analysis.evidence
    )
    page = replace(analysis, coset=CosetFindings(left_open), evidence=nothing)
    text = plain("".join(Page(render_report(page)).text))
    assert "0 of 3 live neurons are covered by cosets, so there is nothing to replace" in text
    assert "with each of their functions replaced" not in text
    assert "not applicable" in text
    assert "accuracy on coset means" not in text  # the headline quotes no test that replaced nothing
    refused = replace(page, coset=replace(page.coset, refused="C2^7 has 29,212 subgroups"))
    text = plain("".join(Page(render_report(refused)).text))
    assert "the coset account could not be stated (C27 has 29,212 subgroups)" in text
    assert "The coset account was left out" in text


def test_the_page_names_the_analysis_it_shows(analysis, markup):
    assert hashlib.sha256(analysis.to_json()).hexdigest() in markup


def test_write_report_leaves_one_whole_file(analysis, markup, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("an older report")
    write_report(analysis, path)
    assert path.read_text(encoding="utf-8") == markup
    assert list(tmp_path.iterdir()) == [path]
