"""autosd: a governed self-coding system."""

__version__ = "0.1.0"
