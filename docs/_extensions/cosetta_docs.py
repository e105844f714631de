"""What the site needs beyond Sphinx: links that leave the folder, and docstrings written in Markdown.

Docstrings here have `code` in single backticks, $formulas$ and |G| as plain text. reStructuredText reads these
otherwise, so they are turned into its forms before napoleon reads the sections.
"""

import dataclasses
import re
from pathlib import Path
from typing import Any

PAGES = {
    "LOG.md": "log.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
}
"""Files of the repository's root that are pages of the site, by the page that includes them."""

MANY = 6
"""Fields above which the signature of a dataclass is left out."""

_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)*)([\w./-]+)(#[\w-]+)?\)")
_PIECES = re.compile(r"(``.+?``|`[^`\n]+`_?|:\w+:`[^`]+`|\$[^$\n]+\$)")


def inside_the_site(app: Any, docname: str, source: list[str]) -> None:
    """Turn links to files outside docs/ into links to their pages, or into their path where they have none."""
    depth = docname.count("/")

    def turned(match: re.Match[str]) -> str:
        words, up, path, anchor = match.groups()
        if up.count("../") <= depth:
            target = (Path(app.srcdir) / docname).parent / up / path
            is_page = not target.is_dir() and target.name != "README.md"  # those describe a folder of data
            return match[0] if is_page else f"{words} (`docs/{target.resolve().relative_to(app.srcdir)}`)"
        if path in PAGES:
            return f"[{words}]({'../' * depth}{PAGES[path]}{anchor or ''})"
        return f"{words} (`{path}`)" if path not in words else f"`{path}`"

    source[0] = _LINK.sub(turned, source[0])


def included(app: Any, relative_path: Any, parent_docname: str, content: list[str]) -> None:
    """The same for the files of the root, whose links start at the root."""
    text = re.sub(r"\]\(docs/", "](", content[0])
    for name, page in PAGES.items():
        text = text.replace(f"]({name})", f"]({page})")
    content[0] = re.sub(r"\[([^\]]*)\]\((?:src|tests|benchmarks|scripts)/[^)]*\)", r"`\1`", text)


def from_markdown(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A docstring in Markdown as reStructuredText."""
    example = False
    for i, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            lines[i] = "".join(_piece(piece) for piece in _PIECES.split(line))
    lines[:] = _indented_blocks(lines)
    fields = getattr(thing, "model_fields", None) if what == "class" else None
    if fields:
        lines += ["", "Fields:", ""]
        for field, information in fields.items():
            said = "".join(_piece(piece) for piece in _PIECES.split(information.description or ""))
            lines.append(f"- ``{field}``: {said} Default: ``{information.get_default(call_default_factory=True)!r}``.")


def _indented_blocks(lines: list[str]) -> list[str]:
    """Formulas that are set off by indentation alone become literal blocks, tables of Markdown too."""
    found: list[str] = []
    for line in lines:
        previous = found[-1] if found else ""
        if line.lstrip().startswith("|") and not previous.lstrip().startswith("|"):
            found += ["::", ""]
        found.append(f"    {line}" if line.lstrip().startswith("|") else line)
    return found


def _piece(piece: str) -> str:
    if piece.startswith("``") or piece.startswith(":"):
        return piece
    if piece.startswith("`"):
        return piece if piece.endswith("`_") else f"`{piece}`"
    if piece.startswith("$"):
        return f":math:`{piece[1:-1]}`"
    return re.sub(r"([|*]|(?<=\w)_(?!\w))", r"\\\1", piece)


def short_signature(app: Any, what: str, name: str, thing: Any, *_: Any) -> tuple[str, None] | None:
    """A dataclass of many fields needs no signature: its arguments are listed below it."""
    many = what == "class" and dataclasses.is_dataclass(thing) and len(dataclasses.fields(thing)) > MANY
    return ("", None) if many else None


def setup(app: Any) -> dict[str, Any]:
    """Connect the above."""
    app.connect("source-read", inside_the_site)
    app.connect("include-read", included)
    app.connect("autodoc-process-signature", short_signature)
    app.connect("autodoc-process-docstring", from_markdown, priority=400)
    return {"parallel_read_safe": True, "version": "1"}
