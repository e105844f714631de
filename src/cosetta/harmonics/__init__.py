"""Irreps, the Fourier transform on a group, and subgroup invariants; numpy only, float64.

`irreps(group)` first; `fourier`, `power`, `convolve` and `autocorrelation` take functions on G as arrays whose last
axis is G.
"""

from cosetta.harmonics.coset_spaces import coset_space_irreps
from cosetta.harmonics.description import GroupDescription, describe_group, small_group_mark
from cosetta.harmonics.fourier import autocorrelation, convolve, fourier, inverse_fourier, isotypic_projection, power
from cosetta.harmonics.invariants import fixed_projection, fixed_space_dimension, indicator_shares
from cosetta.harmonics.irrep import Irrep, check_irreps
from cosetta.harmonics.irreps import irreps
from cosetta.harmonics.numerical import numerical_irreps
from cosetta.harmonics.young import young_irreps

__all__ = [
    "GroupDescription",
    "Irrep",
    "autocorrelation",
    "check_irreps",
    "convolve",
    "coset_space_irreps",
    "describe_group",
    "fixed_projection",
    "fixed_space_dimension",
    "fourier",
    "indicator_shares",
    "inverse_fourier",
    "irreps",
    "isotypic_projection",
    "numerical_irreps",
    "power",
    "small_group_mark",
    "young_irreps",
]
