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
    """An exception in a line (`ValueError: bad input`) and its whole trace."""
    described = TracebackException.from_exception(error)
    _without_own_frames(described)
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}" if text else name, "".join(described.format())
