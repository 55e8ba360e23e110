"""Everything autosd needs of the world. Adapters satisfy these; rooms ask for the ones they use."""

from __future__ import annotations

from autosd.ports.forges import Forge, PullRequest
from autosd.ports.leave import Approvals, AuditLog, Grants, Keyring, Ledger, Projects, Quotas, RecordMoved
from autosd.ports.models import Model, ModelError, ModelFault, Retriever, Talk
from autosd.ports.road import (
    Changed,
    Clock,
    Coder,
    Commit,
    Hunk,
    Landed,
    Progress,
    Repository,
    Sandbox,
    Session,
    SessionLost,
    Snapshot,
    Store,
    SubjectEnv,
    Task,
    Toolchain,
)
from autosd.ports.talking import PromptQueue, TalkRun, TalkRuns
from autosd.ports.work import Feedback, Learnt, Outcomes, Proposals, Queue, Source

__all__ = [
    "Approvals",
    "AuditLog",
    "Changed",
    "Clock",
    "Coder",
    "Commit",
    "Feedback",
    "Forge",
    "Grants",
    "Hunk",
    "Keyring",
    "Landed",
    "Learnt",
    "Ledger",
    "Model",
    "ModelError",
    "ModelFault",
    "Outcomes",
    "Progress",
    "Projects",
    "PromptQueue",
    "Proposals",
    "PullRequest",
    "Queue",
    "Quotas",
    "RecordMoved",
    "Repository",
    "Retriever",
    "Sandbox",
    "Session",
    "SessionLost",
    "Snapshot",
    "Source",
    "Store",
    "SubjectEnv",
    "Talk",
    "TalkRun",
    "TalkRuns",
    "Task",
    "Toolchain",
]
