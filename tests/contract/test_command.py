"""The command strategy in the real sandbox: whatever the command is, it sees no host, and what it leaves is judged like the rest."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.sandbox import open_sandbox
from autosd.coding.command.coder import CommandCoder, CommandLine
from autosd.domain.changes import Candidate
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply, Role, ToolCall, Usage
from autosd.domain.suites import Diagnosis, Failure, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.ports import Sandbox, Snapshot, SubjectEnv, Task
from autosd.testing import RecordingProgress

FAILING = "tests/test_sums.py::test_total"
FILES = {
    "sums.py": "def total(numbers):\n    return sum(numbers) + 1\n",
    "tests/test_sums.py": "from sums import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    ".env": "PASSWORD=hunter2\n",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    sandbox = open_sandbox(home)
    if sandbox.report().level != "bubblewrap":
        pytest.skip("this host has no loopback inside the sandbox")
    yield sandbox
    sandbox.close()  # type: ignore[attr-defined]


class Talk:
    """Answers every ask in the same way, and keeps what it was asked."""

    model = "scripted:gpt-something"

    def __init__(self, reply: Reply | Exception) -> None:
        self._reply, self.asks = reply, list[Ask]()

    def reply(self, ask: Ask) -> Reply:
        self.asks.append(ask)
        if isinstance(self._reply, Exception):
            raise self._reply
        return self._reply


def task_in(folder: Path, seconds: float = 20.0) -> Task:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    run = SuiteRun(
        SuiteEnding.COMPLETE, (TestResult(FAILING, Outcome.FAILED, 0.0, Failure("AssertionError", "2 == 1")),), frozenset({FAILING}), 0.1
    )
    snapshot = Snapshot("0123456789ab", folder, "a" * 40, "b" * 40, folder, folder, False)
    return Task(snapshot, SubjectEnv(Path("/usr/bin/python3")), Diagnosis(run, (FAILING,)), seconds, 1)


def ran(sandbox: Sandbox, folder: Path, code: str, talk: Talk | None = None, seconds: float = 20.0, **more: object) -> list[Candidate]:
    script = folder.parent / "agent.py"
    script.write_text(textwrap.dedent(code))
    line = CommandLine(more.pop("line", f"/usr/bin/python3 -I {script}"), show=(script,), **more)  # type: ignore[arg-type]
    coder = CommandCoder(sandbox, line, talk, locked=lambda path: path.startswith("tests/"))  # type: ignore[arg-type]
    return list(coder.candidates(task_in(folder, seconds), RecordingProgress()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


FIX = """
    import pathlib
    pathlib.Path("sums.py").write_text("def total(numbers):\\n    return sum(numbers)\\n")
