"""Why an exchange must not be shown to a model again: orders to a model, dangerous code, a license that binds who copies."""

from __future__ import annotations

import re

#: Only what hardly ever stands in an honest exchange about a change: what is kept back cannot help.
_SIGNS = {
    "injection": re.compile(
        r"(?i)\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|the|these|of|your|my|other|previous|prior|earlier|above|system)\s+){1,5}"
        r"(?:instructions?|prompts?|orders)\b|<\|im_(?:start|end)\|>|\bBEGIN SYSTEM PROMPT\b|"
        r"\byou are now (?:DAN|in developer mode)\b"
    ),
    "risk:deletes_all": re.compile(r"\brm\s+-[a-zA-Z]*r[a-zA-Z]*\s+(?:/|~|\$HOME)(?:\s|$|\*)|\bshutil\.rmtree\(\s*[\"']/[\"']"),
    "risk:runs_download": re.compile(r"(?:curl|wget)\b[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"),
    "risk:runs_data": re.compile(
        r"\b(?:eval|exec)\(\s*(?:base64|codecs|zlib|requests|urllib|input)\b|\bpickle\.loads\(\s*(?:requests|urllib|request)\b"
    ),
    "risk:unverified": re.compile(r"\bverify\s*=\s*False\b|\b_create_unverified_context\b"),
    "license:gpl": re.compile(r"(?i)\bGNU (?:Affero |Lesser )?General Public License\b|SPDX-License-Identifier:\s*(?:[AL]?GPL)"),
    "license:proprietary": re.compile(
        r"(?i)\ball rights reserved\b[^\n]{0,80}\b(?:confidential|proprietary)\b|\bproprietary and confidential\b"
    ),
}


def alerts_of(*texts: str) -> tuple[str, ...]:
    """The names of the signs that any of ``texts`` shows, sorted."""
    return tuple(sorted(name for name, sign in _SIGNS.items() if any(sign.search(text) for text in texts)))
