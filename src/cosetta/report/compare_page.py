"""The page of a comparison: one HTML file that needs nothing else, and runs no script.

All text is escaped by the template; a content security policy forbids scripts and anything from outside. The page
renders the comparison and computes nothing.
"""

import hashlib
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from markupsafe import Markup
from matplotlib.figure import Figure

from cosetta.report.figures import comparison as figures
from cosetta.report.figures.style import Caption
from cosetta.report.page import Plot, make_plot, page_environment, page_source
from cosetta.results import Agreement, ComparedNetwork, Comparison, Entry

__all__ = ["render_comparison"]

DRAWN = 8
"""Most networks that get a section with figures; the tables have all of them."""


class NetworkView(NamedTuple):
    """A network with its accounts and figures."""

    network: ComparedNetwork
    entries: tuple[Entry, ...]
    agreement: Agreement
    front: Plot
    who: Plot
    agree: Plot


def render_comparison(comparison: Comparison) -> str:
    """The page as text.

    Args:
        comparison: what to show.

    Returns:
        An HTML document without any outside reference; equal comparisons give equal text.

    Example:
        >>> page = render_comparison(Comparison((), (), (), skipped=("a <b>: no such file",)))
        >>> "a &lt;b&gt;: no such file" in page, "<script" in page
        (True, False)
    """
    environment = page_environment()
    numbers = count(1)
    overview = _plot(
        next(numbers),
        figures.draw_compared(comparison.networks, comparison.entries, comparison.accounts),
        figures.caption_compared(comparison.networks),
    )
    return environment.get_template("compare.html").render(
        comparison=comparison,
        style=Markup(page_source(environment, "report.css")),
        numbers={account.id: i for i, account in enumerate(comparison.accounts, 1)},
        overview=overview,
        views=tuple(_views(comparison, numbers)),
        networks={network.name: network for network in comparison.networks},
        digest=hashlib.sha256(comparison.to_json()).hexdigest(),
    )


def _views(comparison: Comparison, numbers: Iterator[int]) -> Iterator[NetworkView]:
    """The networks that are shown with figures."""
    agreements = {agreement.network: agreement for agreement in comparison.agreements}
    for network in comparison.networks[:DRAWN]:
        entries, agreement = comparison.of(network.name), agreements[network.name]
        yield NetworkView(
            network,
            entries,
            agreement,
            front=_plot(
                next(numbers),
                figures.draw_front(network, entries, comparison.accounts),
                figures.caption_front(network, entries),
            ),
            who=_plot(next(numbers), figures.draw_who(agreement, network), figures.caption_who(agreement, network)),
            agree=_plot(next(numbers), figures.draw_agreement(agreement), figures.caption_agreement(agreement)),
        )


def _plot(number: int, drawn: Figure | tuple[Figure, ...], caption: Caption) -> Plot:
    return make_plot(number, drawn, caption, f"c{number}")