"""
ASKS = """
    import json, os, sys, urllib.request, urllib.error
    def ask(path, body, key=os.environ["OPENAI_API_KEY"], base=os.environ["ANTHROPIC_BASE_URL"]):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(base + path, data, {"authorization": "Bearer " + key, "content-type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
    HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
"""
TELL = """
    open("told.txt", "w").write(json.dumps(told))
"""


def told_by(candidates: list[Candidate]) -> object:
    (candidate,) = candidates
    return json.loads(str(candidate.files["told.txt"]))


def test_a_command_that_is_only_a_script_leaves_a_candidate_and_the_base_as_it_was(sandbox: Sandbox, project: Path) -> None:
    (candidate,) = ran(sandbox, project, FIX)
    assert candidate.files == {"sums.py": "def total(numbers):\n    return sum(numbers)\n"}
    assert (candidate.strategy, candidate.targets) == ("command", (FAILING,))
    assert (project / "sums.py").read_text() == FILES["sums.py"]


def test_the_task_comes_as_a_file_as_a_word_or_on_stdin(sandbox: Sandbox, project: Path) -> None:
    code = "import sys\nopen('told.txt', 'w').write(__import__('json').dumps([sys.argv[1:], sys.stdin.read()]))"
    script = project.parent / "agent.py"
    words, stdin = told_by(ran(sandbox, project, code))  # type: ignore[misc]
    assert words == [] and FAILING in stdin and "2 == 1" in stdin
    words, stdin = told_by(ran(sandbox, project, code, line=f"/usr/bin/python3 {script} --task={{task}} {{root}}"))  # type: ignore[misc]
    assert words[0].startswith("--task=Some tests") and FAILING in words[0] and words[1] == str(project) and stdin == ""
    code = "import sys\nopen('told.txt', 'w').write(__import__('json').dumps(open(sys.argv[1]).read()))"
    assert FAILING in str(told_by(ran(sandbox, project, code, line=f"/usr/bin/python3 {script} {{task_file}}")))


def test_changes_of_tests_secrets_and_binaries_are_not_taken_and_that_is_told(sandbox: Sandbox, project: Path) -> None:
    code = (
        FIX
        + """
    pathlib.Path("tests/test_sums.py").write_text("")
    pathlib.Path("secrets.pem").write_text("x")
    pathlib.Path("picture.png").write_bytes(bytes(range(256)))
    pathlib.Path("link.py").symlink_to("/etc/passwd")
    pathlib.Path(".cache-of-a-tool").write_text("x")
    pathlib.Path("__pycache__").mkdir(exist_ok=True)
    pathlib.Path("__pycache__/sums.pyc").write_text("x")
    """
    )
    (candidate,) = ran(sandbox, project, code)
    assert list(candidate.files) == ["sums.py"]
    assert "not taken: picture.png, secrets.pem, tests/test_sums.py" in candidate.summary


def test_secrets_of_the_tree_are_gone_before_it_starts_and_there_afterwards(sandbox: Sandbox, project: Path) -> None:
    code = "import os\nopen('told.txt', 'w').write(__import__('json').dumps(os.path.exists('.env')))"
    candidates = ran(sandbox, project, code)
    assert told_by(candidates) is False and list(candidates[0].files) == ["told.txt"]
    assert (project / ".env").read_text() == FILES[".env"]


def test_nothing_changed_and_nothing_found_are_no_candidates(sandbox: Sandbox, project: Path) -> None:
    assert ran(sandbox, project, "open('sums.py', 'r+').close()") == []
    assert ran(sandbox, project, "raise SystemExit(3)") == []


def test_its_time_is_limited_and_what_it_left_until_then_counts(sandbox: Sandbox, project: Path) -> None:
    began = time.monotonic()
    (candidate,) = ran(sandbox, project, FIX + "\n    import time; time.sleep(600)", seconds=4.0)
    assert time.monotonic() - began < 10 and "it was ended" in candidate.summary


def test_a_flood_of_output_and_of_files_is_bounded(sandbox: Sandbox, project: Path) -> None:
    code = (
        FIX
        + """
    import sys
    for number in range(400):
        pathlib.Path(f"new_{number}.py").write_text("x = 1\\n")
    for _ in range(400):
        sys.stdout.write("x" * 100_000)
    """
    )
    (candidate,) = ran(sandbox, project, code)
    assert len(candidate.files) <= 200 and "sums.py" in candidate.files


def test_what_it_started_is_dead_when_it_ends(sandbox: Sandbox, project: Path) -> None:
    name = f"outlives-{os.getpid()}"
    code = (
        f"import subprocess\nsubprocess.Popen(['/usr/bin/python3', '-c', 'import time; time.sleep(60)', '{name}'], start_new_session=True)"
    )
    ran(sandbox, project, code)
    time.sleep(0.2)
    alive = [path for path in Path("/proc").glob("[0-9]*/cmdline") if name.encode() in _read(path)]
    assert alive == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_it_has_a_model_in_both_wire_formats_and_no_real_key(sandbox: Sandbox, project: Path) -> None:
    talk = Talk(Reply("hi", (ToolCall("", "edit", '{"a": 1}'),), "real-model", Usage(10, 5), usd=0.25))
    code = (
        ASKS
        + """
    tools = [{"type": "function", "function": {"name": "edit", "description": "d", "parameters": {"type": "object"}}}]
    told = [ask("/v1/chat/completions", dict(HELLO, tools=tools)), ask("/v1/messages", dict(HELLO, system="be brief", max_tokens=9)),
            ask("/v1/chat/completions", dict(HELLO, stream=True)), ask("/v1/messages", dict(HELLO, stream=True))]
    """
        + TELL
    )
    candidates = ran(sandbox, project, code, talk)
    openai, anthropic, *streams = told_by(candidates)  # type: ignore[misc]
    message = json.loads(openai[1])["choices"][0]["message"]
    assert (
        openai[0] == 200
        and message["content"] == "hi"
        and message["tool_calls"][0]["function"] == {"name": "edit", "arguments": '{"a": 1}'}
    )
    assert [block["type"] for block in json.loads(anthropic[1])["content"]] == ["text", "tool_use"]
    assert all(status == 200 and "hi" in text for status, text in streams)
    assert talk.asks[0].tools[0].name == "edit" and talk.asks[0].purpose == "command"
    assert (talk.asks[1].messages[0].role, talk.asks[1].max_tokens) == (Role.SYSTEM, 9)
    assert candidates[0].cost.usd == pytest.approx(1.0)


def test_only_model_endpoints_with_the_stand_in_key_are_answered(sandbox: Sandbox, project: Path) -> None:
    talk = Talk(Reply("hi"))
    code = (
        ASKS
        + """
    told = [ask("/v1/chat/completions", HELLO, key="sk-stolen")[0], ask("/v1/files", {})[0], ask("/../../etc/passwd", None)[0],
            ask("/v1/chat/completions", {"messages": 3})[0], ask("/v1/chat/completions", {"messages": [{"role": "root"}]})[0],
            json.loads(ask("/v1/models", None)[1])["data"][0]["id"]]
    """
        + TELL
    )
    assert told_by(ran(sandbox, project, code, talk)) == [401, 404, 404, 400, 400, "scripted:gpt-something"]
    assert talk.asks == []


def test_a_spent_budget_shuts_the_door_and_an_agent_that_goes_on_asking_is_ended(sandbox: Sandbox, project: Path) -> None:
    talk = Talk(AutosdError("AUTOSD-BUDGET-EXCEEDED", "spent", "Give more."))
    code = FIX + ASKS + "\n    while True: print(ask('/v1/chat/completions', HELLO)[0])"
    began = time.monotonic()
    (candidate,) = ran(sandbox, project, code, talk)
    assert time.monotonic() - began < 10 and "AUTOSD-BUDGET-EXCEEDED" in candidate.summary
    assert len(talk.asks) == 1, "the door is shut after the first refusal"


def test_a_refusal_of_the_guard_is_the_answer_of_the_strategy(sandbox: Sandbox, project: Path) -> None:
    talk = Talk(AutosdError("AUTOSD-HALTED", "halted", "Resume."))
    with pytest.raises(AutosdError, match="halted"):
        ran(sandbox, project, FIX + ASKS + "\n    ask('/v1/chat/completions', HELLO)", talk)


def test_requests_are_limited(sandbox: Sandbox, project: Path) -> None:
    talk = Talk(Reply("hi"))
    code = ASKS + "\n    told = [ask('/v1/chat/completions', HELLO)[0] for _ in range(4)]" + TELL
    assert told_by(ran(sandbox, project, code, talk, most_requests=2)) == [200, 200, 403, 403]


def test_there_is_no_way_out_but_the_door(sandbox: Sandbox, project: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            ASKS
            + f"""
    import socket
    told = []
    for place in (("127.0.0.1", {port}), ("192.0.2.1", 80)):
        try:
            socket.create_connection(place, 2).close()
            told.append("reached")
        except OSError:
            told.append("closed")
    told.append([name for name in os.environ if "AUTOSD" in name])
    """
            + TELL
        )
        assert told_by(ran(sandbox, project, code, Talk(Reply("hi")))) == ["closed", "closed", []]


def test_what_it_writes_into_the_descriptors_around_it_changes_nothing(sandbox: Sandbox, project: Path) -> None:
    code = """
    import json, os
    told, parent = [], os.getppid()
    for fd in os.listdir(f"/proc/{parent}/fd") if os.access(f"/proc/{parent}/fd", os.R_OK) else ():
        try:
            with open(f"/proc/{parent}/fd/{fd}", "wb", 0) as pipe:
                pipe.write(b'{"file": {"path": "../../evil.py", "data": "eA=="}}\\n')
            told.append(fd)
        except OSError:
            pass
    """
    candidates = ran(sandbox, project, code + TELL)
    assert [list(candidate.files) for candidate in candidates] == [["told.txt"]]


def test_a_line_that_cannot_be_run_is_refused_with_its_cause(sandbox: Sandbox, project: Path) -> None:
    for line, code in {
        "": "AUTOSD-COMMAND-INVALID",
        "/usr/bin/python3 'oops": "AUTOSD-COMMAND-INVALID",
        "/usr/bin/python3 {secret}": "AUTOSD-COMMAND-INVALID",
        "/no/such/agent": "AUTOSD-COMMAND-PROGRAM",
        "../agent": "AUTOSD-COMMAND-PROGRAM",
        "no-such-agent-anywhere": "AUTOSD-COMMAND-FAILED",
        "/usr/bin/python3 --model={model}": "AUTOSD-COMMAND-NO-MODEL",
    }.items():
        with pytest.raises(AutosdError) as refused:
            ran(sandbox, project, FIX, line=line)
        assert refused.value.code == code, line


def test_a_program_of_a_virtual_environment_brings_what_it_needs(sandbox: Sandbox, project: Path) -> None:
    code = "import pytest, sys\nopen('told.txt', 'w').write(__import__('json').dumps([sys.prefix, pytest.__name__]))"
    assert told_by(ran(sandbox, project, code, line=f"{sys.executable} {project.parent / 'agent.py'}")) == [sys.prefix, "pytest"]


def test_without_a_loopback_a_model_is_refused_and_a_script_still_works(tmp_path: Path, project: Path) -> None:
    home = tmp_path / "landlock-home"
    home.mkdir(mode=0o700)
    try:
        lower = open_sandbox(home, "landlock")
    except AutosdError as error:
        pytest.skip(str(error))
    try:
        with pytest.raises(AutosdError) as refused:
            ran(lower, project, FIX, Talk(Reply("hi")))
        assert refused.value.code == "AUTOSD-COMMAND-NO-LOOPBACK"
        (candidate,) = ran(lower, project, FIX)
        assert list(candidate.files) == ["sums.py"] and (project / "sums.py").read_text() == FILES["sums.py"]
    finally:
        lower.close()  # type: ignore[attr-defined]
