"""What a person has at hand in Python: a run with its analysis, an analysis with its network."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import torch

import cosetta
from cosetta.errors import BadConfig, BadRun
from cosetta.groups import cosets, named_group, subgroup_lattice
from cosetta.models import FoldedModel, PairScorer
from cosetta.models.planted import CosetPlan, plant, random_model
from cosetta.results import Analysis, DeadNeuron, load_analysis

SMALL = {"embed_dim": 8, "width": 12, "max_steps": 80, "train_fraction": 0.9}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return cosetta.run("S3", out=tmp_path_factory.mktemp("runs"), report=False, **SMALL)


@pytest.fixture(scope="module")
def planted():
    """S4 with all circuits of S3, two random neurons and two dead ones."""
    G = named_group("S4")
    plan = CosetPlan(subgroup_lattice(G)["S3"], amplitude=8.0)
    made = plant(G, [plan], torch.Generator().manual_seed(0), random_neurons=2, dead_neurons=2)
    return cosetta.analyse(made.folded, G), made


def test_a_run_has_its_network_and_its_analysis(run):
    opened = cosetta.load_run(run.folder)
    assert isinstance(opened, cosetta.Run)
    assert opened.analysis == load_analysis(run.folder)
    assert isinstance(opened.analysis, Analysis)
    logits, cache = opened.model.run_with_cache(1, 2)
    assert torch.equal(logits, opened.model(torch.tensor(1), torch.tensor(2)))
    assert {"hook_embed", "hook_pre", "hook_post"} <= set(cache)
    folded = opened.analysis.model
    assert torch.allclose(cache["hook_pre"], folded.pre(torch.tensor(1), torch.tensor(2)), atol=1e-5)


def test_a_run_writes_its_explorer(run):
    page = run.explore()
    assert page.parent == run.folder
    assert "<script" in page.read_text()


def test_running_again_trains_nothing_and_explains_only_with_other_thresholds(run):
    written = {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()}
    again = cosetta.run("S3", out=run.folder.parent, report=False, **SMALL)
    assert again.folder == run.folder
    assert {path.name: path.stat().st_mtime_ns for path in run.folder.iterdir()} == written
    other = cosetta.AnalysisConfig(coset_threshold=0.02, arena=False)
    found = cosetta.run("S3", out=run.folder.parent, report=False, analysis=other, **SMALL)
    assert found.analysis.thresholds["coset_threshold"] == 0.02
    assert load_analysis(run.folder).thresholds["coset_threshold"] == 0.02
    run.explain(report=False)


def test_an_analysis_of_another_run_is_refused(run, tmp_path):
    import shutil

    copied = tmp_path / run.folder.name
    shutil.copytree(run.folder, copied)
    path = copied / "analysis.json"
    path.write_text(path.read_text().replace(run.record["hash"], "0" * 8))
    with pytest.raises(BadRun, match="of another"):
        _ = cosetta.load_run(copied).analysis


def test_wrong_names_get_one_clear_line():
    with pytest.raises(BadConfig, match=r"`recipe` must be one of fast, .*; got 'slow'"):
        cosetta.run("S3", recipe="slow")
    with pytest.raises(BadRun, match=r"no config\.json"):
        cosetta.load_run("nowhere")
    with pytest.raises(AttributeError, match="its public names are"):
        cosetta.nothing  # noqa: B018


MISUSE = {
    "cosetta.run(5)": "BadConfig: `group` must be a group or its name; got 5: give a name, as 'S5'",
    "cosetta.run('S3', analysis={'arena': False})": "BadConfig: `analysis` must be an AnalysisConfig; got a table of 1",
    "cosetta.train('S3')": "BadConfig: `config` must be a TrainConfig; got 'S3': make one, as `fast('S5')`",
    "cosetta.analyse(torch.nn.Linear(2, 2), 'S3')": "BadNetwork: a network must be folded to be analysed; got Linear",
    "cosetta.AnalysisConfig(aren=False)": "BadConfig: `aren` is not a setting of the analysis; did you mean `arena`?",
    "cosetta.AnalysisConfig(null_samples=0)": "BadConfig: `analysis.null_samples` must be greater than or equal to 19",
    "network.run_with_cache(1, 99)": "BadConfig: `b` must be elements 0..5; got 99",
    "network.run_with_cache(-1, 0)": "BadConfig: `a` must be elements 0..5; got -1",
    "network.run_with_cache('(12)', 0)": "BadConfig: `a` must be elements 0..5; got (12): `group['(12)']`",
    "network.run_with_hooks(0, [1, 2], [])": "BadConfig: `a` and `b` must have one shape; got () and (2,)",
}


def test_misuse_gets_one_clear_line():
    """In a process of its own, where nothing but the code checks types, as for a user."""
    code = "import cosetta, torch\nnetwork = cosetta.GroupNetwork(order=6, embed_dim=2, width=2)\n"
    code += f"for call in {[*MISUSE]}:"
    code += "\n try: eval(call)\n except Exception as error: print(f'{type(error).__name__}: {error}')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert len(said) == len(MISUSE)
    for line, message in zip(said, MISUSE.values(), strict=True):
        assert line.startswith(message)


def test_a_group_may_be_named_where_one_is_wanted():
    f = torch.tensor([1.0, -1, -1, 1, 1, -1])
    assert cosetta.describe(f.numpy(), "s_3") == cosetta.describe(f.numpy(), named_group("S3"))
    network = random_model(named_group("S3"), 4, torch.Generator().manual_seed(0))
    assert cosetta.fold(network, "S3").additive_share == cosetta.fold(network, named_group("S3")).additive_share


def test_public_names_complete():
    assert {"run", "load_run", "compare", "analyse", "named_group"} <= set(dir(cosetta))


def test_the_frame_has_a_row_a_neuron_and_rounds_nothing(planted):
    analysis, _ = planted
    frame = analysis.neurons.to_frame()
    assert frame.height == analysis.width == len(analysis.neurons)
    assert frame["strength"].to_list() == [neuron.facts.strength for neuron in analysis.neurons]
    assert frame["status"].to_list().count("dead") == sum(isinstance(n, DeadNeuron) for n in analysis.neurons)
    for finding in analysis.coset.covered:
        row = frame.row(finding.neuron, named=True)
        assert (row["subgroup"], row["circuit"], row["p_value"]) == (
            finding.left.subgroup, finding.circuit, finding.left.p_value,
        )  # fmt: skip
        assert row["sentence"] == finding.sentence
        assert "coset" in row["accounts"]
    assert frame.filter(pl.col("accounts").list.contains("coset")).height == len(analysis.coset.covered)
    assert analysis.neurons[2:5].to_frame().equals(frame[2:5])


def test_its_columns_are_those_of_a_census(run):
    of_census = cosetta.census(run.folder).neurons
    frame = run.analysis.neurons.to_frame()
    shared = [name for name in of_census.columns if name in frame.columns]
    assert set(of_census.columns) - set(shared) == {"run", "group", "recipe", "argmin"}
    assert frame.select(shared).cast(dict(of_census.select(shared).schema)).equals(of_census.select(shared))


def test_pandas_takes_the_frame(planted):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    assert planted[0].neurons.to_frame().to_pandas().shape[0] == planted[0].width


def test_a_neuron_is_looked_at_by_its_own_cosets_or_by_others(planted):
    analysis, made = planted
    finding = analysis.coset.covered[0]
    seen = analysis.look(finding.neuron)
    truth = made.truth[finding.neuron]
    values = {}
    for value, coset in zip(seen.left, seen.left_cosets, strict=True):
        values.setdefault(coset, set()).add(round(value, 9))
    assert all(len(found) == 1 for found in values.values())
    assert [next(iter(values[i])) for i in sorted(values)] == sorted(next(iter(found)) for found in values.values())
    assert np.flatnonzero(seen.in_shared_coset).tolist() == truth.shared_coset.tolist()
    pre = np.add.outer(seen.left, seen.right)
    same = np.equal.outer(seen.left_cosets, seen.right_cosets)
    assert np.abs(pre[same]).max() < 1e-9 < np.abs(pre[~same]).min()
    other = analysis.look(finding.neuron, "D8")
    labels = cosets(subgroup_lattice(analysis.over)["D8"], side="right")
    assert len(set(zip(other.left_cosets, labels.tolist(), strict=True))) == 3
    assert other.in_shared_coset == ()
    assert other.left_subgroup == "D8"
    with pytest.raises(KeyError, match="no subgroups of S4 are named `S7`"):
        analysis.look(0, "S7")
    with pytest.raises(KeyError, match="numbered 0 to"):
        analysis.plot_neuron(10_000)


def test_every_neuron_can_be_drawn(planted):
    analysis, _ = planted
    dead = next(n.neuron for n in analysis.neurons if isinstance(n, DeadNeuron))
    for neuron in (analysis.coset.covered[0].neuron, analysis.coset.open[0].neuron, dead):
        figure = analysis.plot_neuron(neuron)
        markup = figure._repr_svg_()
        assert markup.lstrip().startswith("<?xml")
        assert len(markup) < 400_000
        assert all(axis.get_title(loc="left") or axis.get_ylabel() for axis in figure.axes)
    for draw in (analysis.plot_product, analysis.plot_accounts, analysis.plot_training):
        markup = draw()._repr_html_()
        ids = re.findall(r' id="([^"]*)"', markup)
        assert markup.count("<svg") == len(draw())
        assert len(ids) == len(set(ids))


def test_panels_are_saved_each_in_a_file(planted, tmp_path):
    saved = planted[0].plot_accounts().savefig(tmp_path / "accounts.svg")
    assert [path.name for path in saved] == ["accounts-1.svg", "accounts-2.svg"]
    assert all(path.read_text().startswith("<?xml") for path in saved)
    assert [path.name for path in planted[0].plot_product().savefig(tmp_path / "one.png")] == ["one.png"]


def test_the_run_draws_its_training(run):
    assert run.analysis.plot_training()._repr_html_().count("<svg") == 2


def slow_ablation(model, group, neurons):
    """Accuracy with some post-activations at their mean, pair by pair."""
    a, b = (x.ravel() for x in torch.meshgrid(torch.arange(group.order), torch.arange(group.order), indexing="ij"))
    post = model.activate(model.pre(a, b))
    post[:, list(neurons)] = post[:, list(neurons)].mean(0)
    logits = model.read_out(post, a, b)
    right = logits[torch.arange(len(a)), torch.tensor(group.table).long()[a, b]]
    others = logits.scatter(1, torch.tensor(group.table).long()[a, b][:, None], -torch.inf).amax(1)
    return (right > others).double().mean().item()


def test_an_ablation_is_what_its_slow_twin_says(planted):
    analysis, _ = planted
    first = analysis.coset.circuits[0]
    lost = [c.circuit for c in analysis.coset.circuits if c.left_conjugate in (0, 1)]
    for ablated in (analysis.ablate(circuits=first.circuit), analysis.ablate(circuits=lost), analysis.ablate()):
        assert ablated.accuracy == pytest.approx(slow_ablation(analysis.model, analysis.over, ablated.neurons))
        assert PairScorer(analysis.over)(ablated.model).accuracy == ablated.accuracy
        assert ablated.before.accuracy == analysis.accuracy
    assert analysis.ablate(circuits=first.circuit).neurons == first.neurons
    assert analysis.ablate(circuits=lost).accuracy < 1
    assert len(analysis.ablate(circuits=first.circuit, draws=7).controls) == 7
    again = [analysis.ablate(circuits=lost, seed=3).controls for _ in range(2)]
    assert again[0] == again[1]


def test_neurons_are_named_in_any_way(planted):
    analysis, _ = planted
    covered = tuple(finding.neuron for finding in analysis.coset.covered)
    assert analysis.ablate(classes="S3").neurons == analysis.ablate(accounts=["coset"]).neurons == covered
    assert analysis.ablate(neurons=covered[0]).neurons == covered[:1]
    every = analysis.ablate(classes=["S3", "none", "dead"])
    assert every.neurons == tuple(range(analysis.width))
    assert every.controls == ()
    assert every.control_accuracy is None
    dead = analysis.ablate(classes="dead")
    assert dead.accuracy == dead.before.accuracy
    assert dead.controls == ()
    irreps = {neuron.facts.irrep for neuron in analysis.live}
    assert analysis.ablate(irreps=irreps).neurons == tuple(neuron.neuron for neuron in analysis.live)
    for wanted, message in (
        ({"circuits": 99}, r"no circuit `99`; there are 0, 1"),
        ({"classes": "S9"}, r"no class `S9`; there are .*S3"),
        ({"irreps": "(9)"}, r"no irrep `\(9\)`; there are \(4\)"),
        ({"accounts": "magic"}, "no account `magic`"),
        ({"neurons": 1000}, "numbered 0 to"),
    ):
        with pytest.raises(KeyError, match=message):
            analysis.ablate(**wanted)


def test_networks_are_compared_from_memory_from_folders_and_from_files(run, tmp_path):
    S3 = named_group("S3")
    noise = cosetta.analyse(
        random_model(S3, 9, torch.Generator().manual_seed(0)), S3, cosetta.AnalysisConfig(arena=False)
    )
    found = cosetta.compare(run, str(run.folder), noise)
    name = run.folder.name
    assert [network.name for network in found.networks] == [name, f"{name} (2)", "network 3"]
    assert found.of(name)[0].strength == found.of(f"{name} (2)")[0].strength
    assert found.entry("network 3", "coset").neurons == 0
    assert found.to_frame().height == len(found.entries)
    assert name in found._repr_html_()
    with pytest.raises(BadConfig, match="got none"):
        cosetta.compare()
    with pytest.raises(BadConfig, match="`names` must be one for each of 1"):
        cosetta.compare(run, names=["a", "b"])
    with pytest.raises(BadRun, match="is not: check the path"):
        cosetta.compare(tmp_path / "nowhere")


def test_an_explained_network_is_an_analysis(planted, tmp_path):
    analysis, _ = planted
    plain = Analysis(**{one.name: getattr(analysis, one.name) for one in dataclasses.fields(Analysis)})
    assert analysis == plain
    assert plain.to_json() == analysis.to_json()
    assert dataclasses.replace(analysis, command="x").command == "x"
    assert analysis.write_report(tmp_path / "report.html").stat().st_size > 10_000
    with pytest.raises(ValueError, match="must be of this network"):
        cosetta.notebook.explained.explained(
            plain, random_model(named_group("S4"), 3, torch.Generator()), analysis.over
        )


def reachable(thing, seen=None):
    """Every object of ours that hangs on another."""
    seen = {} if seen is None else seen
    if id(thing) in seen:
        return seen
    if dataclasses.is_dataclass(thing):
        seen[id(thing)] = thing
        for one in dataclasses.fields(thing):
            reachable(getattr(thing, one.name), seen)
    elif isinstance(thing, dict):
        for value in thing.values():
            reachable(value, seen)
    elif isinstance(thing, tuple | list):
        if type(thing) is not tuple:
            seen[id(thing)] = thing
        for value in thing[:50]:
            reachable(value, seen)
    return seen


def test_no_repr_prints_arrays(planted, run):
    analysis, made = planted
    G = analysis.over
    lattice = subgroup_lattice(G)
    things = [analysis, made, run, cosetta.compare(analysis), lattice, lattice.classes[0], G, cosetta.irreps(G)]
    things += [cosetta.fold(made.folded, G), cosetta.describe(np.eye(G.order), G), analysis.ablate(circuits=0)]
    things += [cosetta.measures.measure(made.folded, G, cosetta.AnalysisConfig())]
    found = {}
    for thing in things:
        reachable(thing, found)
    ours = [one for one in found.values() if type(one).__module__.startswith("cosetta")]
    assert len({type(one) for one in ours}) > 30
    too_long = {type(one).__name__: len(repr(one)) for one in ours if len(repr(one)) > 700 or "\n" in repr(one)}
    assert not too_long


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", 'a"b&<i>'])
def test_what_a_notebook_shows_is_escaped(planted, hostile):
    analysis, _ = planted
    changed = dataclasses.replace(analysis, group=hostile)
    assert hostile not in changed._repr_html_()
    G = cosetta.Group(np.array([[0, 1], [1, 0]]), name=hostile, labels=("e", hostile))
    assert hostile not in G._repr_html_()
    assert "&lt;" in G._repr_html_()


def test_everything_shows_itself_in_a_notebook(planted, run):
    analysis, _ = planted
    dead = next(neuron for neuron in analysis.neurons if isinstance(neuron, DeadNeuron))
    shown = [analysis, run, analysis.neurons, analysis.live[0], dead, analysis.over, subgroup_lattice(analysis.over)]
    for thing in [*shown, analysis.ablate(circuits=0), analysis.look(0)]:
        markup = thing._repr_html_()
        assert len(markup) < 20_000
        assert re.fullmatch(r"<div>.*</div>", markup, flags=re.DOTALL)
        assert markup.count("<tr>") == markup.count("</tr>")


def test_a_planted_control_is_refused():
    """What the frame says of random weights is that nothing is on cosets."""
    G = named_group("S3")
    frame = cosetta.analyse(random_model(G, 6, torch.Generator().manual_seed(1)), G).neurons.to_frame()
    assert (frame["status"] == "unexplained").all()
    assert frame["circuit"].null_count() == 6


def test_a_model_on_its_own_is_short():
    zero = torch.zeros(120, 128)
    assert len(repr(FoldedModel(zero, zero, zero, torch.zeros(120)))) < 200


@pytest.mark.parametrize(
    ("architecture", "name"),
    [("bilinear", "hook_post"), ("transformer", "blocks.0.mlp.hook_pre"), ("mlp2", "hidden.1")],
)
def test_every_architecture_runs_with_a_cache(architecture, name, tmp_path):
    sizes = {"embed_dim": 8, "width": 12, "max_steps": 4, "architecture": architecture}
    run = cosetta.train(cosetta.fast("S3", **sizes), folder=tmp_path / "run")
    logits, cache = run.model.run_with_cache(1, 2)
    every, rows = run.model.run_with_cache(torch.tensor([1, 0]), torch.tensor([2, 5]))
    assert name in cache
    assert len(rows[name]) == 2
    assert torch.allclose(every[0], logits, atol=1e-6)
    assert torch.allclose(logits, run.pair_model().logits(torch.tensor([1]), torch.tensor([2]))[0], atol=1e-6)
