"""One neuron as one row: what the tables of one network and of a population share.

Columns have the meaning of docs/census.md, so that a question asked of one network can be asked of a thousand.
"""

from typing import Any

from cosetta.results.coset import CosetFindings, CosetLabel, CosetNeuron
from cosetta.results.neurons import Neuron

__all__ = ["neuron_row"]


def neuron_row(neuron: Neuron, coset: CosetFindings) -> dict[str, Any]:
    """The facts of a neuron and what the coset account says of it.

    Args:
        neuron: its facts.
        coset: what the coset account found in its network.

    Returns:
        Values by column; columns that do not apply are absent.

    Example:
        >>> from cosetta.results.neurons import DeadNeuron, NeuronFacts
        >>> row = neuron_row(DeadNeuron(3, NeuronFacts(0.0, 1.0, "(4,1)", {}, {}, 0.0)), CosetFindings())
        >>> row["neuron"], row["status"], row["subgroup"]
        (3, 'dead', 'dead')
    """
    facts = neuron.facts
    shared = {"neuron": neuron.neuron, "strength": facts.strength, "silent_share": facts.silent_share}
    finding = coset.by_neuron.get(neuron.neuron)
    if finding is None and neuron.kind == "dead":
        dead = dict.fromkeys(("subgroup", "right_subgroup", "out_subgroup", "irrep"), "dead")
        return shared | dead | {"status": "dead", "twisted": ""}
    if finding is None:  # the coset account could not be stated
        none = dict.fromkeys(("subgroup", "right_subgroup", "out_subgroup"), "none")
        return shared | none | {"status": "unexplained", "twisted": "", "irrep": facts.irrep}
    left = finding.left
    row = shared | {
        "status": "unexplained",
        "subgroup": _class(left),
        "right_subgroup": _class(finding.right),
        "out_subgroup": _class(finding.out),
        "subgroup_order": left.order if left else None,
        "conjugate": left.conjugate if left else None,
        "twisted": left.twisted if left else "",
        "irrep": facts.irrep,
        "fraction": left.fraction if left else None,
        "p_value": left.p_value if left else None,
    }
    if isinstance(finding, CosetNeuron):
        row |= {name: getattr(finding, name) for name in ("mirror_residual", "leak", "circuit")}
        row |= {"status": "explained", "shared_coset": finding.shared_coset.representative}
    return row


def _class(label: CosetLabel | None) -> str:
    return label.subgroup if label else "none"
