"""A small analysis written by hand: every kind of record, every optional field empty somewhere, and hostile names."""

from dataclasses import replace

import pytest

from cosetta.results import (
    Ablation,
    AccountNeuron,
    AccountRecord,
    Analysis,
    Arena,
    Chance,
    CircuitRecord,
    ClassSummary,
    Contest,
    Control,
    CosetFindings,
    CosetLabel,
    CosetNeuron,
    DeadNeuron,
    Draws,
    Elimination,
    Evidence,
    Exchange,
    Exemplar,
    Frequency,
    FrequencyFindings,
    FrequencyNeuron,
    LiveNeuron,
    NeuronFacts,
    OpenNeuron,
    Part,
    SharedCoset,
    Specimen,
    TrainingCurve,
    WorkedProduct,
)

HOSTILE_CLASS = "C2\"><script>alert('class')</script>"
HOSTILE_LABEL = "<img src=http://evil.example/x onerror=alert(1)> $\\frac{ [red]&amp;"
HOSTILE_GROUP = "S3</style><script>alert('group')</script>"

IRREPS = (("(3)", 1, 1), ("(2,1)", 2, 1), ("(1^3)", 1, 1))
SHARES = {"(3)": 0.0, "(2,1)": 1.0, "(1^3)": 0.0}
NO_SHARES = dict.fromkeys(SHARES, 0.0)


def label(side="right", conjugate=0, fraction=1.25e-6, twisted=""):
    return CosetLabel(HOSTILE_CLASS, 2, 3, conjugate, 3, HOSTILE_LABEL, side, fraction, 0.004, twisted)


def facts(strength, silent_share, shares, out=None):
    irrep_shares = {"left": shares, "right": shares, "out": out or shares}
    return NeuronFacts(strength, silent_share, "(2,1)", irrep_shares, dict.fromkeys(irrep_shares, 1.0), 0.999991)


def neurons():
    mostly = {"(3)": 0.0, "(2,1)": 0.9, "(1^3)": 0.1}
    mixed = {"(3)": 0.1, "(2,1)": 0.5, "(1^3)": 0.4}
    return (
        LiveNeuron(0, facts(0.61, 0.3333, SHARES, mostly), {"coset": HOSTILE_CLASS, "short": HOSTILE_LABEL}),
        LiveNeuron(1, facts(0.37, 0.3333, SHARES, mostly), {"coset": HOSTILE_CLASS}),
        LiveNeuron(2, facts(0.02, 0.04, mixed), {}),
        DeadNeuron(3, facts(0.0, 1.0, NO_SHARES)),
    )


def findings():
    shared = SharedCoset(1, HOSTILE_LABEL, 2, "ab maps 3 to 1", 0.999991, True, True)
    covered = CosetNeuron(
        neuron=0,
        sentence="silent whenever ab maps 3 to 1",
        left=label(),
        right=label("left", 2, 2.5e-6),
        out=label("left", 2, 0.004, "S3"),
        shared_coset=shared,
        mirror_residual=3.75e-6,
        expected_silent_share=1 / 3,
        leak=0.00123,
        out_on=-1.41,
        out_off=0.71,
        out_residual=1e-5,
        circuit=0,
    )
    other = replace(
        covered,
        neuron=1,
        shared_coset=replace(shared, description="ab maps 2 to 1", routes_agree=False),
        right=label("left", 1),
        circuit=1,
    )
    return covered, other, OpenNeuron(2, f"left uses {HOSTILE_CLASS} and right nothing", left=label(fraction=0.0087))


def circuits():
    ablation = Ablation(0.8765, 0.4321, 0.7654, 0.5432, 1.23, -0.45, "as predicted")
    first = CircuitRecord(0, HOSTILE_CLASS, 0, 2, HOSTILE_LABEL, 2, "ab maps 3 to 1", (0,), ablation)
    failed = replace(ablation, control_accuracy=None, control_loss=None, lift=-0.2, verdict="not as predicted")
    second = replace(first, circuit=1, right_conjugate=1, description="ab maps 2 to 1", neurons=(1,), ablation=failed)
    untested = replace(
        first, circuit=2, left_conjugate=1, right_conjugate=1, description="ab maps 2 to 2", ablation=None
    )
    return first, second, untested


