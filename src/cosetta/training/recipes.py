"""Recipes: named, cited ways to train, each a function that returns a `TrainConfig`.

`fast` is the default and this project's own; `stander2024` and `wu2024` are published ones, for comparison. Every field
of `TrainConfig` can be overridden by name, and a field of `Phase` for all phases at once. Sizes that depend on the
group follow `network_size`. Nothing needs torch.
"""

from collections.abc import Callable
from math import log2
from typing import Any

from cosetta.groups import Group, read_group
from cosetta.training.config import SQUARED, Phase, TrainConfig

__all__ = ["RECIPES", "chughtai2023", "fast", "network_size", "stander2024", "wu2024"]

TINY = 12
"""Largest order at which `fast` trains on 90 % of the pairs."""


def fast(group: Group | str, seed: int = 0, **overrides: Any) -> TrainConfig:
    """This project's recipe: seconds for S5 on one core, and the same kind of circuit as the paper's.

    AdamW with small embeddings, in five phases. *Learn*: until 99 % of the test pairs are right. *Clean*: small
    batches, whose noise dissolves neurons that belong to no circuit. *Settle*: large batches. *Sharpen*: less weight
    decay, until the loss is 1e-5. *Anneal*: learning rate to 0.

    What depends on the group: batches are powers of two nearest to a multiple of |G|, at most the full batch. 8|G| to
    learn and 4|G| to clean (S5: 1,024 and 512); from settling on 16|G|, but 8|G| from order 120 on, where cleaning is
    halved, too, since a step costs more.

    Up to order 16 learning and cleaning have full batches, since the noise of smaller ones keeps such networks from
    generalising; up to order 12 cleaning has batches of 8|G| and twice the weight decay. Up to order 8 there are 48
    neurons: more only memorise.

    Above order 200 (S6: batches of 8,192, 2,048 to clean) the learning rate is 1e-2, since 2e-2 lets decay outrun the
    gradient, and the phases are shorter; *learn* is two phases, of which the first ends at 30 %.

    A transformer (128 long, 4 heads, 512 neurons, as published) and two hidden layers take learning rate 1e-2 and
    batches of 4|G| until they are clean; the transformer decays by 1.5 and cleans for 500 steps. Squares and products
    train as the paper's network does.

    40 % of the pairs train, as in the paper; 80 % below order 50, 95 % up to order 16 (Q16 needs them) and 90 % up to
    order 12 (of C2, 3 of the 4 pairs); 60 % for perfect groups of order 100 to 200, SL(2,5) and PSL(2,7). Fewer do not
    determine the rest (docs/groups.md).

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
        ('S5-fast-1-', [1024, 512, 1024, 1024, 1024])
    """
    order, kind = _order(group), overrides.get("architecture", "mlp")
    phases = _phases(order) if order <= 200 else _phases_of_large(order)
    if kind in _ADJUSTED:
        phases = _adjusted(phases, order, *_ADJUSTED[kind])
    defaults = {"embed_std": 0.1, "phases": phases, "train_fraction": _fraction(group), "eval_pairs": 3000}
    if order <= 8:
        defaults["width"] = 48
    return _config("fast", group, seed, _sizes_of(kind) | defaults | overrides)


_ADJUSTED = {"transformer": (1e-2, 1.5, 500), "mlp2": (1e-2, 1.0, 1500)}
"""Learning rate, weight decay and steps of *clean* of networks that learn in `fast` only with smaller steps."""


def _sizes_of(kind: Any) -> dict[str, Any]:
    """What an architecture needs to be given: sizes of the published transformers, the activation of products."""
    published = {"embed_dim": 128, "width": 512}
    return published if kind == "transformer" else {"activation": "square"} if kind in SQUARED else {}


def _adjusted(phases: tuple[Phase, ...], order: int, rate: float, decay: float, clean: int) -> tuple[Phase, ...]:
    """Phases of `fast` with another learning rate: batches of 4|G| until the network is clean, half of it later."""
    first, last = len(phases) - 4, len(phases) - 3
    changed = []
    for i, phase in enumerate(phases):
        early = i <= first
        late = {"max_steps": min(phase.max_steps, 500), "learning_rate": rate / 2}
        values = {"learning_rate": rate, "weight_decay": decay} if early else late
        if early and phase.batch_size:
            values["batch_size"] = _batch(4, order)
        if i == first:
            values["max_steps"] = clean
        if i == last:
            values["weight_decay"] = decay
        changed.append(phase.model_copy(update=values))
    return tuple(changed)


