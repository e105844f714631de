"""Facts about one neuron that every account shares and no account owns, and which accounts cover it."""

from dataclasses import dataclass
from typing import Annotated, Literal, final

from pydantic import Field

from cosetta.shown import card, short_repr, table

__all__ = ["DeadNeuron", "LiveNeuron", "Neuron", "NeuronFacts"]


@final
@dataclass(frozen=True)
class NeuronFacts:
    """What is measured of a neuron before any account is asked.

    Args:
        strength: its share of the variance of the logits over all pairs, in [0, 1], each neuron taken alone.
        silent_share: share of all pairs with |pre| under the zero tolerance.
        irrep: irrep with the largest power in `left`.
        irrep_shares: power share by irrep for `left`, `right` and `out`; each sums to 1 (or 0 for a constant function).
        rank_shares: for `left`, `right` and `out`, the share of the power in `irrep` that the first singular pair of
            its Fourier coefficient holds, in [0, 1]; 1 is a function u^T rho(x) v.
        mirror_correlation: largest correlation of right(b) with -left(g b^-1) over g, in [-1, 1].
    """

    strength: float
    silent_share: float
    irrep: str
    irrep_shares: dict[str, dict[str, float]]
    rank_shares: dict[str, float]
    mirror_correlation: float
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class DeadNeuron:
    """A neuron that moves no logit.

    Args:
        neuron: its position in the network.
        facts: what is measured of it.
    """

    neuron: int
    facts: NeuronFacts
    kind: Literal["dead"] = "dead"

    def _repr_html_(self) -> str:
        """Its facts."""
        return card(f"Neuron {self.neuron}, dead: it moves no logit", tables=[_facts(self.facts)])


@final
@dataclass(frozen=True)
class LiveNeuron:
    """A neuron that moves the logits.

    Args:
        neuron: its position in the network.
        facts: what is measured of it.
        accounts: label that each account gives it, by the account's id; accounts that do not cover it are absent.
    """

    neuron: int
    facts: NeuronFacts
    accounts: dict[str, str]
    kind: Literal["live"] = "live"

    def _repr_html_(self) -> str:
        """Its facts, and what each account says of it."""
        said = table(("account", "says"), list(self.accounts.items()))
        return card(f"Neuron {self.neuron}", tables=[_facts(self.facts), said if self.accounts else ""])


Neuron = Annotated[DeadNeuron | LiveNeuron, Field(discriminator="kind")]
"""A neuron is one of these."""


def _facts(facts: NeuronFacts) -> str:
    """The facts as a table."""
    power = facts.irrep_shares.get("left", {}).get(facts.irrep, 0.0)
    rows = [
        ("strength", f"{100 * facts.strength:.3g} %"),
        ("main irrep of left", f"{facts.irrep} ({100 * power:.4g} % of the power)"),
        ("silent on", f"{100 * facts.silent_share:.3g} % of pairs"),
        ("mirror correlation", f"{facts.mirror_correlation:.6g}"),
    ]
    return table((), rows)
