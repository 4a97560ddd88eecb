"""The program of a task's process.

`python -m mlops_sandbox.runtime.task SPEC.json`, or `--wait PIPE MODULE…` to be told the spec later.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mlops_sandbox.runtime import ahead, redaction
from mlops_sandbox.runtime.dbutils import DBUtils, NotebookExit
from mlops_sandbox.runtime.namespace import main_module
from mlops_sandbox.runtime.spec import TaskOutcome, TaskSpec
from mlops_sandbox.runtime.tracing import describe


def _run_notebook(spec: TaskSpec) -> None:
    from mlops_sandbox.runtime.notebook import Notebook

    file = Path(spec.file)
    if file.parent.is_dir():
        os.chdir(file.parent)
    sys.path.insert(0, str(file.parent))
    names = vars(main_module(DBUtils(spec)))
    Notebook(names, Path(spec.workspace_root), Path(spec.folder) / "wheels").run(spec.path, file)


def _run_python(spec: TaskSpec) -> None:
    file = Path(spec.file)
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {spec.path}.")
    sys.path.insert(0, str(file.parent))
    sys.argv = [spec.file, *spec.arguments]
    names = vars(main_module(DBUtils(spec)))
    names["__file__"] = spec.file
    exec(compile(file.read_bytes(), spec.file, "exec"), names)  # noqa: S102 (running it is the task)


def _wheel_function(package: str, entry_point: str) -> Callable[[], object]:
    """The entry point of that name, else the function of the package, as the vendor looks for it."""
    from importlib import import_module, metadata

    try:
        points = metadata.distribution(package).entry_points
    except metadata.PackageNotFoundError:
        raise ModuleNotFoundError(f"No package {package} is installed here.") from None
    for point in points:
        if point.name == entry_point:
            found: Callable[[], object] = point.load()
            return found
    module, _, function = f"{package.replace('-', '_')}.{entry_point}".rpartition(".")
    try:
        found = getattr(import_module(module), function)
    except (AttributeError, ModuleNotFoundError):
        names = ", ".join(sorted(point.name for point in points)) or "none"
        raise AttributeError(
            f"Package {package} has no entry point and no function {entry_point} (entry points: {names})."
        ) from None
    return found


def _run_wheel(spec: TaskSpec) -> None:
    sys.argv = [spec.entry_point, *spec.arguments]
    main_module(DBUtils(spec))
    result = _wheel_function(spec.package, spec.entry_point)()
    if isinstance(result, int) and result != 0:
        raise SystemExit(result)


_KINDS = {"notebook": _run_notebook, "python": _run_python, "wheel": _run_wheel}


def _run(spec: TaskSpec) -> TaskOutcome:
    try:
        if spec.requirements:
            from mlops_sandbox.runtime.requirements import satisfy

            satisfy(spec.requirements, Path(spec.folder) / "wheels")
        _KINDS[spec.kind](spec)
    except NotebookExit as done:
        return TaskOutcome(True, exit_value=redaction.redact(done.value))
    except SystemExit as done:
        if done.code in (None, 0):
            return TaskOutcome(True)
        return TaskOutcome(False, f"SystemExit: {redaction.redact(str(done.code))}")
    except BaseException as error:  # noqa: BLE001 (whatever the task raised is its outcome)
        last, trace = (redaction.redact(text) for text in describe(error))
        print(trace, file=sys.stderr, end="")
        return TaskOutcome(False, last, trace)
    return TaskOutcome(True)


def main() -> int:
    """Run one task; the exit code is 0 when it succeeded."""
    if sys.argv[1] == "--wait":
        spec = ahead.wait(sys.argv[2], sys.argv[3:])
    else:
        spec = TaskSpec.read(Path(sys.argv[1]))
    redaction.install()
    outcome = replace(_run(spec), modules=ahead.used())
    outcome.write(Path(spec.folder))
    redaction.finish()
    return 0 if outcome.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
