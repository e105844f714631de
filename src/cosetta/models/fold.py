r"""Fold any network by measurement.

Run the network on all pairs (a sample of rows and columns for a large group), read a site, and fit
$\text{pre}(a, b) = \text{left}(a) + \text{right}(b)$; what is left is measured, not presumed. The way from the site to
the logits is measured by patching, the path around it from what the neurons do not give. Nothing is refused for its
architecture; where the additive share is low, the rest is split further and the numbers say how much there is.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cosetta.errors import BadConfig, BadNetwork, BadRun
from cosetta.groups import Group, read_group
from cosetta.models.additive import PairSums
from cosetta.models.element_order import recover_group
from cosetta.models.folded import ACTIVATIONS, FoldedModel
from cosetta.models.folding import ADDITIVE, Folding, Part
from cosetta.models.function_model import FunctionModel, model_of_arrays
from cosetta.models.module_model import Inputs, ModuleModel, module_of
from cosetta.models.pair_model import PairModel, Reordered
from cosetta.models.readout import Readout, find_readout

__all__ = ["MAX_PAIRS", "fold", "fold_model", "pair_model"]

MAX_PAIRS = 2**20
"""Pairs that are run without being asked to: all of a group up to order 1,024."""

_BLOCK_ENTRIES = 2**19
"""Largest number of logits or neurons of a block of pairs: what a cache holds."""

_NO_DIRECT = 1e-10
"""A path around the site that carries less of the logits' variance than this is rounding, and is left out."""

_RESAMPLES = 1000


def fold(
    source: Any,
    group: Group | str,
    site: str | None = None,
    *,
    logits: Any = None,
    inputs: Inputs | None = None,
    activation: str | None = None,
    max_pairs: int = MAX_PAIRS,
    seed: int = 0,
) -> Folding:
    """Fold a network, a function or activations, and measure how far the result can be trusted.

    The elements may stand in any order: it is recovered from the predictions, and the folding is in that of `group`.

    Args:
        source: a torch module (or an nnsight wrapper of one), a pair model, a function (a, b) -> (pre, logits), or an
            array of activations, |G| x |G| x neurons.
        group: the group, or its name.
        site: for a module, the name of the submodule whose output is read, such as `blocks.0.mlp.hook_pre`.
        logits: for an array, the logits of all pairs, |G| x |G| x |G|; may be None.
        inputs: for a module, what it is called with; see `ModuleModel`.
        activation: what follows the site; found if None.
        max_pairs: with more pairs than this, rows and columns are sampled.
        seed: of the samples.

    Returns:
        The folded network with its measurements.

    Raises:
        BadConfig: if an argument is missing or does not fit the source.
        BadNetwork: if the network raises, gives NaN, changes between two calls, or its logits are not |G| long.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.models.planted import CosetPlan, plant
        >>> S3 = named_group("S3")
        >>> network = plant(S3, [CosetPlan(S3.subgroup([1]))], generator=torch.Generator().manual_seed(0)).folded
        >>> folding = fold(network, S3)
        >>> folding.additive_share, folding.agreement, folding.obstacle
        (1.0, 1.0, '')
    """
    group = read_group(group) if isinstance(group, str) else group
    model = pair_model(source, group.order, site, logits=logits, inputs=inputs)
    _check_repeats(model)
    notes: tuple[str, ...] = ()
    if model.has_logits and model.order**2 <= max_pairs:
        try:
            recovered = recover_group(model, group)
        except BadRun as error:
            notes = (f"elements are taken in the order of {group.name}: {error}",)
        else:
            if not np.array_equal(recovered.relabelling, np.arange(group.order)):
                model = Reordered(model, torch.from_numpy(np.argsort(recovered.relabelling)))
                notes = ("elements stand in another order; it was recovered from the logits", *recovered.notes)
    else:
        notes = (f"elements are taken in the order of {group.name}, which nothing here could check",)
    return fold_model(model, group, activation=activation, max_pairs=max_pairs, seed=seed, notes=notes)


