"""Cosetta: train, decompile and audit neural networks that learn group multiplication.

Public names, in reading order: groups, harmonics, models, training, analysis. They are imported when first used, so
`import cosetta` and `cosetta --help` wait for neither torch nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cosetta._version import __version__

_HOME = {
    # groups
    "Group": "cosetta.groups",
    "Subgroup": "cosetta.groups",
    "SubgroupLattice": "cosetta.groups",
    "cosets": "cosetta.groups",
    "named_group": "cosetta.groups",
    "subgroup_lattice": "cosetta.groups",
    # harmonics
    "Irrep": "cosetta.harmonics",
    "fourier": "cosetta.harmonics",
    "inverse_fourier": "cosetta.harmonics",
    "irreps": "cosetta.harmonics",
    "power": "cosetta.harmonics",
    # models
    "FoldedModel": "cosetta.models",
    "Folding": "cosetta.models",
    "GroupNetwork": "cosetta.models",
    "PairModel": "cosetta.models",
    "PairScorer": "cosetta.models",
    "fold": "cosetta.models",
    "load": "cosetta.models.exporting",
    "open_checkpoint": "cosetta.models.importers",
    # training
    "fast": "cosetta.training",
    "load_run": "cosetta.notebook",
    "run": "cosetta.notebook",
    "train": "cosetta.notebook",
    # analysis
    "Analysis": "cosetta.results",
    "AnalysisConfig": "cosetta.config",
    "ExplainedNetwork": "cosetta.notebook",
    "Run": "cosetta.notebook",
    "analyse": "cosetta.notebook",
    "compare": "cosetta.notebook",
    "coset_variance_fraction": "cosetta.measures",
    "describe": "cosetta.description",
    "load_analysis": "cosetta.results",
    "write_report": "cosetta.report",
    # populations
    "census": "cosetta.population",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from cosetta.config import AnalysisConfig
    from cosetta.description import describe
    from cosetta.groups import Group, Subgroup, SubgroupLattice, cosets, named_group, subgroup_lattice
    from cosetta.harmonics import Irrep, fourier, inverse_fourier, irreps, power
    from cosetta.measures import coset_variance_fraction
    from cosetta.models import FoldedModel, Folding, GroupNetwork, PairModel, PairScorer, fold
    from cosetta.models.exporting import load
    from cosetta.models.importers import open_checkpoint
    from cosetta.notebook import ExplainedNetwork, Run, analyse, compare, load_run, run, train
    from cosetta.population import census
    from cosetta.report import write_report
    from cosetta.results import Analysis, load_analysis
    from cosetta.training.recipes import fast


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'cosetta' has no attribute '{name}'; its public names are {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
