"""Requirements of a task's environment: the sandbox installs nothing, it checks what is installed."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

#: Packages whose own description says that they run on Databricks only; code has to do without them here.
_DATABRICKS_ONLY = frozenset({"databricks-feature-engineering"})


class RequirementError(Exception):
    """A requirement that this environment does not meet."""


def _check(line: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(line)
    except InvalidRequirement as error:
        raise RequirementError(f"{line!r} is not a requirement that pip would take: {error}.") from None
    if wanted.marker is not None and not wanted.marker.evaluate():
        return
    try:
        installed = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        if wanted.name in _DATABRICKS_ONLY:
            print(f"{wanted.name} runs on Databricks only: this task does without it.", file=sys.stderr)
            return
        raise RequirementError(
            f"{line!r} is required and {wanted.name} is not installed here. The sandbox runs tasks with the "
            "packages of its own environment: add it there."
        ) from None
    if not wanted.specifier.contains(installed, prereleases=True):
        raise RequirementError(
            f"{line!r} is required and {wanted.name} {installed} is installed here. The sandbox runs tasks "
            "with the packages of its own environment: bring one to the other."
        )


def _unpack(wheel: Path, target: Path) -> None:
    if not wheel.is_file():
        raise RequirementError(f"The wheel {wheel.name} is required and there is no file of that path.")
    folder = target / wheel.stem
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    except zipfile.BadZipFile:
        raise RequirementError(f"{wheel.name} is not a wheel.") from None
    sys.path.insert(0, str(folder))


def satisfy(requirements: Iterable[str], target: Path) -> None:
    """Check requirements and make wheels importable.

    Args:
        requirements: pip requirements, pip options (ignored: nothing is downloaded) and real paths of wheels.
        target: the folder that wheels are unpacked into.

    Raises:
        RequirementError: names the first requirement that is not met, and what is installed.
    """
    for line in requirements:
        text = line.split(" #", 1)[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        if text.endswith(".whl"):
            _unpack(Path(text), target)
        else:
            _check(text)
