"""A process for each CPU: python main.py on a compiled model, over real sockets, killed and ended as platforms do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import SERVE, package
from hypothesis import given
from hypothesis import strategies as st
from servers import Server, lay

sys.path.append(str(Path(__file__).parent / "compile"))
from lab import written

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="where threads cannot be counted there is one process"
)
HOOKS = """
import os, time


def postprocess(predictions, body):
    if isinstance(body, dict) and "die" in body:
        os.kill(os.getpid(), 9)
    time.sleep(0.05)
    return {"pid": os.getpid(), "predictions": predictions}
"""


def model_package(root, hooks=HOOKS):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    artifact = {"kind": "model", "path": "model/model.mlfn", "format": "plain"}
    package(root, artifact=artifact, code={"hooks.py": hooks}, hooks="hooks")
    written(LogisticRegression(max_iter=500).fit(*load_iris(return_X_y=True)), root / "model" / "model.mlfn")
    return lay(root)


def ask(server, row=(5.1, 3.5, 1.4, 0.2)):
    status, _, body = server.post(json.dumps([list(row)]).encode())
    assert status == 200, body
    return json.loads(body)


def pids(server, calls=40):
    with ThreadPoolExecutor(8) as pool:
        return {told["pid"] for told in pool.map(lambda _: ask(server), range(calls))}


def ended(pid):
    """Whether the process is gone, or only waits to be reaped by whoever has it now."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def until(true):
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_each_process_answers_alike_and_sigterm_ends_all_after_their_answers(tmp_path):
    with Server("run", model_package(tmp_path), MLFN_PROCESSES="3") as server:
        serving = pids(server)
        assert len(serving) == 3
        assert server.process.pid not in serving
        assert ask(server)["predictions"] == [0]
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(ask, server) for _ in range(6)]
            time.sleep(0.03)
            server.process.send_signal(signal.SIGTERM)
            # Those that were taken are answered; those that came too late find no port.
            results = [each.exception() for each in asked]
        assert any(result is None for result in results)
        assert server.process.wait(timeout=30) == 0
        assert all(ended(pid) for pid in serving)
        assert server.output() == ""
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_process_that_is_killed_is_replaced_and_the_log_says_so(tmp_path):
    with Server("run", model_package(tmp_path), MLFN_PROCESSES="2") as server:
        before = pids(server)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        until(lambda: "ended with signal 9; another takes its place" in server.output())
        until(lambda: len(pids(server)) == 2)
        assert killed not in pids(server)
        [entry] = [json.loads(line) for line in server.output().splitlines()]
        assert entry["severity"] == "CRITICAL"


def test_when_the_first_process_is_killed_the_others_free_the_port(tmp_path):
    with Server("run", model_package(tmp_path), MLFN_PROCESSES="2") as server:
        serving = pids(server)
        server.process.kill()
        until(lambda: all(ended(pid) for pid in serving))
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_hook_that_has_started_a_thread_keeps_it_at_one_process(tmp_path):
    threads = f"import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n{HOOKS}"
    with Server("run", model_package(tmp_path, threads), MLFN_PROCESSES="3") as server:
        assert pids(server) == {server.process.pid}


def test_a_function_of_the_users_keeps_what_it_remembers_in_one_process(tmp_path):
    text = "import os\ndef answer(payload): return {'pid': os.getpid()}\n"
    artifact = {"kind": "python", "module": "app", "attribute": "answer"}
    with Server("run", lay(package(tmp_path, artifact=artifact, code={"app.py": text})), MLFN_PROCESSES="3") as server:
        assert pids(server) == {server.process.pid}


def test_unasked_there_are_as_many_as_cpus_that_the_process_may_use(tmp_path):
    from mlfn_serve.machine import cpus

    with Server("run", model_package(tmp_path)) as server:
        assert len(pids(server, 80)) == cpus()
    script = f"import sys; sys.path.insert(0, {str(SERVE)!r}); from mlfn_serve.machine import cpus; print(cpus())"
    one = str(min(os.sched_getaffinity(0)))
    assert (
        subprocess.run(["taskset", "-c", one, sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        == "1\n"
    )


@given(quota=st.integers(1_000, 10_000_000), period=st.integers(1_000, 1_000_000))
def test_a_quota_of_the_container_bounds_the_cpus(tmp_path_factory, quota, period):
    from mlfn_serve import machine

    folder = tmp_path_factory.mktemp("cgroup")
    (folder / "cpu.max").write_text(f"{quota} {period}\n")
    (folder / "none").write_text("max 100000\n")
    assert machine.quota(folder / "cpu.max") == quota / period
    assert machine.quota(folder / "none") is None
    assert machine.quota(folder / "missing") is None
