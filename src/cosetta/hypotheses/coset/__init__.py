"""The coset account: finding cosets, circuits, words for them, and the ideal."""

from cosetta.hypotheses.coset.circuits import find_circuits, find_exemplars, summarise_classes
from cosetta.hypotheses.coset.finder import Found, FoundCoset, find_neurons, find_places, nearest_subgroups
from cosetta.hypotheses.coset.ideal import Assignment, CosetCircuit

__all__ = [
    "Assignment",
    "CosetCircuit",
    "Found",
    "FoundCoset",
    "find_circuits",
    "find_exemplars",
    "find_neurons",
    "find_places",
    "nearest_subgroups",
    "summarise_classes",
]
