"""Test: causal evidence for accounts of one network, each number beside its control."""

from cosetta.evidence.ablation import test_circuits
from cosetta.evidence.arena import compete
from cosetta.evidence.notes import open_notes
from cosetta.evidence.replacements import test_replacements
from cosetta.evidence.specimens import find_specimens
from cosetta.evidence.table1 import test_interventions
from cosetta.evidence.worked import work_product

__all__ = [
    "compete",
    "find_specimens",
    "open_notes",
    "test_circuits",
    "test_interventions",
    "test_replacements",
    "work_product",
]
