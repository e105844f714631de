"""The numbers in the README: a table from the demo itself, `cosetta run S5` as a user gives it, and what was counted.

    python scripts/readme_numbers.py            runs the demo, writes docs/readme_numbers.json and README.md
    python scripts/readme_numbers.py --census   writes what README.md says of populations, from docs/census/census.json
    python scripts/readme_numbers.py --check    says whether README.md shows what both files hold

A test makes the check, so that nobody edits one without the other.
"""

import argparse
import datetime
import resource
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cosetta import Analysis, load_analysis, load_run
from cosetta.files import read_json, write_json, write_text
from cosetta.report.notation import drawn, percent, plain_class, scientific
from cosetta.results import Control

ROOT = Path(__file__).parents[1]
NUMBERS = ROOT / "docs" / "readme_numbers.json"
README = ROOT / "README.md"
CENSUS = ROOT / "docs" / "census" / "census.json"
BEGIN, END = "<!-- numbers: begin (make numbers) -->\n", "<!-- numbers: end -->\n"
CENSUS_BEGIN, CENSUS_END = "<!-- census: begin (scripts/readme_numbers.py --census) -->\n", "<!-- census: end -->\n"


def measured() -> dict[str, Any]:
    """The demo's numbers."""
    with tempfile.TemporaryDirectory() as place:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        command = [sys.executable, "-m", "cosetta", "run", "S5"]
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        (folder,) = (Path(place) / "runs").iterdir()
        return facts(load_analysis(folder)) | {
            "date": datetime.date.today().isoformat(),
            "steps": int(load_run(folder).metrics["step"][-1]),
            "processor_seconds": round(seconds, 1),
        }


def facts(analysis: Analysis) -> dict[str, Any]:
    """What the README says of an analysis."""
    rows = {row.id: row for row in analysis.evidence}
    ablated = [circuit.ablation.verdict for circuit in analysis.coset.circuits if circuit.ablation is not None]
    classes = [row for row in analysis.coset.classes if row.subgroup not in ("none", "dead")]
    return {
        "accuracy": analysis.accuracy,
        "loss": analysis.loss,
        "neurons": analysis.width,
        "live": len(analysis.live),
        "covered": len(analysis.coset.covered),
        "classes": [[plain_class(row.subgroup), row.neurons, row.strength] for row in classes],
        "coset_means": rows["coset-means"].accuracy,
        "control": None if (control := rows["coset-means"].control) is None else asdict(control),
        "covered_by_their_mean": rows["covered-by-mean"].accuracy,
        "circuits": len(ablated),
        "circuits_as_predicted": ablated.count("as predicted"),
        "chance": None if analysis.chance is None else asdict(analysis.chance),
        "best": _best(analysis),
    }


def _best(analysis: Analysis) -> dict[str, Any] | None:
    """The arena's best account of the network."""
    if analysis.arena is None or not analysis.arena.best:
        return None
    record, alone = analysis.account(analysis.arena.best), analysis.arena.contest(analysis.arena.best, "alone")
    return {
        "title": record.title,
        "bits": record.bits,
        "lookup_bits": analysis.arena.lookup_bits,
        "accuracy": alone.accuracy,
        "fidelity": alone.fidelity,
        "control": None if alone.control is None else alone.control.accuracy,
    }


def table(numbers: dict[str, Any]) -> str:
    """The table as Markdown."""
    classes = ", ".join(f"{name} ({count}; {percent(share)})" for name, count, share in numbers["classes"])
    dead, control = numbers["neurons"] - numbers["live"], numbers["control"]
    circuits = f"{numbers['circuits_as_predicted']} of {numbers['circuits']}"
    covered = f"{numbers['covered']} of {numbers['live']} live ones; {dead} of {numbers['neurons']} are dead"
    chance, best = numbers["chance"], numbers["best"]
    rows = {
        "accuracy on all 14,400 products, loss": f"{percent(numbers['accuracy'])}, {scientific(numbers['loss'])} nats",
        "neurons covered by cosets": covered,
        "beyond chance (p < 0.05); random neurons of the same irreps would reach": (
            f"{percent(chance['significant'])}; {percent(chance['by_chance'])}" if chance else "–"
        ),
        "classes found (neurons; share of logit variance)": classes,
        "accuracy with left, right and out replaced by their coset means": percent(numbers["coset_means"]),
        "the same with random subgroups of the same index (control)": drawn(
            control and Control(**control | {"accuracy_interval": tuple(control["accuracy_interval"])})
        ),
        "the same with the mean of each covered neuron (control)": percent(numbers["covered_by_their_mean"]),
        "circuits whose removal raises the logits of their own coset, as predicted": circuits,
        "best of thirteen accounts, alone": _said(best) if best else "none holds",
    }
    spent = f"{numbers['steps']:,} steps, {numbers['processor_seconds']:.0f} s of one core in all"
    head = f"This is what `make demo` (S5, seed 0) gave on {numbers['date']}; {spent}:\n\n| | |\n|---|---|\n"
    return head + "".join(f"| {name} | {value} |\n" for name, value in rows.items()).replace("\u00a0", " ")


