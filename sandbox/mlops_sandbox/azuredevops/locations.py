"""The route table by which clients find every other path."""

from __future__ import annotations

from mlops_sandbox.azuredevops.api import DevOpsAnswer, DevOpsRoutes, base_url, identity, values
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_PULL = "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}"
#: Location id, area, resource, path template and version of each resource.
_LOCATIONS = [
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1),
    ("93878975-88c5-4e6a-8abb-7ddd77a8a7d8", "core", "processes", "_apis/process/{resource}/{processId}", 1),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4),
    ("9a1b74b4-2ca8-4a9f-8470-c2f2e6fdc949", "operations", "operations", "_apis/{resource}/{operationId}", 1),
    (
        "dd291e43-aa9f-4cee-8465-a93c78e414a4",
        "FeatureManagement",
        "FeatureStates",
        "_apis/{area}/{resource}/{userScope}/{scopeName}/{scopeValue}/{featureId}",
        1,
    ),
    (
        "2b4486ad-122b-400c-ae65-17b6672c1f9d",
        "FeatureManagement",
        "FeatureStatesQuery",
        "_apis/{area}/{resource}",
        1,
    ),
    (
        "225f7195-f9c7-4d14-ab28-a83f7ff77e1f",
        "git",
        "repositories",
        "{project}/_apis/{area}/{resource}/{repositoryId}",
        1,
    ),
    (
        "ea98d07b-3c87-4971-8ede-a613694ffb55",
        "git",
        "pushes",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pushId}",
        2,
    ),
    (
        "2d874a60-a811-4f62-9c9f-963a6ea0a55b",
        "git",
        "refs",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}",
        1,
    ),
    (
        "d5b216de-d8d5-4d32-ae76-51df755b16d3",
        "git",
        "branchStats",
        "{project}/_apis/{area}/repositories/{repositoryId}/stats/branches/{*name}",
        1,
    ),
    (
        "fb93c0db-47ed-4a31-8c20-47552878fb44",
        "git",
        "items",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*path}",
        1,
    ),
    (
        "c2570c3b-5b3f-41b8-98bf-5407bfde8d58",
        "git",
        "commits",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{commitId}",
        1,
    ),
    (
        "9946fd70-0d40-406e-b686-b4744cbbcc37",
        "git",
        "pullRequests",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pullRequestId}",
        1,
    ),
    (
        "52823034-34a8-4576-922c-8d8b77e9e4c4",
        "git",
        "pullRequestCommits",
        f"{_PULL}/commits",
        1,
    ),
    (
        "4b6702c7-aa35-4b89-9c96-b9abf6d3e540",
        "git",
        "pullRequestReviewers",
        f"{_PULL}/reviewers/{{reviewerId}}",
        1,
    ),
    (
        "b5f6bb4f-8d1e-4d79-8d11-4c9172c99c35",
        "git",
        "pullRequestStatuses",
        f"{_PULL}/statuses/{{statusId}}",
        1,
    ),
    (
        "ab6e2e5d-a0b7-4153-b64a-a4efe0d49449",
        "git",
        "pullRequestThreads",
        f"{_PULL}/threads/{{threadId}}",
        1,
    ),
    (
        "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b",
        "git",
        "pullRequestThreadComments",
        f"{_PULL}/threads/{{threadId}}/comments/{{commentId}}",
        1,
    ),
    (
        "f5b09dd5-9d54-45a1-8b5a-1c8287d634cc",
        "distributedtask",
        "variablegroups",
        "{project}/_apis/{area}/{resource}/{groupId}",
        2,
    ),
    (
        "ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7",
        "distributedtask",
        "variablegroups",
        "_apis/{area}/{resource}/{groupId}",
        2,
    ),
    (
        "398c85bc-81aa-4822-947c-a194a05f0fef",
        "build",
        "authorizedresources",
        "{project}/_apis/{area}/{resource}",
        1,
    ),
    (
        "dbeaf647-6167-421a-bda9-c9327b25e2e6",
        "build",
        "definitions",
        "{project}/_apis/{area}/{resource}/{definitionId}",
        7,
    ),
    (
        "7859261e-d2e9-4a68-b820-a5d84cc5bb3d",
        "pipelines",
        "runs",
        "{project}/_apis/pipelines/{pipelineId}/{resource}/{runId}",
        1,
    ),
    (
        "dad91cbe-d183-45f8-9c6e-9c1164472121",
        "policy",
        "configurations",
        "{project}/_apis/{area}/{resource}/{configurationId}",
        1,
    ),
    (
        "8572b1fc-2482-47fa-8f74-7e3ed53ee54b",
        "distributedtask",
        "environments",
        "{project}/_apis/{area}/{resource}/{environmentId}",
        1,
    ),
    (
        "86c8381e-5aee-4cde-8ae4-25c0c7f5eaea",
        "PipelinesChecks",
        "configurations",
        "{project}/_apis/pipelines/checks/{resource}/{id}",
        1,
    ),
    (
        "b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2",
        "pipelinePermissions",
        "pipelinePermissions",
        "{project}/_apis/pipelines/{resource}/{resourceType}/{resourceId}",
        1,
    ),
    (
        "14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0",
        "serviceendpoint",
        "endpoints",
        "_apis/{area}/{resource}/{endpointId}",
        4,
    ),
    (
        "e85f1c62-adfc-4b74-b618-11a150fb195e",
        "serviceendpoint",
        "endpoints",
        "{project}/_apis/{area}/{resource}/{endpointId}",
        4,
    ),
    (
        "cc63bb57-2a5f-4a7a-b79c-c142d308657e",
        "serviceendpoint",
        "endpointproxy",
        "{project}/_apis/{area}/{resource}",
        1,
    ),
    ("ebbe6af8-0b91-4c13-8cf1-777c14858188", "Graph", "Groups", "_apis/graph/groups/{groupDescriptor}", 1),
    ("005e26ec-6b77-4e4f-a986-b3827bf241f5", "Graph", "Users", "_apis/graph/users/{userDescriptor}", 1),
    (
        "048aee0a-7072-4cde-ab73-7af77b1e0b4e",
        "Graph",
        "Descriptors",
        "_apis/graph/descriptors/{storageKey}",
        1,
    ),
    (
        "eb85f8cc-f0f6-4264-a5b1-ffe2e4d4801f",
        "Graph",
        "StorageKeys",
        "_apis/graph/storagekeys/{subjectDescriptor}",
        1,
    ),
    (
        "3fd2e6ca-fb30-443a-b579-95b19ed0934c",
        "Graph",
        "Memberships",
        "_apis/graph/memberships/{subjectDescriptor}/{containerDescriptor}",
        1,
    ),
    (
        "e34b6394-6b30-4435-94a9-409a5eef3e31",
        "Graph",
        "MembershipsBatch",
        "_apis/graph/memberships/{subjectDescriptor}",
        1,
    ),
    (
        "0cd358e1-9217-4d94-8269-1c1ee6f93dcf",
        "build",
        "builds",
        "{project}/_apis/build/builds/{buildId}",
        7,
    ),
    (
        "37794717-f36f-4d78-b2bf-4dc30d0cfbcd",
        "PipelinesApproval",
        "approvals",
        "{project}/_apis/pipelines/approvals/{approvalId}",
        1,
    ),
    (
        "69a319f4-28c1-4bfd-93e6-ea0ff5c6f1a2",
        "distributedtask",
        "oidctoken",
        "{scopeIdentifier}/_apis/distributedtask/hubs/{hubName}/plans/{planId}/jobs/{jobId}/oidctoken",
        1,
    ),
]


def _location(number: str, area: str, resource: str, template: str, version: int) -> Json:
    return {
        "id": number,
        "area": area,
        "resourceName": resource,
        "routeTemplate": template,
        "resourceVersion": version,
        "minVersion": "1.0",
        "maxVersion": "7.2",
        "releasedVersion": "7.1",
    }


@api.on("OPTIONS", "/_apis")
def list_locations(_call: Call) -> DevOpsAnswer:
    """Every resource's location."""
    return values([_location(*each) for each in _LOCATIONS])


@api.on("GET", "/_apis/ResourceAreas")
def list_areas(_call: Call) -> DevOpsAnswer:
    """None: as on an Azure DevOps Server, one address is every area's."""
    return values([])


@api.on("GET", "/_apis/connectionData")
def get_connection(call: Call) -> DevOpsAnswer:
    """Who calls, and what the server is."""
    me = identity(call)
    return {
        "authenticatedUser": me,
        "authorizedUser": me,
        "instanceId": me["id"],
        "webApplicationRelativeDirectory": base_url(call),
    }
