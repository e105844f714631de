"""Groups by name.

| name | group |
|---|---|
| `S5`, `A6` | symmetric and alternating groups on points 1 .. n |
| `C12`, `Z12` | cyclic group of order 12, rotating 12 points |
| `D8` | dihedral group **of order 8** (symmetries of the square), on 4 points |
| `V4` | Klein four-group {e, (12)(34), (13)(24), (14)(23)} |
| `Dih5` | the same by corners: `Dih5` = `D10`; `D5` is refused with a hint, since D_5 and D_10 both mean it |
| `Q8`, `Q16`, .. | generalised quaternion group of that order |
| `QD16`, `SD32`, .. | quasidihedral (semidihedral) group of that order, a power of two |
| `Dic3` | dicyclic group of order 12 |
| `F20`, `F21` | Frobenius group C_p:C_m of order p·m with p prime, on p points |
| `Aff(8)`, `AGL(1,9)`, `AGL(2,3)` | x -> ux + t over the integers mod n; over GF(q)^n |
| `GL(2,3)`, `SL(2,9)`, `PSL(2,8)`, `PSL(3,3)`, `PGL(2,9)` | linear groups over GF(q), q a prime power |
| `Heis(3)` | Heisenberg group, upper unitriangular 3x3 matrices mod p |
| `M11` | Mathieu group on 11 points |
| `SmallGroup(32,6)` | by number in the library of small groups, see `catalogue.py` |
| `S4xC2`, `C2^3` | direct products and powers |
| `C7:C3`, `(S3xS3):C2`, `C3^2:Q8` | semidirect products, the group on the right acting as faithfully as it can |
| `C2wrS3` | wreath product, the second group permuting copies of the first |

Powers bind tightest, then `wr`, then `:`, then `x`. Other spellings (`S₅`, `Sym(5)`, `Z/7Z`, `GL2(3)`, `×`, `⋊`) are
turned into these by `spelling.py`. Orders are known before anything large is built. The families are in
`families.py` and `linear.py`. See `semidirect_product` for which action `N:K` means.
"""

import re
from collections.abc import Callable

from cosetta.errors import Unsupported
from cosetta.groups.catalogue import small_group_recipe
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.families import FAMILIES, Recipe, affine, heisenberg
from cosetta.groups.group import Group
from cosetta.groups.linear import LINEAR
from cosetta.groups.products import direct_product, semidirect_product
from cosetta.groups.spelling import nearest_name, plain_spelling
from cosetta.groups.wreath import wreath_product

__all__ = ["named_group"]

FORMS = "S5, A6, C12, D8 (order 8), Q8, SL(2,5), SmallGroup(32,6), S4xC2, C7:C3"
"""A few names, for an error that finds none near."""

LONGEST_NAME = 200
"""Most characters of a name."""

_TOKEN = re.compile(
    r"(psl|pgl|agl|sl|gl|smallgroup)\((\d{1,20}),(\d{1,20})\)|(aff|heis)\((\d{1,20})\)|(dih|dic|qd|[aszcdqvfm])(\d{1,20})"
)
_PAIRS: dict[str, Callable[[int, int], Recipe]] = {**LINEAR, "smallgroup": small_group_recipe}
_SINGLES: dict[str, Callable[[int], Recipe]] = {**FAMILIES, "aff": affine, "heis": heisenberg}


def named_group(name: str) -> Group:
    """The group that a name stands for.

    Permutation groups carry `permutations` in lexicographic order (so the identity is 0) and cycle notation as
    labels.

    Args:
        name: a name from the table at the head of this module, such as `S5`, `C7:C3` or `S4xC2`.

    Returns:
        The group; its `name` is the normal spelling, for instance `C12` for `z_12`.

    Raises:
        Unsupported: if the name is unknown, or the group would have more than 10,000 elements.

    Example:
        >>> [(G.name, G.order) for G in map(named_group, ["s_5", "Z12", "D8", "c7:c3", "S4×C2"])]
        [('S5', 120), ('C12', 12), ('D8', 8), ('C7:C3', 21), ('S4xC2', 48)]
    """
    recipe = _Parser(name).parse()
    if recipe.order > MAX_ORDER:
        raise Unsupported(f"groups are held up to order {MAX_ORDER:,}; {recipe.name} has order {_big(recipe.order)}")
    return recipe.build()


