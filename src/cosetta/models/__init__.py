"""The network, its folded form, others folded by measurement, networks written by hand, and networks on disk."""

from cosetta.models.fold import fold
from cosetta.models.folded import ACTIVATIONS, FoldedModel
from cosetta.models.folding import Folding
from cosetta.models.module_model import ModuleModel
from cosetta.models.network import GroupNetwork
from cosetta.models.pair_model import PairModel
from cosetta.models.scoring import PairScorer, PairScores
from cosetta.models.storage import load_network, load_tensors, save_network, save_tensors, write_whole

__all__ = [
    "ACTIVATIONS",
    "FoldedModel",
    "Folding",
    "GroupNetwork",
    "ModuleModel",
    "PairModel",
    "PairScorer",
    "PairScores",
    "fold",
    "load_network",
    "load_tensors",
    "save_network",
    "save_tensors",
    "write_whole",
]
