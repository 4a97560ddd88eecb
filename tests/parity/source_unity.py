"""What the real provider asks of Unity Catalog, and of what lives in it; see :mod:`parity.exchange`."""

from __future__ import annotations

from parity.exchange import TOLD, UNTOLD, Ask, Exchange

_ROOT = "/api/2.1/unity-catalog"
_SCHEMA = Ask(
    "POST",
    f"{_ROOT}/schemas",
    {"name": "sRUN", "catalog_name": "workspace"},
    keep={"schema": "schema_id"},
)
_TABLE = Ask(
    "POST",
    f"{_ROOT}/tables",
    {
        "catalog_name": "workspace",
        "schema_name": "sRUN",
        "name": "rows",
        "table_type": "MANAGED",
        "data_source_format": "DELTA",
        "columns": [{"name": "at", "type_text": "timestamp", "type_name": "TIMESTAMP", "position": 0}],
    },
    keep={"table": "table_id"},
)
_TAG = {"entity_type": "schemas", "entity_name": "workspace.sRUN", "tag_key": "tier"}
_TAG_PATH = f"{_ROOT}/entity-tag-assignments/schemas/workspace.sRUN/tags/tier"
_SECRET = {"catalog_name": "workspace", "schema_name": "sRUN", "name": "key", "value": "canary"}
_POLICY = {
    "name": "mask-RUN",
    "on_securable_type": "SCHEMA",
    "on_securable_fullname": "workspace.sRUN",
    "for_securable_type": "TABLE",
    "policy_type": "POLICY_TYPE_COLUMN_MASK",
    "to_principals": ["account users"],
    "column_mask": {"function_name": "workspace.default.mask", "on_column": "c"},
    "match_columns": [{"alias": "c", "condition": "hasTag('pii')"}],
}
_POLICY_MASK = (
    "column_mask,comment,except_principals,for_securable_type,grant,match_columns,policy_type,row_filter,"
    "to_principals,when_condition"
)
_POLICY_PATH = f"{_ROOT}/policies/SCHEMA/workspace.sRUN/mask-RUN"
_LOCATION = {"name": "lake-RUN", "url": "s3://lake/RUN", "credential_name": "for-RUN"}
_FILE = "/api/2.0/fs/files/Volumes/workspace/sRUN/files/a.txt"
_MONITORS = "/api/data-quality/v1/monitors"
_MONITOR = {
    "object_type": "table",
    "object_id": "$table",
    "data_profiling_config": {
        "output_schema_id": "$schema",
        "assets_dir": "/Shared/RUN",
        "time_series": {"timestamp_column": "at", "granularities": ["AGGREGATION_GRANULARITY_1_DAY"]},
    },
}

