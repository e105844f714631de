"""The reproduction as one readable function: train what is missing, measure every run, state tables, figures, claims.

Everything about a run is cached in its folder, so an interrupted reproduction goes on where it stopped, and a quick one
differs from a full one in its seeds alone. A run that fails or is damaged is named in `missing` and left out.
"""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from cosetta._version import __version__
from cosetta.errors import BadConfig, BadRun, CosettaError
from cosetta.groups import Group, named_group
from cosetta.machine import usable_cores
from cosetta.population import census
from cosetta.reproduce.stander2024.arguments import argument_table
from cosetta.reproduce.stander2024.census_tables import census_distances, census_shares, distance_table
from cosetta.reproduce.stander2024.controls import RandomControl, random_control
from cosetta.reproduce.stander2024.counts import COUNTED, indicator_table, subgroup_counts
from cosetta.reproduce.stander2024.exact_claims import corrections_table, exact_claims, unchecked_claims
from cosetta.reproduce.stander2024.exemplars import formation, out_heat_map, sign_paths
from cosetta.reproduce.stander2024.facts import architecture, census_facts, population_facts
from cosetta.reproduce.stander2024.gcr_tables import gcr_table, key_count_table, key_irreps_table
from cosetta.reproduce.stander2024.measures import CACHE
from cosetta.reproduce.stander2024.network_claims import network_claims
from cosetta.reproduce.stander2024.neuron_claims import neuron_claims
from cosetta.reproduce.stander2024.populations import Member, Population, measure_folder
from cosetta.reproduce.stander2024.results import Claim, FigureFacts, Reproduction, Table
from cosetta.reproduce.stander2024.tables import (
    coset_free_table,
    hyperparameters,
    interventions,
    out_correlations,
    shares,
)
from cosetta.sweep import SweepProgress, sweep
from cosetta.sweep.locks import sole_use
from cosetta.training.config import TrainConfig
from cosetta.training.recipes import RECIPES
from cosetta.training.run_folder import load_run
from cosetta.training.trainer import is_large, train

