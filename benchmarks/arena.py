"""Time of the analysis by account: facts, fit, contests, controls, exchange, single neurons.

Run `python benchmarks/arena.py` (S5, 128 neurons) or with `--group S6 --width 256`. One thread. The networks are
written by hand: complete coset circuits of two classes, cut or repeated to the width, so that every account has neurons
to cover. Goals: 15 s of one core for S5, 90 s for S6, below 2 GB.
"""

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch

from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.errors import Unsupported
from cosetta.evidence import arena as arena_module
from cosetta.groups import Group, named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.hypotheses import ACCOUNTS
from cosetta.measures import measure
from cosetta.models import FoldedModel
from cosetta.models.planted import CosetPlan, plant

CIRCUITS = {"S5": (("S4", "(4,1)"), ("A4", "(2,1^3)")), "S6": (("S5", "(5,1)"), ("S4xC2", "(4,2)"))}


def network(group: Group, width: int) -> FoldedModel:
    """Coset circuits of this width with a little noise."""
    lattice, named = subgroup_lattice(group), {irrep.name: irrep for irrep in irreps(group)}
    plans = [
        CosetPlan(lattice.subgroup(lattice.names.index(H)), named.get(irrep), partners=False)
        for H, irrep in CIRCUITS.get(group.name, ())
        if H in lattice.names
    ]
    generator = torch.Generator().manual_seed(0)
    model = plant(group, plans, generator, noise=1e-3).folded.to(dtype=torch.float32)
    chosen = torch.arange(width) % model.width
    return model.keep(chosen)


class Stopwatch:
    """CPU seconds by account and part."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)

    def around(self, part: str, function: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.process_time()
            found = function(*arguments, **named)
            self.seconds[name(*arguments), part] += time.process_time() - started
            return found

        return timed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--group", default="S5")
    parser.add_argument("--width", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(1)
    group, config, watch = named_group(options.group), AnalysisConfig(), Stopwatch()
    model = network(group, options.width)
    subgroup_lattice(group)  # known for a session; not what is timed
    started = time.process_time()
    facts = measure(model, group, config)
    measured = time.process_time() - started
    for kind in ACCOUNTS:
        began = time.process_time()
        try:
            kind.fit(facts, config).record()
        except Unsupported:
            continue
        watch.seconds[kind.id, "fit"] += time.process_time() - began
    accounts, records = fit_accounts(facts, config)
    scale = arena_module._Scale
    of_account = lambda account, *_: account.id  # noqa: E731
    arena_module.exchange = watch.around("exchange", arena_module.exchange, of_account)
    arena_module.single_neurons = watch.around("single", arena_module.single_neurons, of_account)
    scale.draws = watch.around("controls", scale.draws, lambda _, account, *__: account.id)
    scale.contest = watch.around("contests", scale.contest, lambda _, account, *__: account.id)
    began = time.process_time()
    arena_module.compete(facts, accounts, records, config)
    competed = time.process_time() - began
    parts = ("fit", "contests", "controls", "exchange", "single")
    print(f"{group.name}, {model.width} neurons; CPU seconds on one thread\n")
    print(f"{'account':16}" + "".join(f"{part:>10}" for part in parts) + f"{'sum':>10}")
    for kind in ACCOUNTS:
        row = [watch.seconds[kind.id, part] for part in parts]
        print(f"{kind.id:16}" + "".join(f"{value:10.2f}" for value in row) + f"{sum(row):10.2f}")
    fit = sum(watch.seconds[kind.id, "fit"] for kind in ACCOUNTS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nfacts {measured:.2f}, fit {fit:.2f}, arena {competed:.2f}, together {measured + fit + competed:.2f} s")
    print(f"peak memory {memory:.2f} GB")


if __name__ == "__main__":
    main()
