"""Identities of pipeline runs: the issuer of their tokens, and what a token's subject says."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.issuer import Issuer
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()


def issuer(sandbox: Sandbox) -> Issuer:
    """Azure DevOps' issuer, whose key is in the sandbox's folder."""
    return Issuer(f"{sandbox.url}/azuredevops/_oidc", sandbox.home / "azuredevops" / "oidc.pem")


def subject(organization: str, project: str, connection: str) -> str:
    """The `sub` of a run that uses a service connection."""
    return f"sc://{organization}/{project}/{connection}"


def pipeline_subject(organization: str, project: str, pipeline: str) -> str:
    """The `sub` of a run by itself."""
    return f"p://{organization}/{project}/{pipeline}"


@routes.get("/azuredevops/_oidc/.well-known/openid-configuration")
def discovery(call: Call) -> Json:
    """Where the keys are."""
    return issuer(call.sandbox).discovery([])


@routes.get("/azuredevops/_oidc/jwks")
def keys(call: Call) -> Json:
    """The public keys."""
    return issuer(call.sandbox).keys()
