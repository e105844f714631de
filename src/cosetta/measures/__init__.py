"""Facts of a model that no account owns: irreps, ranks, coset fractions, the mirror law, products, chance."""

from cosetta.measures.cosets import coset_variance_fraction, coset_variance_fractions, stander2024_concentration
from cosetta.measures.facts import Facts, FunctionFacts, measure
from cosetta.measures.frequencies import cyclic_factors, find_frequencies
from cosetta.measures.mirror import left_stabilizer, mirror_correlation, mirror_of, mirror_residual
from cosetta.measures.null import CosetNull
from cosetta.measures.products import product_means
from cosetta.measures.ranks import RankOne, rank_one

__all__ = [
    "CosetNull",
    "Facts",
    "FunctionFacts",
    "RankOne",
    "coset_variance_fraction",
    "coset_variance_fractions",
    "cyclic_factors",
    "find_frequencies",
    "left_stabilizer",
    "measure",
    "mirror_correlation",
    "mirror_of",
    "mirror_residual",
    "product_means",
    "rank_one",
    "stander2024_concentration",
]
