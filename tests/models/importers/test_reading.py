"""Hostile and damaged files: one clear line each, and nothing in a file ever runs."""

import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cosetta.errors import BadRun
from cosetta.models.importers import import_checkpoint, read_tensors

WEIGHTS = {"W_x": torch.ones(3, 2), "W_y": torch.ones(3, 2), "W": torch.ones(4, 5), "W_U": torch.ones(5, 3)}


def one_line(path, match, **options):
    with pytest.raises(BadRun, match=match) as caught:
        import_checkpoint(path, **options)
    assert "\n" not in str(caught.value)


def archive(path, pickled, storages=(), compression=zipfile.ZIP_STORED):
    """A torch archive written by hand."""
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("archive/data.pkl", pickled)
        file.writestr("archive/byteorder", b"little")
        file.writestr("archive/version", b"3\n")
        for key, content in storages:
            file.writestr(f"archive/data/{key}", content)
    return path


def tensor_pickle(count=6, size=(2, 3), stride=(3, 1), offset=0):
    """A pickle with one float tensor, as torch writes it, with sizes of our choosing."""

    def numbers(values):
        return b"(" + b"".join(b"J" + int(v).to_bytes(4, "little", signed=True) for v in values) + b"t"

    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
    storage += b"J" + int(count).to_bytes(4, "little", signed=True) + b"tQ"
    body = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"J" + int(offset).to_bytes(4, "little", signed=True)
    body += numbers(size) + numbers(stride) + b"\x89ccollections\nOrderedDict\n)RtR"
    return b"\x80\x02}X\x01\x00\x00\x00W" + body + b"s."


def test_the_archive_written_by_hand_loads(tmp_path):
    path = archive(tmp_path / "a.pt", tensor_pickle(), [("0", np.arange(6, dtype="<f4").tobytes())])
    assert read_tensors(path)["W"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 7},
        {"count": 2**30},
        {"size": (2, 4)},
        {"offset": 1},
        {"stride": (100, 1)},
        {"size": (-1, 3)},
        {"offset": -4},
    ],
)
def test_tensors_outside_their_storage_are_refused(changed, tmp_path):
    path = archive(tmp_path / "a.pt", tensor_pickle(**changed), [("0", bytes(24))])
    one_line(path, "tensors must lie inside the archive")


def test_a_tensor_repeated_by_zero_strides_counts_in_full(tmp_path):
    path = archive(tmp_path / "a.pt", tensor_pickle(1, (10**6, 10**6), (0, 0)), [("0", bytes(4))])
    one_line(path, "tensors may have 1,073,741,824 bytes together; `W`")


class Attack:
    def __init__(self, function, argument):
        self.call = function, (argument,)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("function", [os.system, eval, bytearray, torch.load], ids=lambda f: f.__name__)
def test_hostile_pickles_never_run(function, protocol, tmp_path):
    sentinel = tmp_path / "ran"
    argument = {os.system: f"touch {sentinel}", eval: f"open({str(sentinel)!r}, 'w')", bytearray: 10**12}
    pickled = pickle.dumps({"W": Attack(function, argument.get(function, str(sentinel)))}, protocol=protocol)
    one_line(archive(tmp_path / "a.pt", pickled), "a checkpoint may (name|use)")
    (tmp_path / "raw.pt").write_bytes(pickled)
    one_line(tmp_path / "raw.pt", "must be a safetensors file or a torch archive")
    torch.save({"W": Attack(function, argument.get(function, str(sentinel)))}, tmp_path / "saved.pt")
    one_line(tmp_path / "saved.pt", "asks for `.*`, which was not run")
    assert not sentinel.exists()


