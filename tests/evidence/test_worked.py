"""The worked product against a slow twin that knows nothing of circuits, and the neurons that cosets leave open."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from cosetta.analysis import analyse
from cosetta.config import AnalysisConfig
from cosetta.errors import BadRun
from cosetta.groups import named_group, subgroup_lattice
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.results import load_analysis

CONFIG = AnalysisConfig(null_samples=19, control_draws=1, arena=False)


@pytest.fixture(scope="module", params=["S3 C2", "S4 S3", "A4 C3"])
def planted(request):
    name, subgroup = request.param.split()  # its own normaliser, with trivial core
    group = named_group(name)
    plan = CosetPlan(subgroup_lattice(group)[subgroup], amplitude=8.0)
    model = plant(group, [plan], torch.Generator().manual_seed(1), dead_neurons=1).folded
    return group, model, analyse(model, group, CONFIG)


def ruled_out_by_silence(model, group, a, b):
    """Elements whose own pairs all silence a neuron that fires on (a, b): what the account says, pair by pair."""
    pre = (model.left[:, None] + model.right[None]).double().numpy()
    table, times = group.table, np.zeros(group.order, dtype=int)
    seen = set()
    for n in np.flatnonzero(pre[a, b] > 1e-3):
        quiet = tuple(bool(np.all(np.abs(pre[..., n][table == c]) < 1e-4)) for c in range(group.order))
        seen.add(quiet)
    for quiet in seen - {(False,) * group.order}:
        times += np.array(quiet)
    return times


def test_each_element_is_ruled_out_as_often_as_silence_says(planted):
    group, model, analysis = planted
    worked = analysis.worked
    assert worked.product == group.table[worked.a, worked.b] == worked.answer
    assert list(worked.ruled_out) == ruled_out_by_silence(model, group, worked.a, worked.b).tolist()
    assert worked.left == (worked.product,)
    assert worked.settled == 1.0
    assert worked.a
    assert worked.b
    assert worked.product


def test_the_chain_takes_away_what_it_says(planted):
    group, _, analysis = planted
    worked, left = analysis.worked, set(range(group.order))
    by_number = {circuit.circuit: circuit for circuit in analysis.coset.circuits}
    for step in worked.chain:
        assert set(step.neurons) <= set(by_number[step.circuit].neurons)
        assert len(step.members) == by_number[step.circuit].size
        assert left & set(step.members)  # each step takes something away
        left -= set(step.members)
        assert len(left) == step.left
        assert step.push > 0
    assert left == {worked.product}


def test_the_parts_add_up_to_the_logits(planted):
    group, model, analysis = planted
    worked = analysis.worked
    logits = model.logits(torch.tensor([worked.a]), torch.tensor([worked.b]))[0].double().numpy()
    assert np.allclose(worked.logits, logits - logits.mean(), atol=1e-5)
    assert np.allclose(np.sum([part.logits for part in worked.parts], axis=0), worked.logits, atol=1e-9)
    assert sum(part.neurons for part in worked.parts) == len(analysis.live)
    assert len(worked.logits) == group.order


def test_without_half_of_its_circuits_the_network_is_not_settled(planted):
    group, model, analysis = planted
    kept = [n for circuit in analysis.coset.circuits if circuit.circuit % 2 for n in circuit.neurons]
    worked = analyse(model.keep(torch.tensor(kept)), group, CONFIG).worked
    assert worked.settled < 0.5
    assert worked.product in worked.left


def test_a_random_network_has_no_chain_and_its_neurons_are_shown():
    group = named_group("S4")
    analysis = analyse(random_model(group, 16, torch.Generator().manual_seed(3)), group, CONFIG)
    assert analysis.worked.chain == ()
    assert analysis.worked.settled == 0.0
    strongest = sorted(analysis.coset.open, key=lambda f: -analysis.neurons[f.neuron].facts.strength)[:12]
    assert [s.neuron for s in analysis.specimens] == [finding.neuron for finding in strongest]
    for specimen in analysis.specimens:
        left, cosets = np.array(specimen.left), np.array(specimen.left_cosets)
        means = [left[cosets == i].mean() for i in range(cosets.max() + 1)]
        assert means == sorted(means)
        inside = np.mean([left[cosets == i].var() for i in range(len(means))]) / left.var()
        assert np.isclose(inside, specimen.fractions[0], rtol=1e-4)


def test_waves_are_given_with_their_angles():
    group = named_group("C7")
    angle = 2 * np.pi * np.arange(7) / 7
    phases = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    waves = [torch.tensor(np.stack([np.cos(k * angle + p) for k in (1, 2) for p in turn], axis=1)) for k0, turn in
             (("left", phases), ("right", phases), ("out", 2 * phases))]  # fmt: skip
    model = replace(random_model(group, 16, torch.Generator().manual_seed(0)), left=waves[0], right=waves[1],
                    out=waves[2], bias=torch.zeros(7, dtype=torch.float64))  # fmt: skip
    analysis = analyse(model, group, CONFIG)
    assert analysis.worked.around == tuple(range(7))
    assert {part.irrep for part in analysis.worked.parts if part.neurons} == {
        f.irrep for f in analysis.frequencies.frequencies
    }
    assert len(analysis.specimens) == 12
    for specimen in analysis.specimens:
        wave = analysis.frequencies.by_neuron[specimen.neuron]
        drawn = wave.amplitudes["left"] * np.cos(np.array(specimen.angles) + wave.phases["left"])
        assert np.allclose(drawn, specimen.left, atol=1e-6)
        assert specimen.subgroup == ""
    frequencies = [analysis.frequencies.by_neuron[s.neuron].frequency for s in analysis.specimens]
    assert set(frequencies) == {0, 1}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (("worked", "product"), 99, "elements that are not in the group"),
        (("worked", "logits"), [0.0], "elements that are not in the group"),
        (("worked", "chain", 0, "circuit"), 99, "a circuit that is not there"),
        (("specimens",), [{"neuron": 0, "left": [0.0], "right": [0.0]}], "not left open"),
    ],
)
def test_a_file_that_names_what_is_not_there_is_refused(planted, tmp_path, field, value, said):
    values = json.loads(planted[2].to_json())
    place = values
    for key in field[:-1]:
        place = place[key]
    place[field[-1]] = value
    (tmp_path / "analysis.json").write_text(json.dumps(values))
    with pytest.raises(BadRun, match=said):
        load_analysis(tmp_path)


def test_a_file_without_them_still_opens(planted, tmp_path):
    values = json.loads(planted[2].to_json())
    del values["worked"], values["specimens"]
    (tmp_path / "analysis.json").write_text(json.dumps(values))
    read = load_analysis(tmp_path)
    assert read.worked is None
    assert read.specimens == ()
    assert replace(read, worked=planted[2].worked) == planted[2]
