"""What each falsification set promises, checked without the code that makes it."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import find_isomorphism, named_group, subgroup_lattice
from cosetta.groups.falsification import (
    FALSIFICATION_SETS,
    ambiguous_completion,
    falsification_set,
    match_character_tables,
)
from cosetta.harmonics import irreps


def complex_types(group) -> list[tuple[int, ...]]:
    """Degree of each complex irrep, and the size of its kernel."""
    found = []
    for irrep in irreps(group):
        copies, scale = {1: (1, 1), 0: (2, 2), -1: (1, 2)}[irrep.frobenius_schur]
        kernel = int((irrep.character > irrep.dim - 1e-6).sum())
        found += [(irrep.dim // scale, kernel)] * copies
    return sorted(found)


@pytest.mark.parametrize("name", [n for n in FALSIFICATION_SETS if n.startswith("equal")])
def test_equal_characters(name: str) -> None:
    found = falsification_set(name)
    G, H = found.groups
    assert find_isomorphism(G, H) is None
    sizes = [np.array([len(c) for c in K.conjugacy_classes]) for K in (G, H)]
    assert (sizes[0] == sizes[1][found.class_map]).all()
    assert complex_types(G) == complex_types(H)
    # real characters of type real and quaternionic, per complex degree, are equal up to order under the class map
    values = []
    for K, order in ((G, np.arange(len(sizes[0]))), (H, found.class_map)):
        first = np.array([c[0] for c in K.conjugacy_classes])[order]
        scale = {1: 1, 0: 2, -1: 2}
        values.append(sorted(np.round(r.character[first] / scale[r.frobenius_schur], 6).tolist() for r in irreps(K)))
    assert np.allclose(values[0], values[1], atol=1e-5)


@pytest.mark.parametrize("name", [n for n in FALSIFICATION_SETS if n.startswith("coset")])
def test_coset_free(name: str) -> None:
    (group,) = falsification_set(name).groups
    assert len(subgroup_lattice(group)) == 2


@pytest.mark.parametrize("name", [n for n in FALSIFICATION_SETS if n.startswith("ambiguous")])
def test_ambiguous(name: str) -> None:
    found = falsification_set(name)
    G, H = found.groups
    assert find_isomorphism(G, H) is None
    assert find_isomorphism(H, named_group(H.name)) is not None
    assert ((G.table == H.table) == found.agreement).all()
    assert 0.5 <= found.agreement.mean() < 1


def test_refusals() -> None:
    with pytest.raises(Unsupported, match="there are equal-characters/D8-Q8"):
        falsification_set("nothing")
    with pytest.raises(Unsupported, match="no isomorphic subgroups of index 2"):
        ambiguous_completion(named_group("A5"), named_group("C60"))
    assert match_character_tables(named_group("S3"), named_group("C6")) is None
    assert match_character_tables(named_group("D16"), named_group("SmallGroup(16,3)")) is None
