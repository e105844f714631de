"""Many networks under every account on one protocol: the content of `compare.json`.

The table, the page and the tests read these objects and compute nothing of their own.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, final

from pydantic import TypeAdapter

from cosetta.results.arena import Draws, Exchange, Standing
from cosetta.results.comparison_frame import comparison_frame
from cosetta.shown import card, short_repr, table

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Agreement",
    "ComparedAccount",
    "ComparedNetwork",
    "Comparison",
    "Entry",
    "IrrepMeasures",
    "Mean",
    "Relation",
    "Summary",
    "Uncovered",
]

COMPARISON_SCHEMA = 1
"""Number of the layout of `compare.json`; raised when a field changes its meaning."""


@final
@dataclass(frozen=True)
class IrrepMeasures:
    """What irreps explain of a network, in the manner of Chughtai et al.; shares are in [0, 1].

    Args:
        key: irreps whose character has a cosine above the bar with the centred logits, strongest first.
        similarity: cosine of the centred logits with chi(ab z^-1), by irrep, in [-1, 1].
        hidden: share of the centred activations that rho(a), rho(b) and rho(ab) explain together, by irrep.
        product: share that rho(ab) alone explains, by irrep.
    """

    key: tuple[str, ...]
    similarity: dict[str, float]
    hidden: dict[str, float]
    product: dict[str, float]
    __repr__ = short_repr

    @property
    def hidden_share(self) -> float:
        """Share of the centred activations that the key irreps explain, in [0, 1]."""
        return sum(self.hidden[name] for name in self.key)


@final
@dataclass(frozen=True)
class ComparedAccount:
    """An account that was tried on every network.

    Args:
        id: its stable id.
        title: its name in words.
        claim: what it says of a neuron.
        source: where it is from.
    """

    id: str
    title: str
    claim: str
    source: str


@final
@dataclass(frozen=True)
class Uncovered:
    """A live neuron that no account of neurons covers, and what was found instead.

    Args:
        neuron: its position.
        strength: its share of the variance of the logits, in [0, 1].
        irrep: irrep with the most power in left.
        power: that power's share in left and in right, in [0, 1].
        rank: share of that power in the first singular pair, in left and in right; None if it was not measured.
    """

    neuron: int
    strength: float
    irrep: str
    power: tuple[float, float]
    rank: tuple[float, float] | None
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Relation:
    """Two accounts that cover the same neurons, or one all that the other covers.

    Args:
        first: id of an account.
        second: id of another.
        kind: `coincide`, or `inside`: whatever the first covers the second covers too; each but for a hundredth of the
            strength.
        labels: the commonest pairs of labels that the two give a neuron, with the number of neurons.
    """

    first: str
    second: str
    kind: Literal["coincide", "inside"]
    labels: tuple[tuple[str, str, int], ...]


@final
@dataclass(frozen=True)
class Agreement:
    """Where accounts of one network cover the same neurons.

    Args:
        network: its name.
        accounts: ids of the accounts that speak of neurons: each covers some, and its ideal keeps more of at least one
            of them than the mean does.
        overlap: for each two of them the strength of the neurons that both cover over that of the neurons that one of
            them covers, in [0, 1]; 1 is coincidence.
        covered: for each of them the positions of the neurons that it covers.
        relations: which of them coincide, and which lie inside another.
    """

    network: str
    accounts: tuple[str, ...]
    overlap: tuple[tuple[float, ...], ...]
    covered: tuple[tuple[int, ...], ...]
    relations: tuple[Relation, ...] = ()
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class ComparedNetwork:
    """The facts of one network, and what all accounts together leave open.

    Args:
        name: its name, unique in the comparison.
        source: the file or folder it was read from.
        group: name of its group.
        order: number of elements.
        width: number of neurons.
        live: positions of the neurons that move a logit.
        strength: of each live neuron, in [0, 1].
        activation: name of the activation.
        accuracy: on all pairs or a sample, in [0, 1].
        loss: cross-entropy, nats.
        pairs: number of pairs that the ideals were scored on.
        total_pairs: |G|^2.
        lookup_bits: size of the multiplication table.
        best: id of the shortest account that holds and reproduces the logits; empty if there is none.
        irreps: what irreps explain; None if the weights are not at hand.
        power: share of the strength of the live neurons by their main irrep.
        uncovered: the neurons that no account of neurons covers, strongest first.
    """

    name: str
    source: str
    group: str
    order: int
    width: int
    live: tuple[int, ...]
    strength: tuple[float, ...]
    activation: str
    accuracy: float
    loss: float
    pairs: int
    total_pairs: int
    lookup_bits: float
    best: str
    irreps: IrrepMeasures | None
    power: dict[str, float]
    uncovered: tuple[Uncovered, ...]
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Entry:
    """One account of one network: what it covers, what it costs, and what its ideal does with everything else gone.

    Args:
        network: name of the network.
        account: id of the account.
        refused: why it could not be fitted, or an empty string; numbers are then None.
        neurons: number of neurons that it covers.
        strength: their share of the strength, in [0, 1].
        bits: description length.
        accuracy: of the covered neurons alone, idealised, in [0, 1].
        loss: the same, nats.
        recovered: share of the loss between nothing and the network that is recovered, at least 0.
        recovered_interval: its 95 % interval over pairs.
        fidelity: share of the variance of the network's centred logits that is reproduced, at most 1.
        control: the same with wrong content.
        verdict: `holds`, `fails`, `cannot tell` or `not applicable`.
        on_front: whether every account of the network with fewer bits recovers less.
        on_logit_front: whether every account of the network with fewer bits reproduces less of the logits.
        exchange: the equivalence test, if the account states an equivalence.
    """

    network: str
    account: str
    refused: str = ""
    neurons: int = 0
    strength: float = 0.0
    bits: float | None = None
    accuracy: float | None = None
    loss: float | None = None
    recovered: float | None = None
    recovered_interval: tuple[float, float] | None = None
    fidelity: float | None = None
    control: Draws | None = None
    verdict: Standing = "not applicable"
    on_front: bool = False
    on_logit_front: bool = False
    exchange: Exchange | None = None
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Mean:
    """A mean over networks.

    Args:
        value: the mean.
        low: lower end of its 95 % interval, a bootstrap over networks; None with fewer than five.
        high: upper end.
    """

    value: float
    low: float | None = None
    high: float | None = None


@final
@dataclass(frozen=True)
class Summary:
    """One account over the networks of one group.

    Args:
        group: name of the group.
        account: id of the account.
        networks: number of networks that it could be fitted to.
        holds: on how many it holds.
        fails: on how many it fails.
        best: on how many it is the best account.
        strength: mean share of the strength that it covers.
        bits: mean description length.
        accuracy: mean accuracy of its ideal alone.
        recovered: mean recovered share.
        fidelity: mean fidelity.
        above: accounts over which its recovered share lies with intervals apart.
        below: accounts under which it lies with intervals apart; all others cannot be told from it.
    """

    group: str
    account: str
    networks: int
    holds: int
    fails: int
    best: int
    strength: Mean
    bits: Mean
    accuracy: Mean
    recovered: Mean
    fidelity: Mean
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    __repr__ = short_repr


@final
@dataclass(frozen=True)
class Comparison:
    """Every account on every network.

    Args:
        accounts: the accounts, in the order of the tables.
        networks: the networks, in the order in which they were named.
        entries: one a network and account.
        summaries: accounts over the networks of each group that has several.
        agreements: one a network.
        skipped: one line for everything that could not be compared, which names it.
        thresholds: of the analyses.
        command: the command that makes this comparison again.
        version: of Cosetta.
        schema: number of this layout.
    """

    accounts: tuple[ComparedAccount, ...]
    networks: tuple[ComparedNetwork, ...]
    entries: tuple[Entry, ...]
    summaries: tuple[Summary, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    skipped: tuple[str, ...] = ()
    thresholds: dict[str, float | int | bool] = field(default_factory=dict)
    command: str = ""
    version: str = ""
    schema: int = COMPARISON_SCHEMA
    __repr__ = short_repr

    def to_frame(self) -> "pl.DataFrame":
        """One row a network and account, the content of `compare.parquet`.

        Returns:
            A polars frame; null where an account could not be fitted or has no control.
        """
        return comparison_frame(self.networks, self.entries)

    def _repr_html_(self) -> str:
        """Share of the loss that each account recovers, and its bits, as a notebook shows it."""
        names = [network.name for network in self.networks]
        rows = []
        for account in self.accounts:
            found = {entry.network: entry for entry in self.entries if entry.account == account.id}
            rows.append([account.title, *(_cell(found[name]) if name in found else "" for name in names)])
        best = [["shortest that holds", *(network.best or "none" for network in self.networks)]]
        facts = [["accuracy", *(f"{100 * network.accuracy:.2f} %" for network in self.networks)]]
        said = "Alone, each account as its ideal: share of the loss that it recovers, share of the strength, bits."
        shown = table(("account", *names), facts + rows + best)
        return card(f"{len(names)} networks under {len(self.accounts)} accounts", said, *self.skipped, tables=[shown])

    def entry(self, network: str, account: str) -> Entry:
        """One account of one network.

        Args:
            network: name of the network.
            account: id of the account.

        Returns:
            The entry.

        Raises:
            KeyError: if there is none; the message names the networks and accounts that there are.
        """
        for entry in self.entries:
            if (entry.network, entry.account) == (network, account):
                return entry
        names, ids = [n.name for n in self.networks], [a.id for a in self.accounts]
        raise KeyError(f"no entry {network} / {account}; there are {', '.join(names)} / {', '.join(ids)}")

    def of(self, network: str) -> tuple[Entry, ...]:
        """The entries of one network.

        Args:
            network: its name.

        Returns:
            One entry an account, in the order of the accounts.
        """
        return tuple(entry for entry in self.entries if entry.network == network)

    def to_json(self) -> bytes:
        """The comparison as JSON, the content of `compare.json`.

        Returns:
            UTF-8 text.
        """
        return _COMPARISON.dump_json(self, indent=1)


def _cell(entry: Entry) -> str:
    if entry.refused or entry.recovered is None:
        return "cannot be stated"
    bits = "" if entry.bits is None else f", {entry.bits:,.0f} bits"
    return f"{entry.verdict}: {100 * entry.recovered:.1f} %, {100 * entry.strength:.1f} %{bits}"


_COMPARISON = TypeAdapter(Comparison)
