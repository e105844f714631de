"""The program as an account: the covered neurons are a few integers, and what they do is a vote."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
import torch

from cosetta.config import AnalysisConfig
from cosetta.hypotheses.base import ALONE, AbstractHypothesis, Functions
from cosetta.hypotheses.coset import find_places
from cosetta.hypotheses.program.fitting import write_program
from cosetta.hypotheses.program.network import network_of
from cosetta.hypotheses.program.rules import Program, Rule
from cosetta.measures.facts import FUNCTIONS, Facts
from cosetta.models import FoldedModel
from cosetta.models.moments import mean_logits
from cosetta.results import Prediction

__all__ = ["ProgramAccount"]


@final
@dataclass(frozen=True, eq=False)
class ProgramAccount(AbstractHypothesis):
    """The covered neurons vote as a program of integers says.

    Args:
        program: what they compute; None if there is nothing to write down.

    Source:
        This project; the circuits are those of Stander et al. 2023 (arXiv:2312.06581).
    """

    id: ClassVar[str] = "program"
    title: ClassVar[str] = "program of coset rules"
    claim: ClassVar[str] = (
        "unless ab lies in uHv, so much is said against it; scales and weights are two-digit integers"
    )
    source: ClassVar[str] = "this project"
    control_name: ClassVar[str] = "every rule about another coset of its class, at random"

    program: Program | None = field(default=None)

    @classmethod
    def fit(cls, facts: Facts, config: AnalysisConfig) -> "ProgramAccount":
        """Write the coset neurons down as a program.

        Args:
            facts: of the network.
            config: thresholds.

        Returns:
            The account; it covers nothing where there are no coset neurons.

        Raises:
            Unsupported: if the group's subgroups are out of reach.
        """
        lattice, places = facts.known_lattice, find_places(facts, config)
        program = write_program(facts, config, places)
        names = {n: lattice.classes[lattice.class_of[h]].name for n, (h, _) in places.items()}
        reasons = {int(n): "the coset account leaves it open" for n in facts.live if int(n) not in places}
        return cls(facts, config, names, reasons, program=program)

    def functions(self) -> Functions:
        """It replaces circuits, not neurons.

        Returns:
            An empty dictionary.
        """
        return {}

    def ideal(self, replaced: Sequence[str] = tuple(FUNCTIONS)) -> FoldedModel:
        """The program's network in place of the covered neurons; the rest kept.

        Args:
            replaced: not used.

        Returns:
            A network of another width.
        """
        return self._joined(self.facts.model.keep(torch.from_numpy(np.flatnonzero(~self.covers))))

    def alone(self) -> FoldedModel:
        """The program's network, every other neuron at its mean.

        Returns:
            A network of another width.
        """
        return self._joined(self.facts.model.keep(torch.arange(0)))

    def _joined(self, kept: FoldedModel) -> FoldedModel:
        """Some neurons and the program's, the mean logits those of the program, whose start holds what others add."""
        program = self.program or Program(self.facts.group, (), ())
        written, model = network_of(program), self.facts.model
        start = written.bias.numpy() if program.rules else mean_logits(model)
        bias = torch.from_numpy(kept.bias.double().numpy() + start - mean_logits(kept)).to(kept.bias.dtype)
        added = written.to(kept.left.dtype)
        sides = {name: torch.cat([getattr(kept, name), getattr(added, name)], dim=1) for name in FUNCTIONS}
        return replace(kept, **sides, bias=bias)

    def control(self, generator: np.random.Generator) -> "ProgramAccount":
        """The same families, scales and weights, every rule about a random coset of its class.

        A draw that is about the cosets of the account itself is none, and is made again: of an index of 2 half are.

        Args:
            generator: source of the draw.

        Returns:
            An account of the same neurons.
        """
        if self.program is None:
            return self
        own = drawn = _spoken_about(self.program)
        moved = self.program
        while own == drawn and own:
            rules = tuple(_elsewhere(rule, generator, moved.group.order) for rule in moved.rules)
            moved = replace(moved, rules=rules)
            drawn = _spoken_about(moved)
        return replace(self, program=moved)

    @property
    def bits(self) -> float:
        """Of the program."""
        return self.program.bits if self.program is not None else 0.0

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """That it answers as the network does, right or wrong."""
        return (
            ALONE,
            Prediction(
                "answers",
                "the program gives the network's answers, wrong ones among them",
                "share of pairs, and of the network's wrong answers (cosetta decompile)",
            ),
        )

    @property
    def details(self) -> dict[str, Any]:
        """How many rules there are, by family."""
        if self.program is None:
            return {}
        rules = self.program.rules
        return {"rules": {f.name: sum(rule.family == f.name for rule in rules) for f in self.program.families}}


def _elsewhere(rule: Rule, generator: np.random.Generator, order: int) -> Rule:
    u, v = generator.integers(order, size=2).tolist()
    return replace(rule, u=u, v=v)


def _spoken_about(program: Program) -> list[tuple[str, bytes]]:
    """The cosets that rules are about, whichever rule is about which."""
    return sorted((rule.family, program.cosets_of(rule)[2].tobytes()) for rule in program.rules)
