"""The arena's own test: networks written by hand, each with the account that is right and those that are wrong.

One table, used by several tests. `shortest` is the account with the fewest bits that holds alone and reproduces the
logits; `fail` are accounts that must not hold. None of this planting imports a finder.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from cosetta.groups import Group, Subgroup, named_group, subgroup_lattice
from cosetta.harmonics import Irrep, irreps
from cosetta.hypotheses.program import network_of
from cosetta.models import FoldedModel, GroupNetwork
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.models.planted_vectors import join, plant_rank, plant_rho_set, plant_vectors
from cosetta.programs.building import complete_program

QUATERNIONIC = next(irrep.name for irrep in irreps(named_group("Q8")) if irrep.frobenius_schur == -1)
CELLED = ("coset", "rho_set", "rho_set_uniform")


@dataclass(frozen=True)
class Case:
    """One planted network.

    Args:
        group: its group.
        make: writes it down.
        shortest: ids of the accounts that may be the shortest; empty if no account may hold.
        fail: ids of accounts that must not hold.
        learned: whether the network is better than nothing.
    """

    group: str
    make: Callable[[Group], FoldedModel]
    shortest: tuple[str, ...]
    fail: tuple[str, ...] = ()
    learned: bool = True


def irrep_of(group: Group, name: str) -> Irrep:
    return next(irrep for irrep in irreps(group) if irrep.name == name)


def subgroup_of(group: Group, name: str) -> Subgroup:
    lattice = subgroup_lattice(group)
    return lattice.subgroup(lattice.names.index(name))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def cosets_of(*names: str) -> Callable[[Group], FoldedModel]:
    """Complete coset circuits with random values on cosets, as `cosetta build` writes them."""
    return lambda G: network_of(complete_program(G, names))


def rho_set(irrep: str, subgroup: str) -> Callable[[Group], FoldedModel]:
    return lambda G: plant_rho_set(G, irrep_of(G, irrep), subgroup_of(G, subgroup), rng(), 20.0)


def random_orbit(irrep: str, amplitude: float = 1.0, seed: int = 0) -> Callable[[Group], FoldedModel]:
    """All pairs of points of the orbit of a random vector, whose stabiliser is trivial: rank one without cosets."""
    return lambda G: plant_rho_set(G, irrep_of(G, irrep), G.subgroup([]), rng(seed), amplitude)


def twisted_s4(G: Group) -> FoldedModel:
    """Neurons that carry the sign on S4, one for each half of Hg, and neurons of the sign itself."""
    generator = torch.Generator().manual_seed(0)
    planted = plant(G, [CosetPlan(subgroup_of(G, "S4"), amplitude=8.0)], generator, shuffle=False)
    sign = irrep_of(G, "(1^5)").character
    columns = []
    for n, truth in enumerate(planted.truth):
        odd = next(h for h in truth.H.elements.tolist() if sign[h] < 0)
        profile = sign * (truth.H.members - 1 / 5)
        for g in (truth.g, int(G.table[odd, truth.g])):
            left = sign * planted.folded.left[:, n].numpy()
            columns.append([left, -left[G.table[g, G.inverse]], -8 * profile[G.table[:, G.inverse[g]]]])
    left, right, out = torch.from_numpy(np.array(columns).transpose(1, 2, 0).copy())
    signed = FoldedModel(left, right, out, torch.zeros(G.order, dtype=torch.float64))
    return join(signed, plant(G, [CosetPlan(subgroup_of(G, "A5"), amplitude=8.0)], generator).folded)


def quotients(G: Group) -> FoldedModel:
    """Circuits of two normal subgroups that meet in 1: the answers of two quotients, put together."""
    lattice = subgroup_lattice(G)
    normal = [lattice.subgroup(c.representative) for c in lattice.classes if len(c.subgroups) == 1]
    chosen = [H for H in normal if H.index in (6, 20)]
    assert len(np.intersect1d(chosen[0].elements, chosen[-1].elements)) == 1
    generator = torch.Generator().manual_seed(0)
    return plant(G, [CosetPlan(chosen[0], amplitude=8.0), CosetPlan(chosen[-1], amplitude=8.0)], generator).folded


def frequencies(G: Group) -> FoldedModel:
    """Random vectors in four frequencies of a cyclic group of prime order."""
    return join(*(plant_vectors(irreps(G)[k], 60, rng(k), 3.0) for k in (3, 8, 14, 21)))


def memoriser(G: Group) -> FoldedModel:
    """A network that has learned 60 % of the pairs by heart."""
    torch.manual_seed(0)
    pairs = torch.randperm(G.order**2)[: round(0.6 * G.order**2)]
    a, b = pairs // G.order, pairs % G.order
    labels = torch.from_numpy(G.table.astype(np.int64))[a, b]
    network = GroupNetwork(G.order, 32, 96)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(network(a, b), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (network(a, b).argmax(-1) == labels).double().mean() > 0.95
    return network.fold()


CASES: dict[str, Case] = {
    "cosets of A4, values at random": Case(
        "S5", cosets_of("A4"), ("program", "coset"), ("rank_one", "rank_one_out", "irrep", "rho_set", "quotient", "gcr")
    ),
    "cosets of S4 with their irrep": Case("S5", rho_set("(4,1)", "S4"), ("rho_set_uniform",), ("quotient",)),
    "a rho-set of S3": Case("S4", rho_set("(3,1)", "S3"), ("rho_set_uniform",), ("quotient",)),
    "a rho-set of F20": Case("S5", rho_set("(2,2,1)", "F20"), ("rho_set_uniform",), ("quotient",)),
    "a rho-set of complex type": Case(
        "C7:C3",
        lambda G: (
            plant(
                G, [CosetPlan(subgroup_of(G, "C3"), irreps(G)[2], amplitude=8.0)], torch.Generator().manual_seed(0)
            ).folded
        ),
        ("program", "coset", "rho_set", "rank_one_out"),
        ("quotient", "rho_set_uniform"),
    ),
    "a sign on S4": Case("S5", twisted_s4, ("program", "rho_set", "twisted"), ("quotient",)),
    "the orbit of a random vector, S4": Case("S4", random_orbit("(3,1)"), ("rank_one_out",), (*CELLED[1:], "quotient")),
    "the orbit of a random vector, A4": Case(
        "A4", random_orbit("3a"), ("rank_one_out", "twisted"), (*CELLED, "quotient")
    ),
    "the orbit of a random vector, Q8": Case("Q8", random_orbit(QUATERNIONIC, 4.0), ("gcr",), (*CELLED, "quotient")),
    "rank two": Case(
        "S4",
        lambda G: plant_rank(G, irrep_of(G, "(3,1)"), 2, rng(), 2.0),
        ("irrep",),
        ("rank_one", "rank_one_out", "twisted", *CELLED, "quotient"),
    ),
    "frequencies of C59": Case("C59", frequencies, ("irrep", "rank_one_out"), ("twisted", *CELLED, "quotient")),
    "quotients of S3 x F20": Case(
        "S3xF20", quotients, ("program", "quotient"), ("rank_one", "rank_one_out", "irrep", "rho_set", "gcr")
    ),
    "the sign only": Case("S5", cosets_of("A5"), ("program",), ()),
    "a memoriser": Case("S4", memoriser, (), learned=False),
    "random weights": Case(
        "S5", lambda G: random_model(G, 64, torch.Generator().manual_seed(0)), (), (), learned=False
    ),
}


def network(case: Case) -> tuple[Group, FoldedModel]:
    """The group and the network of a case."""
    group = named_group(case.group)
    return group, case.make(group)
