"""Many networks under every account: gather analyses, compare them, write the result."""

from cosetta.comparison.comparing import Analysed, compare
from cosetta.comparison.gathering import gather
from cosetta.comparison.targets import Target, find_targets
from cosetta.comparison.write import write_comparison

__all__ = ["Analysed", "Target", "compare", "find_targets", "gather", "write_comparison"]
