"""The components on the engine: what they declare comes up and stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import MonitorRefreshInfoState
from databricks.sdk.service.jobs import AlertTask, SubmitTask, Task
from databricks.sdk.service.sql import StatementState
from job_tasks import until
from running import Run, RunningSandbox, passed

UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")
WHOLE = '''
import pulumi
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops

KEY = "{{secrets/whole/key}}"
secrets = mlops.SecretStore("s", {"scope": "whole", "secrets": {"key": pulumi.Output.secret("v")}})
data = mlops.ModelCatalog("c", {"catalog": "whole", "schemas": {"s": {"models": {"m": {}}}}})
warehouse = databricks.SqlEndpoint("w", name="whole", cluster_size="2X-Small")
place = {"catalog": data.catalog, "schema": data.schemas["s"].apply(lambda full: full.split(".")[1])}
mlops.ServingEndpoint(
    "e",
    {
        "endpoint_name": "whole-llm",
        "served_entities": [
            {"external": {"name": "m", "task": "llm/v1/chat", "openai": {"api_key": KEY}}, "traffic": 60},
            {"external": {"name": "n", "task": "llm/v1/chat", "anthropic": {"api_key": KEY}}, "traffic": 40},
        ],
        "fallback": True,
        "usage_tracking": True,
        "guardrails": {"input": {"pii": "BLOCK", "safety": True}},
        "rate_limits": [{"calls": 10, "tokens": 1000, "key": "user"}],
        "notifications": {"on_update_failure": ["ada@example.com"]},
    },
    pulumi.ResourceOptions(depends_on=[secrets]),
)
folder = databricks.Directory("f", path="/Shared/whole", delete_recursive=True)
mlops.ModelMonitor(
    "m",
    {
        **place,
        "table": "scored",
        "declare": {"columns": {"t": "timestamp", "p": "double", "l": "double", "v": "string"}},
        "warehouse_id": warehouse.id,
        "assets_dir": "/Workspace/Shared/whole",
        "problem": "regression", "timestamp": "t", "prediction": "p", "label": "l", "model_id": "v",
        "custom_metrics": [
            {"name": "bias", "kind": "aggregate", "definition": "avg(p - l)", "input_columns": [":table"]},
            {
                "name": "bias_drift",
                "kind": "drift",
                "definition": "{{current_df}}.bias - {{base_df}}.bias",
                "input_columns": [":table"],
            },
        ],
        "alerts": {
            "error": {"metric": "root_mean_squared_error", "above": 1.5, "windows": 3, "violations": 1},
            "drift": {"metric": "ks_test.statistic", "above": 0.1, "emails": ["ada@example.com"]},
            "bias": {"metric": "bias_drift", "below": -1},
        },
        "own_dashboard": True,
        "folder": pulumi.Output.concat("/Workspace", folder.path),
    },
)
mlops.FeatureStore(
    "features",
    {
        **place,
        "tables": {"t": {"columns": {"id": "string", "at": "timestamp"}, "primary_key": ["id", "at"],
                         "timeseries_key": "at"}},
        "job_name": "whole-features",
        "folder": folder.path,
        "warehouse_id": warehouse.id,
        "online_store": {"store_name": "whole"},
    },
)
table = databricks.SqlTable(
    "notes",
    name="notes",
    catalog_name=place["catalog"],
    schema_name=place["schema"],
    table_type="MANAGED",
    data_source_format="DELTA",
    warehouse_id=warehouse.id,
    columns=[{"name": "id", "type": "string"}, {"name": "v", "type": "array<float>"}],
    properties={"delta.enableChangeDataFeed": "true"},
)
mlops.VectorSearch(
    "search",
    {
        **place,
        "endpoint_name": "whole",
        "indexes": {
            "followed": {"table": "notes", "primary_key": "id", "vector": "v", "dimension": 3},
            "written": {
                "rows": {"id": "string", "v": "array<float>"},
                "primary_key": "id",
                "vector": "v",
                "dimension": 3,
            },
        },
    },
    pulumi.ResourceOptions(depends_on=[table]),
)


def slow(args):
    """What MlJob has no argument for."""
    if args.type_ == "databricks:index/job:Job":
        return pulumi.ResourceTransformResult({**args.props, "editMode": "UI_LOCKED"}, args.opts)


mlops.MlJob(
    "j",
    {
        "job_name": "whole",
        "root": "/Shared/whole",
        "environment": {"version": "5"},
        "environments": {"old": {"version": "3"}},
        "clusters": {"big": {"spark_version": "16.4.x-scala2.12", "num_workers": 1, "node_type_id": "m5"}},
        "trigger": {"table_update": {"tables": ["whole.s.scored"]}, "paused": True},
        "health": [{"metric": "RUN_DURATION_SECONDS", "value": 600}],
        "notifications": {"on_failure": ["ada@example.com"], "canceled_runs": False},
        "tasks": {
            "sql": {"sql": {"file": "x.sql", "warehouse_id": warehouse.id, "parameters": {"a": "1"}}},
            "dbt": {"dbt": {"commands": ["dbt run"], "warehouse_id": warehouse.id}},
            "pipeline": {"pipeline": {"pipeline_id": "p1", "full_refresh": True}},
            "jar": {"jar": {"main_class": "a.B"}, "cluster": "big", "libraries": [{"maven": "a:b:1"}]},
            "submit": {"spark_submit": ["--class", "a.B"], "cluster": "big"},
            "wheel": {
                "wheel": {"package": "p", "entry_point": "e", "named_parameters": {"a": "1"}},
                "environment": "old",
                "notifications": {"on_success": ["ada@example.com"], "only_last_attempt": True},
            },
            "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
            "each": {
                "for_each": {"inputs": "[1]", "task": {"notebook": "n"}},
                "depends_on": [{"task": "when", "outcome": "true"}],
            },
        },
    },
    pulumi.ResourceOptions(transforms=[slow]),
)
'''
SCORED = """insert into whole.s.scored values
  (timestamp '2026-01-01', 1.0, 1.0, '1'), (timestamp '2026-01-01', 2.0, 2.5, '1'),
  (timestamp '2026-01-02', 9.0, 1.0, '1'), (timestamp '2026-01-02', 8.0, 2.0, '1')"""


def _refresh(client: WorkspaceClient) -> None:
    client.quality_monitors.run_refresh("whole.s.scored")

    def refreshed() -> bool:
        newest = (client.quality_monitors.list_refreshes("whole.s.scored").refreshes or [])[0]
        return newest.state is MonitorRefreshInfoState.SUCCESS

    until(refreshed, "the refresh")


def _alert_states(client: WorkspaceClient) -> dict[str, str]:
    """The alerts' states when rows with a large error on the second day have come, by the task of a job."""
    alerts = {str(each.display_name).split()[-1]: each for each in client.alerts_v2.list_alerts()}
    client.statement_execution.execute_statement(
        SCORED, str(alerts["error"].warehouse_id), wait_timeout="30s"
    )
    _refresh(client)
    tasks = [
        Task(name, alert_task=AlertTask(alert_id=each.id, warehouse_id=each.warehouse_id))
        for name, each in alerts.items()
    ]
    client.jobs.submit_and_wait(
        run_name="alerts", tasks=[SubmitTask.from_dict(one.as_dict()) for one in tasks]
    )
    found = {name: client.alerts_v2.get_alert(str(each.id)).evaluation for name, each in alerts.items()}
    return {name: each.state.value for name, each in found.items() if each and each.state}


