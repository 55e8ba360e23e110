"""Approvals: what a yes is bound to (``seals``), and who may say it (``voting``)."""
