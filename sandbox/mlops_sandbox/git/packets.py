"""Git's packet lines: what a push asks for, and words to whoever pushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

#: The packet that ends an answer.
FLUSH = b"0000"
#: A packet line has its length in four digits before it, and in an answer its band in one byte.
_HEAD = 4
_LARGEST = 65520
_ERROR_BAND = b"\x03"


@dataclass(frozen=True)
class Pushed:
    """One reference of a push; deleting it is `new` of zeros."""

    reference: str
    old: str
    new: str

    @property
    def deletes(self) -> bool:
        """Whether the reference goes away."""
        return not self.new.strip("0")


@dataclass(frozen=True)
class Push:
    """What the packet lines in front of a push's pack say."""

    references: list[Pushed]
    hears: bool
    """Whether the client takes messages beside the answer (`side-band-64k`), as git does."""


def read_push(body: IO[bytes]) -> Push:
    """The request of a push, from the file's start."""
    body.seek(0)
    found, capabilities = [], b""
    while (head := body.read(_HEAD)) not in (b"", FLUSH):
        command, _, added = body.read(int(head, 16) - _HEAD).partition(b"\0")
        capabilities += added
        parts = command.decode("utf-8", "replace").strip().split(" ", 2)
        if len(parts) == 3 and len(parts[0]) == len(parts[1]) >= 40:
            found.append(Pushed(parts[2], parts[0], parts[1]))
    return Push(found, b"side-band-64k" in capabilities.split())


def message(text: str) -> bytes:
    """An error that git shows, and ends with an error for."""
    told = _ERROR_BAND + f"{text}\n".encode()[: _LARGEST - _HEAD - 1]
    return b"%04x" % (len(told) + _HEAD) + told
