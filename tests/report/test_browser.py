"""The report and the page of a comparison as a browser shows and prints them."""

import re
from dataclasses import replace

import pytest
import torch

from cosetta import analyse, named_group, subgroup_lattice
from cosetta.comparison import Analysed, compare
from cosetta.config import AnalysisConfig
from cosetta.explorer import Explored, explorer_page, make_sidecar
from cosetta.models.planted import CosetPlan, plant
from cosetta.report import write_report
from cosetta.report.compare_page import render_comparison
from cosetta.report.paper import NEURONS

CONFIG = AnalysisConfig(null_samples=19, control_draws=1, accuracy_pairs=2000, evidence_pairs=2000, arena_pairs=2000)
PAGES = 8
"""Most printed pages of an S5 network of 128 neurons."""


def planted(group, *subgroups, **options):
    G = named_group(group)
    plans = [CosetPlan(subgroup_lattice(G)[name], amplitude=6.0) for name in subgroups]
    model = plant(G, plans, torch.Generator().manual_seed(0), **options).folded.to(dtype=torch.float32)
    return G, model, analyse(model, G, CONFIG)


@pytest.fixture(scope="session")
def network(analysis):
    """128 neurons on S5, nearly all of S4, as the demo has them, and a training curve."""
    _, _, found = planted("S5", "S4", "S4", *["A5"] * 6, dead_neurons=4)
    assert found.width == 128
    run = {"config": {"group": "S5", "seed": 0}, "versions": {"cosetta": "0"}}
    return replace(found, curve=analysis.curve, run=run, command="cosetta run S5")


@pytest.fixture(scope="session")
def s5(tmp_path_factory, network):
    path = tmp_path_factory.mktemp("s5") / "report.html"
    write_report(network, path)
    return path


@pytest.fixture(scope="session")
def hostile(tmp_path_factory, analysis):
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    write_report(analysis, path)
    return path


@pytest.fixture
def tab(chromium):
    """Open a page in a tab that must not complain, ask for anything or say anything."""
    opened, wrong = [], []

    def open_(path, *, width=1280, dark=False, fragment=""):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", offline=True
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
        page.goto(path.as_uri() + fragment)
        return page

    yield open_
    for context in opened:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("dark", [False, True])
def test_the_report_is_accessible(tab, hostile, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = tab(hostile, dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = axe.run(page).response["violations"]
    assert [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in found] == []


@pytest.mark.parametrize("width", [390, 768, 2560])
def test_no_page_is_wider_than_the_screen(tab, s5, hostile, width):
    for path in (s5, hostile):
        page = tab(path, width=width)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_panels_stack_on_a_phone_and_keep_their_size(tab, s5):
    tops = "[...document.querySelectorAll('#figure-3 svg')].map((svg) => svg.getBoundingClientRect().top)"
    wide, narrow = (tab(s5, width=width).evaluate(tops) for width in (1280, 390))
    assert wide[0] == wide[1]
    assert narrow[1] > narrow[0] + 100
    widths = "[...document.querySelectorAll('.panels svg')].map((svg) => svg.getBoundingClientRect().width)"
    assert tab(s5, width=390).evaluate(widths) == tab(s5, width=1280).evaluate(widths)


def test_a_dark_page_has_dark_paper_and_light_figures(tab, s5):
    said = """() => {
      const style = (query, name) => getComputedStyle(document.querySelector(query))[name];
      return [style("body", "backgroundColor"), style("#figure-1 svg text", "fill"), style("#figure-1 svg", "filter")];
    }"""
    assert tab(s5, dark=True).evaluate(said) == ["rgb(22, 22, 21)", "rgb(230, 230, 227)", "none"]
    assert tab(s5).evaluate(said)[:2] == ["rgb(255, 255, 255)", "rgb(28, 28, 28)"]


def test_a_report_of_s5_prints_on_eight_pages(tab, s5):
    printed = tab(s5).pdf(prefer_css_page_size=True)
    assert 4 <= len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= PAGES


def test_a_large_network_with_much_uncovered_prints_as_short_and_says_what_is_left_out(tab, tmp_path):
    _, _, analysis = planted("S5", "S4", random_neurons=150)
    assert len(analysis.coset.open) > 140
    assert analysis.width > NEURONS
    write_report(analysis, tmp_path / "report.html")
    page = tab(tmp_path / "report.html")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) <= PAGES
    rows = "[...document.querySelectorAll('#neurons tbody tr')].filter((row) => row.getClientRects().length).length"
    assert page.evaluate(rows) == analysis.width
    page.emulate_media(media="print")
    assert page.evaluate(rows) == NEURONS
    assert f"Printed are the {NEURONS} neurons of most strength" in page.locator(".appendix").inner_text()


def test_the_table_sorts_filters_and_shows_what_is_linked_to(tab, s5):
    page = tab(s5)
    first = "document.querySelector('#neurons tbody tr:not([hidden])').id"
    assert page.evaluate(first) == "neuron-0"
    page.locator("#neurons th button", has_text="logit").click()
    strengths = page.evaluate("[...document.querySelectorAll('#neurons tbody tr')].map((r) => +r.cells[5].dataset.v)")
    assert strengths == sorted(strengths, reverse=True)
    page.get_by_label("Status").select_option("dead")
    assert page.locator("#filter-count").inner_text() == "4 of 128 neurons"
    page.evaluate("location.hash = '#neuron-0'")
    page.wait_for_function("!document.getElementById('neuron-0').hidden")
    assert page.locator("#filter-count").inner_text() == "128 of 128 neurons"


def test_a_neuron_leads_to_its_picture(tab, tmp_path):
    group, model, found = planted("S3", "C2")
    sidecar = make_sidecar(Explored("planted", "by hand", model, group, found, CONFIG))
    (tmp_path / "explorer.html").write_text(explorer_page([sidecar]), encoding="utf-8")
    write_report(found, tmp_path / "report.html")
    page = tab(tmp_path / "report.html")
    page.locator("#neuron-4 a", has_text="picture").click()
    page.wait_for_selector("html[data-view='neurons']")
    assert "neuron 4" in page.locator(".neuron-detail").inner_text().lower()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_a_comparison_is_accessible(tab, network, analysis, tmp_path, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    both = (Analysed("by hand", "there", analysis), Analysed("planted", "here", network))[: 1 + (width > 400)]
    path = tmp_path / "compare.html"
    path.write_text(render_comparison(compare(both, ["gone: not there"], command="cosetta compare")), encoding="utf-8")
    page = tab(path, width=width, dark=width == 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page).response["violations"]
    assert [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in found] == []
