"""The committed result of the arena: tables, two figures and the rows behind them, from analyses that were made before.

Run: python benchmarks/arena_results.py --data DIR --networks DIR, with the folder that `cosetta compare` wrote for
published checkpoints and the one of benchmarks/arena_networks.py. Nothing is measured here. Written into docs/arena:
`accounts.parquet` (one row a network and account, with the set that the network belongs to), `arena.json` (facts of the
networks, means over groups and recipes, exchange tests, what was refused), `coverage.svg` and `twins.svg`, and the
part of docs/arena/results.md between its marks.
"""

import argparse
import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib import rc_context
from pydantic import TypeAdapter

from cosetta.comparison import Analysed, compare
from cosetta.comparison.write import comparison_table
from cosetta.files import write_table
from cosetta.report.figures.comparison import draw_compared
from cosetta.report.figures.style import QUIET, STYLE, new_figure, percent_axis, styled
from cosetta.report.notation import percent
from cosetta.report.palette import IRREP_COLOURS

SHOWN = ("coset", "twisted", "rho_set", "rho_set_uniform", "rank_one", "irrep", "quotient", "gcr")
TWINS = ("S5_T_seed1", "S5_T_seed2")
MARKS = {"holds": "✓", "fails": "✗", "cannot tell": "?", "not applicable": "–"}
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
ANALYSED = TypeAdapter(Analysed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("docs/arena"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    sets = {"data": compare([_read(path) for path in _files(chosen.data / "analyses")])}
    for recipe in ("fast", "stander2024", "wu2024"):
        found = [_read(path) for path in _files(chosen.networks) if path.name.startswith(f"{recipe} ")]
        if found:
            sets[recipe] = compare(found)
    refused = json.loads((chosen.data / "compare.json").read_text())["skipped"]
    ideal_file = chosen.networks / "ideal.json"
    ideal = json.loads(ideal_file.read_text()) if ideal_file.exists() else None
    rows = pl.concat(
        [comparison_table(part).insert_column(0, pl.lit(name).alias("set")) for name, part in sets.items()]
    )
    write_table(chosen.out / "accounts.parquet", rows, compression="zstd")
    _write(chosen.out / "arena.json", json.dumps(record(sets, refused, ideal), indent=1))
    data = sets["data"]
    save(draw_compared(data.networks, data.entries, data.accounts), chosen.out / "coverage.svg")
    save(draw_twins(data), chosen.out / "twins.svg")
    parts = [*data_table(data, refused), *twins_table(data), *recipe_table(sets, rows), *exchange_table(sets)]
    parts += [*relation_table(sets), *open_table(sets), *ideal_lines(ideal)]
    page = chosen.out / "results.md"
    head, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _write(page, f"{head}{BEGIN}\n" + "\n".join(parts) + f"\n{END}{rest.split(END)[1]}")


def record(sets, refused, ideal):
    """What the Parquet table lacks, as plain data."""
    networks, summaries = [], []
    for name, part in sets.items():
        for network in part.networks:
            plain = asdict(network) | {"set": name, "live": len(network.live), "uncovered": len(network.uncovered)}
            plain["uncovered_strength"] = sum(neuron.strength for neuron in network.uncovered)
            networks.append({key: value for key, value in plain.items() if key not in {"strength", "source"}})
        summaries += [asdict(summary) | {"set": name} for summary in part.summaries]
    kept = {"networks": networks, "summaries": summaries, "refused": [_short_path(line) for line in refused]}
    first = next(iter(sets.values()))
    kept |= {"accounts": [asdict(a) for a in first.accounts], "thresholds": first.thresholds, "version": first.version}
    return {"schema": 1} | kept | {"ideal": {k: v for k, v in (ideal or {}).items() if k != "rows"}}


def data_table(data, refused):
    """Published checkpoints against accounts."""
    yield "## Published checkpoints\n"
    yield "Strength covered / loss recovered / variance of the logits reproduced, in per cent; ✓ holds, ✗ fails,"
    yield "? cannot tell, – nothing covered. *Best*: shortest that holds, reproduces the logits and has fewer"
    yield "bits than the table.\n"
    yield f"| network | live | {' | '.join(f'`{id}`' for id in SHOWN)} | best |\n|---|---|{'---|' * len(SHOWN)}---|"
    for network in data.networks:
        cells = [_cell(data.entry(network.name, id)) for id in SHOWN]
        yield f"| {network.name} | {len(network.live)} | {' | '.join(cells)} | {_code(network.best)} |"
    yield from ("", *(f"- Refused: {_short_path(line)}" for line in refused), "")
    yield "![Strength that each account covers](coverage.svg)\n"


def twins_table(data):
    """The two S5 transformers side by side."""
    found = {network.name: network for network in data.networks}
    if not set(TWINS) <= set(found):
        return
    yield "## Twins: two S5 transformers of Chughtai et al.\n"
    yield "| | " + " | ".join(TWINS) + " |\n|---|---|---|"
    networks = [found[name] for name in TWINS]
    yield _row("key irreps", (", ".join(n.irreps.key) for n in networks))
    yield _row("share of hidden explained by them", (_pct(n.irreps.hidden_share) for n in networks))
    yield _row("live neurons", (str(len(n.live)) for n in networks))
    yield _row("loss", (f"{n.loss:.3e}" for n in networks))
    yield _row("best (shorter than the table)", (_code(n.best) for n in networks))
    yield (
        "\n| account | "
        + " | ".join(f"{t}: strength | alone: accuracy | control | recovered | logits | kbit | " for t in TWINS)[:-2]
    )
    yield f"|{'---|' * 13}"
    for account in data.accounts:
        cells = []
        for name in TWINS:
            e = data.entry(name, account.id)
            control = "–" if e.control is None else _pct(e.control.accuracy)
            verdict = f"{_pct(e.recovered)} {MARKS[e.verdict]}"
            cells += [_pct(e.strength), _pct(e.accuracy), control, verdict, _pct(e.fidelity), f"{e.bits / 1000:.1f}"]
        yield _row(f"`{account.id}`", cells)
    yield "\n![Bits against the variance of the logits that is reproduced](twins.svg)\n"


def recipe_table(sets, rows):
    """Groups and recipes against accounts: means over networks."""
    yield "## Networks trained here\n"
    yield "Mean strength covered in per cent, with its 95 % bootstrap over networks where there are at least five"
    yield "(else n is too small for one), and on how many networks the account holds.\n"
    yield f"| group | recipe | networks | {' | '.join(f'`{id}`' for id in SHOWN)} | best |"
    yield f"|---|---|---|{'---|' * len(SHOWN)}---|"
    for group in dict.fromkeys(rows.filter(pl.col("set") != "data")["group"]):
        for name, part in sets.items():
            found = {s.account: s for s in part.summaries if s.group == group}
            if name == "data" or not found:
                continue
            networks = [n for n in part.networks if n.group == group]
            best = Counter(n.best or "none" for n in networks)
            cells = [_mean(found[id]) if id in found else "refused" for id in SHOWN]
            yield f"| {group} | `{name}` | {len(networks)} | {' | '.join(cells)} | {_counted(best)} |"
    yield "\nVariance of the logits that the ideal reproduces, per cent, where n >= 5:\n"
    yield f"| group | recipe | {' | '.join(f'`{id}`' for id in SHOWN)} |\n|---|---|{'---|' * len(SHOWN)}"
    for name, part in sets.items():
        for group in dict.fromkeys(s.group for s in part.summaries if s.networks >= 5 and name != "data"):
            found = {s.account: s.fidelity for s in part.summaries if s.group == group}
            yield _row(f"{group} | `{name}`", (_interval(found[id]) if id in found else "refused" for id in SHOWN))
    yield ""


def exchange_table(sets):
    """Equivalence tests, counted over networks."""
    yield "## Exchange tests\n"
    yield "Activations are exchanged between inputs that the account calls equal. Networks on which the loss does not"
    yield "move / does / the test says nothing (no two inputs are equal, or even random exchanges do not hurt);"
    yield "in brackets"
    yield "the median of what the loss moves, as a share of what exchanges between random inputs move it.\n"
    yield (
        "| account | equal inputs | " + " | ".join(f"`{name}`" for name in sets) + f" |\n|---|---|{'---|' * len(sets)}"
    )
    for account in sets["data"].accounts:
        cells, words = [], ""
        for part in sets.values():
            losses = {n.name: n.loss for n in part.networks}
            tests = [(e.exchange, losses[e.network]) for e in part.entries if e.account == account.id and e.exchange]
            counts = Counter(test.verdict for test, _ in tests)
            words = words or (tests[0][0].equivalence if tests else "")
            said = [
                (t.loss - before) / (t.control_loss - before) for t, before in tests if t.verdict in {"holds", "fails"}
            ]
            middle = f" [{np.median(said):.1g}]" if said else ""
            cells.append(
                f"{counts['holds']} / {counts['fails']} / {counts['not applicable']}{middle}" if tests else "–"
            )
        if words:
            yield _row(f"`{account.id}` | {words}", cells)
    yield ""


def relation_table(sets):
    """On how many networks two accounts cover the same neurons."""
    yield "## Where accounts coincide\n"
    yield "Networks on which both cover the same neurons (99 % of the strength that either covers), of those where both"
    yield "cover some.\n"
    pairs = [("coset", "rho_set"), ("twisted", "rho_set"), ("rho_set", "rho_set_uniform"), ("twisted", "rank_one")]
    yield "| accounts | " + " | ".join(f"`{name}`" for name in sets) + f" |\n|---|{'---|' * len(sets)}"
    for pair in pairs:
        cells = []
        for part in sets.values():
            both = [agreement for agreement in part.agreements if set(pair) <= set(agreement.accounts)]
            same = [
                a for a in both if any({r.first, r.second} == set(pair) and r.kind == "coincide" for r in a.relations)
            ]
            cells.append(f"{len(same)} of {len(both)}")
        yield _row(" and ".join(f"`{id}`" for id in pair), cells)
    yield ""


def open_table(sets):
    """What no account of neurons covers."""
    yield "## What no account covers\n"
    yield "Networks with more than 1 % of their strength in neurons that no account of neurons covers, and"
    yield "their commonest"
    yield "irreps.\n"
    yield "| network | neurons | of live | strength, % | main irreps of left |\n|---|---|---|---|---|"
    for network in (network for part in sets.values() for network in part.networks):
        strength = sum(neuron.strength for neuron in network.uncovered)
        if strength > 0.01:
            irreps = Counter(neuron.irrep for neuron in network.uncovered)
            row = (str(len(network.uncovered)), str(len(network.live)), _pct(strength), _counted(irreps, 3))
            yield _row(network.name, row)
    yield ""


def ideal_lines(ideal):
    """Rho-sets against the idealised networks of Wu et al."""
    if ideal is None:
        return
    n, neurons = ideal["networks"], ideal["neurons"]
    yield "## Idealised S4 networks of Wu et al. (2024)\n"
    yield f"In every rho-set |B| equals the index of the stabiliser on {ideal['index_agrees']} of {n} networks;"
    yield "rho-sets cover"
    yield f"every live neuron on {ideal['all_covered']} of {n}. Of the {neurons['listed']} neurons to which they"
    yield "give an irrep,"
    yield f"{neurons['listed_live']} are live here and {neurons['listed_covered']} covered; {neurons['live']}"
    yield "are live in all."
    yield f"Irreps of neurons {'agree' if ideal['irreps_agree'] else 'do not agree'}, one of ours for each of theirs:"
    yield ", ".join(f"{key} is {' or '.join(names)}" for key, names in ideal["irreps"].items()) + ".\n"


@styled
def draw_twins(data):
    """Bits against the variance of the logits that is reproduced, for both."""
    figure = new_figure(7.2, 2.9)
    for axis, name in zip(figure.subplots(1, 2, sharey=True), TWINS, strict=True):
        for i, entry in enumerate(data.of(name)):
            colour = IRREP_COLOURS[i % len(IRREP_COLOURS)]
            shape = "osD^"[i // len(IRREP_COLOURS)]
            face = colour if entry.verdict == "holds" else "white"
            height = max(-0.1, entry.fidelity)
            axis.plot(entry.bits, height, shape, color=colour, markerfacecolor=face, label=entry.account, markersize=5)
        axis.axvline(next(n.lookup_bits for n in data.networks if n.name == name), color=QUIET, linestyle=":")
        axis.set_xscale("symlog", linthresh=10)
        axis.set_title(name)
        axis.set_xlabel("description length (bits)")
        axis.grid(axis="y")
        percent_axis(axis)
    figure.axes[0].set_ylabel("variance of the logits (%)")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


def save(figure, path):
    """Write a figure on white, the same bytes each time."""
    with rc_context(STYLE):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")


def _cell(entry):
    if entry.refused:
        return "refused"
    if not entry.neurons:
        return "–"
    values = (entry.strength, min(entry.recovered, 1.0), entry.fidelity)
    return " / ".join(_pct(value, short=True) for value in values) + f" {MARKS[entry.verdict]}"


def _mean(summary):
    return f"{_interval(summary.strength)}; {summary.holds} of {summary.networks}"


def _interval(mean):
    middle = _pct(mean.value, short=True)
    return middle if mean.low is None else f"{middle} [{_pct(mean.low, short=True)}, {_pct(mean.high, short=True)}]"


def _pct(share, short=False):
    """Per cent without the sign; what is below 1 never prints as 100."""
    return percent(share, 1 if short else 2).removesuffix("\u00a0%")


def _counted(counts, most=None):
    return ", ".join(f"{name} {n}" for name, n in counts.most_common(most))


def _code(name):
    return f"`{name}`" if name else "none"


def _row(name, cells):
    return f"| {name} | {' | '.join(cells)} |"


def _short_path(line):
    """A line without the folders of this machine."""
    return " ".join(Path(word).name if word.startswith("/") else word for word in line.split())


def _files(folder):
    return [path for path in sorted(folder.glob("*.json")) if path.name != "ideal.json"]


def _read(path):
    found = json.loads(path.read_text())
    return ANALYSED.validate_python(found.get("analysed", found))


def _write(path, text):
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
