"""Figures, the one-file HTML report and the terminal summary of an analysis.

Everything here renders `cosetta.results.Analysis` and computes nothing of its own. Importing this package loads neither
torch nor matplotlib; use `from cosetta.report.html import write_report`.
"""
