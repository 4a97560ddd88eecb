"""Identity tokens of pipelines' jobs."""

from __future__ import annotations

from mlops_sandbox.azuredevops import endpoints, identities, project_documents, run_tokens
from mlops_sandbox.azuredevops.api import DevOpsAnswer, DevOpsError, DevOpsRoutes, store
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

#: Whom the tokens are for, whatever a job asks.
_AUDIENCE = "api://AzureADTokenExchange"


def _connection_subject(call: Call, project: Json, pipeline: int, number: str) -> str:
    """The `sub` of a run that uses a service connection, if its pipeline may (else 403)."""
    endpoint = endpoints.find(call, number)
    allowed = store(call).get("permission", f"{project['id']}/endpoint/{number}") or {}
    everyone = (allowed.get("allPipelines") or {}).get("authorized")
    if not everyone and all(each["id"] != pipeline for each in allowed.get("pipelines", [])):
        text = f"The pipeline needs permission to use the service connection {endpoint['name']}."
        raise DevOpsError(403, "AccessDeniedException", text)
    return identities.subject(call.path["org"], project["name"], endpoint["name"])


@api.on("POST", "/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken")
def identity_token(call: Call) -> DevOpsAnswer:
    """An identity token of the job that asks: of its pipeline, or of the service connection that it names."""
    job = run_tokens.job_of(call)
    if job is None or job["id"] != call.path["job"]:
        text = "Only a running job gets a token, and only its own."
        raise DevOpsError(403, "AccessDeniedException", text)
    run = store(call).get("run", job["key"].rpartition("/")[0]) or {}
    project, organization = project_documents.called(call), call.path["org"]
    if run["plan"] != call.path["plan"] or run["fromFork"]:
        raise DevOpsError(403, "AccessDeniedException", "A run of a fork has no identity.")
    connection = call.query.get("serviceConnectionId")
    subject = identities.pipeline_subject(organization, project["name"], run["pipeline"]["name"])
    if connection:
        subject = _connection_subject(call, project, run["pipeline"]["id"], connection)
    claims = {"aud": _AUDIENCE, "sub": subject, "org": organization, "prj": project["name"]}
    return {"oidcToken": identities.issuer(call.sandbox).mint(claims)}
