"""The pages: their code runs, their links lead somewhere, no public name and no page is left out."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import cosetta

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "_extensions"} & set(path.parts))
PAGES += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def named(path):
    return str(path.relative_to(ROOT))


def prose(path):
    """The text of a page without its code, in which nothing is a link."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    """The anchors that headings give, as code hosts and MyST make them."""
    titles = re.findall(r"^#{1,4} +(.+)$", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", [path for path in PAGES if path.parent.name != "tutorials"], ids=named)
def test_python_runs(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", document.read_text(), flags=re.DOTALL | re.MULTILINE):
        exec(compile(block, named(document), "exec"), space)


@pytest.mark.parametrize("document", PAGES, ids=named)
def test_links_lead_somewhere(document):
    for link in LINK.findall(prose(document)):
        if link.startswith("mailto:"):
            continue
        if "://" in link:
            parts = urlsplit(link)
            assert parts.scheme == "https", link
            assert "." in parts.netloc, link
            continue
        target, _, anchor = link.partition("#")
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), link
        assert path.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(path), link


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One thing\n\n[a](#one-thing) `[b](nowhere.md)`\n\n```\n[c](nowhere.md)\n```\n")
    assert LINK.findall(prose(page)) == ["#one-thing"]
    assert anchors(page) == {"one-thing"}


@pytest.mark.parametrize("name", sorted(set(cosetta.__all__) - {"__version__"}))
def test_every_public_name_is_in_the_reference(name):
    pages = "".join(path.read_text() for path in (DOCS / "reference").glob("*.md"))
    assert re.search(rf"^\.\. auto\w+:: cosetta\.{name}$", pages, flags=re.MULTILINE)


def test_every_page_of_a_table_of_contents_is_there_and_every_page_is_in_one():
    listed = set()
    for path in PAGES:
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```", path.read_text(), flags=re.DOTALL | re.MULTILINE):
            entries = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith(":")]
            listed |= {(path.parent / f"{entry}.md").resolve() for entry in entries}
    assert all(path.is_file() for path in listed)
    pages = {path.resolve() for path in PAGES if path.is_relative_to(DOCS) and path.name != "README.md"}
    assert pages - {DOCS / "index.md"} == listed


def test_the_pictures_of_the_idea_are_those_of_the_script():
    script = [sys.executable, str(ROOT / "scripts" / "draw_idea.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_nb")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in ("index", "idea", "tutorials/train-and-explain", "reference/analysis", "howto/account", "log"):
        assert (tmp_path / f"{page}.html").is_file()
    tutorial = (tmp_path / "tutorials" / "train-and-explain.html").read_text()
    assert tutorial.count("<img") >= 3
    assert "Traceback" not in tutorial
