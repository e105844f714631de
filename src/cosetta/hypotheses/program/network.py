"""The network that a program is: its weights written down, nothing trained."""

import numpy as np
import torch

from cosetta.hypotheses.program.rules import TOP, Program
from cosetta.models import FoldedModel

__all__ = ["network_of"]


def network_of(program: Program) -> FoldedModel:
    """Write a program as a network: a neuron for each weight of each rule that is not 0.

    left(a) = s(u^-1 a), right(b) = -s(v b^-1) for a scale s of variance 1 (signs swapped for the weight *below*), and
    out is minus the weight on uHv and its share elsewhere, the bias what stands at the start: the logits are -unit
    times the votes.

    Args:
        program: the program.

    Returns:
        A network in float64.

    Example:
        >>> from cosetta.groups import named_group
        >>> from cosetta.hypotheses.program.rules import Family, Rule, Weight
        >>> C2 = named_group("C2")
        >>> odd = Family("1", (), ((0, 99),))
        >>> network_of(Program(C2, (odd,), (Rule("1", 0, 0, (Weight(0, 1, 1),)),))).width
        2
    """
    order = program.group.order
    columns = [np.zeros((0, 3, order))]
    for _, strength, (left, right, against) in program.terms():
        spread = left.std()
        columns.append(np.stack([left, right, -strength * program.unit * spread**2 * against / TOP])[None] / spread)
    left, right, out = torch.from_numpy(np.concatenate(columns).transpose(1, 2, 0).copy())
    return FoldedModel(left, right, out, torch.from_numpy(-program.unit * program.at_start))
