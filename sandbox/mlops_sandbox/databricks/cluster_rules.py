"""The rules of a cluster policy on a cluster's settings: what they fill in, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

#: Objects whose keys may have dots of their own.
_MAPS = ("spark_conf", "custom_tags", "spark_env_vars")
_TYPES = ("fixed", "forbidden", "allowlist", "blocklist", "regex", "range", "unlimited")
#: What only rules speak of: the kind of a cluster is known; what an hour costs, nobody here knows.
_CLUSTER_TYPE, _UNKNOWN = "cluster_type", ("dbus_per_hour",)


class MalformedRuleError(ValueError):
    """A rule that no cluster can satisfy, for it is none."""


def applied(
    rules: Mapping[str, Json], cluster: Json, *, defaults: bool, kind: str = "job"
) -> tuple[Json, list[str]]:
    """A cluster with what its policy decides.

    Args:
        rules: the policy's, by the path of the attribute.
        cluster: the settings as they were given.
        defaults: whether default values fill in what was left out; fixed values always do.
        kind: what the rule of `cluster_type` is held against.

    Returns:
        The settings, and what is wrong with them, one entry for each attribute.

    Raises:
        MalformedRuleError: a rule has no known type, or lacks what its type needs.
    """
    made, problems = deepcopy(cluster), []
    for path, rule in sorted(rules.items()):
        if rule.get("type") not in _TYPES:
            raise MalformedRuleError(f"{path} has the type {rule.get('type')!r}.")
        if path in _UNKNOWN:
            continue
        if path == _CLUSTER_TYPE:
            problems += _wrong(path, rule, kind)
            continue
        for steps in list(_places(made, _steps(path))):
            value = _value(made, steps)
            if value is None:
                problems += _filled(made, steps, rule, defaults=defaults)
            else:
                problems += _wrong(", ".join(map(str, steps)), rule, value)
    return made, problems


def _steps(path: str) -> list[str]:
    head, _, rest = path.partition(".")
    return [head, rest] if head in _MAPS and rest else path.split(".")


def _places(cluster: Json, steps: list[str]) -> Iterator[list[str | int]]:
    """The attributes that a path names: `*` is each element of a list."""
    if "*" not in steps:
        yield [int(step) if step.isdigit() else step for step in steps]
        return
    at = steps.index("*")
    for number, _ in enumerate(_value(cluster, steps[:at]) or []):
        yield from _places(cluster, [*steps[:at], str(number), *steps[at + 1 :]])


def _value(cluster: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        if isinstance(step, int):
            cluster = cluster[step] if isinstance(cluster, list) and step < len(cluster) else None
        else:
            cluster = cluster.get(step) if isinstance(cluster, dict) else None
    return cluster


def _set(cluster: Json, steps: list[str | int], value: Any) -> None:
    inside: Any = cluster
    for step in steps[:-1]:
        inside = inside[step] if isinstance(step, int) else inside.setdefault(step, {})
    inside[steps[-1]] = value


def _filled(cluster: Json, steps: list[str | int], rule: Json, *, defaults: bool) -> list[str]:
    """Fill in an attribute that is not there, or tell that it has to be."""
    kind, title = rule["type"], ", ".join(map(str, steps))
    if kind == "forbidden" or (kind != "fixed" and rule.get("isOptional") and not defaults):
        return []
    value = (
        _needed(rule, "value", title) if kind == "fixed" else rule.get("defaultValue") if defaults else None
    )
    if value is not None:
        _set(cluster, steps, value)
    elif not rule.get("isOptional"):
        return [f"Validation failed for {title} must be present"]
    return []


def _needed(rule: Json, field: str, title: str) -> Any:
    if rule.get(field) is None:
        raise MalformedRuleError(f"{title} has no {field}.")
    return rule[field]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    return str(one) == str(other)


def _wrong(title: str, rule: Json, value: Any) -> list[str]:
    """Why a value does not satisfy a rule; nothing when it does."""
    problem = _CHECKS[rule["type"]](rule, value, title)
    if not problem:
        return []
    subject = f"{title}, the value" if ", " not in title else title
    return [f'Validation failed for {subject} {problem} (is "{value}")']


def _fixed(rule: Json, value: Any, title: str) -> str:
    wanted = _needed(rule, "value", title)
    return "" if _same(value, wanted) else f"must be {wanted}"


def _forbidden(_rule: Json, _value: Any, _title: str) -> str:
    return "must not be set"


def _allowlist(rule: Json, value: Any, title: str) -> str:
    values = _needed(rule, "values", title)
    return (
        "" if any(_same(value, each) for each in values) else f"must be one of {', '.join(map(str, values))}"
    )


def _blocklist(rule: Json, value: Any, title: str) -> str:
    values = _needed(rule, "values", title)
    return (
        f"must be none of {', '.join(map(str, values))}" if any(_same(value, each) for each in values) else ""
    )


def _regex(rule: Json, value: Any, title: str) -> str:
    pattern = str(_needed(rule, "pattern", title))
    try:
        return "" if re.fullmatch(pattern, str(value)) else f"must match {pattern}"
    except re.error as error:
        raise MalformedRuleError(f"{title} has the pattern {pattern}: {error}.") from None


def _range(rule: Json, value: Any, title: str) -> str:
    low, high = rule.get("minValue"), rule.get("maxValue")
    if low is None and high is None:
        raise MalformedRuleError(f"{title} has neither minValue nor maxValue.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if low is not None and value < low:
        return f"must be at least {low}"
    return f"must be at most {high}" if high is not None and value > high else ""


def _unlimited(_rule: Json, _value: Any, _title: str) -> str:
    return ""


_CHECKS: dict[str, Callable[[Json, Any, str], str]] = {
    "fixed": _fixed,
    "forbidden": _forbidden,
    "allowlist": _allowlist,
    "blocklist": _blocklist,
    "regex": _regex,
    "range": _range,
    "unlimited": _unlimited,
}
