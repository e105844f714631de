"""Make the catalogue of the groups of order 64 to 511 with GAP (python make_small_groups.py; ten minutes).

Needs `pip install passagemath-gap`; nothing else of this project is imported. Writes

- tests/oracles/small_groups.json: facts about a random sample of these groups;
- src/cosetta/groups/data/small_groups_64_511.xz: all 92,485 groups in 150 kB.

Solvable groups are polycyclic presentations (`polycyclic.py` says what the numbers mean), the others permutation
generators. After one line of JSON (provenance, number of groups of each order, permutations by "order,number") come the
presentations in the order of the library, each as primes, powers, conjugates; a number takes one byte up to order 256
and two beyond, most significant first.
"""

import datetime
import json
import lzma
import random
import sys
from pathlib import Path

TARGET = Path(__file__).parents[2] / "src/cosetta/groups/data/small_groups_64_511.xz"
FIRST, LAST = 64, 511

CODE = """
function(G)
  local pcgs, primes, n, number, conjugates, i, j;
  if not IsSolvableGroup(G) then return fail; fi;
  pcgs := FamilyPcgs(G); primes := RelativeOrders(pcgs); n := Length(pcgs);
  number := function(g)
    local exponents, value, k;
    exponents := ExponentsOfPcElement(pcgs, g); value := 0;
    for k in [1..n] do value := value * primes[k] + exponents[k]; od;
    return value;
  end;
  conjugates := [];
  for i in [1..n] do for j in [i + 1..n] do Add(conjugates, number(pcgs[j]^pcgs[i])); od; od;
  return [primes, List([1..n], i -> number(pcgs[i]^primes[i])), conjugates];
end
"""

FACTS = """
function(G)
  return [NrConjugacyClasses(G), Size(Centre(G)), Size(DerivedSubgroup(G)), AbelianInvariants(G),
    Collected(List(Elements(G), Order))];
end
"""

SAMPLE = 150
"""Groups whose facts are written."""

PERMUTATIONS = """
function(G)
  local H;
  H := Image(SmallerDegreePermutationRepresentation(Image(IsomorphismPermGroup(G))));
  return List(SmallGeneratingSet(H), g -> ListPerm(g, LargestMovedPoint(H)));
end
"""


def main() -> None:
    """Ask GAP for every group and write the file."""
    from passagemath_gap import libgap

    libgap.LoadPackage("smallgrp")
    code, images = libgap.eval(CODE), libgap.eval(PERMUTATIONS)
    counts, permutations, packed = [], {}, bytearray()
    for order in range(FIRST, LAST + 1):
        counts.append(int(libgap.NrSmallGroups(order)))
        print(order, counts[-1], file=sys.stderr, flush=True)
        for number in range(1, counts[-1] + 1):
            G = libgap.SmallGroup(order, number)
            found = code(G)
            if str(found) == "fail":
                permutations[f"{order},{number}"] = [[int(i) - 1 for i in g] for g in images(G)]
            else:
                packed += presentation_bytes(order, [[int(x) for x in part] for part in found])
    version = str(libgap.eval("GAPInfo.Version"))
    write(counts, permutations, bytes(packed), version)
    write_facts(libgap, counts, version)


def write_facts(libgap, counts: list[int], version: str) -> None:
    """Classes, centre, derived subgroup, abelian invariants and orders of the elements of a sample of the groups."""
    facts, draw, rows = libgap.eval(FACTS), random.Random(0), {}
    for order in sorted([*draw.sample(range(FIRST, LAST + 1), SAMPLE), 120, 168, 240, 336, 360]):
        number = draw.randint(1, counts[order - FIRST])
        rows[f"SmallGroup({order},{number})"] = json.loads(str(facts(libgap.SmallGroup(order, number))))
    lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in rows.items()]
    made = {"made_by": "tests/oracles/make_small_groups.py", "system": f"GAP {version}"}
    text = json.dumps(made)[:-1] + ',\n"groups": {\n' + ",\n".join(lines) + "\n}}\n"
    (Path(__file__).parent / "small_groups.json").write_text(text)


def presentation_bytes(order: int, parts: list[list[int]]) -> bytes:
    """Primes, powers and conjugates as bytes."""
    return b"".join(x.to_bytes(1 if order <= 256 else 2, "big") for part in parts for x in part)


def write(counts: list[int], permutations: dict[str, list[list[int]]], packed: bytes, version: str) -> None:
    """Write the file."""
    head = {
        "made_by": "tests/oracles/make_small_groups.py",
        "system": f"GAP {version}",
        "date": datetime.date.today().isoformat(),
        "first": FIRST,
        "counts": counts,
        "permutations": permutations,
    }
    text = json.dumps(head, separators=(",", ":")).encode() + b"\n"
    TARGET.write_bytes(lzma.compress(text + packed, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
