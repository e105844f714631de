"""The page, the files and the command of the reproduction, from a reproduction written by hand."""

import csv
import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from cosetta.cli import main
from cosetta.errors import BadRun, Unsupported
from cosetta.report.figures import to_svg
from cosetta.reproduce.frame.cells import show_cell, typeset_text
from cosetta.reproduce.frame.export import compact_svg, escape_latex, to_csv, to_latex, write_figure
from cosetta.reproduce.frame.markdown import render_markdown
from cosetta.reproduce.frame.page import render_page, write_reproduction
from cosetta.reproduce.frame.results import (
    Claim,
    Column,
    FigureFacts,
    Finding,
    Reproduction,
    Table,
    load_reproduction,
)
from cosetta.reproduce.stander2024 import figures
from cosetta.reproduce.stander2024.words import STANDER2024, WORDS

ROOT = Path(__file__).parents[2]
HOSTILE = "<script src=http://evil.example/x></script> 50% & $x_1$ {y} | *z* \\end{table} ~^#[a]"
STEPS = [1, 10, 100]
IRREPS = ["(3)", "(2,1)", "(1^3)"]


def over_steps(n, *names):
    return [{"seed": i, "step": STEPS, **{name: [2.0 + i, None, 1e-3] for name in names}} for i in range(n)]


def quantiles(*medians):
    return {"min": [0.0] * len(medians), "q25": [0.1] * len(medians), "median": list(medians)} | {
        "q75": [1.0] * len(medians),
        "max": [1.0] * len(medians),
    }


PARITY = {"even": 1.5, "odd": -1.5}
NEURON = {
    "neuron": 3,
    "left": PARITY,
    "right": PARITY,
    "out": PARITY,
    "spread": {"left": 0.1, "right": 0.1, "out": 0.2},
}
BOX = {"min": -2.0, "q25": -1.0, "median": 0.0, "q75": 1.0, "max": 2.0}
MOMENT = {"step": 10, "accuracy": 0.5, "fraction": 0.25, "values": [0.5, 0.5, -1.0, 2.0], "cosets": [0, 0, 1, 1]}
DATA = {
    "ablation": {
        "group": "S3",
        "thresholds": [1e-3, 1.0],
        "runs": 4,
        "above": {"accuracy": quantiles(0.5, 1.0), "removed": quantiles(3.0, 0.0)},
        "below": {"accuracy": quantiles(1.0, 0.5), "removed": quantiles(0.0, 3.0)},
    },
    "architecture": {"group": "S3", "order": 6, "embed_dim": 16, "width": 24},
    "census": {
        "by": "subgroup",
        "recipes": {
            "fast": {"runs": 9, "shares": {"S2": {"mean": 0.6, "low": 0.5, "high": 0.7}, "dead": 0.1}},
            "wu2024": {"runs": 2, "shares": {"S2": 0.4, "C3": "n too small"}},
        },
    },
    "concentration": {"group": "S3", "runs": over_steps(5, "median_concentration", "test_loss")},
    "coset_logits": {"group": "S3", "runs": 4, "sizes": [1, 2], "on": [BOX, None], "off": [BOX, BOX]},
    "entropy": {"group": "S3", "runs": over_steps(5, "left", "right", "out")},
    "formation": {"subgroup": "S2", "run": "r", "neuron": 3, "side": "left", "moments": [MOMENT, MOMENT]},
    "out_correlation": {
        "run": "r",
        "group": "S3",
        "neurons": [4, 1, 2],
        "classes": ["S2", "S2", "none"],
        "cosets": [0, 0, None],
        "matrix": [[1.0, 0.9, 0.0], [0.9, 1.0, None], [0.0, 0.0, 1.0]],
    },
    "out_groups": {
        "bars": [
            {"name": "same coset", "n": 12, "mean": 0.8, "sd": 0.25},
            {"name": "no such pair", "n": 0, "mean": None, "sd": None},
        ]
    },
    "shares": {
        "group": "S3",
        "runs": 6,
        "rules": {
            "argmin": {"S2": {"mean": 0.7, "low": 0.6, "high": 0.8}, "dead": {"mean": 0.1, "low": None, "high": None}},
            "largest": {"S2": 0.5, "S3xS2": None},
        },
        "per_run": {"argmin": {"S2": [0.6, 0.8]}, "largest": {}},
        "paper": {"S2": 0.55, "F20": 0.1},
    },
    "sign_paths": {"run": "r", "neurons": [NEURON, NEURON | {"neuron": 4, "spread": {}}]},
    "trace_similarity": {
        "group": "S3",
        "irreps": IRREPS,
        "runs": [{"seed": i, "step": STEPS, "similarity": {"(2,1)": [0.0, 0.5, 0.9]}} for i in range(4)],
    },
}
NO_AXES = {"architecture"}


