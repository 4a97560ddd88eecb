"""Identities of workflow runs: the issuer of their tokens, and what a token's subject says."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import repositories
from mlops_sandbox.github.api import GitHubAnswer, GitHubRoutes, base_url, store, unprocessable
from mlops_sandbox.issuer import Issuer
from mlops_sandbox.server.routing import Call, Json, Routes

api = GitHubRoutes()
#: Public: whoever checks a token asks for these without one.
open_routes = Routes()

_SUBJECT = "/repos/{owner}/{repo}/actions/oidc/customization/sub"


def issuer(sandbox: Sandbox) -> Issuer:
    """GitHub's issuer, whose key is in the sandbox's folder."""
    return Issuer(f"{base_url(sandbox)}/_oidc", sandbox.home / "github" / "oidc.pem")


def subject(sandbox: Sandbox, repository: Json, claims: Json) -> str:
    """The `sub` of a run in a repository, by its customization of the subject.

    Args:
        sandbox: the running sandbox.
        repository: the stored repository.
        claims: of the run: `environment` where its job has one, `event_name`, `ref` and whatever
            else the customization names.
    """
    if claims.get("environment"):
        context = f"environment:{claims['environment']}"
    elif claims.get("event_name") == "pull_request":
        context = "pull_request"
    else:
        context = f"ref:{claims.get('ref', '')}"
    template = _template(sandbox, repository)
    name = repositories.brief(repository)["full_name"]
    parts: list[str] = []
    keys = ["repo", "context"] if template["use_default"] else template["include_claim_keys"]
    for each in keys:
        if each in ("repo", "context"):
            parts.append(f"repo:{name}" if each == "repo" else context)
        else:
            parts.append(f"{each}:{claims.get(each, '')}")
    return ":".join(parts)


def run_token(sandbox: Sandbox, repository: Json, audience: str, run: Json, seconds: int) -> str:
    """The token that a workflow's job gets.

    Args:
        sandbox: the running sandbox.
        repository: the stored repository.
        audience: what the job asked for.
        run: claims of the run: `environment`, `event_name`, `ref`, `sha`, `workflow`, `actor`, ...
        seconds: until it expires.
    """
    name = repositories.brief(repository)["full_name"]
    about = {
        "repository": name,
        "repository_id": str(repository["id"]),
        "repository_owner": repository["owner"],
        "repository_visibility": repository["visibility"],
        "runner_environment": "self-hosted",
    }
    claims: dict[str, Any] = {**about, **run}
    whole = {**claims, "aud": audience, "sub": subject(sandbox, repository, claims)}
    return issuer(sandbox).mint(whole, seconds)


@open_routes.get("/github/_oidc/.well-known/openid-configuration")
def discovery(call: Call) -> Json:
    """Where the keys are."""
    return issuer(call.sandbox).discovery(["repository", "environment", "ref"])


@open_routes.get("/github/_oidc/jwks")
def keys(call: Call) -> Json:
    """The public keys."""
    return issuer(call.sandbox).keys()


def _template(sandbox: Sandbox, repository: Json) -> Json:
    return store(sandbox).get("oidc_subject", f"{repository['id']}/") or {"use_default": True}


@api.on("GET", _SUBJECT)
def get_subject(call: Call) -> GitHubAnswer:
    """How a repository's subjects are made."""
    return _template(call.sandbox, repositories.called(call))


@api.on("PUT", _SUBJECT)
def put_subject(call: Call) -> GitHubAnswer:
    """Change how a repository's subjects are made: the default, or `include_claim_keys` in order."""
    default, names = call.body.get("use_default"), call.body.get("include_claim_keys") or []
    if not isinstance(default, bool) or (not default and not names):
        raise unprocessable("OidcCustomSub", "include_claim_keys", "missing_field")
    template = {"use_default": default, **({} if default else {"include_claim_keys": names})}
    store(call.sandbox).put("oidc_subject", f"{repositories.called(call)['id']}/", template)
    return 201, {}
