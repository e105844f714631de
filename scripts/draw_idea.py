"""The pictures of docs/idea.md, computed from the groups and written as SVG.

    python scripts/draw_idea.py            writes docs/images/idea/*.svg
    python scripts/draw_idea.py --check    says whether the pictures are those that the script draws

A test makes the check. The pictures have a ground of their own, so they read in light and in dark.
"""

import argparse
from html import escape
from pathlib import Path

from cosetta import Group, named_group

FOLDER = Path(__file__).parents[1] / "docs" / "images" / "idea"
INK, QUIET, LINE = "#222222", "#6b6b6b", "#c9c9c9"
COLOURS = ("#bcd9ee", "#f6dba6", "#a9dccb")
"""Tints of Okabe and Ito's blue, orange and green: one for each of three cosets."""
FIRES, PARTNER, SILENT, RIGHT = "#d55e00", "#0072b2", "#ffffff", "#009e73"


class Drawing:
    """An SVG of a given size on a light ground."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.size, self.title, self.parts = (width, height), title, []
        self.box(0, 0, width, height, "#fafafa", radius=8)

    def box(self, x, y, width, height, fill, line="none", radius=0, stroke=1.0) -> None:
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius}" fill="{fill}" '
            f'stroke="{line}" stroke-width="{stroke:g}"/>'
        )

    def text(self, x, y, words, size=14, colour=INK, anchor="middle", bold=False) -> None:
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
            f"{escape(str(words))}</text>"
        )

    def svg(self) -> str:
        width, height = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
            f'font-family="system-ui, sans-serif"><title>{escape(self.title)}</title>'
        )
        return "\n".join([head, *self.parts, "</svg>", ""])


def image(G: Group, g: int, point: int) -> int:
    """Where a permutation sends a point, both counted from 1."""
    return int(G.permutations[g][point - 1]) + 1


def source(G: Group, g: int, point: int) -> int:
    """Which point a permutation sends to this one."""
    return image(G, int(G.inverse[g]), point)


def by_answer(G: Group, question) -> list[int]:
    return sorted(range(G.order), key=lambda g: (question(g), g))


def table() -> Drawing:
    """The products of S3, coloured by where they send 1."""
    G, cell = named_group("S3"), 62
    drawing = Drawing(cell * 7 + 56, cell * 7 + 66, "The products of S3, coloured by where each sends 1")
    for i in range(6):
        drawing.text(20 + cell * (i + 1.5), 20 + cell * 0.6, G.labels[i], bold=True)
        drawing.text(20 + cell * 0.5, 20 + cell * (i + 1.5) + 5, G.labels[i], bold=True)
        for j in range(6):
            ab = int(G.table[i, j])
            x, y = 20 + cell * (j + 1), 20 + cell * (i + 1)
            drawing.box(x, y, cell, cell, COLOURS[image(G, ab, 1) - 1], "#ffffff", stroke=2)
            drawing.text(x + cell / 2, y + cell / 2 + 5, G.labels[ab])
    drawing.text(20 + cell / 2, 20 + cell * 0.6, "a \\ b", colour=QUIET)
    for k in range(3):
        x = 40 + 150 * k
        drawing.box(x, cell * 7 + 32, 16, 16, COLOURS[k])
        drawing.text(x + 24, cell * 7 + 45, f"ab sends 1 to {k + 1}", 13, QUIET, "start")
    return drawing


def cosets() -> Drawing:
    """Left and right cosets of the permutations that fix 1."""
    G, cell = named_group("S3"), 116
    drawing = Drawing(cell * 3 + 190, cell * 3 + 96, "The cosets in S3 of H, the permutations that leave 1 where it is")
    for k in range(3):
        drawing.text(170 + cell * (k + 0.5), 52, f"1 goes to {k + 1}", 13, bold=True)
        drawing.text(150, 66 + cell * (k + 0.5) + 5, f"{k + 1} goes to 1", 13, anchor="end", bold=True)
        for row in range(3):
            drawing.box(170 + cell * k, 66 + cell * row, cell, cell, COLOURS[k], "#ffffff", stroke=3)
            here = [g for g in range(6) if image(G, g, 1) == k + 1 and source(G, g, 1) == row + 1]
            for line, g in enumerate(here):
                y = 66 + cell * (row + 0.5) + 5 + 26 * (line - (len(here) - 1) / 2)
                drawing.text(170 + cell * (k + 0.5), y, G.labels[g], 16)
    drawing.text(170 + cell * 1.5, 28, "columns: left cosets aH", 13, QUIET)
    drawing.text(20, 28, "rows: right cosets Ha", 13, QUIET, "start")
    drawing.text(170 + cell * 1.5, cell * 3 + 86, "H itself, {e, (23)}, is the corner where 1 stays.", 13, QUIET)
    return drawing


def neuron() -> Drawing:
    """One neuron of S3: left(a) + right(b) for the question whether ab sends 1 to 1."""
    G, cell, values = named_group("S3"), 56, (-1, 0, 1)
    rows, columns = by_answer(G, lambda a: source(G, a, 1)), by_answer(G, lambda b: image(G, b, 1))
    drawing = Drawing(
        cell * 6 + 190, cell * 6 + 150, "One neuron of S3: silent on the pairs whose product sends 1 to 1"
    )
    top, left = 84, 150
    for k in range(3):
        middle = 2 * k + 1
        drawing.text(left + cell * middle, 32, f"b sends 1 to {k + 1}", 12, QUIET)
        drawing.text(left + cell * middle, 50, f"right = {-values[k]:+d}" if values[k] else "right = 0", 13, bold=True)
        drawing.text(left - 44, top + cell * middle - 6, f"a sends {k + 1} to 1", 12, QUIET, "end")
        drawing.text(
            left - 44,
            top + cell * middle + 12,
            f"left = {values[k]:+d}" if values[k] else "left = 0",
            13,
            anchor="end",
            bold=True,
        )
    for i, a in enumerate(rows):
        drawing.text(left - 8, top + cell * (i + 0.5) + 5, G.labels[a], 12, anchor="end")
        for j, b in enumerate(columns):
            if i == 0:
                drawing.text(left + cell * (j + 0.5), top - 10, G.labels[b], 12)
            pre = values[source(G, a, 1) - 1] - values[image(G, b, 1) - 1]
            fill, ink = (FIRES, "#ffffff") if pre > 0 else (PARTNER, "#ffffff") if pre < 0 else (SILENT, INK)
            drawing.box(left + cell * j, top + cell * i, cell, cell, fill, LINE)
            drawing.text(left + cell * (j + 0.5), top + cell * (i + 0.5) + 5, f"{pre:+d}" if pre else "0", 13, ink)
    y = top + cell * 6 + 30
    for k, (fill, words) in enumerate(
        ((FIRES, "fires"), (PARTNER, "its partner fires"), (SILENT, "silent: ab sends 1 to 1"))
    ):
        x = 60 + (0, 90, 240)[k]
        drawing.box(x, y - 13, 16, 16, fill, LINE)
        drawing.text(x + 24, y, words, 13, QUIET, "start")
    return drawing


def worked(name: str = "S3", a: str = "(12)", b: str = "(123)") -> Drawing:
    """Nine questions about one product of S3, and what they leave."""
    G, cell = named_group(name), 74
    x, y = G[a], G[b]
    product = int(G.table[x, y])
    questions = [(j, i) for j in range(1, 4) for i in range(1, 4)]
    drawing = Drawing(
        260 + cell * 6, 96 + 34 * 10, f"The product of {a} and {b} in S3: which candidates each question rules out"
    )
    drawing.text(20, 34, f"a = {a},  b = {b}", 15, anchor="start", bold=True)
    drawing.text(20, 58, "does ab send j to i?", 13, QUIET, "start")
    for c in range(6):
        drawing.text(250 + cell * (c + 0.5), 58, G.labels[c], 14, bold=True)
    against = [0] * 6
    for row, (j, i) in enumerate(questions):
        top = 74 + 34 * row
        fires = source(G, x, i) != image(G, y, j)
        said = f"{j} to {i}: " + (f"no, b says {image(G, y, j)}, a says {source(G, x, i)}" if fires else "silent")
        drawing.text(20, top + 21, said, 13, INK if fires else QUIET, "start")
        for c in range(6):
            ruled = fires and image(G, c, j) == i
            against[c] += ruled
            drawing.box(250 + cell * c, top, cell, 34, "#f3c4a5" if ruled else SILENT, LINE)
            if ruled:
                drawing.text(250 + cell * (c + 0.5), top + 22, "×", 18, FIRES)
    drawing.text(20, 74 + 34 * 9 + 21, "ruled out, times", 13, anchor="start", bold=True)
    for c in range(6):
        fill, ink = (RIGHT, "#ffffff") if c == product else ("#eeeeee", INK)
        drawing.box(250 + cell * c, 74 + 34 * 9, cell, 34, fill, LINE)
        drawing.text(250 + cell * (c + 0.5), 74 + 34 * 9 + 22, against[c], 15, ink, bold=True)
    return drawing


def five(a: str = "(123)(45)", b: str = "(152)") -> Drawing:
    """The 25 questions about one product of S5, and how often each of 120 candidates is ruled out."""
    G, cell = named_group("S5"), 46
    x, y = G[a], G[b]
    product = int(G.table[x, y])
    drawing = Drawing(
        820, 356, f"The product of {a} and {b} in S5: 25 questions, and what they leave of 120 candidates"
    )
    drawing.text(20, 34, f"a = {a},  b = {b}:  ab = {G.labels[product]}", 15, anchor="start", bold=True)
    drawing.text(68 + cell * 2.5, 64, "ab sends j (down) to i (across)?", 13, QUIET)
    for j in range(1, 6):
        drawing.text(56, 84 + cell * (j - 0.5) + 5, j, 13, bold=True)
        drawing.text(68 + cell * (j - 0.5), 80, j, 13, bold=True)
        for i in range(1, 6):
            fires = source(G, x, i) != image(G, y, j)
            drawing.box(68 + cell * (i - 1), 86 + cell * (j - 1), cell, cell, "#f3c4a5" if fires else SILENT, LINE)
            drawing.text(
                68 + cell * (i - 0.5),
                86 + cell * (j - 0.5) + 5,
                "no" if fires else "silent",
                12,
                FIRES if fires else QUIET,
            )
    counts = [0] * 6
    for c in range(120):
        counts[sum(image(G, c, j) != image(G, product, j) for j in range(1, 6))] += 1
    drawing.text(560, 64, "how often each of the 120 candidates is ruled out", 13, QUIET)
    for times, count in enumerate(counts):
        left, height = 380 + 70 * times, 4 * count
        drawing.box(left, 290 - height, 48, height, RIGHT if times == 0 else "#b9c6d3")
        drawing.text(left + 24, 282 - height, count, 14, bold=times == 0)
        drawing.text(left + 24, 310, times, 13)
    drawing.text(404, 332, "the answer", 13, RIGHT, bold=True)
    drawing.text(590, 332, "times", 13, QUIET)
    return drawing


PICTURES = {"table": table, "cosets": cosets, "neuron": neuron, "worked": worked, "five": five}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        path, text = FOLDER / f"{name}.svg", draw().svg()
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise SystemExit(f"{path.name} must be what this script draws; it is not: run it without --check")


if __name__ == "__main__":
    main()
