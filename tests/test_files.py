import pytest

from cosetta.files import write_whole


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


def test_a_written_file_can_be_read_by_others(tmp_path):
    write_whole(tmp_path / "a", lambda temporary: temporary.write_bytes(b""))
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
