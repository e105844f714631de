"""Generators, presentations and tables as text and files: what is read, and what is refused in one line."""

import numpy as np
import polars as pl
import pytest

from cosetta.errors import CosettaError, NotAGroup, Unsupported
from cosetta.groups import Group, find_isomorphism, generated_group, named_group, presented_group, read_group
from cosetta.groups.coset_enumeration import enumerate_cosets
from cosetta.groups.notation import read_permutations
from cosetta.groups.tables import read_table


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("(1 2 3 4 5), (1 2)", "S5"),
        ("(1,2,3,4,5);(1,2)", "S5"),
        ("<(12345), (12)>", "S5"),
        ("(12)(34), (13)(24)", "V4"),
        ("[2,3,1], [2,1,3]", "S3"),
        ("[2,1]; [1,2,4,3]", "V4"),
        ("()", "C1"),
        ("(), (1 2)", "C2"),
        ("[[0,-1],[1,0]], [[1,1],[0,1]] mod 3", "SL(2,3)"),
        ("[[2]] mod 7", "C3"),
        ("a | a^6", "C6"),
        ("<a, b | a^4, a^2 = b^2, b a b^-1 = a^-1>", "Q8"),
        ("r, s | r^4 = s^2 = (r s)^2 = 1", "D8"),
        ("x, y | x^3, y^3, [x,[x,y]], [y,[x,y]]", "Heis(3)"),
        ("a, b | a^2, b^3, (a*b)^5", "A5"),
        ("a, b | a^2, b^5, (a b)^4, (a b a b^-1)^3", "S5"),
        ("a, b | a^2, b^3, (a b)^7, [a,b]^4", "PSL(2,7)"),
        ("a | a, a^5", "C1"),
        ("S4xC2", "S4xC2"),
    ],
)
def test_texts_are_the_groups_that_they_mean(text: str, name: str) -> None:
    assert find_isomorphism(read_group(text), named_group(name)) is not None


def test_cycles_and_lines_agree_on_the_points() -> None:
    assert read_permutations("(1 2 3)(4 5)") == read_permutations("[2,3,1,5,4]") == [[1, 2, 0, 4, 3]]
    assert read_permutations("(12 3)") == [[0, 1, 11, 3, 4, 5, 6, 7, 8, 9, 10, 2]]


def test_words_label_the_elements() -> None:
    """Evaluating each label in the permutations of the generators gives a homomorphism."""
    group = presented_group("a, b | a^4, b^2, (a b)^2")
    images = {"a": np.array([1, 2, 3, 0]), "b": np.array([0, 3, 2, 1])}
    values = []
    for label in group.labels:
        value = np.arange(4)
        for word in [] if label == "e" else label.split("*"):
            letter, _, power = word.partition("^")
            for _ in range(int(power or 1) % 4):
                value = value[images[letter]]  # apply the rightmost first: (ab)(i) = a(b(i))
        values.append(value)
    values = np.array(values)
    assert len(np.unique(values, axis=0)) == 8
    for a in range(8):
        for b in range(8):
            assert (values[group.table[a, b]] == values[a][values[b]]).all()


def test_enumeration_gives_permutations_that_satisfy_the_relators() -> None:
    relators = [(1, 1), (2, 2, 2), (1, 2) * 7, (-1, -2, 1, 2) * 4]
    moves = enumerate_cosets(2, relators, 10_000)
    assert moves.shape == (2, 168)
    for relator in relators:
        coset = np.arange(168)
        for letter in relator:
            move = moves[abs(letter) - 1]
            coset = (move if letter > 0 else move.argsort())[coset]
        assert (coset == np.arange(168)).all()


@pytest.mark.parametrize(
    "text", ["a, b | a^2", "a | a^0", "a, b | [a, b], a^2 b^4", "a, b, c | a^2, b^3, (a b c)^5 = c^5"]
)
def test_groups_with_an_infinite_abelian_quotient_are_refused_at_once(text) -> None:
    with pytest.raises(
        Unsupported, match=r"a group must be finite; .* leave an infinite abelian quotient: add relations"
    ):
        read_group(text)


