"""Names as mathematicians write them, semidirect products with any acting group, and errors that suggest a name."""

import numpy as np
import pytest

from cosetta.errors import Unsupported
from cosetta.groups import find_isomorphism, named_group, read_group, small_group, small_group_id
from cosetta.groups.actions import faithful_action


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("S₅", "S5"),
        ("Sym(5)", "S5"),
        ("Alt(5)", "A5"),
        ("Dih5", "D10"),
        ("Dih(6)", "D12"),
        ("Z/7Z", "C7"),
        ("Z/7", "C7"),
        ("Z/(7)", "C7"),
        ("ℤ/2ℤ × ℤ/3ℤ", "C2xC3"),
        ("(Z/2Z)^3", "C2^3"),
        ("GL2(3)", "GL(2,3)"),
        ("GL_2(F_3)", "GL(2,3)"),
        ("PSL2(7)", "PSL(2,7)"),
        ("L2(7)", "PSL(2,7)"),
        ("A5 x L2(7)", "A5xPSL(2,7)"),
        ("He3", "Heis(3)"),
        ("QD32", "QD32"),
        ("SD32", "QD32"),
        ("K4", "V4"),
        ("trivial", "C1"),
        ("C₂²", "C2^2"),
        ("(S₃×S₃)⋊C₂", "(S3xS3):C2"),
        ("S₃≀C₂", "S3wrC2"),
    ],
)
def test_other_spellings_are_the_same_group(text, name):
    if name.startswith("A5xPSL"):
        with pytest.raises(Unsupported, match=r"A5xPSL\(2,7\) has order 10,080"):
            named_group(text)
        return
    assert named_group(text).name == name
    assert named_group(name).name == name  # and the normal spelling is its own


def test_every_name_that_is_printed_is_read_back():
    from cosetta.report.notation import typeset

    for name in ("S5", "(S3xS3):C2", "C2^3", "C7:C3", "SL(2,3)", "S4xC2", "Q16", "Dic3"):
        assert read_group(typeset(name)).name == name


def test_quasidihedral_groups_have_their_relation():
    for order in (16, 32, 256):
        group = named_group(f"QD{order}")
        assert group.order == order
        a = int(np.argmax(group.element_orders == order // 2))
        outside = np.flatnonzero(~group.subgroup([a]).members)
        assert sorted(set(group.element_orders[outside].tolist())) == [2, 4]  # D has only 2 there, Q only 4
    assert small_group_id(named_group("QD16")) == (16, 8)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("PSL27", "did you mean `PSL(2,7)`?"),
        ("SmalGroup(32,6)", "did you mean `SmallGroup(32,6)`?"),
        ("Hesi(3)", "did you mean `Heis(3)`?"),
        ("banana", "names are S5, A6"),
        ("D_5", "`D10` or `Dih5`"),
        ("QD24", "16, 32, 64"),
        ("M12", "95,040"),
    ],
)
def test_errors_suggest_the_nearest_name(text, match):
    with pytest.raises(Unsupported) as refusal:
        named_group(text)
    assert match in str(refusal.value)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("V4:S3", "S4"),
        ("C3^2:SL(2,3)", (216, 153)),
        ("C3^2:Q8", (72, 41)),
        ("C5:(C2xC2)", "D20"),
        ("C3^2:D8", "S3wrC2"),
        ("C2^3:F21", (168, 43)),
    ],
)
def test_products_with_an_acting_group_that_is_not_cyclic(text, same):
    other = small_group(*same) if isinstance(same, tuple) else named_group(same)
    assert find_isomorphism(named_group(text), other) is not None


@pytest.mark.parametrize(
    ("normal", "acting"), [("C7", "S3"), ("V4", "S3"), ("Q8", "S3"), ("C3xC3", "Q8"), ("S3", "V4")]
)
def test_actions_are_homomorphisms_by_automorphisms(normal, acting):
    N, K = named_group(normal), named_group(acting)
    images = faithful_action(N, K)
    assert (images[0] == np.arange(N.order)).all()
    for k in range(K.order):
        assert (images[k][N.table] == N.table[np.ix_(images[k], images[k])]).all()
        for other in range(K.order):
            assert (images[K.table[k, other]] == images[k][images[other]]).all()


def naive_kernels(N, K):
    """Kernel sizes of every homomorphism from K to Aut(N), by trying every map on two generators."""
    from itertools import product

    from cosetta.groups import all_automorphisms

    automorphisms = all_automorphisms(N)
    sizes = []
    for images in product(automorphisms, repeat=len(K.generators)):
        known = {0: np.arange(N.order)}
        queue = [0]
        for k in queue:
            for g, image in zip(K.generators, images, strict=True):
                if int(K.table[k, g]) not in known:
                    known[int(K.table[k, g])] = known[k][image]
                    queue.append(int(K.table[k, g]))
        good = all(
            (known[int(K.table[k, g])] == known[k][image]).all()
            for k in known
            for g, image in zip(K.generators, images, strict=True)
        )
        if good:
            sizes.append(sum((image == np.arange(N.order)).all() for image in known.values()))
    return sizes


@pytest.mark.parametrize(("normal", "acting"), [("C7", "S3"), ("V4", "S3"), ("C5", "V4"), ("S3", "V4")])
def test_actions_are_as_faithful_as_they_can_be(normal, acting):
    N, K = named_group(normal), named_group(acting)
    kernel = int((faithful_action(N, K) == np.arange(N.order)).all(axis=1).sum())
    assert kernel == min(naive_kernels(N, K))


def test_trivial_actions_are_refused():
    assert faithful_action(named_group("C2"), named_group("V4")) is None
    with pytest.raises(Unsupported, match="write the direct product `C2xC2xC2`"):
        named_group("C2:(C2xC2)")
    with pytest.raises(Unsupported, match="write `C9999`"):
        named_group("C9999:C1")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("a, b | a^2, b^3, (ab)^5", 60),
        ("a^2 = b^3 = (ab)^5 = 1", 60),
        ("⟨a, b | a² = b³ = (ab)⁴ = 1⟩", 24),
        ("r^5=s^2=1, srs=r^-1", 10),
        ("<x,y | x^4, xyx^-1=y^-1, y^2=x^2>", 8),
        ("x1,x2|x1^2,x2^2,(x1x2)^3", 6),
        ("a | a^999", 999),
    ],
)
def test_presentations_as_they_are_written(text, order):
    group = read_group(text)
    assert group.order == order
    assert len(set(group.labels)) == order
    if order < 1000:
        assert read_group(group.name).content_hash == group.content_hash  # the name is the group


@pytest.mark.slow  # all cosets up to the limit; test_notation.py has the message with a low one
def test_a_group_that_is_too_large_is_told_from_one_that_may_be_infinite():
    with pytest.raises(Unsupported, match="not found to be finite"):
        read_group("a, b | a^2, b^3")


@pytest.mark.slow
def test_m12_is_counted_over_a_cyclic_subgroup():
    with pytest.raises(Unsupported, match=r"order 95,040 is beyond 10,000"):
        read_group("a, b | a^2, b^3, (ab)^11, [a,b]^6, (ababab^-1)^6")


def test_commas_inside_one_group_do_not_separate():
    from cosetta.groups import is_one_group

    assert not is_one_group("S5,PSL(2,7)")
    assert all(map(is_one_group, ("(1 2 3),(1 2)", "[2,1],[1,2]", "a,b|a^2,b^2,(ab)^2", "a^2=b^2=(ab)^2=1")))
