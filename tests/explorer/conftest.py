"""A browser, and pages of small networks for it."""

from pathlib import Path

import pytest
import torch

from cosetta import analyse, named_group, subgroup_lattice
from cosetta.config import AnalysisConfig
from cosetta.explorer import Explored, explorer_page, make_sidecar, unpack
from cosetta.models.planted import CosetPlan, plant

CONFIG = AnalysisConfig(control_draws=2, null_samples=19)


class Watched:
    """A tab that remembers everything that went wrong in it."""

    def __init__(self, browser, path, *, width=1280, height=900, dark=False, fragment=""):
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", offline=True
        )
        self.page = self.context.new_page()
        self.wrong = []
        self.page.set_default_timeout(15_000)
        self.page.on(
            "console", lambda line: self.wrong.append(line.text) if line.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", self._requested)
        self.page.goto(f"{Path(path).as_uri()}{fragment}")
        self.page.wait_for_selector("html[data-ready]")

    def _requested(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.wrong.append(f"asked for {request.url}")

    def go(self, fragment):
        self.page.evaluate("fragment => { location.hash = fragment; }", fragment)
        view = fragment.removeprefix("#/").partition("?")[0]
        self.page.wait_for_selector(f"html[data-view='{view}']")

    def text(self, selector):
        return self.page.locator(selector).first.inner_text()


@pytest.fixture(scope="session")
def tab(chromium):
    """Open a page; the tab is closed in the end, and must not have complained."""
    opened = []

    def open_(path, **options):
        opened.append(Watched(chromium, path, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.context.close()


def planted(group="S4", seed=0, kept=1.0, **options):
    """A network written by hand: circuits of two classes, complete if all neurons are kept, and random neurons."""
    G = named_group(group)
    lattice = subgroup_lattice(G)
    plans = [CosetPlan(lattice["S3"], amplitude=3.0), CosetPlan(lattice["D8"])]
    network = plant(G, plans, torch.Generator().manual_seed(seed), random_neurons=3, dead_neurons=1)
    model = network.folded.to(dtype=torch.float32)
    return explored(model.keep(torch.arange(round(kept * model.width))), G, **options)


def explored(model, group, name="planted", config=CONFIG, **options):
    return Explored(name, "written by hand", model, group, analyse(model, group, config), config, **options)


class Shown:
    """A network, its sidecar and its page."""

    def __init__(self, network, folder, others=()):
        self.network = network
        self.packed = make_sidecar(network)
        self.sidecar = unpack(self.packed)
        self.path = folder / "explorer.html"
        self.path.write_text(explorer_page([self.packed, *(make_sidecar(other) for other in others)]), encoding="utf-8")


@pytest.fixture(scope="session")
def show():
    """The page of a model, written into a folder."""

    def write(model, group, folder, **options):
        return Shown(explored(model, group, **options), folder)

    return write


@pytest.fixture(scope="session")
def s4(tmp_path_factory):
    """A network on S4 that makes mistakes, beside one that makes none."""
    return Shown(planted(kept=0.4), tmp_path_factory.mktemp("s4"), [planted(seed=1, name="exact")])
