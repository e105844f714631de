"""Recipes: named, cited ways to train, each a function that returns a `TrainConfig`.

`fast` is the default and this project's own; `stander2024` and `wu2024` are published ones, for comparison. Every field
of `TrainConfig` can be overridden by name, and a field of `Phase` for all phases at once. Sizes that depend on the
group follow `network_size`. Nothing needs torch.
"""

from collections.abc import Callable
from math import log2
from typing import Any

from cosetta.groups import Group, named_group
from cosetta.training.config import Phase, TrainConfig

__all__ = ["RECIPES", "fast", "network_size", "stander2024", "wu2024"]

TINY = 16
"""Largest order at which `fast` trains on 90 % of the pairs."""


def fast(group: Group | str, seed: int = 0, **overrides: Any) -> TrainConfig:
    """This project's recipe: seconds for S5 on one core, and the same kind of circuit as the paper's.

    AdamW with small embeddings, in six phases. *Form*: until 30 % of the test pairs are right. *Choose*: large batches,
    until 99 %; with the noise of small ones more circuits of small subgroups survive. *Clean*: small batches, whose
    noise dissolves neurons that belong to no circuit. *Settle*: large batches. *Sharpen*: less weight decay, until the
    loss is 1e-5. *Anneal*: learning rate to 0.

    What depends on the group: small and large batches are the powers of two nearest to 4|G| and 16|G| (S5: 512 and
    2,048; S6: 2,048 and 8,192), at most the full batch. The learning rate of the first three phases is 2e-2 up to order
    200, and 1e-2 above, where 2e-2 lets decay outrun the gradient; *form* has half the large batch up to order 200, all
    of it above, and shorter later phases, since a step of S6 costs as much as thirty of S5. 40 % of the pairs train, as
    in the paper, but 80 % below order 50, where 40 % are too few.

    Up to order 16 even 80 % do not determine the rest (docs/groups.md): 90 % train, which leaves few test pairs, 4 of
    S3. *Form* and *choose* are one phase of full batches there, since the noise of smaller ones keeps such networks
    from generalising, and *clean* has batches of 8|G| and twice the weight decay.

    Args:
        group: the group, or its name.
        seed: seed of the split, the initial weights and the batches.
        **overrides: other fields of `TrainConfig`.

    Returns:
        The configuration.

    Raises:
        Unsupported: if the name is unknown.
        BadConfig: if an override is unknown or out of range.

    Source:
        This project; the search is in LOG.md.

    Example:
        >>> config = fast("S5", seed=1)
        >>> config.run_name[:10], [phase.batch_size for phase in config.phases]
        ('S5-fast-1-', [1024, 2048, 512, 2048, 2048, 2048])
    """
    order = _order(group)
    small, large = (2 ** round(log2(factor * order)) for factor in (4, 16))
    rate = 2e-2 if order <= 200 else 1e-2
    steps = (1500, 400, 800, 300) if order <= 200 else (1000, 150, 300, 250)
    form = Phase(
        max_steps=2000,
        learning_rate=rate,
        weight_decay=1.0,
        batch_size=large // 2 if order <= 200 else large,
        until_accuracy=0.3,
        hold=1,
    )
    choose = Phase(
        max_steps=1500,
        learning_rate=rate,
        final_learning_rate=1e-2,
        weight_decay=1.0,
        batch_size=large,
        until_accuracy=0.99,
    )
    clean = Phase(max_steps=steps[0], learning_rate=rate, weight_decay=1.0, batch_size=small)
    settle = Phase(max_steps=steps[1], learning_rate=1e-2, weight_decay=1.0, batch_size=large)
    sharpen = Phase(max_steps=steps[2], learning_rate=1e-2, weight_decay=0.1, batch_size=large, until_loss=1e-5, hold=2)
    anneal = Phase(max_steps=steps[3], learning_rate=1e-2, final_learning_rate=0.0, weight_decay=0.1, batch_size=large)
    first = (form, choose, clean)
    if order <= TINY:
        learn = Phase(max_steps=3000, learning_rate=rate, weight_decay=1.0, until_accuracy=0.99)
        first = (learn, clean.model_copy(update={"weight_decay": 2.0, "batch_size": 2 * small}))
    defaults = {
        "embed_std": 0.1,
        "phases": (*first, settle, sharpen, anneal),
        "train_fraction": _fraction(order),
        "eval_pairs": 3000,
    }
    return _config("fast", group, seed, defaults | overrides)


