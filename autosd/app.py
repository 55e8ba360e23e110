"""The one composition root: from settings to a bag of ports. Adapters are imported when they are opened, not before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from autosd.domain.actions import Action
from autosd.domain.decisions import Facts, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.models import Usage
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.guard import Charge, Guard
from autosd.governance.policy.cedar import site_rules
from autosd.governance.quotas import charger
from autosd.governance.rules import Rule
from autosd.ports import (
    Approvals,
    AuditLog,
    Clock,
    Coder,
    Forge,
    Grants,
    Keyring,
    Learnt,
    Ledger,
    Model,
    Outcomes,
    Projects,
    PromptQueue,
    Proposals,
    Queue,
    Quotas,
    Repository,
    Sandbox,
    Store,
    TalkRuns,
    Toolchain,
)
from autosd.settings import Settings, table

if TYPE_CHECKING:
    from pathlib import Path

    from autosd.adapters.codeindex.index import CodeIndex, Success
    from autosd.coding.context.files import Shower
    from autosd.coding.context.summaries import Summariser
    from autosd.domain.tokens import CountTokens
    from autosd.governance.audit import FileAuditLog

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class App:
    """Everything the road needs of the world. Rooms never see the bag: they are handed the ports they use."""

    settings: Settings
    clock: Clock
    guard: Guard
    audit: AuditLog
    keyring: Keyring
    store: Store
    projects: Projects
    approvals: Approvals
    proposals: Proposals
    queue: Queue
    outcomes: Outcomes
    learnt: Learnt
    grants: Grants
    repository: Repository
    forge: Forge
    sandbox: Sandbox
    toolchain: Toolchain
    coders: tuple[Coder, ...]
    models: Callable[[str], Model]  # by name, empty for the one that is set; opened when it is asked for
    price: Callable[[str, int, int], float | None]  # the most dollars for so many tokens in and out; None: not known
    ledger: Ledger
    talks: TalkRuns
    prompts: PromptQueue


@contextmanager
def open_app(settings: Settings, *, coders: Sequence[Coder] | None = None, clock: Clock | None = None) -> Iterator[App]:
    """The whole house; ``coders`` replaces the strategies that are installed."""
    from autosd.adapters.clock import SystemClock, new_id

    clock = clock or SystemClock()
    ensure_home(settings)
    with ExitStack() as stack:
        store = stack.enter_context(opened_store(settings))
        quotas = stack.enter_context(closing(open_quotas(settings)))
        sandbox = stack.enter_context(opened_sandbox(settings))
        talks = stack.enter_context(closing(_talks(settings)))
        audit, repository = open_audit(settings), _repository(settings, clock)
        yield App(
            settings=settings,
            clock=clock,
            guard=Guard(audit, clock, new_id, partial(rules_of, settings), charge=_charge_work(settings, charger(settings, quotas))),
            audit=audit,
            keyring=open_keyring(settings),
            store=store,
            projects=_projects(store),
            approvals=_approvals(store),
            **_work(store),
            grants=open_grants(settings),
            repository=repository,
            forge=_forge(settings),
            sandbox=sandbox,
            toolchain=_toolchain(settings, sandbox),
            coders=tuple(coders) if coders is not None else tuple(_coders(sandbox, repository)),
            models=partial(_model, settings),
            price=_price(settings),
            ledger=_ledger(store),
            talks=talks,
            prompts=open_prompts(settings),
        )


def ensure_home(settings: Settings) -> None:
    """Make autosd's home, private to its owner; refuse one that cannot be used before any work is done."""
    home = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.touch(mode=0o600)
        probe.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        remedy = "Make it writable, or set AUTOSD_HOME to a folder of yours."
        raise AutosdError("AUTOSD-HOME-UNUSABLE", f"The home of autosd, {home}, cannot be used: {why}.", remedy) from None


def open_keyring(settings: Settings) -> Keyring:
    from autosd.adapters.keyring import FileKeyring

    return FileKeyring(settings.home)


def open_audit(settings: Settings) -> FileAuditLog:
    from autosd.governance.audit import FileAuditLog

    return FileAuditLog(
        settings[table.AUDIT_LOG],
        open_keyring(settings),
        secrets=settings.secrets,
        durable=settings[table.AUDIT_FSYNC] == "always",
        rotate_bytes=settings[table.AUDIT_ROTATE_MB] * 1_000_000,
    )


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    from autosd.adapters.store import open_store

    with closing(open_store(settings[table.STORE_URL])) as store:
        yield store


@contextmanager
def opened_sandbox(settings: Settings) -> Iterator[Sandbox]:
    """The rung that was asked for, or a refusal with the cause named: never silently a lower one."""
    from autosd.adapters.sandbox import open_sandbox

    sandbox = open_sandbox(settings.home, settings[table.SANDBOX_LEVEL])
    try:
        yield sandbox
    finally:
        close = getattr(sandbox, "close", None)
        if close:
            close()


def open_grants(settings: Settings) -> Grants:
    from autosd.adapters.grants import FileGrants

    return FileGrants(settings[table.PREAUTH_HOME])


def open_quotas(settings: Settings) -> Quotas:
    """The backend that the settings name, reached at the first use."""
    from autosd.adapters import quotas

    backend, store_url, redis_url = settings[table.QUOTA_BACKEND], settings[table.STORE_URL], settings[table.REDIS_URL]
    return quotas.open_quotas(backend, store_url=store_url, redis_url=redis_url)


