"""What a training run is, as one schema for the file, the command line and the record.

A run is a network, a random split of the |G|^2 ordered pairs, and a sequence of phases. A phase is one setting of batch
size, learning rate and weight decay, constant or moving along a cosine; it ends after `max_steps`, or as soon as its
criterion on the test pairs has held at several evaluations in a row. Nothing here needs torch, the group, or a path.
"""

import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cosetta.errors import BadConfig
from cosetta.files.reading import setting_problem

__all__ = ["Phase", "TrainConfig"]

NOT_HASHED = {"device"}
"""Fields that say where a run is computed, not what it is: they do not change its folder."""

SQUARED = {"square", "bilinear"}
"""Architectures whose neurons are squares, or products, which are two squares each."""


@final
class Phase(BaseModel):
    """One stretch of training with its own batch size, learning rate, weight decay and end.

    Example:
        >>> Phase(max_steps=100, learning_rate=1e-2, final_learning_rate=0).at(50)
        (0.005, 0.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_steps: int = Field(gt=0, description="The phase ends after this many optimiser steps at the latest.")
    learning_rate: float = Field(gt=0, description="Step size of the optimiser at the start of the phase.")
    final_learning_rate: float | None = Field(
        default=None, ge=0, description="Step size at `max_steps`, reached along half a cosine; none keeps it constant."
    )
    weight_decay: float = Field(
        default=0.0,
        ge=0,
        description="Decay of every parameter, per unit of learning rate (AdamW), or the L2 factor (Adam).",
    )
    final_weight_decay: float | None = Field(
        default=None,
        ge=0,
        description="Weight decay at `max_steps`, reached along half a cosine; none keeps it constant.",
    )
    batch_size: int | None = Field(
        default=None,
        gt=0,
        description="Training pairs a step, without replacement within an epoch; none is the full batch.",
    )
    until_accuracy: float | None = Field(
        default=None, gt=0, le=1, description="The phase may end once test accuracy (0 to 1) is at least this."
    )
    until_loss: float | None = Field(
        default=None, gt=0, description="The phase may end once test loss (nats) is at most this; none asks nothing."
    )
    hold: int = Field(
        default=3,
        gt=0,
        description="Evaluations in a row at which the criterion must hold: a first crossing often falls back.",
    )

    @property
    def has_criterion(self) -> bool:
        """Whether the phase can end before `max_steps`."""
        return self.until_accuracy is not None or self.until_loss is not None

    def at(self, step: int) -> tuple[float, float]:
        """Learning rate and weight decay at a step.

        Args:
            step: optimiser steps since the start of the phase, 0 to `max_steps`.

        Returns:
            The learning rate and the weight decay.
        """
        return (
            _cosine(self.learning_rate, self.final_learning_rate, step / self.max_steps),
            _cosine(self.weight_decay, self.final_weight_decay, step / self.max_steps),
        )

    def is_met(self, accuracy: float, loss: float) -> bool:
        """Whether one evaluation meets the criterion; a phase without a criterion is never met.

        Args:
            accuracy: on the test pairs, in [0, 1].
            loss: on the test pairs, nats.

        Returns:
            True if both bounds that are set hold.
        """
        accurate = self.until_accuracy is None or accuracy >= self.until_accuracy
        return self.has_criterion and accurate and (self.until_loss is None or loss <= self.until_loss)


@final
class TrainConfig(BaseModel):
    """Everything that decides the weights of one run; made by a recipe (`recipes.py`), read back from `config.json`.

    Example:
        >>> config = TrainConfig(group="S3", phases=(Phase(max_steps=10, learning_rate=1e-3),))
        >>> config.run_name.startswith("S3-custom-0-"), config.hash8 == config.model_copy(update={"seed": 1}).hash8
        (True, False)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    group: str = Field(min_length=1, description="Name of the group, such as S5.")
    recipe: str = Field("custom", description="Name of the recipe behind it; part of the folder's name.")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of split, initial weights and batches; 0 is a seed.")
    train_fraction: float = Field(
        0.4, gt=0, lt=1, description="Share of the |G|^2 ordered pairs that trains; the rest tests. Paper: 0.4."
    )
    split: Literal["ordered", "unordered"] = Field(
        "ordered",
        description="`ordered` draws ordered pairs, as the paper does; `unordered` keeps (a, b) and (b, a) on one "
        "side, so that commuting pairs cannot leak test labels.",
    )
    architecture: Literal["mlp", "transformer", "bilinear", "square", "mlp2"] = Field(
        "mlp", description="Kind of network; the paper's is mlp, one hidden layer (docs/transformers.md)."
    )
    embed_dim: int = Field(256, gt=0, description="Length of each embedding. Paper: 256 for S5, 512 for S6.")
    width: int = Field(128, gt=0, description="Number of neurons. Paper: 128 for S5, 256 for S6.")
    activation: Literal["relu", "abs", "gelu", "silu", "square", "tanh"] = Field(
        "relu", description="Activation; the paper's is relu."
    )
    heads: int = Field(4, gt=0, description="Attention heads of a transformer; they divide `embed_dim`.")
    embed_std: float = Field(
        1.0, gt=0, description="Standard deviation of the initial embeddings; PyTorch's is 1. Smaller groks sooner."
    )
    optimizer: Literal["adamw", "adam"] = Field(
        "adamw", description="`adamw` decays weights apart from the gradient; `adam` adds L2 to the gradient (coupled)."
    )
    betas: tuple[float, float] = Field(
        (0.9, 0.98), description="Decay of the first and second moment, each in [0, 1). Paper: 0.9, 0.98."
    )
    epsilon: float = Field(1e-8, gt=0, description="Added to the root of the second moment; PyTorch's default.")
    phases: tuple[Phase, ...] = Field(min_length=1, description="The phases, in order.")
    eval_every: int = Field(
        50, gt=0, description="Optimiser steps between evaluations of loss and accuracy: criteria act at these steps."
    )
    eval_pairs: int = Field(
        20_000,
        gt=0,
        description="At most this many pairs of each side enter an evaluation, a fixed random sample; the last one "
        "takes as many as a bound on its work allows: all of S5 (14,400) and S6 (518,400), 53,000 a side of S7.",
    )
    checkpoints: int = Field(
        20,
        ge=0,
        description="Number of checkpoints kept, evenly spaced in the logarithm of the step, up to `max_steps`.",
    )
    precision: Literal["float32", "float64"] = Field("float32", description="Precision of weights and steps.")
    loss_precision: Literal["float32", "float64"] = Field(
        "float32", description="Precision of the softmax in a step; the paper's is float64. Reported losses are exact."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="Where to train; auto takes a GPU for large groups, if any. Bytes repeat on cpu only."
    )

    @field_validator("betas")
    @classmethod
    def _betas_below_one(cls, betas: tuple[float, float]) -> tuple[float, float]:
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError("both betas must be in [0, 1)")
        return betas

    @model_validator(mode="after")
    def _fits_the_architecture(self) -> "TrainConfig":
        """Nothing that the network would ignore."""
        kind = self.architecture
        if kind in SQUARED and self.activation != "square":
            raise ValueError(f"a {kind} network has the activation square; got {self.activation}: leave it out")
        if kind == "transformer" and self.embed_dim % self.heads:
            raise ValueError(f"`heads` must divide `embed_dim`; {self.heads} does not divide {self.embed_dim}")
        if kind != "transformer" and self.heads != 4:
            raise ValueError(f"`heads` are a transformer's; a {kind} network has none: leave `heads` out")
        return self

    @property
    def max_steps(self) -> int:
        """Optimiser steps if no phase ends early."""
        return sum(phase.max_steps for phase in self.phases)

    @property
    def hash8(self) -> str:
        """Eight hexadecimal digits of the SHA-256 of what is not at its default, without the device.

        A field that is added later, with the old behaviour as its default, then leaves the folders of old runs valid.
        """
        values = self.model_dump(mode="json", exclude=NOT_HASHED, exclude_defaults=True)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def run_name(self) -> str:
        """Name of the run's folder, `<group>-<recipe>-<seed>-<hash8>`, without characters that paths forbid."""
        group = "".join(character if character.isalnum() or character in "()," else "_" for character in self.group)
        return f"{group}-{self.recipe}-{self.seed}-{self.hash8}"

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Make a configuration from outside values, with one line for what is wrong.

        Args:
            values: fields by name, for example from JSON.

        Returns:
            The configuration.

        Raises:
            BadConfig: if a key is unknown (the message names the nearest valid one) or a value is out of range.

        Example:
            >>> TrainConfig.checked({"widht": 64, "group": "S5", "phases": []})
            Traceback (most recent call last):
            cosetta.errors.BadConfig: `widht` is not a setting of a training run; did you mean `width`?
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadConfig(_first_problem(error)) from error


def _cosine(start: float, end: float | None, progress: float) -> float:
    """Half a cosine from start to end."""
    return start if end is None else end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def _first_problem(error: ValidationError) -> str:
    """One line: an unknown key first, since it often explains the rest."""
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    problem = problems[0]
    if not problem["loc"]:  # of several fields together: the message says all
        return problem["msg"].removeprefix("Value error, ")
    path = [part for part in problem["loc"] if not isinstance(part, int)]
    if problem["type"] == "extra_forbidden":
        kind, owner = ("phase", Phase) if len(path) > 1 else ("training run", TrainConfig)
        near = difflib.get_close_matches(str(path[-1]), list(owner.model_fields), n=1, cutoff=0)[0]
        return f"`{path[-1]}` is not a setting of a {kind}; did you mean `{near}`?"
    if problem["type"] == "missing":
        return f"`{'.'.join(map(str, path))}` must be given"
    return setting_problem(".".join(map(str, path)), problem)
