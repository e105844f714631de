"""The command that turns a folder of runs into tables: `census`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import rich
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from cosetta.cli.usage import leave_out
from cosetta.errors import BadConfig, BadRun
from cosetta.shown import plural

SHOWN = 12
"""Most populations, and most lines about skipped files, on the terminal; census.json has them all."""


def census(
    runs: Annotated[Path, Parameter(help="Folder that holds runs, at any depth.")],
    /,
    *,
    by: Annotated[
        Literal["subgroup", "irrep", "argmin"],
        Parameter(help="Label of the neurons: largest subgroup, dominant irrep, or the paper's rule (smallest C_H)."),
    ] = "subgroup",
    unit: Annotated[Literal["steps", "seconds"], Parameter(help="Unit of the grok times.")] = "steps",
    group: Annotated[str | None, Parameter(help="Only runs on this group.")] = None,
    recipe: Annotated[str | None, Parameter(help="Only runs of this recipe.")] = None,
    out: Annotated[Path | None, Parameter(help="Folder of the result. [default: RUNS/census]")] = None,
    weights: Annotated[
        Path | None, Parameter(help="Also write the folded weights there, a safetensors file a population.")
    ] = None,
    no_argmin: Annotated[bool, Parameter(help="Leave out the paper's labels, which read the weights.")] = False,
) -> None:
    """Count who learned what in a folder of runs: shares with intervals, accounts, time to grok, order of acquisition.

    Writes runs.parquet, neurons.parquet and accounts.parquet, census.json with the numbers shown, and shares.svg,
    grok_times.svg and acquisition.svg; with --weights the networks too. The order of acquisition is that of the runs
    that have a trajectory.json, which `cosetta sweep --trajectory` writes.

    Raises:
        BadConfig: if no run is left.
        BadRun: if no run can be read.
    """
    from cosetta.groups import read_group
    from cosetta.population import account_shares, acquisition, class_shares, covered_shares, grok_times, save_weights
    from cosetta.population import census as read
    from cosetta.population.acquisition import stored_trajectories

    if by == "argmin":
        leave_out({"no-argmin": no_argmin}, "other labels", "`--by argmin` counts the paper's")
    found = read(runs, argmin=by == "argmin" or not no_argmin)
    if not found.runs.height:
        first, *others = found.skipped
        more = f" (and {len(others)} more)" if others else ""
        raise BadRun(f"`{runs}` must hold a run that can be read; there is none: {first}{more}")
    wanted = {name: value for name, value in (("group", group), ("recipe", recipe)) if value is not None}
    for name, value in wanted.items():
        there = found.runs[name].unique().sort().to_list()
        if value not in there and name == "group":
            value = read_group(value).name  # the name that its runs have, of `s5` or `Z6`
        if value not in there:
            held = ", ".join(there)
            raise BadConfig(
                f"`--{name}` must be that of runs in `{runs}`; it holds {held}, not {value}: name one of them"
            )
        found = found.where(**{name: value})
    if not found.runs.height:
        raise BadConfig(f"`{runs}` must hold runs with both; no run of {group} is by {recipe}: leave one of them out")
    populations = found.populations()
    of = "irreps" if by == "irrep" else "classes"
    results = {
        "shares": _each(populations, lambda part: class_shares(part, by)),
        "covered": _each(populations, covered_shares),
        "accounts": _each(populations, account_shares),
        "grok_times": _each(populations, lambda part: grok_times(part, unit)),
        "acquisition": _each(populations, lambda part: acquisition(stored_trajectories(runs, part.runs["run"]), of)),
    }
    out = out or runs / "census"
    found.save(out)
    skipped = found.skipped if weights is None else (*found.skipped, *save_weights(found, runs, weights))
    _write(results, skipped, out)
    _show(results, populations, skipped)
    _show_followed(results["acquisition"], found)
    files = "runs.parquet, neurons.parquet, accounts.parquet, census.json, three figures"
    rich.print(f"[dim]{escape(str(out))}: {files}[/dim]")
    if weights is not None:
        rich.print(f"[dim]{escape(str(weights))}: folded weights, a safetensors file a population[/dim]")


def _each(populations: Mapping[str, Any], measure: Callable[[Any], Any]) -> dict[str, dict[str, Any]]:
    """A measure of each population that has what it needs."""
    results = {}
    for name, part in populations.items():
        try:
            results[name] = asdict(measure(part))
        except BadConfig:  # nothing finished or explained in it: its row says so
            continue
    return results


def _write(results: Mapping[str, Any], skipped: tuple[str, ...], out: Path) -> None:
    """The numbers, and the figures that are drawn from them."""
    import matplotlib

    from cosetta.files import write_whole
    from cosetta.report.figures import population as figures
    from cosetta.report.figures.style import STYLE

    text = json.dumps({"schema": 1, **results, "skipped": skipped}, indent=1) + "\n"
    write_whole(out / "census.json", lambda path: path.write_text(text, encoding="utf-8"))
    drawn = {
        "shares": figures.draw_shares,
        "grok_times": figures.draw_grok_times,
        "acquisition": figures.draw_acquisition,
    }
    for name, draw in drawn.items():
        with matplotlib.rc_context(STYLE):
            figure = draw(results[name])
            write_whole(out / f"{name}.svg", lambda path, figure=figure: figure.savefig(path, format="svg"))


def _show(results: Mapping[str, Any], populations: Mapping[str, Any], skipped: tuple[str, ...]) -> None:
    for name, part in list(populations.items())[:SHOWN]:
        status = part.runs["status"].value_counts(sort=True, name="n").rows()
        title = f"{name}: " + ", ".join(f"{number} {word}" for word, number in status)
        grokked = _grokked(results["grok_times"].get(name))
        if shares := results["shares"].get(name):
            rich.print(_table(title, shares, grokked))
            if covered := results["covered"].get(name):
                print(_covered(covered))
            if accounts := results["accounts"].get(name):
                rich.print(_accounts(accounts))
        else:
            missing = "no finished run is explained: `cosetta explain RUN` or `cosetta sweep` does it"
            missing += " (folding.json has the parts of one that does not fold)"
            print(title, missing if name in results["grok_times"] else "no shares", grokked, sep="\n  ")
    if len(populations) > SHOWN:
        rich.print(f"[dim]and {plural(len(populations) - SHOWN, 'more population')}[/dim]")
    for line in skipped[:SHOWN]:
        rich.print(f"[yellow]skipped[/yellow] {escape(line)}")
    if len(skipped) > SHOWN:
        rich.print(f"[yellow]skipped[/yellow] {plural(len(skipped) - SHOWN, 'more file')}, see census.json")


def _show_followed(orders: Mapping[str, Mapping[str, Any]], found: Any) -> None:
    """How many runs the order of acquisition rests on, if not on all that are finished."""
    with_one, finished = sum(order["runs"] for order in orders.values()), (found.runs["status"] == "finished").sum()
    if with_one < finished:
        print(
            f"order of acquisition: {with_one} of {plural(finished, 'finished run')} with a trajectory.json; "
            "`cosetta sweep --trajectory` writes it, also for runs that are there"
        )


def _table(title: str, shares: Mapping[str, Any], grokked: str) -> Table:
    """Shares of one population, with its runs above and its grok times below."""
    from cosetta.report.notation import percent, plain_class

    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, caption_justify="left")
    table.add_column(shares["by"])
    for column in ("share", "95 % interval", "in runs"):
        table.add_column(column, justify="right")
    columns = ("names", "share", "low", "high", "found_in")
    for label, share, low, high, found in zip(*(shares[key] for key in columns), strict=True):
        interval = "n too small" if low is None else f"{percent(low, 1)} to {percent(high, 1)}"
        table.add_row(escape(plain_class(label)), percent(share, 1), interval, percent(found, 0))
    table.caption = escape(grokked)
    return table


def _covered(covered: Mapping[str, Any]) -> str:
    """The share of the live neurons in cosets as three numbers, in one line."""
    from cosetta.report.notation import percent

    words = {"covered": "covered", "p < 0.05": "with p < 0.05", "by chance": "random neurons of the same irreps reach"}
    parts = []
    for name, share, low, high in zip(*(covered[key] for key in ("names", "share", "low", "high")), strict=True):
        interval = "" if low is None else f" [{percent(low, 1)}, {percent(high, 1)}]"
        order = (words[name], percent(share, 1)) if name == "by chance" else (percent(share, 1), words[name])
        parts.append(f"{' '.join(order)}{interval}")
    note = f" ({covered['note']})" if covered["note"] else ""
    return f"live neurons in cosets: {'; '.join(parts)}{note}"


def _accounts(found: Mapping[str, Any]) -> Any:
    """What each account covers in the runs of a population, and recovers where they competed."""
    from cosetta.report.notation import count, percent
    from cosetta.report.terminal import Folded

    competed = any(value is not None for value in found["holds"])
    order = ("account", "strength", "95 % interval", "bits (median)", "runs")
    keep = ("account", "strength", "bits (median)", "95 % interval", "runs")
    if competed:
        order = (*order, "recovered", "fidelity", "holds in", "best in")
        keep = ("account", "strength", "recovered", "holds in", "best in", "fidelity", *keep[2:])
    rows = tuple(
        {
            "account": found["titles"][i],
            "strength": percent(found["strength"][i], 1),
            "95 % interval": "n too small"
            if found["low"][i] is None
            else f"{percent(found['low'][i], 1)} to {percent(found['high'][i], 1)}",
            "bits (median)": count(round(found["bits"][i])),
            "runs": count(found["runs"][i]),
            "recovered": percent(found["recovered"][i], 1),
            "fidelity": percent(found["fidelity"][i], 1),
            "holds in": percent(found["holds"][i], 0),
            "best in": percent(found["best"][i], 0),
        }
        for i in range(len(found["names"]))
    )
    return Folded(order, keep, rows, ("account",), 5 if competed else 3)


def _grokked(times: Mapping[str, Any] | None) -> str:
    """Median grok time in words."""
    if times is None:
        return "no finished run"
    digits = 0 if times["unit"] == "steps" else 1
    shown = {key: "later" if times[key] is None else f"{times[key]:,.{digits}f}" for key in _MEDIAN}
    censored = f"{times['censored']} of {plural(times['runs'], 'run')} censored"
    if times["median"] is None:
        return f"fewer than half of the runs grokked, so there is no median; {censored}"
    if times["runs"] < 5:
        interval = "n too small for an interval"
    else:
        interval = f"95 % interval {shown['median_low']} to {shown['median_high']}"
    return f"grokked after {shown['median']} {times['unit']} (median; {interval}); {censored}"


_MEDIAN = ("median", "median_low", "median_high")
