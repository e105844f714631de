"""What the coset account leaves open in one network, in plain sentences."""

from collections.abc import Sequence

from cosetta.results import CosetFindings, Evidence, Neuron

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
        notes.append(
            f"{len(coset.open)} of {len(coset.neurons)} live neurons are not covered by cosets; "
            f"they carry {strength:.2%} of the logit variance"
        )
    forced = sum(finding.left.p_value > 0.05 for finding in coset.covered)
    if forced:
        notes.append(
            f"{forced} covered neurons have p > 0.05: their irreps alone make them constant on such cosets, "
            "so the coset label adds nothing to the irrep label"
        )
    apart = sum(not finding.shared_coset.routes_agree for finding in coset.covered)
    if apart:
        notes.append(f"for {apart} covered neurons the mirror law alone finds another set than the subgroup lattice")
    for row in coset.classes:
        if row.possible_circuits and row.circuits < row.possible_circuits:
            notes.append(f"{row.subgroup}: {row.circuits} of its {row.possible_circuits} cosets have a circuit")
    notes += [f"{row.name}: {row.verdict} ({row.prediction})" for row in evidence if row.verdict == "not as predicted"]
    if sum(neuron.facts.strength for neuron in neurons) < 1e-8:
        notes.append("no neuron moves a logit")
    return tuple(notes)
