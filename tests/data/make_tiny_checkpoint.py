"""Make tests/data/tiny_chughtai2023: a network trained on S4, in the format of Chughtai et al. and a shuffled order.

Run `python tests/data/make_tiny_checkpoint.py` from the repository; a few seconds on one core. The weights are trained
from scratch here and belong to this project. The identity sits at position 7 of the file.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from cosetta import named_group

FOLDER = Path(__file__).parent / "tiny_chughtai2023"
ORDER, EMBED, WIDTH, STEPS, SEED = 24, 32, 48, 3000, 0


def shuffled_table() -> np.ndarray:
    """The table of S4 with its elements renumbered at random, the identity at 7."""
    numbers = np.random.default_rng(SEED).permutation(ORDER)
    numbers[np.flatnonzero(numbers == 7)[0]], numbers[0] = numbers[0], 7
    table = np.empty((ORDER, ORDER), dtype=np.int64)
    table[np.ix_(numbers, numbers)] = numbers[named_group("S4").table]
    return table


def train() -> dict[str, torch.Tensor]:
    """Full-batch AdamW on all pairs."""
    torch.manual_seed(SEED)
    shapes = {"W_x": (ORDER, EMBED), "W_y": (ORDER, EMBED), "W": (2 * EMBED, WIDTH), "W_U": (WIDTH, ORDER)}
    weights = {name: torch.randn(shape) / shape[-1] ** 0.5 for name, shape in shapes.items()}
    for weight in weights.values():
        weight.requires_grad_()
    optimizer = torch.optim.AdamW(weights.values(), lr=1e-2, weight_decay=0.3, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    right = torch.from_numpy(shuffled_table()).reshape(-1)
    for _ in range(STEPS):
        left, other = weights["W_x"] @ weights["W"][:EMBED], weights["W_y"] @ weights["W"][EMBED:]
        logits = torch.relu(left[:, None] + other[None]).reshape(ORDER**2, WIDTH) @ weights["W_U"]
        loss = F.cross_entropy(logits, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"loss {loss.item():.2e}, accuracy {(logits.argmax(-1) == right).float().mean():.4f}")
    return {name: weight.detach() for name, weight in weights.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    torch.save(train(), FOLDER / "model.pt")
    config = {"model": "OneLayerMLP", "group": "SymmetricGroup", "group_parameter": 4, "frac_train": 1.0, "seed": SEED}
    (FOLDER / "cfg.json").write_text(json.dumps(config) + "\n")
