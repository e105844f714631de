"""The program account: cosets ruled out by vote, with a few integers in the place of a network."""

from cosetta.hypotheses.program.account import ProgramAccount
from cosetta.hypotheses.program.fitting import write_program
from cosetta.hypotheses.program.network import network_of
from cosetta.hypotheses.program.rules import TOP, Family, Program, Rule, Weight

__all__ = ["TOP", "Family", "Program", "ProgramAccount", "Rule", "Weight", "network_of", "write_program"]
