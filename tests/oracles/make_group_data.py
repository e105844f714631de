"""Make the catalogue of small groups and the oracle of group facts with GAP (python make_group_data.py).

Needs `pip install passagemath-gap`; nothing else of this project is imported. Writes

- src/cosetta/groups/data/small_groups.json.gz: id, structure and permutation generators of all groups of order <= 63;
- tests/oracles/groups.json: facts about the same groups and some larger ones, with provenance.

GAP multiplies permutations with the left factor first. A set of generators makes the same set of permutations either
way, and classes, subgroups and characters do not tell a group from its opposite, so nothing has to be converted.
"""

import datetime
import gzip
import io
import json
import sys
from math import cos, pi
from pathlib import Path

from passagemath_gap import libgap

ROOT = Path(__file__).parents[2]
LARGEST = 63
TABLES_UP_TO = 63
NATURAL = ("S5", "A6", "S6")  # act on the same points in GAP as here, so that classes can be matched by elements
LARGER = {
    "SL(2,5)": "SL(2,5)",
    "GL(2,3)": "GL(2,3)",
    "S5": "SymmetricGroup(5)",
    "A6": "AlternatingGroup(6)",
    "S6": "SymmetricGroup(6)",
    "A7": "AlternatingGroup(7)",
    "M11": "MathieuGroup(11)",
    "PSL(2,7)": "PSL(2,7)",
    "PSL(2,8)": "PSL(2,8)",
    "PSL(2,9)": "PSL(2,9)",
    "PSL(2,11)": "PSL(2,11)",
    "PSL(3,3)": "PSL(3,3)",
    "PGL(2,7)": "PGL(2,7)",
    "AGL(1,8)": "CosettaAGL(1,8)",
    "AGL(1,9)": "CosettaAGL(1,9)",
    "AGL(2,3)": "CosettaAGL(2,3)",
    "GL(2,4)": "GL(2,4)",
    "SL(2,7)": "SL(2,7)",
    "S3wrC2": "WreathProduct(SymmetricGroup(3),CyclicGroup(IsPermGroup,2))",
    "C2wrS3": "WreathProduct(CyclicGroup(IsPermGroup,2),SymmetricGroup(3))",
    "C3wrC3": "WreathProduct(CyclicGroup(IsPermGroup,3),CyclicGroup(IsPermGroup,3))",
    "Heis(3)": "SmallGroup(27,3)",
    "Heis(5)": "SmallGroup(125,3)",
    "Q8xS3": "DirectProduct(SmallGroup(8,4),SymmetricGroup(3))",
    "F42": "SmallGroup(42,1)",
    "Aff(8)": "SmallGroup(32,43)",
}
"""Name in Cosetta: the same group in GAP."""

AGL = """
CosettaAGL := function(n, q)
  local field, space, linear, points, moves;
  field := GF(q); space := field^n; linear := GL(n, q); points := Elements(space);
  moves := List(GeneratorsOfGroup(linear), m -> PermList(List(points, v -> Position(points, v * m))));
  Append(moves, List(Cartesian(List([1..n], i -> Elements(field))),
    t -> PermList(List(points, v -> Position(points, v + t)))));
  return Group(moves);
end;
"""

FACTS = """
CosettaFacts := function(G, lattice)
  local found, classes, characters, subgroups;
  found := rec(order := Size(G), structure := StructureDescription(G), centre := Size(Centre(G)),
    derived := Size(DerivedSubgroup(G)), abelianisation := AbelianInvariants(G));
  classes := ConjugacyClasses(G);
  found.classes := SortedList(List(classes, c -> [Order(Representative(c)), Size(c)]));
  characters := Irr(G);
  found.characters := SortedList(List(characters, c -> [c[1], Indicator(CharacterTable(G), [c], 2)[1]]));
  if lattice then
    subgroups := ConjugacyClassesSubgroups(G);
    found.subgroups := Sum(subgroups, Size);
    found.subgroup_classes := SortedList(List(subgroups, c -> [Size(Representative(c)), Size(c)]));
    found.two_transitive := SortedList(List(Filtered(subgroups, c -> Size(Representative(c)) < Size(G)
      and RankAction(G, RightCosets(G, Representative(c)), OnRight) = 2), c -> Size(Representative(c))));
  fi;
  return found;
end;
"""

