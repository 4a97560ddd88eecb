"""Secrets that the environment holds never reach a comment, an issue or a summary."""

from __future__ import annotations

import os
import re

_NAMES = re.compile(r"TOKEN|SECRET|PASSPHRASE|PASSWORD|_KEY$|CREDENTIALS")
_SHORTEST = 6
_NOT_SECRET = ("_URL", "_URI", "_FILE", "PROVIDER", "_TYPE")


def secrets() -> list[str]:
    """Values of variables whose names say that they are secret, the longest first."""
    found = {
        value
        for name, value in os.environ.items()
        if _NAMES.search(name) and not name.endswith(_NOT_SECRET) and len(value) >= _SHORTEST
    }
    return sorted(found, key=len, reverse=True)


def masked(text: str) -> str:
    """The text with `***` for every secret of the environment."""
    for value in secrets():
        text = text.replace(value, "***")
    return text