def facts(kind, **changes):
    plain = {"name": kind, "title": f"About {kind}", "caption": "Found: S3xS2, see `config.json`.", "data": DATA[kind]}
    return FigureFacts(**(plain | {"kind": kind, "source": "Figure 5"} | changes))


TABLE = Table(
    name="table1-S5*",
    title="Interventions on S5",
    columns=(Column("test"), Column("accuracy", "percent"), Column("loss", "loss", "nats"), Column("runs", "count")),
    rows=(
        ("none", 14399 / 14400, 1.97e-06, 128),
        ("|x| for ReLU", 1.0, None, 128),
        ("flip left", 0.0, float("nan"), "n too small"),
        (HOSTILE, 0.25, -22.39, 1_040_384),
    ),
    notes=("Z_53 has no subgroups; `swap left` is ours.", HOSTILE),
    source="Table 1",
)


@pytest.fixture(scope="module")
def reproduction():
    others = (Finding("wu2024", HOSTILE, "differs", HOSTILE), Finding("foreign", "1", "cannot be checked", ""))
    claims = (
        Claim("Table 1", "|x| lowers the loss", "3.69e-13", "4e-13", "agrees", "all", "", "a", "fast", others, HOSTILE),
        Claim("Section 3", HOSTILE, HOSTILE, "", "differs", HOSTILE),
        Claim("", "S6 takes 100 h", "100 h", "", "cannot be checked", "no such card"),
    )
    return Reproduction(
        settings={"seeds": [0, 1], "thresholds": {"coset": 0.01}, "hostile": HOSTILE},
        populations={"S5 fast": 128, "S5 stander2024": 2},
        tables=(TABLE, Table("empty", "Nothing", (Column("a"),), ())),
        figures=(*(facts(kind) for kind in DATA), facts("entropy", name="entropy-none", data={}, title=HOSTILE)),
        claims=claims,
        missing=("S5-fast-7-0a1b: damaged", HOSTILE),
        command="cosetta reproduce stander2024 --quick",
        seconds=75.0,
        versions={"cosetta": "0"},
        paper=STANDER2024,
        words=WORDS,
    )


@pytest.fixture(scope="module")
def folder(reproduction, tmp_path_factory):
    place = tmp_path_factory.mktemp("made") / "deep" / "reproduction"
    write_reproduction(reproduction, place, figures.draw)
    return place


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "reproduction.html").read_text(encoding="utf-8")


def test_every_kind_has_data_here():
    assert set(DATA) == set(figures.KINDS)


@pytest.mark.parametrize("kind", DATA)
def test_every_kind_draws_with_named_axes_and_leaves_no_style(kind):
    before = dict(matplotlib.rcParams)
    figure = figures.draw(facts(kind))
    assert isinstance(figure, Figure)
    assert dict(matplotlib.rcParams) == before
    assert "://" not in to_svg(figure, "key")
    assert figure.get_figwidth() <= 7.2
    assert figure.axes
    for axis in [] if kind in NO_AXES else figure.axes:
        for which in "xy":
            siblings = getattr(axis, f"get_shared_{which}_axes")().get_siblings(axis)
            named = [getattr(sibling, f"get_{which}label")() for sibling in siblings]
            assert any(named) or figure.get_supxlabel() or axis.get_label() == "<colorbar>", (kind, which)


@pytest.mark.parametrize("kind", sorted(set(DATA) - NO_AXES))
@pytest.mark.parametrize("data", [{}, {"runs": [], "group": "S3"}], ids=["nothing", "no runs"])
def test_every_kind_says_that_nothing_was_measured(kind, data):
    figure = figures.draw(facts(kind, data=data))
    assert figure.axes == []
    assert figure.texts[0].get_text().startswith("not measured")


def test_unknown_kind_is_named():
    with pytest.raises(Unsupported, match="'pie'"):
        figures.draw(FigureFacts("x", "pie", "", "", {"a": 1}))


