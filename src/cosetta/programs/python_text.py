"""A program as a Python file that needs nothing but Python.

The file holds the program as plain literals and forty lines that run it. Cosetta reads the literals back without
executing anything (`reading.py`).
"""

from cosetta.hypotheses.partitions import coset_partition
from cosetta.hypotheses.program import TOP, Family, Program, Rule
from cosetta.programs.permutations import has_cycle_names, one_line
from cosetta.shown import plural

__all__ = ["python_text"]

_HEAD = '''"""How {name} multiplies in {group}: {rules}, {says}
    python FILE "(1 2 3)" 21345 [--why] [--plain]; alone it prints the table
A rule is a coset uHv. The values of H(u^-1 a) and H(v b^-1), one coset if ab is in uHv, are compared: if a's is above
(below) by n, n times the first (second) weight is said against uHv{shares}.
The product is what least is said against."""
import sys
from functools import cache
'''

_BODY = """
@cache
def mul(a, b):  # (ab)(i) = a(b(i))
    return "".join(a[E.index(i)] for i in b)

@cache
def inv(a):
    return "".join(E[a.index(i)] for i in E)

def closure(generators):
    found = {E}
    while new := {mul(g, x) for x in found for g in generators.split()} - found:
        found |= new
    return sorted(found)

def cosets(H):  # number of each Hx
    H = closure(H)
    least = {x: min(mul(h, x) for h in H) for x in G}
    return {x: sorted({*least.values()}).index(least[x]) for x in G}

G = closure(@GENERATORS@)
COSET = {f: cosets(H) for f, (H, *_) in FAMILIES.items()}
RULES = [(f, s, *x.split(" ", 3)) for f, (_, s, *_, rules) in FAMILIES.items() for x in rules.split("\\n")[1:]]

@cache
@AGAINST@

def run(a, b):  # votes, reasons
    said, fired = dict.fromkeys(G, 0), []
    for f, scales, u, v, weights, words in RULES:
        i, j, n = COSET[f][mul(inv(u), a)], COSET[f][mul(v, inv(b))], 0
        for w in weights.split(";"):
            k, above, below = [0, *map(int, w.split(","))][-3:]
            step = scales[k][i] - scales[k][j]
            n += step * (above if step > 0 else -below)
        n = n != 0 if "--plain" in sys.argv else n
        fired += [f"not (ab {words}): {n} against {f} coset"] * (n != 0)
        @SPEAK@
    return @SAID@, fired

def answer(said):
    return "=".join(@SHOWN@ for z in G if said[z] == min(said.values()))

def read(text):
    t = text.replace(" ", "").replace(",", "")
    x = E if t[:1] == "(" else @NAMED@
    for p in t.replace(")", "").split("(")[1:]:
        x = mul(x, "".join(p[(p.find(i) + 1) % len(p)] if i in p else i for i in E))
    return x if x in G else sys.exit("not an element: " + text)

if __name__ == "__main__":
    words = [w for w in sys.argv[1:] if w[:2] != "--"]
    for a in [] if words else G:
        print(*[answer(run(a, b)[0]) for b in G])
    if words:
        said, fired = run(*map(read, words)) if len(words) == 2 else sys.exit(__doc__)
        if "--why" in sys.argv:
            print(*fired, f"{sum(n > min(said.values()) for n in said.values())} ruled out, left:", sep="\\n")
        print(answer(said))
"""

_ALONE = """def inside(f, u, v):
    return [z for z in G if COSET[f][mul(inv(u), z)] == COSET[f][v]]"""
_SPEAK = """for z in inside(f, u, v):
            said[z] += n"""

_SHARED = """def against(f, u, v):  # in 99ths
    P = FAMILIES[f][2][:1 if "--plain" in sys.argv else None]
    number = {z: COSET[f][mul(mul(inv(u), z), inv(v))] for z in G}
    return [(z, P[i]) for z, i in number.items() if i < len(P)]"""
