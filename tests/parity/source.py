"""What the real provider asks of a workspace; see :mod:`parity.exchange`."""

from __future__ import annotations

from parity import source_account, source_git, source_unity
from parity.exchange import GONE, TOLD, UNTOLD, Ask, Exchange

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


EXCHANGES = (
    *source_account.EXCHANGES,
    *source_git.EXCHANGES,
    *source_unity.EXCHANGES,
    Exchange(
        "VectorSearchEndpoint",
        "vectorsearch/resource_vector_search_endpoint.go",
        (
            Ask("POST", f"{_SEARCH}/endpoints", {"name": "e-RUN", "endpoint_type": "STANDARD"}),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", told={"endpoint_status.state": "ONLINE", "id": TOLD}),
            Ask("PATCH", f"{_SEARCH}/endpoints/e-RUN/budget-policy", {"budget_policy_id": "p"}),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", told={"effective_budget_policy_id": "p"}),
            Ask("DELETE", f"{_SEARCH}/endpoints/e-RUN"),
            Ask("GET", f"{_SEARCH}/endpoints/e-RUN", status=404, told={"error_code": GONE}),
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
            Ask("GET", f"{_SEARCH}/indexes/workspace.default.RUN", status=404, told={"error_code": GONE}),
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
            Ask("GET", f"{_DESTINATIONS}/$destination", status=404, told={"error_code": GONE}),
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
            Ask("GET", f"{_LISTS}/$list", status=404, told={"error_code": GONE}),
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
