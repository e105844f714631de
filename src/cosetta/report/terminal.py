"""The summary printed in a terminal: accounts, classes, evidence with controls, and what stays open.

A table that is wider than the terminal drops its least important columns; names and numbers stay whole. Colour only
repeats what the words say, so the summary reads the same without it. Names are untrusted: they are never parsed as
markup, and control characters are shown as `�`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cosetta.report.accounts import account_rows, recovered_by_control, uncovered
from cosetta.report.headline import (
    accuracy_sentence,
    best_sentence,
    found_instead,
    headline_sentence,
    judged,
    verdict_of_learning,
)
from cosetta.report.notation import count, decimal, drawn, percent, plain_class, plural, scientific, typeset
from cosetta.report.palette import class_palette
from cosetta.report.waves import kind_of, named
from cosetta.results import Analysis, ClassSummary, Evidence, FrequencyFindings

__all__ = ["summary"]

VERDICTS = {
    "as predicted": Text("held"),
    "not as predicted": Text("FAILED", "bold red"),
    "not applicable": Text("not applicable", "dim"),
}

FOLDED = 20
"""Columns of the first column of a table that would be too wide otherwise."""

SHOWN_FREQUENCIES = 8
"""Frequencies that are printed; the report has all."""

SHOWN_NOTES = 5
"""Lines on what stays open that are printed; the report has all."""


def summary(analysis: Analysis, report: Path | None = None) -> RenderableType:
    """A compact summary of an analysis for a terminal, written for 80 columns and readable in 60.

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
    if analysis.accounts:
        parts += [_accounts(analysis), Text()]
    if analysis.frequencies is not None and analysis.frequencies.frequencies:
        parts += [_frequencies(analysis.frequencies), Text()]
    if analysis.coset.classes and (analysis.coset.covered or not analysis.accounts):
        parts += [_classes(analysis), Text()]
    replacements = [test for test in analysis.evidence if test.kind == "replacement"]
    if replacements and (analysis.coset.covered or judged(analysis)):
        parts += [_replacements(replacements), *_controls(replacements), Text()]
    parts += [_predictions(analysis), *_open(analysis)]
    if report is not None:
        parts += [Text(), Text.assemble(("Report  ", "bold"), (_plain(str(report)), ""), overflow="fold")]
    return Group(*parts)


def _title(analysis: Analysis) -> Text:
    learning = verdict_of_learning(analysis)
    text = Text.assemble(
        (_plain(typeset(analysis.group)), "bold"),
        f"  {accuracy_sentence(analysis)} {plural(analysis.width, 'neuron')}, "
        f"{count(analysis.width - len(analysis.live))} dead · accuracy {percent(analysis.accuracy)}"
        f"{_sampled(analysis)} · cross-entropy {scientific(analysis.loss)} nats\n",
        (f"{learning}\n" if learning else "", "bold red"),
        _plain(headline_sentence(analysis)),
    )
    for sentence in (found_instead(analysis), best_sentence(analysis)):
        text.append(f"\n{_plain(sentence)}" if sentence else "")
    return text


def _sampled(analysis: Analysis) -> str:
    """The interval of the accuracy, if it is of a sample."""
    if analysis.accuracy_interval is None:
        return ""
    low, high = map(percent, analysis.accuracy_interval)
    return f" (sampled; 95 % interval {low} to {high})"


def _accounts(analysis: Analysis) -> RenderableType:
    """Every account: what it covers, how long it is, and what it does alone."""
    names = ["account", "verdict", "recovered", "bits", "strength", "fidelity", "control", "accuracy", "neurons"]
    order = ["account", "neurons", "strength", "bits", "accuracy", "recovered", "fidelity", "control", "verdict"]
    if analysis.arena is None:
        names, order = ["account", "strength", "bits", "neurons"], ["account", "neurons", "strength", "bits"]
    rows = []
    for row in account_rows(analysis):
        alone, covered = row.alone, bool(row.record.covered)
        title = _plain(typeset(row.record.title))
        shown: dict[str, Text | str] = dict.fromkeys(order, "–")
        shown["account"] = Text.assemble((f"{title} (best)", "bold")) if row.is_best else Text(title)
        shown["neurons"] = _plain(row.neurons)
        if row.record.refused:
            shown["verdict"] = Text("left out", "dim")
        else:
            shown |= {"strength": percent(row.record.strength, 1), "bits": count(round(row.record.bits))}
        if alone is not None and covered:
            shown |= {
                "accuracy": percent(alone.accuracy, 1),
                "recovered": percent(alone.recovered, 1),
                "fidelity": percent(max(0.0, alone.fidelity), 1),
                "control": recovered_by_control(alone.control)[0],
                "verdict": Text(alone.verdict, "" if alone.verdict == "holds" else "dim"),
            }
        elif alone is not None:
            shown["verdict"] = Text("covers nothing", "dim")
        rows.append(shown)
    return Folded(tuple(order), tuple(names), tuple(rows), ("account", "verdict"), min(5, len(order)))


