"""Files of ours: read with one reader, written whole or not at all."""

import ast
import json
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from cosetta.errors import BadConfig, BadRun
from cosetta.files import (
    check_parquet,
    folder_digest,
    read_json,
    read_parquet,
    read_toml,
    write_json,
    write_table,
    write_together,
    write_whole,
)
from cosetta.files.seals import is_sealed


@dataclass(frozen=True)
class Shares:
    order: int
    share: float
    names: tuple[str, ...] = ()
    schema: int = 1


GOOD = b'{"schema": 1, "order": 6, "share": 0.5, "names": ["S3"]}'


def read(path, content):
    path.write_bytes(content)
    return read_json(path, Shares, what="shares", advice="make them again", schema=1)


def test_what_is_whole_is_read(tmp_path):
    assert read(tmp_path / "a", GOOD) == Shares(6, 0.5, ("S3",))
    assert read_json(str(tmp_path / "a"), Shares, what="", advice="") == Shares(6, 0.5, ("S3",))
    assert read(tmp_path / "a", b'{"schema": 1, "order": 6, "share": 1}').share == 1.0  # an integer is a number


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD.replace(b"6", b'"6"'), "`order` must be a valid integer, not '6'"),
        (GOOD.replace(b"6", b"6.5"), "`order` must be a valid integer"),
        (GOOD.replace(b"6", b"true"), "`order` must be a valid integer, not True"),
        (GOOD.replace(b'"order": 6, ', b""), "`order` is missing"),
        (GOOD.replace(b'"schema": 1', b'"schema": 2'), "must have schema 1; it has 2"),
        (GOOD.replace(b'"schema": 1', b'"schema": "1"'), "must have schema 1; it has '1'"),
        (GOOD.replace(b'"schema": 1, ', b""), "must have schema 1; it has none"),
        (GOOD.replace(b"0.5", b"NaN"), "line 1"),
        (GOOD.replace(b"0.5", b"1e999"), "not JSON compliant"),
        (GOOD.replace(b"S3", b"\\ud800"), "hex escape"),
        (GOOD.replace(b"S3", b"\xff"), "unicode"),
        (GOOD[:-4], "EOF"),
        (b"", "EOF"),
        (b"[1]", "it holds a list of 1, no table"),
        (b"[" * 100_000, "recursion limit"),
        (b'{"a":' * 100_000, "recursion limit"),
        (b"9" * 100_000, "out of range"),
    ],
)
def test_what_is_damaged_is_one_line(tmp_path, content, says):
    path = tmp_path / "shares.json"
    with pytest.raises(BadRun) as raised:
        read(path, content)
    message = str(raised.value)
    assert message.startswith(f"`{path}` must be shares; ")
    assert message.endswith(": make them again")
    assert says in message
    assert "\n" not in message
    assert message.isprintable()


def test_what_is_no_file_or_too_large_is_not_read(tmp_path):
    (tmp_path / "large").write_bytes(b" " * 1001)
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
    for name, says in (
        ("", "no file"),
        ("none", "not exist"),
        ("large", "1,001 bytes, more than"),
        ("pipe", "no file"),
    ):
        with pytest.raises(BadConfig, match=says):
            read_json(tmp_path / name, Shares, what="x", advice="y", error=BadConfig, max_bytes=1000)
    with pytest.raises(BadRun, match="not exist"):
        read_json("a\0b", Shares, what="x", advice="y")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = " + b"[" * 50_000, "nested more than 200 deep"),
        (b"a = " + b"{b = " * 50_000, "nested more than 200 deep"),
        (b"a." * 300 + b"a = 1", "nested more than 200 deep"),
        (b"a = \xff", "utf-8"),
        (b"a = ", "Invalid value"),
        (b"a = 1\n" * 2, "overwrite"),
        (b"#" * (2**20 + 1), "more than 1,048,576"),
    ],
)
def test_damaged_toml_is_one_line(tmp_path, content, says):
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(BadConfig, match=says) as raised:
        read_toml(path, what="settings", advice="mend them", error=BadConfig)
    assert "\n" not in str(raised.value)


def test_toml_as_deep_as_ours_is_read(tmp_path):
    (tmp_path / "a").write_text("[analysis]\nseeds = [[0, 1], [2]]")
    assert read_toml(tmp_path / "a", what="", advice="") == {"analysis": {"seeds": [[0, 1], [2]]}}


FATAL = (108, 264)
"""Bytes of this table that make polars 2.1 abort when they are changed."""

TABLE = pl.DataFrame({"step": range(50), "loss": [0.1 * i for i in range(50)]})


COLUMNS = {"loss": pl.Float64, "step": pl.Int64}
READ = {"what": "metrics", "advice": "train again"}


def test_a_table_comes_back(tmp_path):
    path = tmp_path / "metrics.parquet"
    write_table(path, TABLE)
    assert pl.read_parquet(path).equals(TABLE)  # the seal is in nobody's way
    assert pl.scan_parquet(path).select(pl.len()).collect().item() == 50
    assert read_parquet(path, COLUMNS, **READ).equals(TABLE.select("loss", "step"))
    assert read_parquet(str(path), {"step": pl.Int64}, optional={"odd": pl.Int64}, **READ).columns == ["step"]
    with pytest.raises(BadRun, match="`odd` is missing, not Int64"):
        read_parquet(path, {"odd": pl.Int64}, **READ)
    with pytest.raises(BadRun, match="`loss` is Float64, not Date"):
        read_parquet(path, {"loss": pl.Date}, **READ)
    TABLE.write_parquet(path)  # by somebody else, without a seal
    assert read_parquet(path, COLUMNS, **READ).equals(TABLE.select("loss", "step"))
    with pytest.raises(BadRun, match="50 rows, more than 49"):
        check_parquet(path, max_rows=49, **READ)


