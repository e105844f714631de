"""The reproduction as one readable function: train what is missing, measure every run, state tables, figures, claims.

Everything about a run is cached in its folder, so an interrupted reproduction goes on where it stopped, and a quick one
differs from a full one in its seeds alone. A run that fails or is damaged is named in `missing` and left out.
"""

import platform
import time
from collections.abc import Collection, Mapping, Sequence
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
from cosetta.reproduce.frame.folded_runs import RECORD, load_folded_run
from cosetta.reproduce.frame.released import TWICE, Progress
from cosetta.reproduce.frame.results import Claim, FigureFacts, Reproduction, Table
from cosetta.reproduce.frame.spread import MIN_RUNS
from cosetta.reproduce.stander2024.arguments import argument_table
from cosetta.reproduce.stander2024.census_tables import census_distances, census_shares, distance_table
from cosetta.reproduce.stander2024.claims import PREFERENCE, group_claims
from cosetta.reproduce.stander2024.controls import RandomControl, random_control
from cosetta.reproduce.stander2024.counts import COUNTED, indicator_table, subgroup_counts
from cosetta.reproduce.stander2024.exact_claims import corrections_table, exact_claims, unchecked_claims
from cosetta.reproduce.stander2024.exemplars import formation, out_heat_map, sign_paths
from cosetta.reproduce.stander2024.facts import architecture, census_facts, population_facts
from cosetta.reproduce.stander2024.gcr_tables import gcr_table, key_count_table, key_irreps_table
from cosetta.reproduce.stander2024.measures import CACHE
from cosetta.reproduce.stander2024.populations import LEAN, Member, Population, measure_folder, population_of
from cosetta.reproduce.stander2024.recipe_tables import interventions_by_recipe, out_columns_by_recipe
from cosetta.reproduce.stander2024.tables import (
    coset_free_table,
    hyperparameters,
    interventions,
    out_correlations,
    shares,
)
from cosetta.reproduce.stander2024.words import STANDER2024, WORDS
from cosetta.sweep import SweepProgress, sweep
from cosetta.sweep.locks import sole_use
from cosetta.training.config import TrainConfig
from cosetta.training.recipes import RECIPES
from cosetta.training.run_folder import load_run
from cosetta.training.trainer import is_large, train