def test_a_whole_module_is_refused_by_name(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    one_line(tmp_path / "module.pt", r"asks for `torch\.nn\.modules\.linear\.Linear`.*export the weights")


def test_a_second_pickle_cannot_hide_behind_the_first(tmp_path):
    path = archive(tmp_path / "a.pt", tensor_pickle(), [("0", bytes(24))])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("other/data.pkl", pickle.dumps({"W": Attack(os.system, "true")}, protocol=2))
    one_line(path, "must be different files in one folder")


def test_a_memo_number_cannot_allocate(tmp_path):
    one_line(archive(tmp_path / "a.pt", b"\x80\x02}r\xff\xff\xff\x7f."), "stores memo 2147483647")


def test_zip_bombs_are_refused_by_what_they_declare(tmp_path):
    path = archive(tmp_path / "bomb.pt", tensor_pickle(), [("0", bytes(10**7))], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000
    one_line(path, "must be uncompressed")


def test_sizes_are_checked_before_reading(tmp_path):
    torch.save(WEIGHTS, tmp_path / "model.pt")
    one_line(tmp_path / "model.pt", "may have 100 bytes; .* has", max_bytes=100)
    header = (2**40).to_bytes(8, "little") + b'{"W": '
    (tmp_path / "huge.safetensors").write_bytes(header)
    one_line(tmp_path / "huge.safetensors", "header may have 4,194,304 bytes.*1,099,511,627,776")


@pytest.mark.parametrize("keep", [0, 3, 9, 100, 300, -1])
def test_truncated_files(keep, tmp_path):
    torch.save(WEIGHTS, tmp_path / "model.pt")
    save_file(WEIGHTS, tmp_path / "model.safetensors")
    for name in ("model.pt", "model.safetensors"):
        cut = tmp_path / f"cut-{name}"
        cut.write_bytes((tmp_path / name).read_bytes()[:keep])
        one_line(cut, "must be a|header")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"W": torch.ones(5, 5)},
            r"`W` in .* must have shape \(4, any\) \(two embeddings of length 2\); it has",
        ),
        ({"W_U": torch.ones(3, 5)}, r"`W_U` in .* must have shape \(5, 3\)"),
        ({"W_x": torch.ones(3)}, r"`W_x` in .* must have shape \(any, any\).*it has \(3,\)"),
        ({"W_x": torch.ones(0, 2)}, r"it has \(0, 2\)"),
        (
            {"W": torch.ones(4, 5, dtype=torch.int64)},
            r"must hold floating-point numbers; it holds torch\.int64",
        ),
        ({"W": torch.ones(4, 5, dtype=torch.complex64)}, "torch.complex64|asks for"),
        ({"W": torch.full((4, 5), float("nan"))}, r"`W` in .* must be finite; it holds nan at \[0, 0\]"),
        ({"W_y": torch.tensor([[1, 1], [1, float("inf")], [1, 1]])}, r"holds inf at \[1, 1\]"),
        ({"W": torch.full((4, 5), 1e30), "W_x": torch.full((3, 2), 1e30)}, "must fit together; weights must be finite"),
        ({"W": torch.ones(4, 5).to_sparse()}, "asks for|dense"),
    ],
)
def test_tensors_that_do_not_fit(changed, message, tmp_path):
    torch.save(WEIGHTS | changed, tmp_path / "model.pt")
    one_line(tmp_path / "model.pt", message)


@pytest.mark.parametrize("content", [[1, 2], {}, {"a": 1}, torch.ones(3), {1: torch.ones(2)}, OrderedDict()])
def test_contents_that_are_not_named_tensors(content, tmp_path):
    torch.save(content, tmp_path / "model.pt")
    one_line(tmp_path / "model.pt", "must hold tensors by name; it holds")


def test_missing_files_and_folders(tmp_path):
    one_line(tmp_path / "nowhere.pt", "must be a file")
    one_line(tmp_path, "a checkpoint folder must hold model.pt")
    (tmp_path / "cfg.json").write_text("{")
    torch.save(WEIGHTS, tmp_path / "model.pt")
    one_line(tmp_path, "`.*cfg.json` must be JSON")
