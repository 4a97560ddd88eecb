"""GitHub Actions: secrets that stay secret, and identities that can be checked."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from github_client import begin, claims, github, identity_token, new_job, repo, start
from nacl.public import PublicKey, SealedBox
from running import RunningSandbox

__all__ = ["github", "repo"]


def test_a_secret_is_opened_kept_encrypted_and_never_given_out(
    sandbox: RunningSandbox, github: httpx.Client, repo: str
) -> None:
    github.put(f"{repo}/environments/staging", json={})
    for scope in (f"{repo}/actions", f"{repo}/environments/staging"):
        key = github.get(f"{scope}/secrets/public-key").json()
        box = SealedBox(PublicKey(b64decode(key["key"])))
        value = b64encode(box.encrypt(f"whispered {scope}".encode())).decode()
        body = {"key_id": key["key_id"], "encrypted_value": value}
        assert github.put(f"{scope}/secrets/token", json=body).status_code == 201
        assert "whispered" not in github.get(f"{scope}/secrets/TOKEN").text
        wrong = {**body, "encrypted_value": b64encode(b"plain text").decode()}
        assert github.put(f"{scope}/secrets/token", json=wrong).status_code == 422
    files = [*sandbox.home.path.glob("state.db*")]
    assert not any(b"whispered" in file.read_bytes() for file in files)
    run = begin(github, repo)
    for environment, scope in (("", "actions"), ("staging", "environments/staging")):
        given = start(github, run, new_job(github, run, environment=environment))
        assert given["secrets"] == {"TOKEN": f"whispered {repo}/{scope}"}


def test_a_run_token_is_signed_by_the_published_key_and_names_its_environment(
    sandbox: RunningSandbox, github: httpx.Client, repo: str
) -> None:
    found = httpx.get(f"{sandbox.url}/github/_oidc/.well-known/openid-configuration").json()
    published = httpx.get(found["jwks_uri"]).json()["keys"][0]
    identified = {"permissions": {"id-token": "write"}}
    run = begin(github, repo)
    token = identity_token(start(github, run, new_job(github, run, environment="staging", **identified)))
    head, told, signature = (urlsafe_b64decode(part + "==") for part in token.split("."))
    number = {name: int.from_bytes(urlsafe_b64decode(published[name] + "=="), "big") for name in ("n", "e")}
    key = RSAPublicNumbers(number["e"], number["n"]).public_key()
    key.verify(signature, token.rpartition(".")[0].encode(), PKCS1v15(), hashes.SHA256())
    assert json.loads(head)["kid"] == published["kid"]
    name = repo.removeprefix("/repos/")
    assert json.loads(told)["sub"] == f"repo:{name}:environment:staging"
    assert json.loads(told)["iss"] == found["issuer"]
    assert (sandbox.home.path / "github" / "oidc.pem").stat().st_mode & 0o777 == 0o600
    template = {"use_default": False, "include_claim_keys": ["repository_owner", "context"]}
    assert github.put(f"{repo}/actions/oidc/customization/sub", json=template).status_code == 201
    run = begin(github, repo, event="pull_request")
    told = claims(identity_token(start(github, run, new_job(github, run, **identified))))
    assert told["sub"] == "repository_owner:acme:pull_request"