def open_index(settings: Settings, project: Path | None = None, success: Success | None = None) -> CodeIndex:
    """Search over the code of ``project``, which any of its snapshots may be asked about; made at the first question. ``success`` is how
    earlier changes of its files went."""
    from autosd.adapters.codeindex.index import CodeIndex
    from autosd.adapters.git.looking import GitLooks

    looks = GitLooks(settings.home)
    return CodeIndex(settings[table.CODE_INDEX], project, looks.files, looks.head, looks.commits, success, token_counter(settings))


def open_shower(settings: Settings, summariser: Summariser | None = None) -> Shower:
    """How a file is shown to a model; ``summariser`` is a model that sums up what is too long, else its first lines do."""
    from autosd.adapters.summary_cache import FileSummaryCache
    from autosd.coding.context.files import Limits, Shower

    limits = Limits(settings[table.PROMPT_CHUNK_TOKENS], settings[table.CHUNK_TOKENS])
    return Shower(FileSummaryCache(settings[table.CHUNK_CACHE]), limits, summariser, token_counter(settings))


def token_counter(settings: Settings) -> CountTokens:
    """How the tokens of a text are counted: by a vocabulary that is at hand, else estimated."""
    from autosd.adapters.vocabulary import counter

    return counter(settings[table.VOCABULARY])


def rules_of(settings: Settings) -> Sequence[Rule]:
    """The house's rules, and what a site's own add to them. Raises ``AUTOSD-CEDAR-INVALID``: then nothing is permitted."""
    return (*FIRST_RULES, *site_rules(settings.home))


def _charge_work(settings: Settings, charge: Charge) -> Charge:
    """One use for each piece of work, not for each step of it. Without a limit of somebody's own, people are not limited."""
    binds_people = settings.origin(table.QUOTA_PER_HOUR) != "default" or bool(settings[table.QUOTA_COOLDOWN])

    def charge_work(facts: Facts) -> Objection | None:
        counted = facts.action is Action.BUILD and (binds_people or not facts.principal.attended)
        return charge(facts) if counted else None

    return charge_work


def _projects(store: Store) -> Projects:
    from autosd.adapters.store.registry import SqlProjects

    return SqlProjects(_engine_of(store))


def _approvals(store: Store) -> Approvals:
    from autosd.adapters.store.approving import SqlApprovals

    return SqlApprovals(_engine_of(store))


def _work(store: Store) -> dict[str, Any]:
    """Proposals, their queue, what came of them, and what was learnt: further tables of the same database."""
    from autosd.adapters.store.work_learnt import SqlLearnt
    from autosd.adapters.store.work_outcomes import SqlOutcomes
    from autosd.adapters.store.work_proposals import SqlProposals
    from autosd.adapters.store.work_queue import SqlQueue

    engine = _engine_of(store)
    return {"proposals": SqlProposals(engine), "queue": SqlQueue(engine), "outcomes": SqlOutcomes(engine), "learnt": SqlLearnt(engine)}


def _forge(settings: Settings) -> Forge:
    from autosd.adapters.forges.folder import FolderForge

    return FolderForge(settings.home / "forge")


def _engine_of(store: Any) -> Any:
    """Groups of tables of one database share its connections."""
    return store.engine


def _repository(settings: Settings, clock: Clock) -> Repository:
    from autosd.adapters.git.commits import Identity
    from autosd.adapters.git.repository import GitRepository

    identity = Identity(settings[table.COMMIT_NAME], settings[table.COMMIT_EMAIL])
    return GitRepository(settings.home, clock=clock, identity=identity)


def _toolchain(settings: Settings, sandbox: Sandbox) -> Toolchain:
    from autosd.adapters.toolchains.python import PythonToolchain

    seconds = min(settings[table.ENV_BUILD_SECONDS], settings[table.FIX_MAX_SECONDS])
    return PythonToolchain(settings.home, sandbox, build_seconds=seconds)


def _model(settings: Settings, name: str) -> Model:
    from autosd.adapters.models import open_model

    return open_model(settings, name)


def _price(settings: Settings) -> Callable[[str, int, int], float | None]:
    """The price list, read at the first question."""

    @cache
    def prices() -> Any:
        from autosd.adapters.models.prices import load_prices

        return load_prices(settings[table.MODEL_PRICES])

    def price(name: str, input_tokens: int, output_tokens: int) -> float | None:
        found, usage = prices().of(name), Usage(input_tokens, output_tokens)
        return max(found.of(usage), found.of(usage, written=input_tokens)) if found else None

    return price


def _ledger(store: Store) -> Ledger:
    from autosd.adapters.store.ledger import SqlLedger

    return SqlLedger(_engine_of(store))


def _talks(settings: Settings) -> TalkRuns:
    from autosd.adapters.talks.runs import FileTalkRuns

    return FileTalkRuns(settings.home, days=settings[table.TALK_DAYS], megabytes=settings[table.TALK_MB])


def open_prompts(settings: Settings) -> PromptQueue:
    from autosd.adapters.talks.queue import FilePromptQueue

    return FilePromptQueue(settings[table.RETRY_QUEUE])


def _coders(sandbox: Sandbox, repository: Repository) -> Iterator[Coder]:
    """Repair, then taking back the commit that broke it, then what others registered as ``autosd.coders``; a broken one is left out."""
    from autosd.coding.repair.coder import RepairCoder
    from autosd.coding.revert.coder import RevertCoder
    from autosd.intake.trials import ColdTrials

    yield RepairCoder(sandbox)
    yield RevertCoder(repository, ColdTrials(sandbox))
    for point in sorted(entry_points(group="autosd.coders"), key=lambda each: each.name):
        try:
            make: Any = point.load()
            yield make(sandbox)
        except Exception as error:
            logger.warning("the coder %s cannot be used: %s: %s", point.name, type(error).__name__, error)
