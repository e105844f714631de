"""Groups on the command line: every form, every width, every encoding, and arguments that are refused before torch."""

import json
import os
import subprocess
import sys

import pytest

from cosetta.groups import named_group, write_table


def run(*arguments, prelude="", **environment):
    """The command in a process of its own: (exit status, output, errors)."""
    code = f"{prelude}\nfrom cosetta.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, check=False, env=os.environ | environment
    )
    return done.returncode, done.stdout.decode("utf8"), done.stderr.decode("utf8")


@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.parametrize("name", ["SL(2,5)", "SmallGroup(27,2)", "S5", "D24"])
def test_no_table_cuts_a_number_or_a_name(name, width):
    status, shown, _ = run("irreps", name, COLUMNS=width)
    assert status == 0
    assert all(len(line) <= int(width) for line in shown.splitlines())
    assert "…" not in shown
    rows = json.loads(run("irreps", name, "--json")[1])["irreps"]
    for row in rows:
        cells = [line for line in shown.splitlines() if line.split()[:1] == [row["irrep"]]]
        values = [word for line in cells for word in line.split()[1:]]
        values = values[2:]  # dimension and type stand in the first part
        assert values == [f"{x:.4g}" for x in row["character"]]


@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.parametrize("command", ["group", "subgroups"])
def test_numbers_of_subgroups_stay_whole(command, width):
    status, shown, _ = run(command, "SL(2,5)", COLUMNS=width)
    assert status == 0
    assert all(len(line) <= int(width) for line in shown.splitlines())
    assert "…" not in shown
    assert "12a-quaternionic=52.2" in shown


def test_the_group_command_shows_its_series():
    shown = " ".join(run("group", "S4", COLUMNS="200")[1].split())
    assert "S4 > [C2] A4 > [C3] V4" in shown
    assert "(solvable)" in shown
    facts = json.loads(run("group", "A5", "--json")[1])
    assert (facts["is_solvable"], facts["nilpotency_class"], facts["derived_series"]) == (False, None, ["A5"])


@pytest.mark.parametrize("text", ["(1 2 3), (1 2)", "a^2 = b^3 = (ab)^2 = 1", "S₃", "table.npz"])
def test_every_command_takes_every_form(text, tmp_path):
    if text == "table.npz":
        text = str(tmp_path / text)
        write_table(named_group("S3"), tmp_path / "table.npz")
    for command in ("group", "subgroups", "irreps"):
        status, shown, error = run(command, text, "--json")
        assert status == 0, error
        assert json.loads(shown)["order"] == 6


def test_output_without_subscripts_is_ascii():
    status, shown, error = run("group", "S4", PYTHONIOENCODING="ascii")
    assert (status, error) == (0, "")
    assert shown.isascii()
    assert "A4" in shown


def test_a_reader_that_leaves_ends_it_in_silence():
    code = "from cosetta.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "irreps", "S6", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "S5", "--seed", "1.5"), "`--seed` must be a whole number; got '1.5'"),
        (("sweep", "S5", "--workers", "1.5"), "`--workers` must be a whole number; got '1.5'"),
        (("sweep", "S5", "--width", "1.5"), "`width`"),
        (("sweep", "S5", "--engine", "dask"), "one of local, ray"),
        (("run", "PSL27"), "did you mean `PSL(2,7)`?"),
        (("sweep", "banana"), "banana"),
        (("explain", "nowhere"), "nowhere"),
        (("explain", ".", "--group", "banana"), "banana"),
        (("run",), "`cosetta run S5`"),
    ],
)
def test_arguments_are_refused_before_torch_is_loaded(arguments, message):
    block = "import sys; sys.modules['torch'] = None"  # importing torch would now fail with another message
    status, shown, error = run(*arguments, prelude=block)
    assert (status, shown) == (1, "")
    assert message in error
    assert error.count("\n") == 1


def test_a_group_in_the_file_is_used_or_refused(command_line, tmp_path):
    (tmp_path / "s.toml").write_text('group = "S3"\nwidth = 8\nembed_dim = 8\nmax_steps = 5\n')
    status, _, error = command_line("run", "A4", "--config", "s.toml")
    assert status == 1
    assert "the command says A4, `s.toml` says S3" in error
    status, _, error = command_line("run", "--config", "s.toml")
    assert status == 0, error
    assert [path.name.split("-")[0] for path in (tmp_path / "runs").iterdir()] == ["S3"]


def test_a_run_of_a_table_is_explained_from_its_folder(command_line, tmp_path):
    (tmp_path / "klein.csv").write_text("e,a,b,c\ne,a,b,c\na,e,c,b\nb,c,e,a\nc,b,a,e\n")
    flags = ("--width", "8", "--embed-dim", "8", "--max-steps", "5")
    status, _, error = command_line("run", "klein.csv", *flags)
    assert status == 0, error
    (tmp_path / "klein.csv").unlink()
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "group.npz").is_file()
    assert command_line("explain", folder)[0] == 0
    again = command_line("run", folder / "group.npz", *flags)
    assert again[0] == 0
    assert list((tmp_path / "runs").iterdir()) == [folder]
    assert json.loads((folder / "analysis.json").read_text())["elements"] == ["e", "a", "b", "c"]
