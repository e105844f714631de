"""The table of docs/certificates.md is that of the committed rows, and no row claims more than was measured."""

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = json.loads((ROOT / "docs" / "certificates" / "certificates.json").read_text())["rows"]


def test_the_table_in_the_docs_is_that_of_the_rows(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    spec = importlib.util.spec_from_file_location("benchmark_of_certificates", ROOT / "benchmarks" / "certificates.py")
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    page = (ROOT / "docs" / "certificates.md").read_text()
    for line in benchmark.table(ROWS).splitlines():
        assert line in page


def test_no_row_claims_more_than_trying_all_found():
    assert ROWS
    for row in ROWS:
        assert row["exhaustive"] is None or row["certified"] <= row["exhaustive"], row["name"]
        assert row["work_share"] == row["work"] / row["brute_force_work"]
