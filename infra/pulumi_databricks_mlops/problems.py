"""Input errors of a component: collected, then raised once."""

import re
from collections.abc import Iterable

import pulumi

from pulumi_databricks_mlops.spelling import suggest


class InputError(pulumi.RunError):
    """What is wrong with a component's arguments; `pulumi up` prints it without a stack trace."""


class Problems:
    """The problems of one component's arguments."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._found: list[str] = []

    def add(self, *sentences: str) -> None:
        """Add problems; each is a sentence that says what is wrong and what would be right."""
        self._found.extend(sentences)

    @property
    def sentences(self) -> list[str]:
        """What was found, without the subject."""
        return list(self._found)

    def require_name(self, what: str, value: object, pattern: str, right: str) -> None:
        """Add a problem unless the value, when it is known text, matches the whole pattern."""
        if isinstance(value, str) and not re.fullmatch(pattern, value, re.ASCII):
            self.add(f"{what} {value!r} is not a name that Databricks takes: {right}.")

    def require_one(self, what: str, value: object, allowed: Iterable[str]) -> None:
        """Add a problem unless the value, when it is known text, is one of those allowed."""
        names = list(allowed)
        if isinstance(value, str) and value not in names:
            self.add(f"{what} is {value!r}{suggest(value, names)}; it is one of {', '.join(names)}.")

    def raise_any(self) -> None:
        """Raise what was found.

        Raises:
            InputError: at least one problem was added.
        """
        if self._found:
            raise InputError("\n".join(f"{self._subject}: {sentence}" for sentence in self._found))


UC_NAME = r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,254}"
"""Unity Catalog takes more, but a name outside this needs quoting everywhere."""
UC_RIGHT = "letters, digits, `_` and `-`, at most 255"
