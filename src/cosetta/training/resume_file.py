"""What makes a resume file trustworthy: a digest of its tensors, and counters that a run of its configuration can have.

A changed byte of a weight or of the random generator would train on, to weights that no configuration has; a counter
out of range would train far past the end. Both are refused.
"""

import hashlib
import math

import torch
from torch import Tensor

from cosetta.training.config import TrainConfig

__all__ = ["fault", "with_digest"]

DIGEST = "digest"


def with_digest(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors and their digest.

    Args:
        tensors: of a run's state, by name.

    Returns:
        The same with one more, 32 bytes: SHA-256 of names, types, shapes and values.

    Example:
        >>> sorted(with_digest({"step": torch.zeros(())}))
        ['digest', 'step']
    """
    return tensors | {DIGEST: _digest(tensors)}


def fault(saved: dict[str, Tensor], expected: dict[str, Tensor], config: TrainConfig) -> str:
    """Why saved tensors cannot be the state of a run, or an empty string.

    Args:
        saved: what a file holds, with its digest.
        expected: tensors of the same run at its start; `epoch` and `metrics` may have another length.
        config: of the run.

    Returns:
        One line.
    """
    tensors = {name: tensor for name, tensor in saved.items() if name != DIGEST}
    if odd := set(tensors) ^ set(expected) or {name for name in expected if not _alike(name, tensors, expected)}:
        return f"{min(odd)} does not fit"
    if DIGEST not in saved or not torch.equal(saved[DIGEST], _digest(tensors)):
        return "its values are not those that were written"
    return _odd_counter(tensors, config)


def _alike(name: str, saved: dict[str, Tensor], expected: dict[str, Tensor]) -> bool:
    ours, theirs = expected[name], saved[name]
    shapes = (theirs.shape[1:], ours.shape[1:]) if name in ("epoch", "metrics") else (theirs.shape, ours.shape)
    return shapes[0] == shapes[1] and theirs.ndim == ours.ndim and theirs.dtype == ours.dtype


def _odd_counter(tensors: dict[str, Tensor], config: TrainConfig) -> str:
    """The first counter that no run of this configuration has."""
    step, phase, phase_step, held, position = (int(count) for count in tensors["counters"])
    seconds, last = float(tensors["seconds"]), len(config.phases)
    if not 0 <= phase <= last:
        return f"its phase is {phase}, of {last}"
    limits = config.phases[phase] if phase < last else None
    before = sum(earlier.max_steps for earlier in config.phases[:phase])
    bounds = {
        "phase_step": (phase_step, limits.max_steps if limits else 1),
        "held": (held, limits.hold if limits else 1),
        "step": (step - phase_step, before + 1),
        "position": (position, config.max_steps * max(p.batch_size or 1 for p in config.phases) + 1),
    }
    for name, (count, bound) in bounds.items():
        if not 0 <= count < bound:
            return f"its {name} is out of range ({count})"
    if not (math.isfinite(seconds) and seconds >= 0):
        return f"its seconds are {seconds}"
    return ""


def _digest(tensors: dict[str, Tensor]) -> Tensor:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        digest.update(values.reshape(-1).view(torch.uint8).numpy().tobytes() if values.numel() else b"")
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)
