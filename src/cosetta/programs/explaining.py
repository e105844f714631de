"""Why a program gives its answer for one pair: which rules fired, what was ruled out, what was left."""

from collections.abc import Iterator

import numpy as np
import torch

from cosetta.errors import BadConfig
from cosetta.groups import Group
from cosetta.hypotheses.program import Program
from cosetta.models import FoldedModel
from cosetta.programs.permutations import one_line
from cosetta.shown import plural

__all__ = ["element_of", "why"]

MOST_LEFT = 12
"""Elements that are left and named."""

RUNNERS_UP = 3
"""Elements after the answer that are named."""


def element_of(text: str, group: Group) -> int:
    """An element given by its label, in cycles or by its images in one line.

    Args:
        text: such as `(1 2 3)`, `(123)` or `23145`.
        group: the group.

    Returns:
        The element.

    Raises:
        BadConfig: if there is no such element.

    Example:
        >>> from cosetta.groups import named_group
        >>> G = named_group("S4")
        >>> element_of("2 3 1 4", G) == element_of("(1 2 3)", G) == G["(123)"]
        True
    """
    plain = "".join(text.replace(",", " ").split())
    if group.permutations is not None and plain in (lines := one_line(group)):
        return lines.index(plain)
    try:
        return group[text]
    except KeyError as error:
        raise BadConfig(f"{error.args[0]}; write cycles, as (1 2 3), or images, as 23145") from error


def why(program: Program, model: FoldedModel, left: str, right: str) -> Iterator[str]:
    """The program's reasons for one pair, in lines.

    Args:
        program: the program.
        model: the network, for its own answer.
        left: the left factor, as `element_of` reads it.
        right: the right factor.

    Yields:
        One line a rule that fires, then what was ruled out and what is left.

    Raises:
        BadConfig: if there is no such element.
    """
    group = program.group
    a, b = element_of(left, group), element_of(right, group)
    pair = np.array([a]), np.array([b])
    label, fired = group.labels, np.zeros(group.order, dtype=bool)
    shared = any(family.shares for family in program.families)
    yield f"{label[a]} times {label[b]} in {group.name}, {plural(len(program.rules), 'rule')}"
    for i, rule in enumerate(program.rules):
        said = round(float(program.spoken(i, *pair)[0]))
        if said:
            fired |= program.cosets_of(rule)[2]
            yield f"  fired {said:+10,}  not ({rule.says}), {rule.family}"
    if shared:
        yield "  (shares of it are said against other double cosets as well)"
    votes = program.votes(*pair)[0]
    order = np.argsort(votes, kind="stable")
    least = [label[z] for z in order if votes[z] == votes[order[0]]]
    yield f"ruled out: {fired.sum()} of {group.order} elements"
    remain = [label[z] for z in np.flatnonzero(~fired).tolist()]
    yield f"left: {', '.join(remain[:MOST_LEFT]) or 'none'}{' ...' if len(remain) > MOST_LEFT else ''}"
    nearest = ", ".join(f"{label[z]} ({votes[z]:+,.0f})" for z in order[len(least) : len(least) + RUNNERS_UP])
    yield f"least said against: {' and '.join(least)} ({votes[order[0]]:+,.0f}); then {nearest}"
    network = int(model.logits(torch.tensor([a]), torch.tensor([b]))[0].argmax())
    product = int(group.table[a, b])
    verdict = "right" if network == product else f"wrong: the product is {label[product]}"
    yield f"the network answers {label[network]} ({verdict})"
