"""Programs: what a coset network computes, written out, and networks written down from it."""

from cosetta.programs.decompiling import Decompiled, decompile

__all__ = ["Decompiled", "decompile"]
