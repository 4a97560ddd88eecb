"""Pushes: git's own backend gets every byte of them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from mlops_sandbox.git import packets, smart_http

COMMAND = f"{'0' * 40} {'1' * 40} refs/heads/main\0 report-status side-band-64k agent=git/2".encode()


@pytest.mark.parametrize("size", [10, 5_000_000])
def test_the_backend_reads_a_push_from_its_start_whenever_its_file_is_closed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    backend = tmp_path / "git"
    backend.write_text("#!/bin/sh\nhead -c 6; echo begun >&2; read -r line <go; cat\n")
    backend.chmod(0o700)
    os.mkfifo(tmp_path / "go")
    monkeypatch.chdir(tmp_path)
    sent = b"%04x" % (len(COMMAND) + 4) + COMMAND + packets.FLUSH + b"PACK" + os.urandom(size)
    with tempfile.SpooledTemporaryFile(max_size=1 << 20) as body:
        body.write(sent)
        push = packets.read_push(body)
        body.rollover()
        started = smart_http.Backend.start(body, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
        begun = started.output.read(6)
    (tmp_path / "go").write_text("go\n")
    assert begun + started.output.read() == sent
    assert started.failure() == ""
    started.close()
    assert push == packets.Push([packets.Pushed("refs/heads/main", "0" * 40, "1" * 40)], hears=True)
