"""Programs that together give every argument of every component."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops

from every_argument.code_hosts import CI
from every_argument.data import CATALOG, DECLARED, FEATURES, IDS, INDEXES, LOG, MONITOR, SEARCH, STORAGE
from every_argument.jobs import GIT, JOB, SMALL, STARTS
from every_argument.places import AZURE, IDENTITIES, NEW, PRINCIPALS, RULES, SIGN_IN, WORKSPACES
from every_argument.projects import ENVIRONMENT, PROJECT
from every_argument.serving import ENDPOINT, EXTERNAL, GUARD, KINDS, SERVED
from every_argument.shared import ACCOUNT, ML_CODE, ROLES


def _programs() -> Iterator[tuple[str, type[pulumi.ComponentResource], Any]]:
    yield "job", mlops.MlJob, JOB
    for name, start in STARTS.items():
        yield f"job-{name}", mlops.MlJob, {**SMALL, "root": "/f", "environment": {"version": "5"}, **start}
    for kind, value in (("branch", "main"), ("tag", "v1"), ("commit", "c0ffee")):
        source = {**GIT, kind: value, "sparse_checkout": {"patterns": ["a"]}["patterns"]}
        yield f"job-git-{kind}", mlops.MlJob, {**SMALL, "git_source": source}
    for name, served in SERVED.items():
        yield f"endpoint-{name}", mlops.ServingEndpoint, {**ENDPOINT, "served_entities": served}
    for name, config in EXTERNAL.items():
        external = {"name": "m", "task": "llm/v1/chat", KINDS.get(name, name): config}
        two = [{"external": external, "traffic": 60}, {"external": external, "traffic": 40}]
        given = {"endpoint_name": "e", "served_entities": two, "fallback": True}
        yield (
            f"endpoint-{name}",
            mlops.ServingEndpoint,
            {**given, "guardrails": {"input": GUARD, "output": GUARD}},
        )
    yield "endpoint-empty", mlops.ServingEndpoint, {"endpoint_name": "e"}
    for api in ("quality", "data_quality"):
        more = {"prediction_proba": "q"} if api == "quality" else IDS
        yield f"{api}-log", mlops.ModelMonitor, {**MONITOR, **LOG, **more, "api": api, "declare": DECLARED}
        yield f"{api}-series", mlops.ModelMonitor, {**MONITOR, "timestamp": "t", "api": api}
        unwindowed = {key: value for key, value in MONITOR.items() if key not in ("granularities", "alerts")}
        yield f"{api}-snapshot", mlops.ModelMonitor, {**unwindowed, "api": api, "dashboard": False}
    for name, storage in STORAGE.items():
        whole = {**storage, "url": "s3://x/c", "name": "n", "skip_validation": True}
        yield f"catalog-{name}", mlops.ModelCatalog, {**CATALOG, "storage": whole}
    yield "catalog-root", mlops.ModelCatalog, {**CATALOG, "storage_root": "s3://x"}
    yield (
        "catalog-adopted",
        mlops.ModelCatalog,
        {"catalog": "c", "adopt": True, "schemas": CATALOG["schemas"]},
    )
    yield "secrets", mlops.SecretStore, {"scope": "s", "secrets": {"k": "v"}, "roles": ROLES, "protect": True}
    vault = {"resource_id": "/v", "dns_name": "https://v.vault.azure.net/"}
    yield "vault", mlops.SecretStore, {"scope": "s", "key_vault": vault}
    yield "secrets-adopted", mlops.SecretStore, {"scope": "s", "adopt": True, "secrets": {"k": "v"}}
    yield "features", mlops.FeatureStore, FEATURES
    yield "search", mlops.VectorSearch, SEARCH
    yield (
        "search-adopted",
        mlops.VectorSearch,
        {"endpoint_name": "s", "adopt": True, "catalog": "c", "schema": "s", "indexes": INDEXES},
    )
    yield "code", mlops.CodeBundle, {"folder": ML_CODE, "path": "/Shared/c", "include": ["flights/*.py"]}
    for name, where in WORKSPACES.items():
        more = {
            "environment": "prod",
            "sign_in": SIGN_IN,
            "tags": {"team": "ml"},
            "roles": ROLES,
            "protect": True,
        }
        rules = {key: rule for key, rule in RULES.items() if where or key != "metastore_id"}
        yield f"workspace-{name}", mlops.Workspace, {**rules, **more, **where}
    azure = {"cloud": "azure", "azure": AZURE, **{key: NEW[key] for key in ("name", "region")}}
    yield "workspace-azure", mlops.Workspace, {"environment": "prod", "create": azure}
    identity = {"environment": "prod", "account_id": ACCOUNT, "workspace_id": "4711", "protect": True}
    yield "identity-trusts", mlops.ServiceIdentity, {**identity, **IDENTITIES}
    secret = {"rotate_days": 30, "today": "2026-11-24"}
    yield "identity-secret", mlops.ServiceIdentity, {**identity, "principals": PRINCIPALS, "secret": secret}
    yield "project", mlops.MlProject, PROJECT
    yield "environment", mlops.Environment, ENVIRONMENT
    yield (
        "environment-given",
        mlops.Environment,
        {"environment": "dev", "catalog": {"catalog": "c"}, "warehouse": {"warehouse_id": "w1"}},
    )
    host = {"host": "https://x", "workspace_id": "4711"}
    yield (
        "environment-existing",
        mlops.Environment,
        {
            "environment": "dev",
            "catalog": {"catalog": "c", "adopt": True},
            "account": {"account_id": ACCOUNT},
            "workspace": host,
            "identities": {"secret": secret},
            "projects": {
                "flights": {
                    **{
                        key: value
                        for key, value in PROJECT.items()
                        if key not in ("features", "monitor", "jobs")
                    },
                    "python": {"version": "5"},
                    "jobs": {"a": {"tasks": {"a": {"notebook": "a"}}}},
                    "serving": {"served_entities": [], "fallback": False, "guardrails": {"input": GUARD}},
                    "search": {"adopt": True, "endpoint_name": "s", "indexes": INDEXES},
                }
            },
        },
    )
    for name, repository in CI.items():
        yield f"ci-{name}", mlops.CiRepository, repository


PROGRAMS = {name: (component, args) for name, component, args in _programs()}


def build(name: str, depends_on: Callable[[], list[pulumi.Resource]] = list) -> Callable[[], Any]:
    """The program of a name, its component waiting for what is made first."""
    component, args = PROGRAMS[name]

    def program() -> None:
        account = databricks.Provider("account", host="https://accounts.example.com", account_id=ACCOUNT)
        options = pulumi.ResourceOptions(providers=[account], depends_on=depends_on())
        if component is mlops.ServiceIdentity:
            within = databricks.Provider("within", host="https://w")
            component("it", args, options, workspace=within)  # type: ignore[call-arg]
        else:
            component("it", args, options)  # type: ignore[arg-type,call-arg]

    return program
