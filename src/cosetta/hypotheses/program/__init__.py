"""The program account: cosets ruled out by vote, with a few integers in the place of a network."""

from cosetta.hypotheses.program.account import ProgramAccount
from cosetta.hypotheses.program.fitting import coset_of, place_of, words_of, write_program
from cosetta.hypotheses.program.network import network_of
from cosetta.hypotheses.program.rules import TOP, Family, Program, Rule, Weight, credit, least

__all__ = [
    "TOP",
    "Family",
    "Program",
    "ProgramAccount",
    "Rule",
    "Weight",
    "coset_of",
    "credit",
    "least",
    "network_of",
    "place_of",
    "words_of",
    "write_program",
]
