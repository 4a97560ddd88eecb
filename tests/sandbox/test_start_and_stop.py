"""Starting and stopping: it runs and answers, or nothing of it runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from job_tasks import until
from mlops_sandbox import control, updates
from mlops_sandbox.errors import SandboxError
from mlops_sandbox.home import Address, Home
from mlops_sandbox.processes import started_at
from running import RunningSandbox


def _children(home: Home) -> list[int]:
    return [int(record.stem) for record in (home.path / "processes").glob("*.json")]


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[Home]:
    """The folder of a sandbox that a test starts."""
    home = Home(tmp_path / "home")
    yield home
    control.stop(home)


def test_a_start_that_gets_no_answer_leaves_no_process(ended: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    left: set[int] = set()

    def hang(address: Address) -> bool:
        os.kill(address.pid, signal.SIGSTOP)
        left.update(_children(ended), [address.pid])
        return False

    with monkeypatch.context() as around:
        around.setattr(control, "_answers", hang)
        with pytest.raises(SandboxError, match="did not answer within 4 s, and was ended"):
            control.start(ended, port=0, timeout=4.0)
    assert len(left) > 1
    assert not any(started_at(pid) for pid in left)
    assert not ended.runtime.exists()
    _, started = control.start(ended, port=0)
    assert started


def test_a_sandbox_that_hangs_is_named_and_can_be_stopped(
    new_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_HANGS_SECONDS", 0.2)
    children = _children(new_sandbox.home)
    os.kill(new_sandbox.address.pid, signal.SIGSTOP)
    with pytest.raises(SandboxError, match=r"does not answer\. `mlops sandbox stop` ends it"):
        control.start(new_sandbox.home)
    assert control.stop(new_sandbox.home, grace=0.2)
    assert not any(started_at(pid) for pid in children)


def test_a_deleted_folder_ends_its_sandbox(ended: Home) -> None:
    address, _ = control.start(ended, port=0)
    children = _children(ended)
    assert children
    shutil.rmtree(ended.path)
    again, started = control.start(ended, port=address.port)
    assert (again.port, started) == (address.port, True)
    assert not address.alive()
    shutil.rmtree(ended.path)
    until(lambda: not again.alive(), "the sandbox ends by itself")
    assert not any(started_at(pid) for pid in children)
    assert not ended.runtime.exists()


def test_who_waits_for_a_reset_starts_in_a_folder_that_is_there(ended: Home) -> None:
    control.start(ended, port=0)
    resets = [threading.Thread(target=control.reset, args=(ended,)) for _ in range(2)]
    starts = [threading.Thread(target=control.start, args=(ended, 0)) for _ in range(2)]
    for thread in (*resets, *starts):
        thread.start()
    for thread in (*resets, *starts):
        thread.join()
    address, _ = control.start(ended, port=0)
    assert address.alive()
    assert (ended.path / "token").exists()


def test_a_call_that_the_end_interrupts_loses_its_connection(new_sandbox: RunningSandbox) -> None:
    headers = {"Authorization": f"Bearer {new_sandbox.token}"}
    asked = "/api/2.0/preview/scim/v2/Me"
    new_sandbox.faults({"path": asked, "latency": 60})
    told: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(f"{new_sandbox.url}{asked}", headers=headers, timeout=30)
        except httpx.HTTPError as error:
            told.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: new_sandbox.faults_left()[0]["times"] == 0, "the call has come")
    control.stop(new_sandbox.home)
    asking.join()
    assert [type(error) for error in told] == [httpx.RemoteProtocolError]


def test_only_locks_of_killed_engines_of_this_machine_are_removed(tmp_path: Path) -> None:
    home, here = Home(tmp_path / "home"), socket.gethostname()
    with subprocess.Popen(["true"]) as over:
        over.wait()
    folder = home.path / "stacks" / ".pulumi" / "locks" / "organization" / "flights" / "dev"
    folder.mkdir(parents=True)
    locks = {
        "living": {"pid": os.getpid(), "hostname": here},
        "elsewhere": {"pid": over.pid, "hostname": f"not-{here}"},
        "killed": {"pid": over.pid, "hostname": here},
    }
    for name, held in locks.items():
        (folder / f"{name}.json").write_text(json.dumps(held))
    (folder / "half-written.json").write_text('{"pid": ')
    assert [update.pid for update in updates.drop_stale(home)] == [over.pid]
    assert {file.stem for file in folder.iterdir()} == {"living", "elsewhere", "half-written"}
    assert {update.lock.stem for update in updates.living(home, "flights", "dev")} == {"living", "elsewhere"}
    with pytest.raises(SandboxError, match="stack dev is being deployed"):
        updates.refuse_while_deploying(home, "reset")
