"""Sizes and frame times of the explorer's page, in a real browser.

    python benchmarks/explorer.py RUN [RUN ..]          one row of figures a network, as for docs/benchmarks.md
    python benchmarks/explorer.py OLD.html NEW.html     pages as they are, in turns: before and after a change

Each gesture is made `ROUNDS` times; a time is from the event to the end of its handlers and of the layout, which is
what a frame waits for. What is left to later frames is measured too: the longest of them, and when the last is done.
The median and the slowest are printed. Baseline: the 16.7 ms of a frame at 60 Hz, and 300 ms for a new score.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

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


WATCH = """
const frames = [];
window.framesLater = frames;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (run) => ask((time) => {
    const began = performance.now();
    run(time);
    frames.push(performance.now() - began);
});
"""
"""Keeps how long each piece of work took that the page leaves to a later frame."""


def timed(page: Page, gesture: str) -> list[list[float]]:
    """Milliseconds of the frame of the gesture, of the longest frame after it, and until all is drawn, each round."""
    return page.evaluate(
        f"""async (rounds) => {{
            const times = [];
            const act = {gesture};
            for (let k = 0; k < rounds; k++) {{
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                framesLater.length = 0;
                const began = performance.now();
                act(k);
                document.body.offsetHeight;
                const first = performance.now() - began;
                while (document.querySelector('[aria-busy]')) await new Promise((done) => setTimeout(done, 2));
                times.push([first, Math.max(0, ...framesLater), performance.now() - began]);
            }}
            return times;
        }}""",
        ROUNDS,
    )


def measure(pages: list[Page]) -> None:
    """Print a row a gesture and page, the pages in turns."""
    for name, (view, gesture) in GESTURES.items():
        for i, page in enumerate(pages):
            page.bring_to_front()
            page.evaluate("view => { location.hash = `#/${view}`; }", view)
            page.wait_for_selector(f"html[data-view='{view}']")
            first, later, drawn = zip(*timed(page, gesture), strict=True)
            median = statistics.median(first)
            row = f"  {i + 1} {name:26} median {median:6.1f} ms  least {min(first):6.1f}  slowest {max(first):6.1f}"
            rest = f"  longest later frame {statistics.median(later):5.1f}, drawn after {statistics.median(drawn):6.1f}"
            print(row + (rest if any(later) else ""))
    for i, page in enumerate(pages):
        page.evaluate("location.hash = '#/interventions'")
        page.wait_for_selector("html[data-view='interventions']")
        page.locator("button", has_text="undo everything").click()
        page.locator("button", has_text="only these").click()
        everything = page.evaluate("Number(document.querySelector('.scores').dataset.milliseconds)")
        print(f"  {i + 1} all logits anew            {everything:6.1f} ms")


def opened(browser: Browser, path: Path) -> Page:
    """The page in a tab of its own, its first view drawn."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    print(f"  opened and first view drawn in {page.evaluate('performance.now()'):.0f} ms")
    return page


def write(name: str, path: Path) -> None:
    """The page of a network, and a line about it."""
    targets, _ = find_targets([name])
    for target in targets:
        sidecar = open_target(target, Path("runs")).sidecar
        path.write_text(explorer_page([sidecar]), encoding="utf-8")
        header = unpack(sidecar).header
        width, pairs = header["summary"]["width"], header["scored"]["pairs"]
        print(f"{target.name}: {header['group']['name']}, {width} neurons, {path.stat().st_size / 1e6:.2f} MB,")
        print(f"  {pairs:,} pairs scored; ideals left out: {', '.join(header['ideals_left_out']) or 'none'}")


def main() -> None:
    """Measure each network named, or the pages named in turns."""
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        if all(name.endswith(".html") for name in sys.argv[1:]):
            measure([opened(browser, Path(name)) for name in sys.argv[1:]])
        else:
            for name in sys.argv[1:]:
                path = Path(folder) / "page.html"
                write(name, path)
                page = opened(browser, path)
                measure([page])
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
