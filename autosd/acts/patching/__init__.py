"""Patches in the sense of guide S2: weighed, and tried in environments of their own."""