def _queries_answer(client: WorkspaceClient) -> None:
    """The queries of alerts and dashboard are SQL over tables that are there, before any row is scored."""
    _refresh(client)
    alerts = {str(each.display_name).split()[-1]: each for each in client.alerts_v2.list_alerts()}
    asked = {name: str(alert.query_text) for name, alert in alerts.items()}
    (dashboard,) = [each for each in client.lakeview.list() if each.display_name == "whole.s.scored quality"]
    shown = json.loads(str(client.lakeview.get(str(dashboard.dashboard_id)).serialized_dashboard))
    asked |= {each["name"]: "".join(each["queryLines"]) for each in shown["datasets"]}
    assert set(asked) >= {"error", "drift", "bias", "rows", "js_distance", "bias_drift"}
    warehouse = str(alerts["error"].warehouse_id)
    for name, query in asked.items():
        answer = client.statement_execution.execute_statement(query, warehouse, catalog="whole", schema="s")
        assert answer.status is not None
        assert answer.status.state is StatementState.SUCCEEDED, (name, answer.status.error)


@pytest.mark.slow
def test_every_component_comes_up_stays_as_it_is_and_goes(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text(WHOLE)
    passed(run(*UP))
    passed(run("pulumi", "preview", "-s", "local", "--expect-no-changes"))
    passed(run("pulumi", "refresh", "-s", "local", "--yes", "--skip-preview", "--expect-no-changes"))
    client = sandbox.workspace()
    job = next(iter(client.jobs.list(name="whole")))
    settings = client.jobs.get(job.job_id or 0).settings
    assert settings is not None
    assert settings.edit_mode is not None
    assert settings.edit_mode.value == "UI_LOCKED"
    features = next(iter(client.jobs.list(name="whole-features"))).job_id or 0
    done = client.jobs.run_now_and_wait(features)
    assert done.state is not None
    assert done.state.result_state is not None
    assert done.state.result_state.value == "SUCCESS"
    (key,) = client.tables.get("whole.s.t").table_constraints or []
    assert key.primary_key_constraint is not None
    assert key.primary_key_constraint.child_columns == ["id", "at"]
    _queries_answer(client)
    assert _alert_states(client) == {"error": "TRIGGERED", "drift": "TRIGGERED", "bias": "OK"}
    passed(run("pulumi", "destroy", "-s", "local", "--yes", "--skip-preview"))


POLICY = {
    "custom_tags.team": {"type": "fixed", "value": "ml"},
    "spark_conf.spark.sql.shuffle.partitions": {"type": "fixed", "value": "8"},
    "spark_env_vars.STAGE": {"type": "fixed", "value": "prod"},
    "runtime_engine": {"type": "fixed", "value": "STANDARD"},
    "autoscale.min_workers": {"type": "fixed", "value": 1},
    "autoscale.max_workers": {"type": "fixed", "value": 4},
    "node_type_id": {"type": "fixed", "value": "i3.xlarge"},
    "spark_version": {"type": "unlimited", "defaultValue": "auto:latest-lts"},
    "cluster_type": {"type": "fixed", "value": "job"},
}
GOVERNED = f"""
import json
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops
from pulumi_databricks_mlops.cluster_policies import fixed_values

definition = json.dumps({POLICY!r})
policy = databricks.ClusterPolicy("p", name="governed", definition=definition)
cluster = {{
    "spark_version": "16.4.x-scala2.12",
    "policy_id": policy.policy_id,
    "custom_tags": {{"own": "1"}},
    "fixed_by_policy": fixed_values({{"definition": definition}}),
}}
mlops.MlJob("j", {{"job_name": "governed", "tasks": {{"a": {{"notebook": "/n"}}}}, "cluster": cluster}})
"""


def test_what_a_policy_fixes_in_a_jobs_cluster_is_no_change(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text(GOVERNED)
    passed(run(*UP))
    passed(run("pulumi", "preview", "-s", "local", "--expect-no-changes"))
    passed(run("pulumi", "refresh", "-s", "local", "--yes", "--skip-preview", "--expect-no-changes"))
    (job,) = sandbox.workspace().jobs.list(name="governed")
    settings = sandbox.workspace().jobs.get(job.job_id or 0).settings
    assert settings is not None
    (made,) = settings.job_clusters or []
    assert made.new_cluster.custom_tags == {"own": "1", "team": "ml"}
    assert made.new_cluster.autoscale is not None
    assert (made.new_cluster.autoscale.max_workers, made.new_cluster.num_workers) == (4, None)
    # Left out, it is a change that no update ends.
    (project / "infra" / "__main__.py").write_text(
        GOVERNED.replace('fixed_values({"definition": definition})', "{}").replace(
            '"spark_version"', '"max_workers": 4, "num_workers": 1, "spark_version"'
        )
    )
    assert "runtimeEngine" in passed(run("pulumi", "preview", "-s", "local", "--diff"))
    passed(run("pulumi", "destroy", "-s", "local", "--yes", "--skip-preview"))
