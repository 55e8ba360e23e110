"""The rows of finding, queueing, building and judging work: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from autosd.settings import kinds
from autosd.settings.rows import FromProject, Merge, Setting
from autosd.settings.rows import names_of as _names

BASE_BRANCH = Setting(
    "landing.base_branch",
    kinds.TEXT,
    "main",
    "Branch that approved proposals are built on and pull requests are opened against. Where there is no branch of the default's name, "
    "the branch that is checked out stands for it.",
    _names("SELF_CODING_BASE_BRANCH"),
)
PUSH_SECONDS = Setting(
    "landing.push_seconds", kinds.number(1, 3600), 180.0, "Longest that one push may take.", _names("SELF_CODING_PUSH_TIMEOUT_SECONDS")
)
MAX_OPEN_PULL_REQUESTS = Setting(
    "landing.max_open_pull_requests",
    kinds.integer(0, 1000),
    10,
    "Most pull requests of autosd that may be open in one project. Over it the branch is kept and no pull request is opened.",
)

QUEUE_POLL = Setting(
    "queue.poll_seconds",
    kinds.number(0.05, 86_400),
    30.0,
    "How often an idle worker looks for work.",
    _names("AI_TASK_QUEUE_POLL_INTERVAL"),
)
QUEUE_BATCH = Setting(
    "queue.batch_size",
    kinds.integer(1, 1000),
    10,
    "Most approved proposals that a worker queues in one look, and most jobs that it does before the next.",
    _names("AI_TASK_QUEUE_BATCH_SIZE"),
)
SELF_BUILD_SECONDS = Setting(
    "queue.self_build_seconds",
    kinds.number(1, 86_400),
    900.0,
    "Longest that one self_build job may take.",
    _names("AI_TASK_QUEUE_SELF_BUILD_TIMEOUT_SECONDS"),
)

BANDIT = Setting(
    "learning.bandit",
    kinds.FLAG,
    True,
    "Whether strategies and thresholds are chosen by what was learnt; off: nothing is chosen or counted, and what was learnt is kept.",
    _names("ENABLE_POLICY_BANDIT"),
)
WINDOWED = Setting(
    "learning.windowed_self_check",
    kinds.FLAG,
    True,
    "Whether only passes that had a chance count towards the streaks of passes without learning or improvement.",
    _names("ENABLE_WINDOWED_SELF_CHECK"),
)
SYNTHETIC = Setting(
    "learning.synthetic_opportunities",
    kinds.FLAG,
    True,
    "Whether something is explored, marked synthetic, when nothing was seen for a while.",
    _names("ENABLE_SYNTHETIC_OPPORTUNITIES"),
)
SYNTHETIC_AFTER = Setting(
    "learning.synthetic_threshold",
    kinds.integer(1, 1_000_000),
    3,
    "After so many passes in a row without a chance something is explored.",
    _names("SYNTHETIC_OPPORTUNITY_THRESHOLD"),
)
RECHECK_SECONDS = Setting(
    "learning.recheck_seconds",
    kinds.number(10, 31_536_000),
    300.0,
    "How long an outcome that cannot be told yet waits for its next look.",
    _names("VERIFICATION_RETRY_INTERVAL_SECONDS"),
)
RECHECK_ATTEMPTS = Setting(
    "learning.recheck_attempts",
    kinds.integer(1, 1000),
    3,
    "After so many looks, the first included, an outcome that cannot be told is inconclusive for good.",
    _names("VERIFICATION_RETRY_MAX_ATTEMPTS"),
)
WATCH_DAYS = Setting(
    "learning.watch_days",
    kinds.number(0, 3650),
    7.0,
    "How many days after it landed a change is watched: taken back, or its problem seen again, it is a loss whatever was measured.",
)
SCAN_SECONDS = Setting(
    "worker.scan_seconds",
    kinds.number(0, 31_536_000),
    3600.0,
    "How often a worker scans each project that autosd was told of. 0: never.",
)
EXPLORE_SECONDS = Setting(
    "worker.explore_seconds",
    kinds.number(0, 86_400),
    120.0,
    "Longest that one exploration spends on small faults that it tries on the tests.",
)

PROPOSALS = Setting(
    "intake.proposals",
    kinds.FLAG,
    True,
    "Whether a scan may make proposals; off: it only shows what it would propose.",
    _names("ENABLE_PROPOSAL_V2"),
    merge=Merge.STRICT,
    strict=False,
    project=FromProject.STRICTER,
)
CREATE_THRESHOLD = Setting(
    "intake.create_threshold",
    kinds.number(0, 1),
    0.62,
    "Priority from which on a chance becomes a proposal.",
    _names("PROPOSAL_V2_CREATE_THRESHOLD"),
)
AUTO_APPROVE_THRESHOLD = Setting(
    "intake.auto_approve_threshold",
    kinds.number(0, 1),
    0.82,
    "Priority from which on a proposal of low risk is approved without a person, where unattended work is allowed and no policy asks "
    "for people.",
    _names("PROPOSAL_V2_AUTO_APPROVE_THRESHOLD"),
)
MAX_OPEN_PROPOSALS = Setting("intake.max_open_proposals", kinds.integer(0, 100_000), 50, "Most proposals that may be open in one project.")
MAX_OPEN_PER_KIND = Setting(
    "intake.max_open_per_kind", kinds.integer(0, 100_000), 10, "Most proposals of one kind that may be open in one project."
)
PROPOSAL_DAYS = Setting(
    "intake.proposal_days", kinds.number(0.01, 3650), 30.0, "How long a proposal waits for an answer before it expires."
)
