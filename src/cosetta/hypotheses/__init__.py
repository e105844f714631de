"""Accounts of how a network works, each with an ideal network to test."""

from cosetta.hypotheses.base import AbstractHypothesis
from cosetta.hypotheses.coset import CosetCircuit
from cosetta.hypotheses.gcr import Characters, ProductActivations
from cosetta.hypotheses.irrep import OneIrrep
from cosetta.hypotheses.lookup import Lookup, lookup_bits
from cosetta.hypotheses.nothing import Nothing
from cosetta.hypotheses.program import ProgramAccount
from cosetta.hypotheses.quotient import Quotients
from cosetta.hypotheses.rank_one import RankOneNeurons, RankOneOut
from cosetta.hypotheses.rho_set import RhoSets, UniformRhoSets
from cosetta.hypotheses.twisted import TwistedCosets

__all__ = ["ACCOUNTS", "AbstractHypothesis", "CosetCircuit", "Lookup", "lookup_bits"]

ACCOUNTS: tuple[type[AbstractHypothesis], ...] = (
    CosetCircuit,
    TwistedCosets,
    ProgramAccount,
    RhoSets,
    UniformRhoSets,
    RankOneOut,
    RankOneNeurons,
    OneIrrep,
    Quotients,
    Characters,
    ProductActivations,
    Lookup,
    Nothing,
)
"""Every account, in the order in which tables show them. A line here is all that a new account needs."""
