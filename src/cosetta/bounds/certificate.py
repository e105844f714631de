"""A certificate on disk: plain data, written whole, read without trust, checked without torch.

certificate.json      the claim, how it was proven, the account as partitions and stages (docs/certificates.md)
"""

import json
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from cosetta.bounds import checker
from cosetta.errors import BadRun
from cosetta.files import FilePath, read_bytes, read_json, write_text

__all__ = ["SCHEMA", "Certificate", "check_certificate", "read_certificate", "write_certificate"]

SCHEMA = 1
"""Number of the layout of `certificate.json`."""

MAX_BYTES = 2**28
"""Largest certificate that is read: 256 MiB; one of S6 takes 1."""

MAX_WEIGHTS = 2**34
"""Largest file of weights that is read: 16 GiB."""


@final
@dataclass(frozen=True, eq=False)
class Certificate:
    """A proven claim about one network, as the plain data that the checker reads.

    Args:
        record: the content of `certificate.json`.
    """

    record: dict[str, Any]

    @property
    def pairs(self) -> int:
        """Number of all products, |G|^2."""
        return len(self.record["group"]["elements"]) ** 2

    @property
    def share(self) -> float:
        """Share of all products that are certified, in [0, 1]."""
        return self.record["claim"]["certified"] / self.pairs

    @property
    def work_share(self) -> float:
        """Work of the checker as a share of brute force, |G|^3 w multiply-adds; from what the checker checks alone."""
        stage = self.record["stages"][0]
        by_cosets = sum(len(ks) for _, groups in stage["leaves"] for group in groups for _, ks in group)
        width = by_cosets + len(stage["exact"]) + len(stage["dropped"])
        return self.record["claim"]["work"] / (len(self.record["group"]["elements"]) ** 3 * width)

    @property
    def is_cheaper(self) -> bool:
        """Whether an account made it cheaper than trying all."""
        last = self.record["stages"][0]
        return len(self.record["stages"]) > 1 or bool(last["leaves"] or last["pivots"] or not last["exact"])

    @property
    def sentence(self) -> str:
        """The claim in one line."""
        how = f"at {self.work_share:.2g} of the work of trying all" if self.is_cheaper else "by trying all"
        return f"at least {_percent(self.share)} of {self.pairs:,} products, proven {how}, in exact arithmetic"


def write_certificate(certificate: Certificate, path: FilePath) -> None:
    """Write a certificate as JSON, whole or not at all: one line for each of its parts.

    Args:
        certificate: the certificate.
        path: the file.

    Raises:
        OSError: if it cannot be written.
    """
    lines = (f'"{name}": {json.dumps(part, allow_nan=False)}' for name, part in certificate.record.items())
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_certificate(path: FilePath) -> Certificate:
    """Read a certificate; what it claims is not checked here.

    Args:
        path: the file.

    Returns:
        The certificate.

    Raises:
        BadRun: if the file is missing, damaged, or of another schema.
    """
    what, advice = "a whole certificate", "make it with `cosetta certify`"
    return Certificate(read_json(path, dict[str, Any], what=what, advice=advice, schema=SCHEMA, max_bytes=MAX_BYTES))


def check_certificate(path: FilePath, weights: FilePath) -> Certificate:
    """Derive a certificate's claim again from the weights.

    Args:
        path: the certificate.
        weights: the safetensors file that it is of.

    Returns:
        The certificate, if everything that it claims holds.

    Raises:
        BadRun: if a file is missing or damaged, or a bound does not hold; the message names the first pair that fails.
    """
    certificate = read_certificate(path)
    content = read_bytes(
        weights, what="a safetensors file", advice="name the file that it is of", max_bytes=MAX_WEIGHTS
    )
    try:
        checker.check(certificate.record, content)
    except checker.Refused as error:
        raise BadRun(f"`{path}` must prove its claim of `{weights}`; {error}") from error
    except (ValueError, LookupError, TypeError, ArithmeticError, AttributeError) as error:
        missing = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
        reason = " ".join(missing.split())[:200] or type(error).__name__
        raise BadRun(f"`{path}` and `{weights}` must be whole; {reason}: make the certificate again") from error
    return certificate


def _percent(share: float) -> str:
    """A share in per cent, rounded down: a floor stays one."""
    return "100 %" if share == 1 else f"{np.floor(share * 1e4) / 1e2:.2f} %"
