"""Causal tests as plain data: what was predicted, what was measured, and the control beside it.

Rows are joined by `id`, never by the words of their name.
"""

from dataclasses import dataclass
from typing import Literal, final

__all__ = ["Control", "Evidence", "Verdict"]

Verdict = Literal["as predicted", "not as predicted", "control", "baseline", "not applicable"]


@final
@dataclass(frozen=True)
class Control:
    """The same test on content of the same size that the account calls wrong, drawn many times.

    Args:
        name: what was drawn.
        draws: number of draws; 1 for a recorded control.
        accuracy: mean accuracy over the draws, in [0, 1].
        accuracy_interval: 2.5 and 97.5 % points of the draws' accuracies.
        loss: mean cross-entropy over the draws, nats.
    """

    name: str
    draws: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    loss: float


@final
@dataclass(frozen=True)
class Evidence:
    """One causal test of the coset account.

    Args:
        id: stable id of the test, such as `flip-left`.
        name: its name in words.
        kind: `replacement` (functions swapped for the coset account's) or `intervention` (the paper's Table 1).
        prediction: what the coset account predicts, stated before the measurement; empty for a baseline or control.
        accuracy: measured accuracy on all pairs, in [0, 1].
        loss: measured cross-entropy on all pairs, nats.
        kl: mean KL divergence of the outputs from the untouched network's, nats.
        pairs: number of pairs measured.
        control: the control; None only for a baseline, and for a row that is itself a control.
        verdict: whether the prediction held.

    Raises:
        ValueError: if a prediction comes without its control.
    """

    id: str
    name: str
    kind: Literal["replacement", "intervention"]
    prediction: str
    accuracy: float
    loss: float
    kl: float
    pairs: int
    control: Control | None
    verdict: Verdict

    def __post_init__(self) -> None:
        """Refuse a prediction without a control."""
        if self.verdict in ("as predicted", "not as predicted") and self.control is None:
            raise ValueError(f"a predicted test must have a control; `{self.id}` has none")
