"""Find what neurons compute: coset fractions, the mirror law, calibrated labels, circuits."""

from cosetta.circuits.cosets import coset_variance_fraction, coset_variance_fractions, stander2024_concentration
from cosetta.circuits.grouping import find_circuits, find_exemplars, summarise_classes
from cosetta.circuits.mirror import left_stabilizer, mirror_correlation, mirror_of, mirror_residual
from cosetta.circuits.neurons import FoundNeuron, find_neurons
from cosetta.circuits.null import CosetNull

__all__ = [
    "CosetNull",
    "FoundNeuron",
    "coset_variance_fraction",
    "coset_variance_fractions",
    "find_circuits",
    "find_exemplars",
    "find_neurons",
    "left_stabilizer",
    "mirror_correlation",
    "mirror_of",
    "mirror_residual",
    "stander2024_concentration",
    "summarise_classes",
]
