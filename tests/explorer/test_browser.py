"""The page in a browser: every view, the main gestures, and numbers that equal Python's."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta import Group, named_group
from cosetta.analysis import fit_accounts
from cosetta.measures import measure
from cosetta.models import PairScorer
from cosetta.models.planted import random_model

VIEWS = ("product", "neurons", "lattice", "circuits", "interventions", "accounts", "training")


@pytest.fixture(scope="module")
def view(tab, s4):
    shown = tab(s4.path)
    yield shown
    assert shown.wrong == []


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_view_opens_without_complaint_and_is_accessible(tab, s4, name, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown = tab(s4.path, dark=dark, fragment=f"#/{name}")
    assert shown.page.locator("#view figure, #view table, #view .lede").count() > 0
    found = axe.run(shown.page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found] == []
    assert shown.wrong == []
    shown.context.close()


@pytest.mark.parametrize("width", [390, 768, 2560])
def test_no_view_is_wider_than_the_screen(tab, s4, width):
    shown = tab(s4.path, width=width)
    for name in VIEWS:
        shown.go(f"#/{name}")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert shown.wrong == []


def test_a_product_is_stepped_through_until_one_element_is_left(view, s4):
    G = s4.network.group
    a, b = G["(12)"], G["(134)"]
    view.go(f"#/product?a={a}&b={b}&step=0")
    assert G.labels[G.table[a, b]] in view.text(".equation")
    assert "24 of 24" in view.text("figure h3")
    view.page.get_by_role("button", name="Next step").click()
    assert "Step 1 of" in view.text(".step-sentence")
    view.page.get_by_role("button", name="last", exact=True).click()
    before = view.text("figure h3")
    view.page.keyboard.press("ArrowLeft")
    assert view.page.evaluate("location.hash").startswith("#/product")
    assert before.startswith("What is left")


@pytest.mark.parametrize("text", ["(1 2)(3 4)", "[2,1,4,3]", "2143", "(12)*(34)", "(34)^-1*(12)", "#7"])
def test_elements_are_read_as_people_write_them(view, s4, text):
    view.go("#/product")
    view.page.locator("#factor-a").fill(text)
    view.page.locator("#factor-a").dispatch_event("change")
    G = s4.network.group
    wanted = 7 if text == "#7" else G["(12)(34)"]
    assert view.text(".equation .element").startswith(G.labels[wanted])


def test_what_is_no_element_is_one_line(view):
    view.go("#/product?a=1&b=2")
    view.page.locator("#factor-b").fill("(19)")
    view.page.locator("#factor-b").dispatch_event("change")
    assert "(19)" in view.text(".problem")


def test_a_wrong_answer_can_be_looked_at(view, s4):
    assert s4.sidecar.header["wrong"], "the network of this test makes mistakes"
    view.go("#/product")
    view.page.get_by_role("button", name="a wrong answer").click()
    answer = s4.sidecar.header["wrong"][0][2]
    assert "which is wrong" in view.text(".verdict")
    assert s4.network.group.labels[answer] in view.text(".verdict")


def test_the_neuron_table_sorts_filters_and_opens(view, s4):
    view.go("#/neurons")
    strength = [neuron.facts.strength for neuron in s4.network.analysis.neurons]
    strongest = int(np.argmax(strength))
    rows = view.page.locator("tbody tr[data-key]")
    assert rows.first.get_attribute("data-key") == str(strongest)
    view.page.get_by_role("button", name="neuron", exact=True).click()
    view.page.get_by_role("button", name="neuron", exact=True).click()
    assert rows.first.get_attribute("data-key") == "0"
    view.page.get_by_role("searchbox").fill("D8#")
    findings = s4.network.analysis.coset.covered
    assert rows.count() == sum(f.left.subgroup == "D8" for f in findings)
    rows.first.click()
    rows.first.press("ArrowDown")
    chosen = int(view.page.locator("tr.chosen").get_attribute("data-key"))
    assert f"Neuron {chosen}" in view.text(".neuron-head")
    assert f"n={chosen}" in view.page.evaluate("location.hash")
    sentence = next(f.sentence for f in findings if f.neuron == chosen)
    assert sentence[1:] in view.text(".sentence")


def test_the_map_shows_the_pre_activation_of_the_pair_under_the_pointer(view, s4):
    n = s4.network.analysis.coset.covered[0].neuron
    view.go(f"#/neurons?n={n}")
    canvas = view.page.locator(".map canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    view.page.mouse.move(box["x"] + 3, box["y"] + 3)
    tip = view.text(".map-tip")
    left, right = tip.split(" = ")[0].split(" · ")
    G, model = s4.network.group, s4.network.model
    pre = float(model.left[G[left], n] + model.right[G[right], n])
    assert float(tip.split("pre ")[1].split(",")[0].replace("−", "-")) == pytest.approx(pre, rel=1e-2)


def drawn_map(shown):
    """What the pixels of the map are, once all is drawn."""
    shown.page.wait_for_function("!document.querySelector('[aria-busy]')")
    return shown.page.locator(".map canvas").evaluate("node => node.toDataURL()")


def test_pictures_are_those_of_the_last_choice_however_fast_the_choices_were(view):
    view.go("#/neurons")
    for _ in range(2):  # to the lower half of the table, whose neurons are not those that a view opens with
        view.page.locator("tbody tr[data-key]").nth(8).click()
    for _ in range(5):
        view.page.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', KEY))".replace(
                "KEY", "{ key: 'ArrowUp', bubbles: true }"
            )
        )
    chosen, fast = view.page.evaluate("location.hash"), drawn_map(view)
    view.go("#/lattice")
    view.go(chosen)
    assert drawn_map(view) == fast
    assert view.page.locator(".histogram svg").count() == 3
    view.go(f"{chosen}&what=post")
    assert drawn_map(view) != fast


def test_another_subgroup_reorders_the_map(view, s4):
    n = s4.network.analysis.coset.covered[0].neuron
    view.go(f"#/neurons?n={n}")
    blocks = view.page.locator(".map svg rect").count()
    view.page.get_by_label("order by the cosets of").select_option(label="A₄  (index 2)")
    assert view.page.locator(".map svg rect").count() == 2 != blocks


def test_the_lattice_names_every_class_and_leads_to_neurons(view, s4):
    view.go("#/lattice")
    classes = s4.sidecar.header["lattice"]["classes"]
    drawn = view.page.locator(".node").all_text_contents()
    assert len(drawn) == len(classes) == 11
    assert all(cls["title"] in text for cls, text in zip(classes, drawn, strict=True))
    view.page.locator(".node").nth([c["name"] for c in classes].index("D8")).focus()
    view.page.keyboard.press("Enter")
    assert "order 8" in view.text(".sticky")
    view.page.get_by_role("link", name="all its neurons").click()
    view.page.wait_for_selector("html[data-view='neurons']")


@pytest.mark.parametrize("kind", ["circuit", "neuron", "class"])
def test_scores_after_switching_off_equal_those_of_python(view, s4, kind):
    analysis, model, group = s4.network.analysis, s4.network.model, s4.network.group
    if kind == "class":
        off = [f.neuron for f in analysis.coset.covered if f.left.subgroup == "S3"]
    else:
        off = list(analysis.coset.circuits[3].neurons)[: None if kind == "circuit" else 1]
    view.go(f"#/interventions?off={','.join(map(str, off))}")
    (after,) = PairScorer(group).without(model, [off])
    shown = view.page.locator(".scores").evaluate("node => ({ ...node.dataset })")
    assert float(shown["accuracy"]) == pytest.approx(after.accuracy, abs=1e-12)
    assert float(shown["loss"]) == pytest.approx(after.loss, rel=2e-4)
    view.page.get_by_role("button", name="undo everything").click()
    shown = view.page.locator(".scores").evaluate("node => ({ ...node.dataset })")
    assert float(shown["accuracy"]) == pytest.approx(analysis.accuracy, abs=1e-12)


def test_a_switch_changes_the_accuracy_at_once(view, s4):
    view.go("#/interventions?off=")
    circuit = s4.network.analysis.coset.circuits[0]
    view.page.locator(".switches input").first.uncheck()
    assert view.text("#score-off .big") == str(len(circuit.neurons))
    view.page.get_by_role("button", name="undo everything").click()
    assert view.text("#score-off .big") == "0"


def test_every_ideal_scores_as_in_the_arena(view, s4):
    accounts, _ = fit_accounts(measure(s4.network.model, s4.network.group, s4.network.config), s4.network.config)
    scorer = PairScorer(s4.network.group)
    tried = 0
    for account in accounts:
        for mode, ideal in (("alone", account.alone()), ("kept", account.ideal())):
            kind = s4.sidecar.header["ideals"][account.id]["kind"]
            if kind == "product" and mode == "kept":
                continue  # an account of the logits alone has no rest to keep
            view.go(f"#/interventions?off=&ideal={account.id}&mode={mode}")
            shown = view.page.locator(".scores").evaluate("node => ({ ...node.dataset })")
            a, b = scorer.a, scorer.b
            logits = ideal.logits(a, b).double()
            own = logits.gather(1, scorer.product[:, None])
            right = (logits >= own).sum(1) == 1
            assert float(shown["accuracy"]) == pytest.approx(float(right.double().mean()), abs=0.004), account.id
            loss = float(torch.nn.functional.cross_entropy(logits, scorer.product))
            assert float(shown["loss"]) == pytest.approx(loss, rel=0.02, abs=2e-3), (account.id, mode)
            tried += 1
    assert tried > 15
    view.page.get_by_role("button", name="undo everything").click()


def test_flipping_both_signs_scores_as_in_python(view, s4):
    view.go("#/interventions?off=")
    view.page.get_by_label("flip left").check()
    view.page.get_by_label("flip right").check()
    shown = view.page.locator(".scores").evaluate("node => ({ ...node.dataset })")
    model = s4.network.model
    flipped = PairScorer(s4.network.group)(replace(model, left=-model.left, right=-model.right))
    assert float(shown["accuracy"]) == pytest.approx(flipped.accuracy, abs=1e-12)
    assert float(shown["loss"]) == pytest.approx(flipped.loss, rel=1e-4)
    view.page.get_by_role("button", name="undo everything").click()


def test_accounts_of_two_networks_stand_side_by_side(view, s4):
    view.go("#/accounts")
    tables = view.page.locator("table[role=grid]")
    assert tables.count() == 2
    record = s4.network.analysis.account("coset")
    row = view.page.locator("tr[data-key=coset]").first.inner_text()
    assert f"{round(record.bits):,}" in row


def test_a_view_can_be_saved(view, tmp_path):
    view.go("#/neurons")
    suffixes = set()
    for kind in ("SVG", "PNG", "CSV"):
        with view.page.expect_download() as download:
            view.page.locator("figure", has_text="Pre-activation").get_by_role("button", name=f"as {kind}").click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        suffixes.add(saved.suffix)
        assert saved.stat().st_size > 500
    assert suffixes == {".svg", ".png", ".csv"}
    with view.page.expect_download() as download:
        view.page.locator("#data").click()
    download.value.save_as(tmp_path / "data.json")
    assert len(json.loads((tmp_path / "data.json").read_text())["left"]) == 24


@pytest.mark.parametrize("mark", ["<script>window.ran=1</script>", "<img src=x onerror=window.ran=1>", "</script><b>"])
def test_hostile_names_are_text(tab, show, tmp_path, mark):
    G = named_group("S3")
    labels = (mark, *(f"{mark}{i}" for i in range(1, 6)))
    hostile = Group(G.table, name=f"S3{mark}", labels=labels)
    model = random_model(hostile, 5, torch.Generator().manual_seed(0)).to(dtype=torch.float32)
    shown = tab(show(model, hostile, tmp_path, name=f"{mark}&amp;").path)
    for name in VIEWS:
        shown.go(f"#/{name}")
    shown.go("#/product?a=1&b=2")
    assert mark in shown.text(".equation")
    assert mark in shown.text("#networks")
    assert shown.page.evaluate("window.ran") is None
    assert shown.wrong == []


def test_a_script_that_got_into_the_file_is_not_run(tab, s4, tmp_path):
    path = tmp_path / "tampered.html"
    path.write_text(s4.path.read_text().replace("<main>", "<script>window.ran = 1</script><main>"))
    shown = tab(path)
    assert shown.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in line for line in shown.wrong)


@pytest.mark.parametrize(
    "fragment",
    [
        "#/nowhere",
        "#/neurons?n=-1&H=99999",
        "#/neurons?n=abc&H=none&what=post",
        "#/lattice?class=<b>",
        "#/circuits?c=1e9",
        "#/interventions?ideal=__proto__&by=nothing&H=-4&off=9-1,x,,7-",
        "#/interventions?noise=1e9&shift=NaN&flip=up&mode=both",
        "#/accounts?id=constructor",
        "#/training?at=-3",
        "#/product?a=1e9&b=&step=NaN",
        "#/product?net=7",
        "#%%%",
        "#class=%E0%A4%A",
    ],
)
def test_an_address_that_says_nonsense_is_no_fault(tab, s4, fragment):
    shown = tab(s4.path, fragment=fragment)
    assert shown.page.locator("#view .lede").count() == 1
    assert shown.wrong == []
    shown.context.close()


def test_the_report_links_to_a_neuron(tab, s4):
    shown = tab(s4.path, fragment="#neuron=5")
    assert "Neuron 5" in shown.text(".neuron-head")
    assert shown.wrong == []
    shown.context.close()


def test_a_change_can_be_linked_to(view, tab, s4):
    view.go("#/interventions?off=0-2&flip=left&noise=0.5&held=zero")
    scores = "node => [node.dataset.accuracy, node.dataset.loss]"
    here = view.page.locator(".scores").evaluate(scores)
    address = view.page.evaluate("location.hash")
    again = tab(s4.path, fragment=address)
    assert again.page.locator(".scores").evaluate(scores) == here
    assert all(part in address for part in ("off=0-2", "flip=left", "noise=0.5", "held=zero"))
    view.page.get_by_role("button", name="undo everything").click()
    again.context.close()