__all__ = ["Progress", "reproduce"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and its total."""

CACHES = ("analysis.json", CACHE, "trajectory.json")
"""Files of a measured run."""

CONTROLS = 3
"""Fresh networks behind the control of Table 1, up to order 200; one above, where one takes seconds."""

FORMED = {"S5": ("F20", "S3xS2", "A4", "S4"), "S6": ("S5", "S5*", "S4xS2", "(S3xS3):C2")}
"""Classes whose formation is shown; the paper shows three of S5."""

SAME = ("embed_dim", "width", "activation", "train_fraction", "split")
"""What runs of another recipe must have as the recipe says to enter the census; they may be shorter, which is noted."""

LARGEST = 20
"""Classes in Table 5 of a group with more than this."""


def reproduce(
    runs: Path,
    *,
    groups: Sequence[str] = ("S5", "S6"),
    seeds: Sequence[int] = tuple(range(128)),
    s6_seeds: Sequence[int] = (0,),
    recipe: str = "fast",
    census_seeds: Mapping[str, Sequence[int]] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Reproduction:
    """Make every table and figure of the paper again and hold each of its claims against ours.

    Runs that are already in the folder are not trained again. Runs of other recipes that lie there enter the census.

    Args:
        runs: the folder that holds the run folders; made if missing.
        groups: names of the groups; the claims are about S5 and S6.
        seeds: seeds of every group but S6.
        s6_seeds: seeds of S6.
        recipe: how to train.
        census_seeds: seeds of further recipes to train on the first group, for the census, by recipe.
        workers: processes that train and measure; None is the number of usable cores.
        progress: called as each step goes on.
        overrides: other fields of `TrainConfig` than the recipe's, such as a smaller network.

    Returns:
        The reproduction; runs that could not be used are in `missing`.

    Raises:
        BadConfig: if the recipe is unknown, a seed or setting is out of range, or no group is given.
        Unsupported: if a group is unknown.
        OSError: if a file cannot be written.

    Source:
        Stander et al. 2023 (arXiv:2312.06581).
    """
    started = time.monotonic()
    if recipe not in RECIPES or not groups:
        raise BadConfig(f"`recipe` must be one of {', '.join(RECIPES)} with at least one group; got '{recipe}'")
    tell: Progress = progress or (lambda step, done, total: None)
    count = workers or usable_cores()
    named = {group.name: group for group in map(named_group, groups)}
    wanted = [(name, recipe, s6_seeds if name == "S6" else seeds) for name in named]
    wanted += [(next(iter(named)), other, chosen) for other, chosen in (census_seeds or {}).items() if other != recipe]
    wanted.sort(key=lambda part: -named[part[0]].order)  # the longest runs first, so that no core waits for them
    configs = [RECIPES[how](name, seed, **(overrides or {})) for name, how, numbers in wanted for seed in numbers]
    _train_large(configs, named, runs, count, tell)
    missing = _train(configs, runs, count, tell)
    folders = {config.run_name for config in configs} | _other_recipes(runs, named, recipe)
    missing |= _measure([runs / name for name in sorted(folders - set(missing))], count, tell)
    populations = _populations(runs, folders - set(missing), named, recipe, missing)
    tell("stating the results", 0, 1)
    found = _state(runs, named, populations, recipe, missing)
    tell("stating the results", 1, 1)
    settings = {
        "groups": list(named),
        "recipe": recipe,
        "seeds": {name: list(s6_seeds if name == "S6" else seeds) for name in named},
        "census_seeds": {name: list(numbers) for name, numbers in (census_seeds or {}).items()},
        "overrides": dict(overrides or {}),
    }
    return Reproduction(
        settings=settings,
        populations={population.name: len(population.members) for population in populations if population.members},
        tables=found[0],
        figures=found[1],
        claims=found[2],
        missing=(*(f"{name}: {reason}" for name, reason in sorted(missing.items())), *_unformed(populations, recipe)),
        command=_command(list(named), seeds, s6_seeds, recipe, census_seeds or {}),
        seconds=time.monotonic() - started,
        versions={"cosetta": __version__, "python": platform.python_version(), "torch": str(torch.__version__)},
    )


def _state(
    runs: Path, groups: Mapping[str, Group], populations: Sequence[Population], recipe: str, missing: Mapping[str, str]
) -> tuple[tuple[Table, ...], tuple[FigureFacts, ...], tuple[Claim, ...]]:
    """Tables, figures and claims of all populations."""
    counts = subgroup_counts(list(dict.fromkeys([*COUNTED, *groups])))
    tables, figures, claims = [counts, coset_free_table()], [], []
    indicators = {name: indicator_table(group, LARGEST if name == "S6" else None) for name, group in groups.items()}
    for name, group in groups.items():
        own = [population for population in populations if population.group.name == group.name]
        population = next(p for p in own if p.recipe == recipe)
        slow = next((p for p in own if p.recipe == "stander2024" and p.members), None)
        control = random_control(group, CONTROLS if group.order <= 200 else 1)
        tables += [*_tables(population, control, own), indicators[name]]
        figures += _figures(population)
        if name in FORMED:
            claims += [*neuron_claims(population, control), *network_claims(population, slow)]
        if len([p for p in own if p.members]) > 1:
            tables += [census_shares(name, own, by) for by in ("subgroup", "irrep")]
            tables.append(distance_table(name, census_distances(census(runs, argmin=False), name, own), own))
            figures += census_facts(name, own)
    claims += [*exact_claims(list(groups), indicators.get("S5")), *unchecked_claims()]
    corrections = corrections_table(list(groups), counts, indicators.get("S5"))
    tables += [corrections] if corrections.rows else []
    return tuple(tables), tuple(figures), tuple(claims)


def _tables(population: Population, control: RandomControl, own: Sequence[Population]) -> list[Table]:
    return [
        interventions(population, control),
        hyperparameters(population.group.name, own),
        out_correlations(population),
        shares(population),
        gcr_table(population),
        key_irreps_table(population),
        key_count_table(population),
        argument_table(population.group, population),
    ]


def _figures(population: Population) -> list[FigureFacts]:
    group, members = population.group, population.members
    if not members:
        return []
    config = members[0].run.config
    formed = [formation(population, name) for name in FORMED.get(group.name, ())]
    chosen = [sign_paths(population), *formed, out_heat_map(population)]
    return [
        architecture(group.name, group.order, config.embed_dim, config.width),
        *(facts for facts in chosen if facts is not None),
        *population_facts(population),
    ]


def _unformed(populations: Sequence[Population], recipe: str) -> list[str]:
    """The formation figures that there is no neuron for."""
    return [
        f"figure formation-{p.group.name}-{name}: no covered neuron of {name} among the exemplars of {p.runs}"
        for p in populations
        if p.recipe == recipe and p.members
        for name in FORMED.get(p.group.name, ())
        if all(exemplar.subgroup != name for member in p.members for exemplar in member.analysis.coset.exemplars)
    ]


def _train_large(
    configs: Sequence[TrainConfig], groups: Mapping[str, Group], runs: Path, workers: int, tell: Progress
) -> None:
    """Train large networks one by one on all cores, if they are too few to give each core one of its own."""
    large = [config for config in configs if is_large(config, groups[config.group])]
    if workers == 1 or len(large) >= workers:
        return
    for i, config in enumerate(large):
        tell("training large networks", i, len(large))
        folder = runs / config.run_name
        with suppress(BadRun), sole_use(folder):  # the sweep meets the same error, and names the run
            train(config, groups[config.group], folder)
        tell("training large networks", i + 1, len(large))


def _train(configs: Sequence[TrainConfig], runs: Path, workers: int, tell: Progress) -> dict[str, str]:
    """Train and explain what is missing; the reasons of the runs that failed."""

    def show(now: SweepProgress) -> None:
        tell("training and explaining", now.finished + now.failed, now.total)

    result = sweep(configs, runs, workers=workers, trajectory=True, retry_failed=True, progress=show)
    return dict(result.failed)


def _measure(folders: Sequence[Path], workers: int, tell: Progress) -> dict[str, str]:
    """Fill the caches of all runs; the reasons of the runs that are damaged."""
    left = [folder for folder in folders if not all((folder / name).is_file() for name in CACHES)]
    failed: dict[str, str] = {}
    tell("measuring", len(folders) - len(left), len(folders))
    for i, (folder, reason) in enumerate(zip(left, _prepared(left, min(workers, len(left))), strict=True)):
        tell("measuring", len(folders) - len(left) + i + 1, len(folders))
        failed |= {folder.name: reason} if reason else {}
    return failed


def _prepared(folders: Sequence[Path], workers: int) -> Any:
    """The outcome of each run in turn, from this process or several."""
    if workers <= 1:
        yield from map(_prepare, folders)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(_prepare, folders)


def _prepare(folder: Path) -> str:
    """Make the caches of one run; the reason if it is damaged, or nothing."""
    try:
        measure_folder(folder, named_group(load_run(folder).config.group))
    except CosettaError as error:
        return str(error)
    return ""


def _populations(
    runs: Path,
    names: set[str],
    groups: Mapping[str, Group],
    recipe: str,
    missing: dict[str, str],
) -> list[Population]:
    """The runs by group and recipe; what turns out damaged is added to the missing."""
    members: dict[tuple[str, str], list[Member]] = {(name, recipe): [] for name in groups}
    for name in names:
        try:
            run = load_run(runs / name)
            group = groups[run.config.group]
            members.setdefault((group.name, run.config.recipe), []).append(measure_folder(run.folder, group))
        except BadRun as error:
            missing[name] = str(error)
    return [
        Population(groups[group], how, tuple(sorted(found, key=lambda member: member.measures.seed)))
        for (group, how), found in members.items()
    ]


def _other_recipes(runs: Path, groups: Mapping[str, Group], recipe: str) -> set[str]:
    """Finished runs of these groups by other recipes, of the recipe's network and data, whatever seeds and length."""
    found = set()
    for path in runs.glob("*/model.safetensors"):
        try:
            config = load_run(path.parent).config
        except BadRun:
            continue
        made = RECIPES.get(config.recipe)
        if config.recipe == recipe or config.group not in groups or made is None:
            continue
        standard = made(config.group, config.seed)
        if all(getattr(config, name) == getattr(standard, name) for name in SAME):
            found.add(path.parent.name)
    return found


def _command(
    groups: Sequence[str],
    seeds: Sequence[int],
    s6_seeds: Sequence[int],
    recipe: str,
    census_seeds: Mapping[str, Sequence[int]],
) -> str:
    """The command that makes this reproduction again."""
    others = "".join(f" --census.{name} {_said(numbers)}" for name, numbers in census_seeds.items())
    said = f"cosetta reproduce stander2024 --groups {','.join(groups)} --recipe {recipe} --seeds {_said(seeds)}"
    return said + (f" --s6-seeds {_said(s6_seeds)}" if "S6" in groups else "") + others


def _said(seeds: Sequence[int]) -> str:
    whole = seeds and list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}:{seeds[-1] + 1}" if whole else ",".join(map(str, seeds))
