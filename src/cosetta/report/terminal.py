"""The summary printed in a terminal: classes, evidence with controls, and what stays open, in 80 columns.

Colour only repeats what the words say, so the summary reads the same without it. Names are untrusted: they are never
parsed as markup, and control characters are shown as `�`.
"""

from pathlib import Path
from typing import Literal

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cosetta.report.headline import headline_sentence, judged
from cosetta.report.notation import count, drawn, percent, plain_class, scientific, typeset
from cosetta.report.palette import class_palette
from cosetta.results import Analysis, ClassSummary, Evidence

__all__ = ["summary"]

VERDICTS = {
    "as predicted": Text("held"),
    "not as predicted": Text("FAILED", "bold red"),
    "not applicable": Text("not applicable", "dim"),
}

SHOWN_NOTES = 5
"""Lines on what stays open that are printed; the report has all."""


def summary(analysis: Analysis, report: Path | None = None) -> RenderableType:
    """A compact summary of an analysis for a terminal of at least 80 columns.

    Args:
        analysis: what to summarise.
        report: where the report was written, or None.

    Returns:
        Something that `rich.print` prints.

    Example:
        >>> from cosetta.results import Analysis, CosetFindings
        >>> empty = Analysis("S3", 6, ("e",), (), 0, "relu", 0.5, 1.0, (), CosetFindings(), (), {}, ())
        >>> isinstance(summary(empty), Group)
        True
    """
    parts: list[RenderableType] = [_title(analysis), Text()]
    if analysis.coset.classes:
        parts += [_classes(analysis), Text()]
    replacements = [test for test in analysis.evidence if test.kind == "replacement"]
    if replacements:
        parts += [_replacements(replacements), *_controls(replacements), Text()]
    parts += [_predictions(analysis), *_open(analysis)]
    if report is not None:
        parts += [Text(), Text.assemble(("Report  ", "bold"), (_plain(str(report)), ""), overflow="fold")]
    return Group(*parts)


def _title(analysis: Analysis) -> Text:
    return Text.assemble(
        (_plain(typeset(analysis.group)), "bold"),
        f"  {count(analysis.width)} neurons, {count(analysis.width - len(analysis.live))} dead · "
        f"accuracy {percent(analysis.accuracy)}{_sampled(analysis)} · cross-entropy {scientific(analysis.loss)} nats\n",
        _plain(headline_sentence(analysis)),
    )


def _sampled(analysis: Analysis) -> str:
    """The interval of the accuracy, if it is of a sample."""
    if analysis.accuracy_interval is None:
        return ""
    low, high = map(percent, analysis.accuracy_interval)
    return f" (sampled; 95 % interval {low} to {high})"


def _classes(analysis: Analysis) -> Table:
    table = _table(
        ("class of H", "left"),
        ("neurons", "right"),
        ("variance", "right"),
        ("cosets", "right"),
        ("med. fraction", "right"),
        ("dominant irreps", "left"),
    )
    colours = class_palette(row.subgroup for row in analysis.coset.classes)
    for row in analysis.coset.classes:
        table.add_row(
            Text.assemble(("■ ", colours[row.subgroup]), _plain(plain_class(row.subgroup))),
            f"{count(row.neurons)} {percent(row.share, 0):>5}",
            percent(row.strength, 1),
            f"{count(row.circuits)}/{count(row.possible_circuits)}" if row.possible_circuits else "–",
            scientific(row.median_fraction, 1),
            Text(_irreps(row)),
        )
    return table


def _irreps(row: ClassSummary) -> str:
    """The two commonest dominant irreps."""
    shown = sorted(row.irreps.items(), key=lambda item: -item[1])
    parts = [f"{_plain(typeset(name))} {percent(share, 0)}" for name, share in shown[:2]]
    return ", ".join([*parts, "…"] if len(shown) > 2 else parts) or "–"


def _replacements(tests: list[Evidence]) -> Table:
    table = _table(
        ("functions replaced", "left"),
        ("accuracy", "right"),
        ("loss", "right"),
        ("control", "right"),
        ("prediction", "left"),
    )
    for test in tests:
        table.add_row(
            Text(_plain(test.name)),
            percent(test.accuracy),
            scientific(test.loss, 1),
            percent(test.control.accuracy) if test.control else "–",
            VERDICTS.get(test.verdict, "–"),
        )
    return table


def _controls(tests: list[Evidence]) -> list[RenderableType]:
    """What each control is, with the interval of its draws."""
    controls = {test.control.name: test.control for test in tests if test.control}
    return [Text(f"Control: {_plain(name)}, {drawn(control)}") for name, control in controls.items()]


def _predictions(analysis: Analysis) -> Text:
    """How many predictions held, of the tests and of the ablated circuits; the failed ones by name."""
    tests = judged(analysis)
    failed = [test.name for test in tests if test.verdict == "not as predicted"]
    ablated = [circuit.ablation for circuit in analysis.coset.circuits if circuit.ablation]
    held = [ablation for ablation in ablated if ablation.verdict == "as predicted"]
    if not tests and not ablated:
        return Text("No causal test has run.")
    text = Text.assemble(
        ("Predictions  ", "bold"), f"{count(len(tests) - len(failed))} of {count(len(tests))} causal tests held; "
    )
    text.append(f"{count(len(held))} of {count(len(ablated))} circuit ablations raised the logits on their coset")
    if failed:
        text.append(f"\nFailed: {_plain('; '.join(failed))}", "bold red")
    return text


def _open(analysis: Analysis) -> list[RenderableType]:
    notes: list[RenderableType] = [
        Padding(Text(f"· {_plain(typeset(line))}"), (0, 0, 0, 2)) for line in analysis.unexplained[:SHOWN_NOTES]
    ]
    rest = len(analysis.unexplained) - SHOWN_NOTES
    if rest > 0:
        notes.append(Padding(Text(f"· {rest} more in the report"), (0, 0, 0, 2)))
    return [
        Text.assemble(("Open  ", "bold"), "" if notes else "nothing, under the thresholds of this analysis"),
        *notes,
    ]


def _table(*columns: tuple[str, Literal["left", "right"]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=name != "functions replaced")
    return table


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in text)
