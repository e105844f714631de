import pytest
import torch

from cosetta.measures.symmetricity import gradient_symmetricity
from cosetta.models.module_model import ModuleModel, tokens
from cosetta.models.transformer import Block, Transformer


def transformer(query_scale, order=5, model=6, heads=2, d=3, width=7):
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return 0.5 * torch.randn(*shape, generator=generator, dtype=torch.float64)

    block = Block(
        query_scale * drawn(heads, model, d),
        drawn(heads, model, d),
        drawn(heads, model, d),
        drawn(heads, d, model),
        drawn(model, width),
        drawn(width, model),
    )
    network = Transformer(drawn(order + 1, model), drawn(3, model), [block], drawn(model, order), activation="tanh")
    return ModuleModel(network, order, "blocks.0.mlp.hook_pre", tokens(order))


def test_a_network_that_adds_its_embeddings_has_symmetricity_1():
    """Without a query attention is one third everywhere, so only E_a + E_b is seen."""
    assert gradient_symmetricity(transformer(0.0)) == pytest.approx(1)


def test_it_is_the_mean_cosine_of_finite_differences():
    model = transformer(1.0)
    a, b, c = torch.randint(5, (3, 20), generator=torch.Generator().manual_seed(3)).unbind()
    network, step = model.module, 1e-6
    embedded = network.embed[model.inputs(a, b)[0]]
    slopes = torch.zeros(20, 2, 6, dtype=torch.float64)
    for place in range(2):
        for k in range(6):
            moved = [embedded.clone(), embedded.clone()]
            for sign, changed in zip((1, -1), moved, strict=True):
                changed[:, place, k] += sign * step
            up, down = (network.from_embeddings(x).gather(1, c[:, None])[:, 0] for x in moved)
            slopes[:, place, k] = (up - down) / (2 * step)
    cosine = torch.nn.functional.cosine_similarity(slopes[:, 0], slopes[:, 1], dim=-1).mean()
    assert gradient_symmetricity(model, triples=20, seed=3) == pytest.approx(float(cosine), abs=1e-6)
    assert 0 < abs(float(cosine)) < 0.99
