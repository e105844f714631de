"""The tables, figures and claims of Stander et al. 2023 (arXiv:2312.06581), from networks trained here."""
