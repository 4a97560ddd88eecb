"""The types that no recorded case is about: inputs, one change, and what has to be there before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "a0000000-5555-2222-3333-444444444444"


@dataclass(frozen=True)
class Life:
    """One resource's life. `RUN` in a value is unique to the run; `$name` is the ID of a resource before."""

    kind: str
    inputs: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    takes: str = "update"
    """What the change takes: update or replace."""
    before: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    """Name, type and inputs of what must be there first."""
    account: bool = False


_VPC = {"vpcId": "vpc-1", "subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
_OIDC = {"issuer": "https://token.actions.githubusercontent.com", "audiences": ["me"], "subjectClaim": "sub"}
_WAREHOUSE = ("warehouse", "SqlEndpoint", {"name": "RUN", "clusterSize": "2X-Small"})
_CREDENTIAL = (
    "credential",
    "StorageCredential",
    {"name": "for-RUN", "awsIamRole": {"roleArn": "arn:aws:iam::1:role/uc"}},
)
_TABLE = (
    ("schema", "Schema", {"catalogName": "workspace", "name": "sRUN", "forceDestroy": True}),
    _WAREHOUSE,
    (
        "table",
        "SqlTable",
        {
            "catalogName": "workspace",
            "schemaName": "sRUN",
            "name": "rows",
            "tableType": "MANAGED",
            "dataSourceFormat": "DELTA",
            "warehouseId": "$warehouse",
            "columns": [{"name": "at", "type": "timestamp"}, {"name": "name", "type": "string"}],
        },
    ),
)

LIVES = (
    Life(
        "AccessControlRuleSet",
        {
            "name": f"accounts/{ACCOUNT}/servicePrincipals/RUN/ruleSets/default",
            "grantRules": [{"principals": ["groups/ml"], "role": "roles/servicePrincipal.user"}],
        },
        {"grantRules": [{"principals": ["groups/ops"], "role": "roles/servicePrincipal.manager"}]},
        account=True,
    ),
    Life(
        "AccountFederationPolicy",
        {"policyId": "p-RUN", "description": "first", "oidcPolicy": _OIDC},
        {"description": "second"},
        account=True,
    ),
    Life(
        "MwsNetworks",
        {"accountId": ACCOUNT, "networkName": "net-RUN", **_VPC},
        {"networkName": "net-RUN-2", "vpcId": "vpc-2"},
        takes="replace",
        account=True,
    ),
    Life(
        "MwsVpcEndpoint",
        {"vpcEndpointName": "rest-RUN", "awsVpcEndpointId": "vpce-RUN", "region": "eu-west-1"},
        {"vpcEndpointName": "rest-RUN-2", "region": "eu-west-2"},
        takes="replace",
        account=True,
    ),
    Life(
        "MwsPrivateAccessSettings",
        {"privateAccessSettingsName": "private-RUN", "region": "eu-west-1"},
        {"publicAccessEnabled": True},
        account=True,
    ),
    Life(
        "MwsNccBinding",
        {"workspaceId": "$workspace.workspaceId", "networkConnectivityConfigId": "ncc-1"},
        {"networkConnectivityConfigId": "ncc-2"},
        before=(
            (
                "workspace",
                "MwsWorkspaces",
                {"accountId": ACCOUNT, "workspaceName": "ncc-RUN", "computeMode": "SERVERLESS"},
            ),
        ),
        account=True,
    ),
    Life(
        "NotificationDestination",
        {"displayName": "on-call RUN", "config": {"genericWebhook": {"url": "https://example.com/RUN"}}},
        {"config": {"genericWebhook": {"url": "https://example.com/RUN/2"}}},
    ),
    Life(
        "IpAccessList",
        {"label": "office RUN", "listType": "ALLOW", "ipAddresses": ["10.1.0.0/16", "10.2.3.4"]},
        {"label": "branch RUN", "ipAddresses": ["10.1.0.0/16"]},
    ),
    Life(
        "WorkspaceConf",
        {"customConfig": {"enableIpAccessLists": "true", "maxTokenLifetimeDays": "30"}},
        {"customConfig": {"enableIpAccessLists": "false"}},
    ),
    Life(
        "AlertV2",
        {
            "displayName": "drift RUN",
            "queryText": "SELECT 1 AS n",
            "warehouseId": "$warehouse",
            "parentPath": "/Shared/RUN",
            "evaluation": {
                "source": {"name": "n"},
                "comparisonOperator": "GREATER_THAN",
                "threshold": {"value": {"doubleValue": 0}},
                "notification": {"subscriptions": [{"userEmail": "a@example.com"}]},
            },
            "schedule": {
                "quartzCronSchedule": "0 0 * * * ?",
                "timezoneId": "UTC",
                "pauseStatus": "UNPAUSED",
            },
        },
        {"queryText": "SELECT 2 AS n", "customSummary": "{{ALERT_NAME}}"},
        before=(_WAREHOUSE,),
    ),
    Life(
        "Dashboard",
        {
            "displayName": "drift RUN",
            "parentPath": "/Shared/RUN",
            "warehouseId": "$warehouse",
            "serializedDashboard": '{"pages": [{"name": "p"}]}',
        },
        {"serializedDashboard": '{"pages": [{"name": "q"}]}', "embedCredentials": False},
        before=(_WAREHOUSE,),
    ),
    Life(
        "Job",
        {
            "name": "from-git-RUN",
            "gitSource": {"url": "https://github.com/acme/ml", "provider": "gitHub", "branch": "main"},
            "tasks": [
                {
                    "taskKey": "a",
                    "notebookTask": {"notebookPath": "notebooks/a", "source": "GIT"},
                    "libraries": [{"pypi": {"package": "lightgbm"}}],
                    "notificationSettings": {"alertOnLastAttempt": True},
                },
                {"taskKey": "b", "conditionTask": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
                {
                    "taskKey": "c",
                    "dependsOns": [{"taskKey": "b", "outcome": "true"}],
                    "forEachTask": {
                        "inputs": "[1, 2]",
                        "concurrency": 2,
                        "task": {
                            "taskKey": "c_iteration",
                            "notebookTask": {"notebookPath": "notebooks/c", "source": "GIT"},
                        },
                    },
                },
            ],
            "trigger": {"tableUpdate": {"tableNames": ["a.b.c"], "condition": "ANY_UPDATED"}},
            "health": {"rules": [{"metric": "STREAMING_BACKLOG_BYTES", "op": "GREATER_THAN", "value": 60}]},
        },
        {"gitSource": {"url": "https://github.com/acme/ml", "provider": "gitHub", "tag": "v1"}},
    ),
    Life("OnlineStore", {"name": "store-RUN", "capacity": "CU_1"}, {"capacity": "CU_2"}),
    Life(
        "VectorSearchEndpoint",
        {"name": "search-RUN", "endpointType": "STANDARD"},
        {"endpointType": "STORAGE_OPTIMIZED"},
        takes="replace",
    ),
    Life(
        "VectorSearchIndex",
        {
            "name": "workspace.sRUN.docs",
            "endpointName": "$endpoint",
            "endpointId": "$endpoint.endpointId",
            "indexSubtype": "HYBRID",
            "primaryKey": "id",
            "indexType": "DIRECT_ACCESS",
            "directAccessIndexSpec": {
                "schemaJson": '{"id": "string", "v": "array<float>"}',
                "embeddingVectorColumns": [{"name": "v", "embeddingDimension": 8}],
            },
        },
        {"name": "workspace.sRUN.others"},
        takes="replace",
        before=(
            ("schema", "Schema", {"catalogName": "workspace", "name": "sRUN"}),
            ("endpoint", "VectorSearchEndpoint", {"name": "index-RUN", "endpointType": "STANDARD"}),
        ),
    ),
    Life(
        "StorageCredential",
        {"name": "sc-RUN", "awsIamRole": {"roleArn": "arn:aws:iam::1:role/uc"}, "comment": "first"},
        {"comment": "second", "isolationMode": "ISOLATION_MODE_ISOLATED"},
    ),
    Life(
        "ExternalLocation",
        {"name": "lake-RUN", "url": "s3://lake/RUN", "credentialName": "$credential", "comment": "first"},
        {"comment": "second", "readOnly": True, "isolationMode": "ISOLATION_MODE_ISOLATED"},
        before=(_CREDENTIAL,),
    ),
    Life(
        "ExternalLocation",
        {
            "name": "open-RUN",
            "url": "s3://open/RUN",
            "credentialName": "$credential",
            "readOnly": True,
            "fallback": True,
        },
        {"readOnly": False, "fallback": False},
        before=(_CREDENTIAL,),
    ),
    Life(
        "Grants",
        {
            "externalLocation": "$location",
            "grants": [{"principal": "account users", "privileges": ["READ_FILES"]}],
        },
        {"grants": [{"principal": "account users", "privileges": ["READ_FILES", "WRITE_FILES"]}]},
        before=(
            _CREDENTIAL,
            (
                "location",
                "ExternalLocation",
                {"name": "grants-RUN", "url": "s3://grants/RUN", "credentialName": "$credential"},
            ),
        ),
    ),
    Life(
        "EntityTagAssignment",
        {"entityType": "tables", "entityName": "$table", "tagKey": "tier", "tagValue": "gold"},
        {"tagValue": "silver"},
        before=_TABLE,
    ),
    Life(
        "DataQualityMonitor",
        {
            "objectType": "table",
            "objectId": "$table.tableId",
            "dataProfilingConfig": {
                "outputSchemaId": "$schema.schemaId",
                "assetsDir": "/Shared/RUN",
                "skipBuiltinDashboard": True,
                "timeSeries": {"timestampColumn": "at", "granularities": ["AGGREGATION_GRANULARITY_1_DAY"]},
            },
        },
        {
            "dataProfilingConfig": {
                "outputSchemaId": "$schema.schemaId",
                "assetsDir": "/Shared/RUN",
                "skipBuiltinDashboard": True,
                "slicingExprs": ["name"],
                "timeSeries": {"timestampColumn": "at", "granularities": ["AGGREGATION_GRANULARITY_2_WEEKS"]},
                "schedule": {"quartzCronExpression": "0 0 7 * * ?", "timezoneId": "UTC"},
            }
        },
        before=_TABLE,
    ),
    Life(
        "File",
        {"path": "/Volumes/workspace/sRUN/files/a.txt", "contentBase64": "YQ=="},
        {"contentBase64": "YWI="},
        before=(
            ("schema", "Schema", {"catalogName": "workspace", "name": "sRUN", "forceDestroy": True}),
            (
                "volume",
                "Volume",
                {
                    "catalogName": "workspace",
                    "schemaName": "sRUN",
                    "name": "files",
                    "volumeType": "MANAGED",
                },
            ),
        ),
    ),
    Life(
        "GitCredential",
        {"gitProvider": "gitLab", "gitUsername": "RUN", "personalAccessToken": "canary", "name": "RUN"},
        {"gitUsername": "RUN-2"},
    ),
    Life(
        "ServicePrincipalRole",
        {"servicePrincipalId": "$principal", "role": "arn:aws:iam::1:instance-profile/RUN"},
        {"role": "arn:aws:iam::1:instance-profile/RUN-2"},
        takes="replace",
        before=(("principal", "ServicePrincipal", {"displayName": "RUN"}),),
    ),
    Life(
        "SecretUc",
        {"catalogName": "workspace", "schemaName": "$schema.name", "name": "key", "value": "canary"},
        {"value": "canary-2", "comment": "rotated"},
        before=(("schema", "Schema", {"catalogName": "workspace", "name": "sRUN"}),),
    ),
    Life(
        "PolicyInfo",
        {
            "name": "mask-RUN",
            "onSecurableType": "SCHEMA",
            "onSecurableFullname": "$schema",
            "forSecurableType": "TABLE",
            "policyType": "POLICY_TYPE_COLUMN_MASK",
            "toPrincipals": ["users"],
            "columnMask": {"functionName": "workspace.default.mask", "onColumn": "c"},
            "matchColumns": [{"alias": "c", "condition": "hasTag('pii')"}],
        },
        {"comment": "second"},
        before=(("schema", "Schema", {"catalogName": "workspace", "name": "sRUN"}),),
    ),
)
