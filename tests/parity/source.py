"""What the real provider asks and needs told back, read in its source where nothing is recorded.

Each exchange names the file of the vendor's Terraform provider that says so. `$name` in a path, query or
body is what an earlier answer told; `RUN` is unique to the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parity.lives import ACCOUNT

TOLD = object()
"""Something, whatever it is."""
UNTOLD = object()
"""Nothing: a plan would take it for a change."""


@dataclass(frozen=True)
class Ask:
    """One request, and what its answer must have."""

    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    status: int = 200
    told: dict[str, Any] = field(default_factory=dict)
    """By dotted name."""
    keep: dict[str, str] = field(default_factory=dict)
    """Names for later requests, and the dotted names of what they stand for."""


@dataclass(frozen=True)
class Exchange:
    """The life of one resource, as requests."""

    kind: str
    source: str
    asks: tuple[Ask, ...]
    account: bool = False


_IN_ACCOUNT = f"/api/2.0/accounts/{ACCOUNT}"
_RULES = f"/api/2.0/preview/accounts/{ACCOUNT}/access-control/rule-sets"
_RULE_SET = f"accounts/{ACCOUNT}/servicePrincipals/RUN/ruleSets/default"
_GONE = "RESOURCE_DOES_NOT_EXIST"
_SEARCH = "/api/2.0/vector-search"
_DESTINATIONS = "/api/2.0/notification-destinations"
_LISTS = "/api/2.0/ip-access-lists"
_CONF = "/api/2.0/workspace-conf"
_GITHUB_USERS = "/github/api/v3/users"
_LAKEVIEW = "/api/2.0/lakeview/dashboards"
_WAREHOUSE = Ask(
    "POST",
    "/api/2.0/sql/warehouses",
    {"name": "RUN", "cluster_size": "2X-Small"},
    keep={"warehouse": "id"},
)
_ALERT = {
    "display_name": "RUN",
    "query_text": "SELECT 1 AS n",
    "warehouse_id": "$warehouse",
    "parent_path": "/Shared",
    "evaluation": {
        "source": {"name": "n"},
        "comparison_operator": "GREATER_THAN",
        "threshold": {"value": {"double_value": 0}},
    },
    "schedule": {"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC", "pause_status": "UNPAUSED"},
}
_MASK = (
    "custom_description,custom_summary,display_name,evaluation,parameters,parent_path,query_text,run_as,"
    "run_as_user_name,schedule,warehouse_id"
)


def _rules(etag: str, rules: list[Any] | None = None) -> dict[str, Any]:
    rule_set = {"name": _RULE_SET, "etag": etag, **({"grant_rules": rules} if rules else {})}
    return {"name": _RULE_SET, "rule_set": rule_set}


EXCHANGES = (
    Exchange(
        "AccessControlRuleSet",
        "permissions/resource_access_control_rule_set.go",
        (
            Ask("GET", _RULES, query={"name": _RULE_SET, "etag": ""}, keep={"etag": "etag"}),
            Ask(
                "PUT",
                _RULES,
                _rules("$etag", [{"role": "roles/servicePrincipal.user", "principals": ["groups/ml"]}]),
                told={"name": _RULE_SET, "etag": TOLD, "grant_rules.0.principals.0": "groups/ml"},
            ),
            # Only this code makes it read the etag again.
            Ask("PUT", _RULES, _rules("$etag"), status=409, told={"error_code": "RESOURCE_CONFLICT"}),
            Ask("GET", _RULES, query={"name": _RULE_SET, "etag": ""}, keep={"etag": "etag"}),
            Ask("PUT", _RULES, _rules("$etag"), told={"grant_rules": []}),
        ),
        account=True,
    ),
    Exchange(
        "MwsVpcEndpoint",
        "mws/resource_mws_vpc_endpoint.go",
        (
            Ask(
                "POST",
                f"{_IN_ACCOUNT}/vpc-endpoints",
                {
                    "account_id": ACCOUNT,
                    "vpc_endpoint_name": "RUN",
                    "aws_vpc_endpoint_id": "vpce-RUN",
                    "region": "eu-west-1",
                },
                keep={"endpoint": "vpc_endpoint_id"},
            ),
            # It waits for this state.
            Ask("GET", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint", told={"state": "available"}),
            Ask("DELETE", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint"),
            Ask("GET", f"{_IN_ACCOUNT}/vpc-endpoints/$endpoint", status=404, told={"error_code": _GONE}),
        ),
        account=True,
    ),
    Exchange(
        "VectorSearchEndpoint",
        "vectorsearch/resource_vector_search_endpoint.go",
        (
            Ask("POST", f"{_SEARCH}/endpoints", {"name": "e-RUN", "endpoint_type": "STANDARD"}),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", told={"endpoint_status.state": "ONLINE", "id": TOLD}),
            Ask("PATCH", f"{_SEARCH}/endpoints/e-RUN/budget-policy", {"budget_policy_id": "p"}),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", told={"effective_budget_policy_id": "p"}),
            Ask("DELETE", f"{_SEARCH}/endpoints/e-RUN"),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", status=404, told={"error_code": _GONE}),
        ),
    ),
    Exchange(
        "VectorSearchIndex",
        "vectorsearch/resource_vector_search_index.go",
        (
            Ask("POST", f"{_SEARCH}/endpoints", {"name": "i-RUN", "endpoint_type": "STANDARD"}),
            Ask(
                "POST",
                f"{_SEARCH}/indexes",
                {
                    "name": "workspace.default.RUN",
                    "endpoint_name": "i-RUN",
                    "primary_key": "id",
                    "index_type": "DIRECT_ACCESS",
                    "direct_access_index_spec": {
                        "schema_json": '{"id": "string", "v": "array<float>"}',
                        "embedding_vector_columns": [{"name": "v", "embedding_dimension": 3}],
                    },
                },
            ),
            # A program that leaves out the last two has its index replaced by every `up`.
            Ask(
                "GET",
                f"{_SEARCH}/indexes/workspace.default.RUN",
                told={"status.ready": True, "index_subtype": "HYBRID", "endpoint_id": TOLD},
            ),
            Ask("DELETE", f"{_SEARCH}/indexes/workspace.default.RUN"),
            Ask("GET", f"{_SEARCH}/indexes/workspace.default.RUN", status=404, told={"error_code": _GONE}),
        ),
    ),
    Exchange(
        "NotificationDestination",
        "settings/resource_notification_destination.go",
        (
            Ask(
                "POST",
                _DESTINATIONS,
                {"display_name": "RUN", "config": {"generic_webhook": {"url": "https://example.com"}}},
                keep={"destination": "id"},
            ),
            # It takes over its own secret for what is said to be set.
            Ask(
                "GET",
                f"{_DESTINATIONS}/$destination",
                told={"destination_type": "WEBHOOK", "config.generic_webhook.url_set": True},
            ),
            # An update sends back what a reading told.
            Ask(
                "PATCH",
                f"{_DESTINATIONS}/$destination",
                {
                    "display_name": "RUN",
                    "config": {"generic_webhook": {"url": "https://example.com/2", "url_set": True}},
                },
            ),
            Ask("DELETE", f"{_DESTINATIONS}/$destination"),
            Ask("GET", f"{_DESTINATIONS}/$destination", status=404, told={"error_code": _GONE}),
        ),
    ),
    Exchange(
        "IpAccessList",
        "access/resource_ip_access_list.go",
        (
            Ask(
                "POST",
                _LISTS,
                {"label": "RUN", "list_type": "ALLOW", "ip_addresses": ["10.0.0.0/8"]},
                keep={"list": "ip_access_list.list_id"},
            ),
            Ask("GET", f"{_LISTS}/$list", told={"ip_access_list.enabled": True}),
            Ask("PATCH", f"{_LISTS}/$list", {"label": "RUN-2", "enabled": True}),
            Ask("DELETE", f"{_LISTS}/$list"),
            Ask("GET", f"{_LISTS}/$list", status=404, told={"error_code": _GONE}),
        ),
    ),
    Exchange(
        "WorkspaceConf",
        "workspace/resource_workspace_conf.go",
        (
            Ask("PATCH", _CONF, {"enableIpAccessLists": "true", "maxTokenLifetimeDays": "9"}, status=204),
            Ask(
                "GET",
                _CONF,
                query={"keys": "maxTokenLifetimeDays,enableIpAccessLists"},
                told={"enableIpAccessLists": "true", "maxTokenLifetimeDays": "9"},
            ),
            # A deletion resets each by itself.
            Ask("PATCH", _CONF, {"enableIpAccessLists": "false"}, status=204),
            Ask("PATCH", _CONF, {"maxTokenLifetimeDays": ""}, status=204),
        ),
    ),
    Exchange(
        "Dashboard",
        "dashboards/resource_dashboard.go",
        (
            _WAREHOUSE,
            Ask(
                "POST",
                _LAKEVIEW,
                {"display_name": "RUN", "parent_path": "/Shared/RUN", "serialized_dashboard": "{}"},
                status=404,
                # It makes the folder when the message reads so, and only then.
                told={"message": "Path (/Shared/RUN) doesn't exist."},
            ),
            Ask("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/RUN"}),
            Ask(
                "POST",
                _LAKEVIEW,
                {"display_name": "RUN", "parent_path": "/Shared/RUN", "serialized_dashboard": "{}"},
                told={"parent_path": "/Shared/RUN"},
                keep={"dashboard": "dashboard_id", "etag": "etag"},
            ),
            Ask(
                "POST",
                f"{_LAKEVIEW}/$dashboard/published",
                {"embed_credentials": False, "warehouse_id": "$warehouse"},
            ),
            # Another etag would read as somebody else's change.
            Ask("GET", f"{_LAKEVIEW}/$dashboard", told={"etag": "$etag", "lifecycle_state": "ACTIVE"}),
            Ask("DELETE", f"{_LAKEVIEW}/$dashboard"),
            Ask("GET", f"{_LAKEVIEW}/$dashboard", told={"lifecycle_state": "TRASHED"}),
        ),
    ),
    Exchange(
        "AlertV2",
        "internal/providers/pluginfw/products/alert_v2/resource_alert_v2.go",
        (
            _WAREHOUSE,
            Ask("POST", "/api/2.0/alerts", _ALERT, keep={"alert": "id"}),
            Ask(
                "GET",
                "/api/2.0/alerts/$alert",
                told={
                    "parent_path": "/Shared",
                    "run_as": UNTOLD,
                    "run_as_user_name": UNTOLD,
                    "custom_summary": UNTOLD,
                    "evaluation.empty_result_state": UNTOLD,
                    "evaluation.notification": UNTOLD,
                    "effective_run_as.user_name": TOLD,
                },
            ),
            Ask(
                "PATCH",
                "/api/2.0/alerts/$alert",
                {**_ALERT, "id": "$alert", "query_text": "SELECT 2 AS n"},
                query={"update_mask": _MASK},
                told={"query_text": "SELECT 2 AS n", "run_as_user_name": UNTOLD},
            ),
            Ask("DELETE", "/api/2.0/alerts/$alert"),
        ),
    ),
    Exchange(
        "SqlEndpoint",
        "sql/resource_sql_endpoint.go",
        (
            _WAREHOUSE,
            # A computed list that stays empty is planned anew by every `up`; this is the only one.
            Ask("GET", "/api/2.0/sql/warehouses/$warehouse", told={"odbc_params.hostname": TOLD}),
        ),
    ),
    Exchange(
        "github.getUser",
        "github/data_source_github_user.go",
        (
            Ask("GET", f"{_GITHUB_USERS}/developer", told={"id": TOLD, "login": "developer"}),
            Ask("GET", f"{_GITHUB_USERS}/developer/gpg_keys"),
            Ask("GET", f"{_GITHUB_USERS}/developer/keys"),
        ),
    ),
)