def _phases(order: int) -> tuple[Phase, ...]:
    """Phases of `fast` up to order 200."""
    late = _batch(16 if order < 120 else 8, order)
    learn = Phase(
        max_steps=5000, learning_rate=2e-2, weight_decay=1.0, batch_size=_batch(8, order), until_accuracy=0.99
    )
    clean = Phase(
        max_steps=3000 if order < 120 else 1500, learning_rate=2e-2, weight_decay=1.0, batch_size=_batch(4, order)
    )
    if order <= 16:
        learn = learn.model_copy(update={"max_steps": 3000 if order <= TINY else 5000, "batch_size": None})
        clean = clean.model_copy(update={"max_steps": 1500, "batch_size": None})
    if order <= TINY:
        clean = clean.model_copy(update={"batch_size": _batch(8, order), "weight_decay": 2.0})
    settle = Phase(max_steps=400, learning_rate=1e-2, weight_decay=1.0, batch_size=late)
    sharpen = Phase(max_steps=800, learning_rate=1e-2, weight_decay=0.1, batch_size=late, until_loss=1e-5, hold=2)
    anneal = Phase(max_steps=300, learning_rate=1e-2, final_learning_rate=0.0, weight_decay=0.1, batch_size=late)
    return learn, clean, settle, sharpen, anneal


def _phases_of_large(order: int) -> tuple[Phase, ...]:
    """Phases of `fast` above order 200; a step of S6 costs as much as thirty of S5."""
    large = _batch(16, order)
    settle = Phase(max_steps=150, learning_rate=1e-2, weight_decay=1.0, batch_size=large)
    form = settle.model_copy(update={"max_steps": 2000, "until_accuracy": 0.3, "hold": 1})
    choose = settle.model_copy(update={"max_steps": 1500, "until_accuracy": 0.99})
    clean = settle.model_copy(update={"max_steps": 500, "batch_size": _batch(4, order)})
    sharpen = Phase(max_steps=300, learning_rate=1e-2, weight_decay=0.1, batch_size=large, until_loss=1e-5, hold=2)
    anneal = Phase(max_steps=250, learning_rate=1e-2, final_learning_rate=0.0, weight_decay=0.1, batch_size=large)
    return form, choose, clean, settle, sharpen, anneal


def _batch(factor: int, order: int) -> int:
    """The power of two nearest to a multiple of the order."""
    return 2 ** round(log2(factor * order))


def _fraction(group: Group | str) -> float:
    """Share of the pairs that trains in `fast`."""
    group = group if isinstance(group, Group) else read_group(group)
    order = group.order
    if order < 50:
        return 0.75 if order == 2 else 0.9 if order <= TINY else 0.95 if order <= 16 else 0.8
    is_perfect = 100 <= order <= 200 and group.subgroup(group.commutators).order == order
    return 0.6 if is_perfect else 0.4


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


def chughtai2023(group: Group | str, seed: int = 0, **overrides: Any) -> TrainConfig:
    """The first paper's recipe: full batch, AdamW with weight decay 1, 50,000 steps of a transformer.

    One block without layer norm, model length 128, 4 heads, 512 neurons, on 40 % of the pairs. `architecture="mlp"`
    gives the same steps to the network of Stander et al.

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
        Chughtai, Chan, Nanda 2023 (arXiv:2302.03025).

    Example:
        >>> config = chughtai2023("S5")
        >>> config.architecture, config.embed_dim, config.width, config.max_steps
        ('transformer', 128, 512, 50000)
    """
    phase = Phase(max_steps=50_000, learning_rate=1e-3, weight_decay=1.0)
    kind = overrides.get("architecture", "transformer")
    defaults = {"architecture": kind, "phases": (phase,), "eval_every": 100, "embed_std": 128**-0.5}
    return _config("chughtai2023", group, seed, defaults | _sizes_of(kind) | overrides)


RECIPES: dict[str, Callable[..., TrainConfig]] = {
    "fast": fast,
    "stander2024": stander2024,
    "wu2024": wu2024,
    "chughtai2023": chughtai2023,
}
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
    name = group.name if isinstance(group, Group) else read_group(group).name
    fixed = {"group": name, "recipe": recipe, "seed": seed}
    every_phase = {key: values[key] for key in values if key in Phase.model_fields}
    others = {key: value for key, value in values.items() if key not in every_phase}
    if every_phase:
        others["phases"] = [dict(phase) | every_phase for phase in values["phases"]]
    return TrainConfig.checked({"embed_dim": embed_dim, "width": width} | others | fixed)


def _order(group: Group | str) -> int:
    return group.order if isinstance(group, Group) else read_group(group).order
