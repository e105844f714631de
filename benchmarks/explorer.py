"""Sizes and frame times of the explorer's page, in a real browser.

    python benchmarks/explorer.py RUN [RUN ..]          one row of figures a network, as for docs/benchmarks.md

Each gesture is made `ROUNDS` times; a time is from the event to the end of its handlers and of the layout, which is
what a frame waits for. The median and the slowest are printed. Baseline: the 16.7 ms of a frame at 60 Hz, and 300 ms
for a new score.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from cosetta.comparison import find_targets
from cosetta.explorer import explorer_page, open_target, unpack

ROUNDS = 15

GESTURES = {
    "step a product": (
        "product",
        "(k) => { const s = document.querySelector('.stepper input'); s.value = 2 + k;"
        " s.dispatchEvent(new Event('input')); }",
    ),
    "redraw a map (pre, post)": (
        "neurons",
        "(k) => document.querySelectorAll('.controls .choice')[1 - (k % 2)].click()",
    ),
    "choose a neuron": ("neurons", "(k) => document.querySelectorAll('tbody tr[data-key]')[k].click()"),
    "choose a class": (
        "lattice",
        "(k) => { const all = document.querySelectorAll('.node');"
        " all[k % all.length].dispatchEvent(new MouseEvent('click')); }",
    ),
    "choose a circuit": ("circuits", "(k) => document.querySelectorAll('tbody tr[data-key]')[k].click()"),
    "switch a circuit off": ("interventions", "(k) => document.querySelectorAll('.switches input')[k].click()"),
    "scrub the training": (
        "training",
        "(k) => { const s = document.querySelector('.stepper input'); if (!s) return; s.value = k;"
        " s.dispatchEvent(new Event('input')); }",
    ),
}
"""View and what is done there, the k-th time."""


def timed(page: Page, gesture: str) -> list[float]:
    """Milliseconds of each round."""
    return page.evaluate(
        f"""async (rounds) => {{
            const times = [];
            const act = {gesture};
            for (let k = 0; k < rounds; k++) {{
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                const began = performance.now();
                act(k);
                document.body.offsetHeight;
                times.push(performance.now() - began);
            }}
            return times;
        }}""",
        ROUNDS,
    )


def measure(page: Page, path: Path) -> None:
    """Print a row a gesture."""
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    opened = page.evaluate("performance.now()")
    print(f"  opened and first view drawn in {opened:.0f} ms")
    for name, (view, gesture) in GESTURES.items():
        page.evaluate("view => { location.hash = `#/${view}`; }", view)
        page.wait_for_selector(f"html[data-view='{view}']")
        times = timed(page, gesture)
        median, slowest = statistics.median(times), max(times)
        print(f"  {name:26} median {median:6.1f} ms  slowest {slowest:6.1f} ms")
    page.evaluate("location.hash = '#/interventions'")
    page.wait_for_selector("html[data-view='interventions']")
    page.locator("button", has_text="undo everything").click()
    page.locator("button", has_text="only these").click()
    everything = page.evaluate("Number(document.querySelector('.scores').dataset.milliseconds)")
    print(f"  all logits anew            {everything:6.1f} ms")


def main() -> None:
    """Measure each network named."""
    targets, _ = find_targets(sys.argv[1:])
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for target in targets:
            opened = open_target(target, Path("runs"))
            path = Path(folder) / "page.html"
            path.write_text(explorer_page([opened.sidecar]), encoding="utf-8")
            header = unpack(opened.sidecar).header
            width, pairs = header["summary"]["width"], header["scored"]["pairs"]
            print(f"{target.name}: {header['group']['name']}, {width} neurons, {path.stat().st_size / 1e6:.2f} MB,")
            print(f"  {pairs:,} pairs scored; ideals left out: {', '.join(header['ideals_left_out']) or 'none'}")
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            measure(page, path)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
