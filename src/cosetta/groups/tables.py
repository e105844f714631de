"""Cayley tables in files: CSV, NPY, Parquet, and NPZ with labels, which `write_table` makes. Nothing is unpickled.

Entry (a, b) is the product ab as an element number from 0. The size is checked before anything is read into memory. A
table whose identity is not element 0 is renumbered: the identity comes first, the others keep their order, and labels
are the numbers in the file. A CSV file may begin with a line of labels, and then its entries may be those labels.
"""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Int

from cosetta.errors import NotAGroup, Unsupported
from cosetta.files import FilePath, check_parquet, map_array, write_whole
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.group import Group

__all__ = ["TABLE_SUFFIXES", "read_table", "write_table"]

TABLE_SUFFIXES = (".csv", ".npy", ".npz", ".parquet")
"""Formats of Cayley tables."""

MAX_ARCHIVE = 8 * MAX_ORDER**2 + 10**8
"""Most bytes of a .npz file when unpacked."""

MAX_LINE = 20 * MAX_ORDER
"""Most bytes of a line of CSV: room for labels of 19 characters."""


def read_table(path: FilePath, name: str | None = None) -> Group:
    r"""The group whose Cayley table is in a file.

    Args:
        path: a file that ends in .csv, .npy or .parquet.
        name: what to call the group; by default the file's name without its ending.

    Returns:
        The group, with the identity as element 0.

    Raises:
        NotAGroup: if the file does not hold a square table of integers, or the table is not that of a group.
        Unsupported: if the ending is another one or the table is larger than order 10,000.
        FileNotFoundError: if there is no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "klein.csv"
        ...     _ = path.write_text("e,a,b,c\ne,a,b,c\na,e,c,b\nb,c,e,a\nc,b,a,e\n")
        ...     klein = read_table(path)
        >>> klein, klein.labels
        (Group('klein', order=4), ('e', 'a', 'b', 'c'))
    """
    path = Path(path)
    readers = {".csv": _csv, ".npy": _npy, ".npz": _npz, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise Unsupported(f"tables are read from {', '.join(TABLE_SUFFIXES)}; got `{path.name}`")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file `{path}`")
    table, labels = readers[path.suffix.lower()](path)
    table, labels = _identity_first(table, labels)
    return Group(table, name=name or _stored_name(path) or path.stem, labels=labels)


def write_table(group: Group, path: Path) -> None:
    """Write table, name and labels as .npz, whole or not at all.

    Args:
        group: the group.
        path: the file; its folder must exist.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_table(Group(np.array([[0, 1], [1, 0]]), name="mine", labels=("e", "t")), Path(folder) / "g.npz")
        ...     again = read_table(Path(folder) / "g.npz")
        >>> again, again.labels
        (Group('mine', order=2), ('e', 't'))
    """
    name, labels = np.array(group.name), np.array(group.labels)
    content = BytesIO()
    np.savez_compressed(content, table=group.table.astype(np.uint16), name=name, labels=labels)
    write_whole(path, lambda part: part.write_bytes(content.getvalue()))


def _stored_name(path: Path) -> str:
    """The name in a .npz file."""
    if path.suffix.lower() != ".npz":
        return ""
    with np.load(path, allow_pickle=False) as stored:
        return str(stored["name"]) if "name" in stored else ""


def _npz(path: Path) -> tuple[Int[np.ndarray, "g g"], tuple[str, ...]]:
    """What `write_table` wrote; sizes are checked in the archive's directory."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_ARCHIVE:
                raise Unsupported(f"tables are read up to order {MAX_ORDER:,}; `{path.name}` is larger")
        with np.load(path, allow_pickle=False) as stored:
            table, labels = stored["table"], tuple(map(str, stored["labels"].tolist())) if "labels" in stored else ()
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, Unsupported):
            raise
        raise NotAGroup(f"`{path.name}` is not a whole .npz file with a `table`: {str(error)[:120]}") from None
    if table.ndim != 2 or table.dtype.kind not in "iu":
        raise NotAGroup(f"`table` must be a square array of integers; `{path.name}` has {table.shape}, {table.dtype}")
    _check_order(table.shape[0], table.shape[1], path)
    return _as_int64(table, path), labels


def _csv(path: Path) -> tuple[Int[np.ndarray, "g g"], tuple[str, ...]]:
    """Lines of numbers, after a line of labels if that is not a line of the table itself."""
    lines = _lines(path)
    first = next(lines, None)
    if first is None:
        raise NotAGroup(f"a table must have at least one row; `{path.name}` is empty")
    order = len(first)
    _check_order(order, order, path)
    rows = [first, *lines]
    if len(rows) not in (order, order + 1):
        raise NotAGroup(f"a table must be square; `{path.name}` has {len(rows)} lines of {order} columns")
    labels = tuple(first) if len(rows) > order else ()
    number = {label: i for i, label in enumerate(labels)} if len(set(labels)) == order else {}
    table = np.empty((order, order), dtype=np.int64)
    for i, row in enumerate(rows[len(rows) - order :]):
        if len(row) != order:
            raise NotAGroup(f"a table must be square; row {i} of `{path.name}` has {len(row)} columns, not {order}")
        try:
            table[i] = [number[x] for x in row] if number and all(x in number for x in row) else np.array(row, np.int64)
        except (ValueError, OverflowError):
            wrong = next(x for x in row if not x.removeprefix("-").isdecimal() or len(x) > 18)
            raise NotAGroup(f"entries must be element numbers; row {i} of `{path.name}` has `{wrong[:40]}`") from None
    return table, labels


def _lines(path: Path) -> Iterator[list[str]]:
    """Lines of a CSV file as stripped cells, of bounded length and number."""
    with path.open("rb") as file:
        count = 0
        while raw := file.readline(MAX_LINE + 1):
            count += 1
            if len(raw) > MAX_LINE or count > MAX_ORDER + 1:
                raise Unsupported(f"tables are read up to order {MAX_ORDER:,}; `{path.name}` is larger")
            try:
                line = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                raise NotAGroup(f"a CSV table must be text; line {count} of `{path.name}` is not UTF-8") from None
            if line:
                yield [cell.strip().strip('"') for cell in line.replace(";", ",").replace("\t", ",").split(",")]


def _npy(path: Path) -> tuple[Int[np.ndarray, "g g"], tuple[str, ...]]:
    """An integer array, mapped before it is read so that a false size in its head allocates nothing."""
    what = "a whole .npy file of numbers"
    mapped = map_array(path, what=what, advice="save the table with numpy.save", error=NotAGroup)
    if mapped.ndim != 2 or mapped.dtype.kind not in "iu":
        shape, kind = mapped.shape, mapped.dtype
        raise NotAGroup(f"a table must be a square array of integers; `{path.name}` has shape {shape} and type {kind}")
    _check_order(mapped.shape[0], mapped.shape[1], path)
    return _as_int64(np.array(mapped), path), ()


def _parquet(path: Path) -> tuple[Int[np.ndarray, "g g"], tuple[str, ...]]:
    """One column an element, in the order of the elements."""
    import polars as pl

    what, advice = "a whole Parquet file", "save the table again"
    content = check_parquet(path, what=what, advice=advice, error=NotAGroup, max_rows=MAX_ORDER + 1)
    lazy = pl.scan_parquet(content)
    columns = lazy.collect_schema()
    rows = int(lazy.select(pl.len()).collect().item())
    _check_order(rows, len(columns), path)
    integers = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
    wrong = [name for name, kind in columns.items() if kind not in integers]
    if wrong:
        kinds = "integers of at most 64 bits"
        raise NotAGroup(f"entries must be {kinds}; column `{wrong[0]}` of `{path.name}` is {columns[wrong[0]]}")
    frame = lazy.collect()
    if any(frame.null_count().row(0)):
        raise NotAGroup(f"a table must have every entry; `{path.name}` has missing ones")
    return _as_int64(frame.to_numpy(), path), ()


def _as_int64(table: np.ndarray, path: Path) -> np.ndarray:
    """Refuse entries that would wrap around."""
    if table.size and table.max() > MAX_ORDER:
        raise NotAGroup(f"entries must be element numbers; `{path.name}` has {table.max()}")
    return table.astype(np.int64)


def _check_order(rows: int, columns: int, path: Path) -> None:
    """Square and small enough, before anything is allocated."""
    if rows != columns or rows < 1:
        raise NotAGroup(f"a table must be square with at least one row; `{path.name}` has {rows} x {columns} entries")
    if rows > MAX_ORDER:
        raise Unsupported(f"tables are read up to order {MAX_ORDER:,}; `{path.name}` has order {rows:,}")


def _identity_first(table: np.ndarray, labels: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Renumber the elements if the identity is not the first; leave what has no identity to `Group`'s own check."""
    everything = np.arange(len(table))
    rows = np.flatnonzero((table == everything).all(axis=1))
    if rows.size != 1 or rows[0] == 0 or table.min() < 0 or table.max() >= len(table):
        return table, labels
    order = np.concatenate([rows, np.delete(everything, rows)])
    position = np.argsort(order)
    names = labels or tuple(map(str, everything))
    return position[table[np.ix_(order, order)]], tuple(names[a] for a in order)