def test_median_line_is_the_median_over_runs():
    axis = figures.draw(facts("concentration")).axes[0]
    drawn = [line for line in axis.lines if line.get_linewidth() == 1.7 and len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in drawn] == [[1.0, 100.0]]
    assert list(drawn[0].get_ydata()) == [4.0, 1e-3]


def test_two_runs_have_no_median_line():
    figure = figures.draw(facts("concentration", data={"group": "S3", "runs": DATA["concentration"]["runs"][:2]}))
    assert not any(line.get_linewidth() == 1.7 for line in figure.axes[0].lines)
    assert [text.get_text() for text in figure.legends[0].texts] == ["2 runs"]


def test_formation_counts_every_element_once():
    for axis in figures.draw(facts("formation")).axes:
        boxes = [path.get_extents() for collection in axis.collections for path in collection.get_paths()]
        assert sum(round(box.height) for box in boxes) == len(MOMENT["values"])


def test_heat_map_shows_the_matrix():
    drawn = figures.draw(facts("out_correlation")).axes[0].images[0].get_array()
    expected = np.array([[np.nan if v is None else v for v in row] for row in DATA["out_correlation"]["matrix"]])
    assert np.array_equal(np.ma.filled(drawn.astype(float), np.nan), expected, equal_nan=True)


def test_sign_path_adds_and_cuts():
    paths, logits = figures.draw(facts("sign_paths")).axes[:2]
    values = [list(line.get_ydata()) for line in paths.lines if len(line.get_ydata()) == 3]
    assert values == [[1.5, 3.0, 3.0], [1.5, 0.0, 0.0], [-1.5, 0.0, 0.0], [-1.5, -3.0, 0.0]]
    assert list(logits.lines[0].get_ydata()) == [4.5, -4.5]


@pytest.mark.parametrize(("data", "said"), [(DATA["census"], True), (DATA["shares"], False)])
def test_too_few_runs_are_called_so(data, said):
    kind = "census" if "recipes" in data else "shares"
    figure = figures.draw(facts(kind, data=data))
    assert any("n too small" in text.get_text() for legend in figure.legends for text in legend.texts) is said
    bare = {**DATA["shares"], "rules": {"argmin": {"S2": 0.7}}}
    texts = [text.get_text() for legend in figures.draw(facts("shares", data=bare)).legends for text in legend.texts]
    assert "(n too small for an interval)" in texts


def test_a_box_that_was_not_measured_is_said_to_be_missing():
    axis = figures.draw(facts("coset_logits")).axes[0]
    assert [text.get_text() for text in axis.texts] == ["not\nmeasured"]
    assert len(axis.patches) == 3


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        (None, "percent", "–"),
        (float("nan"), "loss", "–"),
        (float("nan"), "count", "–"),
        ("", "text", "–"),
        (1.0, "percent", "100\u00a0%"),
        (14399 / 14400, "percent", "99.99\u00a0%"),
        (0.0, "loss", "0"),
        (float("inf"), "number", "∞"),
        (0.0021, "number", "0.0021"),
        (-3, "number", "−3"),
        (100.0, "number", "100"),
        (250_000, "count", "250,000"),
        (24.5, "count", "24.5"),
        ("n too small", "number", "n too small"),
        (12, "text", "12"),
    ],
)
def test_cells(value, format, shown):
    assert show_cell(value, Column("c", format)) == shown


def test_prose_keeps_what_is_no_group():
    text = "run S5-fast-3, float64, A005432, config.json, B5, x2, Table 1, stander2024, S5,"
    assert typeset_text(text) == text.removesuffix("S5,") + "S₅,"


def test_csv_holds_the_raw_numbers(folder):
    text = (folder / "tables" / "table1-S5-star.csv").read_text(encoding="utf-8")
    assert text == to_csv(TABLE)
    header, *rows = csv.reader(io.StringIO(text))
    assert header == [column.name for column in TABLE.columns]
    for row, cells in zip(rows, TABLE.rows, strict=True):
        for text, value in zip(row, cells, strict=True):
            if value is None or value != value:
                assert text == ""
            else:
                assert type(value)(text) == value


