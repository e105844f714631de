"""Populations of networks as tables: who learned what, how fast, in which order, and with which uncertainty.

A population is a set of runs with one group and one configuration but for the seed. Intervals are over runs, never over
neurons, because the neurons of one network are not independent.
"""

from cosetta.population.acquisition import Acquisition, acquired, acquisition
from cosetta.population.rows import TIMES
from cosetta.population.shares import (
    AccountShares,
    CensusDistance,
    ClassShares,
    CoveredShares,
    account_shares,
    census_distance,
    class_shares,
    covered_shares,
)
from cosetta.population.survival import GrokTimes, grok_times
from cosetta.population.tables import Census, census, load_census
from cosetta.population.weights import save_weights

__all__ = [
    "TIMES",
    "AccountShares",
    "Acquisition",
    "Census",
    "CensusDistance",
    "ClassShares",
    "CoveredShares",
    "GrokTimes",
    "account_shares",
    "acquired",
    "acquisition",
    "census",
    "census_distance",
    "class_shares",
    "covered_shares",
    "grok_times",
    "load_census",
    "save_weights",
]
