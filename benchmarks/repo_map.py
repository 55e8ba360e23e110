"""Asks the repository map of aider-chat: runs under an interpreter that has it, reads questions on stdin, prints ranked definitions.

What the agent itself does with a request is done here: words of the text are the identifiers it mentions, and file names in it count.
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path

with contextlib.redirect_stdout(io.StringIO()):
    from aider.io import InputOutput
    from aider.repomap import RepoMap


class Model:
    """What the map asks of a model: how long a text is."""

    def token_count(self, text):
        return len(text) / 4


def ranked(tree, words, maps):
    """Path and line of definitions, best first."""
    root = Path(tree)
    files = [str(file) for file in sorted(root.rglob("*.py"))]
    if tree not in maps:
        maps[tree] = RepoMap(map_tokens=4096, root=tree, main_model=Model(), io=InputOutput(yes=True, pretty=False), refresh="files")
    map_ = maps[tree]
    idents = set(re.split(r"\W+", words))
    stems = {word.lower() for word in idents if len(word) >= 5}
    mentioned = {str(Path(file).relative_to(root)) for file in files if Path(file).stem.lower() in stems}
    tags = map_.get_ranked_tags([], files, mentioned, idents)
    return [(tag.rel_fname, tag.line + 1) for tag in tags if len(tag) > 1 and tag.kind == "def"]


def main():
    maps = {}
    answers = []
    for question in json.load(sys.stdin):
        with contextlib.redirect_stdout(io.StringIO()):
            tags = ranked(question["tree"], question["words"], maps)
        answers.append({**question, "tags": tags[:40]})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