def test_no_changed_byte_of_our_tables_is_believed(tmp_path):
    write_table(tmp_path / "a", TABLE)
    good = (tmp_path / "a").read_bytes()
    seal = good.index(b"cosetta-sha")
    assert is_sealed(good)
    for at in range(len(good)):
        assert not is_sealed(good[:at] + bytes([good[at] ^ 0x15]) + good[at + 1 :])
        assert not is_sealed(good[:at])
    assert not is_sealed(good[:seal] + good[seal + 48 :])


def test_damage_is_one_line_also_where_it_would_end_the_process(tmp_path, capfd):
    path = tmp_path / "metrics.parquet"
    write_table(path, TABLE)
    good, outcomes = path.read_bytes(), set()
    for at in [*range(0, len(good), 40), *FATAL]:
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x15]) + good[at + 1 :])
        try:
            read_parquet(path, COLUMNS, **READ)  # where the seal itself is damaged
        except BadRun as error:
            outcomes.add(str(error).partition(";")[2])
    assert not any("\n" in outcome for outcome in outcomes)
    assert " it makes the reader end: it is damaged: train again" in outcomes
    assert len(outcomes) > 3
    assert capfd.readouterr().err == ""


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "result.json"
    write_whole(path, lambda temporary: temporary.write_text("first"))

    def dies(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(path, dies)
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_belong_together_are_all_written_or_none(tmp_path):
    def full(temporary):
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    paths = [tmp_path / name for name in ("a", "b")]
    with pytest.raises(OSError, match="No space") as raised:
        write_together([(paths[0], lambda temporary: temporary.write_text("new")), (paths[1], full)])
    assert raised.value.filename == str(paths[1])
    assert list(tmp_path.iterdir()) == []
    write_together([(str(path), lambda temporary: temporary.write_text("new")) for path in paths])
    assert sorted(tmp_path.iterdir()) == paths


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        write_json(tmp_path / "none" / "a.json", {})
    assert raised.value.filename == str(tmp_path / "none" / "a.json")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_written_file_can_be_read_by_others(tmp_path):
    write_json(tmp_path / "a", {"x": [1]})
    assert json.loads((tmp_path / "a").read_text()) == {"x": [1]}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


WRITES = {"write_text", "write_bytes", "savefig", "write_parquet", "savez", "savez_compressed", "save_file"}
BUFFERS = {"buffer", "content", "archive"}


def test_nothing_of_ours_is_written_under_its_final_name():
    """Whatever writes a file is a function of the temporary name that `write_whole` hands it, or writes to memory."""
    source, found = Path(__file__).parents[1] / "src" / "cosetta", []

    def visit(node, name, depth):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and depth < 2 and _writes(child):
                found.append(f"{name}:{child.lineno}")
            inner = 2 if isinstance(child, ast.Lambda) else 1 if isinstance(child, ast.FunctionDef) else 0
            visit(child, name, depth + inner)

    for path in source.rglob("*.py"):
        if path.parent.name != "files":
            visit(ast.parse(path.read_text()), str(path.relative_to(source)), 0)
    assert found == []


def _writes(call):
    """Whether a call writes a file, and not into a buffer."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
    if name == "open":
        return any(isinstance(a, ast.Constant) and set(str(a.value)) & set("wax+") for a in call.args)
    return isinstance(call.func, ast.Attribute) and name in WRITES and first not in BUFFERS


BY_HAND = ("json.load", "validate_json", "tomllib.", "read_parquet(", "scan_parquet(", "np.load(")
READS_ITS_OWN = {
    "bounds/checker.py": "imports nothing of ours, by design",
    "groups/catalogue.py": "data of the package",
    "groups/notation.py": "text, not a file",
    "groups/tables.py": "mapped, and checked first",
    "groups/lattice_cache.py": "sealed",
    "reproduce/stander2024/controls.py": "data of the package",
    "evidence/table1.py": "data of the package",
}


def test_nothing_of_ours_is_read_by_hand():
    """Every JSON, TOML and Parquet file goes through the reader: no module calls a parser of its own."""
    source = Path(__file__).parents[1] / "src" / "cosetta"
    found = []
    for path in source.rglob("*.py"):
        name, text = str(path.relative_to(source)), path.read_text()
        calls = [call for call in BY_HAND if call in text.replace("import read_parquet", "")]
        if calls and not name.startswith("files/") and name not in READS_ITS_OWN and "cosetta.files" not in text:
            found.append((name, calls))
    assert [entry for entry in found if entry[0] not in ("evidence.py", "results.py")] == []


def test_a_digest_is_of_what_is_passed_on(tmp_path):
    for name, content in {
        "a/config.json": "x",
        "a/timing.json": "1",
        "b/config.json": "x",
        "b/timing.json": "2",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    for added in (".config.json.k3.part", "explorer.html", "explorer.bin", "program.py", "certificate.json"):
        (tmp_path / "b" / added).write_text("added")
    assert folder_digest(tmp_path / "a") == folder_digest(str(tmp_path / "b"))
    (tmp_path / "b" / "config.json").rename(tmp_path / "b" / "other.json")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")
