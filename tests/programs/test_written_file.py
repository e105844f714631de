"""The written Python file: it runs in Python alone, and says what the program says."""

import subprocess
import sys

import numpy as np
import pytest

from cosetta.errors import BadConfig
from cosetta.groups import named_group
from cosetta.hypotheses.program import network_of
from cosetta.programs import decompile
from cosetta.programs.building import complete_program
from cosetta.programs.explaining import element_of
from cosetta.programs.permutations import one_line
from cosetta.programs.writing import write_decompiled


def run(path, *arguments):
    command = [sys.executable, "-I", "-S", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


@pytest.fixture(scope="module")
def written(tmp_path_factory, quick):
    folder = tmp_path_factory.mktemp("program")
    found = decompile(network_of(complete_program(named_group("S4"), ["S3"])), named_group("S4"), quick, "planted")
    return found, write_decompiled(found, folder)[0]


def test_it_is_right_on_all_pairs_and_equals_the_program(written):
    found, path = written
    G, lines = named_group("S4"), one_line(named_group("S4"))
    table = [row.split() for row in run(path).stdout.splitlines()]
    in_order = sorted(range(G.order), key=lines.__getitem__)
    said = np.array([[lines.index(text) for text in row] for row in table])
    expected = found.short.answers()[np.ix_(in_order, in_order)]
    assert (said == expected).all()
    assert (said == G.table[np.ix_(in_order, in_order)]).all()


def test_shares_and_the_start_are_in_the_file(shared, tmp_path, quick):
    found = decompile(network_of(shared), shared.group, quick, "shared")
    path = write_decompiled(found, tmp_path, whole=True)[0]
    lines = one_line(shared.group)
    table = [row.split() for row in run(path).stdout.splitlines()]
    in_order = sorted(range(24), key=lines.__getitem__)
    expected = shared.answers()[np.ix_(in_order, in_order)]
    said = np.array([[-1 if "=" in text else lines.index(text) for text in row] for row in table])
    assert (said == expected).all()
    assert "99ths" in path.read_text()
    assert "have these shares: C4 0.61, 0.00}" in path.with_name("program.tex").read_text()
    assert "# 0.61, 0.00 of it against other double cosets" in path.with_name("program.svg").read_text()


def test_it_is_small_and_needs_nothing(written):
    found, path = written
    text = path.read_text()
    assert len(text.encode()) <= 4096
    assert text.count("import ") == 2
    assert "import sys\nfrom functools import cache\n" in text
    assert len(found.short.rules) < len(found.program.rules)


def test_it_takes_cycles_and_one_line(written):
    path = written[1]
    assert run(path, "(1 2 3)", "2134").stdout == run(path, "2 3 1 4", "(12)").stdout == "3214\n"
    assert run(path, "(12)(34)", "()").stdout == "2143\n"
    assert run(path, "e", "e").stdout == "1234\n"
    bad = run(path, "(1 2 3)", "99")
    assert bad.returncode == 1
    assert bad.stderr == "not an element: 99\n"
    assert "python FILE" in run(path, "(1 2 3)").stderr


def test_why_names_the_rules_and_what_is_left(written):
    found, path = written
    lines = run(path, "(1 2 3)", "2134", "--why").stdout.splitlines()
    assert lines[-1] == "3214"
    assert lines[-2] == "23 ruled out, left:"
    G = named_group("S4")
    a, b = G["(123)"], G["(12)"]
    fired = [rule for rule in found.short.rules if found.short.fires(rule)[a, b]]
    assert len(lines) == len(fired) + 2
    assert all(f"not ({rule.says}): " in line for rule, line in zip(fired, lines, strict=False))
    plain = run(path, "(1 2 3)", "2134", "--why", "--plain").stdout.splitlines()
    assert all(": True against" in line for line in plain[:-2])


def test_an_element_that_is_none_is_told_in_one_line():
    G = named_group("S4")
    assert element_of("2 1 3 4", G) == element_of("(12)", G) == G["(12)"]
    for text in ("(1 2 9)", "2135", "", "x"):
        with pytest.raises(BadConfig, match="write cycles, as") as error:
            element_of(text, G)
        assert "\n" not in str(error.value)


def test_a_group_without_cycles_keeps_its_names(tmp_path, quick):
    G = named_group("SL(2,3)")
    found = decompile(network_of(complete_program(G, ["C3"])), G, quick, "SL")
    path = write_decompiled(found, tmp_path)[0]
    x, y = G.labels[3], G.labels[7]
    assert run(path, x, y).stdout.strip() == G.labels[G.table[3, 7]]


def test_the_figure_and_the_table_are_whole(written):
    from xml.etree import ElementTree

    found, path = written
    root = ElementTree.parse(path.with_name("program.svg")).getroot()
    assert root.tag.endswith("svg")
    latex = path.with_name("program.tex").read_text()
    assert latex.count(r"\\") == len(found.short.rules) + 1
    assert latex.count("{") == latex.count("}")
