"""What permissions are on, as the source of the vendor's Terraform provider has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permitted:
    """A kind of object: permissions/permission_definitions.go."""

    request: str
    """The type in the API's path, and in the resource's ID."""
    told: str
    """The type in the answer; with another one the provider gives up."""
    levels: frozenset[str]
    """What may be given."""
    keeps_manager: bool = False
    """Whether the caller is always added with CAN_MANAGE."""
    owned: bool = False
    """Whether it asks for the creator, who becomes the owner."""


_FILE = frozenset({"CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"})
_SQL = _FILE | {"CAN_VIEW"}
_USE = frozenset({"CAN_USE", "CAN_MANAGE"})
_STAGED = {"CAN_MANAGE_STAGING_VERSIONS", "CAN_MANAGE_PRODUCTION_VERSIONS"}
#: By the property that says what the permissions are on.
PERMITTED = {
    "alert_v2_id": Permitted("alertsv2", "alertv2", _FILE, keeps_manager=True),
    "app_name": Permitted("apps", "apps", _USE, keeps_manager=True),
    "cluster_id": Permitted(
        "clusters", "cluster", frozenset({"CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"}), keeps_manager=True
    ),
    "cluster_policy_id": Permitted("cluster-policies", "cluster-policy", frozenset({"CAN_USE"})),
    "dashboard_id": Permitted("dashboards", "dashboard", _FILE),
    "database_instance_name": Permitted("database-instances", "database-instances", _USE, keeps_manager=True),
    "directory_id": Permitted("directories", "directory", _FILE),
    "directory_path": Permitted("directories", "directory", _FILE),
    "experiment_id": Permitted(
        "experiments", "mlflowExperiment", frozenset({"CAN_READ", "CAN_EDIT", "CAN_MANAGE"})
    ),
    "instance_pool_id": Permitted(
        "instance-pools", "instance-pool", frozenset({"CAN_ATTACH_TO", "CAN_MANAGE"}), keeps_manager=True
    ),
    "job_id": Permitted(
        "jobs", "job", frozenset({"CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"}), owned=True
    ),
    "notebook_id": Permitted("notebooks", "notebook", _FILE),
    "notebook_path": Permitted("notebooks", "notebook", _FILE),
    "pipeline_id": Permitted(
        "pipelines", "pipelines", frozenset({"CAN_VIEW", "CAN_RUN", "CAN_MANAGE", "IS_OWNER"}), owned=True
    ),
    "registered_model_id": Permitted(
        "registered-models",
        "registered-model",
        frozenset({"CAN_READ", "CAN_EDIT", "CAN_MANAGE"} | _STAGED),
        keeps_manager=True,
    ),
    "repo_id": Permitted("repos", "repo", _FILE),
    "repo_path": Permitted("repos", "repo", _FILE),
    "serving_endpoint_id": Permitted(
        "serving-endpoints",
        "serving-endpoint",
        frozenset({"CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"}),
        keeps_manager=True,
    ),
    "sql_alert_id": Permitted("sql/alerts", "alert", _SQL, keeps_manager=True),
    "sql_dashboard_id": Permitted("dbsql-dashboards", "dashboard", _SQL, keeps_manager=True),
    "sql_endpoint_id": Permitted(
        "sql/warehouses",
        "warehouses",
        frozenset({"CAN_USE", "CAN_MANAGE", "CAN_MONITOR", "CAN_VIEW", "IS_OWNER"}),
        keeps_manager=True,
        owned=True,
    ),
    "sql_query_id": Permitted("sql/queries", "query", _SQL, keeps_manager=True),
    "vector_search_endpoint_id": Permitted(
        "vector-search-endpoints", "vector-search-endpoints", _USE, keeps_manager=True
    ),
    "workspace_file_id": Permitted("files", "file", _FILE),
    "workspace_file_path": Permitted("files", "file", _FILE),
}
