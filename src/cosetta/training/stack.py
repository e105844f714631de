"""Several runs as one tensor program: parameters and moments in rows of shared tensors, one gradient for all rows.

A stack holds the runs whose next steps have the same shapes. A run whose phase ends may need another batch size; it
then moves to another stack, and a finished run leaves. Rows never mix, so what happens to one run, even a loss that is
no longer finite, leaves the others alone. On the CPU each run is a stack of its own: its matrix products fill a core
already, its numbers stay in the cache from step to step, and its bytes are those of a single run.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from math import nan, prod
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw

from cosetta.groups import Group
from cosetta.training.architectures import AUTOGRAD
from cosetta.training.autograd_step import AutogradStep
from cosetta.training.config import TrainConfig
from cosetta.training.pairs import LISTED_PAIRS
from cosetta.training.parameters import parameter_shapes
from cosetta.training.scoring import DEVICE_ENTRIES, final_pairs, score_parameters
from cosetta.training.state import TrainState
from cosetta.training.step import MAX_ENTRIES, FoldedStep

__all__ = ["Stack", "arrange", "score_states", "stack_key", "stack_size"]

BATCHED = frozenset({"cuda"})
"""Devices that compute several runs at once."""

FREE = frozenset(
    {"seed", "recipe", "phases", "train_fraction", "split", "embed_std", "optimizer", "betas", "epsilon"}
    | {"eval_every", "eval_pairs", "checkpoints", "device"}
)
"""Settings in which the runs of one stack may differ; the others decide the shapes and the arithmetic of a step."""


@final
class Stack:
    """Runs that make their next steps together.

    Args:
        states: the runs, all with one `stack_key`; their parameters and moments move into rows of the stack.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> S3, cpu = named_group("S3"), torch.device("cpu")
        >>> states = [TrainState(fast("S3", seed, embed_dim=4, width=4), S3, cpu) for seed in (0, 1)]
        >>> Stack(states).advance()
        >>> [state.step for state in states]
        [1, 1]
    """

    def __init__(self, states: Sequence[TrainState]) -> None:
        self.states = tuple(states)
        self.key = stack_key(self.states[0])
        parameters, *_ = [_in_rows(self.states, name) for name in ("parameters", "exp_avg", "exp_avg_sq")]
        self._is_single = len(self.states) == 1
        first = self.states[0]
        step = AutogradStep if first.config.architecture in AUTOGRAD else FoldedStep
        self._gradient = step(parameters[0] if self._is_single else parameters, first.table, first.config)
        self._constant = self._pairs() if first.batch_size == len(first.train) else None

    def advance(self) -> None:
        """Make one optimiser step in each run."""
        self._gradient(self._pairs() if self._constant is None else self._constant)
        self._update()
        for state in self.states:
            state.step += 1
            state.phase_step += 1

    def _pairs(self) -> Tensor:
        """The next batch of each run, sent to the device without waiting for it."""
        batches = [state.batches.next(state.batch_size) for state in self.states]
        pairs, device = batches[0] if self._is_single else torch.stack(batches), self.states[0].table.device
        return pairs.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else pairs.to(device)

    def _update(self) -> None:
        """Let Adam or AdamW make its step, once for all runs that have the same settings now."""
        groups: dict[tuple, list[int]] = {}
        for i, state in enumerate(self.states):
            config, (rate, decay) = state.config, state.config.phases[state.phase].at(state.phase_step)
            groups.setdefault((config.optimizer, *config.betas, config.epsilon, rate, decay), []).append(i)
        for (kind, beta1, beta2, epsilon, rate, decay), members in groups.items():
            tensors = [self.states[i].tensors for i in members]
            gradients = [self._gradient.gradient.view(len(self.states), -1)[i] for i in members]
            (adamw if kind == "adamw" else adam)(
                [of_run["parameters"] for of_run in tensors],
                gradients,
                [of_run["exp_avg"] for of_run in tensors],
                [of_run["exp_avg_sq"] for of_run in tensors],
                [],
                [of_run["step"] for of_run in tensors],
                fused=True if gradients[0].device.type in {"cpu", "cuda"} else None,
                amsgrad=False,
                maximize=False,
                beta1=beta1,
                beta2=beta2,
                eps=epsilon,
                lr=rate,
                weight_decay=decay,
            )


def stack_key(state: TrainState) -> tuple:
    """What the runs of one stack have in common: the shapes and arithmetic of the next step, and on the CPU the run.

    Args:
        state: a run that is not finished.

    Returns:
        Something to compare.
    """
    return (*_shape_key(state), state.batch_size)


def arrange(stacks: Iterable[Stack], states: Iterable[TrainState]) -> list[Stack]:
    """Divide runs into stacks; a stack whose members and batch size stay is kept.

    Args:
        stacks: the stacks so far.
        states: the runs, none of them finished.

    Returns:
        The stacks from here on.
    """
    groups: dict[tuple, list[TrainState]] = {}
    for state in states:
        groups.setdefault(stack_key(state), []).append(state)
    old = {(stack.key, stack.states): stack for stack in stacks}
    return [old.get((key, tuple(members))) or Stack(members) for key, members in groups.items()]


def score_states(states: Sequence[TrainState], last: bool = False) -> list[tuple[float, float, float, float]]:
    """Loss and accuracy of each run on its training and test pairs.

    Args:
        states: the runs.
        last: whether to take `final_pairs` of each side instead of `eval_pairs` of each configuration.

    Returns:
        Training loss, test loss, training accuracy and test accuracy of each run; NaN if a weight is not finite.
    """
    groups: dict[tuple, list[TrainState]] = {}
    for state in states:
        pairs = final_pairs(state.order, state.config) if last else state.config.eval_pairs
        groups.setdefault((*_shape_key(state), pairs), []).append(state)
    scores: dict[TrainState, tuple[float, float, float, float]] = {}
    for (*_, pairs), members in groups.items():
        rows = _scores(members, pairs).view(-1, 5).tolist()  # waits for the device
        for state, (train_accuracy, train_loss, test_accuracy, test_loss, is_finite) in zip(members, rows, strict=True):
            if not is_finite:
                train_loss = test_loss = nan
            scores[state] = (train_loss, test_loss, train_accuracy, test_accuracy)
    return [scores[state] for state in states]


def stack_size(config: TrainConfig, group: Group, memory: int) -> int:
    """Number of runs that fit into the memory of a GPU.

    With P parameters, B pairs in the largest batch, W neurons and numbers of e bytes (l in the softmax), a run needs
    8 P e for parameters, gradient and moments, twice because a stack is rebuilt when phases end; 8 |G|^2 for its pairs;
    (4 |G| W + W d) e for left, right, their gradients and one product; and for each pair of the batch 40 bytes of
    element numbers, 5 W e, and |G| (e + max(2 l, l + e)) for logits and softmax, or |G| (e + l) if l = e. Pairs are in
    one block of at most `MAX_ENTRIES` logits. An evaluation takes (3 W + 2 |G|) e a pair, in blocks of `DEVICE_ENTRIES`
    logits, beside the (3 W + |G|) e that the step keeps; it counts where it is larger. What autograd holds for other
    architectures is counted product by product and doubled.

    Args:
        config: one of the runs.
        group: the group.
        memory: bytes that may be used; leave a tenth of the device for the allocator and the libraries.

    Returns:
        The largest number of runs; 0 if not even one fits.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.training.recipes import fast
        >>> S5 = named_group("S5")
        >>> [stack_size(fast(S5), S5, gigabytes * 10**9) for gigabytes in (0, 1, 16)]
        [0, 23, 1839]
    """
    return bisect_right(
        range(1, memory // _stored_bytes(config, group) + 1), memory, key=partial(_bytes, config, group)
    )


def _stored_bytes(config: TrainConfig, group: Group) -> int:
    """Bytes of one run that stay from step to step."""
    parameters = sum(map(prod, parameter_shapes(group.order, config).values()))
    return 8 * parameters * _width_of(config.precision) + (8 * group.order**2 if group.order**2 <= LISTED_PAIRS else 0)


def _bytes(config: TrainConfig, group: Group, runs: int) -> int:
    """Bytes of a stack at its peak."""
    order, width, number = group.order, config.width, _width_of(config.precision)
    pairs = order**2
    batch = max(min(phase.batch_size or pairs, round(config.train_fraction * pairs)) for phase in config.phases)
    block = min(runs * batch, max(runs, MAX_ENTRIES // max(order, width)))
    if config.architecture in AUTOGRAD:
        held = block * (_held(config) + 4 * order) * number + runs * 8 * order * (width + 4 * config.embed_dim) * number
        return 8 * pairs + runs * (_stored_bytes(config, group) + 40 * batch) + 2 * held
    of_loss = _width_of(config.loss_precision)
    softmax = of_loss if of_loss == number else max(2 * of_loss, of_loss + number)
    sides = (4 * order * width + width * config.embed_dim) * number
    step = runs * (sides + 40 * batch) + block * (5 * width * number + order * (number + softmax))
    evaluated = min(pairs, final_pairs(order, config))
    scored = min(runs * evaluated, max(runs, DEVICE_ENTRIES // max(order, width)))
    kept = block * (3 * width + order) * number
    score = kept + runs * (sides + 8 * evaluated) + scored * (3 * width + 2 * order) * number
    return 8 * pairs + runs * _stored_bytes(config, group) + max(step, score)


def _held(config: TrainConfig) -> int:
    """Numbers that autograd holds for a pair beside the logits: each product, activation and sum on the way."""
    if config.architecture == "transformer":  # rows of three places, their weighing, and the neurons
        return 12 * (config.embed_dim + config.heads) + 3 * config.width
    return 5 * config.width * (2 if config.architecture == "mlp2" else 1)


def _width_of(precision: str) -> int:
    """Bytes of one number."""
    return {"float32": 4, "float64": 8}[precision]


def _scores(members: Sequence[TrainState], pairs: int) -> Float[Tensor, "... 5"]:
    """Training accuracy and loss, test accuracy and loss, and whether all weights are finite."""
    parameters = _together([state.parameters for state in members])
    train = _together([state.train[:pairs] for state in members])
    test = _together([state.test[:pairs] for state in members])
    table, config = members[0].table, members[0].config
    scores = [score_parameters(parameters, side, table, config) for side in (train, test)]
    return torch.cat((*scores, torch.isfinite(parameters).all(-1, keepdim=True)), dim=-1)


def _together(of_runs: list[Tensor]) -> Tensor:
    """A row for each run, or the vector of a single one."""
    return of_runs[0] if len(of_runs) == 1 else torch.stack(of_runs)


def _shape_key(state: TrainState) -> tuple:
    """Shapes and arithmetic of a run, whatever its phase."""
    settings = (getattr(state.config, name) for name in TrainConfig.model_fields if name not in FREE)
    device = state.table.device
    return (*settings, len(state.train), device, None if device.type in BATCHED else id(state))


def _in_rows(states: Sequence[TrainState], name: str) -> Float[Tensor, "run parameter"]:
    """Move one tensor of each run into a row of a new one."""
    rows = torch.stack([state.tensors[name] for state in states])
    for state, row in zip(states, rows, strict=True):
        state.tensors[name] = row
    return rows