def evidence():
    within = "accuracy within 1% of the untouched network's"
    random = Control("random subgroups, same index", 20, 0.1931, (0.1412, 0.2533), 2.87)
    recorded = Control(HOSTILE_LABEL, 1, 0.25, (0.25, 0.25), 1.5)
    return (
        Evidence("untouched", "untouched network", "replacement", "", 35 / 36, 0.0345, 0.0, 36, None, "baseline"),
        Evidence(
            "coset-means", "left, right and out by coset means", "replacement", within, 0.9641, 0.0456, 0.01, 36,
            random, "as predicted",
        ),
        Evidence(
            "random-subgroups", "random subgroups", "replacement", "destroyed", 0.1931, 2.87, 2.8, 36, random, "control"
        ),
        Evidence(
            "flip-left", HOSTILE_LABEL, "intervention", HOSTILE_LABEL, 0.5, 0.0, 0.7, 36, recorded, "not as predicted"
        ),
    )  # fmt: skip


def accounts():
    """A known account, one of hostile names, one that covers nothing, one refused, one that says nothing."""
    none = tuple(AccountNeuron(n, "", HOSTILE_LABEL) for n in range(3))
    said = (AccountNeuron(0, HOSTILE_CLASS, "", 0.99, 1e-4), AccountNeuron(1, HOSTILE_CLASS, "", 0.9, 1e-3), none[2])
    coset = AccountRecord("coset", "constant on cosets", "claim", "source", said, 0.98, 412.5, ())
    short = AccountRecord(
        "short", HOSTILE_LABEL, HOSTILE_CLASS, HOSTILE_LABEL, (replace(said[0], label=HOSTILE_LABEL), *none[1:]), 0.61,
        12.0, (), details={"alpha": {HOSTILE_CLASS: 1.25}, "sets": [{"name": HOSTILE_LABEL, "points": 5, "c": None}]},
    )  # fmt: skip
    idle = replace(coset, id="idle", title="covers none", neurons=none, strength=0.0, bits=0.0)
    refused = replace(idle, id="refused", title="out of reach", neurons=(), refused=HOSTILE_LABEL)
    mean = tuple(AccountNeuron(n, "mean", "") for n in range(3))
    return coset, short, idle, refused, replace(idle, id="mean", title="says nothing", neurons=mean, strength=1.0)


def arena():
    control = Draws(HOSTILE_CLASS, 20, 0.1931, (0.14, 0.25), 0.0731, (0.0112, 0.1375), 0.02, 36)
    alone = Contest(
        "coset/alone", "coset", "alone", 0.9512, 0.0612, 0.02, 0.9623, (0.9511, 0.9735), 0.8417, control, "holds"
    )
    tried = (
        alone,
        replace(alone, id="coset/left", mode="left", accuracy=0.9667, control=None),
        replace(alone, id="short/alone", account="short", recovered=0.4444, fidelity=-0.5, verdict="fails"),
        replace(alone, id="idle/alone", account="idle", recovered=0.0, fidelity=0.0, control=None, verdict="fails"),
        replace(alone, id="mean/alone", account="mean", recovered=0.0, fidelity=0.0, control=None, verdict="fails"),
    )
    exchange = Exchange("coset", f"factors in one coset {HOSTILE_LABEL}", 0.8125, 0.9722, 0.0345, 2.75, "holds")
    return Arena(30, 36, 0.0345, 0.9722, 1.79, 93.06, tried, (exchange,), best="coset")


def frequencies():
    """As if the group were abelian: a wave and a sign."""
    shares = dict.fromkeys(("left", "right", "out"), 0.97)
    wave = FrequencyNeuron(0, 0, shares, {"left": 1.5, "right": 1.4, "out": 0.3}, dict.fromkeys(shares, 0.25), 0.25)
    sign = replace(wave, neuron=1, frequency=1, phases=dict.fromkeys(shares, 0.0), phase_error=0.0)
    return FrequencyFindings(
        (6,), (HOSTILE_LABEL,),
        (
            Frequency((1,), "(2,1)", 6, 1, 1, 0.61, 0.123, 0.9),
            Frequency((3,), "(1^3)", 2, 3, 2, 0.39, None, None),
        ),
        (wave, sign, replace(sign, neuron=2)), 0.876, 36,
    )  # fmt: skip


