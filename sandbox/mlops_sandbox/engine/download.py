"""The official release, when it can be reached: fails within seconds when it can't."""

from __future__ import annotations

import hashlib
import io
import platform
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from mlops_sandbox.engine.errors import WayClosedError

_SITE = "https://get.pulumi.com/releases/sdk"
_FIRST_BYTE_SECONDS = 4


def _asset(version: str) -> str:
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    if system is None or machine is None:
        raise WayClosedError(f"official release: none for {platform.system()} on {platform.machine()}")
    return f"pulumi-v{version}-{system}-{machine}.tar.gz"


def _read(url: str) -> bytes:
    try:
        with urlopen(url, timeout=_FIRST_BYTE_SECONDS) as answer:  # noqa: S310 - a constant https address
            body: bytes = answer.read()
            return body
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise WayClosedError(f"official release: {url} can't be reached ({reason})") from None


def get(version: str, folder: Path, say: Callable[[str], None]) -> str:
    """Download the release, check its SHA-256 and unpack its executables into the folder."""
    asset = _asset(version)
    sums = _read(f"{_SITE}/pulumi-{version}-checksums.txt").decode()
    wanted = next((line.split()[0] for line in sums.splitlines() if line.endswith(asset)), None)
    if wanted is None:
        raise WayClosedError(f"official release: {asset} is not in the list of checksums")
    say(f"downloading {asset}")
    archive = _read(f"{_SITE}/{asset}")
    if hashlib.sha256(archive).hexdigest() != wanted:
        raise WayClosedError(f"official release: {asset} does not have the published SHA-256")
    with tarfile.open(fileobj=io.BytesIO(archive)) as unpacked:
        for member in unpacked.getmembers():
            source = unpacked.extractfile(member) if member.isfile() else None
            if source is None:
                continue
            target = folder / Path(member.name).name
            draft = target.with_suffix(".part")
            draft.write_bytes(source.read())
            draft.chmod(0o755)
            draft.replace(target)
    return "the official release"
