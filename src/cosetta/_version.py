"""The version, where neither the build nor `--version` needs anything else."""

__version__ = "0.1.0"
