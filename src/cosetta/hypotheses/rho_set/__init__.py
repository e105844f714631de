"""The rho-set accounts of Wu et al. 2024: as found, and complete with one c."""

from cosetta.hypotheses.rho_set.account import RhoSets
from cosetta.hypotheses.rho_set.uniform import UniformRhoSets
from cosetta.hypotheses.rho_set.vectors import RhoNeuron, RhoSet

__all__ = ["RhoNeuron", "RhoSet", "RhoSets", "UniformRhoSets"]
