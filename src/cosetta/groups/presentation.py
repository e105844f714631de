"""Groups given by generators and relations, `<a, b | a^2, b^3, (a b)^5>`.

Todd and Coxeter's method (`coset_enumeration.py`) numbers the elements and gives right multiplication by each
generator; the Cayley table follows. It stops at a limit, because a presentation may be of an infinite group.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from cosetta.errors import NotAGroup, Unsupported
from cosetta.groups.cayley import MAX_ORDER
from cosetta.groups.coset_enumeration import enumerate_cosets, root_of
from cosetta.groups.group import Group
from cosetta.shown import plural

__all__ = ["presented_group", "read_presentation"]

MAX_COSETS = 400_000
"""Most cosets during the enumeration, a few seconds; more than the order, because coincidences come to light late."""

MAX_COSETS_OF_CYCLIC = 1_200_000
"""The same when a group that is too large is counted by the cosets of a cyclic subgroup; M12 needs 5 s."""

LONGEST_LABEL = 60
"""Powers in a word that is shown; elements that need more are called by their number."""

MAX_RELATOR = 20_000
"""Longest relator after powers are written out."""

_TOKEN = re.compile(r"\s*([A-Za-z]\w*|\^\s*-?\d{1,6}|[()*\[\],=]|-?\d+)")


def presented_group(text: str, name: str | None = None) -> Group:
    """The group of a presentation.

    Args:
        text: generators, a bar, and relators or equations, such as `a, b | a^4, a^2 = b^2, b a b^-1 = a^-1`. Words
            are generators and words in parentheses with integer exponents; `ab` is a b, `[a,b]` is a^-1 b^-1 a b; 1 and
            e are the identity. Angle brackets are free. Equations alone are enough where generators are letters:
            `a^2 = b^3 = (ab)^5 = 1`.
        name: what to call the group; by default the text in angle brackets.

    Returns:
        The group; each label is a shortest word for its element.

    Raises:
        Unsupported: if the group is infinite, or was not found to be finite and small within the limit.

    Source:
        Todd and Coxeter, Proc. Edinburgh Math. Soc. 5 (1936).

    Example:
        >>> Q8 = presented_group("<a, b | a^4, a^2 = b^2, b a b^-1 = a^-1>")
        >>> Q8.order, int((Q8.element_orders == 4).sum()), Q8.labels[:4]
        (8, 6, ('e', 'a', 'a^-1', 'b'))
    """
    names, relators = read_presentation(text)
    name = name or f"<{text.strip().strip('<>').strip()}>"
    if (rank := _rank_of_exponents(len(names), relators)) < len(names):
        raise Unsupported(
            f"a group must be finite; {name} is not: its {plural(len(names), 'generator')} and relations of rank "
            f"{rank} leave an infinite abelian quotient: add relations"
        )
    try:
        moves = enumerate_cosets(len(names), relators, MAX_COSETS)
    except Unsupported as error:
        order = _order_over_cyclic(len(names), relators) if relators else 0
        if order <= MAX_ORDER:
            raise error from None
        moves = None
    else:
        order = moves.shape[1]
    if moves is None or order > MAX_ORDER:
        raise Unsupported(
            f"the group is finite, but its order {order:,} is beyond {MAX_ORDER:,}, the largest that is held: {name}"
        )
    return _cayley(names, moves, name)


def _rank_of_exponents(generators: int, relators: list[tuple[int, ...]]) -> int:
    """Rank of the exponent sums of the relators; below the number of generators the abelianisation is infinite."""
    rows = [[Fraction(word.count(g) - word.count(-g)) for g in range(1, generators + 1)] for word in relators]
    rank = 0
    for column in range(generators):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def _order_over_cyclic(generators: int, relators: list[tuple[int, ...]]) -> int:
    """Order of the group, from the cosets of a cyclic subgroup <u> for a relator u^k; 0 if it does not come out."""
    exponent, root = max((len(word) // len(root), root) for word in relators for root in [root_of(word)])
    try:
        moves = enumerate_cosets(generators, relators, MAX_COSETS_OF_CYCLIC, root)
    except Unsupported:
        return 0
    image = step = np.arange(moves.shape[1])
    for letter in root:
        step = moves[letter - 1][step] if letter > 0 else moves[-letter - 1].argsort()[step]
    order = 1
    while ((image := step[image]) != np.arange(len(image))).any():
        order += 1
    return order * len(image) if order == exponent else 0  # |<u>| divides k and is at least the order on the cosets


def read_presentation(text: str) -> tuple[tuple[str, ...], list[tuple[int, ...]]]:
    """Generators and relators of a presentation.

    Args:
        text: as for `presented_group`.

    Returns:
        Names of the generators, and relators as words: i + 1 for generator i, -(i + 1) for its inverse.

    Raises:
        NotAGroup: if the text is not of that form; the message shows where reading stopped.
        Unsupported: if it has more than 10,000 characters or 20 generators, or very long relators.

    Example:
        >>> read_presentation("a, b | a^2 = 1, a b = b a")
        (('a', 'b'), [(1, 1), (1, 2, -1, -2)])
    """
    if len(text) > 10_000:
        raise Unsupported(f"presentations are read from at most 10,000 characters, not {len(text):,}")
    head, bar, body = text.strip().removeprefix("<").removesuffix(">").partition("|")
    if not bar and "=" in head:  # a^2 = b^3 = (ab)^5 = 1: the generators are the letters
        letters = dict.fromkeys(letter for letter in head if letter.isalpha() and letter != "e")
        head, bar, body = ", ".join(letters), "|", head
    names = tuple(part.strip() for part in head.split(","))
    if not bar or not all(re.fullmatch(r"[A-Za-z]\w*", name) for name in names) or len(set(names)) < len(names):
        raise NotAGroup(f"a presentation is `<a, b | a^2, b^3, (a b)^5>` with distinct names; got `{text[:60]}`")
    if len(names) > 20:
        raise Unsupported(f"presentations have at most 20 generators, not {len(names)}")
    return names, _Words(body, names).relators()


@dataclass
class _Words:
    """Recursive descent over the relators."""

    text: str
    names: tuple[str, ...]
    position: int = 0
    depth: int = 0

    def relators(self) -> list[tuple[int, ...]]:
        """Relators; u = v = w gives u v^-1 and v w^-1."""
        found = []
        while True:
            if sides := self._sides():
                found += [_reduced(u + _inverse(v)) for u, v in pairwise(sides)] or sides
            if not self._take(","):
                break
        if self.text[self.position :].strip():
            raise self._stopped()
        return [relator for relator in found if relator]

    def _sides(self) -> list[tuple[int, ...]]:
        """Words joined by the equality sign; none at the end of the text."""
        if not self.text[self.position :].strip():
            return []
        sides = [self._word()]
        while self._take("="):
            sides.append(self._word())
        return sides

    def _word(self) -> tuple[int, ...]:
        """A product of powers."""
        word, some = (), False
        while (factor := self._factor()) is not None:
            word, some = _reduced(word + factor), True
            if len(word) > MAX_RELATOR:
                raise Unsupported(f"relators have at most {MAX_RELATOR:,} letters when written out")
            self._take("*")
        if not some:
            raise self._stopped()
        return word

    def _factor(self) -> tuple[int, ...] | None:
        """A generator, a word in parentheses or a commutator, with exponents."""
        start, token = self.position, self._next()
        if token == "(":
            base = self._nested(")")[0]
        elif token == "[":
            u, v = self._nested("]", commas=1)
            base = _inverse(u) + _inverse(v) + u + v
        elif known := self._leading_name(token):
            base = (self.names.index(known) + 1,)
            self.position -= len(token) - len(known)
        elif token in {"1", "e"}:
            base = ()
        else:
            self.position = start
            return None
        while (power := self._next()) and power.startswith("^"):
            exponent = int(power[1:])
            if abs(exponent) * len(base) > MAX_RELATOR:
                raise Unsupported(f"relators have at most {MAX_RELATOR:,} letters when written out; `{power}` has more")
            base = base * exponent if exponent >= 0 else _inverse(base) * -exponent
        self.position -= len(power)
        return base

    def _leading_name(self, token: str) -> str:
        """The longest generator that a token begins with: `ab` is a b if these are generators and `ab` is none."""
        return max((name for name in self.names if token.startswith(name)), key=len, default="")

    def _nested(self, end: str, commas: int = 0) -> list[tuple[int, ...]]:
        """Words up to a closing bracket."""
        self.depth += 1
        if self.depth > 50:
            raise Unsupported("presentations nest at most 50 brackets")
        words = [self._word()]
        for _ in range(commas):
            if not self._take(","):
                raise self._stopped()
            words.append(self._word())
        if not self._take(end):
            raise self._stopped()
        self.depth -= 1
        return words

    def _next(self) -> str:
        """The next token, taken; empty at the end."""
        token = _TOKEN.match(self.text, self.position)
        if token is None:
            return ""
        self.position = token.end()
        return token.group(1)

    def _take(self, symbol: str) -> bool:
        """Step over a symbol if it comes next."""
        start = self.position
        found = self._next() == symbol
        if not found:
            self.position = start
        return found

    def _stopped(self) -> NotAGroup:
        rest = self.text[self.position :].strip()[:40]
        return NotAGroup(
            f"words are made of {', '.join(self.names)} with `^` and brackets; reading stopped at `{rest}`"
        )


def _inverse(word: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-letter for letter in reversed(word))


def _reduced(word: tuple[int, ...]) -> tuple[int, ...]:
    """Cancel neighbours that are inverse to each other."""
    kept: list[int] = []
    for letter in word:
        if kept and kept[-1] == -letter:
            kept.pop()
        else:
            kept.append(letter)
    return tuple(kept)


def _cayley(names: tuple[str, ...], moves: np.ndarray, name: str) -> Group:
    """Column h of the table by breadth-first search: g(hs) = (gh)s. Columns are held as rows, which is faster."""
    order = moves.shape[1]
    steps = [
        (letter, move) for i, move in enumerate(moves) for letter, move in ((i + 1, move), (-i - 1, move.argsort()))
    ]
    columns = np.empty((order, order), dtype=np.int32)
    columns[0] = np.arange(order)
    words: dict[int, tuple[tuple[int, int], ...]] = {0: ()}  # powers: (generator, exponent)
    queue = [0]
    for h in queue:
        for letter, move in steps:
            product = int(move[h])
            if product not in words:
                words[product] = _longer(words[h], letter)
                columns[product] = move[columns[h]]
                queue.append(product)
    renumber = np.empty(order, dtype=np.int64)
    renumber[queue] = np.arange(order)
    labels = tuple(_shown(words[h], names) or f"g{i}" for i, h in enumerate(queue))
    return Group(renumber[columns[np.ix_(queue, queue)].T], name=name, labels=labels)


def _longer(word: tuple[tuple[int, int], ...], letter: int) -> tuple[tuple[int, int], ...]:
    """A word and one letter more; words that are too long to show stay as they are."""
    i, step = abs(letter), 1 if letter > 0 else -1
    if word and word[-1][0] == i:
        return (*word[:-1], (i, word[-1][1] + step))
    return (*word, (i, step)) if len(word) <= LONGEST_LABEL else word


def _shown(word: tuple[tuple[int, int], ...], names: tuple[str, ...]) -> str:
    """A word as text; empty if it is too long."""
    texts = [names[i - 1] + (f"^{exponent}" if exponent != 1 else "") for i, exponent in word]
    return "*".join(texts or ["e"]) if len(word) <= LONGEST_LABEL else ""
