"""The errors that Cosetta raises on bad input, one class per broken law.

Every message has one shape: what must hold, what arrived, and a witness or the next step. All of them are
`ValueError`s, so `except ValueError` keeps working, and the command line prints the message as one line and exits
with 1. A refuted hypothesis is a result and never raises.
"""

__all__ = [
    "BadConfig",
    "BadNetwork",
    "BadRun",
    "CosettaError",
    "LatticeTooLarge",
    "NotAGroup",
    "NotARepresentation",
    "NotASubgroup",
    "Unsupported",
]


class CosettaError(ValueError):
    """Base of every error that a user can cause and mend."""


class NotAGroup(CosettaError):
    """A multiplication table breaks a group axiom; the message holds the witness."""


class NotASubgroup(CosettaError):
    """A set of elements is not closed under the product; the message holds the witness."""


class NotARepresentation(CosettaError):
    """Matrices do not multiply like the group; the message holds the pair and the error."""


class Unsupported(CosettaError):
    """The input is well formed, but no method here covers it."""


class LatticeTooLarge(Unsupported):
    """A group has more subgroups than are listed; the message says how many, as far as that is known."""


class BadConfig(CosettaError):
    """A configuration has an unknown key or a value outside its range."""


class BadNetwork(CosettaError):
    """A network does not run on pairs, or does not give repeatable, finite logits over the group."""


class BadRun(CosettaError):
    """A run folder or a file in it is missing, damaged, unfinished, or belongs to something else."""
