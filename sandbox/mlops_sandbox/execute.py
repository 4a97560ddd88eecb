"""`mlops sandbox exec`: any command, with every engine, provider, SDK and client pointed at the sandbox."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from mlops_sandbox import updates
from mlops_sandbox.context import DEFAULT_ACCOUNT, DEFAULT_ORGANIZATION
from mlops_sandbox.engine import EngineError, engine
from mlops_sandbox.errors import SandboxError
from mlops_sandbox.home import Home
from mlops_sandbox.inherited import inherited
from mlops_sandbox.providers.launch import attached_providers

_DEPLOYS = {"up", "update", "preview", "refresh", "destroy", "import"}
_SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)
_STACK_COMMANDS = _DEPLOYS | {"state", "stack", "config", "cancel"}
#: The engine's options that a value follows, beside those that name a stack.
_VALUED = {
    "-C",
    "--cwd",
    "--color",
    "--memprofilerate",
    "--otel-traces",
    "--profiling",
    "--tracing",
    "-v",
    "--verbose",
}


def client_environment(home: Home) -> dict[str, str]:
    """What SDKs and MLflow clients need to reach the sandbox.

    Raises:
        SandboxError: the sandbox does not run.
    """
    running = home.address()
    if running is None:
        raise SandboxError(f"The sandbox in {home.path} does not run. Start it with `mlops sandbox start`.")
    token = home.token()
    return {
        "MLOPS_SANDBOX_URL": running.url,
        "DATABRICKS_HOST": running.url,
        "DATABRICKS_TOKEN": token,
        "DATABRICKS_AUTH_TYPE": "pat",
        "DATABRICKS_RATE_LIMIT": "1000",
        "DATABRICKS_ACCOUNT_HOST": running.account_url,
        "DATABRICKS_ACCOUNT_ID": DEFAULT_ACCOUNT,
        "MLFLOW_TRACKING_URI": running.url,
        "MLFLOW_REGISTRY_URI": running.url,
        "MLFLOW_TRACKING_TOKEN": token,
        "GITHUB_BASE_URL": f"{running.url}/github/",
        "GITHUB_TOKEN": token,
        "GITHUB_OWNER": DEFAULT_ORGANIZATION,
        "AZDO_ORG_SERVICE_URL": f"{running.url}/azuredevops/{DEFAULT_ORGANIZATION}",
        "AZDO_PERSONAL_ACCESS_TOKEN": token,
    }


def engine_environment(home: Home) -> dict[str, str]:
    """What the engine needs: itself and this Python on PATH, its state and its passphrase."""
    try:
        found = engine()
    except EngineError as error:
        raise SandboxError(str(error)) from None
    state = home.path / "stacks"
    state.mkdir(parents=True, exist_ok=True)
    path = [str(found.path.parent), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return {
        "PATH": os.pathsep.join(path),
        "MLOPS_PYTHON": sys.executable,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home.passphrase_file()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def environment(home: Home) -> dict[str, str]:
    """The whole environment of a command, without attached providers."""
    return inherited(os.environ) | client_environment(home) | engine_environment(home)


def _project_root(start: Path) -> Path | None:
    return next((folder for folder in (start, *start.parents) if (folder / "Pulumi.yaml").exists()), None)


def _project_name(root: Path) -> str | None:
    named = re.search(r"^name:\s*(\S+)", (root / "Pulumi.yaml").read_text(), re.MULTILINE)
    return named.group(1) if named else None


def _named_stack(argv: Sequence[str]) -> str | None:
    for index, part in enumerate(argv):
        if part in ("-s", "--stack") and index + 1 < len(argv):
            return argv[index + 1]
        for prefix in ("--stack=", "-s="):
            if part.startswith(prefix):
                return part.removeprefix(prefix)
    return None


def _is_pulumi(argv: Sequence[str]) -> bool:
    """Whether the command runs the engine on a stack, itself or as a pipeline's command does."""
    program = Path(argv[0]).name
    return (program == "pulumi" and any(part in _STACK_COMMANDS for part in argv[1:])) or (
        program == "mlops" and list(argv[1:2]) == ["ci"]
    )