def test_infinite_groups_stop_at_the_limit() -> None:
    with pytest.raises(Unsupported, match="not found to be finite within 1,000 cosets"):
        enumerate_cosets(2, [(1, 1)], 1_000)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("(1 2 2)", "disjoint"),
        ("(1 2)(2 3)", "disjoint"),
        ("(0 1)", "points from 1"),
        ("(1 2000000)", "numbers from 1"),
        ("(1 2000)", "up to 1,000"),
        ("(1 x)", "numbers from 1"),
        ("(1 2) hello", "written as cycles"),
        ("[1,1]", "each point 1..2 once"),
        ("[1,[2]]", "lists the images"),
        ("[1,2", "do not match"),
        ("[" * 500, "do not match"),
        ("[[1,2],[3]] mod 5", "square"),
        ("[[1,1],[1,1]] mod 5", "invertible"),
        ("[[1.5]] mod 5", "integers and commas"),
        ("[[1]] mod 99999999", "up to a million"),
        ("[[1]] mod 1", "from 2 to a million"),
        ("(1 2 3 4 5 6 7 8), (1 2)", "up to order 10000"),
        ("a, a | a^2", "distinct names"),
        ("a | b", "stopped at `b`"),
        ("a | a^", "stopped at"),
        ("a | (a", "stopped at"),
        ("a | a^999999", "20,000 letters"),
        ("a | " + "(" * 60, "at most 50 brackets"),
        ("a | " + "a" * 20_000, "10,000 characters"),
        ("(1 2)" * 50_000, "100,000 characters"),
        ("| a", "a presentation is"),
    ],
)
def test_refusals_of_text_are_one_line(text: str, match: str) -> None:
    with pytest.raises(CosettaError, match=match) as refusal:
        read_group(text)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def saved(group: Group, path, order=None) -> None:
    """A table in a file, perhaps with its elements in another order."""
    table = group.table
    if order is not None:
        table = np.argsort(order)[table[np.ix_(order, order)]]
    if path.suffix == ".npy":
        np.save(path, table)
    elif path.suffix == ".parquet":
        pl.DataFrame(table, schema=[f"g{i}" for i in range(len(table))], orient="row").write_parquet(path)
    else:
        np.savetxt(path, table, fmt="%d", delimiter=",")


@pytest.mark.parametrize("suffix", [".csv", ".npy", ".parquet"])
def test_tables_come_back(suffix: str, tmp_path, small_group: Group) -> None:
    saved(small_group, tmp_path / f"t{suffix}")
    again = read_group(str(tmp_path / f"t{suffix}"))
    assert (again.table == small_group.table).all()
    shuffled = np.random.default_rng(0).permutation(small_group.order)
    saved(small_group, tmp_path / f"s{suffix}", shuffled)
    other = read_table(tmp_path / f"s{suffix}", name="hidden")
    assert other.name == "hidden"
    assert find_isomorphism(other, small_group) is not None
    if shuffled[0] != 0:
        assert other.labels[0] == str(int(np.flatnonzero(shuffled == 0)[0]))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("0,1\n1,2\n", "not closed"),
        ("0,1\n1\n", "row 1 of"),
        ("0,1\n1,x\n", "row 1 of `t.csv` has `x`"),
        ("0,1\n1,99999999999999999999\n", "element numbers"),
        ("0,1,2\n1,2,0\n", "must be square"),
        ("0,1\n0,1\n", "must be the identity"),
        ("0,\x00\n", "must be square"),
    ],
)
def test_broken_csv_is_refused(text: str, match: str, tmp_path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(NotAGroup, match=match):
        read_table(tmp_path / "t.csv")


def test_files_that_are_no_tables_are_refused(tmp_path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe0,1\n")
    (tmp_path / "wide.csv").write_text(",".join("0" * 10_001) + "\n")
    np.save(tmp_path / "float.npy", np.eye(2))
    np.save(tmp_path / "flat.npy", np.arange(4))
    np.save(tmp_path / "wide.npy", np.zeros((1, 2), dtype=int))
    (tmp_path / "pickle.npy").write_bytes(b"")
    np.save(tmp_path / "object.npy", np.array([[print]], dtype=object), allow_pickle=True)
    head = (tmp_path / "flat.npy").read_bytes().replace(b"(4,), ", b"(99999999999999,), ")
    (tmp_path / "huge.npy").write_bytes(head)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    pl.DataFrame({"a": [0.5]}).write_parquet(tmp_path / "float.parquet")
    pl.DataFrame({"a": [0]}, schema={"a": pl.Int128}).write_parquet(tmp_path / "int128.parquet")
    pl.DataFrame({"a": [False]}).write_parquet(tmp_path / "truth.parquet")
    np.save(tmp_path / "truth.npy", np.zeros((1, 1), dtype=bool))
    pl.DataFrame({"a": [0, None], "b": [1, 0]}).write_parquet(tmp_path / "null.parquet")
    for name in (
        *("t.csv", "float.npy", "flat.npy", "wide.npy", "pickle.npy", "object.npy", "huge.npy"),
        *("cut.parquet", "float.parquet", "null.parquet", "int128.parquet", "truth.parquet", "truth.npy"),
    ):
        with pytest.raises(NotAGroup) as refusal:
            read_table(tmp_path / name)
        assert "\n" not in str(refusal.value)
    with pytest.raises(Unsupported, match="up to order 10,000"):
        read_table(tmp_path / "wide.csv")
    with pytest.raises(Unsupported, match=r"\.csv, \.npy, \.npz, \.parquet"):
        read_table(tmp_path / "t.txt")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_generated_groups_are_named_by_their_text() -> None:
    assert generated_group("(1 2)").name == "<(1 2)>"
    assert generated_group("(1 2)", name="swap").name == "swap"