def _said(best: dict[str, Any]) -> str:
    """The best account in one cell."""
    control = f", its control {percent(best['control'])}" if best["control"] is not None else ""
    return (
        f"{best['title']}: {best['bits']:,.0f} bits (a table takes {best['lookup_bits']:,.0f}), accuracy "
        f"{percent(best['accuracy'])}{control}, {percent(best['fidelity'], 1)} of the logits' variance"
    )


def populations(found: dict[str, Any]) -> str:
    """What the README says of the census: its size, and whether speed changes the circuit."""
    rows = {(row["group"], row["recipe"]): row for row in found["populations"]}
    networks, groups = sum(row["networks"] for row in rows.values()), len({group for group, _ in rows})

    def apart(group: str, recipes: tuple[str, str], by: str) -> str:
        (row,) = [
            row
            for row in found["distances"]
            if (row["group"], tuple(row["recipes"]), row["by"], row["of"]) == (group, recipes, by, "live neurons")
        ]
        p = f"p = {row['p_value']:.2g}" if row["p_value"] >= 0.001 else "p < 0.001"
        return f"{row['distance']:.2f}, by chance {row['by_chance']:.2f}, {p}"

    def left_over(recipe: str) -> str:
        of = {kind: rows["S5", recipe][kind]["subgroup"] for kind in ("shares", "shares_of_live")}
        dead, none = (
            dict(zip(shares["names"], shares["share"], strict=True)).get(name, 0.0)
            for shares, name in ((of["shares"], "dead"), (of["shares_of_live"], "none"))
        )
        return f"{100 * dead:.0f} % and {100 * none:.0f} % in {rows['S5', recipe]['learned']} networks of `{recipe}`"

    speed = ("fast", "stander2024")
    text = (
        f"{networks:,} networks on {groups} groups, by three recipes, are counted in [docs/census.md](docs/census.md). "
        "Does speed change the circuit? On S5 not its irreps (distance between `fast` and the paper's own recipe "
        f"{apart('S5', speed, 'irrep')}), its subgroups a little ({apart('S5', speed, 'subgroup')}), and above all "
        f"what is left over: neurons that are dead, and live ones on no coset, are {left_over('fast')}, "
        f"{left_over('stander2024')}. On A5 its irreps a little ({apart('A5', speed, 'irrep')}); the recipe of Wu et "
        f"al., no slower than `fast`, changes them far more there ({apart('A5', ('fast', 'wu2024'), 'irrep')}; "
        "[docs/populations.md](docs/populations.md))."
    )
    return "\n".join(textwrap.wrap(text, 140, break_long_words=False, break_on_hyphens=False)) + "\n"


def shown(text: str, begin: str = BEGIN, end: str = END) -> str:
    """The part of the README between the marks."""
    return text.partition(begin)[2].partition(end)[0]


def written(text: str, numbers: dict[str, Any]) -> str:
    """The README with the table of these numbers."""
    return put(text, table(numbers), BEGIN, END)


def put(text: str, part: str, begin: str, end: str) -> str:
    """The README with another part between the marks."""
    before, _, rest = text.partition(begin)
    return before + begin + part + end + rest.partition(end)[2]


def counted() -> str:
    """What the README should say of the census there is."""
    return populations(read_json(CENSUS, dict, what="the numbers of the census", advice="make them again"))


def main() -> None:
    """Measure and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--census", action="store_true")
    chosen, text = parser.parse_args(), README.read_text(encoding="utf-8")
    if chosen.check:
        numbers = read_json(NUMBERS, dict, what="the numbers of the README", advice="run `make numbers`")
        sys.exit(shown(text) != table(numbers) or shown(text, CENSUS_BEGIN, CENSUS_END) != counted())
    if chosen.census:
        write_text(README, put(text, counted(), CENSUS_BEGIN, CENSUS_END))
        return
    numbers = measured()
    write_json(NUMBERS, numbers)
    write_text(README, written(README.read_text(encoding="utf-8"), numbers))
    print(table(numbers))


if __name__ == "__main__":
    main()
