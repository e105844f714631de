"""The network, its folded form, networks written by hand, and networks on disk."""

from cosetta.models.folded import ACTIVATIONS, FoldedModel
from cosetta.models.network import GroupNetwork
from cosetta.models.scoring import PairScorer, PairScores
from cosetta.models.storage import load_network, load_tensors, save_network, save_tensors, write_whole

__all__ = [
    "ACTIVATIONS",
    "FoldedModel",
    "GroupNetwork",
    "PairScorer",
    "PairScores",
    "load_network",
    "load_tensors",
    "save_network",
    "save_tensors",
    "write_whole",
]
