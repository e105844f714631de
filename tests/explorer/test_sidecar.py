"""Sidecars, layouts and identification, against slow twins."""

import base64
import gzip
import re

import numpy as np
import pytest
import torch

from cosetta import named_group, subgroup_lattice
from cosetta.analysis import fit_accounts
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun, Unsupported
from cosetta.explorer.bundle import bundle, page_file
from cosetta.explorer.ground import irrep_content
from cosetta.explorer.hasse import BEND, class_covers, layered
from cosetta.explorer.ideals import pack_ideals
from cosetta.explorer.identification import fewest, identify
from cosetta.explorer.orbits import orbits
from cosetta.explorer.packing import SCHEMA, Sidecar, pack, read_sidecar, unpack
from cosetta.explorer.sidecar import check_order
from cosetta.harmonics import irreps
from cosetta.hypotheses.rho_set import RhoSets
from cosetta.measures import measure
from cosetta.models.planted import CosetPlan, plant


def test_packing_gives_back_what_was_packed_and_equal_bytes():
    generator = np.random.default_rng(0)
    arrays = {
        "a": generator.integers(255, size=(3, 5)).astype(np.uint8),
        "b": generator.standard_normal((2, 0, 4)).astype(np.float32),
        "c": generator.standard_normal(7).astype(np.float16),
    }
    sidecar = Sidecar({"schema": SCHEMA, "key": "k", "name": "S₄ <b>"}, arrays)
    found = unpack(pack(sidecar))
    assert found.header == sidecar.header
    assert all(np.array_equal(found.arrays[name], array) for name, array in arrays.items())
    assert pack(sidecar) == pack(sidecar)


def test_a_kind_that_pages_do_not_know_is_refused():
    with pytest.raises(ValueError, match="float64"):
        pack(Sidecar({}, {"x": np.zeros(2)}))


@pytest.mark.parametrize("cut", [0, 3, 20, -1])
def test_damaged_sidecars_are_refused(cut, tmp_path):
    packed = pack(Sidecar({"schema": SCHEMA, "key": "k"}, {"x": np.arange(500, dtype=np.uint16)}))
    damaged = packed[:cut] if cut >= 0 else gzip.compress(b"\xff\xff\xff\xff" + b"{" * 100)
    with pytest.raises(BadRun, match="sidecar"):
        unpack(damaged)
    (tmp_path / "x.bin").write_bytes(damaged)
    assert read_sidecar(tmp_path / "x.bin", "k") is None


def test_a_stored_sidecar_counts_only_for_what_it_was_made_from(tmp_path):
    packed = pack(Sidecar({"schema": SCHEMA, "key": "k"}, {}))
    (tmp_path / "x.bin").write_bytes(packed)
    assert read_sidecar(tmp_path / "x.bin", "k") == packed
    assert read_sidecar(tmp_path / "x.bin", "other") is None
    assert read_sidecar(tmp_path / "none.bin", "k") is None


def test_a_diagram_has_its_layers_and_keeps_nodes_apart(small_group):
    lattice = subgroup_lattice(small_group)
    edges = class_covers(lattice)
    orders = np.array([cls.order for cls in lattice.classes])
    drawing = layered(orders, edges)
    above, larger = (np.sign(np.subtract.outer(x, x)) for x in (drawing.layer, orders))
    assert (above == larger).all()
    for layer in range(drawing.layer.max() + 1):
        nodes = sorted(drawing.across[drawing.layer == layer])
        assert (np.diff(nodes) >= 1 - 1e-9).all()
        bends = [
            bends[layer - drawing.layer[i] - 1]
            for (i, j), bends in zip(edges, drawing.bends, strict=True)
            if drawing.layer[i] < layer < drawing.layer[j]
        ]
        assert all(abs(x - y) >= (1 + BEND) / 2 - 1e-9 for x in bends for y in nodes), "a line runs through a node"
    assert [len(bends) for bends in drawing.bends] == [drawing.layer[j] - drawing.layer[i] - 1 for i, j in edges]


def test_irrep_content_has_the_dimension_of_the_coset_space(small_group):
    lattice, found = subgroup_lattice(small_group), irreps(small_group)
    content = irrep_content(lattice, found)
    dims = np.array([irrep.dim for irrep in found])
    assert np.allclose(content @ dims, [cls.index for cls in lattice.classes])
    assert np.allclose(content, content.round(), atol=1e-9)


def left_over(cosets, p):
    """Slow twin: elements that no firing circuit rules out."""
    firing = [coset for coset in cosets if not coset[p]]
    return [x for x in range(cosets.shape[1]) if not any(coset[x] for coset in firing)]


@pytest.mark.parametrize("seed", range(5))
def test_identification_equals_its_slow_twin(seed):
    cosets = np.random.default_rng(seed).random((6, 12)) < 0.3
    left = [left_over(cosets, p) for p in range(12)]
    found = identify(cosets)
    assert found.identified == np.mean([one == [p] for p, one in enumerate(left)])
    assert found.mean_left == np.mean([len(one) for one in left])
    assert found.most_left == max(map(len, left))


