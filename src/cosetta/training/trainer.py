"""Training of one network or a stack of them: split, phases of steps, evaluations, checkpoints, and resumption.

On the CPU one configuration gives the same bytes on every run of one machine, also when it was killed and resumed on
the way: all randomness comes from one explicit generator, and everything that a step reads is in the resume file.
Training prints nothing; a caller that wants to show progress passes a function.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from cosetta.errors import BadConfig, BadRun
from cosetta.files import FilePath
from cosetta.groups import Group, named_group
from cosetta.machine import usable_cores
from cosetta.stopping import Deferred, deferred
from cosetta.training.config import TrainConfig
from cosetta.training.pairs import split_pairs
from cosetta.training.run_folder import TrainedRun, claim_folder, load_run
from cosetta.training.sitting import Progress, Sitting, remove_resume
from cosetta.training.stack import Stack, arrange, score_states
from cosetta.training.state import TrainState, table_on

__all__ = ["is_large", "train", "train_stack", "training_device"]

LARGE_WORK = 2**28
"""`device=auto` takes a GPU, and a CPU all its cores, when runs x batch x width x order is at least this (S5: 2^25, S6:
2^30)."""


def train(
    config: TrainConfig,
    group: Group | None = None,
    folder: FilePath | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    threads: int | None = None,
) -> TrainedRun:
    """Train a network, or finish what is in the folder.

    Args:
        config: what to train.
        group: the group that `config.group` names; it is made from its name if None.
        folder: where the run goes, `runs/<run_name>` if None; a finished run is returned as it is, an unfinished one
            resumed.
        progress: called at each evaluation. What it raises stops training and leaves the run resumable.
        threads: CPU threads; None takes one up to S5, whose matrices are small, and all cores from S6 on.

    Returns:
        The finished run.

    Raises:
        BadConfig: if the configuration does not fit the group or the machine.
        BadRun: if the folder belongs to something else, a file in it is damaged, or the loss is no longer finite.
        OSError: if a file cannot be written; what was saved before stays resumable.

    Example:
        >>> import tempfile
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> config = fast("S3", seed=0, embed_dim=8, width=8, max_steps=50)
        >>> run = train(config, named_group("S3"), Path(tempfile.mkdtemp()) / config.run_name)
        >>> run.network().width, run.metrics["step"][0]
        (8, 0)
    """
    group = named_group(config.group) if group is None else group
    folder = Path("runs") / config.run_name if folder is None else Path(folder)
    split_pairs(group.order, config, torch.Generator().manual_seed(config.seed))  # refused before a folder is there
    of_stack = None if progress is None else lambda _, now: progress(now)
    [run] = train_stack([config], group, [folder], progress=of_stack, threads=threads)
    if isinstance(run, BadRun):
        raise run
    return run


def train_stack(
    configs: Sequence[TrainConfig],
    group: Group,
    folders: Sequence[FilePath],
    *,
    progress: Callable[[int, Progress], None] | None = None,
    threads: int | None = None,
) -> tuple[TrainedRun | BadRun, ...]:
    """Train several networks on one group together, or finish what is in their folders.

    On a GPU runs of one size and precision are one tensor program; others may be among them, at the speed of a program
    each. On the CPU it is a loop over single runs, no faster than one after the other: each has the bytes that `train`
    gives it, whatever the others do, and is written, resumed and ended by itself. `seconds` in the metrics of a run are
    those of all runs together.

    Args:
        configs: what to train.
        group: the group that each `config.group` names.
        folders: where each run goes, as in `train`.
        progress: called with the run's position in `configs` at each of its evaluations. What it raises stops all runs
            and leaves them resumable.
        threads: CPU threads; None takes one up to S5, and all cores from S6 on.

    Returns:
        Each finished run, or the error that stopped it: a folder that belongs to something else, a damaged file, a loss
        that is no longer finite.

    Raises:
        BadConfig: if a configuration does not fit the group or the machine, or two runs share a folder.
        OSError: if a file cannot be written; what was saved before stays resumable.

    Example:
        >>> import tempfile
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> S3, out = named_group("S3"), Path(tempfile.mkdtemp())
        >>> configs = [fast(S3, seed, embed_dim=8, width=8, max_steps=10) for seed in (0, 1)]
        >>> runs = train_stack(configs, S3, [out / config.run_name for config in configs])
        >>> [run.config.seed for run in runs]
        [0, 1]
    """
    folders = [Path(folder) for folder in folders]
    _check(configs, group, folders)
    devices = [training_device(config, group, len(configs)) for config in configs]
    with _threads(threads or max((_thread_count(config, group) for config in configs), default=1)):
        tables: dict[torch.device, torch.Tensor] = {}
        outcomes: dict[int, BadRun] = {}
        sittings = []
        for i, (config, folder, device) in enumerate(zip(configs, folders, devices, strict=True)):
            try:
                if claim_folder(folder, config, group, device.type) == "finished":
                    remove_resume(folder)
                    continue
                if device not in tables:
                    tables[device] = table_on(group, device)
                sittings.append(Sitting(i, TrainState(config, group, device, tables[device]), folder))
            except BadRun as error:
                outcomes[i] = error
        outcomes |= _train(sittings, progress)
    return tuple(outcomes.get(i) or load_run(folder) for i, folder in enumerate(folders))


def _train(sittings: list[Sitting], progress: Callable[[int, Progress], None] | None) -> dict[int, BadRun]:
    """Go from where the runs are to the end of their last phases; Ctrl-C and SIGTERM wait until a step is saved."""
    with deferred() as work:
        return _train_on(sittings, progress, work)


def _train_on(
    sittings: list[Sitting], progress: Callable[[int, Progress], None] | None, work: Deferred
) -> dict[int, BadRun]:
    """All steps and evaluations that are left; the errors of the runs that do not get to their end."""
    failed = _evaluate([sitting for sitting in sittings if sitting.state.step == 0], progress)
    running = [sitting for sitting in sittings if sitting.position not in failed]
    for sitting in running:
        if sitting.state.step == 0:
            sitting.keep()
    stacks: list[Stack] = []
    while running:
        ended = [sitting for sitting in running if sitting.state.is_finished]
        failed |= _evaluate(ended, progress, last=True)
        for sitting in ended:
            if sitting.position not in failed:
                sitting.finish()
        running = [sitting for sitting in running if sitting not in ended and sitting.position not in failed]
        stacks = arrange(stacks, [sitting.state for sitting in running])
        due = _advance_until_due(running, stacks, work)
        failed |= _evaluate(due, progress)
        for sitting in due:
            if sitting.position not in failed:
                sitting.end_evaluation()
    return failed


def _advance_until_due(running: list[Sitting], stacks: list[Stack], work: Deferred) -> list[Sitting]:
    """Make steps until some of the runs of each stack are to be evaluated; those."""
    of_state = {sitting.state: sitting for sitting in running}
    due = []
    for stack in stacks:
        members, arrived = [of_state[state] for state in stack.states], []
        while not arrived:
            if work.is_asked:
                _save([sitting for sitting in running if sitting not in due])
                work.stop()
            stack.advance()
            for sitting in members:
                sitting.keep()
            arrived = [sitting for sitting in members if sitting.is_due]
        due += arrived
    return due


def _save(sittings: list[Sitting]) -> None:
    """Save runs between two steps, so that nothing is lost at Ctrl-C; a run at step 0 has nothing to lose."""
    for sitting in sittings:
        if sitting.state.step:
            sitting.save()


def _evaluate(
    sittings: list[Sitting], progress: Callable[[int, Progress], None] | None, last: bool = False
) -> dict[int, BadRun]:
    """Record and report the scores of these runs; the errors of those that are no longer finite."""
    failed = {}
    for sitting, scores in zip(sittings, score_states([sitting.state for sitting in sittings], last), strict=True):
        train_loss, loss, *_ = scores
        if not math.isfinite(train_loss + loss):
            failed[sitting.position] = BadRun(
                f"the loss must stay finite; in run '{sitting.folder.name}' it is {train_loss + loss} at step "
                f"{sitting.state.step}: lower `learning_rate` or choose another seed"
            )
            continue
        now = sitting.record(scores)
        if progress:
            progress(sitting.position, now)
    return failed


def _check(configs: Sequence[TrainConfig], group: Group, folders: Sequence[Path]) -> None:
    """Refuse configurations of another group, and runs that would write over each other."""
    for config in configs:
        if config.group != group.name:
            must = f"`group` of the configuration must be the group's name {group.name!r}"
            raise BadConfig(f"{must}; got {config.group!r}")
    if len(configs) != len(folders) or len({folder.resolve() for folder in folders}) != len(folders):
        raise BadConfig(
            f"`folders` must be {len(configs)} different ones, one for each configuration; got {len(folders)}, "
            f"{len({folder.resolve() for folder in folders})} of them different: name one folder for each run"
        )


def training_device(config: TrainConfig, group: Group, runs: int = 1) -> torch.device:
    """The device that `config.device` means on this machine.

    Args:
        config: one of the runs.
        group: the group.
        runs: number of runs that are trained together.

    Returns:
        The device.

    Raises:
        BadConfig: if it is not there, or cannot train: mps has no float64, which losses are summed in.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> training_device(fast("S3"), named_group("S3"))
        device(type='cpu')
    """
    if config.device == "mps":
        raise BadConfig("`device` must be available; mps is not, as it has no float64 for losses: use auto or cpu")
    has_cuda = torch.cuda.is_available()
    if config.device == "cuda" and not has_cuda:
        raise BadConfig("`device` must be available; cuda is not on this machine: use auto or cpu")
    is_wanted = config.device == "cuda" or (config.device == "auto" and has_cuda and is_large(config, group, runs))
    return torch.device("cuda" if is_wanted else "cpu")


def is_large(config: TrainConfig, group: Group, runs: int = 1) -> bool:
    """Whether a step is enough work for a GPU, or for all cores of a CPU.

    Args:
        config: one of the runs.
        group: the group.
        runs: number of runs that are trained together.

    Returns:
        True from `LARGE_WORK` on.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> S5 = named_group("S5")
        >>> [is_large(fast(S5), S5, runs) for runs in (1, 128)]
        [False, True]
    """
    return runs * _work(config, group) >= LARGE_WORK


def _work(config: TrainConfig, group: Group) -> int:
    """Multiplications of the largest matrix product of a step."""
    batch = max(phase.batch_size or round(config.train_fraction * group.order**2) for phase in config.phases)
    return batch * config.width * group.order


def _thread_count(config: TrainConfig, group: Group) -> int:
    """One thread for small matrices, whose threads would wait for each other; the usable cores for large ones."""
    return usable_cores() if is_large(config, group) else 1


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use this many CPU threads, and what it used before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
