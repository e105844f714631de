"""Progress without a terminal: a line at the start of a step, and one each half minute with the time left."""

import pytest

from cosetta.cli import reproduce


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(reproduce.time, "monotonic", lambda: now[0])
    return now


def test_a_line_each_half_minute(clock, capsys):
    shown = reproduce._Shown()
    assert shown.bar.disable
    for seconds in range(0, 101, 5):
        clock[0] = float(seconds)
        shown("training S5", seconds // 5, 40)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ETA")[0] for line in lines] == [
        "training S5 (40)",
        "training S5: 6 of 40,",
        "training S5: 12 of 40,",
        "training S5: 18 of 40,",
    ]
    assert lines[1].endswith("ETA 2\u00a0min 50\u00a0s")
    assert shown.slowest() == ("training S5", 100.0)
