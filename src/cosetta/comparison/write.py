"""The comparison on disk: `compare.json`, `compare.parquet` and `compare.html`, all of them new or none."""

from pathlib import Path

import polars as pl

from cosetta.files import FilePath, write_table, write_together
from cosetta.report.compare_page import render_comparison
from cosetta.results import Comparison

__all__ = ["comparison_table", "write_comparison"]


def write_comparison(comparison: Comparison, folder: FilePath) -> None:
    """Write the three files; `compare.json` is renamed last, so a folder with a new one has all of them new.

    Args:
        comparison: what to write.
        folder: where the files go; made if missing.

    Raises:
        OSError: if a file cannot be written; then none is changed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = render_comparison(comparison)
    table = comparison_table(comparison)
    write_together(
        [
            (folder / "compare.parquet", lambda path: write_table(path, table, compression="zstd")),
            (folder / "compare.html", lambda path: path.write_text(page, encoding="utf-8")),
            (folder / "compare.json", lambda path: path.write_bytes(comparison.to_json())),
        ]
    )


def comparison_table(comparison: Comparison) -> pl.DataFrame:
    """One row a network and account, which pandas and DuckDB read without us.

    Args:
        comparison: what to tabulate.

    Returns:
        The table; null where an account could not be fitted or has no control.
    """
    facts = {network.name: network for network in comparison.networks}
    rows = []
    for entry in comparison.entries:
        network, control, exchange = facts[entry.network], entry.control, entry.exchange
        low, high = entry.recovered_interval or (None, None)
        rows.append(
            {
                "network": entry.network,
                "group": network.group,
                "width": network.width,
                "live": len(network.live),
                "network_accuracy": network.accuracy,
                "network_loss": network.loss,
                "account": entry.account,
                "refused": entry.refused,
                "neurons": entry.neurons,
                "strength": entry.strength,
                "bits": entry.bits,
                "accuracy": entry.accuracy,
                "loss": entry.loss,
                "recovered": entry.recovered,
                "recovered_low": low,
                "recovered_high": high,
                "fidelity": entry.fidelity,
                "control_draws": control.draws if control else None,
                "control_recovered": control.recovered if control else None,
                "control_low": control.recovered_interval[0] if control else None,
                "control_high": control.recovered_interval[1] if control else None,
                "control_fidelity": control.fidelity if control else None,
                "verdict": entry.verdict,
                "best": entry.account == network.best,
                "on_front": entry.on_front,
                "on_logit_front": entry.on_logit_front,
                "exchange_moved": exchange.moved if exchange else None,
                "exchange_loss": exchange.loss if exchange else None,
                "exchange_control_loss": exchange.control_loss if exchange else None,
                "exchange_verdict": exchange.verdict if exchange else None,
            }
        )
    return pl.DataFrame(rows, schema=_COLUMNS)


_TEXT, _WHOLE, _TRUTH, _NUMBER = pl.String, pl.Int64, pl.Boolean, pl.Float64
_COLUMNS = {
    "network": _TEXT,
    "group": _TEXT,
    "width": _WHOLE,
    "live": _WHOLE,
    "network_accuracy": _NUMBER,
    "network_loss": _NUMBER,
    "account": _TEXT,
    "refused": _TEXT,
    "neurons": _WHOLE,
    "strength": _NUMBER,
    "bits": _NUMBER,
    "accuracy": _NUMBER,
    "loss": _NUMBER,
    "recovered": _NUMBER,
    "recovered_low": _NUMBER,
    "recovered_high": _NUMBER,
    "fidelity": _NUMBER,
    "control_draws": _WHOLE,
    "control_recovered": _NUMBER,
    "control_low": _NUMBER,
    "control_high": _NUMBER,
    "control_fidelity": _NUMBER,
    "verdict": _TEXT,
    "best": _TRUTH,
    "on_front": _TRUTH,
    "on_logit_front": _TRUTH,
    "exchange_moved": _NUMBER,
    "exchange_loss": _NUMBER,
    "exchange_control_loss": _NUMBER,
    "exchange_verdict": _TEXT,
}
