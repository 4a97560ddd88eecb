"""The issuer of workflow identities: keys, discovery, signed tokens, and what their subject says."""

from __future__ import annotations

import json
import os
import time
import uuid
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import repositories
from mlops_sandbox.github.api import GitHubAnswer, GitHubRoutes, base_url, store, unprocessable
from mlops_sandbox.server.routing import Call, Json, Routes

api = GitHubRoutes()
#: Public: whoever checks a token asks for these without one.
open_routes = Routes()

_LIFETIME_SECONDS = 300
_SUBJECT = "/repos/{owner}/{repo}/actions/oidc/customization/sub"


def issuer(sandbox: Sandbox) -> str:
    """The tokens' `iss`."""
    return f"{base_url(sandbox)}/_oidc"


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key(sandbox: Sandbox) -> rsa.RSAPrivateKey:
    """The signing key; made once, readable by the sandbox's owner alone."""
    path = sandbox.home / "github" / "oidc.pem"
    if not path.exists():
        fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"oidc.{uuid.uuid4().hex}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            output.write(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            # Another call was faster: its key is the one.
            fresh = path.read_bytes()
        draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _public(key: rsa.RSAPrivateKey) -> Json:
    numbers = key.public_key().public_numbers()
    fields = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    thumbprint = sha256(json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**fields, "alg": "RS256", "use": "sig", "kid": _encoded(thumbprint)}


def mint(sandbox: Sandbox, claims: Json, lifetime: int = _LIFETIME_SECONDS) -> str:
    """A signed RS256 token.

    Args:
        sandbox: the running sandbox.
        claims: at least `sub` and `aud`; `iss`, `iat`, `nbf`, `exp` and `jti` are added where missing.
        lifetime: seconds until it expires; negative makes one that has.
    """
    key, issued = _key(sandbox), int(time.time())
    times = {"iat": issued, "nbf": issued - 60, "exp": issued + lifetime}
    whole = {"iss": issuer(sandbox), **times, "jti": str(uuid.uuid4()), **claims}
    header = {"alg": "RS256", "typ": "JWT", "kid": _public(key)["kid"]}
    parts = [_encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, whole)]
    text = ".".join(parts)
    return f"{text}.{_encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


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


def run_token(sandbox: Sandbox, repository: Json, audience: str, run: Json) -> str:
    """The token that a workflow's job gets.

    Args:
        sandbox: the running sandbox.
        repository: the stored repository.
        audience: what the job asked for.
        run: claims of the run: `environment`, `event_name`, `ref`, `sha`, `workflow`, `actor`, ...
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
    return mint(sandbox, {**claims, "aud": audience, "sub": subject(sandbox, repository, claims)})


@open_routes.get("/github/_oidc/.well-known/openid-configuration")
def discovery(call: Call) -> Json:
    """Where the keys are."""
    return {
        "issuer": issuer(call.sandbox),
        "jwks_uri": f"{issuer(call.sandbox)}/jwks",
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
        "claims_supported": [
            "sub",
            "aud",
            "exp",
            "iat",
            "iss",
            "jti",
            "nbf",
            "repository",
            "environment",
            "ref",
        ],
    }


@open_routes.get("/github/_oidc/jwks")
def keys(call: Call) -> Json:
    """The public keys."""
    return {"keys": [_public(_key(call.sandbox))]}


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
