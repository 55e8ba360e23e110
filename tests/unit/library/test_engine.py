"""``SelfCodingEngine``: a patch is in the project whole, with its record, or the project is as it was, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply
from autosd.library import (
    CodeDB,
    CodeRecord,
    ContextBuilder,
    GPTMemoryManager,
    MenaceMemoryManager,
    PatchHistoryDB,
    PatchRecord,
    PatchStatus,
    SelfCodingEngine,
    TargetRegion,
    create_ephemeral_env,
)
from autosd.testing import TinyRepository, make_repository

pytestmark = pytest.mark.slow

UTILS = "def double(x):\n    return 2 * x\n"
TESTS = "from utils import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
NORMAL = 'def normalize_text(text):\n    """Lower case, single blanks."""\n    return " ".join(text.lower().split())\n'


@dataclass
class Says:
    """A ``Talk`` that gives its answers one after the other."""

    texts: list[str]
    model: str = "scripted:one"
    asked: list[Ask] = field(default_factory=list)

    def reply(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        return Reply(self.texts.pop(0), model=self.model, usd=0.01)


@dataclass
class Bench:
    repository: TinyRepository
    code: CodeDB
    memory: MenaceMemoryManager
    gpt: GPTMemoryManager
    patches: PatchHistoryDB
    builder: ContextBuilder

    @property
    def target(self) -> Path:
        return self.repository.path / "utils.py"

    def engine(self, *texts: str, **known: object) -> SelfCodingEngine:
        known = {"llm_client": Says(list(texts)) if texts else None, **known}
        return SelfCodingEngine(self.code, self.memory, context_builder=self.builder, gpt_memory=self.gpt, patch_db=self.patches, **known)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("SELF_IMPROVE_AUTO", "1")
    monkeypatch.setenv("SELFCODING_WRITE_ROOT", ".")
    monkeypatch.setenv("AUTOSD_PATCHES_MEASURE_SECONDS", "0")
    monkeypatch.chdir(tmp_path)
    repository = make_repository(tmp_path / "project", {"utils.py": UTILS, "test_utils.py": TESTS})
    with ExitStack() as stack:
        code, memory = stack.enter_context(CodeDB(tmp_path / "code.db")), stack.enter_context(MenaceMemoryManager(tmp_path / "mem.db"))
        gpt, patches = stack.enter_context(GPTMemoryManager(":memory:")), stack.enter_context(PatchHistoryDB(tmp_path / "patches.db"))
        yield Bench(repository, code, memory, gpt, patches, ContextBuilder(patches=patches))


@pytest.mark.slow
def test_a_patch_is_kept_recorded_and_pushed_to_review_and_can_be_taken_back(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = tmp_path / "origin.git"
    bench.repository.git("clone", "-q", "--bare", ".", str(origin))
    bench.repository.git("remote", "add", "origin", str(origin))
    (bench.repository.path / "mine.txt").write_text("not ready")
    monkeypatch.setenv("AUTOSD_PATCHES_SYNC", "push")
    monkeypatch.setenv("SELF_CODING_ENABLE_PUSH", "1")

    engine = bench.engine(f"```python\n{NORMAL}```")
    result = engine.apply_patch(bench.target, "normalize text")

    patch_id, reverted, roi_delta = result
    assert (patch_id, reverted, roi_delta, result.status, result.reason) == (1, False, 0.0, "kept", "")
    assert bench.target.read_text() == f"{UTILS}\n\n{NORMAL}"
    assert result.weighing is not None and result.weighing.untested == ("utils.py:normalize_text",)
    record = bench.patches.get(1)
    assert record and (record.filename, record.reverted, record.tests_failed_after, record.model) == ("utils.py", False, 0, "scripted:one")
    assert [each.id for each in engine.top_patches()] == [1]
    # what was learnt of it
    assert [each.response for each in bench.gpt.search_context("normalize", tags=["error_fix"])] == [NORMAL]
    assert [each.summary for each in engine.suggest_snippets("normalize")] == ["normalize text"]
    assert [each.key for each in bench.memory.search_by_tag("insight")] == ["patch:1"]
    # only its own file, only on its own branch
    assert bench.repository.git("diff", "--name-only", "main", "review/1") == "utils.py"
    assert bench.repository.git("rev-parse", "review/1") == TinyRepository(origin).git("rev-parse", "review/1")
    assert TinyRepository(origin).git("rev-parse", "main") == bench.repository.git("rev-parse", "main", "HEAD").split()[0]
    verified = subprocess.run(
        [sys.executable, "-m", "autosd", "provenance", "verify", "review/1", "--json"],
        cwd=bench.repository.path,
        capture_output=True,
        text=True,
    )
    assert '"authentic"' in verified.stdout, verified.stdout + verified.stderr
    assert result.synced.pushed_to and bench.repository.git("status", "--short").split() == ["M", "utils.py", "??", "mine.txt"]

    assert bench.engine().rollback_patch(1) and bench.target.read_text() == UTILS
    assert bench.patches.get(1).reverted and bench.engine().rollback_patch(1)  # type: ignore[union-attr]
    with pytest.raises(AutosdError) as unknown:
        engine.rollback_patch(99)
    assert unknown.value.code == "AUTOSD-PATCH-UNKNOWN"


@pytest.mark.slow
def test_a_patch_that_is_worse_than_those_kept_before_leaves_every_byte_as_it_was(bench: Bench) -> None:
    for roi in (5.0, 5.0):
        bench.patches.add(PatchRecord("utils.py", roi_delta=roi, project=str(bench.repository.path), strategy="helper"))
    bench.patches.add(
        PatchRecord("utils.py", roi_delta=-50.0, project=str(bench.repository.path), strategy="helper", reverted=True)
    )  # no bar for anybody
    before = bench.repository.state()
    result = bench.engine(NORMAL).apply_patch(bench.target, "normalize text")
    assert (result.reverted, result.roi_delta, result.status) == (True, 0.0, PatchStatus.REVERTED)
    assert "ROI +0, at least +5 of the last 2 kept" in result.reason
    assert bench.repository.state() == before and bench.repository.branches() == ["main"]
    record = bench.patches.get(result.patch_id or 0)
    assert record and record.reverted and "at least +5" in record.reason


@pytest.mark.slow
def test_a_patch_that_breaks_a_test_is_not_proven_and_the_next_try_is_told_why(bench: Bench) -> None:
    before = bench.repository.state()
    says = Says(["    return 3 * x\n", "    return x + x\n"])
    result = bench.engine(llm_client=says).apply_patch_with_retry(
        bench.target, "double by adding", target_region=TargetRegion(2, 2, "double"), max_attempts=2, write=False
    )
    assert "not as before: test_utils.py::test_double" in says.asked[1].messages[-1].text
    assert "not as before" not in says.asked[0].messages[-1].text
    assert result.status is PatchStatus.PROVEN and "+    return x + x" in result.change.diff
    assert result.patch_id is None and bench.repository.state() == before
    assert bench.patches.failed_strategies() == {"helper:utils.py": 1}


@pytest.mark.slow
def test_without_leave_to_write_nothing_is_written_and_the_reason_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELF_IMPROVE_AUTO")
    before = bench.repository.state()
    result = bench.engine(NORMAL).apply_patch(bench.target, "normalize text")
    assert (tuple(result), result.status) == ((None, False, 0.0), PatchStatus.REFUSED)
    assert result.objections and result.change.artifacts and bench.repository.state() == before
    assert bench.patches.list_patches() == []


@pytest.mark.slow
def test_a_file_with_somebodys_uncommitted_work_is_patched_but_not_committed_for_them(bench: Bench) -> None:
    bench.repository.write({"utils.py": UTILS + "\n\nMINE = 1\n"})
    result = bench.engine(NORMAL).apply_patch(bench.target, "normalize text")
    assert result.kept and bench.target.read_text() == UTILS + "\n\nMINE = 1\n\n\n" + NORMAL
    assert "uncommitted work" in result.synced.why and bench.repository.branches() == ["main"]


def test_without_a_model_nothing_is_made_up(bench: Bench) -> None:
    before = bench.repository.state()
    result = bench.engine().apply_patch(bench.target, "sort numbers")
    assert (tuple(result), result.status, result.reason) == ((None, False, 0.0), PatchStatus.NO_HELPER, "no model is configured")
    assert bench.repository.state() == before


def test_a_helper_without_a_model_is_code_that_was_there_or_says_that_there_is_none(bench: Bench) -> None:
    bench.code.add(CodeRecord(NORMAL, summary="normalize text"))
    engine = bench.engine()
    assert str(engine.generate_helper("normalize text", bench.target)) == NORMAL
    nothing = engine.generate_helper("parse a date")
    assert not nothing and nothing.degraded and nothing.reason == "no model is configured"


def test_a_helper_is_asked_for_with_what_is_known(bench: Bench) -> None:
    bench.code.add(CodeRecord("def lower(t):\n    return t.lower()\n", summary="normalize case"))
    bench.patches.add(PatchRecord("utils.py", "normalize spaces", roi_delta=-1.0, reverted=True, reason="ROI -1"))
    bench.gpt.log_interaction("normalize names", "used casefold", tags=["insight"])
    says = Says([f"Sure:\n```python\n{NORMAL}```"])
    helper = bench.engine(llm_client=says).generate_helper("normalize text", bench.target, error_log="it failed with KeyError")
    assert str(helper) == NORMAL and helper.usd == 0.01
    text = says.asked[0].messages[-1].text
    for known in ("def lower", "def double", "failed: normalize spaces", "used casefold", "KeyError", "test_utils.py"):
        assert known in text
    assert bench.gpt.search_context("normalize text", tags=["error_fix"])[0].response == NORMAL


def test_places_that_are_no_files_of_the_project_are_refused(bench: Bench, tmp_path: Path) -> None:
    engine = bench.engine(NORMAL, root=bench.repository.path)
    (bench.repository.path / "link.py").symlink_to(tmp_path / "outside.py")
    places = (bench.repository.path, tmp_path / "no" / "folder" / "x.py", tmp_path / "outside.py", bench.repository.path / "link.py")
    for path in places:
        with pytest.raises(AutosdError) as refused:
            engine.apply_patch(path, "normalize text")
        assert refused.value.code == "AUTOSD-PATH-INVALID"


def test_an_explicit_context_builder_is_required() -> None:
    with pytest.raises(TypeError, match="context_builder"):
        SelfCodingEngine(None, None)  # type: ignore[arg-type, call-arg]


@pytest.mark.slow
def test_a_program_that_is_killed_while_a_patch_is_weighed_leaves_the_project_as_it_was(bench: Bench, autosd_home: Path) -> None:
    code = f"""
import sys
from autosd.domain.models import Reply
from autosd.library import CodeDB, ContextBuilder, MenaceMemoryManager, SelfCodingEngine
class Loud:
    def step(self, name, detail=""): print(name, flush=True)
    def update(self, **known): pass
class Says:
    model = "scripted:one"
    def reply(self, ask): return Reply({NORMAL!r}, model=self.model)
SelfCodingEngine(
    CodeDB(":memory:"), MenaceMemoryManager(":memory:"), context_builder=ContextBuilder(), llm_client=Says(), progress=Loud()
).apply_patch(sys.argv[1], "normalize text")
"""
    before = bench.repository.state()
    with subprocess.Popen([sys.executable, "-c", code, str(bench.target)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and line != "weighing\n":
            pass
        assert line == "weighing\n"
        process.kill()
    assert bench.repository.state() == before and (autosd_home / "worktrees").is_dir()
    with create_ephemeral_env(bench.repository.path) as (_, run):
        assert run(["ls"]).stdout.split() == ["test_utils.py", "utils.py"]
    assert list((autosd_home / "worktrees").iterdir()) == []
