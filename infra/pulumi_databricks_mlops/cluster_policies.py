"""What cluster policies fix: the Jobs API writes it into a job's clusters.

The provider takes what the program does not say for a change, in every preview: so the program says it too.
"""

import json
from collections.abc import Mapping
from typing import Any

from pulumi_databricks_mlops.provided import Provided
from pulumi_databricks_mlops.workspace_args import ClusterPolicyArgs

_MAPS = ("spark_conf", "spark_env_vars", "custom_tags")
"""Attributes whose keys may have dots, and whose values are text."""
_NO_ATTRIBUTES = ("cluster_type", "dbus_per_hour")
"""What only rules speak of."""


def fixed_values(policy: ClusterPolicyArgs) -> dict[str, str]:
    """What a policy fixes, by path; of a family only what is overridden is known.

    Args:
        policy: whose JSON is valid.
    """
    rules: dict[str, Any] = json.loads(policy.get("definition", policy.get("overrides", "{}")))
    return {
        path: _text(rule["value"])
        for path, rule in sorted(rules.items())
        if isinstance(rule, dict) and rule.get("type") == "fixed" and "value" in rule and _is_one(path)
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_one(path: str) -> bool:
    """Whether a path is that of one attribute, and not of an element of a list."""
    steps = _steps(path)
    return path not in _NO_ATTRIBUTES and (
        steps[0] in _MAPS or not any(step == "*" or step.isdigit() for step in steps)
    )


def _steps(path: str) -> list[str]:
    head, _, rest = path.partition(".")
    return [head, rest] if head in _MAPS and rest else path.split(".")


def nested(fixed: Mapping[str, str]) -> Provided:
    """The values as a cluster has them, under the provider's names."""
    found: Provided = {}
    for path, value in sorted(fixed.items()):
        *outer, last = steps = _steps(path)
        inside = found
        for step in outer:
            inside = inside.setdefault(step, {})
        inside[last] = value if steps[0] in _MAPS else _literal(value)
    return found


def _literal(text: str) -> Any:
    """The number or truth that a text spells; the text itself if it spells none."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def over(fixed: Provided, given: Provided) -> Provided:
    """What is given, with what is fixed where nothing is given."""
    merged = {**fixed, **given}
    for key in fixed.keys() & given.keys():
        if isinstance(fixed[key], dict) and isinstance(given[key], dict):
            merged[key] = over(fixed[key], given[key])
    return merged
