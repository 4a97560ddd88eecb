"""Every argument of a repository, and what the code hosts' lookups answer."""

from __future__ import annotations

from typing import Any

CI: dict[str, Any] = {
    "github": {
        "platform": "github",
        "repository": "models",
        "create": True,
        "visibility": "internal",
        "description": "d",
        "governs": True,
        "default_branch": "main",
        "release_branch": "release",
        "approvals": 2,
        "required_checks": ["checks"],
        "files": {".github/workflows/a.yml": "on: push"},
        "write_files": "pull-request",
        "protect": True,
        "environments": {
            "prod": {
                "reviewers": ["octocat", "team:platform"],
                "self_review": True,
                "branches": ["release"],
                "wait_minutes": 5,
                "variables": {"A": "1"},
                "secrets": {"B": "2"},
            }
        },
    },
    "azure": {
        "platform": "azure-devops",
        "project": "mlops",
        "repository": "models",
        "governs": True,
        "files": {".azure/a.yml": "trigger: none"},
        "write_files": "direct",
        "pipelines": {
            "checks": {"path": ".azure/a.yml", "validates": True},
            "deploy": {"path": ".azure/b.yml"},
        },
        "environments": {
            "prod": {
                "reviewers": ["group:Platform", "ann@example.com"],
                "approvals": 2,
                "branches": ["release"],
                "variables": {"A": "1"},
                "secrets": {"B": "2"},
                "pipelines": ["deploy"],
            }
        },
    },
    "azure-new": {
        "platform": "azure-devops",
        "project": "mlops",
        "repository": "models",
        "governs": True,
        "create": True,
    },
}
CODE_HOSTS: dict[str, dict[str, Any]] = {
    "github:index/getUser:getUser": {"id": "1001"},
    "github:index/getTeam:getTeam": {"id": "77"},
    "azuredevops:index/getProject:getProject": {"id": "p1"},
    "azuredevops:index/getGitRepository:getGitRepository": {"id": "r1"},
    "azuredevops:index/getGroup:getGroup": {"originId": "g1"},
    "azuredevops:index/getUsers:getUsers": {"users": [{"id": "u1"}]},
    "azuredevops:index/getBuildDefinition:getBuildDefinition": {"id": "7"},
}
LOOKUPS: dict[str, dict[str, Any]] = {
    "databricks:index/getSchema:getSchema": {"schemaInfo": {"schemaId": "s1"}},
    "databricks:index/getTable:getTable": {"tableInfo": {"tableId": "t1"}},
    "databricks:index/getTables:getTables": {"ids": ["c.s.t"]},
}
ANSWERS = {**CODE_HOSTS, **LOOKUPS}
