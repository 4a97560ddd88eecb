"""What a request is answered when the sandbox itself fails: a full disk, or a defect."""

from __future__ import annotations

import errno
import sqlite3

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITTEN = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}


def _is_out_of_space(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) in _NOT_WRITTEN
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def explain(asked: str, error: Exception, home: object) -> str:
    """One sentence for the caller.

    Args:
        asked: the request's method and path.
        error: what went wrong.
        home: the sandbox's folder.
    """
    if _is_out_of_space(error):
        return f"{asked} was not done: {home} can't be written to ({error}). Free some space and try again."
    return f"The sandbox failed on {asked}: {type(error).__name__}: {error}"
