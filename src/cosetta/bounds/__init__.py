"""Proofs about a network: what finds a certificate, and apart from it what checks one."""
