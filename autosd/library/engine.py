"""Guide S2's ``SelfCodingEngine``: helpers from what exists and from a model, and patches that are kept only when they are worth it.

It is a face: patches go the one road (``autosd.pipeline``), with its permits, gates and sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from autosd.acts.changing import FixRequest
from autosd.acts.patching.patches import ROLLED_BACK, patch_named, take_back
from autosd.acts.talks.talking import end_talk
from autosd.acts.work.regressions import root_of
from autosd.adapters.memory.code_db import CodeDB
from autosd.adapters.memory.gpt_memory import GPTMemoryManager
from autosd.adapters.memory.kept_values import MenaceMemoryManager
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.app import App
from autosd.coding.helper.coder import HelperCoder
from autosd.coding.helper.parts import Helper, Parts
from autosd.coding.helper.writing import write_helper
from autosd.domain.actions import Risk
from autosd.domain.chunks import Region
from autosd.domain.errors import AutosdError
from autosd.domain.memories import CodeRecord
from autosd.domain.patches import PatchRecord, Source
from autosd.library.context import ContextBuilder
from autosd.library.gathering import SUGGESTED, Gathering, Wanted
from autosd.library.house import Quiet, caller, opened_house
from autosd.library.patching import PatchOrder, PatchResult, PatchStatus, patch
from autosd.ports import Model, Progress, Talk
from autosd.settings import table


class Safety(Protocol):
    """Hears how work on a target ended; ``SafetyMonitor`` is one."""

    def note(self, target: str, passed: bool) -> object: ...


class SelfCodingEngine:
    """``llm_client`` is a ``Talk`` or a ``Model``; left out, the model that the settings name. ``root`` is the project's folder; left out,
    it is found from each file. ``house`` is an open ``App`` to use instead of opening one for each call."""

    def __init__(
        self,
        code_db: CodeDB,
        memory_mgr: MenaceMemoryManager,
        *,
        context_builder: ContextBuilder,
        gpt_memory: GPTMemoryManager | None = None,
        gpt_memory_manager: GPTMemoryManager | None = None,
        llm_client: Talk | Model | None = None,
        patch_db: PatchHistoryDB | None = None,
        safety_monitor: Safety | None = None,
        root: Path | str | None = None,
        bot_name: str = "",
        house: App | None = None,
        progress: Progress | None = None,
        grant: str = "",
        unattended: bool = False,
    ) -> None:
        self.code_db, self.memory_mgr, self.context_builder = code_db, memory_mgr, context_builder
        self.gpt_memory = gpt_memory or gpt_memory_manager
        self.patch_db, self.safety_monitor, self.bot_name = patch_db, safety_monitor, bot_name
        self._gathering = Gathering(code_db, context_builder, self.gpt_memory, llm_client)
        self._root, self._house = Path(root).resolve() if root else None, house
        self._progress, self._grant, self._caller = progress or Quiet(), grant, caller(unattended=unattended)

    # ---- looking ----------------------------------------------------------------------------------------------------------------

    def suggest_snippets(self, description: str, limit: int = SUGGESTED) -> list[CodeRecord]:
        """Stored code that may serve, the best first; never fails for what the text is."""
        return self.code_db.suggest(description, limit)

    def top_patches(self, limit: int = 5) -> list[PatchRecord]:
        """Kept patches, the highest ROI first."""
        with self._opened(self._root) as (_, history):
            return history.top_patches(limit)

    def generate_helper(
        self,
        description: str,
        path: Path | str | None = None,
        *,
        target_region: Region | None = None,
        error_log: str = "",
        strategy: str = "",
    ) -> Helper:
        """Code that parses and does something; else empty, ``degraded``, with the reason. Nothing is written anywhere but into memory."""
        target = _absolute(path) if path else None
        with self._opened(target.parent if target else self._root) as (app, history):
            root = self._project_of(app, target) if target else self._root or Path.cwd()
            name = target.relative_to(root).as_posix() if target else ""
            wanted = Wanted(root, name, description, target_region, error_log, strategy)
            request = FixRequest(root, self._caller, grant=self._grant, purpose="generate_helper")
            parts = self._gathering.parts(app, history, wanted, root, _text(target) if target else "")
            try:
                helper = write_helper(self._gathering.talk(app, request), description, name, parts)
            finally:
                end_talk(app, request)
        self._remember(helper, description)
        return helper

    # ---- changing ---------------------------------------------------------------------------------------------------------------

    def apply_patch(
        self,
        path: Path | str,
        description: str,
        *,
        target_region: Region | None = None,
        error_log: str = "",
        strategy: str = "",
        trigger: str = "apply_patch",
        reason: str = "",
        parent_patch_id: int | None = None,
        risk: Risk = Risk.LOW,
        write: bool = True,
        seconds: float = 0.0,
    ) -> PatchResult:
        """``(patch_id, reverted, roi_delta)`` with a ``status``. Whatever it is but ``kept``, the project is as it was, byte for byte."""
        target = _absolute(path)
        with self._opened(target.parent) as (app, history):
            root = self._project_of(app, target)
            wanted = Wanted(root, target.relative_to(root).as_posix(), description, target_region, error_log, strategy)
            order = PatchOrder(
                root, wanted.path, description, self._caller, self._grant, risk, trigger, reason,
                parent_patch_id, self.bot_name, write, seconds,
            )  # fmt: skip
            result = patch(app, order, lambda house, request: self._coder(house, history, wanted, request), history, self._progress)
            self._settle(history, wanted, result)
        return result

    def apply_patch_with_retry(self, path: Path | str, description: str, *, max_attempts: int = 3, **known: Any) -> PatchResult:
        """Again with the reason of the last failure, until it is kept, or the reason stays the same, or nobody may or can."""
        if max_attempts < 1:
            raise ValueError("max_attempts is at least 1")
        told = str(known.pop("error_log", ""))
        result = self.apply_patch(path, description, error_log=told, **known)
        for _ in range(max_attempts - 1):
            hopeless = (
                result.status in (PatchStatus.KEPT, PatchStatus.PROVEN, PatchStatus.REFUSED, PatchStatus.FAILED) or not result.helper.model
            )
            if hopeless or result.reason == told:
                break
            told = result.reason
            result = self.apply_patch(path, description, error_log=told, **known)
        return result

    def rollback_patch(self, patch_id: int) -> bool:
        """Its files as they were before it, also from another process than the one that wrote it; whether anything of it was there."""
        with self._opened(self._root) as (app, history):
            record = patch_named(history.get(patch_id), patch_id)
            done = take_back(app, record, self._caller, grant=self._grant)
            if done:
                history.mark_reverted(patch_id, ROLLED_BACK)
        return done

    def refactor_worst_bot(self, data: Any = None, root: Path | str | None = None, *, write: bool = True) -> PatchResult | None:
        """The module with the worst history of errors and complexity, its hardest function written anew; None where none stands out.

        ``data`` may be figures of one's own: error counts by module name, oldest first. See ``autosd refactor-worst``.
        """
        from autosd.library.worst import worst_of

        folder = Path(root).resolve() if root else self._root or Path.cwd()
        with self._opened(folder) as (app, history):
            found = worst_of(app, history, folder, data)
        if found is None:
            return None
        said = f"refactor {found.function}: the same behaviour, easier to follow" if found.function else "refactor"
        return self.apply_patch(folder / found.path, said, target_region=found.region, trigger="refactor_worst_bot", write=write)

    # ---- inside -----------------------------------------------------------------------------------------------------------------

    @contextmanager
    def _opened(self, project: Path | None) -> Iterator[tuple[App, PatchHistoryDB]]:
        """The house and the history, those that were given or for this call."""
        with ExitStack() as stack:
            app = self._house or stack.enter_context(opened_house(project))
            yield app, self.patch_db or stack.enter_context(PatchHistoryDB(app.settings[table.PATCH_HISTORY_FILE]))

    def _project_of(self, app: App, target: Path) -> Path:
        if self._root is None:
            try:
                return root_of(app.projects, target)
            except AutosdError:
                return target.parent  # a plain folder
        if not target.is_relative_to(self._root):
            message = f"{target} does not lie in {self._root}."
            raise AutosdError("AUTOSD-PATH-INVALID", message, "Name a file of the project that the engine was made for.")
        return self._root

    def _coder(self, app: App, history: PatchHistoryDB, wanted: Wanted, request: FixRequest) -> HelperCoder:
        def gather(root: Path, text: str) -> Parts:
            return self._gathering.parts(app, history, wanted, root, text)

        return HelperCoder(lambda: self._gathering.talk(app, request), wanted.path, wanted.description, gather)

    def _remember(self, helper: Helper, description: str) -> None:
        if helper and helper.model and self.gpt_memory is not None:
            self.gpt_memory.log_interaction(helper.prompt or description, helper.text, tags=["error_fix"])

    def _settle(self, history: PatchHistoryDB, wanted: Wanted, result: PatchResult) -> None:
        """What is learnt of a patch: code that may serve again, an exchange, an insight, a word to the safety monitor."""
        helper = result.helper
        if result.kept:  # what failed is no example for the next
            self._remember(helper, wanted.description)
        if self.safety_monitor is not None and result.status in (PatchStatus.KEPT, PatchStatus.REVERTED, PatchStatus.NOT_PROVEN):
            self.safety_monitor.note(wanted.path, result.kept)
        if result.patch_id is not None:
            said = f"{result.status}: ROI {result.roi_delta:+.3g}" + (f" ({result.reason})" if result.reason else "")
            self.memory_mgr.store(f"patch:{result.patch_id}", f"{wanted.path}: {wanted.description}: {said}", tags=["insight", "feedback"])
            if helper.snippet:
                history.record_provenance(result.patch_id, [Source("code", str(helper.snippet))])
        if result.kept and not wanted.region:
            self.code_db.add(CodeRecord(helper.text, "helper", summary=wanted.description))


def _absolute(path: Path | str) -> Path:
    """As ``resolve_path`` gives it: the file need not be there yet, its folder has to be."""
    target = Path(path).resolve()
    if Path(path).is_symlink() or target.is_dir() or not target.parent.is_dir():
        raise AutosdError("AUTOSD-PATH-INVALID", f"{path} is no place for a file.", "Name a file in a folder that is there.")
    return target


def _text(target: Path) -> str:
    return target.read_text("utf-8", "replace") if target.is_file() else ""
