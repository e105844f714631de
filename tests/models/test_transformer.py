"""The transformer against a slow twin written one pair at a time, and networks planted behind hand-set attention."""

import numpy as np
import pytest
import torch

from cosetta import fold, named_group
from cosetta.models import ModuleModel
from cosetta.models.module_model import tokens
from cosetta.models.planted import CosetPlan, plant
from cosetta.models.transformer import Block, Transformer

S3, S4 = named_group("S3"), named_group("S4")


def random_block(generator, model=6, heads=2, d=3, width=5):
    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64) / 2

    return Block(
        *(draw(heads, model, d) for _ in range(3)),
        draw(heads, d, model),
        draw(model, width),
        draw(width, model),
        *(draw(heads, d) for _ in range(3)),
        draw(model),
        draw(width),
        draw(model),
    )


def by_hand(tokens, embed, positions, blocks, unembed, bias, causal, mixing):
    """One sequence, one position, one head at a time."""
    stream = [embed[t].numpy() + positions[i].numpy() for i, t in enumerate(tokens)]
    for block in blocks:
        w = {name: None if value is None else value.numpy() for name, value in vars(block).items()}
        attended = []
        for i in range(len(stream)):
            added = w["output_bias"].copy()
            for h in range(len(w["query"])):
                query = stream[i] @ w["query"][h] + w["query_bias"][h]
                reach = range(i + 1) if causal else range(len(stream))
                scores = np.array([query @ (stream[j] @ w["key"][h] + w["key_bias"][h]) for j in reach])
                pattern = np.exp(scores / np.sqrt(len(query)))
                pattern = mixing * pattern / pattern.sum() + (1 - mixing)
                values = [stream[j] @ w["value"][h] + w["value_bias"][h] for j in reach]
                added = added + sum(p * v for p, v in zip(pattern, values, strict=True)) @ w["output"][h]
            attended.append(stream[i] + added)
        stream = [x + np.maximum(x @ w["into"] + w["into_bias"], 0) @ w["out_of"] + w["out_of_bias"] for x in attended]
    return stream[-1] @ unembed.numpy() + bias.numpy()


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize(("causal", "mixing"), [(True, 1.0), (False, 1.0), (False, 0.3)])
def test_forward_is_that_of_the_slow_twin(depth, causal, mixing):
    generator = torch.Generator().manual_seed(0)
    embed, positions, unembed, bias = (
        torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((7, 6), (3, 6), (6, 4), (4,))
    )
    blocks = [random_block(generator) for _ in range(depth)]
    network = Transformer(embed, positions, blocks, unembed, bias, causal=causal, mixing=mixing)
    sequences = torch.tensor([[0, 5, 6], [3, 3, 6], [1, 2, 0]])
    for sequence, logits in zip(sequences, network(sequences), strict=True):
        expected = by_hand(sequence.tolist(), embed, positions, blocks, unembed, bias, causal, mixing)
        np.testing.assert_allclose(logits.numpy(), expected, atol=1e-12)


def behind_attention(folded, direct=None, attends="position"):
    # The folded network as a transformer: head 0 reads the first token, head 1 the second. The stream holds the token,
    # the position, what each head has read, and the answer; `=` is token |G|. With attends="tokens" the heads look for
    # a token by its content as well, so attention depends on a and b.
    n, width, dtype = folded.order, folded.width, folded.left.dtype
    token, place, first, second, answer = (torch.arange(k, k + m) for k, m in _layout(n))
    model = int(answer[-1]) + 1
    zeros = lambda *shape: torch.zeros(*shape, dtype=dtype)  # noqa: E731
    embed, positions = zeros(n + 1, model), zeros(3, model)
    embed[torch.arange(n), token] = 1
    positions[torch.arange(3), place] = 1
    query, key, value, output = zeros(2, model, n), zeros(2, model, n), zeros(2, model, n), zeros(2, n, model)
    for head, into in enumerate((first, second)):
        query[head, place[2], 0] = 1
        key[head, place[head], 0] = 2000 if attends == "position" else 3
        value[head, token] = torch.eye(n, dtype=dtype)
        output[head, :, into] = torch.eye(n, dtype=dtype)
        if attends == "tokens":
            key[head, token, 0] = torch.linspace(-4, 4, n, dtype=dtype)
    into, out_of = zeros(model, width), zeros(width, model)
    into[first], into[second] = folded.left, folded.right
    out_of[:, answer] = folded.out.T
    unembed = zeros(model, n)
    unembed[answer] = torch.eye(n, dtype=dtype)
    if direct is not None:
        unembed[first], unembed[second] = direct
    return Transformer(
        embed, positions, [Block(query, key, value, output, into, out_of)], unembed, folded.bias, folded.activation
    )


def _layout(n):
    """First place and length of the token, the position, what the heads read, and the answer."""
    return ((0, n), (n, 3), (n + 3, n), (2 * n + 3, n), (3 * n + 3, n))


def planted(group, seed=0):
    plans = [CosetPlan(group.subgroup([1])), CosetPlan(group.subgroup([1, 2]))][: 1 if group is S3 else 2]
    return plant(group, plans, generator=torch.Generator().manual_seed(seed)).folded


@pytest.mark.parametrize("group", [S3, S4])
def test_a_planted_transformer_is_recovered_exactly(group):
    folded = planted(group)
    generator = torch.Generator().manual_seed(7)
    direct = torch.randn(2, group.order, group.order, generator=generator, dtype=torch.float64) / 5
    folding = fold(behind_attention(folded, direct), group, "blocks.0.mlp.hook_pre", inputs=tokens(group.order))
    found = folding.model
    assert folding.additive_share == pytest.approx(1, abs=1e-12)
    assert (folding.agreement, folding.readout, folding.obstacle) == (1, "patched", "")
    left, right = (side - side.mean(0) for side in (found.left, found.right))
    torch.testing.assert_close(left, folded.left - folded.left.mean(0), rtol=0, atol=1e-9)
    torch.testing.assert_close(right, folded.right - folded.right.mean(0), rtol=0, atol=1e-9)
    torch.testing.assert_close(found.out, folded.out, rtol=0, atol=1e-9)
    paths = (x - x.mean(0) for x in (found.direct_left, found.direct_right))
    for path, planted_path in zip(paths, direct, strict=True):
        torch.testing.assert_close(path, planted_path - planted_path.mean(0), rtol=0, atol=1e-8)
    assert 0 < folding.direct_share < 1


def test_attention_that_reads_its_tokens_is_told_apart():
    folding = fold(behind_attention(planted(S4), attends="tokens"), S4, "hook_pre", inputs=tokens(24))
    assert folding.additive_share < 0.99
    assert folding.obstacle.startswith("the additive share is 0.")
    assert folding.parts[2].logit_share is not None


def test_a_site_before_the_last_block_is_additive_and_refused_by_a_number():
    generator = torch.Generator().manual_seed(0)
    folded = planted(S4)
    last = random_block(generator, model=int(_layout(24)[-1][0]) + 24, heads=1, d=2, width=9)
    network = behind_attention(folded)
    deep = Transformer(network.embed, network.positions, [network.blocks[0].attn.block, last], network.unembed)
    first = fold(deep, S4, "blocks.0.mlp.hook_pre", inputs=tokens(24), activation="relu")
    assert first.additive_share == pytest.approx(1, abs=1e-9)
    assert first.obstacle.startswith("no known activation follows the site: the best, relu, leaves")
    assert ModuleModel(deep, 24, "blocks.1.mlp.hook_pre", tokens(24)).width == 9
