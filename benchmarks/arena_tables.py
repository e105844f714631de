"""Tables of the arena's result as Markdown lines, from comparisons; used by benchmarks/arena_results.py."""

from collections import Counter

import numpy as np
import polars as pl

from cosetta.population.shares import FEWEST_RUNS
from cosetta.report.notation import count, percent

__all__ = [
    "TWINS",
    "data_table",
    "exchange_table",
    "ideal_lines",
    "open_table",
    "recipe_table",
    "relation_table",
    "short_path",
    "twins_table",
]

SHOWN = ("coset", "twisted", "rho_set", "rho_set_uniform", "rank_one", "irrep", "quotient", "gcr")
TWINS = ("S5_T_seed1", "S5_T_seed2")
MARKS = {"holds": "✓", "fails": "✗", "cannot tell": "?", "not applicable": "–"}


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
    yield from ("", *(f"- Refused: {short_path(line)}" for line in refused), "")
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
    yield _row("share of hidden explained by them, %", (_pct(n.irreps.hidden_share) for n in networks))
    yield _row("live neurons", (str(len(n.live)) for n in networks))
    yield _row("loss", (f"{n.loss:.3e}" for n in networks))
    yield _row("best (shorter than the table)", (_code(n.best) for n in networks))
    yield "\nPer cent, seed 1 / seed 2; accuracy and control are of the covered neurons alone, idealised.\n"
    columns = (
        "strength covered",
        "accuracy alone",
        "control",
        "loss recovered",
        "logits reproduced",
        "verdict",
        "bits",
    )
    yield f"| account | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}"
    for account in data.accounts:
        one, other = (data.entry(name, account.id) for name in TWINS)
        cells = [f"{_pct(one.strength)} / {_pct(other.strength)}", f"{_pct(one.accuracy)} / {_pct(other.accuracy)}"]
        controls = ("–" if e.control is None else _pct(e.control.accuracy) for e in (one, other))
        cells += [" / ".join(controls), f"{_pct(one.recovered)} / {_pct(other.recovered)}"]
        cells += [f"{_pct(one.fidelity)} / {_pct(other.fidelity)}", f"{one.verdict} / {other.verdict}"]
        yield _row(f"`{account.id}`", [*cells, f"{count(round(one.bits))} / {count(round(other.bits))}"])
    yield "\n![Bits against the variance of the logits that is reproduced](twins.svg)\n"


def recipe_table(sets, rows, chances):
    """Groups and recipes against accounts: means over networks."""
    yield "## Networks trained here\n"
    yield "Mean strength covered in per cent, with its 95 % bootstrap over networks where there are at least five"
    yield "(else n is too small for one), and on how many networks the account holds. *Neurons*: mean share of live"
    yield "neurons in cosets / with p < 0.05 / that random neurons of the same irreps reach, per cent.\n"
    yield f"| group | recipe | networks | neurons | {' | '.join(f'`{id}`' for id in SHOWN)} | best |"
    yield f"|---|---|---|---|{'---|' * len(SHOWN)}---|"
    for group in dict.fromkeys(rows.filter(pl.col("set") != "data")["group"]):
        for name, part in sets.items():
            found = {s.account: s for s in part.summaries if s.group == group}
            if name == "data" or not found:
                continue
            networks = [n for n in part.networks if n.group == group]
            best = Counter(n.best or "none" for n in networks)
            cells = [_mean(found[id]) if id in found else "refused" for id in SHOWN]
            shares = np.array([[c.covered, c.significant, c.by_chance] for n in networks if (c := chances[n.name])])
            three = " / ".join(_pct(x, short=True) for x in shares.mean(axis=0)) if len(shares) else "–"
            number = f"{len(networks)}" if len(networks) >= FEWEST_RUNS else f"{len(networks)}: n too small"
            yield f"| {group} | `{name}` | {number} | {three} | {' | '.join(cells)} | {_counted(best)} |"
    yield "\nVariance of the logits that the ideal reproduces, per cent, where n >= 5:\n"
    yield f"| group | recipe | {' | '.join(f'`{id}`' for id in SHOWN)} |\n|---|---|{'---|' * len(SHOWN)}"
    for name, part in sets.items():
        for group in dict.fromkeys(s.group for s in part.summaries if s.networks >= FEWEST_RUNS and name != "data"):
            found = {s.account: s.fidelity for s in part.summaries if s.group == group}
            yield _row(f"{group} | `{name}`", (_interval(found[id]) if id in found else "refused" for id in SHOWN))
    yield ""