def _frequencies(found: FrequencyFindings) -> RenderableType:
    """The frequencies of an abelian group, strongest first."""
    order = ("frequency", "neurons", "strength", "quotient", "unevenness", "kind")
    rows = tuple(
        {
            "frequency": named(frequency),
            "neurons": count(frequency.neurons),
            "strength": percent(frequency.strength, 1),
            "quotient": count(frequency.order),
            "unevenness": decimal(frequency.unevenness, 3),
            "kind": kind_of(frequency),
        }
        for frequency in found.frequencies[:SHOWN_FREQUENCIES]
    )
    rest = len(found.frequencies) - SHOWN_FREQUENCIES
    table = Folded(order, ("frequency", "kind", "strength", "neurons", "unevenness", "quotient"), rows, ("kind",))
    return Group(table, Text(f"and {count(rest)} weaker frequencies in the report")) if rest > 0 else table


def _classes(analysis: Analysis) -> RenderableType:
    order = ("class of H", "neurons", "variance", "cosets", "med. fraction", "dominant irreps")
    keep = ("class of H", "neurons", "variance", "cosets", "dominant irreps", "med. fraction")
    colours = class_palette(row.subgroup for row in analysis.coset.classes)
    rows = tuple(
        {
            "class of H": Text.assemble(("■ ", colours[row.subgroup]), _plain(plain_class(row.subgroup))),
            "neurons": f"{count(row.neurons)} {percent(row.share, 0):>5}",
            "variance": percent(row.strength, 1),
            "cosets": f"{count(row.circuits)}/{count(row.possible_circuits)}" if row.possible_circuits else "–",
            "med. fraction": scientific(row.median_fraction, 1),
            "dominant irreps": Text(_irreps(row)),
        }
        for row in analysis.coset.classes
    )
    return Folded(order, keep, rows, ("class of H", "dominant irreps"))


def _irreps(row: ClassSummary) -> str:
    """The two commonest dominant irreps."""
    shown = sorted(row.irreps.items(), key=lambda item: -item[1])
    parts = [f"{_plain(typeset(name))} {percent(share, 0)}" for name, share in shown[:2]]
    return ", ".join([*parts, "…"] if len(shown) > 2 else parts) or "–"


def _replacements(tests: list[Evidence]) -> RenderableType:
    order = ("functions replaced", "accuracy", "loss", "control", "prediction")
    keep = ("functions replaced", "accuracy", "prediction", "control", "loss")
    rows = tuple(
        {
            "functions replaced": Text(_plain(test.name)),
            "accuracy": percent(test.accuracy),
            "loss": scientific(test.loss, 1),
            "control": percent(test.control.accuracy) if test.control else "–",
            "prediction": VERDICTS.get(test.verdict, "–"),
        }
        for test in tests
    )
    return Folded(order, keep, rows, ("functions replaced", "prediction"), 4)


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
        idle = "Predictions  not applicable: cosets cover no neuron"
        return Text(idle if analysis.evidence else "No causal test has run.")
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
    if alone := uncovered(analysis):
        strength = percent(sum(row.neuron.facts.strength for row in alone), 1)
        said = f"no account covers {count(len(alone))} of {count(len(analysis.live))} live neurons"
        said += f" ({strength} of the strength)"
        notes.insert(0, Padding(Text(f"· {said}"), (0, 0, 0, 2)))
    rest = len(analysis.unexplained) - SHOWN_NOTES
    if rest > 0:
        notes.append(Padding(Text(f"· {rest} more in the report"), (0, 0, 0, 2)))
    return [
        Text.assemble(("Open  ", "bold"), "" if notes else "nothing, under the thresholds of this analysis"),
        *notes,
    ]


@final
@dataclass(frozen=True)
class Folded:
    """A table that leaves out its least important columns where the terminal is too narrow.

    Args:
        order: names of the columns, from left to right.
        keep: the same, the most important first; the first is never left out.
        rows: a cell for each column.
        left: columns that are flush left.
        essential: how many of `keep` are never left out; the first column is folded before one of them goes.
    """

    order: tuple[str, ...]
    keep: tuple[str, ...]
    rows: tuple[Mapping[str, Text | str], ...]
    left: tuple[str, ...]
    essential: int = 3

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the widest table that fits, and the names of what was left out."""
        number, table = 1, self._table(self.keep[:1], True)
        tries = [(number, False) for number in range(len(self.keep), self.essential - 1, -1)]
        tries += [(number, True) for number in range(self.essential, 0, -1)]
        number, table = 0, Table()
        for number, folds in tries:
            table = self._table(self.keep[:number], folds)
            wide = options.update(max_width=1000)
            if Measurement.get(console, wide, table).maximum <= options.max_width:
                break
        yield table
        if number < len(self.keep):
            missing = [name for name in self.order if name in self.keep[number:]]
            yield Text(f"not shown in {options.max_width} columns: {', '.join(missing)}", "dim")

    def _table(self, kept: tuple[str, ...], folds: bool) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        shown = [name for name in self.order if name in kept]
        for name in shown:
            justify = "left" if name in self.left else "right"
            is_folded = folds and name == self.keep[0]
            table.add_column(name, justify=justify, no_wrap=not is_folded, width=FOLDED if is_folded else None)
        for row in self.rows:
            table.add_row(*(row[name] for name in shown))
        return table


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in text)