def test_page_holds_every_formatted_number(page):
    cells = re.findall(r'<td class="[nt control]*">(.*?)</td>', page)
    for row in TABLE.rows[:3]:
        for value, column in zip(row, TABLE.columns, strict=True):
            shown = show_cell(value, column).replace("⁻⁶", "<sup>−6</sup>")
            assert shown in cells, (value, shown)


def test_page_loads_nothing(page):
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<link" not in page
    assert re.findall(r'(?:src|xlink:href|action)="(?!data:)', page) == []
    assert "url(" not in page.replace("url(#", "")
    assert "@import" not in page
    outside = re.findall(r'href="(?!#)([^"]*)"', page)
    assert {target for target in outside if "://" in target} == {"https://arxiv.org/abs/2312.06581"}


def test_links_of_the_page_lead_somewhere(page, folder):
    ids = set(re.findall(r'id="([^"]*)"', page))
    assert len(ids) == len(re.findall(r'id="([^"]*)"', page))
    for target in re.findall(r'href="([^"]*)"', page):
        if target.startswith("#"):
            assert target[1:] in ids, target
        elif not target.startswith(("https://", "data:")):
            assert (folder / target).is_file(), target
    assert {"table-table1-S5-star", "figure-ablation", "claim-3"} <= ids


def test_page_says_the_verdicts_in_words(page, reproduction):
    assert "Of 3 claims of the paper, 1 agree with what was measured here, 1 differ, and 1 cannot be checked." in page
    for claim in reproduction.claims:
        assert f"</span>{claim.verdict}</span>" in page
    assert "128 runs of S<sub>5</sub> fast and 2 runs of S<sub>5</sub> stander2024" in page
    assert "<code>config.json</code>" in page


def test_equal_reproductions_give_equal_bytes(reproduction, folder, tmp_path):
    write_reproduction(reproduction, tmp_path, figures.draw)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert {path.suffix for path in names} == {".html", ".json", ".csv", ".tex", ".svg", ".pdf"}
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_empty_reproduction_says_so():
    page = render_page(Reproduction({}, {}, (), (), ()))
    for said in ("No claim", "no tables", "no figures", "Nothing: every run", "no command"):
        assert said in page


def test_json_round_trip(reproduction, folder):
    finite = replace(
        reproduction,
        tables=(replace(TABLE, rows=TABLE.rows[:2]),),
        figures=(facts("architecture"), facts("out_groups")),
    )
    write_reproduction(finite, folder.parent / "finite", figures.draw)
    assert load_reproduction(folder.parent / "finite") == finite
    assert render_page(load_reproduction(folder.parent / "finite"), figures.draw) == render_page(finite, figures.draw)


@pytest.mark.parametrize("content", ["", "{}", '{"settings": 3', "\xff\xfe"])
def test_damaged_json_is_refused(content, tmp_path):
    (tmp_path / "reproduction.json").write_text(content, encoding="latin-1")
    with pytest.raises(BadRun, match="must be a whole reproduction"):
        load_reproduction(tmp_path)


def test_latex_escapes_and_aligns():
    text = to_latex(TABLE)
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert [len(re.findall(r"(?<!\\)&", line)) for line in body] == [3] * len(TABLE.rows)
    assert all(line.endswith(r"\\") for line in body)
    assert r"\begin{tabular}{lrrr}" in text
    assert text.count(r"\end{table}") == 1
    assert r"1.97~$\times$~10$^{-6}$" in text
    assert r"\texttt{swap left}" in text
    assert r"\caption{Interventions on S$_{5}$.}" in text
    assert re.search(r"(?<!\\)[#%](?! needs)", text) is None


@pytest.mark.parametrize("letter", "&%$#_{}~^\\")
def test_latex_leaves_no_special_letter_alone(letter):
    escaped = escape_latex(f"a{letter}b")
    assert escaped.startswith("a\\")
    assert escaped.endswith("b")
    assert len(escaped) > 3


def test_markdown_is_whole_and_escaped(reproduction, folder):
    text = render_markdown(reproduction)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {2, 5, 8}
    assert "<script" not in text
    assert r"\|x\| for ReLU" in text
    assert "`swap left`" in text
    for target in re.findall(r"\]\((reproduction/[^)]*)\)", text):
        assert (folder / Path(target).relative_to("reproduction")).is_file(), target
    for claim in reproduction.claims:
        assert f"{claim.verdict} |" in text


