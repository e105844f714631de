"""A program as a LaTeX table and as a figure of pseudocode (SVG)."""

from xml.sax.saxutils import escape

from cosetta.hypotheses.program import TOP, Family, Program

__all__ = ["latex_table", "pseudocode_svg"]

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}


def latex_table(program: Program, caption: str) -> str:
    r"""A table with a row a rule, for `booktabs`.

    Args:
        program: the program.
        caption: plain text.

    Returns:
        LaTeX.

    Example:
        >>> from cosetta.groups import named_group
        >>> latex_table(Program(named_group("C2"), (), ()), "No rules, 100 %").splitlines()[2]
        '\\caption{No rules, 100 \\%}'
    """
    rows = []
    if shared := [f"{family.name} {_shares(family)}" for family in program.families if family.shares]:
        caption += (
            f". Of what a rule says against its coset, other double cosets have these shares: {', '.join(shared)}"
        )
    for rule in program.rules:
        label = program.group.labels
        weights = ", ".join(f"{w.above}/{w.below}" for w in rule.weights)
        cells = (rule.family, f"{label[rule.u]} H {label[rule.v]}", weights, rule.says)
        rows.append(" & ".join(map(_tex, cells)) + r" \\")
    head = r"H & coset $uHv$ & weight above/below & silent when \\"
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_tex(caption)}}}",
            r"\begin{tabular}{llrl}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def pseudocode_svg(program: Program, title: str, most: int = 12) -> str:
    """The program as lines of pseudocode.

    Args:
        program: the program.
        title: what it is the program of.
        most: rules of one family that are written out; the others are counted.

    Returns:
        A self-contained SVG.
    """
    lines = [f"multiply(a, b)    # {title}", "  against[z] = 0 for every z"]
    if program.start:
        lines[1] = "  against[z] = start[z] for every z    # what the mean logits are beyond the rules"
    for family in program.families:
        mine = [rule for rule in program.rules if rule.family == family.name]
        index = program.subgroups[family.name].index
        lines.append(f"  # {len(mine)} cosets of {family.name} (index {index})")
        if family.shares:
            lines.append(f"  # {_shares(family)} of it against other double cosets")
        for rule in mine[:most]:
            w = rule.weights[0]
            lines.append(f"  unless {rule.says}: against[those] += {w.above} or {w.below} x the step of the values")
        if len(mine) > most:
            lines.append(f"  ... and {len(mine) - most} more")
    lines.append("  return the z with the least against[z]")
    wide, high = 8.2 * max(map(len, lines)) + 60, 20 * len(lines) + 24
    text = "".join(
        f'<text x="44" y="{20 * i + 28}" xml:space="preserve">{escape(line)}</text>'
        f'<text x="30" y="{20 * i + 28}" text-anchor="end" fill="#888">{i + 1}</text>'
        for i, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" width="{wide:.0f}" height="{high}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}"><rect width="100%" height="100%" fill="#fff"/>'
        f'<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13.5" fill="#222">{text}</g></svg>\n'
    )


def _shares(family: Family) -> str:
    """Shares of other double cosets than H itself, the largest first, as decimals."""
    return ", ".join(f"{share / TOP:.2f}" for share in sorted(set(family.shares[1:]), reverse=True))


def _tex(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in text)
