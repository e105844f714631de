"""Accounts of how a network works, each with an ideal network to test."""

from cosetta.hypotheses.base import AbstractHypothesis
from cosetta.hypotheses.coset import Assignment, CosetCircuit, assignments, random_assignments

__all__ = ["AbstractHypothesis", "Assignment", "CosetCircuit", "assignments", "random_assignments"]