def _write(file: Path, text: str, mode_of: Path | None = None) -> None:
    """Replace a file in one step: a disk that is full then takes nothing away."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text)
        shutil.copymode(mode_of or file, draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _private_stack_file(argv: Sequence[str], root: Path, home: Home) -> dict[str, str]:
    """A copy of the stack's file for the engine to write its salt into; the checkout's file stays as it is.

    `pulumi config` edits the file itself, and a file with secrets (`secure:`) needs the salt that it has.
    """
    name = _named_stack(argv)
    original = root / f"Pulumi.{name}.yaml"
    if name is None or not _DEPLOYS & set(argv) or not original.exists():
        return {}
    text = original.read_text()
    if "secure:" in text:
        return {}
    copy = home.path / "stack-files" / sha256(str(root).encode()).hexdigest()[:12] / original.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    # The salt of an earlier command, or a plan that it saved could not be read.
    earlier = _SALT.search(copy.read_text()) if copy.exists() else None
    _write(copy, (earlier.group(0) if earlier else "") + _SALT.sub("", text), mode_of=original)
    return {"PULUMI_OPTION_CONFIG_FILE": str(copy)}


def _make_stack(argv: Sequence[str], env: dict[str, str], root: Path) -> None:
    """The stack files are the list of stacks: one that the sandbox has not seen yet is made first."""
    name = _named_stack(argv)
    if name is None or "init" in argv or not (root / f"Pulumi.{name}.yaml").exists():
        return
    project = _project_name(root)
    state = Path(env["PULUMI_BACKEND_URL"].removeprefix("file://"))
    if project is None or (state / ".pulumi" / "stacks" / project / f"{name}.json").exists():
        return
    done = subprocess.run(
        ["pulumi", "stack", "init", name, "--no-select"],
        env=env,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "already exists" not in done.stderr:
        raise SandboxError(f"The stack of Pulumi.{name}.yaml could not be made: {done.stderr.strip()}")


def _drop_stale_locks(home: Home) -> None:
    for update in updates.drop_stale(home):
        told = f"sandbox: removed the lock of an update that was killed (pid {update.pid})"
        print(told, file=sys.stderr)


def _cancelled_stack(argv: Sequence[str], env: dict[str, str], root: Path) -> str:
    """The stack that a `pulumi cancel` names, as its argument or option; else the selected one."""
    rest = iter(argv[argv.index("cancel") + 1 :])
    plain = [part for part in rest if not (part in _VALUED and next(rest, None)) and not part.startswith("-")]
    name = _named_stack(argv) or next(iter(plain), None)
    if name is None:
        asked = ["pulumi", "stack", "--show-name"]
        shown = subprocess.run(asked, env=env, cwd=root, capture_output=True, text=True, check=False)
        name = shown.stdout.strip()
    return name.rpartition("/")[2]


def _end_update(home: Home, argv: Sequence[str], env: dict[str, str], root: Path) -> None:
    """Before `pulumi cancel` takes the lock away, end the update that holds it."""
    project, stack = _project_name(root), _cancelled_stack(argv, env, root)
    if project is None or not updates.living(home, project, stack):
        return
    if not {"--yes", "-y"} & set(argv):
        raise SandboxError(f"The stack {stack} is being deployed; `pulumi cancel {stack} --yes` ends that.")
    for pid in updates.interrupt(home, project, stack):
        print(f"sandbox: the update of {stack} (pid {pid}) has ended", file=sys.stderr)


@contextmanager
def _clean_stack_files(root: Path) -> Iterator[None]:
    """Stack files stay as they were: the engine adds the salt of its passphrase to each that it opens.

    A salt that encrypts nothing is set aside meanwhile, because it may be of another passphrase; a file that
    holds secrets (`secure:`) keeps the one that they were encrypted with.
    """
    salts = {}
    for file in root.glob("Pulumi.*.yaml"):
        text = file.read_text()
        if "secure:" not in text:
            found = _SALT.search(text)
            salts[file] = found.group(0) if found else ""
            if found:
                _write(file, _SALT.sub("", text))
    try:
        yield
    finally:
        for file, salt in salts.items():
            text = file.read_text() if file.exists() else ""
            if text and "secure:" not in text and (salt or _SALT.search(text)):
                _write(file, salt + _SALT.sub("", text))


def _run(argv: Sequence[str], env: dict[str, str]) -> int:
    """Run in the foreground; Ctrl-C is the command's to handle, and it is waited for."""
    # A handler and not SIG_IGN, which the command would inherit.
    ours = signal.signal(signal.SIGINT, lambda _sign, _frame: None)
    try:
        return subprocess.Popen(argv, env=env).wait()
    except FileNotFoundError:
        print(f"mlops sandbox exec: {argv[0]}: no such command", file=sys.stderr)
        return 127
    finally:
        signal.signal(signal.SIGINT, ours)


def execute(home: Home, argv: Sequence[str]) -> int:
    """Run a command; returns its exit code."""
    env = environment(home)
    root = _project_root(Path.cwd())
    if root is None or not _is_pulumi(argv):
        return _run(argv, env)
    with _clean_stack_files(root), attached_providers(env) as attached:
        _drop_stale_locks(home)
        env |= attached | _private_stack_file(argv, root, home)
        _make_stack(argv, env, root)
        if "cancel" in argv:
            _end_update(home, argv, env, root)
        return _run(argv, env)
