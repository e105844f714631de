import re
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

import cosetta.report
from cosetta.report.palette import (
    CLASS_COLOURS,
    COSETS,
    COSETS_DARK_FROM,
    DARK,
    DEAD,
    IRREP_COLOURS,
    SIGNED,
    TRIVIAL,
    UNEXPLAINED,
    class_palette,
    coset_colours,
    irrep_palette,
    variable,
)

PAPER = {"light": "#FFFFFF", "dark": "#161615"}

# Machado, Oliveira, Fernandes 2009, severity 1: linear RGB as seen with each kind of colour blindness.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
NOTICEABLE = 12
"""Distance in CIELAB from which two areas are told apart without effort; 2 is the least visible difference."""


def lab(colour: str, vision: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", [(*CLASS_COLOURS, DEAD, UNEXPLAINED), (*IRREP_COLOURS, TRIVIAL)])
def test_colours_are_told_apart_by_everyone(colours, vision):
    pairs = {pair: np.linalg.norm(lab(pair[0], vision) - lab(pair[1], vision)) for pair in combinations(colours, 2)}
    closest = min(pairs, key=pairs.get)
    assert pairs[closest] > NOTICEABLE, (closest, pairs[closest])


def on(page: str, colours: tuple[str, ...]) -> list[str]:
    """The colours as a light or a dark page shows them."""
    return [DARK.get(colour, colour) if page == "dark" else colour for colour in colours]


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", [(*CLASS_COLOURS, DEAD, UNEXPLAINED), (*IRREP_COLOURS, TRIVIAL)])
def test_a_dark_page_tells_them_apart_too(colours, vision):
    pairs = {
        pair: np.linalg.norm(lab(pair[0], vision) - lab(pair[1], vision))
        for pair in combinations(on("dark", colours), 2)
    }
    closest = min(pairs, key=pairs.get)
    assert pairs[closest] > NOTICEABLE, (closest, pairs[closest])


@pytest.mark.parametrize("page", PAPER)
def test_a_class_is_never_taken_for_an_irrep(page):
    pairs = product(on(page, (*CLASS_COLOURS, UNEXPLAINED)), on(page, IRREP_COLOURS))
    apart = {(a, b): np.linalg.norm(lab(a, "normal") - lab(b, "normal")) for a, b in pairs}
    closest = min(apart, key=apart.get)
    assert apart[closest] > NOTICEABLE, (closest, apart[closest])


def test_a_dark_page_shows_every_colour():
    paper = lab(PAPER["dark"], "normal")[0]
    for colour in on("dark", (*CLASS_COLOURS, *IRREP_COLOURS, UNEXPLAINED)):
        assert lab(colour, "normal")[0] - paper > 30, colour


def test_the_style_of_the_pages_repeats_the_palettes():
    style = (Path(cosetta.report.__file__).parent / "templates" / "report.css").read_text()
    light, dark = style.split("prefers-color-scheme: dark", 1)
    every = (*CLASS_COLOURS, *IRREP_COLOURS, DEAD, TRIVIAL, UNEXPLAINED)
    written = dict(re.findall(r"--(c[0-9a-f]{6}): (#[0-9a-f]{6});", light))
    assert written == {f"c{colour[1:].lower()}": colour.lower() for colour in every}
    written = dict(re.findall(r"--(c[0-9a-f]{6}): (#[0-9a-f]{6});", dark))
    assert written == {f"c{colour[1:].lower()}": other.lower() for colour, other in DARK.items()}
    assert f"--paper: {PAPER['dark']}" in dark
    assert all(variable(colour) == f"var(--c{colour[1:].lower()},{colour})" for colour in every)


@pytest.mark.parametrize("vision", VISION)
def test_coset_colours_grow_lighter(vision):
    lightness = [lab(colour, vision)[0] for colour in coset_colours(20)]
    assert lightness == sorted(lightness)


def test_a_class_keeps_its_colour():
    s5 = class_palette(["S4", "F20", "S3xS2", "A4", "A5", "S3", "none", "dead"])
    assert len(set(s5.values())) == 8
    assert class_palette(["dead", "S4"]) == {"S4": s5["S4"], "dead": s5["dead"]}
    s6 = class_palette(["S5", "S5*", "(S3xS3):C2", "A5", "A5*", "A6", "S3xS3", "C2xS4", "C2xS4*"])
    assert len(set(s6.values())) == 9
    assert s6["A5"] == s5["A5"]


def test_unknown_classes_get_free_colours_first():
    names = [f"group {i}" for i in range(9)]
    assert set(class_palette(names).values()) == set(CLASS_COLOURS)
    assert class_palette(reversed(names)) == class_palette(names)
    assert len(class_palette([f"group {i}" for i in range(30)])) == 30


def test_irreps_are_coloured_by_position():
    names = [f"r{i}" for i in range(13)]
    colours = irrep_palette(names)
    assert colours["r0"] == TRIVIAL
    assert colours["r1"] == colours["r11"] == IRREP_COLOURS[0]
    assert irrep_palette([]) == {}


def test_many_irreps_share_grey_and_the_strongest_have_colours():
    names = [f"r{i}" for i in range(57)]
    colours = irrep_palette(names, strongest=[f"r{i}" for i in range(40, 56)])
    assert [colours[f"r{i}"] for i in range(40, 50)] == list(IRREP_COLOURS)
    assert colours["r50"] == colours["r0"] == colours["r1"] == TRIVIAL
    assert irrep_palette(names[:5], strongest=["r4"]) == irrep_palette(names[:5])  # few enough: by position


def test_the_stops_of_the_page_are_the_colours_of_the_figures():
    assert tuple(colour.lower() for colour in COSETS) == coset_colours(len(COSETS))


def test_a_dark_page_shows_the_first_coset_and_both_signs():
    paper = lab(PAPER["dark"], "normal")[0]
    darkest = COSETS[int(COSETS_DARK_FROM * (len(COSETS) - 1))]
    for colour in (darkest, *SIGNED["dark"]):
        assert lab(colour, "normal")[0] - paper > 30, colour
