"""Provenance: what is signed of a change (``parts``, ``statement``), how it is kept (``envelope``), and what it proves (``verifying``)."""
