"""Recorded requests of a real plugin, sent again: every answer must have the recorded one's shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Values that are the server's own: their type must agree, nothing else.
_OWN = re.compile(
    r"(^|_)(id|sha|url|at|date|key|ref|href|size|etag|count|seats|email|ts|on)$|Id$|Url$|^(self|git|html)$",
    re.I,
)


def differences(recorded: Any, answered: Any, path: str = "") -> Iterator[str]:
    """What the recorded answer has that the other one lacks, or has otherwise; null fits anything."""
    name = path.rpartition(".")[2].partition("[")[0]
    if recorded is None or answered is None:
        return
    if type(recorded) is not type(answered):
        yield f"{path}: {type(recorded).__name__} recorded, {type(answered).__name__} answered"
    elif isinstance(recorded, dict):
        for key, value in recorded.items():
            if key not in answered:
                yield f"{path}.{key}: missing"
            else:
                yield from differences(value, answered[key], f"{path}.{key}")
    elif isinstance(recorded, list):
        if len(recorded) != len(answered):
            yield f"{path}: {len(recorded)} items recorded, {len(answered)} answered"
        for at, (old, new) in enumerate(zip(recorded, answered, strict=False)):
            yield from differences(old, new, f"{path}[{at}]")
    elif recorded != answered and not _OWN.search(name):
        yield f"{path}: {recorded!r} recorded, {answered!r} answered"


@dataclass
class Names:
    """What the recording server called things, and what this one calls them."""

    known: dict[str, str] = field(default_factory=dict)
    pattern: str = r"\b[0-9a-f]{40}\b|\b9\d{5}\b"

    def learn(self, recorded: Any, answered: Any) -> None:
        """Match the numbers and object ids of two answers of the same shape."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key in recorded.keys() & answered.keys():
                self.learn(recorded[key], answered[key])
        elif isinstance(recorded, list) and isinstance(answered, list):
            for old, new in zip(recorded, answered, strict=False):
                self.learn(old, new)
        elif answered is not None and re.fullmatch(self.pattern, str(recorded)):
            self.known[str(recorded)] = str(answered)

    def here(self, value: Any) -> Any:
        """A recorded value with this server's names."""
        text = json.dumps(value)
        for old, new in self.known.items():
            text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(old)}(?![0-9A-Za-z])", lambda _, new=new: new, text)
        return json.loads(text)


def cases(folder: Path) -> list[str]:
    """The names of the recorded cases in a folder."""
    return sorted(file.stem for file in folder.glob("[A-Z]*.json"))


def steps(folder: Path, name: str) -> list[dict[str, Any]]:
    """The steps of a recorded case."""
    found: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text())["steps"]
    return found
