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
from dataclasses import asdict
from pathlib import Path

import polars as pl
from arena_tables import (
    TWINS,
    data_table,
    exchange_table,
    ideal_lines,
    open_table,
    recipe_table,
    relation_table,
    short_path,
    twins_table,
)
from matplotlib import rc_context
from pydantic import TypeAdapter

from cosetta.comparison import Analysed, compare
from cosetta.comparison.write import comparison_table
from cosetta.files import write_table
from cosetta.report.figures.comparison import draw_compared
from cosetta.report.figures.style import QUIET, STYLE, new_figure, percent_axis, styled
from cosetta.report.palette import IRREP_COLOURS

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
ANALYSED = TypeAdapter(Analysed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("docs/arena"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    folders = {"data": _files(chosen.data / "analyses")}
    for recipe in ("fast", "stander2024", "wu2024"):
        folders[recipe] = [path for path in _files(chosen.networks) if path.name.startswith(f"{recipe} ")]
    sets, chances = {}, {}
    for name, paths in folders.items():
        found = [_read(path) for path in paths]
        sets[name] = compare(found)
        chances |= {one.name: one.analysis.chance for one in found}
    refused = json.loads((chosen.data / "compare.json").read_text())["skipped"]
    ideal_file = chosen.networks / "ideal.json"
    ideal = json.loads(ideal_file.read_text()) if ideal_file.exists() else None
    rows = pl.concat(
        [comparison_table(part).insert_column(0, pl.lit(name).alias("set")) for name, part in sets.items()]
    )
    write_table(chosen.out / "accounts.parquet", rows, compression="zstd")
    _write(chosen.out / "arena.json", json.dumps(record(sets, chances, refused, ideal), indent=1))
    data = sets["data"]
    save(draw_compared(data.networks, data.entries, data.accounts), chosen.out / "coverage.svg")
    save(draw_twins(data), chosen.out / "twins.svg")
    parts = [*data_table(data, refused), *twins_table(data), *recipe_table(sets, rows, chances), *exchange_table(sets)]
    parts += [*relation_table(sets), *open_table(sets), *ideal_lines(ideal)]
    page = chosen.out / "results.md"
    head, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _write(page, f"{head}{BEGIN}\n" + "\n".join(parts) + f"\n{END}{rest.split(END)[1]}")


def record(sets, chances, refused, ideal):
    """What the Parquet table lacks, as plain data."""
    networks, summaries = [], []
    for name, part in sets.items():
        for network in part.networks:
            plain = asdict(network) | {"set": name, "live": len(network.live), "uncovered": len(network.uncovered)}
            plain["neurons_in_cosets"] = asdict(chances[network.name]) if chances[network.name] else None
            plain["uncovered_strength"] = sum(neuron.strength for neuron in network.uncovered)
            networks.append({key: value for key, value in plain.items() if key not in {"strength", "source"}})
        summaries += [asdict(summary) | {"set": name} for summary in part.summaries]
    kept = {"networks": networks, "summaries": summaries, "refused": [short_path(line) for line in refused]}
    first = next(iter(sets.values()))
    kept |= {"accounts": [asdict(a) for a in first.accounts], "thresholds": first.thresholds, "version": first.version}
    return {"schema": 1} | kept | {"ideal": ideal}


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
        axis.set_xlim(-2, 3e6)
        axis.set_xticks([0, 10, 100, 1e3, 1e4, 1e5, 1e6], ["0", "10", "100", "10³", "10⁴", "10⁵", "10⁶"])
        axis.minorticks_off()
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
        figure.savefig(
            path, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white", bbox_inches="tight"
        )


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
