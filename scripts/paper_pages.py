"""The committed pages of the papers, from folders that `cosetta reproduce` wrote: JSON, tables, and the Markdown page.

    python scripts/paper_pages.py FOLDER ...            copies each into docs/ and writes its page
    python scripts/paper_pages.py --check               says whether every page is the one of its JSON

stander2024 has docs/reproduction.md with docs/reproduction/; each other paper has docs/reproduction/PAPER.md with
docs/reproduction/PAPER/. Figures go as SVG alone, the page itself (HTML) not at all. The README's sentence on the
papers is written from the same JSON.
"""

import argparse
import shutil
import sys
from pathlib import Path
from textwrap import wrap

from cosetta.files import write_text
from cosetta.reproduce.frame.headline import count_verdicts
from cosetta.reproduce.frame.markdown import render_markdown
from cosetta.reproduce.frame.results import load_reproduction

DOCS = Path(__file__).parents[1] / "docs"
README = DOCS.parent / "README.md"
BEGIN, END = "<!-- papers: begin (scripts/paper_pages.py) -->\n", "<!-- papers: end -->\n"
CAUSES = ("recipe", "size", "measure", "paper")
PAPERS = {
    "stander2024": "Stander et al. 2024",
    "chughtai2023": "Chughtai et al. 2023",
    "wu2024": "Wu et al. 2024",
}


def place_of(paper: str) -> tuple[Path, Path]:
    """The folder of a paper's files, and its page."""
    if paper == "stander2024":
        return DOCS / "reproduction", DOCS / "reproduction.md"
    return DOCS / "reproduction" / paper, DOCS / "reproduction" / f"{paper}.md"


def publish(made: Path) -> None:
    """Copy what a page needs, and write it; files of an earlier page that this one has not are removed."""
    found = load_reproduction(made)
    folder, page = place_of(found.paper.key)
    for part, kinds in (("tables", ("csv", "tex")), ("figures", ("svg",))):
        shutil.rmtree(folder / part, ignore_errors=True)
        files = [path for kind in kinds for path in (made / part).glob(f"*.{kind}")]
        for path in files:
            (folder / part).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / part)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / "reproduction.json", folder)
    write_text(page, render_markdown(found, folder.name))


def sentence() -> str:
    """The README's sentence on the papers, with numbers from the committed JSON."""
    said = []
    for paper, whose in PAPERS.items():
        folder, page = place_of(paper)
        found = load_reproduction(folder)
        counts = count_verdicts(found)
        causes: dict[str, int] = {}
        for claim in found.claims:
            if claim.verdict == "differs" and not claim.source:
                kind = next((name for name in CAUSES if claim.cause.startswith(name)), "not settled")
                causes[kind] = causes.get(kind, 0) + 1
        why = ", ".join(f"{n} {kind}" for kind, n in sorted(causes.items(), key=lambda item: -item[1]))
        said.append(
            f"of {sum(counts.values())} claims of [{whose}]({page.relative_to(DOCS.parent)}) {counts['agrees']} agree "
            f"with the networks here, {counts['differs']} differ ({why}), and {counts['cannot be checked']} cannot be "
            "decided"
        )
    text = f"- From populations, claim by claim, each with its number, its rule and its cause: {'; '.join(said)}."
    return "\n".join(wrap(text, 130, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)) + "\n"


def readme() -> str:
    """The README with that sentence."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + sentence() + END + rest.partition(END)[2]


def check() -> list[str]:
    """Papers whose page is not the one of its JSON, and the README if its sentence is another."""
    wrong = [] if README.read_text(encoding="utf-8") == readme() else ["README.md"]
    for path in sorted(DOCS.glob("reproduction/**/reproduction.json")):
        found = load_reproduction(path)
        folder, page = place_of(found.paper.key)
        same = page.is_file() and page.read_text(encoding="utf-8") == render_markdown(found, folder.name)
        wrong += [] if same else [found.paper.key]
    return wrong


def main() -> None:
    """Publish, or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    for made in chosen.folders:
        publish(made)
    if chosen.folders:
        write_text(README, readme())
    if chosen.check and (wrong := check()):
        sys.exit(f"pages of {', '.join(wrong)} are not those of their JSON: run this script on what was made")


if __name__ == "__main__":
    main()
