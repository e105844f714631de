"""Accounts of how a network works, each with an ideal network to test."""

from cosetta.hypotheses.base import AbstractHypothesis
from cosetta.hypotheses.coset import CosetCircuit

__all__ = ["ACCOUNTS", "AbstractHypothesis", "CosetCircuit"]

ACCOUNTS: tuple[type[AbstractHypothesis], ...] = (CosetCircuit,)
"""Every account, in the order in which tables show them. A line here is all that a new account needs."""
