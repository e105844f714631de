"""The arena: every account of one network under one protocol, the same for all (docs/arena.md).

All accounts are scored on the same pairs: one function of the covered neurons replaced; all three, the rest kept; all
three, the rest at its mean (*alone*); one neuron at a time; and activations exchanged between inputs that the account
calls equal. Controls are drawn `control_draws` times. Verdicts are given only where intervals part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from cosetta.config import AnalysisConfig
from cosetta.evidence.exchange import exchange
from cosetta.evidence.pair_losses import HasLogits, Losses, PairLosses
from cosetta.evidence.single import single_neurons
from cosetta.hypotheses import AbstractHypothesis, Lookup, lookup_bits
from cosetta.interventions import mean_ablate
from cosetta.measures import Facts
from cosetta.results import AccountRecord, Arena, Contest, Draws, Mode, Standing

__all__ = ["compete"]


def compete(
    facts: Facts,
    accounts: Sequence[AbstractHypothesis],
    records: Sequence[AccountRecord],
    config: AnalysisConfig,
) -> tuple[Arena, tuple[AccountRecord, ...]]:
    """Let accounts of one network compete.

    Args:
        facts: of the network.
        accounts: fitted to them.
        records: of all accounts, those that were refused among them.
        config: pairs, draws, the bar.

    Returns:
        The arena, and the records with what each ideal neuron keeps filled in.
    """
    losses = PairLosses(facts.group, facts.model, config.arena_pairs, config.seed)
    network = losses(facts.model)
    everything = mean_ablate(facts.model, np.arange(facts.width).tolist())
    scale = _Scale(losses, network, losses(everything), config)
    contests = [contest for account in accounts for contest in _contests(account, scale)]
    exchanges = exchange(accounts, losses, network, config)
    single = {account.id: single_neurons(account, losses) for account in accounts}
    bits = {account.id: account.bits for account in accounts}
    shortest = _shortest(bits, contests, config.faithful_at)
    arena = Arena(
        pairs=len(losses),
        total_pairs=losses.total,
        network_loss=network.mean_loss,
        network_accuracy=network.accuracy,
        mean_loss=scale.nothing.mean_loss,
        lookup_bits=lookup_bits(facts.group.order),
        contests=tuple(contests),
        exchanges=exchanges,
        shortest=shortest,
        best=shortest if shortest and bits[shortest] < lookup_bits(facts.group.order) else "",
    )
    return arena, tuple(_filled(record, single.get(record.id, {})) for record in records)


@final
@dataclass(frozen=True, eq=False)
class _Scale:
    """What all contests of one network share."""

    losses: PairLosses
    network: Losses
    nothing: Losses
    config: AnalysisConfig

    @property
    def span(self) -> float:
        """What there is to recover, nats."""
        return self.nothing.mean_loss - self.network.mean_loss

    @property
    def is_learned(self) -> bool:
        """Whether the network is better than nothing by more than a tenth of its loss."""
        return self.span > 0.1 * self.nothing.mean_loss

    def recovered(self, found: Losses, first: int | None = None) -> float:
        """Share of the span that is recovered, at least 0."""
        nothing, network = self.nothing.loss[:first].mean(), self.network.loss[:first].mean()
        return max(0.0, float((nothing - found.mean_loss) / (nothing - network))) if self.is_learned else 0.0

    def fidelity(self, found: Losses) -> float:
        """Share of the variance of the centred logits that is reproduced, at most 1."""
        energy = self.losses.energy[: len(found.error)].sum()
        return float(1 - found.error.sum() / energy) if energy > 0 else 0.0

    def interval(self, found: Losses) -> tuple[float, float]:
        """95 % interval of the recovered share; a point when the pairs are all there are."""
        middle = self.recovered(found)
        if len(self.losses) == self.losses.total or not self.is_learned:
            return middle, middle
        half = 1.96 * found.standard_error / self.span
        return max(0.0, middle - half), max(0.0, middle + half)

    def draws(self, account: AbstractHypothesis, mode: Mode) -> Draws | None:
        """The account's controls in one mode, or None."""
        generator = np.random.default_rng([self.config.seed, 1])
        first = min(self.config.control_pairs, len(self.losses))
        found = []
        for _ in range(self.config.control_draws):
            control = account.control(generator)
            if control is None:
                return None
            found.append(self.losses(_ideal(control, mode), first))
        accuracies = np.array([f.accuracy for f in found])
        recovered = np.array([self.recovered(f, first) for f in found])
        return Draws(
            name=account.control_name,
            draws=len(found),
            accuracy=float(accuracies.mean()),
            accuracy_interval=_middle(accuracies),
            recovered=float(recovered.mean()),
            recovered_interval=_middle(recovered),
            fidelity=float(np.mean([self.fidelity(f) for f in found])),
            pairs=first,
        )

    def contest(self, account: AbstractHypothesis, mode: Mode, control: Draws | None) -> Contest:
        """One contest."""
        found = self.losses(_ideal(account, mode))
        interval = self.interval(found)
        return Contest(
            id=f"{account.id}/{mode}",
            account=account.id,
            mode=mode,
            accuracy=found.accuracy,
            loss=found.mean_loss,
            kl=float(found.kl.mean()),
            recovered=self.recovered(found),
            recovered_interval=interval,
            fidelity=self.fidelity(found),
            control=control,
            verdict=self._verdict(interval, control),
        )

    def _verdict(self, interval: tuple[float, float], control: Draws | None) -> Standing:
        if not self.is_learned:
            return "not applicable"
        beaten = control.recovered_interval[1] if control else -1.0
        low, high = interval
        if low >= self.config.holds_at and low > beaten:
            return "holds"
        return "fails" if high < self.config.holds_at or high <= beaten else "cannot tell"


def _contests(account: AbstractHypothesis, scale: _Scale) -> list[Contest]:
    """Every mode that the account allows; controls only where everything else is gone, which is the hardest test."""
    modes: tuple[Mode, ...] = ("left", "right", "out", "kept", "alone") if account.idealised else ("kept", "alone")
    if type(account).ideal is AbstractHypothesis.ideal and not account.idealised:
        modes = ("alone",)  # an account of the logits alone: nothing can be kept beside it
    found = []
    for mode in modes:
        control = scale.draws(account, mode) if mode == "alone" and account.labels else None
        contest = scale.contest(account, mode, control)
        found.append(contest if account.labels or mode == "alone" else replace(contest, verdict="not applicable"))
    return found


def _ideal(account: AbstractHypothesis, mode: Mode) -> HasLogits:
    if mode == "alone":
        return account.alone()
    return account.ideal() if mode == "kept" else account.ideal((mode,))


def _shortest(bits: Mapping[str, float], contests: Sequence[Contest], faithful_at: float) -> str:
    """The account with the fewest bits of those that hold alone and fit the logits; the table is none."""
    alone = [contest for contest in contests if contest.mode == "alone"]
    holds = {c.account for c in alone if c.verdict == "holds" and c.fidelity >= faithful_at}
    return min(holds - {Lookup.id}, key=lambda id: (bits[id], id), default="")


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5]).tolist()
    return low, high


def _filled(record: AccountRecord, single: dict[int, tuple[float, float]]) -> AccountRecord:
    neurons = tuple(
        replace(neuron, kept=single[neuron.neuron][0], kl=single[neuron.neuron][1])
        if neuron.neuron in single
        else neuron
        for neuron in record.neurons
    )
    return replace(record, neurons=neurons)