__all__ = ["main_population", "reproduce", "unmeasured"]

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
    networks: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Reproduction:
    """Make every table and figure of the paper again and hold each of its claims against ours.

    Runs that are already in the folder are not trained again. Runs of other recipes that lie there enter as populations
    of their own, and so do folded runs. Where there are `MIN_RUNS` runs of the paper's own recipe, the tables are of
    them.

    Args:
        runs: the folder that holds the run folders; made if missing.
        groups: names of the groups; the claims are about S5 and S6.
        seeds: seeds of every group but S6.
        s6_seeds: seeds of S6.
        recipe: how to train.
        census_seeds: seeds of further recipes to train on the first group, for the census, by recipe.
        networks: a folder that holds folded runs (`frame/folded_runs.py`), of any recipe; None is none.
        workers: processes that train and measure; None is the number of usable cores.
        progress: called as each step goes on.
        overrides: other fields of `TrainConfig` than the recipe's, such as a smaller network.

    Returns:
        The reproduction; runs that could not be used are in `missing`.

    Raises:
        BadConfig: if the recipe is unknown, a seed or setting is out of range, or no group is given.
        BadRun: if `networks` holds no folded run.
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
    folders = [runs / name for name in {config.run_name for config in configs} | _other_recipes(runs, named, recipe)]
    folders += _folded_runs(networks, named, {path.name for path in folders}, missing) if networks is not None else []
    folders = sorted(folder for folder in folders if folder.name not in missing)
    missing |= _measure(folders, count, tell)
    populations = _populations([folder for folder in folders if folder.name not in missing], named, recipe, missing)
    tell("stating the results", 0, 1)
    found = _state(named, populations, recipe)
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
        missing=(
            *(f"{name}: {reason}" for name, reason in sorted(missing.items())),
            *_unlearned(populations),
            *_unformed(populations),
        ),
        command=_command(list(named), seeds, s6_seeds, recipe, census_seeds or {}, networks),
        seconds=time.monotonic() - started,
        versions={"cosetta": __version__, "python": platform.python_version(), "torch": str(torch.__version__)},
        paper=STANDER2024,
        words=WORDS,
    )


def _state(
    groups: Mapping[str, Group], populations: Sequence[Population], recipe: str
) -> tuple[tuple[Table, ...], tuple[FigureFacts, ...], tuple[Claim, ...]]:
    """Tables, figures and claims of all populations."""
    counts = subgroup_counts(list(dict.fromkeys([*COUNTED, *groups])))
    tables, figures, claims = [counts, coset_free_table()], [], []
    indicators = {name: indicator_table(group, LARGEST if name == "S6" else None) for name, group in groups.items()}
    for name, group in groups.items():
        own = [population for population in populations if population.group.name == name]
        population = main_population(own, recipe)
        control = random_control(group, CONTROLS if group.order <= 200 else 1)
        tables += [*_tables(population, control, own), indicators[name]]
        figures += _figures(population, own)
        if name in FORMED:
            claims += group_claims(name, own, control)
        if len([p for p in own if p.members]) > 1:
            tables += [interventions_by_recipe(name, own), out_columns_by_recipe(name, own)]
            tables += [census_shares(name, own, by) for by in ("subgroup", "irrep")]
            tables.append(distance_table(name, census_distances(name, own), own))
            figures += census_facts(name, own)
    claims += [*exact_claims(list(groups), indicators.get("S5")), *unchecked_claims()]
    corrections = corrections_table(list(groups), counts, indicators.get("S5"))
    tables += [corrections] if corrections.rows else []
    return tuple(tables), tuple(figures), tuple(claims)


def main_population(own: Sequence[Population], recipe: str) -> Population:
    """The population that the tables of a group are of.

    Args:
        own: populations of the group, that of `recipe` among them, perhaps empty.
        recipe: how the runs that were asked for are trained.

    Returns:
        The first in `PREFERENCE` with enough runs for an interval, else that of `recipe`.
    """
    by_recipe = {population.recipe: population for population in own}
    enough = [name for name in PREFERENCE if name in by_recipe and len(by_recipe[name].members) >= MIN_RUNS]
    return by_recipe[enough[0]] if enough else by_recipe[recipe]


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


def _figures(population: Population, own: Sequence[Population]) -> list[FigureFacts]:
    """Figures of the main population; what takes checkpoints is of the first population that has them."""
    group, members = population.group, population.members
    if not members:
        return []
    config = RECIPES["stander2024"](group)
    watched = next((p for p in (population, *own) if p.formed), None)
    shown = population_facts(population)
    if watched is not None and watched is not population:
        names = {facts.kind for facts in shown}
        shown = (*shown, *(facts for facts in population_facts(watched) if facts.kind not in names))
    formed = [formation(watched, name) for name in FORMED.get(group.name, ())] if watched else []
    chosen = [sign_paths(population), *formed, out_heat_map(population)]
    return [
        architecture(group.name, group.order, config.embed_dim, members[0].model.width),
        *(facts for facts in chosen if facts is not None),
        *shown,
    ]


def _unformed(populations: Sequence[Population]) -> list[str]:
    """The formation figures that there is no neuron for."""
    return [
        f"figure formation-{p.group.name}-{name}: no covered neuron of {name} among the exemplars of {p.runs}"
        for p in _watched(populations)
        for name in FORMED.get(p.group.name, ())
        if all(exemplar.subgroup != name for m, _ in p.formed for exemplar in m.analysis.coset.exemplars)
    ]


def _unlearned(populations: Sequence[Population]) -> list[str]:
    """Runs that have not generalised, which claims about networks leave out."""
    return [
        f"{p.name}: {len(p.unlearned)} of {len(p.everyone)} runs have not generalised; claims about training alone "
        "count them"
        for p in populations
        if p.unlearned
    ]


def _watched(populations: Sequence[Population]) -> list[Population]:
    """Of each group, the first population with checkpoints."""
    found: dict[str, Population] = {}
    for population in populations:
        if population.formed:
            found.setdefault(population.group.name, population)
    return list(found.values())


def unmeasured(networks: Path, groups: Sequence[str]) -> dict[str, int]:
    """Folded runs that are still to be explained and measured, by group.

    Args:
        networks: the folder that holds them.
        groups: names of the groups that are reproduced.

    Returns:
        Numbers, of groups that have any.
    """
    found: dict[str, int] = {}
    for path in networks.glob(f"*/{RECORD}"):
        with suppress(BadRun):
            group = load_folded_run(path.parent).record.group
            if group in groups and not all((path.parent / name).is_file() for name in CACHES[:2]):
                found[group] = found.get(group, 0) + 1
    return found


def _folded_runs(
    networks: Path, groups: Mapping[str, Group], known: Collection[str], missing: dict[str, str]
) -> list[Path]:
    """Folders of folded runs of these groups; damaged ones, and names that are known, are added to the missing."""
    paths = sorted(path.parent for path in networks.glob(f"*/{RECORD}"))
    if not paths:
        raise BadRun(f"`--networks` must hold folders with {RECORD}; `{networks}` has none: name another folder")
    found = []
    for folder in paths:
        if folder.name in known:
            missing[f"{networks.name}/{folder.name}"] = TWICE
            continue
        try:
            found += [folder] if load_folded_run(folder).record.group in groups else []
        except BadRun as error:
            missing[folder.name] = str(error)
    return found


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
    if not configs:
        return {}

    def show(now: SweepProgress) -> None:
        tell("training and explaining", now.finished + now.failed, now.total)

    result = sweep(configs, runs, workers=workers, trajectory=True, analysis=LEAN, retry_failed=True, progress=show)
    return dict(result.failed)


def _measure(folders: Sequence[Path], workers: int, tell: Progress) -> dict[str, str]:
    """Fill the caches of all runs; the reasons of the runs that are damaged."""
    left = [folder for folder in folders if not all((folder / name).is_file() for name in _caches(folder))]
    failed: dict[str, str] = {}
    tell("measuring", len(folders) - len(left), len(folders))
    for i, (folder, reason) in enumerate(zip(left, _prepared(left, min(workers, len(left))), strict=True)):
        tell("measuring", len(folders) - len(left) + i + 1, len(folders))
        failed |= {folder.name: reason} if reason else {}
    return failed


def _caches(folder: Path) -> tuple[str, ...]:
    """Files of a measured run; a folded one has no trajectory."""
    return CACHES[:2] if (folder / RECORD).is_file() else CACHES


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
        measure_folder(folder, named_group(_group_of(folder)))
    except CosettaError as error:
        return str(error)
    return ""


def _group_of(folder: Path) -> str:
    """Name of the group of a run."""
    if (folder / RECORD).is_file():
        return load_folded_run(folder).record.group
    return load_run(folder).config.group


def _populations(
    folders: Sequence[Path], groups: Mapping[str, Group], recipe: str, missing: dict[str, str]
) -> list[Population]:
    """The runs by group and recipe; what turns out damaged is added to the missing."""
    members: dict[tuple[str, str], list[Member]] = {(name, recipe): [] for name in groups}
    for folder in folders:
        try:
            group = groups[_group_of(folder)]
            member = measure_folder(folder, group)
            members.setdefault((group.name, member.measures.recipe), []).append(member)
        except BadRun as error:
            missing[folder.name] = str(error)
    return [population_of(groups[group], how, found) for (group, how), found in members.items()]


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
    networks: Path | None,
) -> str:
    """The command that makes this reproduction again."""
    kept = f" --networks {networks.name}" if networks is not None else ""
    others = "".join(f" --census.{name} {_said(numbers)}" for name, numbers in census_seeds.items())
    said = f"cosetta reproduce stander2024 --groups {','.join(groups)} --recipe {recipe} --seeds {_said(seeds)}"
    trained = f" --s6-seeds {_said(s6_seeds)}" if "S6" in groups and (s6_seeds or networks is None) else ""
    return said + trained + others + kept


def _said(seeds: Sequence[int]) -> str:
    whole = seeds and list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}:{seeds[-1] + 1}" if whole else ",".join(map(str, seeds))
