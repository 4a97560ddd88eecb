"""Git's objects as values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

#: The id of the tree without any file, which git knows without being told.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_PERSON = re.compile(r"^(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<time>-?\d+) (?P<zone>[+-]\d{4})$")


@dataclass(frozen=True)
class Signature:
    """Who did something, and when."""

    name: str
    email: str
    when: datetime

    @classmethod
    def now(cls, name: str, email: str) -> Signature:
        """That person, at this moment (whole seconds, UTC)."""
        return cls(name, email, datetime.now(UTC).replace(microsecond=0))

    def environment(self, role: str) -> dict[str, str]:
        """What tells git of it; the role is AUTHOR or COMMITTER."""
        return {
            f"GIT_{role}_NAME": self.name,
            f"GIT_{role}_EMAIL": self.email,
            f"GIT_{role}_DATE": f"{int(self.when.timestamp())} {self.when.strftime('%z')}",
        }

    @property
    def date(self) -> str:
        """ISO 8601 in UTC, to the second."""
        return self.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Commit:
    """A commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class Entry:
    """A line of a tree."""

    mode: str
    kind: str
    """blob, tree or commit (a submodule)."""
    sha: str
    size: int
    """Bytes of a blob, 0 of others."""
    path: str


def _signature(text: str) -> Signature:
    found = _PERSON.match(text)
    if found is None:
        return Signature(text, "", datetime.fromtimestamp(0, UTC))
    zone = found["zone"]
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    when = datetime.fromtimestamp(int(found["time"]), timezone(offset))
    return Signature(found["name"], found["email"], when)


def parse_commit(sha: str, raw: bytes) -> Commit:
    """A commit from `git cat-file commit`."""
    head, _, message = raw.decode("utf-8", "replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(" ")
        fields.setdefault(name, []).append(value)
    return Commit(
        sha=sha,
        tree=fields["tree"][0],
        parents=tuple(fields.get("parent", [])),
        author=_signature(fields["author"][0]),
        committer=_signature(fields["committer"][0]),
        message=message.rstrip("\n"),
    )


def parse_entries(raw: bytes) -> list[Entry]:
    """Entries from `git ls-tree -z -l`."""
    entries = []
    for record in raw.decode("utf-8", "surrogateescape").split("\0"):
        if record:
            facts, path = record.split("\t", 1)
            mode, kind, sha, size = facts.split()
            entries.append(Entry(mode, kind, sha, 0 if size == "-" else int(size), path))
    return entries