@pytest.mark.parametrize("seed", range(5))
def test_a_smallest_set_does_as_much_and_none_can_be_left_out(seed):
    cosets = np.random.default_rng(seed).random((14, 9)) < 0.4
    kept = list(fewest(cosets, range(14)))
    assert identify(cosets[kept]) == identify(cosets)
    for k in kept:
        without = [i for i in kept if i != k]
        assert [left_over(cosets[without], p) for p in range(9)] != [left_over(cosets, p) for p in range(9)]


def test_all_cosets_of_a_point_stabiliser_identify_and_those_of_a_normal_subgroup_do_not():
    G = named_group("S4")
    maps = np.array([G.permutations[:, j] == i for i in range(4) for j in range(4)])
    assert identify(maps).identified == 1
    even = np.array([p % 2 == 0 for p in range(24)])
    assert identify(np.array([even, ~even])) == identify(np.array([~even, even]))
    assert identify(np.array([even, ~even])).most_left == 12


def test_the_bundle_has_no_module_twice_and_none_missing():
    script = bundle("main.js")
    assert script.count("// ground.js") == 1
    assert "innerHTML" not in script
    assert "eval(" not in script
    assert "</script" not in script
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "")


def test_modules_in_a_circle_and_unknown_forms_are_refused(monkeypatch):
    texts = {
        "a.js": 'import { b } from "./b.js";\n',
        "b.js": 'import { a } from "./a.js";\n',
        "c.js": "export default 3;",
    }
    monkeypatch.setattr("cosetta.explorer.bundle.page_file", lambda name: texts[name])
    with pytest.raises(ValueError, match=r"a.js imports b.js imports a.js"):
        bundle("a.js")
    with pytest.raises(ValueError, match=r"c.js"):
        bundle("c.js")


def test_page_files_are_read_as_utf8():
    assert "g⁻¹Hg" in page_file("ground.js")


def test_the_sidecar_says_what_the_analysis_says(s4):
    header, analysis = s4.sidecar.header, s4.network.analysis
    assert header["summary"]["accuracy"] == analysis.accuracy
    assert [row["strength"] for row in header["neurons"]] == [n.facts.strength for n in analysis.neurons]
    assert [row["neurons"] for row in header["circuits"]] == [list(c.neurons) for c in analysis.coset.circuits]
    assert {row["id"]: row["bits"] for row in header["accounts"]} == {r.id: r.bits for r in analysis.accounts}
    model = s4.network.model
    assert np.array_equal(s4.sidecar.arrays["left"], model.left.numpy().T)
    wrong = model.logits(*torch.tensor(header["wrong"])[:, :2].T).argmax(-1)
    assert wrong.tolist() == [answer for _, _, answer in header["wrong"]]


def test_pages_of_a_small_group_stay_small(s4):
    assert s4.path.stat().st_size < 1_000_000


def test_ideals_are_left_out_by_name_where_there_is_no_room(s4):
    accounts, _ = fit_accounts(measure(s4.network.model, s4.network.group, s4.network.config), s4.network.config)
    everything, arrays, none = pack_ideals(accounts, 10**9)
    assert (set(everything), none) == ({account.id for account in accounts}, ())
    kept, fewer, left_out = pack_ideals(accounts, 3000)
    assert set(kept) | set(left_out) == set(everything)
    assert 0 < len(fewer) < len(arrays)
    assert "coset" in kept, "the most important comes first"


def test_the_orbit_of_the_standard_irrep_is_a_simplex():
    G = named_group("S4")
    plans = [CosetPlan(subgroup_lattice(G)["S3"], irreps(G)[1])]
    network = plant(G, plans, torch.Generator().manual_seed(0)).folded
    config = AnalysisConfig()
    (orbit,) = orbits(RhoSets.fit(measure(network, G, config), config))
    points = np.array(orbit["points"])
    assert np.allclose(points @ points.T, np.where(np.eye(4), 1, -1 / 3), atol=1e-4)
    assert len(orbit["edges"]) == 6
    for neuron in orbit["neurons"]:
        assert np.allclose(points[neuron["point"]], neuron["b"], atol=1e-4)
        assert np.allclose(points[neuron["point_prime"]], neuron["b_prime"], atol=1e-4)


def test_pages_of_two_networks_have_one_colour_a_class(s4):
    text = s4.path.read_text()
    found = [unpack(base64.b64decode(data)) for data in re.findall(r'octet-stream">([A-Za-z0-9+/=]+)<', text)]
    assert len(found) == 2
    colours = [{cls["name"]: cls["colour"] for cls in sidecar.header["lattice"]["classes"]} for sidecar in found]
    used = {name for sidecar in found for name in sidecar.header["lattice"]["used"]}
    assert {colours[0][name] == colours[1][name] for name in used if name in colours[0]} == {True}


def test_a_group_that_is_too_large_is_refused_before_anything_is_computed():
    with pytest.raises(Unsupported, match=r"1,500; C1600 has 1,600"):
        check_order(named_group("C1600"))
