"""Suites that never end, flood, grow, fork, kill, write outside or call out: autosd ends, says what happened, and nothing got out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]

MODULE_LEVEL = {
    "never ends": "while True:\n    pass\n",
    "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(0, signal.SIGKILL)\n",
    "exits": "import os\nos._exit(0)\n",
    "floods its output": "import os\nwhile True:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'y' * 65536)\n",
    "exhausts memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(50_000_000))\n",
    "forks for ever": "import os, time\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(1)\n",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in ("never ends", "floods its output") else name for name in MODULE_LEVEL]
)
def test_a_test_file_that_misbehaves_at_import_costs_its_time_and_no_more(cli, repository: Make, name: str) -> None:
    repo = repository({**projects.GREEN, "test_hostile.py": MODULE_LEVEL[name]})
    before = repo.state()

    ran = cli("fix", repo.path, "--json", "--max-seconds", "15", env={"SANDBOX_MEM_MB": "512"})

    assert ran.code == 1, ran.stderr
    assert ran.object["result"].partition(":")[0] in ("suite_timeout", "suite_failed", "no_candidate_found"), name
    assert ran.object["diff"] == "" and repo.state() == before
    assert ran.object["seconds"] < 15 + 5, "all of its time, and what a busy machine adds to it"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("    while True:\n        pass\n", id="never ends", marks=pytest.mark.slow),
        pytest.param("    import os\n    os.kill(os.getppid(), 9)\n    os._exit(0)\n", id="takes its process down"),
        pytest.param("    import sys\n    sys.exit(0)\n", id="exits"),
    ],
)
def test_one_hostile_test_does_not_keep_the_bug_beside_it_from_being_fixed(cli, repository: Make, body: str) -> None:
    repo = repository({**projects.CLAMP, "test_hostile.py": f"def test_hostile():\n{body}"})

    ran = cli("fix", repo.path, "--json", "--max-seconds", "60")

    assert (ran.code, ran.result) == (0, "artifacts_written"), ran.stderr
    assert "test_clamp.py::test_above" not in ran.object["tests"]["failing_after"]
    assert "test_hostile.py::test_hostile" in ran.object["tests"]["failing_after"], "what was not fixed is said"


def test_what_a_suite_writes_outside_of_its_tree_stays_inside_the_sandbox(cli, repository: Make, tmp_path: Path, autosd_home: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("precious\n")
    repo = repository(projects.GREEN)
    places = (outside / "precious.txt", repo.path / "good.py", autosd_home / "autosd.db", Path.home() / ".profile", "/etc/passwd")
    targets = [str(place) for place in places]
    repo.write({
        "test_writes.py": (
            f"TARGETS = {targets!r}\n\n\n"
            "def test_writes():\n    written = []\n    for target in TARGETS:\n        try:\n            open(target, 'w').write('owned')\n"
            "            written.append(target)\n        except OSError:\n            pass\n    assert True\n"
        )
    })  # fmt: skip
    before = repo.state()

    ran = cli.fix(repo.path)

    assert ran.result == "no_failing_tests", ran.stderr
    assert (outside / "precious.txt").read_text() == "precious\n"
    assert repo.state() == before and not (Path.home() / ".profile").exists()
    assert cli("audit", "verify").code == 0


def test_a_suite_reaches_no_socket_of_this_machine_and_sees_no_secret(cli, repository: Make) -> None:
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(0.2)

        def listen() -> None:
            while not done.is_set():
                try:
                    calls.append(server.accept())
                except TimeoutError:
                    continue
                except OSError:
                    return

        done = threading.Event()
        listener = threading.Thread(target=listen)
        listener.start()
        body = (
            "import os, socket\n\n\ndef test_calls_out():\n    try:\n"
            f"        socket.create_connection(('127.0.0.1', {port}), timeout=1)\n        reached = True\n"
            "    except OSError:\n        reached = False\n"
            "    assert not reached and 'hunter2' not in str(dict(os.environ))\n"
        )
        ran = cli.fix(repository({"test_net.py": body}).path, env={"MY_API_TOKEN": "hunter2"})
        done.set()
        listener.join()

    assert ran.result == "no_failing_tests", ran.object
    assert not calls
