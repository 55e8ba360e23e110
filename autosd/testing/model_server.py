"""``python -m autosd.testing.model_server``: a model provider of this machine that answers from a script, for trying things by hand.

The script is a JSON list, one entry for each request in order:
  "a text"                                       the reply
  {"text": "...", "delay": 1.5}                  fields of an answer (autosd.testing.Answer): text, calls, finish, usage, status, kind,
                                                 headers, delay, drip, cut, hang_up, raw, refusal
  {"calls": [{"name": "read", "arguments": {"path": "a.py"}}]}
  {"status": 429, "text": "slow down", "headers": {"retry-after": "2"}}
  {"anything": "else"}                           the object itself, as JSON text (the form of --mock-responses-file)
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import Any

from autosd.testing.serving import ModelServer

__all__ = ["ModelServer", "main"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autosd.testing.model_server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--script", type=Path, help="JSON list of answers; left out: every request is answered with 'hello'")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--repeat", action="store_true", help="go on with the last answer for ever")
    parser.add_argument("--key", default="", help="answer 401 to requests that bring another key")
    given = parser.parse_args(arguments)
    try:
        script = _read(given.script) if given.script else ["hello"]
        server = ModelServer(script, port=given.port, repeat=given.repeat or not given.script, key=given.key)
    except (OSError, OverflowError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{given.script or f'port {given.port}'}: {error}\n")
        return 2
    with server:
        sys.stdout.write(f"listening on {server.url} (OpenAI chat completions and Anthropic messages); Ctrl-C ends it\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _read(path: Path) -> list[Any]:
    value = json.loads(path.read_text("utf-8"))
    if not isinstance(value, list):
        raise ValueError("a script is a JSON list of answers")
    return value


if __name__ == "__main__":
    sys.exit(main())
