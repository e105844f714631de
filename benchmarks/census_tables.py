"""The tables, numbers and figures of docs/census.md from the lines of `gpu_census.py` and `explain_populations.py`.

Run: python benchmarks/census_tables.py LINES.jsonl.gz ... --out docs/census. It writes the three Parquet tables of
docs/census.md, `census.json` with what the page says, and its figures, each whole or not at all. Of each group and
recipe the setting with most networks is taken; what is left out is said.

A population is the networks of one group and recipe. *Learned* is a test accuracy of at least 0.999; all that is said
of circuits is said of learned networks.
"""

import argparse
import json
from collections import Counter
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from network_rows import read_lines

from cosetta import __version__
from cosetta.files import write_whole
from cosetta.population import census_distance, class_shares, covered_shares, grok_times
from cosetta.population.rows import ACCOUNTS, NEURONS, RUNS
from cosetta.population.shares import mean_interval
from cosetta.population.tables import Census, _sorted

LEARNED = 0.999
LABELS = ("subgroup", "irrep")
BEGIN, END = "<!-- benchmarks/census_tables.py -->\n", "<!-- end -->\n"
HEAD = (
    "| group (order) | recipe | pairs that train | networks | learned | grok step, median | live neurons, median | "
    "covered, % of live | with p < 0.05 | by chance | covered, % of strength |\n|" + "---|" * 11
)
RECIPES = ("fast", "stander2024", "wu2024")


def read_census(paths):
    """One census of all lines; a network that stands in several files is taken from the first."""
    runs, neurons, accounts, arenas = {}, {}, {}, {}
    for path in paths:
        for line in read_lines(path):
            if line["kind"] == "arena":
                arenas.setdefault(line["run"], line)
            elif (run := line["row"]["run"]) not in runs:
                runs[run] = line["row"] | {"version": __version__}
                neurons[run], accounts[run] = line["neurons"], line["accounts"]
    settings = {}
    for row in runs.values():
        settings.setdefault((row["group"], row["recipe"]), Counter())[row["setting"]] += 1
    for run, row in list(runs.items()):
        chosen = settings[row["group"], row["recipe"]].most_common(1)[0][0]
        if row["setting"] != chosen:
            del runs[run]
    for population, found in settings.items():
        if len(found) > 1:
            print(population, "left out:", sum(found.values()) - found.most_common(1)[0][1], "of other settings")
    parts, told = [], []
    for run, row in runs.items():
        shared = {name: row[name] for name in ("run", "group", "recipe")}
        if run in arenas:
            row["best_account"] = arenas[run]["best"] or ""
        parts += _rows(neurons[run], shared)
        told += _rows(arenas[run]["accounts"] if run in arenas else accounts[run], shared)
    return _sorted(
        pl.DataFrame(list(runs.values()), schema=RUNS, orient="row"),
        pl.DataFrame(parts, schema=NEURONS, orient="row"),
        pl.DataFrame(told, schema=ACCOUNTS, orient="row"),
        (),
    )


