"""Networks trained by somebody else: safe reading, the formats, and one small file for each."""

from cosetta.models.importers.importer import (
    FORMATS,
    ImportedModel,
    OpenedCheckpoint,
    import_checkpoint,
    model_of_tensors,
    open_checkpoint,
)
from cosetta.models.importers.reading import MAX_BYTES, Checkpoint, read_checkpoint, read_tensors

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Checkpoint",
    "ImportedModel",
    "OpenedCheckpoint",
    "import_checkpoint",
    "model_of_tensors",
    "open_checkpoint",
    "read_checkpoint",
    "read_tensors",
]