def test_the_committed_page_is_written_from_its_json():
    place = ROOT / "docs" / "reproduction"
    page = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    if (place / "reproduction.json").is_file():
        assert page == render_markdown(load_reproduction(place))
    else:
        assert "cosetta reproduce stander2024" in page


def test_svg_files_stand_alone_and_keep_their_texts(folder, tmp_path):
    svg = (folder / "figures" / "shares.svg").read_text(encoding="utf-8")
    assert svg.startswith("<?xml")
    assert "share of neurons (%)" in svg
    assert "<dc:date>" not in svg
    assert re.search(r' d="[^"]*\d\.\d{3}', svg) is None
    figure = figures.draw(facts("architecture"))
    write_figure(figure, tmp_path, "../S5*")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["S5-star.pdf", "S5-star.svg"]
    assert compact_svg("<text>0.00213</text>") == "<text>0.00213</text>"


@pytest.fixture
def cosetta(tmp_path, monkeypatch, capsys):
    """Run the command line in an empty folder: (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["cosetta", *arguments])
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("power2022",), "`paper` must be one of stander2024, chughtai2023, wu2024; got 'power2022'"),
        (("chughtai2023", "--seeds", "0:3"), "`--seeds` belongs to stander2024"),
        (("chughtai2023", "--data", "nowhere"), "`--data` must be a folder; `nowhere` is none"),
        (("wu2024", "--workers", "2"), "`--workers` belongs to stander2024"),
        (("stander2024", "--data", "."), "`--data` belongs to chughtai2023 and wu2024"),
        (("stander2024", "--seeds", "3:x"), "`seeds` must be like 0:128"),
        (("stander2024", "--seeds", "3:3"), "at least one seed"),
        (("stander2024", "--groups", "S5,S7"), "`--groups` must be of S5, S6"),
        (("stander2024", "--groups", ","), "`--groups` must be of S5, S6"),
        (("stander2024", "--recipe", "slow", "--dry-run"), "`recipe` must be one of"),
        (("stander2024", "--sedes", "1"), "sedes"),
    ],
)
def test_bad_input_is_one_line(cosetta, arguments, message):
    status, out, error = cosetta("reproduce", *arguments)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert message in error


def test_without_a_paper_they_are_listed(cosetta):
    status, out, error = cosetta("reproduce")
    assert (status, error) == (0, "")
    for said in ("stander2024", "chughtai2023", "wu2024", "2410.07476"):
        assert said in out


def test_a_paper_without_its_data_says_how_long_and_makes_the_rest(cosetta, tmp_path):
    status, out, error = cosetta("reproduce", "wu2024", "--quick")
    assert status == 0
    assert error.splitlines()[0].startswith("0 networks to fit: about ")
    assert "ideal_S4_first30.safetensors" in " ".join(out.split())
    assert (tmp_path / "reproduction" / "reproduction.html").is_file()


def test_dry_run_counts_and_writes_nothing(cosetta, tmp_path):
    flags = ("--quick", "--dry-run", "--s6-seeds", "0,5", "--census.wu2024", "0:3")
    status, out, error = cosetta("reproduce", "stander2024", *flags)
    assert (status, error) == (0, "")
    assert out.splitlines() == [
        "S5 fast: 8 runs, 0 finished already, 8 to do",
        "S6 fast: 2 runs, 0 finished already, 2 to do",
        "S5 wu2024: 3 runs, 0 finished already, 3 to do",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_quick_look_has_s6_on_request(cosetta):
    assert cosetta("reproduce", "stander2024", "--quick", "--dry-run")[1].splitlines() == [
        "S5 fast: 8 runs, 0 finished already, 8 to do"
    ]
    asked = cosetta("reproduce", "stander2024", "--quick", "--groups", "S5,S6", "--dry-run")[1]
    assert "S6 fast: 1 run, 0 finished already, 1 to do" in asked


def test_what_it_will_take_is_said_before_it_starts(cosetta, monkeypatch):
    def measure(*_, **__):
        raise BadRun("begun")

    monkeypatch.setattr("cosetta.reproduce.stander2024.reproduction.reproduce", measure)
    status, _, error = cosetta("reproduce", "stander2024", "--quick", "--workers", "2")
    first, *rest = error.splitlines()
    assert (status, rest) == (1, ["cosetta: begun"])
    assert first.startswith("8 networks: at most ")
    assert " on 2 cores to train; explaining comes on top (from a few steps timed now" in first
