"""Stack traces as the author of a task wants them: notebook cells and files, not the sandbox's own frames."""

from __future__ import annotations

import os
from pathlib import Path
from traceback import TracebackException

_OWN_FOLDER = str(Path(__file__).parent) + os.sep


def _without_own_frames(error: TracebackException) -> None:
    error.stack[:] = [
        frame
        for frame in error.stack
        if not frame.filename.startswith(_OWN_FOLDER) and frame.filename not in {"<frozen runpy>"}
    ]
    for linked in (error.__cause__, error.__context__):
        if linked is not None:
            _without_own_frames(linked)


def describe(error: BaseException) -> tuple[str, str]:
    """An exception's last line (`ValueError: bad input`) and its whole trace."""
    described = TracebackException.from_exception(error)
    _without_own_frames(described)
    last = "".join(described.format_exception_only()).strip()
    return last, "".join(described.format())
