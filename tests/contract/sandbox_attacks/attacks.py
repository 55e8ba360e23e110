"""The attacker: runs inside a sandbox, tries one way out and says whether it got there. Standard library only, bounded.

``python attacks.py NAME``; stdin says as JSON what the host laid out as bait. Prints ``{"out": bool, "detail": str}``.
"""

from __future__ import annotations

import json
import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    import bombs
    import reaching
    from registry import ATTACKS

    tables = (bombs, reaching)  # importing them fills ATTACKS
    out, detail = ATTACKS[sys.argv[1]](json.load(sys.stdin))
    json.dump({"out": out, "detail": detail}, sys.stdout)
