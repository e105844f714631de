"""What folding a network by measurement found: the folded network, and how far it is from the network."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from cosetta.models.folded import FoldedModel
from cosetta.models.readout import ACTIVATION_ERROR
from cosetta.shown import short_repr

__all__ = ["ADDITIVE", "AGREEMENT", "Folding", "Part"]

ADDITIVE = 0.999
"""Additive share from which neurons are functions on G, and the whole analysis applies."""

AGREEMENT = 0.95
"""Least share of pairs on which the folded network must answer as the network does."""


@final
@dataclass(frozen=True, eq=False)
class Part:
    """One part of the values at the site: f(a), g(b), h(ab), or the rest.

    Args:
        name: `f(a)`, `g(b)`, `h(ab)` or `rest`.
        values: the function on G of each neuron, of mean zero; None for the rest.
        shares: its share of each neuron's variance, in [0, 1].
        share: the same over all neurons, by strength.
        logit_share: variance of what the logits lose without it, over their variance; 0 none, above 1 more than they
            were. None where it was not measured.
        accuracy_without: accuracy without it, in [0, 1]; None where it was not measured.
    """

    name: str
    values: Float[Tensor, "g neuron"] | None
    shares: Float[np.ndarray, " neuron"]
    share: float
    logit_share: float | None = None
    accuracy_without: float | None = None
    __repr__ = short_repr


@final
@dataclass(frozen=True, eq=False)
class Folding:
    """A folded network with the measurements that say how far to trust it.

    Args:
        model: the folded network, in the element order of its group.
        site: where the neurons were read.
        additive: additive share of each neuron, 1 - Var(rest) / Var(pre); 1 for constant neurons.
        strength: variance that each neuron gives to the logits, as shares that sum to 1; of the site where there are no
            logits.
        additive_share: additive share over all neurons, by strength.
        additive_interval: 95 % interval where rows were sampled, else None.
        parts: the site's values as f(a) + g(b) + h(ab) + rest; without h where no group was given.
        largest_rest: largest distance of a value from f(a) + g(b), in standard deviations of its neuron, with the
            neuron and the pair.
        readout: `patched`, `fitted`, or `none` without logits.
        activation_error: share of what the site does to the logits that the activation leaves unexplained.
        readout_error: share of the logits' variance by which they are not affine in the post-activations.
        readout_rank: independent directions of the activations that were fitted.
        direct_share: share of the logits' variance that goes around the site as a function of a or of b.
        direct_rest: share that goes around it as neither, which the folded network lacks.
        agreement: share of pairs with the same answer before and after folding.
        accuracy: share of pairs that the network multiplies rightly; None without logits.
        folded_accuracy: the same for the folded network.
        pairs: number of pairs that were run.
        all_pairs: |G|^2.
        notes: what was assumed, in plain sentences.
    """

    model: FoldedModel
    site: str
    additive: Float[np.ndarray, " neuron"]
    strength: Float[np.ndarray, " neuron"]
    additive_share: float
    additive_interval: tuple[float, float] | None
    parts: tuple[Part, ...]
    largest_rest: tuple[float, int, int, int]
    readout: str
    activation_error: float
    readout_error: float
    readout_rank: int
    direct_share: float
    direct_rest: float
    agreement: float | None
    accuracy: float | None
    folded_accuracy: float | None
    pairs: int
    all_pairs: int
    notes: tuple[str, ...] = ()
    __repr__ = short_repr

    @property
    def obstacle(self) -> str:
        """Why the analysis of three functions on G does not apply, with the number that says so; empty if it does."""
        if self.additive_share < ADDITIVE:
            return f"the additive share is {self.additive_share:.4f}, below {ADDITIVE}: neurons are not left + right"
        if self.readout == "none":
            return "there are no logits, so nothing is known of what the neurons write"
        if self.activation_error > ACTIVATION_ERROR:
            return (
                f"no known activation follows the site: the best, {self.model.activation}, leaves "
                f"{self.activation_error:.1%} of what it does to the logits"
            )
        if self.agreement is not None and self.agreement < AGREEMENT:
            return (
                f"the folded network agrees with the network on {self.agreement:.2%} of the pairs, below "
                f"{AGREEMENT:.0%}; {self.readout_error:.1%} of the logits' variance is not affine in the neurons"
            )
        return ""

    def sentences(self) -> tuple[str, ...]:
        """The measurements in plain sentences.

        Returns:
            One sentence a measurement.
        """
        said = [f"read at `{self.site}`, {self.model.width} neurons, on {self._run()}"]
        interval = "" if self.additive_interval is None else " [{:.4f}, {:.4f}]".format(*self.additive_interval)
        worst = int(np.argmin(self.additive))
        size, n, a, b = self.largest_rest
        said.append(
            f"additive share {self.additive_share:.4f}{interval} by strength, median {np.median(self.additive):.4f}, "
            f"least {self.additive[worst]:.4f} (neuron {worst}); largest rest {size:.2g} standard deviations "
            f"(neuron {n}, pair {a}, {b})"
        )
        if self.readout == "none":
            return (*said, *self.notes)
        how = "by patching" if self.readout == "patched" else f"by regression of rank {self.readout_rank}"
        said.append(
            f"{self.model.activation} follows; weights on the logits measured {how}, not affine in "
            f"{self.readout_error:.1e} of the logits' variance"
        )
        said.append(
            f"{self.direct_share:.2%} of the logits' variance goes around the site as functions of a and of b, "
            f"{self.direct_rest:.1e} as neither"
        )
        said.append(
            f"the folded network gives the same answer on {self.agreement:.2%} of the pairs; accuracy "
            f"{self.accuracy:.4%} before, {self.folded_accuracy:.4%} after"
        )
        return (*said, *self.notes)

    def _run(self) -> str:
        every = self.additive_interval is None
        return f"all {self.pairs:,} pairs" if every else f"{self.pairs:,} sampled of {self.all_pairs:,} pairs"

    def record(self) -> dict[str, Any]:
        """The measurements as plain data, without the folded network.

        Returns:
            Numbers, strings and lists.
        """
        names = ("site", "additive_share", "readout", "activation_error", "readout_error", "readout_rank")
        names += ("direct_share", "direct_rest", "agreement", "accuracy", "folded_accuracy", "pairs", "all_pairs")
        size, n, a, b = self.largest_rest
        return {
            "schema": 1,
            **{name: getattr(self, name) for name in names},
            "activation": self.model.activation,
            "additive_interval": None if self.additive_interval is None else list(self.additive_interval),
            "additive": self.additive.tolist(),
            "strength": self.strength.tolist(),
            "largest_rest": {"standard_deviations": size, "neuron": n, "a": a, "b": b},
            "parts": [
                {
                    "name": part.name,
                    "share": part.share,
                    "shares": part.shares.tolist(),
                    "logit_share": part.logit_share,
                    "accuracy_without": part.accuracy_without,
                }
                for part in self.parts
            ],
            "obstacle": self.obstacle,
            "notes": list(self.notes),
        }