PERMUTED = """
CosettaPermuted := function(G)
  if not IsPermGroup(G) then G := Image(IsomorphismPermGroup(G)); fi;
  return Image(SmallerDegreePermutationRepresentation(G));
end;
CosettaShort := function(G)
  if IsSolvableGroup(G) then return MinimalGeneratingSet(G); fi;
  return SmallGeneratingSet(G);
end;
CosettaImages := function(G, elements)
  local degree;
  degree := Maximum(1, LargestMovedPoint(G));
  return List(elements, g -> ListPerm(g, degree));
end;
"""


def main() -> None:
    """Write both files."""
    for statement in (AGL + FACTS + PERMUTED).split("\nend;\n")[:-1]:
        libgap.eval(statement.strip() + "\nend;")
    facts, permuted, short, images = (libgap.eval(f"Cosetta{f}") for f in ("Facts", "Permuted", "Short", "Images"))
    catalogue, oracle = [], {}
    for order in range(1, LARGEST + 1):
        for number in range(1, int(libgap.NrSmallGroups(order)) + 1):
            G = permuted(libgap.SmallGroup(order, number))
            found = facts(G, True).sage()
            generators = [[int(i) - 1 for i in g] for g in images(G, short(G)).sage()]
            catalogue.append([order, number, found["structure"].replace(" ", ""), generators])
            if order <= TABLES_UP_TO and not G.IsAbelian():
                found["table"] = table(G, images)
            oracle[f"SmallGroup({order},{number})"] = plain(found)
    for name, source in LARGER.items():
        print(name, file=sys.stderr)
        G = permuted(libgap.eval(source))
        found = facts(G, True).sage()
        if name in NATURAL:
            found["table"] = table(G, images)
        oracle[name] = plain(found)
    made = {
        "made_by": "tests/oracles/make_group_data.py",
        "system": f"GAP {libgap.eval('GAPInfo.Version')}",
        "date": datetime.date.today().isoformat(),
    }
    target = ROOT / "src/cosetta/groups/data/small_groups.json.gz"
    target.parent.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as file:
        file.write(json.dumps(made | {"groups": catalogue}, separators=(",", ":")).encode())
    target.write_bytes(buffer.getvalue())
    lines = [f"{json.dumps(name)}: {json.dumps(found, separators=(',', ':'))}" for name, found in oracle.items()]
    text = json.dumps(made)[:-1] + ',\n"groups": {\n' + ",\n".join(lines) + "\n}}\n"
    (ROOT / "tests/oracles/groups.json").write_text(text)


def table(G, images) -> dict:
    """Class representatives as 0-based one-line images and the real parts of the complex characters on them."""
    characters = G.CharacterTable()
    classes = [c.Representative() for c in characters.ConjugacyClasses()]
    representatives = [[int(i) - 1 for i in g] for g in images(G, classes).sage()]
    return {"representatives": representatives, "real_parts": real_values(G)}


def real_values(G) -> list[list[float]]:
    """Real parts, as sums of cosines of the coefficients of roots of unity."""
    rows = []
    for chi in G.CharacterTable().Irr():
        row = []
        for x in chi.List():
            n = int(x.Conductor())
            coefficients = [float(c) for c in x.CoeffsCyc(n).sage()]
            value = round(sum(c * cos(2 * pi * k / n) for k, c in enumerate(coefficients)), 6) + 0.0
            row.append(int(value) if value.is_integer() else value)
        rows.append(row)
    return rows


def plain(found: dict) -> dict:
    """GAP's records as plain JSON values."""
    return json.loads(json.dumps(found, default=int))


if __name__ == "__main__":
    main()
