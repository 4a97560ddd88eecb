"""GitHub's expression language: `${{ … }}` and `if:`, read and evaluated by its rules."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Functions = Mapping[str, Callable[..., Any]]


class ExpressionError(Exception):
    """An expression that the platform would refuse."""


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>0x[0-9a-fA-F]+|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | (?P<mark>\|\||&&|==|!=|<=|>=|[!<>()\[\],.*])
    )""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "null": None}


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ExpressionError(f"unexpected {text[at:].strip()[:20]!r} in {text!r}")
        kind = str(token.lastgroup)
        found.append((kind, token.group(kind)))
        at = token.end()
    return [*found, ("end", "")]


@dataclass
class _Parser:
    """Evaluates while it reads; `&&` and `||` read both sides, as nothing has side effects."""

    tokens: list[tuple[str, str]]
    contexts: Mapping[str, Any]
    functions: Functions
    at: int = 0

    def _next(self) -> tuple[str, str]:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def _take(self, *marks: str) -> str | None:
        kind, text = self.tokens[self.at]
        if kind == "mark" and text in marks:
            self.at += 1
            return text
        return None

    def _must(self, mark: str) -> None:
        if self._take(mark) is None:
            raise ExpressionError(f"{mark!r} expected, not {self.tokens[self.at][1]!r}")

    def whole(self) -> Any:
        value = self.either()
        if self.tokens[self.at][0] != "end":
            raise ExpressionError(f"unexpected {self.tokens[self.at][1]!r}")
        return value

    def either(self) -> Any:
        value = self.both()
        while self._take("||"):
            other = self.both()
            value = value if truthy(value) else other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self._take("&&"):
            other = self.compared()
            value = other if truthy(value) else value
        return value

    def compared(self) -> Any:
        value = self.negated()
        while mark := self._take("==", "!=", "<", "<=", ">", ">="):
            value = _compare(mark, value, self.negated())
        return value

    def negated(self) -> Any:
        if self._take("!"):
            return not truthy(self.negated())
        return self.dereferenced()

    def dereferenced(self) -> Any:
        value = self.atom()
        while True:
            if self._take("."):
                if self._take("*"):
                    value = _Filtered(_elements(value))
                    continue
                kind, name = self._next()
                if kind != "name":
                    raise ExpressionError(f"a name expected after '.', not {name!r}")
                value = _member(value, name)
            elif self._take("["):
                index = self.either()
                self._must("]")
                value = _member(value, index)
            else:
                return value

    def atom(self) -> Any:
        if self._take("("):
            value = self.either()
            self._must(")")
            return value
        kind, text = self._next()
        if kind == "number":
            return float(int(text, 16)) if text.startswith("0x") else float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind != "name":
            raise ExpressionError(f"unexpected {text or 'end'!r}")
        if self._take("("):
            return self._called(text)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text not in self.contexts:
            raise ExpressionError(f"unrecognized named-value: {text!r}")
        return self.contexts[text]

    def _called(self, name: str) -> Any:
        given = []
        while not self._take(")"):
            given.append(self.either())
            if not self._take(","):
                self._must(")")
                break
        known = {each.lower(): function for each, function in {**_FUNCTIONS, **self.functions}.items()}
        if name.lower() not in known:
            raise ExpressionError(f"unrecognized function: {name!r}")
        return known[name.lower()](*given)


class _Filtered(list[Any]):
    """What `.*` left: a member of it is the members of its elements."""


def _elements(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, _Filtered):
        return _Filtered([each for each in (_member(one, key) for one in value) if each is not None])
    if isinstance(value, Mapping):
        name = text(key)
        for known, each in value.items():
            if str(known).lower() == name.lower():
                return each
        return None
    if isinstance(value, Sequence) and not isinstance(value, str) and isinstance(key, float):
        return value[int(key)] if 0 <= key < len(value) else None
    return None


def truthy(value: Any) -> bool:
    """Falsy are null, false, 0, NaN and the empty text."""
    return not (value is None or value is False or value == "" or value == 0 or value != value)


def number(value: Any) -> float:
    """A value as a number: text that is none is NaN."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return math.nan


def text(value: Any) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else repr(value)
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, Sequence) else "Object"


def _compare(mark: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        first: Any = left.lower()
        second: Any = right.lower()
    elif type(left) is type(right) and isinstance(left, dict | list):
        return (left is right) == (mark == "==")
    else:
        first, second = number(left), number(right)
    return bool(
        {
            "==": first == second,
            "!=": first != second,
            "<": first < second,
            "<=": first <= second,
            ">": first > second,
            ">=": first >= second,
        }[mark]
    )


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, Sequence) and not isinstance(search, str):
        return any(_compare("==", each, item) for each in search)
    return text(item).lower() in text(search).lower()


def _format(pattern: Any, *values: Any) -> str:
    def filled(found: re.Match[str]) -> str:
        if found.group(0) in ("{{", "}}"):
            return found.group(0)[0]
        return text(values[int(found.group(1))])

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", filled, text(pattern))


def _joined(value: Any, separator: Any = ",") -> str:
    return (
        text(separator).join(text(each) for each in _elements(value)) if not isinstance(value, str) else value
    )


_FUNCTIONS: Functions = {
    "contains": _contains,
    "startsWith": lambda value, start: text(value).lower().startswith(text(start).lower()),
    "endsWith": lambda value, end: text(value).lower().endswith(text(end).lower()),
    "format": _format,
    "join": _joined,
    "toJSON": lambda value: json.dumps(value, indent=2),
    "fromJSON": lambda value: json.loads(text(value)),
}


def evaluate(expression: str, contexts: Mapping[str, Any], functions: Functions | None = None) -> Any:
    """The value of an expression without its braces.

    Raises:
        ExpressionError: when the platform would refuse it.
    """
    return _Parser(_tokens(expression), contexts, functions or {}).whole()


_BRACED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def filled(value: Any, contexts: Mapping[str, Any], functions: Functions | None = None) -> Any:
    """A document with every `${{ … }}` replaced; one that is a whole text keeps its type."""
    if isinstance(value, Mapping):
        return {key: filled(each, contexts, functions) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, contexts, functions) for each in value]
    if not isinstance(value, str):
        return value
    alone = _BRACED.fullmatch(value.strip())
    if alone and value.strip().count("${{") == 1:
        return evaluate(alone.group(1), contexts, functions)
    return _BRACED.sub(lambda found: text(evaluate(found.group(1), contexts, functions)), value)


def condition(value: Any, contexts: Mapping[str, Any], functions: Functions) -> bool:
    """An `if:`; without a status function it also wants success."""
    if isinstance(value, bool):
        expression = str(value).lower()
    else:
        expression = str(value if value is not None else "success()").strip()
        alone = _BRACED.fullmatch(expression)
        expression = alone.group(1) if alone else expression
    asks = re.search(r"\b(success|failure|always|cancelled)\s*\(", expression)
    if not asks:
        expression = f"success() && ({expression})"
    return truthy(evaluate(expression, contexts, functions))
