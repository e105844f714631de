"""The neurons of one network: a tuple that can be turned into a table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, SupportsIndex, final, overload

from cosetta.results.coset import CosetFindings, CosetNeuron, OpenNeuron
from cosetta.results.neuron_rows import neuron_row
from cosetta.results.neurons import LiveNeuron, Neuron
from cosetta.shown import card, table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Neurons"]

SHOWN = 10
"""Rows of the table that a notebook shows; `to_frame` has all."""


@final
class Neurons(tuple[Neuron, ...]):
    """Neurons in their order in the network, with what the coset account found of them.

    Args:
        neurons: the neurons.
        coset: what the coset account found.

    Example:
        >>> from cosetta.results.neurons import DeadNeuron, NeuronFacts
        >>> neurons = Neurons([DeadNeuron(0, NeuronFacts(0.0, 1.0, "(2,1)", {}, {}, 0.0))])
        >>> neurons, neurons.to_frame()["status"].to_list()
        (Neurons(1, of which 0 live), ['dead'])
    """

    _coset: CosetFindings

    def __new__(cls, neurons: Iterable[Neuron] = (), coset: CosetFindings | None = None) -> "Neurons":
        """Keep the findings beside the neurons."""
        self = super().__new__(cls, neurons)
        self._coset = coset or CosetFindings()
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (tuple(self), self._coset)

    @overload
    def __getitem__(self, position: SupportsIndex, /) -> Neuron: ...
    @overload
    def __getitem__(self, position: slice, /) -> "Neurons": ...
    def __getitem__(self, position: SupportsIndex | slice, /) -> "Neuron | Neurons":
        """One neuron, or a slice of them."""
        found = super().__getitem__(position)
        return Neurons(found, self._coset) if isinstance(position, slice) else found  # pyright: ignore

    def to_frame(self) -> "pl.DataFrame":
        """A table with one row a neuron; `to_frame().to_pandas()` where pandas and pyarrow are installed.

        Returns:
            A polars frame. The columns of docs/census.md (`subgroup`, `irrep`, `strength`, `p_value`, ..), and
            `mirror_correlation`, the share of the power in the main irrep (`irrep_share`) and its rank share
            (`rank_share`) of left, the ids of the `accounts` that cover the neuron, and its `sentence`. Nothing is
            rounded; what does not apply is null. In pandas, whole numbers with gaps (`circuit`, `conjugate`) become
            floats and lists arrays; `to_pandas(use_pyarrow_extension_array=True)` keeps them.
        """
        import polars as pl

        whole, number, words = pl.Int64, pl.Float64, pl.String
        schema: dict[str, Any] = {"neuron": whole, "status": words, "subgroup": words}
        schema |= {"subgroup_order": whole, "conjugate": whole, "twisted": words, "irrep": words}
        schema |= dict.fromkeys(("strength", "silent_share", "fraction", "p_value", "mirror_residual", "leak"), number)
        schema |= {"shared_coset": whole, "circuit": whole, "right_subgroup": words, "out_subgroup": words}
        schema |= dict.fromkeys(("irrep_share", "rank_share", "mirror_correlation"), number)
        schema |= {"accounts": pl.List(words), "sentence": words}
        return pl.DataFrame([self._row(neuron) for neuron in self], schema=schema)

    def _row(self, neuron: Neuron) -> dict[str, Any]:
        facts, finding = neuron.facts, self._coset.by_neuron.get(neuron.neuron)
        return neuron_row(neuron, self._coset) | {
            "irrep_share": facts.irrep_shares.get("left", {}).get(facts.irrep),
            "rank_share": facts.rank_shares.get("left"),
            "mirror_correlation": facts.mirror_correlation,
            "accounts": list(neuron.accounts) if isinstance(neuron, LiveNeuron) else [],
            "sentence": _sentence(finding),
        }

    def __repr__(self) -> str:
        """How many, and how many of them live."""
        return f"Neurons({len(self)}, of which {sum(isinstance(neuron, LiveNeuron) for neuron in self)} live)"

    def _repr_html_(self) -> str:
        """The strongest neurons as a table."""
        strongest = sorted(self, key=lambda neuron: -neuron.facts.strength)[:SHOWN]
        rows = [
            (n.neuron, f"{100 * n.facts.strength:.2f} %", n.facts.irrep, _sentence(self._coset.by_neuron.get(n.neuron)))
            for n in strongest
        ]
        more = f"The strongest {len(rows)} of {len(self)}; `to_frame()` has all."
        return card(repr(self), more, tables=[table(("neuron", "strength", "irrep", "by cosets"), rows)])


def _sentence(finding: CosetNeuron | OpenNeuron | None) -> str:
    if finding is None:
        return ""
    return finding.sentence if isinstance(finding, CosetNeuron) else finding.reason
