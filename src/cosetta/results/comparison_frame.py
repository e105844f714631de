"""A comparison as a table: one row a network and account."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["comparison_frame"]


def comparison_frame(networks: Iterable[Any], entries: Iterable[Any]) -> "pl.DataFrame":
    """One row a network and account, which pandas and DuckDB read without us.

    Args:
        networks: the networks of a comparison (untyped, since `comparison.py` imports this file).
        entries: its entries.

    Returns:
        The table; null where an account could not be fitted or has no control.

    Example:
        >>> comparison_frame([], []).columns[:3]
        ['network', 'group', 'width']
    """
    import polars as pl

    facts = {network.name: network for network in networks}
    rows = []
    for entry in entries:
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
    text, whole, truth, number = pl.String, pl.Int64, pl.Boolean, pl.Float64
    schema = {
        "network": text,
        "group": text,
        "width": whole,
        "live": whole,
        "network_accuracy": number,
        "network_loss": number,
        "account": text,
        "refused": text,
        "neurons": whole,
        "strength": number,
        "bits": number,
        "accuracy": number,
        "loss": number,
        "recovered": number,
        "recovered_low": number,
        "recovered_high": number,
        "fidelity": number,
        "control_draws": whole,
        "control_recovered": number,
        "control_low": number,
        "control_high": number,
        "control_fidelity": number,
        "verdict": text,
        "best": truth,
        "on_front": truth,
        "on_logit_front": truth,
        "exchange_moved": number,
        "exchange_loss": number,
        "exchange_control_loss": number,
        "exchange_verdict": text,
    }
    return pl.DataFrame(rows, schema=schema)