def _fraction(order: int) -> float:
    """Share of the pairs that trains in `fast`; one pair of C2 has to be left."""
    return 0.75 if order == 2 else 0.9 if order <= TINY else 0.8 if order < 50 else 0.4


def stander2024(group: Group | str, seed: int = 0, **overrides: Any) -> TrainConfig:
    """The paper's recipe: full batch, AdamW with weight decay 1, 250,000 steps.

    The paper trains S5 for 250,000 steps and S6 for 50,000, on 40 % of the pairs, from PyTorch's default initial
    values, with the loss in float64. S5 generalises at about step 70,000 (seed 1).

    Args:
        group: the group, or its name.
        seed: seed of the split, the initial weights and the batches.
        **overrides: other fields of `TrainConfig`.

    Returns:
        The configuration.

    Raises:
        Unsupported: if the name is unknown.
        BadConfig: if an override is unknown or out of range.

    Source:
        Stander et al. 2023 (arXiv:2312.06581), section 2 and appendix on training.

    Example:
        >>> config = stander2024("S6")
        >>> config.max_steps, config.phases[0].batch_size, config.embed_dim, config.loss_precision
        (50000, None, 512, 'float64')
    """
    steps = 250_000 if _order(group) < 720 else 50_000
    phase = Phase(max_steps=steps, learning_rate=1e-3, weight_decay=1.0)
    defaults = {"phases": (phase,), "loss_precision": "float64", "eval_every": 100}
    return _config("stander2024", group, seed, defaults | overrides)


def wu2024(group: Group | str, seed: int = 0, **overrides: Any) -> TrainConfig:
    """The recipe of the rho-set paper: full batch, Adam with learning rate 1e-2 and L2 2e-4, at most 25,000 steps.

    The L2 term is added to the gradient, so Adam rescales it (coupled), unlike the decay of AdamW.

    Args:
        group: the group, or its name.
        seed: seed of the split, the initial weights and the batches.
        **overrides: other fields of `TrainConfig`.

    Returns:
        The configuration.

    Raises:
        Unsupported: if the name is unknown.
        BadConfig: if an override is unknown or out of range.

    Source:
        Wu, Jaburi, Drori, Gross 2024 (arXiv:2410.07476).

    Example:
        >>> config = wu2024("S5", width=64)
        >>> config.optimizer, config.width, config.max_steps
        ('adam', 64, 25000)
    """
    phase = Phase(max_steps=25_000, learning_rate=1e-2, weight_decay=2e-4)
    return _config("wu2024", group, seed, {"optimizer": "adam", "phases": (phase,)} | overrides)


RECIPES: dict[str, Callable[..., TrainConfig]] = {"fast": fast, "stander2024": stander2024, "wu2024": wu2024}
"""Recipes by name."""


def network_size(order: int) -> tuple[int, int]:
    """Embedding length and number of neurons for a group: the paper's for S5 and S6, and the same rule for others.

    Args:
        order: number of group elements.

    Returns:
        (256, 128) up to order 200, (512, 256) up to order 1,000, (1024, 512) above.

    Example:
        >>> network_size(24), network_size(120), network_size(720)
        ((256, 128), (256, 128), (512, 256))
    """
    width = 128 if order <= 200 else 256 if order <= 1000 else 512
    return 2 * width, width


def _config(recipe: str, group: Group | str, seed: int, values: dict[str, Any]) -> TrainConfig:
    embed_dim, width = network_size(_order(group))
    name = group.name if isinstance(group, Group) else named_group(group).name
    fixed = {"group": name, "recipe": recipe, "seed": seed}
    every_phase = {key: values[key] for key in values if key in Phase.model_fields}
    others = {key: value for key, value in values.items() if key not in every_phase}
    if every_phase:
        others["phases"] = [dict(phase) | every_phase for phase in values["phases"]]
    return TrainConfig.checked({"embed_dim": embed_dim, "width": width} | others | fixed)


def _order(group: Group | str) -> int:
    return group.order if isinstance(group, Group) else named_group(group).order
