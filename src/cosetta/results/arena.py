"""What every account says of one network, on one scale: the same pairs, the same replacements, the same budget.

*Recovered* is (L0 - L) / (L0 - L1), clipped below at 0, with L the loss of the account's ideal, L1 the network's and L0
that of the network with every neuron at its mean: 1 is as good as the network, 0 no better than nothing.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, final

from cosetta.shown import short_repr

__all__ = ["AccountNeuron", "AccountRecord", "Arena", "Contest", "Draws", "Exchange", "Mode", "Prediction", "Standing"]

Mode = Literal["left", "right", "out", "kept", "alone"]
"""What is replaced: one function of the covered neurons; all three, the rest kept; all three, the rest at its mean."""

Standing = Literal["holds", "fails", "cannot tell", "not applicable"]


@final
@dataclass(frozen=True)
class Prediction:
    """What should be seen if an account is right, stated before it is measured.

    Args:
        id: stable id.
        text: the prediction in words.
        rule: how it is decided.
    """

    id: str
    text: str
    rule: str


@final
@dataclass(frozen=True)
class AccountNeuron:
    """What an account says of one live neuron.

    Args:
        neuron: its position in the network.
        label: what it is under the account, or an empty string if it is not covered.
        reason: why it is not covered, or an empty string.
        kept: share of the variance that the neuron gives to the logits which its ideal keeps, 1 - Var(ideal - neuron) /
            Var(neuron), at most 1; None if it is not covered or the account has no ideal neuron.
        kl: mean KL divergence, in nats, of the network with this neuron alone replaced; None likewise.
    """

    neuron: int
    label: str
    reason: str
    kept: float | None = None
    kl: float | None = None


@final
@dataclass(frozen=True)
class AccountRecord:
    """One account, fitted to one network.

    Args:
        id: stable id of the account.
        title: its name in words.
        claim: what it says of a neuron, in one line.
        source: where it is from.
        neurons: one entry a live neuron.
        strength: strength of the covered neurons, in [0, 1].
        bits: description length of the ideal.
        predictions: what it predicts.
        refused: why it could not be fitted, or an empty string; it then covers nothing.
        details: what else it found, by name; plain JSON.
    """

    id: str
    title: str
    claim: str
    source: str
    neurons: tuple[AccountNeuron, ...]
    strength: float
    bits: float
    predictions: tuple[Prediction, ...]
    refused: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    __repr__ = short_repr

    @property
    def covered(self) -> tuple[int, ...]:
        """Positions of the neurons that it covers."""
        return tuple(neuron.neuron for neuron in self.neurons if neuron.label)


@final
@dataclass(frozen=True)
class Draws:
    """The controls of one contest.

    Args:
        name: what was drawn.
        draws: how many times.
        accuracy: mean accuracy over the draws, in [0, 1].
        accuracy_interval: 2.5 and 97.5 % points of the draws.
        recovered: mean of the recovered share over the draws.
        recovered_interval: 2.5 and 97.5 % points of the draws.
        fidelity: mean fidelity over the draws.
        pairs: number of pairs that each draw was scored on.
    """

    name: str
    draws: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    recovered: float
    recovered_interval: tuple[float, float]
    fidelity: float
    pairs: int


@final
@dataclass(frozen=True)
class Contest:
    """One account under one replacement.

    Args:
        id: `account/mode`.
        account: id of the account.
        mode: what was replaced.
        accuracy: of the ideal, in [0, 1].
        loss: of the ideal, nats.
        kl: mean KL divergence from the network, nats.
        recovered: see the module; at least 0.
        fidelity: share of the variance of the network's centred logits over the pairs that the ideal reproduces, at
            most 1; unlike `recovered` it does not saturate when the answers are right.
        recovered_interval: 95 % interval over the pairs when they are a sample; both ends equal `recovered` when they
            are all.
        control: the same with wrong content, or None where the account has no control.
        verdict: `holds` if the recovered interval lies above the bar and above every control, `fails` if it lies below
            either, else `cannot tell`.
    """

    id: str
    account: str
    mode: Mode
    accuracy: float
    loss: float
    kl: float
    recovered: float
    recovered_interval: tuple[float, float]
    fidelity: float
    control: Draws | None
    verdict: Standing
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Exchange:
    """The equivalence test: activations exchanged between inputs that an account calls equal.

    Args:
        account: id of the account.
        equivalence: which inputs it calls equal, in words.
        moved: share of (neuron, element) places that a typical exchange moves, in [0, 1]; 0 says that the account calls
            no two inputs equal, so that the test is empty.
        accuracy: after the exchange, in [0, 1].
        loss: after the exchange, nats.
        control_loss: after exchanges between random inputs, as many, nats.
        verdict: `holds` if the loss moves by less than 1 % of what the control moves it.
    """

    account: str
    equivalence: str
    moved: float
    accuracy: float
    loss: float
    control_loss: float
    verdict: Standing
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Arena:
    """All contests of one network.

    Args:
        pairs: number of pairs that the ideals were scored on.
        total_pairs: |G|^2.
        network_loss: of the network on these pairs, nats.
        network_accuracy: in [0, 1].
        mean_loss: with every neuron at its mean, nats.
        lookup_bits: size of the multiplication table, |G|^2 log2 |G|; an account above it explains nothing.
        contests: every account under every replacement that it allows.
        exchanges: one equivalence test an account.
        shortest: id of the account with the fewest bits among those that hold alone and reproduce the logits
            (`faithful_at`), the table apart; empty if there is none.
        best: the same if it has fewer bits than the table, else empty: a longer account explains nothing.
    """

    pairs: int
    total_pairs: int
    network_loss: float
    network_accuracy: float
    mean_loss: float
    lookup_bits: float
    contests: tuple[Contest, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    shortest: str = ""
    best: str = ""
    __repr__ = short_repr

    def contest(self, account: str, mode: Mode) -> Contest:
        """One contest.

        Args:
            account: id of the account.
            mode: what was replaced.

        Returns:
            The contest.

        Raises:
            KeyError: if the account was not tried so; the message names the contests that were.
        """
        found = {(row.account, row.mode): row for row in self.contests}
        if (account, mode) not in found:
            raise KeyError(f"no contest {account}/{mode}; there are {', '.join(row.id for row in self.contests)}")
        return found[account, mode]
