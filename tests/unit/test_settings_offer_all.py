"""What a component takes, settings offer: an argument without a setting must be the program's own."""

from __future__ import annotations

from typing import Any, is_typeddict

import pytest
from pulumi_databricks_mlops import (
    external_args,
    feature_store,
    gateway_args,
    job_args,
    monitor_args,
    notice_args,
    project_args,
    serving_args,
    task_args,
    vector_search,
    work_args,
)
from settings import external, features, jobs, monitor, notices, serving, tasks, work
from settings.model import Model

PAIRS = [
    (project_args.ProjectJobArgs, jobs.Job),
    (project_args.ProjectMonitorArgs, monitor.Monitor),
    (project_args.ProjectFeaturesArgs, features.Features),
    (project_args.ProjectOnlineStoreArgs, features.OnlineStore),
    (project_args.ProjectSearchArgs, features.Search),
    (feature_store.FeatureTableArgs, features.FeatureTable),
    (vector_search.SearchIndexArgs, features.SearchIndex),
    (monitor_args.CustomMetricArgs, monitor.CustomMetric),
    (monitor_args.MonitorAlertArgs, monitor.MonitorAlert),
    (serving_args.ServedEntityArgs, serving.ServedEntity),
    (serving_args.EndpointNoticeArgs, serving.EndpointNotices),
    (gateway_args.RateLimitArgs, serving.RateLimit),
    (gateway_args.GuardrailsArgs, serving.Guardrails),
    (gateway_args.GuardrailArgs, serving.Guardrail),
    (external_args.ExternalModelArgs, external.ExternalModel),
    (external_args.OpenAiArgs, external.OpenAi),
    (external_args.KeyArgs, external.ProviderKey),
    (external_args.CohereArgs, external.Cohere),
    (external_args.BedrockArgs, external.Bedrock),
    (external_args.VertexArgs, external.Vertex),
    (external_args.OtherWorkspaceArgs, external.OtherWorkspace),
    (external_args.CustomProviderArgs, external.CustomProvider),
    (job_args.EnvironmentSpecArgs, jobs.PythonEnvironment),
    (job_args.ClusterArgs, jobs.Cluster),
    (job_args.GitSourceArgs, jobs.GitSource),
    (task_args.TaskArgs, tasks.Task),
    (task_args.IterationArgs, tasks.Iteration),
    (notice_args.NotificationArgs, notices.Notifications),
    (notice_args.TriggerArgs, notices.Trigger),
    (notice_args.FileArrivalArgs, notices.FileArrival),
    (notice_args.TableUpdateArgs, notices.TableUpdate),
    (notice_args.ModelUpdateArgs, notices.ModelUpdate),
    (notice_args.ContinuousArgs, notices.Continuous),
    (work_args.SqlArgs, work.Sql),
    (work_args.DbtArgs, work.Dbt),
    (work_args.PipelineArgs, work.Pipeline),
    (work_args.WheelArgs, work.Wheel),
    (work_args.LibraryArgs, work.Library),
]


@pytest.mark.parametrize(("arguments", "settings"), PAIRS, ids=[pair[1].__name__ for pair in PAIRS])
def test_settings_and_arguments_have_the_same_names(arguments: Any, settings: type[Model]) -> None:
    assert is_typeddict(arguments)
    offered = {field.alias or name for name, field in settings.model_fields.items()}
    assert offered == set(arguments.__annotations__)
