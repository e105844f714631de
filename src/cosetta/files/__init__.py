"""Files of ours: read with one reader that trusts nothing, written whole or not at all.

Every path may be a `str` or any `os.PathLike`. Reading checks size, nesting, type, range and schema number, and says in
one line what is wrong with which file; writing goes through a temporary name, so a file that has its name is complete.
"""

from cosetta.files.arrays import map_array
from cosetta.files.digests import file_digest, folder_digest
from cosetta.files.paths import FilePath
from cosetta.files.reading import read_bytes, read_json, read_toml
from cosetta.files.tables import check_parquet, read_parquet, write_table
from cosetta.files.writing import write_json, write_text, write_together, write_whole

__all__ = [
    "FilePath",
    "check_parquet",
    "file_digest",
    "folder_digest",
    "map_array",
    "read_bytes",
    "read_json",
    "read_parquet",
    "read_toml",
    "write_json",
    "write_table",
    "write_text",
    "write_together",
    "write_whole",
]
