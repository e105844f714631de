"""Several networks of one group, each on its full batch, as one tensor program whose steps are replayed from a graph.

The arithmetic is that of `cosetta.training.step`, in float32 throughout; initial weights and split are those of
`TrainState`, so a network here is the run that its seed names, up to rounding. Nothing of a step depends on the host:
the batch is all training pairs, hence a captured graph does it.
"""

import torch
from gpu_kernels import errors, post, side_gradient
from torch.optim.adam import adam
from torch.optim.adamw import adamw

from cosetta.training.parameters import parameter_views
from cosetta.training.scoring import score_parameters

__all__ = ["FullBatchStack"]

ROWS = ("parameters", "exp_avg", "exp_avg_sq")


class FullBatchStack:
    """Runs (`TrainState`, one recipe with one phase) that step together.

    With `fast_backward` the products that make the gradient from the errors are in TF32 on a GPU (relative error of the
    gradient 3e-4); logits, hence losses and accuracies, stay in float32.
    """

    def __init__(self, states, fast_backward=False):
        self.states, self.fast_backward = list(states), fast_backward
        first = self.states[0]
        self.config, self.order, self.table = first.config, first.order, first.table
        self.device = self.table.device
        self.step = first.step
        self.parameters, self.exp_avg, self.exp_avg_sq = (
            torch.stack([state.tensors[name] for state in self.states]) for name in ROWS
        )
        for i, state in enumerate(self.states):
            for name in ROWS:
                state.tensors[name] = getattr(self, name)[i]
        self.counter = torch.full((), float(self.step), device=self.device)
        self.gradient = torch.zeros_like(self.parameters)
        self._list_pairs()
        self._make_room()
        self._graph = None

    def _list_pairs(self):
        """Rows of each pair, sorted by a; and for each row of a side its pairs and their other rows, -1 where none."""
        order, runs = self.order, len(self.states)
        pairs = torch.stack([state.train.to(self.device).sort().values for state in self.states])
        self.count = pairs.shape[1]
        first = torch.arange(runs, device=self.device)[:, None] * order
        a, b = ((x + first).reshape(-1) for x in (pairs // order, pairs % order))
        self.target = self.table.reshape(-1)[pairs].reshape(-1).int()
        self.lists = [_lists_of(own, other, runs * order) for own, other in ((a, b), (b, a))]
        self.a, self.b = a.int(), b.int()

    def _make_room(self):
        runs, width, rows = len(self.states), self.config.width, len(self.a)
        new = self.parameters.new_empty
        self._sides = [new(runs, self.order, width) for _ in range(2)]
        self._at_sides = [new(runs, self.order, width) for _ in range(2)]
        self._post, self._at_post, self._logits = new(rows, width), new(rows, width), new(rows, self.order)

    def compute(self):
        """Fill `gradient`."""
        weights = parameter_views(self.parameters, self.order, self.config)
        gradients = parameter_views(self.gradient, self.order, self.config)
        runs, width = len(self.states), self.config.width
        names = ("embed_left.weight", "embed_right.weight")
        halves = weights["hidden.weight"].chunk(2, dim=-1)
        of_halves = gradients["hidden.weight"].chunk(2, dim=-1)
        for name, half, side in zip(names, halves, self._sides, strict=True):
            torch.bmm(weights[name], half.mT, out=side)
        left, right = (side.view(-1, width) for side in self._sides)
        post(left, right, self.a, self.b, self._post)
        logits, posts = self._logits.view(runs, self.count, -1), self._post.view(runs, self.count, -1)
        torch.bmm(posts, weights["unembed.weight"].mT, out=logits)
        errors(self._logits, weights["unembed.bias"], self.target, 1 / self.count, self.count)
        allowed = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = allowed or self.fast_backward
        gradients["unembed.weight"].copy_(torch.bmm(logits.mT, posts))
        torch.sum(logits, 1, out=gradients["unembed.bias"])
        torch.bmm(logits, weights["unembed.weight"], out=self._at_post.view(runs, self.count, -1))
        sides = (left, right)
        for i, (pairs, others) in enumerate(self.lists):
            side_gradient(self._at_post, sides[i], sides[1 - i], pairs, others, self._at_sides[i].view(-1, width))
        for name, half, of_half, at_side in zip(names, halves, of_halves, self._at_sides, strict=True):
            gradients[name].copy_(torch.bmm(at_side, half))
            of_half.copy_(torch.bmm(at_side.mT, weights[name]))
        torch.backends.cuda.matmul.allow_tf32 = allowed

    def update(self):
        """One step of the recipe's optimiser, all networks as one long tensor."""
        (phase,) = self.config.phases
        beta1, beta2 = self.config.betas
        lists = [[x.view(-1)] for x in (self.parameters, self.gradient, self.exp_avg, self.exp_avg_sq)]
        (adamw if self.config.optimizer == "adamw" else adam)(
            *lists,
            [],
            [self.counter],
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=beta1,
            beta2=beta2,
            eps=self.config.epsilon,
            lr=phase.learning_rate,
            weight_decay=phase.weight_decay,
        )

    @torch.no_grad()
    def _one(self):
        self.compute()
        self.update()

    def advance(self, steps):
        """Make some steps; the first two are run one by one, the rest replay a graph if the device has them."""
        left = steps
        if self.device.type == "cuda" and self._graph is None:
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(min(2, left)):
                    self._one()
            torch.cuda.current_stream().wait_stream(stream)
            left -= min(2, left)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._one()
        for _ in range(left):
            self._one() if self._graph is None else self._graph.replay()
        self.step += steps

    def scores(self, of_test=True):
        """Accuracy and loss of each network on all its test (or training) pairs, in float64 from float32 logits."""
        sides = [state.test if of_test else state.train for state in self.states]
        return score_parameters(self.parameters, torch.stack(sides).to(self.device), self.table, self.config)

    def folded(self, i):
        """Left, right, out and bias of one network."""
        weights = parameter_views(self.parameters[i], self.order, self.config)
        halves = weights["hidden.weight"].chunk(2, dim=-1)
        left, right = (
            (weights[name].double() @ half.mT.double()).float()
            for name, half in zip(("embed_left.weight", "embed_right.weight"), halves, strict=True)
        )
        return {
            "left": left.cpu(),
            "right": right.cpu(),
            "out": weights["unembed.weight"].cpu().clone(),
            "bias": weights["unembed.bias"].cpu().clone(),
        }

    def without(self, leaving):
        """A stack of the networks that are not in `leaving` (positions)."""
        kept = [state for i, state in enumerate(self.states) if i not in leaving]
        for state in kept:
            state.step = self.step
            for name in ROWS:
                state.tensors[name] = state.tensors[name].clone()
        return FullBatchStack(kept, self.fast_backward)


def _lists_of(own, other, rows):
    """For each row, the numbers of its pairs and their other rows, padded with -1 and 0."""
    order = torch.argsort(own, stable=True)
    sizes = torch.bincount(own, minlength=rows)
    place = torch.arange(len(own), device=own.device) - (sizes.cumsum(0) - sizes)[own[order]]
    longest = -(-int(sizes.max()) // 16) * 16  # few different lengths, for each of which a kernel is compiled
    pairs = torch.full((rows, longest), -1, dtype=torch.int32, device=own.device)
    others = torch.zeros_like(pairs)
    pairs[own[order], place] = order.int()
    others[own[order], place] = other[order].int()
    return pairs, others