def exchange_table(sets):
    """Equivalence tests, counted over networks."""
    yield "## Exchange tests\n"
    yield "Activations are exchanged between inputs that the account calls equal. Networks on which the loss does not"
    yield "move / does / the test says nothing (no two inputs are equal, or even random exchanges do not hurt); in"
    yield "brackets the median of what the loss moves, in per cent of what exchanges of random inputs move it.\n"
    columns = [("published", "data", None)]
    for name in sets:
        if name != "data":
            columns += [(f"`{name}`, {group}", name, {group}) for group in ("S5", "A5")]
    rest = {n.group for n in sets["fast"].networks} - {"S5", "A5"}
    columns.append(("`fast`, other groups", "fast", rest))
    yield f"| account | equal inputs | {' | '.join(title for title, *_ in columns)} |\n|---|---|{'---|' * len(columns)}"
    for account in sets["data"].accounts:
        cells, words = [], ""
        for _, name, groups in columns:
            losses = {n.name: n.loss for n in sets[name].networks if groups is None or n.group in groups}
            entries = [e for e in sets[name].entries if e.account == account.id and e.exchange and e.network in losses]
            words = words or (entries[0].exchange.equivalence if entries else "")
            cells.append(_exchanged([(e.exchange, losses[e.network]) for e in entries]))
        if words:
            yield _row(f"`{account.id}` | {words}", cells)
    yield ""


def _exchanged(tests):
    """Verdicts and what the loss moves; `tests` are pairs of a test and the network's loss."""
    if not tests:
        return "–"
    counts = Counter(test.verdict for test, _ in tests)
    shares = [(t.loss - loss) / (t.control_loss - loss) for t, loss in tests if t.verdict in {"holds", "fails"}]
    middle = f" [{100 * max(0.0, np.median(shares)):.2f}]" if shares else ""
    return f"{counts['holds']} / {counts['fails']} / {counts['not applicable']}{middle}"


def relation_table(sets):
    """On how many networks two accounts cover the same neurons."""
    yield "## Where accounts coincide\n"
    yield "Networks on which both cover the same neurons (99 % of the strength that either covers), of those where both"
    yield "cover some.\n"
    pairs = [("coset", "rho_set"), ("twisted", "rho_set"), ("coset", "rank_one"), ("rho_set", "rank_one")]
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
    """Networks that no account explains in fewer bits than the table has, and neurons that none covers."""
    yield "## What no account explains\n"
    yield "Networks without a best account. *Shortest*: fewest bits among those that hold and reproduce 80 % of the"
    yield "logits' variance, the table apart. *Closest*: reproduces most of it, of those that hold. *Uncovered*:"
    yield "strength of the neurons that no account of neurons covers, per cent.\n"
    yield "| network | group | shortest, bits | table, bits | closest, % | uncovered |\n|---|---|---|---|---|---|"
    for part in sets.values():
        faithful = part.thresholds["faithful_at"]
        for network in part.networks:
            if network.best:
                continue
            holds = [e for e in part.of(network.name) if e.verdict == "holds" and e.account != "lookup"]
            enough = [e for e in holds if e.fidelity >= faithful]
            shortest = min(enough, key=lambda e: e.bits, default=None)
            closest = max(holds, key=lambda e: e.fidelity, default=None)
            cells = [network.group, f"`{shortest.account}`, {count(round(shortest.bits))}" if shortest else "none"]
            cells += [count(round(network.lookup_bits))]
            cells += [f"`{closest.account}`, {_pct(closest.fidelity, short=True)}" if closest else "none"]
            yield _row(network.name, [*cells, _pct(sum(neuron.strength for neuron in network.uncovered), short=True)])
    yield ""


def ideal_lines(ideal):
    """Rho-sets against the idealised networks of Wu et al."""
    if ideal is None:
        return
    n, neurons = ideal["networks"], ideal["neurons"]
    irreps = ", ".join(f"{key} is {' or '.join(names)}" for key, names in ideal["irreps"].items())
    yield "## Idealised S4 networks of Wu et al. (2024)\n"
    yield "- |B|, counted from the functions without any fit, is the index of the stabiliser that was fitted, in every"
    yield f"  rho-set: {ideal['index_agrees']} of {n} networks."
    for row in ideal["rows"]:
        for found in row["sets"]:
            if found["points"] != found["index"]:
                points, index = found["points"], found["index"]
                yield f"- In network {row['network']} a set has {points} vectors, and its stabiliser index {index}."
    yield f"- Rho-sets cover every live neuron: {ideal['all_covered']} of {n} networks, {neurons['covered']} neurons."
    yield f"- Irreps of these neurons {'agree' if ideal['irreps_agree'] else 'do not agree'} with theirs: {irreps}."
    yield f"- They give an irrep to {neurons['listed']} neurons, {neurons['listed_live']} of which move a logit;"
    yield "  the others are zero in at least one function.\n"


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
    """Per cent without the sign; what is below 1 never prints as 100, what rounds to 0 as 0."""
    if share is None:
        return "–"
    share = min(share, 1.0) if abs(share) > 5e-5 else 0.0
    return percent(share, 1 if short else 2).removesuffix("\u00a0%")


def _counted(counts, most=None):
    return ", ".join(f"{name} {n}" for name, n in counts.most_common(most))


def _code(name):
    return f"`{name}`" if name else "none"


def _row(name, cells):
    return f"| {name} | {' | '.join(cells)} |"


def short_path(line):
    """A line without the folders of this machine."""
    return " ".join(Path(word).name if word.startswith("/") else word for word in line.split())
