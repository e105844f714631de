"""Figures of an analysis: `draw_*` takes results and returns matplotlib figures, `caption_*` says what they show.

A figure is one panel, or a tuple of panels that a page puts beside each other or, where it is narrow, under each other.
No function here computes a statistic or reads a file, and none changes matplotlib's global state.
"""

from cosetta.report.figures.accounts import caption_pareto, draw_pareto
from cosetta.report.figures.circuits import caption_coverage, caption_lifts, draw_coverage, draw_lifts
from cosetta.report.figures.exemplar import caption_exemplar, draw_blocks, draw_exemplar, draw_histograms, draw_out
from cosetta.report.figures.frequencies import caption_frequencies, draw_frequencies
from cosetta.report.figures.neuron import caption_neuron, draw_neuron
from cosetta.report.figures.population import (
    caption_acquisition,
    caption_grok_times,
    caption_shares,
    draw_acquisition,
    draw_grok_times,
    draw_shares,
)
from cosetta.report.figures.specimens import draw_specimen
from cosetta.report.figures.style import Caption, to_svg
from cosetta.report.figures.thresholds import caption_fractions, draw_fractions
from cosetta.report.figures.training import caption_training, draw_training
from cosetta.report.figures.worked import caption_parts, caption_votes, draw_parts, draw_votes

__all__ = [
    "Caption",
    "caption_acquisition",
    "caption_coverage",
    "caption_exemplar",
    "caption_fractions",
    "caption_frequencies",
    "caption_grok_times",
    "caption_lifts",
    "caption_neuron",
    "caption_pareto",
    "caption_parts",
    "caption_shares",
    "caption_training",
    "caption_votes",
    "draw_acquisition",
    "draw_blocks",
    "draw_coverage",
    "draw_exemplar",
    "draw_fractions",
    "draw_frequencies",
    "draw_grok_times",
    "draw_histograms",
    "draw_lifts",
    "draw_neuron",
    "draw_out",
    "draw_pareto",
    "draw_parts",
    "draw_shares",
    "draw_specimen",
    "draw_training",
    "draw_votes",
    "to_svg",
]
