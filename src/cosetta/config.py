"""The thresholds and sample sizes of the analysis, in one place.

Every number that decides a label stands here with its reason, and is written into `analysis.json`. The training
configuration is in `training/config.py`.
"""

import difflib
from typing import Any, final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cosetta.errors import BadConfig
from cosetta.files.reading import setting_problem

__all__ = ["AnalysisConfig"]


@final
class AnalysisConfig(BaseModel):
    """What decides a label, and how much is sampled.

    Example:
        >>> AnalysisConfig().coset_threshold
        0.01
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **settings: Any) -> None:
        """Check the settings.

        Args:
            **settings: fields by name; the defaults for the others.

        Raises:
            BadConfig: if a name is unknown or a value out of range, in one line.
        """
        try:
            super().__init__(**settings)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            if problem["type"] == "extra_forbidden":
                near = difflib.get_close_matches(name, list(type(self).model_fields), n=1, cutoff=0)[0]
                raise BadConfig(f"`{name}` is not a setting of the analysis; did you mean `{near}`?") from error
            raise BadConfig(setting_problem(f"analysis.{name}", problem)) from error

    coset_threshold: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="A function counts as constant on cosets when its coset_variance_fraction (0 to 1) is below this. "
        "Random vectors of an irrep reach 0.1 with the best conjugate (docs/theory.md), trained neurons 1e-4.",
    )
    irrep_threshold: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="A neuron is of one irrep, or of rank one in it, when left and right have at most this share of "
        "their power elsewhere (0 to 1): the main irrep holds most of it. Whether the rest matters is what the arena "
        "tests; a twisted-S4 neuron of S5 has a quarter of its power in the sign. Out is free.",
    )
    mirror_tolerance: float = Field(
        default=1e-3,
        gt=0,
        lt=1,
        description="Elements g whose mirror correlation is within this of the largest make up the shared coset, on "
        "the route that uses no subgroup lattice.",
    )
    mirror_threshold: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="A neuron obeys the mirror law right(b) = -left(g b^-1) when the residual share of variance (0 up) "
        "is below this.",
    )
    dead_threshold: float = Field(
        default=1e-3,
        ge=0,
        lt=1,
        description="A neuron is dead when the variance it gives to the logits is below this share of the largest "
        "neuron's.",
    )
    zero_tolerance: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="A pre-activation counts as zero below this many standard deviations of the neuron's "
        "pre-activations over all pairs.",
    )
    null_samples: int = Field(
        default=1000,
        ge=19,
        description="Random functions of equal irrep content behind each p-value; the smallest p is 1/(n+1).",
    )
    control_draws: int = Field(
        default=20,
        ge=1,
        description="Times that each control is drawn: one draw on S5 may give 1.4 % or 4.9 %.",
    )
    number_bits: int = Field(
        default=10,
        ge=1,
        le=64,
        description="Bits of one number in a description length: 1/1024 of a function's range is finer than the spread "
        "that trained neurons have inside cosets.",
    )
    holds_at: float = Field(
        default=0.95,
        gt=0,
        le=1,
        description="An account holds when its ideal, alone, recovers at least this share of the loss between nothing "
        "and the network, and more than every control.",
    )
    faithful_at: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="The best account must also reproduce at least this share of the variance of the network's logits. "
        "Recovered loss alone saturates: a lookup table recovers all of it and 0.07 of the logits.",
    )
    arena: bool = Field(
        default=True, description="Whether the accounts compete; without it they are fitted and covered neurons named."
    )
    arena_pairs: int = Field(
        default=20_000,
        ge=100,
        description="The accounts compete on every pair when there are at most this many, a random sample of this size "
        "otherwise, with intervals.",
    )
    control_pairs: int = Field(
        default=4_000,
        ge=100,
        description="Each control draw, and each exchange of activations, is scored on at most this many of them.",
    )
    evidence_pairs: int = Field(
        default=20_000,
        ge=100,
        description="Causal tests use every pair when there are at most this many, a random sample of this size "
        "otherwise. S5 has 14,400 pairs.",
    )
    accuracy_pairs: int = Field(
        default=1_000_000,
        ge=100,
        description="Accuracy and loss are of every pair when there are at most this many, else of a random sample of "
        "this size, with an interval. S6 has 518,400 pairs, S7 25 million.",
    )
    seed: int = Field(
        default=0, ge=0, description="Seed of the null samples, the random controls and the sampled pairs."
    )
