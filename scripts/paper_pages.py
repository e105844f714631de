"""The committed pages of the papers, from folders that `cosetta reproduce` wrote: JSON, tables, and the Markdown page.

    python scripts/paper_pages.py FOLDER ...            copies each into docs/ and writes its page
    python scripts/paper_pages.py --check               says whether every page is the one of its JSON

stander2024 has docs/reproduction.md with docs/reproduction/; each other paper has docs/reproduction/PAPER.md with
docs/reproduction/PAPER/. Figures go as SVG alone, the page itself (HTML) not at all.
"""

import argparse
import shutil
import sys
from pathlib import Path

from cosetta.files import write_text
from cosetta.reproduce.frame.markdown import render_markdown
from cosetta.reproduce.frame.results import load_reproduction

DOCS = Path(__file__).parents[1] / "docs"


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


def check() -> list[str]:
    """Papers whose page is not the one of its JSON."""
    wrong = []
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
    if chosen.check and (wrong := check()):
        sys.exit(f"pages of {', '.join(wrong)} are not those of their JSON: run this script on what was made")


if __name__ == "__main__":
    main()
