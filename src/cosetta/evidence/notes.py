"""What the coset account leaves open in one network, in plain sentences."""

from collections.abc import Sequence

from cosetta.results import CosetFindings, Evidence, Neuron
from cosetta.shown import percent, plural

__all__ = ["open_notes"]


def open_notes(neurons: Sequence[Neuron], coset: CosetFindings, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Everything that the coset account does not explain, or that did not come out as it predicts.

    Args:
        neurons: of the network.
        coset: what the account found.
        evidence: its causal tests.

    Returns:
        One sentence each.

    Example:
        >>> open_notes((), CosetFindings(refused="C2^7 has 29,212 subgroups"), ())
        ('the coset account was left out: C2^7 has 29,212 subgroups', 'no neuron moves a logit')
    """
    notes = [f"the coset account was left out: {coset.refused}"] if coset.refused else []
    if coset.open:
        strength = sum(neurons[finding.neuron].facts.strength for finding in coset.open)
        open_, said = len(coset.open), ("is", "it carries") if len(coset.open) == 1 else ("are", "they carry")
        notes.append(
            f"{open_} of {plural(len(coset.neurons), 'live neuron')} {said[0]} not covered by cosets; "
            f"{said[1]} {percent(strength)} of the logit variance"
        )
    forced = sum(finding.left.p_value > 0.05 for finding in coset.covered)
    if forced:
        said = ("has", "its irreps alone make it") if forced == 1 else ("have", "their irreps alone make them")
        notes.append(
            f"{plural(forced, 'covered neuron')} {said[0]} p > 0.05: {said[1]} constant on such cosets, "
            "so the coset label adds nothing to the irrep label"
        )
    apart = sum(not finding.shared_coset.routes_agree for finding in coset.covered)
    if apart:
        notes.append(
            f"for {plural(apart, 'covered neuron')} the mirror law alone finds another set than the subgroup lattice"
        )
    for row in coset.classes:
        if row.possible_circuits and row.circuits < row.possible_circuits:
            notes.append(f"{row.subgroup}: {row.circuits} of its {row.possible_circuits} cosets have a circuit")
    notes += [f"{row.name}: {row.verdict} ({row.prediction})" for row in evidence if row.verdict == "not as predicted"]
    if sum(neuron.facts.strength for neuron in neurons) < 1e-8:
        notes.append("no neuron moves a logit")
    return tuple(notes)
