"""What a paper measures of a run is kept in a file beside it, so that a second call goes on where the first stopped."""

from pathlib import Path
from typing import Any, Generic, TypeVar, final

from pydantic import TypeAdapter

from cosetta.errors import BadRun
from cosetta.files import read_json, write_whole

__all__ = ["Beside"]

Kept = TypeVar("Kept")


@final
class Beside(Generic[Kept]):
    """One file in the folder of a run.

    Args:
        name: of the file.
        kind: what it holds: a dataclass with a field `schema`.
        what: the same in words.
        schema: number of the layout; a file with another is not read.
    """

    def __init__(self, name: str, kind: type[Kept], what: str, schema: int) -> None:
        self.name, self.kind, self.what, self.schema = name, kind, what, schema
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def read(self, folder: Path) -> Kept | None:
        """What is kept.

        Args:
            folder: of the run.

        Returns:
            The content; None if it is not there, damaged or of another layout, and is to be made again.
        """
        path, advice = folder / self.name, "it is made again"
        try:
            return read_json(path, self.kind, what=self.what, advice=advice, schema=self.schema)
        except BadRun:
            return None

    def write(self, folder: Path, content: Kept) -> None:
        """Keep something, whole or not at all.

        Args:
            folder: of the run.
            content: what is kept.

        Raises:
            OSError: if the file cannot be written.
        """
        written = self._adapter.dump_json(content)
        write_whole(folder / self.name, lambda temporary: temporary.write_bytes(written))
