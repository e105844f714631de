"""What a person has at hand in Python: runs and analyses together with their networks.

`results` is plain data and `training` knows no analysis; here a run has its analysis and an analysis has its network,
so that a neuron can be drawn and neurons can be taken out. Nothing is found or measured here that the rooms below do
not measure. Public names are imported from `cosetta` itself.
"""

from cosetta.notebook.ablating import Ablated
from cosetta.notebook.comparing import compare
from cosetta.notebook.explained import ExplainedNetwork, analyse
from cosetta.notebook.runs import Run, load_run, run, train

__all__ = ["Ablated", "ExplainedNetwork", "Run", "analyse", "compare", "load_run", "run", "train"]
