"""Fold and explain transformers, against one plain pass of the network over all pairs; seconds of one core.

Run: python benchmarks/fold_transformer.py [CHECKPOINT ..]. Each checkpoint is folded and explained (goal for
S5_T_seed1 of Chughtai et al.: 60 s). Then a transformer of S6 with 512 neurons, coset circuits of S5 planted behind
hand-set attention (goal: 4 minutes).
"""

import sys
import time

import torch

from cosetta import analyse, fold, named_group, open_checkpoint
from cosetta.models.module_model import ModuleModel, tokens
from cosetta.models.planted import CosetPlan, plant
from cosetta.models.transformer import Block, Transformer

WIDTH = 512


def main() -> None:
    torch.set_num_threads(1)
    for path in sys.argv[1:]:
        start = time.process_time()
        opened = open_checkpoint(path)
        folded = time.process_time() - start
        one_pass = _seconds(lambda opened=opened: _all_pairs(opened.imported.model))
        _explain(path, opened.model, opened.group, folded, one_pass)
    group = named_group("S6")
    network = _planted(group)
    model = ModuleModel(network, group.order, "blocks.0.mlp.hook_pre", tokens(group.order))
    one_pass = _seconds(lambda: _all_pairs(model))
    start = time.process_time()
    folding = fold(model, group)
    folded = time.process_time() - start
    assert not folding.obstacle
    _explain(f"S6, {folding.model.width} neurons, planted", folding.model, group, folded, one_pass)


def _explain(name, model, group, folded, one_pass) -> None:
    start = time.process_time()
    analysis = analyse(model, group)
    explained = time.process_time() - start
    share = (
        f"{analysis.covered_share:.2%} of {len(analysis.live)} live neurons on cosets, accuracy {analysis.accuracy:.4f}"
    )
    print(
        f"{name}: fold {folded:.1f} s, explain {explained:.1f} s, together {folded + explained:.1f} s; "
        f"one plain pass {one_pass:.1f} s, ratio {(folded + explained) / one_pass:.1f}; {share}",
        flush=True,
    )


def _all_pairs(model) -> None:
    everything = torch.arange(model.order)
    for a in everything.split(8):
        model.logits(a.repeat_interleave(model.order), everything.repeat(len(a)))


def _planted(group) -> Transformer:
    """A network of 512 neurons whose embeddings are as short as its functions allow, behind two heads."""
    S5 = next(H for H in _maximal(group) if H.order == 120)
    folded = plant(group, [CosetPlan(S5)] * 8, generator=torch.Generator().manual_seed(0)).folded
    folded = folded.keep(torch.arange(WIDTH) % folded.width).to(torch.float32)
    n, width = folded.order, folded.width
    features, reads = _factors(torch.cat([folded.left, folded.right], dim=1))
    answers, writes = _factors(folded.out)  # order x s, s x width
    r, s = features.shape[1], answers.shape[1]
    first, second, answer, model = r + 3, 2 * r + 3, 3 * r + 3, 3 * r + 3 + s
    embed, positions, unembed = torch.zeros(n + 1, model), torch.zeros(3, model), torch.zeros(model, n)
    embed[:n, :r], positions[:, r : r + 3], unembed[answer:] = features, torch.eye(3), answers.T
    query, key, value, output = (torch.zeros(2, *shape) for shape in ((model, r), (model, r), (model, r), (r, model)))
    for head, into in enumerate((first, second)):
        query[head, r + 2, 0], key[head, r + head, 0] = 1, 1000
        value[head, :r], output[head, :, into : into + r] = torch.eye(r), torch.eye(r)
    w_in, w_out = torch.zeros(model, width), torch.zeros(width, model)
    w_in[first:second], w_in[second:answer], w_out[:, answer:] = reads[:, :width], reads[:, width:], writes.T
    return Transformer(embed, positions, [Block(query, key, value, output, w_in, w_out)], unembed, folded.bias)


def _maximal(group):
    from cosetta.groups import subgroup_lattice

    lattice = subgroup_lattice(group)
    return (lattice.subgroup(int(cls.subgroups[0])) for cls in lattice.classes)


def _factors(matrix):
    """A matrix as two factors of its rank."""
    u, s, v = torch.linalg.svd(matrix.double(), full_matrices=False)
    kept = s > 1e-9 * s[0]
    return (u[:, kept] * s[kept]).float(), v[kept].float()


def _seconds(call) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    main()