def pair_model(
    source: Any, order: int, site: str | None = None, *, logits: Any = None, inputs: Inputs | None = None
) -> PairModel:
    """Anything that `fold` takes as a pair model.

    Args:
        source: as in `fold`.
        order: number of group elements.
        site: as in `fold`.
        logits: as in `fold`.
        inputs: as in `fold`.

    Returns:
        The model.

    Raises:
        BadConfig: if an argument is missing or does not fit the source.
        BadNetwork: if the source does not belong to a group of this order.

    Example:
        >>> pair_model(np.zeros((2, 2, 5)), 2).width
        5
    """
    module = module_of(source)
    if isinstance(source, PairModel):
        model = source
    elif module is not None:
        if site is None:
            shown = ", ".join([name for name, _ in module.named_modules() if name][:8])
            raise BadConfig(f"a module needs `site`, the submodule whose output is read; got None: name one of {shown}")
        model = ModuleModel(module, order, site, inputs)
    elif isinstance(source, np.ndarray | Tensor):
        arrays = [x.detach().cpu().numpy() if isinstance(x, Tensor) else x for x in (source, logits)]
        model = model_of_arrays(*arrays, site=site or "activations")
    elif callable(source):
        model = FunctionModel(source, order, site or "pre")
    else:
        raise BadConfig(
            f"`source` must be a module, a function or an array; got a {type(source).__name__}: "
            "a file is opened by `cosetta explain FILE`"
        )
    if model.order != order:
        raise BadNetwork(f"the network has {model.order} elements; the group has {order}: name its group")
    return model