def worked():
    """Two circuits fire and leave two elements, one of them hostile in name."""
    chain = (Elimination(0, (0,), (0, 3), 4, 2.25), Elimination(1, (1,), (2, 4), 2, 1.5))
    parts = (Part("(2,1)", 2, (0.5, 3.0, -1.0, -1.5, -0.5, -0.5)), Part("", 1, (0.0, 0.5, 0.0, -0.5, 0.0, 0.0)))
    logits = (0.5, 3.5, -1.0, -2.0, -0.5, -0.5)
    return WorkedProduct(2, 3, 1, 1, logits, 2, 2, chain, (1, 0, 1, 1, 1, 0), parts, (), 500, 0.875, 2.0)


def specimens():
    """The neuron that is left open, among hostile cosets."""
    values = (0.1, -0.4, 0.3, 0.2, -0.1, -0.1)
    return (Specimen(2, values, values[::-1], HOSTILE_CLASS, (0.25, 0.5), (0, 0, 1, 1, 2, 2), (0, 1, 0, 1, 2, 2)),)


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    left, right = (-1.0, -1.0, 0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 1.0, -1.0, 0.0, -1.0)
    return Analysis(
        group=HOSTILE_GROUP,
        order=6,
        elements=("e", HOSTILE_LABEL, "(12)", "(13)", "(23)", "(123)"),
        irreps=IRREPS,
        width=4,
        activation="relu",
        accuracy=35 / 36,
        loss=0.0345,
        neurons=neurons(),
        coset=CosetFindings(
            neurons=findings(),
            circuits=circuits(),
            classes=(
                ClassSummary(HOSTILE_CLASS, 2, 0.5, 0.98, 2, 9, 1.25e-6, {"(2,1)": 1.0}),
                ClassSummary("none", 1, 0.25, 0.02, 0, 0, None, {"(2,1)": 1.0}),
                ClassSummary("dead", 1, 0.25, 0.0, 0, 0, None, {}),
            ),
            exemplars=(
                Exemplar(
                    HOSTILE_CLASS, 0, left, right, (-0.5, 0.2, 0.2, -0.6, 0.3, 0.1), (0, 0, 1, 1, 2, 2),
                    (0, 1, 0, 2, 1, 2), (True, False, False, True, False, False), "(2,1)",
                    "silent whenever ab maps 3 to 1",
                ),
            ),
        ),
        evidence=evidence(),
        thresholds={"coset_threshold": 0.01, "another_threshold": 0.5, "faithful_at": 0.8, "holds_at": 0.95},
        unexplained=("1 of 3 live neurons are not covered by cosets", HOSTILE_LABEL),
        accounts=accounts(),
        arena=arena(),
        chance=Chance(0.6667, 0.3333, 0.5821, ((0.001, 0.3333, 0.61), (0.01, 0.6667, 0.98))),
        frequencies=frequencies(),
        worked=worked(),
        specimens=specimens(),
        curve=TrainingCurve(
            (0, 10, 100, 1000), (1.8, 0.9, 1e-3, 0.0), (1.8, 2.0, 0.2, 0.01),
            (0.2, 0.9, 1.0, 1.0), (0.2, 0.3, 1.0, 1.0),
        ),
        run={
            "config": {"group": HOSTILE_GROUP, "seed": 0, "train_fraction": 0.8, "betas": [0.9, 0.98], "learning_rate":
            0.01}, "versions": {"torch": HOSTILE_LABEL},
        },
        command=f"cosetta train {HOSTILE_GROUP}",
    )  # fmt: skip


@pytest.fixture(scope="session")
def empty() -> Analysis:
    """No neuron, no test, no curve."""
    return Analysis(
        group="C1", order=1, elements=("e",), irreps=(("trivial", 1, 1),), width=0, activation="relu", accuracy=1.0,
        loss=0.0, neurons=(), coset=CosetFindings(), evidence=(), thresholds={}, unexplained=(),
    )  # fmt: skip
