"""Which code ran, on what."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import distributions, version
from pathlib import Path

import flights

#: What a version's model needs to run.
_NEEDED = ("mlflow", "lightgbm", "scikit-learn", "pandas", "numpy")


def code_hash() -> str:
    """A hash of this package's source files: the same code, the same hash, wherever it lies."""
    root = Path(flights.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def requirements() -> list[str]:
    """The model's requirements, pinned to what runs now."""
    return [f"{name}=={version(name)}" for name in _NEEDED]


def environment() -> str:
    """Python, the platform and every installed distribution, a line each."""
    installed = {f"{found.name}=={found.version}" for found in distributions()}
    about = [f"# Python {platform.python_version()} on {platform.platform()}", *sorted(installed)]
    return "\n".join(about) + "\n"