def fold_model(
    model: PairModel,
    group: Group | None,
    *,
    activation: str | None = None,
    max_pairs: int = MAX_PAIRS,
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> Folding:
    """Fold a pair model whose elements stand in the group's order.

    Args:
        model: the network.
        group: the group; without it there is no h(ab) and no accuracy.
        activation: what follows the site; found if None.
        max_pairs: with more pairs than this, rows and columns are sampled.
        seed: of the samples.
        notes: what the caller assumed, in plain sentences.

    Returns:
        The folded network with its measurements.

    Raises:
        BadConfig: if the activation is not known.
    """
    if activation is not None and activation not in ACTIVATIONS:
        raise BadConfig(f"`activation` must be one of {', '.join(ACTIVATIONS)}; got '{activation}'")
    readout = find_readout(model, activation, seed) if model.has_logits else None
    return _Fold(model, group, readout, activation or "relu", max_pairs, seed).folding(notes)


class _Fold:
    """The passes over the pairs, in order: fit the parts, measure what they leave, take each part away."""

    def __init__(
        self, model: PairModel, group: Group | None, readout: Readout | None, activation: str, max_pairs: int, seed: int
    ) -> None:
        self.model, self.readout, self.seed = model, readout, seed
        self.activation = activation if readout is None else readout.activation
        self.table = None if group is None else torch.from_numpy(group.table.astype(np.int64))
        order, width = model.order, model.width
        everything = torch.arange(order)
        self.strips = [(everything, everything)]
        if order**2 > max_pairs:
            lines = torch.randperm(order, generator=torch.Generator().manual_seed(seed))
            lines = lines[: max(2, max_pairs // (2 * order))].sort().values
            self.strips = [(lines, everything), (everything, lines)]
        self.out = torch.zeros(order, width, dtype=torch.float64) if readout is None else readout.out
        self._fit()

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
        """Left factors, right factors, values at the site, post-activations, logits; in float64 on the CPU."""
        per_block = max(1, _BLOCK_ENTRIES // max(self.model.order, self.model.width))
        for rows, columns in self.strips:
            for some in rows.split(max(1, per_block // len(columns))):
                a, b = some.repeat_interleave(len(columns)), columns.repeat(len(some))
                pre, logits = self.model.run(a.to(self.model.device), b.to(self.model.device))
                self.dtype = torch.float64 if pre.dtype == torch.float64 else torch.float32
                pre = pre.double().cpu()
                yield a, b, pre, ACTIVATIONS[self.activation](pre), logits.double().cpu()

    def _fit(self) -> None:
        """First pass: the parts of the site and of the path around it."""
        order, width = self.model.order, self.model.width
        site, around = PairSums(self.table, order, width), PairSums(None, order, order)
        posts = torch.zeros(2, width, dtype=torch.float64)
        logit_sums = torch.zeros(2, order, dtype=torch.float64)
        for a, b, pre, post, logits in self.blocks():
            site.add(a, b, pre)
            around.add(a, b, logits - self._written(post))
            posts += torch.stack((post.sum(0), post.square().sum(0)))
            logit_sums += _sums(logits)
        self.pairs = site.pairs
        self.mean, (self.f, self.g) = site.fit(["a", "b"])
        self.whole = None if self.table is None else site.fit(["a", "b", "ab"])
        self.bias, self.direct = around.fit(["a", "b"])
        self.logit_variance = _variance(logit_sums, self.pairs)
        mean, square = posts / self.pairs
        self.strength = (square - mean.square()).clamp(min=0) * self.out.var(0, correction=0)

    def _written(self, post: Float[Tensor, "pair neuron"]) -> Float[Tensor, "pair g"]:
        """What the neurons write to the logits; multiplied in the network's precision, which is most of the work."""
        return (post.to(self.dtype) @ self.out.T.to(self.dtype)).double()

    def folded(self) -> FoldedModel:
        """The folded network, with the path around the site where there is one."""
        left, right = (side + self.mean / 2 for side in (self.f, self.g))
        if self.readout is None:
            return FoldedModel(left, right, self.out, torch.zeros_like(self.bias), self.activation).to(self.dtype)
        direct = self.direct if self.direct_variance > _NO_DIRECT * self.logit_variance else (None, None)
        return FoldedModel(left, right, self.out, self.bias, self.activation, *direct).to(self.dtype)

    @property
    def direct_variance(self) -> float:
        """Variance that the path around the site gives to the logits, without what is common to all answers."""
        return sum(float((path - path.mean(1, keepdim=True)).square().mean()) for path in self.direct)

    def folding(self, notes: tuple[str, ...]) -> Folding:
        """Second pass: what the fit leaves; third, where neurons are not additive: what each part does."""
        folded, order = self.folded(), self.model.order
        rest = _Rest(order, self.model.width, sampled=len(self.strips) > 1)
        right = np.zeros(3)  # same answer, right before, right after
        around = torch.zeros(2, order, dtype=torch.float64)
        for a, b, pre, post, logits in self.blocks():
            rest.add(a, b, pre - self.mean - self.f[a] - self.g[b], self._left_by_all(a, b, pre))
            around += _sums(logits - self._written(post) - self.bias - self.direct[0][a] - self.direct[1][b])
            answers = [logits.argmax(1), folded.logits(a, b).argmax(1)]
            product = answers[0] if self.table is None else self.table[a, b]
            right += [int((x == y).sum()) for x, y in (answers, (answers[0], product), (answers[1], product))]
        left_over, left_by_all = (part / max(1, self.pairs - freedom) for part, freedom in rest.energies())
        fitted = self.f.square().mean(0) + self.g.square().mean(0)
        variance = fitted + left_over
        additive = torch.where(variance > 0, 1 - left_over / variance.clamp(min=1e-300), torch.ones_like(variance))
        weight = self.strength if float(self.strength.sum()) > 0 else variance
        weight = weight / weight.sum().clamp(min=1e-300)
        share = float((weight * additive).sum()) if float(weight.sum()) > 0 else 1.0
        logits = self.readout is not None
        agreement, accuracy, folded_accuracy = (right / self.pairs).tolist()
        known = logits and self.table is not None
        return Folding(
            model=folded,
            site=self.model.site,
            additive=additive.numpy(),
            strength=weight.numpy(),
            additive_share=share,
            additive_interval=rest.interval(weight / variance.clamp(min=1e-300), self.seed),
            parts=self._parts(left_by_all if self.whole else left_over, weight, share < ADDITIVE and known),
            largest_rest=rest.largest(variance),
            readout="none" if self.readout is None else self.readout.method,
            activation_error=0.0 if self.readout is None else self.readout.activation_error,
            readout_error=0.0 if self.readout is None else self.readout.error,
            readout_rank=0 if self.readout is None else self.readout.rank,
            direct_share=self.direct_variance / (self.logit_variance or 1.0) if logits else 0.0,
            direct_rest=_variance(around, self.pairs) / (self.logit_variance or 1.0) if logits else 0.0,
            agreement=agreement if logits else None,
            accuracy=accuracy if known else None,
            folded_accuracy=folded_accuracy if known else None,
            pairs=self.pairs,
            all_pairs=order**2,
            notes=notes,
        )

    def _left_by_all(self, a: Tensor, b: Tensor, pre: Tensor) -> Tensor | None:
        """What f(a) + g(b) + h(ab) leaves of the site."""
        if self.whole is None or self.table is None:
            return None
        mean, (f, g, h) = self.whole
        return pre - mean - f[a] - g[b] - h[self.table[a, b]]

    def _parts(self, left: Tensor, weight: Tensor, measure: bool) -> tuple[Part, ...]:
        """Shares of the parts, and with `measure` what the logits are without each."""
        _, functions = self.whole or (self.mean, [self.f, self.g])
        energies = [part.square().mean(0) for part in functions] + [left]
        total = sum(energies[1:], energies[0]).clamp(min=1e-300)
        parts = []
        names = ("f(a)", "g(b)", "h(ab)")[: len(functions)]
        for i, (name, energy) in enumerate(zip((*names, "rest"), energies, strict=True)):
            lost = self._without(i) if measure else (None, None)
            values = functions[i].to(self.dtype) if i < len(functions) else None
            shares = energy / total
            parts.append(Part(name, values, shares.numpy(), float((weight * shares).sum()), *lost))
        return tuple(parts)

    def _without(self, i: int) -> tuple[float, float]:
        """Variance of the change of the logits over their variance, and accuracy, when part i is taken away."""
        assert self.whole is not None
        assert self.table is not None
        _, functions = self.whole
        sums, right = torch.zeros(2, self.model.order, dtype=torch.float64), 0
        for a, b, pre, post, logits in self.blocks():
            product = self.table[a, b]
            places = (a, b, product)
            removed = functions[i][places[i]] if i < 3 else self._left_by_all(a, b, pre)
            assert removed is not None
            if self.model.can_patch:
                values, device = (pre - removed).to(self.dtype), self.model.device
                changed = self.model.patched(values.to(device), a.to(device), b.to(device)).double().cpu()
            else:
                changed = logits + (ACTIVATIONS[self.activation](pre - removed) - post) @ self.out.T
            sums += _sums(changed - logits)
            right += int((changed.argmax(1) == product).sum())
        return _variance(sums, self.pairs) / (self.logit_variance or 1.0), right / self.pairs


class _Rest:
    """What the fits leave, summed over the pairs: by neuron, by line of the table, and at its largest."""

    def __init__(self, order: int, width: int, sampled: bool) -> None:
        self.sums = torch.zeros(2, width, dtype=torch.float64)
        self.order, self.sampled = order, sampled
        self.top = torch.zeros(width, dtype=torch.float64)
        self.where = torch.zeros(width, 2, dtype=torch.int64)
        self.lines: list[Tensor] = []

    def add(self, a: Tensor, b: Tensor, rest: Tensor, by_all: Tensor | None) -> None:
        """Take in a block of pairs."""
        self.sums[0] += rest.square().sum(0)
        if by_all is not None:
            self.sums[1] += by_all.square().sum(0)
        top, place = rest.abs().max(0)
        higher = top > self.top
        self.top[higher] = top[higher]
        self.where[higher] = torch.stack((a[place], b[place]), 1)[higher]
        if self.sampled and len(b.unique()) == self.order:  # whole rows; the sampled columns are the other strip
            self.lines += [rest[a == x].square().mean(0) for x in a.unique()]

    def energies(self) -> list[tuple[Tensor, int]]:
        """Sums of squares with the numbers of fitted values, which a sample must allow for."""
        freedom = 2 * self.order - 1 if self.sampled else 0
        return [(self.sums[0], freedom), (self.sums[1], freedom + self.order - 1 if freedom else 0)]

    def largest(self, variance: Tensor) -> tuple[float, int, int, int]:
        """Largest rest in standard deviations of its neuron, with the neuron and the pair."""
        size = torch.where(variance > 0, self.top / variance.clamp(min=1e-300).sqrt(), torch.zeros_like(self.top))
        n = int(size.argmax())
        return float(size[n]), n, *self.where[n].tolist()

    def interval(self, weight: Tensor, seed: int) -> tuple[float, float] | None:
        """95 % interval of the additive share: the sampled lines drawn again with replacement."""
        if not self.sampled:
            return None
        lost = (torch.stack(self.lines) @ weight).numpy()
        draws = np.random.default_rng(seed).choice(lost, (_RESAMPLES, len(lost))).mean(1)
        low, high = np.quantile(draws, (0.025, 0.975))
        return float(1 - high), float(1 - low)


def _sums(logits: Float[Tensor, "pair g"]) -> Float[Tensor, "2 g"]:
    """Sums and sums of squares over pairs, without what is common to all answers."""
    logits = logits - logits.mean(1, keepdim=True)
    return torch.stack((logits.sum(0), logits.square().sum(0)))


def _variance(sums: Float[Tensor, "2 g"], pairs: int) -> float:
    """Variance over pairs, averaged over the answers."""
    mean, square = sums / pairs
    return max(0.0, float((square - mean.square()).mean()))


def _check_repeats(model: PairModel) -> None:
    """The same pairs twice: dropout left on, or any other noise, gives different answers."""
    a = torch.arange(min(model.order, 64), device=model.device)
    b = a.flip(0)
    for name, first, second in zip(("values at the site", "logits"), model.run(a, b), model.run(a, b), strict=True):
        gap = float((first.double() - second.double()).abs().max())
        if gap > 1e-4 * float(first.double().abs().max()):
            raise BadNetwork(
                f"a network must give the same {name} twice; they differ by {gap:.2g}: call .eval() to switch "
                "dropout off"
            )
