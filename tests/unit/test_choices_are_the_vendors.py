"""Where a component lists what may be written, the vendor's API takes exactly that."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, get_args

import pytest
from databricks.sdk.service import catalog, compute, dataquality, iam, jobs, serving, sql, vectorsearch
from pulumi_databricks_mlops import (
    external_models,
    job_checks,
    monitor_checks,
    monitor_forms,
    roles,
    serving_checks,
    task_checks,
    vector_search,
    warehouse,
)
from settings.external import Bedrock
from settings.jobs import Cluster, GitSource
from settings.tasks import Task

OFFERED: dict[str, tuple[Iterable[str], type[Enum]]] = {
    "periods": (job_checks.PERIODS, jobs.PeriodicTriggerConfigurationTimeUnit),
    "table conditions": (job_checks.TABLE_CONDITIONS, jobs.Condition),
    "model conditions": (job_checks.MODEL_CONDITIONS, jobs.ModelTriggerConfigurationCondition),
    "retry modes": (job_checks.RETRY_MODES, jobs.TaskRetryMode),
    "targets": (job_checks.TARGETS, jobs.PerformanceTarget),
    "health metrics": (job_checks.METRICS, jobs.JobsHealthMetric),
    "operators": (task_checks.OPERATORS, jobs.ConditionTaskOp),
    "run_if": (task_checks.RUN_IF, jobs.RunIf),
    "limit keys": (serving_checks.LIMIT_KEYS, serving.AiGatewayRateLimitKey),
    "pii": (serving_checks.PII, serving.AiGatewayGuardrailPiiBehaviorBehavior),
    "external providers": (external_models.PROVIDERS.values(), serving.ExternalModelProvider),
    "search endpoints": (vector_search.ENDPOINT_TYPES, vectorsearch.EndpointType),
}
LITERALS: dict[str, tuple[Any, str, type[Enum]]] = {
    "git": (GitSource, "provider", jobs.GitProvider),
    "bedrock": (Bedrock, "bedrock_provider", serving.AmazonBedrockConfigBedrockProvider),
    "accelerators": (Task, "accelerator", compute.HardwareAcceleratorType),
}


def values(kind: type[Enum]) -> set[str]:
    return {str(each.value) for each in kind}


@pytest.mark.parametrize(("offered", "theirs"), OFFERED.values(), ids=OFFERED)
def test_what_is_offered_is_what_the_api_takes(offered: Iterable[str], theirs: type[Enum]) -> None:
    assert set(offered) == values(theirs)


@pytest.mark.parametrize(("model", "field", "theirs"), LITERALS.values(), ids=LITERALS)
def test_what_settings_offer_is_what_the_api_takes(model: Any, field: str, theirs: type[Enum]) -> None:
    annotation = model.model_fields[field].annotation
    literal = next((each for each in get_args(annotation) if get_args(each)), annotation)
    assert set(get_args(literal)) == values(theirs)


def test_what_is_left_out_of_data_security_is_legacy() -> None:
    (literal,) = (
        each for each in get_args(Cluster.model_fields["data_security_mode"].annotation) if get_args(each)
    )
    assert {each for each in values(compute.DataSecurityMode) if "LEGACY" not in each} == set(
        get_args(literal)
    )


def test_both_monitor_apis_know_every_kind_of_metric_and_problem() -> None:
    for prefix, theirs in (
        ("CUSTOM_METRIC_TYPE_", catalog.MonitorMetricType),
        ("DATA_PROFILING_CUSTOM_METRIC_TYPE_", dataquality.DataProfilingCustomMetricType),
    ):
        assert {f"{prefix}{kind.upper()}" for kind in monitor_checks.KINDS} == values(theirs)
    for prefix, problems in (
        ("PROBLEM_TYPE_", catalog.MonitorInferenceLogProblemType),
        ("INFERENCE_PROBLEM_TYPE_", dataquality.InferenceProblemType),
    ):
        assert {f"{prefix}{kind.upper()}" for kind in monitor_checks.PROBLEMS} == values(problems)


def test_every_window_length_has_a_name_in_the_data_quality_api() -> None:
    lengths = [
        *(
            "5 minutes",
            "30 minutes",
            "1 hour",
            "1 day",
            "1 week",
            "2 weeks",
            "3 weeks",
            "4 weeks",
            "1 month",
            "1 year",
        )
    ]
    assert all(monitor_checks.GRANULARITY.fullmatch(each) for each in lengths)
    made = monitor_forms.data_profiling(
        {
            "assets_dir": "/a",
            "catalog": "c",
            "schema": "s",
            "table": "t",
            "timestamp": "t",
            "granularities": lengths,
        },
        "s1",
    )
    assert set(made["time_series"]["granularities"]) == values(dataquality.AggregationGranularity)


def test_every_privilege_and_permission_level_exists() -> None:
    for privileges in (roles.CATALOG, roles.SCHEMA, roles.MODEL):
        assert {each for held in privileges.values() for each in held} <= values(catalog.Privilege)
    matrices = (roles.JOB, roles.ENDPOINT, roles.EXPERIMENT, roles.WAREHOUSE, roles.FOLDER, roles.POLICY)
    assert {level for matrix in matrices for level in matrix.values()} <= values(iam.PermissionLevel)
    assert set(roles.WORKSPACE.values()) <= values(iam.WorkspacePermission)
    assert "PRO" in values(sql.CreateWarehouseRequestWarehouseType)
    assert len(warehouse.SIZES) == len(set(warehouse.SIZES))
