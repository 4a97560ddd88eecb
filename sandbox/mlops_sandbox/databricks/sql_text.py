"""Reading SQL text: words, names in backticks, strings, numbers and signs, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"\s+|--[^\n]*"
    r"|(?P<name>`(?:[^`]|``)*`)"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)


def statements(text: str) -> Iterator[str]:
    """The statements of a script, without the semicolons between them; comments alone are none."""
    begin, empty = 0, True
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "sign" and match.group() == ";":
            if not empty:
                yield text[begin : match.start()].strip()
            begin, empty = match.end(), True
        elif match.lastgroup:
            empty = False
    if not empty:
        yield text[begin:].strip()


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with each `:name` that has a value replaced by it, as a string."""
    filled, colon = "", False
    for match in _TOKEN.finditer(text):
        part = match.group()
        if colon and match.lastgroup == "word" and part in values:
            quoted = values[part].replace("\\", "\\\\").replace("'", "\\'")
            filled, part = filled[:-1], f"'{quoted}'"
        colon = part == ":" and not filled.endswith(":")
        filled += part
    return filled


class SqlSyntaxError(Exception):
    """The text is not what was expected there."""


class SqlText:
    """A cursor over the parts of a statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = [(match.lastgroup, match.group()) for match in _TOKEN.finditer(text) if match.lastgroup]
        self._at = 0

    def wrong(self) -> SqlSyntaxError:
        """What to raise when the next part does not fit."""
        near = repr(self._parts[self._at][1]) if self._at < len(self._parts) else "end of input"
        return SqlSyntaxError(f"[PARSE_SYNTAX_ERROR] Syntax error at or near {near}.")

    @property
    def ended(self) -> bool:
        """Whether nothing is left but a semicolon."""
        rest = self._parts[self._at :]
        return all(part == ("sign", ";") for part in rest)

    def sees(self, *words: str) -> bool:
        """Whether these words or signs come next (in any case)."""
        ahead = self._parts[self._at : self._at + len(words)]
        return len(ahead) == len(words) and all(
            kind in {"word", "sign"} and part.upper() == word
            for (kind, part), word in zip(ahead, words, strict=True)
        )

    def take(self, *words: str) -> bool:
        """As :meth:`sees`, and go past them if they are there."""
        if not self.sees(*words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Go past these words, which must be there."""
        if not self.take(*words):
            raise self.wrong()

    def _next(self, *kinds: str) -> str:
        if self._at >= len(self._parts) or self._parts[self._at][0] not in kinds:
            raise self.wrong()
        self._at += 1
        return self._parts[self._at - 1][1]

    def identifier(self) -> str:
        """A name, in backticks or bare."""
        part = self._next("name", "word")
        return part[1:-1].replace("``", "`") if part.startswith("`") else part

    def dotted(self) -> list[str]:
        """A name of one or more parts."""
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        return parts

    def number(self) -> str:
        """Digits."""
        return self._next("number")

    def string(self) -> str:
        """A quoted string's content."""
        return _ESCAPED.sub(lambda found: found.group(1) or "'", self._next("text")[1:-1])

    def names(self) -> list[str]:
        """A list of names in parentheses."""
        self.expect("(")
        found = [self.identifier()]
        while self.take(","):
            found.append(self.identifier())
        self.expect(")")
        return found

    def key(self) -> str:
        """A property's name: a string, or a dotted name."""
        if self._at < len(self._parts) and self._parts[self._at][0] == "text":
            return self.string()
        return ".".join(self.dotted())

    def value(self) -> str:
        """A property's value: a string, a number or a bare word."""
        kind = self._parts[self._at][0] if self._at < len(self._parts) else ""
        return self.string() if kind == "text" else self._next("number", "word")

    def properties(self) -> dict[str, str]:
        """`('a' = 'b', c.d = 1)`."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.key()
            self.take("=")
            found[key] = self.value()
            if not self.take(","):
                break
        self.expect(")")
        return found
