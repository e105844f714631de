"""Grids: what a list means, and what is refused."""

import itertools

import pytest

from cosetta.errors import BadConfig, Unsupported
from cosetta.sweep import grid, seed_range
from cosetta.sweep.grid import split_list
from cosetta.training import fast, wu2024


def test_the_grid_of_the_manual():
    configs = grid({"group": "S5", "seeds": "0:3", "width": "96,128,256", "frac": "0.3,0.4", "recipe": "fast,wu2024"})
    product = itertools.product(range(3), (fast, wu2024), (96, 128, 256), (0.3, 0.4))
    naive = [recipe("S5", seed, width=width, train_fraction=share) for seed, recipe, width, share in product]
    assert {config.run_name for config in configs} == {config.run_name for config in naive}
    assert len(configs) == 36
    assert [config.seed for config in configs] == sorted(config.seed for config in configs)


def test_text_and_values_mean_the_same():
    text = {
        "group": "S3, A4",
        "seeds": "0:2",
        "learning_rate": "1e-2,0.02",
        "batch_size": "none,8",
        "betas": "0.9:0.98",
    }
    values = {
        "groups": ["S3", "A4"],
        "seed": [0, 1],
        "learning_rate": [0.01, 0.02],
        "batch_size": ["none", 8],
        "betas": [0.9, 0.98],
    }
    assert grid(text) == grid(values)
    assert len(grid(text)) == 16
    assert {phase.batch_size for config in grid(text) for phase in config.phases} == {None, 8}


def test_fields_that_are_sequences_themselves():
    phases = [{"max_steps": 5, "learning_rate": 0.1}]
    assert [c.max_steps for c in grid({"group": "S3", "phases": phases})] == [5]
    assert [c.max_steps for c in grid({"group": "S3", "phases": [phases, phases * 2]})] == [5, 10]
    assert [c.betas for c in grid({"group": "S3", "betas": "0.9:0.98,0.9:0.999"})] == [(0.9, 0.98), (0.9, 0.999)]


def test_equal_configurations_are_one():
    assert len(grid({"group": "S3,s_3", "width": [8, 8.0], "seed": "1,1,0:2"})) == 2
    assert [config.seed for config in grid({"group": "S3", "seed": 0})] == [0]


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0:128", tuple(range(128))), ("0,3,7", (0, 3, 7)), ("5", (5,)), ("7:9, 0", (7, 8, 0)), ([2, "4:6"], (2, 4, 5))],
)
def test_seeds(text, seeds):
    assert seed_range(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "-1", "1.5", "3:", ":3", "0:4:2", "1,,2", None, True])
def test_seeds_that_are_none(text):
    with pytest.raises(BadConfig, match="`seeds` must be like 0:128, or 0,3,7, or 5; got "):
        seed_range(text)


def test_an_empty_range_is_refused():
    with pytest.raises(BadConfig, match=r"`seeds` must name at least one seed; '5:5' is empty"):
        seed_range("5:5")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a", ("a",)), ("a, b", ("a", "b")), ("PSL(2,7),S5", ("PSL(2,7)", "S5")), ("a,", ("a", "")), ("", ("",))],
)
def test_split_list(text, parts):
    assert split_list(text) == parts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"group": "S3", "widht": 8}, "did you mean `width`"),
        ({"group": "S3", "width": "8,"}, "`width` must have a value"),
        ({"group": "S3", "width": []}, "`width` must have a value"),
        ({}, "`group` must have a value"),
        ({"group": "S3", "width": "8,wide"}, "`width` must be a whole number; got 'wide'"),
        ({"group": "S3", "frac": "0.5,1.5"}, "`train_fraction` must be less than 1; got 1.5"),
        ({"group": "S3", "hold": "0"}, "`phases.hold` must be greater than 0"),
        (
            {"group": "S3", "seed": "0:100000000"},
            "a sweep may have 1,000,000 runs; `seeds` '0:100000000' has 100,000,000",
        ),
        ({"group": "S3", "seed": "0:600000", "width": "8,16"}, "these settings have 1,200,000 combinations"),
        (
            {"group": "S3", "recipe": "fast,slow"},
            "`recipe` must be one of fast, stander2024, wu2024, chughtai2023; got",
        ),
        ({"group": "S3", "frac": 0.5, "train_fraction": 0.4}, "`train_fraction` must be given once; .* `frac`"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(BadConfig, match=message):
        grid(settings)
    with pytest.raises(Unsupported, match="Banana"):
        grid({"group": "S3,Banana"})
