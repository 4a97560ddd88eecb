"""Rules of cluster policies: what each kind fills in, lets through and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from mlops_sandbox.databricks.cluster_rules import MalformedRuleError, applied

Json = dict[str, Any]


def problems(rules: Json, cluster: Json, *, defaults: bool = False) -> list[str]:
    return applied(rules, cluster, defaults=defaults)[1]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"type": "fixed", "value": "i3.xlarge"}, ["i3.xlarge"], ["i3.2xlarge", 1]),
        ({"type": "fixed", "value": True}, [True, "true"], [False]),
        ({"type": "allowlist", "values": ["a", "b"]}, ["a", "b"], ["c", "A"]),
        ({"type": "blocklist", "values": ["a", 1]}, ["b", 2], ["a", 1]),
        ({"type": "regex", "pattern": "1[56].*-ml-.*"}, ["16.4.x-cpu-ml-scala"], ["14-ml-", "a 15-ml-x"]),
        ({"type": "range", "minValue": 1, "maxValue": 4}, [1, 2.5, 4], [0, 5, "2"]),
        ({"type": "range", "maxValue": 4}, [-1], [4.1]),
        ({"type": "unlimited"}, ["whatever", 0], []),
        ({"type": "forbidden"}, [], ["whatever", 0]),
    ],
)
def test_a_value_is_held_against_its_rule(rule: Json, good: list[object], bad: list[object]) -> None:
    for value in good:
        assert problems({"x": rule}, {"x": value}) == []
    for value in bad:
        (problem,) = problems({"x": rule}, {"x": value})
        assert problem.startswith("Validation failed for x, the value must ")
        assert problem.endswith(f'(is "{value}")')


@pytest.mark.parametrize("kind", ["allowlist", "blocklist", "regex", "range", "unlimited"])
def test_what_is_left_out_is_filled_in_or_missed(kind: str) -> None:
    rule = {"type": kind, "values": ["a"], "pattern": "a", "maxValue": 1}
    assert problems({"x": rule}, {}) == ["Validation failed for x must be present"]
    assert problems({"x": {**rule, "isOptional": True}}, {}) == []
    given = {**rule, "defaultValue": "a"}
    # Defaults count where they are asked for; optional ones too.
    assert problems({"x": given}, {}) == ["Validation failed for x must be present"]
    assert applied({"x": {**given, "isOptional": True}}, {}, defaults=False) == ({}, [])
    assert applied({"x": given}, {}, defaults=True) == ({"x": "a"}, [])


def test_fixed_values_fill_in_by_themselves_at_any_depth() -> None:
    rules = {
        "spark_conf.spark.executor.memory": {"type": "fixed", "value": "1g"},
        "custom_tags.team": {"type": "fixed", "value": "ml", "hidden": True},
        "aws_attributes.availability": {"type": "fixed", "value": "SPOT"},
        "gcp_attributes.zone_id": {"type": "forbidden"},
    }
    cluster = {"spark_version": "16.4", "custom_tags": {"a": "b"}}
    made, wrong = applied(rules, cluster, defaults=False)
    assert wrong == []
    assert made == {
        "spark_version": "16.4",
        "spark_conf": {"spark.executor.memory": "1g"},
        "custom_tags": {"a": "b", "team": "ml"},
        "aws_attributes": {"availability": "SPOT"},
    }
    assert cluster == {"spark_version": "16.4", "custom_tags": {"a": "b"}}
    (problem,) = problems(rules, {"custom_tags": {"team": "bi"}})
    assert problem == 'Validation failed for custom_tags, team must be ml (is "bi")'


def test_elements_of_lists_are_named_by_star_and_number() -> None:
    scripts = {
        "init_scripts": [{"volumes": {"destination": "/Volumes/a"}}, {"volumes": {"destination": "/x"}}]
    }
    rule = {"type": "regex", "pattern": "/Volumes/.*"}
    (problem,) = problems({"init_scripts.*.volumes.destination": rule}, scripts)
    assert problem.startswith("Validation failed for init_scripts, 1, volumes, destination must match")
    assert problems({"init_scripts.0.volumes.destination": rule}, scripts) == []
    assert problems({"init_scripts.*.volumes.destination": rule}, {}) == []


def test_a_policy_may_be_for_other_clusters_than_jobs() -> None:
    assert problems({"cluster_type": {"type": "fixed", "value": "job"}}, {}) == []
    (problem,) = problems({"cluster_type": {"type": "fixed", "value": "all-purpose"}}, {})
    assert problem == 'Validation failed for cluster_type, the value must be all-purpose (is "job")'
    assert problems({"dbus_per_hour": {"type": "range", "maxValue": 1}}, {"num_workers": 100}) == []


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"type": "any"},
        {"type": "fixed"},
        {"type": "allowlist"},
        {"type": "regex", "pattern": "("},
        {"type": "range"},
    ],
)
def test_a_rule_that_is_none_satisfies_nobody(rule: Json) -> None:
    with pytest.raises(MalformedRuleError):
        applied({"x": rule}, {"x": 1}, defaults=False)