EXCHANGES = (
    Exchange(
        "getTables",
        "catalog/data_tables.go",
        (
            _SCHEMA,
            _TABLE,
            Ask(
                "GET",
                f"{_ROOT}/tables",
                query={"catalog_name": "workspace", "schema_name": "sRUN"},
                told={"tables.0.full_name": "workspace.sRUN.rows", "tables.0.table_type": "MANAGED"},
            ),
        ),
    ),
    Exchange(
        "EntityTagAssignment",
        "internal/providers/pluginfw/products/entity_tag_assignment/resource_entity_tag_assignment.go",
        (
            _SCHEMA,
            Ask("POST", f"{_ROOT}/entity-tag-assignments", {**_TAG, "tag_value": "gold"}, told=_TAG),
            Ask("GET", _TAG_PATH, told={**_TAG, "tag_value": "gold"}),
            Ask(
                "PATCH",
                _TAG_PATH,
                {**_TAG, "tag_value": "silver"},
                query={"update_mask": "tag_value"},
                told={"tag_value": "silver"},
            ),
            Ask("DELETE", _TAG_PATH),
            Ask("GET", _TAG_PATH, status=404),
        ),
    ),
    Exchange(
        "PolicyInfo",
        "internal/providers/pluginfw/products/policy_info/resource_policy_info.go",
        (
            _SCHEMA,
            Ask("POST", f"{_ROOT}/policies", _POLICY, told={"id": TOLD, "created_by": TOLD}),
            Ask("GET", _POLICY_PATH, told={"comment": UNTOLD, "column_mask.on_column": "c"}),
            Ask(
                "PATCH",
                _POLICY_PATH,
                {**_POLICY, "comment": "second"},
                query={"update_mask": _POLICY_MASK},
                told={"comment": "second"},
            ),
            Ask("DELETE", _POLICY_PATH),
            Ask("GET", _POLICY_PATH, status=404),
        ),
    ),
    Exchange(
        "SecretUc",
        "internal/providers/pluginfw/products/secret_uc/resource_secret_uc.go",
        (
            _SCHEMA,
            Ask("POST", f"{_ROOT}/secrets", _SECRET, told={"full_name": "workspace.sRUN.key"}),
            # Value and owner are kept from the program: the service tells neither.
            Ask(
                "GET",
                f"{_ROOT}/secrets/workspace.sRUN.key",
                told={"value": UNTOLD, "owner": UNTOLD, "effective_owner": TOLD, "comment": UNTOLD},
            ),
            Ask(
                "PATCH",
                f"{_ROOT}/secrets/workspace.sRUN.key",
                {**_SECRET, "comment": "rotated"},
                query={"update_mask": "comment,expire_time,owner,value"},
                told={"comment": "rotated", "value": UNTOLD},
            ),
            Ask("DELETE", f"{_ROOT}/secrets/workspace.sRUN.key"),
            Ask("GET", f"{_ROOT}/secrets/workspace.sRUN.key", status=404),
        ),
    ),
    Exchange(
        "ExternalLocation",
        "catalog/resource_external_location.go",
        (
            Ask(
                "POST",
                f"{_ROOT}/storage-credentials",
                {"name": "for-RUN", "aws_iam_role": {"role_arn": "arn:aws:iam::1:role/uc"}},
            ),
            Ask("POST", f"{_ROOT}/external-locations", _LOCATION, told={"name": "lake-RUN"}),
            Ask(
                "GET",
                f"{_ROOT}/external-locations/lake-RUN",
                told={"owner": TOLD, "metastore_id": TOLD, "isolation_mode": TOLD},
            ),
            # A switch that was turned off is sent, and so is what did not change.
            Ask(
                "PATCH",
                f"{_ROOT}/external-locations/lake-RUN",
                {"url": "s3://lake/RUN", "credential_name": "for-RUN", "read_only": False, "force": True},
                told={"read_only": False},
            ),
            Ask("DELETE", f"{_ROOT}/external-locations/lake-RUN", query={"force": "true"}),
            Ask("GET", f"{_ROOT}/external-locations/lake-RUN", status=404),
        ),
    ),
    Exchange(
        "Grant",
        "catalog/resource_grant.go",
        (
            _SCHEMA,
            Ask("GET", f"{_ROOT}/permissions/schema/workspace.sRUN", told={"privilege_assignments": UNTOLD}),
            Ask(
                "PATCH",
                f"{_ROOT}/permissions/schema/workspace.sRUN",
                {"changes": [{"principal": "account users", "add": ["USE_SCHEMA"]}]},
            ),
            # It waits until this tells what it wants.
            Ask(
                "GET",
                f"{_ROOT}/permissions/schema/workspace.sRUN",
                told={
                    "privilege_assignments.0.principal": "account users",
                    "privilege_assignments.0.privileges": ["USE_SCHEMA"],
                },
            ),
        ),
    ),
    Exchange(
        "File",
        "storage/resource_file.go",
        (
            _SCHEMA,
            Ask(
                "POST",
                f"{_ROOT}/volumes",
                {
                    "catalog_name": "workspace",
                    "schema_name": "sRUN",
                    "name": "files",
                    "volume_type": "MANAGED",
                },
            ),
            Ask("PUT", _FILE, "content", status=204),
            Ask("HEAD", _FILE),
            Ask("DELETE", _FILE, status=204),
            Ask("HEAD", _FILE, status=404),
        ),
    ),
    Exchange(
        "DataQualityMonitor",
        "internal/providers/pluginfw/products/data_quality_monitor/resource_data_quality_monitor.go",
        (
            _SCHEMA,
            _TABLE,
            Ask("POST", _MONITORS, _MONITOR, told={"object_id": "$table"}),
            Ask(
                "GET",
                f"{_MONITORS}/table/$table",
                told={
                    "object_type": "table",
                    "anomaly_detection_config": UNTOLD,
                    "data_profiling_config.assets_dir": "/Shared/RUN",
                },
            ),
            Ask(
                "PATCH",
                f"{_MONITORS}/table/$table",
                _MONITOR,
                query={"update_mask": "anomaly_detection_config,data_profiling_config"},
            ),
            Ask("DELETE", f"{_MONITORS}/table/$table"),
            Ask("GET", f"{_MONITORS}/table/$table", status=404),
        ),
    ),
)
