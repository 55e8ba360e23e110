"""The rows of the library's engine and its environments: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from autosd.settings import kinds
from autosd.settings.rows import Setting
from autosd.settings.rows import names_of as _names

SANDBOX_BACKEND = Setting(
    "sandbox.backend",
    kinds.choice("venv", "docker"),
    "venv",
    "What an ephemeral environment runs in: this machine's sandbox with an environment of the project's requirements (venv), or a "
    "container of the Docker engine; where none answers, docker is refused.",
    _names("SANDBOX_BACKEND"),
)
SANDBOX_DOCKER_IMAGE = Setting(
    "sandbox.docker_image",
    kinds.TEXT,
    "python:3.11-slim",
    "Image that containers of SANDBOX_BACKEND=docker start from.",
    _names("SANDBOX_DOCKER_IMAGE"),
)
PATCH_WINDOW = Setting(
    "patches.baseline_window", kinds.integer(1, 1000), 10, "How many of the last kept patches a new one is held against (guide S2)."
)
PATCH_MEASURE_SECONDS = Setting(
    "patches.measure_seconds",
    kinds.number(0, 86_400),
    20.0,
    "How long a patch may be measured beside its base. Three to twelve pairs of runs are made; from eight on their time counts.",
)
PATCH_SYNC = Setting(
    "patches.sync",
    kinds.choice("off", "commit", "push"),
    "commit",
    "What becomes of a patch that was kept and written: a commit of its own files on review/<patch id>, beside your branch; with "
    "push it is pushed there too, where that is allowed. A default branch is never pushed.",
)
