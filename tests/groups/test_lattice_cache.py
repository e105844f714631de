"""Lattices on disk: round trip, damage, unwritable folders; none may change an answer or raise."""

import io
import logging
from pathlib import Path

import numpy as np
import pytest

from cosetta.groups import Group, enumeration, named_group, subgroup_lattice
from cosetta.groups.lattice_cache import LatticeArrays, cache_folder, load_lattice, save_lattice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, which every lattice is stored in."""
    monkeypatch.setenv("COSETTA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(enumeration, "STORED_FROM", 0)
    return tmp_path / "cache"


def search_forbidden(group: Group) -> list:
    """Stand-in for the search, to prove that the copy was read."""
    raise AssertionError(f"{group.name} was searched again")


@pytest.mark.parametrize("name", ["C1", "Q8", "S5"])
def test_round_trip(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    group = named_group(name)
    fresh = subgroup_lattice(group)
    assert [path.suffix for path in folder.iterdir()] == [".lattice"]
    monkeypatch.setattr(enumeration, "find_subgroup_classes", search_forbidden)
    again = subgroup_lattice(group)
    assert again.class_names == fresh.class_names
    for field in ("packed", "class_of", "carriers", "class_normalizers", "covers", "normalizers"):
        assert np.array_equal(getattr(again, field), getattr(fresh, field))


def test_small_lattices_are_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSETTA_CACHE", str(tmp_path / "cache"))
    subgroup_lattice(named_group("S4"))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "text", "other shape"])
def test_damaged_file_is_made_again(folder: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    group = named_group("S4")
    fresh = subgroup_lattice(group)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    if damage == "other shape":
        fields = (fresh.packed[:-1], fresh.class_of[:-1], fresh.carriers, fresh.class_normalizers, fresh.class_names)
        save_lattice(group, LatticeArrays(*fields))
    else:
        middle = len(whole) // 3
        flipped = whole[:middle] + bytes(255 - b for b in whole[middle : middle + 40]) + whole[middle + 40 :]
        path.write_bytes(
            {"empty": b"", "truncated": whole[: len(whole) // 2], "flipped": flipped, "text": b"x"}[damage]
        )
    with caplog.at_level(logging.WARNING):
        assert load_lattice(group) is None
    assert "made again" in caplog.text
    again = subgroup_lattice(group)
    assert np.array_equal(again.packed, fresh.packed)
    assert load_lattice(group) is not None  # and the file is whole again


def test_no_changed_byte_is_believed(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    group = named_group("Q8")
    subgroup_lattice(group)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert load_lattice(group) is None
    path.write_bytes(whole)
    assert load_lattice(group) is not None
    assert len(caplog.records) == len(whole)


def test_an_archive_of_right_shapes_with_other_values_is_not_believed(folder: Path) -> None:
    group = named_group("S4")
    fresh = subgroup_lattice(group)
    (path,) = folder.iterdir()
    altered = fresh.packed.copy()
    altered[5] ^= 64
    rest = fresh.class_of, fresh.carriers, fresh.class_normalizers
    arrays = dict(zip(LatticeArrays._fields, (altered, *rest, np.array(fresh.class_names)), strict=True))
    archive = io.BytesIO()
    np.savez_compressed(archive, **arrays)
    for head in (b"", path.read_bytes()[:32]):  # as another program would write it, and under the old digest
        path.write_bytes(head + archive.getvalue())
        assert load_lattice(group) is None
    assert np.array_equal(subgroup_lattice(group).packed, fresh.packed)


def test_a_copy_of_another_group_is_not_believed(folder: Path) -> None:
    V4, C4 = named_group("V4"), named_group("C4")
    subgroup_lattice(V4)
    (path,) = folder.iterdir()
    subgroup_lattice(C4)
    (other,) = set(folder.iterdir()) - {path}
    other.write_bytes(path.read_bytes())
    assert load_lattice(C4) is None


def test_copies_are_found_by_content(folder: Path) -> None:
    """Other labels give other names, so they get a file of their own; another name of the group does not."""
    group = named_group("V4")
    subgroup_lattice(group)
    subgroup_lattice(Group(group.table, name="W", labels=group.labels, permutations=group.permutations))
    assert len(list(folder.iterdir())) == 1
    relabelled = subgroup_lattice(Group(group.table, labels=("1", "x", "y", "xy")))
    assert len(list(folder.iterdir())) == 2
    assert "C2 <xy>" in relabelled.class_names


def test_unwritable_folder_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COSETTA_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(enumeration, "STORED_FROM", 0)
    assert len(subgroup_lattice(named_group("S4"))) == 30
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_folder_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSETTA_CACHE", "/somewhere/else")
    assert cache_folder() == Path("/somewhere/else")
    monkeypatch.delenv("COSETTA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/cosetta")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "cosetta"
