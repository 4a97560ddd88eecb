"""The cached engine: asked for its version once, and again when it is another file."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlops_sandbox.engine import build, download, find
from mlops_sandbox.engine.errors import EngineError, WayClosedError


def _closed(*_: object) -> str:
    raise WayClosedError("closed in this test")


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cached executable that says it is the engine, and writes down each time that it runs."""
    monkeypatch.setenv("MLOPS_CACHE", str(tmp_path))
    monkeypatch.setattr(find, "_on_path", lambda: "PATH: no `pulumi`")
    for way in (download, build):
        monkeypatch.setattr(way, "get", _closed)
    folder = tmp_path / "engine" / find.VERSION
    folder.mkdir(parents=True)
    (folder / "how").write_text("made by a test")
    executable = folder / "pulumi"
    executable.write_text(f"#!/bin/sh\necho ran >> '{tmp_path}/runs'\necho v{find.VERSION}\n")
    executable.chmod(0o755)
    return executable


def test_an_engine_that_ran_before_is_not_asked_again(cached: Path, tmp_path: Path) -> None:
    assert [find.engine().path for _ in range(3)] == [cached] * 3
    assert (tmp_path / "runs").read_text() == "ran\n"


def test_an_engine_that_was_changed_is_asked_again(cached: Path) -> None:
    find.engine()
    cached.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EngineError, match="closed in this test"):
        find.engine()