def _rows(columns, shared):
    """The rows of a table that was kept as columns."""
    return [shared | dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def learned_of(part):
    """The networks of a census that learned."""
    runs = part.runs.filter(pl.col("test_accuracy") >= LEARNED)
    kept = pl.col("run").is_in(runs["run"].to_list())
    return Census(runs, part.neurons.filter(kept), (), part.accounts.filter(kept))


def live_of(part):
    """A census without its dead neurons."""
    return Census(part.runs, part.neurons.filter(pl.col("status") != "dead"), (), part.accounts)


def summarise(whole):
    """Numbers of each population, and distances between those of one group."""
    groups = whole.runs.select("group", "order").unique().sort("order", "group")["group"].to_list()
    populations, parts = [], {}
    for group in groups:
        for recipe in RECIPES:
            part = whole.where(group=group, recipe=recipe)
            if part.runs.height:
                parts[group, recipe] = learned_of(part)
                populations.append(population_row(group, recipe, part, parts[group, recipe]))
    distances = []
    for one, other in combinations(parts, 2):
        if one[0] == other[0] and min(parts[one].runs.height, parts[other].runs.height) >= 5:
            for of, take in (("all neurons", lambda part: part), ("live neurons", live_of)):
                for by in LABELS:
                    found = asdict(census_distance(take(parts[one]), take(parts[other]), by))
                    distances.append({"group": one[0], "recipes": [one[1], other[1]], "of": of} | found)
    return {"schema": 2, "learned": LEARNED, "populations": populations, "distances": distances}


def population_row(group, recipe, part, learned):
    """What is said of one population."""
    times, runs = grok_times(part), learned.runs
    row = {"group": group, "order": part.runs["order"][0], "recipe": recipe, "networks": part.runs.height}
    row |= {"train_fraction": part.runs["train_fraction"][0], "learned": runs.height}
    row |= {"loss_1e-5": part.runs.filter(pl.col("test_loss") <= 1e-5).height, "steps": part.runs["steps"].median()}
    row |= {"grokked": part.runs["grok_step"].count(), "grok_step": times.median}
    row["grok_step_range"] = [part.runs["grok_step"].min(), part.runs["grok_step"].max()]
    if not runs.height:
        return row
    row |= {"width": runs["width"][0], "median_live": runs["live"].median()}
    covered = covered_shares(learned)
    for i, name in enumerate(covered.names):
        row[f"live neurons {name}"] = [covered.share[i], covered.low[i], covered.high[i]]
    strength = runs["explained_strength"].to_numpy()[:, None]
    low, high = mean_interval(strength) if runs.height >= 5 else ([None], [None])
    row["strength covered"] = [float(strength.mean()), low[0], high[0]]
    row["shares"] = {by: asdict(class_shares(learned, by)) for by in LABELS}
    row["shares_of_live"] = {by: asdict(class_shares(live_of(learned), by)) for by in LABELS}
    row["accounts"] = accounts_row(learned)
    return row


def accounts_row(part):
    """The strength that each account covers and, where they competed, how often it holds and is the best."""
    contested = part.runs.filter(pl.col("best_account").is_not_null())
    best = Counter(contested["best_account"].to_list())
    found = {"contests": contested.height, "best": dict(best.most_common()), "by_account": {}}
    of_contested = part.accounts.filter(pl.col("run").is_in(contested["run"].to_list()))
    for (account,), rows in part.accounts.group_by("account", maintain_order=True):
        told = of_contested.filter(pl.col("account") == account)
        verdicts = Counter(told["verdict"].to_list())
        found["by_account"][account] = {
            "strength": rows["strength"].mean(),
            "median_bits": rows["bits"].median(),
            "refused": rows["refused"].ne("").sum(),
            "holds": verdicts["holds"] / contested.height if contested.height else None,
            "recovered": told["recovered"].median(),
            "fidelity": told["fidelity"].median(),
        }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="page whose table between the marks is written anew")
    chosen = parser.parse_args()
    whole = read_census(chosen.lines)
    whole.save(chosen.out)
    found = summarise(whole)
    text = json.dumps(found, indent=1, default=lambda x: x.item()) + "\n"
    write_whole(chosen.out / "census.json", lambda path: path.write_text(text))
    if chosen.page:
        before, mark, rest = chosen.page.read_text().partition(BEGIN)
        page = before + mark + table(found) + "\n" + END + rest.partition(END)[2]
        write_whole(chosen.page, lambda path: path.write_text(page))
    print(table(found))


def table(found):
    """The table of docs/census.md."""
    lines = [HEAD]
    for row in found["populations"]:
        cells = [f"{row['group']} ({row['order']})", f"`{row['recipe']}`", f"{row['train_fraction']:.0%}"]
        cells += [f"{row['networks']}", f"{row['learned']}", _number(row["grok_step"])]
        if row["learned"]:
            cells += [f"{row['median_live']:.0f} of {row['width']}"]
            cells += [_percent(row[f"live neurons {name}"]) for name in ("covered", "p < 0.05", "by chance")]
            cells += [_percent(row["strength covered"])]
        else:
            cells += [""] * 5
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(x):
    return "not reached" if x is None else f"{x:,.0f}"


def _percent(of):
    mean, low, high = of
    return f"{100 * mean:.1f}" + ("" if low is None or np.isnan(low) else f" [{100 * low:.0f}, {100 * high:.0f}]")


if __name__ == "__main__":
    main()
