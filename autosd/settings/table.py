"""Every setting, one row each: its name, the environment names it answers to, its kind, default and sentence.

A row answers to ``AUTOSD_<NAME>`` (dots become underscores) and to the names that the guides use for it. Add a row here and it
works in ``autosd.toml``, in the environment and as an option, and appears in ``docs/reference/settings.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosd.settings import context_rows, engine_rows, kinds, memory_rows, model_rows, work_rows
from autosd.settings.budgets import BUDGETS
from autosd.settings.context_rows import *  # noqa: F403 - the rows of these files are a part of this table
from autosd.settings.engine_rows import *  # noqa: F403
from autosd.settings.memory_rows import *  # noqa: F403
from autosd.settings.model_rows import *  # noqa: F403
from autosd.settings.rows import Alias, FromProject, Merge, Setting
from autosd.settings.rows import names_of as _names
from autosd.settings.work_rows import *  # noqa: F403

__all__ = ["BY_NAME", "TABLE", "Alias", "FromProject", "Merge", "Setting"]

HOME = Setting(
    "home", kinds.PATH, Path("~/.autosd"), "Where autosd keeps everything: database, record, keys, worktrees, caches; private to the user."
)
AUDIT_LOG = Setting("audit.log", kinds.PATH, Path("{home}/audit.log.jsonl"), "The tamper-evident record, as JSON lines.")
PREAUTH_HOME = Setting(
    "preauth.home", kinds.PATH, Path("{home}/preauth"), "Where grants live: the key that signs them, the grants, what was revoked."
)
AUDIT_FSYNC = Setting(
    "audit.fsync",
    kinds.choice("always", "os"),
    "always",
    "When entries of the record reach the disk: always before the effect that they speak of, or when the system sees fit. With os a killed "
    "process loses nothing, but a power failure may cut off the last entries, and then the record has to be moved away.",
)
AUDIT_ROTATE_MB = Setting(
    "audit.rotate_mb",
    kinds.integer(0, 1_048_576),
    256,
    "Size at which the record's file is set aside as a segment and a new one goes on with its chain. 0: never.",
)
STORE_URL = Setting(
    "store.url",
    kinds.DATABASE_URL,
    "sqlite:///{home}/autosd.db",
    "Database of changes and their state: SQLite, or PostgreSQL beyond one machine.",
    _names("AUTOSD_DATABASE_URL", "DATABASE_URL"),
)
LOG_LEVEL = Setting("log.level", kinds.choice("debug", "info", "warning", "error"), "info", "How much goes to the log file.")
LOG_FILE = Setting("log.file", kinds.PATH, Path("{home}/autosd.log"), "Where the log goes.")

ENABLED = Setting(
    "enabled",
    kinds.SWITCH,
    None,
    "Leave for unattended work. Unset: only a person at the terminal may act. Explicitly off: a kill switch that stops everybody.",
    _names("SELFCODING_ENABLED", "ENABLE_SELF_CODING_ENGINE"),
    merge=Merge.STRICT,
    strict=False,
    project=FromProject.STRICTER,
)
DRY_RUN = Setting(
    "dry_run",
    kinds.FLAG,
    False,
    "Leave an artifact and change nothing else; stronger than every other setting and option.",
    _names("DRY_RUN"),
    merge=Merge.STRICT,
    strict=True,
    project=FromProject.STRICTER,
)
ALLOWED_REPOS = Setting(
    "governance.allowed_repos",
    kinds.ROOTS,
    (),
    "Repositories that may be worked on: these folders and what is inside them. Unset: for a person the repository they name, "
    "for unattended work only projects that were added, and the checkout that autosd itself was installed from.",
    _names("SELF_CODING_ALLOWED_REPO_PREFIXES"),
)
ALLOW_HIGH_RISK = Setting(
    "governance.allow_high_risk",
    kinds.FLAG,
    False,
    "Act on work whose risk is high or critical.",
    _names("SELF_CODING_ALLOW_HIGH_RISK"),
)
ALLOWED_SUFFIXES = Setting(
    "governance.allowed_suffixes",
    kinds.SUFFIXES,
    (".py", ".md", ".txt", ".json", ".yml", ".yaml"),
    "Kinds of files that a change may touch, on both sides of a rename. A JavaScript project needs .js added.",
    _names("SELF_CODING_ALLOWED_FILE_SUFFIXES"),
)
PROTECTED_PATHS = Setting(
    "governance.protected_paths",
    kinds.WORDS,
    (),
    "More paths that no change may touch (globs), besides autosd's guard, gates and settings, CI files, .git*, .autosd/ and secrets.",
    merge=Merge.UNION,
    project=FromProject.STRICTER,
)
WRITE_ROOT = Setting(
    "governance.write_root",
    kinds.PROJECT_PATH,
    Path("FlappyJournal/server/generated"),
    "Folder that direct writes stay inside; a relative one is taken from the project's root.",
    _names("SELFCODING_WRITE_ROOT"),
)
DIRECT_WRITE = Setting(
    "governance.direct_write",
    kinds.SWITCH,
    None,
    "Direct writes inside the write root. Unset: only with a grant that names auto_write. Explicitly off: not at all, whatever a policy "
    "or a grant says.",
    _names("SELF_IMPROVE_AUTO"),
)
REQUIRE_APPROVAL = Setting(
    "governance.require_approval",
    kinds.FLAG,
    False,
    "A person has to approve each change before more than an artifact is made of it.",
    _names("SELFCODING_REQUIRE_APPROVAL"),
    merge=Merge.STRICT,
    strict=True,
    project=FromProject.STRICTER,
)
APPROVERS = Setting(
    "governance.approvers",
    kinds.PATH,
    Path("{home}/approvers"),
    "Whose signatures count as votes: lines of a name and a public SSH key, as in the allowed_signers of ssh-keygen.",
)
APPROVAL_HOURS = Setting(
    "governance.approval_hours", kinds.number(0.01, 8760), 72.0, "How long a request for approval waits, and how long a yes holds."
)
CANARY_RATE = Setting(
    "governance.canary_apply_rate",
    kinds.integer(0, 1_000_000),
    0,
    "Of direct writes one in so many goes through, drawn by chance, however they were allowed; 0: all.",
    _names("CANARY_APPLY_RATE"),
)
CANARY_PER_DAY = Setting(
    "governance.canary_max_applies_per_day",
    kinds.integer(0, 1_000_000),
    0,
    "Most direct writes a day (UTC), however they were allowed; 0: no limit.",
    _names("CANARY_MAX_APPLIES_PER_DAY"),
)

COMMIT_NAME = Setting("landing.git_name", kinds.TEXT, "autosd", "Author name of commits.", _names("SELF_CODING_GIT_NAME"))
COMMIT_EMAIL = Setting("landing.git_email", kinds.TEXT, "autosd@localhost", "Author address of commits.", _names("SELF_CODING_GIT_EMAIL"))
PUSH = Setting(
    "landing.push",
    kinds.SWITCH,
    None,
    "Pushing a proven branch. Unset: only with a grant that names auto_push. Explicitly off: not at all, whatever a policy or grant says.",
    _names("SELF_CODING_ENABLE_PUSH"),
)
PULL_REQUEST = Setting(
    "landing.pull_request",
    kinds.SWITCH,
    None,
    "Opening a pull request; needs pushing too. Unset: only with a grant that names auto_push. Explicitly off: not at all.",
    _names("SELF_CODING_ENABLE_PR"),
)
MAX_FILES = Setting("landing.max_files", kinds.integer(1, 1000), 20, "Most files that one change may touch.")
MAX_LINES = Setting("landing.max_lines", kinds.integer(1, 100_000), 1000, "Most lines that one change may add and remove.")

QUOTA_BACKEND = Setting(
    "quota.backend",
    kinds.choice("store", "pg", "redis"),
    "store",
    "Where quota windows are counted: in the database of DATABASE_URL, whichever it is (store); there, and only if it is PostgreSQL (pg); "
    "or in Redis. What cannot be reached is never replaced by another.",
    _names("QUOTA_BACKEND"),
)
QUOTA_PER_HOUR = Setting(
    "quota.per_hour",
    kinds.integer(0, 1_000_000_000),
    100,
    "Uses an hour of each quota key (principal, scope, purpose); 0: none. Unset, it binds unattended work only; set, people too.",
    _names("SELFCODING_QUOTA_PER_HOUR"),
)
QUOTA_COOLDOWN = Setting(
    "quota.cooldown_seconds",
    kinds.number(0, 86_400),
    0.0,
    "Shortest time between two uses of one quota key; 0: none. The guides' original waited 30 seconds, which no hour of 100 uses allows.",
)
QUOTA_FAIL_OPEN = Setting(
    "quota.fail_open",
    kinds.FLAG,
    False,
    "Go on without a count when the quota backend cannot be reached. Off: refuse.",
    merge=Merge.STRICT,
    strict=False,
)
REDIS_URL = Setting(
    "quota.redis_url", kinds.REDIS_URL, "redis://localhost:6379/0", "The Redis server of QUOTA_BACKEND=redis.", _names("REDIS_URL")
)

BUDGET_USD_RUN = Setting("budget.usd_per_run", kinds.optional(kinds.number(0, 1e9)), None, "Most dollars that one run may spend.")
BUDGET_USD_DAY = Setting(
    "budget.usd_per_day", kinds.optional(kinds.number(0, 1e9)), None, "Most dollars that all work may spend a day (UTC)."
)
BUDGET_TOKENS_DAY = Setting(
    "budget.tokens_per_day", kinds.optional(kinds.integer(0, 10**15)), None, "Most tokens that all work may spend a day (UTC)."
)
BUDGET_SECONDS_DAY = Setting(
    "budget.seconds_per_day", kinds.optional(kinds.number(0, 1e9)), None, "Most seconds that all paid work may take a day (UTC)."
)
BUDGET_LIMITS = Setting(
    "budget.limits",
    BUDGETS,
    (),
    "More budgets, such as '2 usd per day per project' or '100000 tokens per hour per strategy=agent'.",
    merge=Merge.UNION,
    project=FromProject.STRICTER,
)

EXECUTOR = Setting(
    "modes.executor",
    kinds.FLAG,
    True,
    "Whether experiments are carried out at all; off: they are only proposed.",
    _names("ENABLE_EXPERIMENT_EXECUTOR"),
    merge=Merge.STRICT,
    strict=False,
    project=FromProject.STRICTER,
)
DEFAULT_MODE = Setting(
    "modes.default",
    kinds.choice("safe", "normal"),
    "safe",
    "Mode of experiments: safe ones leave an artifact and nothing else.",
    _names("EXECUTION_MODE_DEFAULT"),
    merge=Merge.STRICT,
    strict="safe",
    project=FromProject.STRICTER,
)
NORMAL_CANARY = Setting(
    "modes.normal_canary",
    kinds.FLAG,
    True,
    "Whether single experiments may run in normal mode at all.",
    _names("ENABLE_NORMAL_MODE_CANARY"),
    merge=Merge.STRICT,
    strict=False,
    project=FromProject.STRICTER,
)
REAL_APPLY = Setting(
    "modes.real_apply",
    kinds.FLAG,
    False,
    "Whether an experiment in normal mode may really apply something.",
    _names("ENABLE_EXECUTOR_REAL_APPLY"),
    merge=Merge.STRICT,
    strict=False,
    project=FromProject.STRICTER,
)
REAL_APPLY_PATCHES = Setting(
    "modes.real_apply_max_patches",
    kinds.integer(0, 1_000_000),
    1,
    "Most patches, one for each file, that one run in normal mode may really apply; a larger change goes by a branch.",
    _names("EXECUTOR_REAL_APPLY_MAX_PATCHES"),
)
NORMAL_PER_HOUR = Setting(
    "modes.normal_max_per_hour",
    kinds.integer(0, 1_000_000),
    1,
    "Most experiments in normal mode within an hour.",
    _names("NORMAL_MODE_MAX_PER_HOUR"),
)
NORMAL_RISKS = Setting(
    "modes.normal_allowed_risk",
    kinds.choices("low", "medium", "high", "critical"),
    ("low",),
    "Risks that normal mode is for.",
    _names("NORMAL_MODE_ALLOWED_RISK"),
)
NORMAL_PRIORITY = Setting(
    "modes.normal_min_priority",
    kinds.number(0, 1),
    0.9,
    "Priority from which on normal mode may be used.",
    _names("NORMAL_MODE_MIN_PRIORITY"),
)
NORMAL_COOLDOWN = Setting(
    "modes.normal_cooldown_seconds",
    kinds.number(60, 31_536_000),
    1800.0,
    "How long experiments stay in safe mode after a loss in normal mode.",
    _names("NORMAL_MODE_COOLDOWN_SECONDS"),
)

SKIP_TESTS = Setting(
    "gates.skip_tests",
    kinds.FLAG,
    False,
    "Do not run the tests on what is built for a proposal. Nothing is proven then, each commit says so, and nothing is written directly.",
    _names("SELF_CODING_SKIP_TESTS"),
)
STATIC_SEVERITY = Setting(
    "gates.static_severity",
    kinds.integer(1, 2),
    2,
    "Findings of at least this severity block a change: 1 warnings too, 2 errors only. Nothing switches the gate off.",
    _names("STATIC_SEVERITY_BLOCK"),
)

SANDBOX_LEVEL = Setting(
    "sandbox.level",
    kinds.choice("auto", "bubblewrap", "landlock"),
    "auto",
    "Protection to demand: the best this machine offers, or one by name; a machine that has less is refused with the cause.",
)
SANDBOX_MEMORY_MB = Setting(
    "sandbox.memory_mb", kinds.integer(64, 1_048_576), 2048, "Memory limit of one sandboxed run.", _names("SANDBOX_MEM_MB")
)
SANDBOX_TIMEOUT = Setting(
    "sandbox.timeout_seconds",
    kinds.number(0.1, 86_400),
    120.0,
    "Longest that a sandboxed run may take, when it is not the suite itself.",
    (Alias("SANDBOX_TIMEOUT_MS", 0.001),),
)
SANDBOX_PROCESSES = Setting("sandbox.processes", kinds.integer(8, 32_768), 128, "Most processes and threads of one sandboxed run.")
SANDBOX_FILE_MB = Setting("sandbox.file_mb", kinds.integer(1, 1_048_576), 256, "Largest file that a sandboxed run may write.")
SANDBOX_DISK_MB = Setting("sandbox.disk_mb", kinds.integer(1, 1_048_576), 512, "Most that a sandboxed run may write in sum.")
SANDBOX_OUTPUT_BYTES = Setting(
    "sandbox.output_bytes", kinds.integer(1000, 1_000_000_000), 4_000_000, "Most output of one sandboxed run before it is stopped."
)

TEST_COMMAND = Setting(
    "suite.command",
    kinds.TEXT,
    "",
    "Command that runs the project's tests, in the sandbox. Empty: found out from the project (pytest first).",
    _names("SELF_CODING_TEST_COMMAND"),
    project=FromProject.YES,
)
TEST_TIMEOUT = Setting(
    "suite.timeout_seconds",
    kinds.number(0.1, 86_400),
    600.0,
    "Longest that one run of the suite may take.",
    _names("SELF_CODING_TEST_TIMEOUT_SECONDS"),
    project=FromProject.YES,
)

FIX_MAX_SECONDS = Setting("fix.max_seconds", kinds.number(1, 86_400), 300.0, "Longest that a fix may take, its final proof not counted.")
FIX_WORKERS = Setting("fix.workers", kinds.integer(1, 64), 2, "Candidates that are validated at the same time.")
FIX_SEED = Setting("fix.seed", kinds.integer(0, 2**32 - 1), 0, "Makes a search repeatable: the same seed, the same order.")
FIX_PYTHON = Setting("fix.python", kinds.OPTIONAL_PATH, None, "Interpreter of the project's tests; unset: found out from the project.")
ENV_BUILD_SECONDS = Setting("env.build_seconds", kinds.number(1, 86_400), 600.0, "Longest that building an environment may take.")

_ROWS: tuple[Setting[Any], ...] = tuple(row for row in tuple(globals().values()) if isinstance(row, Setting))
_FILES = (work_rows, model_rows, context_rows, memory_rows, engine_rows)
_LATER = {id(row) for file in _FILES for row in vars(file).values() if isinstance(row, Setting)}
_GROUPS = list(dict.fromkeys(row.name.partition(".")[0] for row in sorted(_ROWS, key=lambda row: id(row) in _LATER)))

#: The table, in the order of the reference page: group by group.
TABLE: tuple[Setting[Any], ...] = tuple(sorted(_ROWS, key=lambda row: (_GROUPS.index(row.name.partition(".")[0]), id(row) in _LATER)))
BY_NAME: dict[str, Setting[Any]] = {row.name: row for row in TABLE}
