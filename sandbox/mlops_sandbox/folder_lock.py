"""One command at a time starts, stops or deletes a sandbox."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from mlops_sandbox.errors import SandboxError
from mlops_sandbox.home import Home


def not_writable(home: Home, error: OSError) -> SandboxError:
    """What a person is told of a folder that can't be written to."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "free some space" if full else "set MLOPS_SANDBOX_HOME to one that can"
    return SandboxError(f"{home.path} can't be written to ({error.strerror}): {remedy}.")


def is_unwritable(error: OSError) -> bool:
    """Whether a disk is full or for reading only: a person's to mend."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@contextmanager
def one_at_a_time(home: Home) -> Iterator[None]:
    """Two commands at once: the second waits until the first has started or stopped the sandbox."""
    with _locked(home):
        yield


def _locked(home: Home) -> IO[str]:
    """The lock of a folder, held until it is closed."""
    file = home.path / "lock"
    while True:
        try:
            home.prepare()
            lock = file.open("w")
        except OSError as error:
            raise not_writable(home, error) from None
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A reset that was waited for has taken the file with the folder, and with it the lock.
        if file.exists() and os.path.samestat(file.stat(), os.fstat(lock.fileno())):
            return lock
        lock.close()
