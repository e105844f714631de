"""Files of schema 1, in which a neuron was `explained` by cosets or not, read as schema 2.

Schema 1 knew one account. Its facts are kept, the causal tests get their ids from their names, and what it did not
measure (rank shares, other accounts, the arena) is absent: nothing is made up.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["upgrade"]

IDS = {
    "untouched network": "untouched",
    "left and right by coset means": "coset-means-inputs",
    "left, right and out by coset means": "coset-means",
    "coset means, right as the mirror of left": "coset-mirror",
    "the same without the unexplained neurons": "coset-mirror-alone",
    "random subgroups of the same index": "random-subgroups",
    "explained neurons by their mean": "covered-by-mean",
    "swap embeddings": "swap-embeddings",
    "swap left and right": "swap-left-right",
    "flip both signs": "flip-both",
    "flip left": "flip-left",
    "flip right": "flip-right",
    "|x| for ReLU": "abs-for-relu",
    "noise N(0, 0.1)": "noise-0-0.1",
    "noise N(0, 1)": "noise-0-1",
    "noise N(1, 1)": "noise-1-1",
    "noise N(-1, 1)": "noise-minus-1-1",
}
"""Id of each test of schema 1 by its name."""

_FACTS = ("strength", "silent_share", "irrep", "irrep_shares")
_LABELS = ("left", "right", "out")
_COVERED = ("mirror_residual", "expected_silent_share", "leak", "out_on", "out_off", "out_residual", "circuit")


def upgrade(values: Mapping[str, Any]) -> dict[str, Any]:
    """A parsed file of schema 1 in the layout of schema 2.

    Args:
        values: the parsed JSON.

    Returns:
        A dictionary that validates as an `Analysis` if the file was whole.

    Raises:
        KeyError: if a field of schema 1 is missing.
        TypeError: if a field is of another kind.
        ValueError: if a test or status is not of schema 1.

    Example:
        >>> upgrade({"neurons": [], "circuits": [], "classes": [], "exemplars": [], "evidence": []})["coset"]["neurons"]
        []
    """
    moved = ("neurons", "circuits", "classes", "exemplars", "evidence")
    neurons = values["neurons"]
    return {
        **{name: value for name, value in values.items() if name not in moved},
        "neurons": [_neuron(neuron) for neuron in neurons],
        "coset": {
            "neurons": [_finding(neuron) for neuron in neurons if neuron["status"] != "dead"],
            **{name: values[name] for name in ("circuits", "classes", "exemplars")},
        },
        "evidence": [_evidence(row) for row in values["evidence"]],
    }


def _neuron(neuron: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: neuron[name] for name in _FACTS} | {"rank_shares": {}, "mirror_correlation": 0.0}
    shared = neuron.get("shared_coset")
    if shared is not None:
        facts["mirror_correlation"] = shared["correlation"]
    common = {"neuron": neuron["neuron"], "facts": facts}
    if neuron["status"] == "dead":
        return common | {"kind": "dead"}
    label = neuron["left"]["subgroup"] if neuron["status"] == "explained" else ""
    return common | {"kind": "live", "accounts": {"coset": label} if label else {}}


def _finding(neuron: Mapping[str, Any]) -> dict[str, Any]:
    labels = {name: neuron[name] for name in _LABELS}
    if neuron["status"] == "explained":
        found = {name: neuron[name] for name in ("neuron", "sentence", "shared_coset", *_COVERED)}
        return found | labels | {"kind": "covered"}
    if neuron["status"] == "unexplained":
        return {"neuron": neuron["neuron"], "reason": neuron["reason"], **labels, "kind": "open"}
    raise ValueError(f"`status` must be dead, explained or unexplained; got {neuron['status']!r}")


def _evidence(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["name"] not in IDS:
        raise ValueError(f"tests of schema 1 are known by name; {row['name']!r} is not one of them")
    kept = {name: value for name, value in row.items() if not name.startswith("control")}
    control = None
    if row["control_accuracy"] is not None:
        accuracy = row["control_accuracy"]
        control = {
            "name": row["control"],
            "draws": 1,
            "accuracy": accuracy,
            "accuracy_interval": (accuracy, accuracy),
            "loss": row["control_loss"],
        }
    return kept | {"id": IDS[row["name"]], "control": control}