class _Parser:
    """Recursive descent: product = semidirect (x ..)*, semidirect = wreath (: ..)*, wreath = power (wr ..)*."""

    def __init__(self, text: str):
        self.text = text
        self.plain = plain_spelling(text[:LONGEST_NAME])
        self.position = 0

    def parse(self) -> Recipe:
        """The whole text."""
        if len(self.text) > LONGEST_NAME:
            raise Unsupported(f"a group name has at most {LONGEST_NAME} characters, not {len(self.text)}")
        recipe = self._product()
        if self.position < len(self.plain):
            raise self._unknown()
        return recipe

    def _product(self) -> Recipe:
        """Factors joined by x."""
        recipe = self._semidirect()
        while self._take("x"):
            recipe = _direct(recipe, self._semidirect())
        return recipe

    def _semidirect(self) -> Recipe:
        """Wreath products joined by a colon."""
        recipe = self._wreath()
        while self._take(":"):
            recipe = _semidirect(recipe, self._wreath())
        return recipe

    def _wreath(self) -> Recipe:
        """Powers joined by wr."""
        recipe = self._power()
        while self._take("wr"):
            recipe = _wreath(recipe, self._power())
        return recipe

    def _power(self) -> Recipe:
        """An atom, perhaps with an exponent."""
        recipe = self._atom()
        while self._take("^"):
            exponent = re.compile(r"\d{1,20}").match(self.plain, self.position)
            if exponent is None:
                raise self._unknown()
            self.position = exponent.end()
            recipe = _power(recipe, int(exponent.group()))
        return recipe

    def _atom(self) -> Recipe:
        """A family with its number or numbers, or a product in parentheses."""
        if self._take("("):
            inside = self._product()
            if not self._take(")"):
                raise self._unknown()
            return inside
        token = _TOKEN.match(self.plain, self.position)
        if token is None:
            raise self._unknown()
        self.position = token.end()
        pair, first, second, single, number, letter, index = token.groups()
        if pair:
            return _PAIRS[pair](int(first), int(second))
        return _SINGLES[single or letter](int(number or index))

    def _take(self, symbol: str) -> bool:
        """Step over the symbol if it comes next."""
        found = self.plain.startswith(symbol, self.position)
        self.position += len(symbol) * found
        return found

    def _unknown(self) -> Unsupported:
        """One line that says where reading stopped."""
        rest = self.plain[self.position :]
        where = f" (stopped at `{rest}`)" if self.position > 0 and rest else ""
        near = nearest_name(self.text)
        hint = f"did you mean `{near}`?" if near else f"names are {FORMS}, .."
        return Unsupported(f"`{self.text}` is not a group name{where}; {hint} docs/groups.md lists all forms")


def _direct(left: Recipe, right: Recipe) -> Recipe:
    """A x B."""
    name = f"{left.name}x{right.name}"
    return Recipe(
        name, left.order * right.order, lambda: direct_product(left.build(), right.build(), name), is_atom=False
    )


def _semidirect(normal: Recipe, acting: Recipe) -> Recipe:
    """N:K."""
    parts = [part.name if part.is_atom else f"({part.name})" for part in (normal, acting)]
    name = ":".join(parts)
    if acting.order == 1:
        raise Unsupported(f"{acting.name} acts on {normal.name} only trivially; write `{normal.name}` for `{name}`")
    return Recipe(
        name,
        normal.order * acting.order,
        lambda: semidirect_product(normal.build(), acting.build(), name),
        is_atom=False,
    )


def _wreath(base: Recipe, top: Recipe) -> Recipe:
    """A wr B; B is built at once, because its points decide the order."""
    name = "wr".join(part.name if part.is_atom else f"({part.name})" for part in (base, top))
    if max(base.order, top.order) > MAX_ORDER:
        return Recipe(name, base.order * top.order, top.build, is_atom=False)
    acting = top.build()
    copies = acting.order if acting.permutations is None else acting.permutations.shape[1]
    order = base.order ** min(copies, 64) * top.order
    return Recipe(name, order, lambda: wreath_product(base.build(), acting, name), is_atom=False)


def _power(base: Recipe, exponent: int) -> Recipe:
    """A^n, the direct product of n copies."""
    if exponent < 1:
        raise Unsupported(f"the exponent of {base.name} must be at least 1, not {exponent}")
    name = f"{base.name if base.is_atom else f'({base.name})'}^{exponent}"
    if base.order == 1:
        return Recipe(name, 1, base.build)

    def build() -> Group:
        factor = base.build()
        result = factor
        for _ in range(exponent - 1):
            result = direct_product(result, factor, name)
        return result

    return Recipe(name, base.order ** min(exponent, 64), build)


def _big(order: int) -> str:
    """The order in full, or only its size."""
    return f"{order:,}" if order < 10**15 else f"about 10^{len(str(order)) - 1} or more"
