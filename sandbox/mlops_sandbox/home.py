"""A sandbox's folder: where things are kept, and what one process tells another about a running sandbox."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from cryptography.fernet import Fernet

from mlops_sandbox.processes import started_at

DEFAULT_PORT = 8675


@dataclass(frozen=True)
class Address:
    """A running sandbox, as its folder's `address.json` describes it."""

    url: str
    port: int
    pid: int
    mark: str

    @property
    def account_url(self) -> str:
        """Where the account answers: the same port by its other name."""
        return f"http://localhost:{self.port}"

    def alive(self) -> bool:
        """Whether that very process still runs."""
        return started_at(self.pid) == self.mark


class Home:
    """The folder of one sandbox (`MLOPS_SANDBOX_HOME`, else `.sandbox` in the current folder)."""

    def __init__(self, path: Path | None = None) -> None:
        chosen = path or Path(os.environ.get("MLOPS_SANDBOX_HOME") or ".sandbox")
        self.path = chosen.absolute()

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def runtime(self) -> Path:
        """A folder for sockets: short, because a socket's path may have 100 characters at most."""
        name = sha256(str(self.path).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"mlops-{os.getuid()}-{name}"

    def plain(self) -> Path:
        """The folder by a path that is the same in a URL: Spark keeps tables where a URL says, undecoded.

        A link to it in :attr:`runtime` where its own path has blanks, umlauts or the like.
        """
        if quote(str(self.path)) == str(self.path):
            return self.path
        link = self.runtime / "home"
        if not link.is_symlink():
            link.symlink_to(self.path, target_is_directory=True)
        return link

    @property
    def state(self) -> Path:
        """The SQLite file."""
        return self.path / "state.db"

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.path / "logs"

    @property
    def log(self) -> Path:
        """What the sandbox itself writes."""
        return self.logs / "sandbox.log"

    def _private(self, name: str, make: bytes) -> bytes:
        """A file that is made once, for its owner alone."""
        self.prepare()
        file = self.path / name
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_bytes()
        with os.fdopen(handle, "wb") as output:
            output.write(make)
        return make

    def token(self) -> str:
        """The token that every caller presents."""
        return self._private("token", secrets.token_urlsafe(32).encode()).decode()

    def cipher(self) -> Fernet:
        """What secret values are encrypted with at rest."""
        return Fernet(self._private("secrets.key", Fernet.generate_key()))

    def passphrase_file(self) -> Path:
        """The passphrase of the stacks' secrets, made once and never printed."""
        self._private("passphrase", secrets.token_urlsafe(32).encode())
        return self.path / "passphrase"

    def address(self) -> Address | None:
        """The running sandbox of this folder, or None."""
        return _living(self.path / "address.json")

    def forgotten(self) -> Address | None:
        """A sandbox that still runs although this folder does not know of it: the folder was deleted."""
        found = _living(self.runtime / "address.json")
        return found if found != self.address() else None

    def last_port(self) -> int | None:
        """The port that this folder's sandbox last had, so that a restart keeps its address."""
        try:
            return int(json.loads((self.path / "address.json").read_text())["port"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def announce(self, address: Address) -> None:
        """Say where the sandbox is, here and where a deleted folder leaves it."""
        for folder in (self.path, self.runtime):
            # In one step: a reader never sees half of it.
            draft = folder / f"address.json.{os.getpid()}"
            draft.write_text(json.dumps(asdict(address)))
            draft.replace(folder / "address.json")


def _living(file: Path) -> Address | None:
    """The address in a file, if its sandbox runs."""
    try:
        found = Address(**json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return found if found.alive() else None