_SPEAK_SHARED = """for z, p in against(f, u, v):
            said[z] += n * p"""


def python_text(program: Program, name: str, says: str) -> str:
    """The file.

    Args:
        program: the program.
        name: of the network.
        says: how many of the network's answers it gives, in words.

    Returns:
        Python of the standard library; ASCII but for names of groups.

    Raises:
        Unsupported: if the group acts on too many points.
    """
    group, line = program.group, one_line(program.group)
    shared = any(family.shares for family in program.families)
    head = _HEAD.format(
        name=_plain(name),
        group=_plain(group.name),
        rules=plural(len(program.rules), "rule"),
        says=says,
        shares=", and 99ths of it against other uHxv" if shared else "",
    )
    generators = " ".join(line[g] for g in group.generators)
    named = not has_cycle_names(group)
    data = [f"GROUP, E, UNIT = {group.name!r}, {line[0]!r}, {program.unit!r}"]
    if named:
        data.append(f"NAMES = {dict(zip(group.labels, line, strict=True))}")
    if program.start:
        start = " ".join(str(program.start[i]) for i in sorted(range(group.order), key=line.__getitem__))
        data.append(f'START, WORTH = "{start}", {program.start_worth!r}  # against each of G beforehand')
    data.append(f"# H: generators, scales (values of Hx, by least x),{' 99ths against uHxv,' if shared else ''} rules:")
    data.append("# u v [scale,]weight above,below; in uHv if ab ..")
    families = "".join(_family(program, family, line, shared) for family in program.families)
    data.append("FAMILIES = {\n" + families + "}")
    worth = "99 * WORTH" if shared else "WORTH"
    summed = f"{{z: said[z] + int(n) * {worth} for z, n in zip(G, START.split())}}" if program.start else "said"
    body = (
        _BODY.replace("@GENERATORS@", repr(generators))
        .replace("@SAID@", summed)
        .replace("@AGAINST@", _SHARED if shared else _ALONE)
    )
    body = body.replace("@SPEAK@", _SPEAK_SHARED if shared else _SPEAK)
    body = body.replace("@NAMED@", "NAMES.get(text, t)" if named else 't.replace("e", E)')
    shown = "next(n for n, line in NAMES.items() if line == z)" if named else "z"
    return head + "\n".join(data) + "\n" + body.replace("@SHOWN@", shown)


def _family(program: Program, family: Family, line: tuple[str, ...], shared: bool) -> str:
    """One entry; the values in the order that the file's own elements have."""
    rows = coset_partition(program.subgroups[family.name], "right")
    order = sorted(range(len(family.scales[0])), key=lambda i: min(line[g] for g in (rows == i).nonzero()[0].tolist()))
    scales = str([[scale[i] for i in order] for scale in family.scales]).replace(" ", "")
    shares = str([family.shares[i] for i in order] if family.shares else [TOP]).replace(" ", "")
    values = f"{scales}, {shares}" if shared else scales
    rules = "".join(_rule(rule, line) for rule in program.rules if rule.family == family.name)
    generators = " ".join(line[g] for g in family.generators)
    return f'{family.name!r}: ("{generators}", {values}, """{rules}"""),\n'


def _rule(rule: Rule, line: tuple[str, ...]) -> str:
    weights = ";".join(f"{w.scale or ''},{w.above},{w.below}".lstrip(",") for w in rule.weights)
    return f"\n{line[rule.u]} {line[rule.v]} {weights} {_words(rule)}"


def _words(rule: Rule) -> str:
    """What ab does, without `ab`, as shortly as the file needs it."""
    says = rule.says.removeprefix("ab ")
    return f"takes {says[8:-15]}" if says.startswith("carries ") and says.endswith(" by conjugation") else says


def _plain(text: str) -> str:
    """A name without what could end a docstring."""
    return "".join(c if c.isprintable() and c not in "\"\\'{}" else "?" for c in text)[:80]
