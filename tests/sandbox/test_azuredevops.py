"""Azure DevOps: real git underneath, policies that hold, secrets that stay secret."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import RunningSandbox

ZEROS = "0" * 40


@pytest.fixture
def devops(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """An organization of this test's own, with the project `flights` and its repository."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())
    url = f"{sandbox.url}/azuredevops/{name}"
    with httpx.Client(base_url=url, auth=("_", sandbox.token)) as client:
        assert client.post("/_apis/projects", json={"name": "flights"}).status_code == 202
        yield client


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    names = {
        f"GIT_{role}_{part}": "t@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stderr
    return done


def push(devops: httpx.Client, old: str, *changes: dict[str, Any], branch: str = "main") -> httpx.Response:
    update = {"name": f"refs/heads/{branch}", "oldObjectId": old}
    body = {"refUpdates": [update], "commits": [{"comment": "Change", "changes": list(changes)}]}
    return devops.post("/flights/_apis/git/repositories/flights/pushes", json=body)


def add(path: str, text: str) -> dict[str, Any]:
    content = {"content": text, "contentType": "rawText"}
    return {"changeType": "add", "item": {"path": path}, "newContent": content}


def test_a_clone_has_what_rest_pushed_and_rest_what_git_pushed(
    sandbox: RunningSandbox, devops: httpx.Client, tmp_path: Path
) -> None:
    assert push(devops, ZEROS, add("/dir/a.txt", "one"), branch="trunk").status_code == 201
    remote = devops.get("/flights/_apis/git/repositories/flights").json()["remoteUrl"]
    git(tmp_path, "clone", "-q", remote.replace("http://", f"http://_:{sandbox.token}@"), "c")
    assert (tmp_path / "c" / "dir" / "a.txt").read_text() == "one"
    (tmp_path / "c" / "b.txt").write_text("two")
    git(tmp_path / "c", "add", "-A")
    git(tmp_path / "c", "commit", "-qm", "From a clone")
    git(tmp_path / "c", "push", "-q", "origin", "HEAD:trunk")
    root = "/flights/_apis/git/repositories/flights"
    found = devops.get(f"{root}/items?path=b.txt&includeContent=true&versionDescriptor.version=trunk")
    assert found.json()["content"] == "two"
    assert devops.get(f"{root}/commits?$top=1").json()["value"][0]["comment"] == "From a clone"


def test_a_stale_push_is_refused(devops: httpx.Client) -> None:
    head = push(devops, ZEROS, add("a", "1")).json()["refUpdates"][0]["newObjectId"]
    assert push(devops, head, add("b", "2")).status_code == 201
    refused = push(devops, head, add("c", "3"))
    assert (refused.status_code, refused.json()["typeKey"]) == (409, "GitReferenceStaleException")


def test_a_blocking_policy_refuses_every_way_to_push(
    sandbox: RunningSandbox, devops: httpx.Client, tmp_path: Path
) -> None:
    head = push(devops, ZEROS, add("a", "1")).json()["refUpdates"][0]["newObjectId"]
    repository = devops.get("/flights/_apis/git/repositories/flights").json()
    git(
        tmp_path, "clone", "-q", repository["remoteUrl"].replace("http://", f"http://_:{sandbox.token}@"), "c"
    )
    scope = {"repositoryId": repository["id"], "refName": "refs/heads/main", "matchKind": "Exact"}
    policy = {
        "type": {"id": "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"},
        "settings": {"minimumApproverCount": 1, "scope": [scope]},
    }
    assert devops.post("/flights/_apis/policy/configurations", json=policy).status_code == 200
    assert push(devops, head, add("b", "2")).status_code == 403
    git(tmp_path / "c", "commit", "-qm", "Past the policy", "--allow-empty")
    refused = git(tmp_path / "c", "push", "origin", "HEAD:main", check=False)
    assert refused.returncode != 0
    assert "TF402455" in refused.stderr
    git(tmp_path / "c", "push", "-q", "origin", "HEAD:feature")


@pytest.mark.parametrize(("strategy", "parents"), [("noFastForward", 2), ("squash", 1), ("rebase", 1)])
def test_a_pull_request_completes_when_its_policies_are_met(
    sandbox: RunningSandbox, devops: httpx.Client, strategy: str, parents: int
) -> None:
    root = "/flights/_apis/git/repositories/flights"
    main = push(devops, ZEROS, add("a", "1")).json()["refUpdates"][0]["newObjectId"]
    branch = [{"name": "refs/heads/feature", "oldObjectId": ZEROS, "newObjectId": main}]
    devops.post(f"{root}/refs", json=branch)
    push(devops, main, add("b", "2"), branch="feature")
    push(devops, main, add("c", "3"))
    repository = devops.get(root).json()["id"]
    scope = {"repositoryId": repository, "refName": "refs/heads/main", "matchKind": "Exact"}
    for kind, settings in (
        ("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", {"minimumApproverCount": 1}),
        ("cbdc66da-9728-4af8-aada-9a5a32e4a226", {"statusName": "test"}),
    ):
        policy = {"type": {"id": kind}, "settings": {**settings, "scope": [scope]}}
        assert devops.post("/flights/_apis/policy/configurations", json=policy).status_code == 200
    asked = {"title": "T", "sourceRefName": "refs/heads/feature", "targetRefName": "refs/heads/main"}
    pull = devops.post(f"{root}/pullRequests", json=asked).json()
    assert pull["mergeStatus"] == "succeeded"
    one = f"{root}/pullRequests/{pull['pullRequestId']}"
    options = {"mergeStrategy": strategy, "deleteSourceBranch": True}
    done = {
        "status": "completed",
        "lastMergeSourceCommit": pull["lastMergeSourceCommit"],
        "completionOptions": options,
    }
    refused = devops.patch(one, json=done)
    assert (refused.status_code, refused.json()["typeKey"][:14]) == (403, "GitPullRequest")
    carol = ("carol@example.com", sandbox.token)
    me = devops.get("/_apis/connectionData", auth=carol).json()["authenticatedUser"]["id"]
    assert devops.put(f"{one}/reviewers/{me}", json={"vote": 10}, auth=carol).status_code == 200
    devops.post(f"{one}/statuses", json={"state": "succeeded", "context": {"name": "test"}})
    completed = devops.patch(one, json=done)
    assert completed.status_code == 200, completed.text
    head = devops.get(f"{root}/commits?$top=1").json()["value"][0]["commitId"]
    assert completed.json()["lastMergeCommit"]["commitId"] == head
    assert len(devops.get(f"{root}/commits/{head}").json()["parents"]) == parents
    names = [each["path"] for each in devops.get(f"{root}/items?scopePath=/").json()["value"]]
    assert names == ["/a", "/b", "/c"]
    assert devops.get(f"{root}/refs?filter=heads/feature").json()["count"] == 0


def test_one_comment_of_a_pull_request_is_updated_in_place(devops: httpx.Client) -> None:
    root = "/flights/_apis/git/repositories/flights"
    main = push(devops, ZEROS, add("a", "1")).json()["refUpdates"][0]["newObjectId"]
    devops.post(f"{root}/refs", json=[{"name": "refs/heads/x", "oldObjectId": ZEROS, "newObjectId": main}])
    push(devops, main, add("b", "2"), branch="x")
    asked = {"title": "T", "sourceRefName": "refs/heads/x", "targetRefName": "refs/heads/main"}
    number = devops.post(f"{root}/pullRequests", json=asked).json()["pullRequestId"]
    threads = f"{root}/pullRequests/{number}/threads"
    thread = devops.post(threads, json={"comments": [{"content": "before"}]}).json()
    devops.patch(f"{threads}/{thread['id']}/comments/1", json={"content": "after"})
    found = devops.get(threads).json()["value"]
    assert [each["content"] for one in found for each in one["comments"]] == ["after"]


def test_secret_variables_are_encrypted_hidden_and_kept_when_not_sent(
    sandbox: RunningSandbox, devops: httpx.Client
) -> None:
    project = devops.get("/_apis/projects/flights").json()["id"]
    body: dict[str, Any] = {
        "name": "vars",
        "variables": {"token": {"isSecret": True, "value": "hush-hush"}, "plain": {"value": "1"}},
        "variableGroupProjectReferences": [{"projectReference": {"id": project}, "name": "vars"}],
    }
    made = devops.post("/_apis/distributedtask/variablegroups", json=body)
    assert "hush" not in made.text
    body["variables"]["token"]["value"] = None
    number = made.json()["id"]
    assert devops.put(f"/_apis/distributedtask/variablegroups/{number}", json=body).status_code == 200
    files = [*sandbox.home.path.glob("state.db*")]
    assert not any(b"hush-hush" in file.read_bytes() for file in files)
    assert variables_of_a_job(devops, number) == {"token": "hush-hush", "plain": "1"}


def variables_of_a_job(devops: httpx.Client, group: int) -> Any:
    """What a pipeline's job gets of the variable group `vars`, which it may use."""
    own = {"id": devops.get("/flights/_apis/git/repositories/flights").json()["id"], "type": "TfsGit"}
    about = {"name": "pipeline", "repository": own, "process": {}}
    definition = devops.post("/flights/_apis/build/definitions", json=about).json()["id"]
    allowed = {"pipelines": [{"id": definition, "authorized": True}]}
    devops.patch(f"/flights/_apis/pipelines/pipelinePermissions/variablegroup/{group}", json=allowed)
    run = {"definition": definition, "ref": "refs/heads/main", "sha": ZEROS}
    jobs = f"/flights/_agent/runs/{devops.post('/flights/_agent/runs', json=run).json()['id']}/jobs"
    job = devops.post(jobs, json={"name": "job", "variableGroups": ["vars"]}).json()["id"]
    return devops.post(f"{jobs}/{job}/start").json()["variables"]


def test_a_deleted_project_takes_everything_with_it(devops: httpx.Client) -> None:
    found = devops.get("/_apis/projects/flights").json()["id"]
    endpoint = {
        "name": "databricks",
        "type": "generic",
        "authorization": {"scheme": "Token", "parameters": {"apitoken": "hush"}},
        "serviceEndpointProjectReferences": [{"projectReference": {"id": found}, "name": "databricks"}],
    }
    made = devops.post("/_apis/serviceendpoint/endpoints", json=endpoint)
    assert "hush" not in made.text
    devops.post(f"/{found}/_apis/distributedtask/environments", json={"name": "prod"})
    assert devops.delete(f"/_apis/projects/{found}").status_code == 202
    assert devops.post("/_apis/projects", json={"name": "flights"}).status_code == 202
    assert devops.get("/flights/_apis/distributedtask/environments").json()["count"] == 0
    assert devops.get(f"/flights/_apis/serviceendpoint/endpoints/{made.json()['id']}").json() is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "key"),
    [
        ("GET", "/_apis/projects/nothing", None, 404, "ProjectDoesNotExistWithNameException"),
        ("POST", "/_apis/projects", {"name": "flights"}, 409, "ProjectAlreadyExistsException"),
        ("POST", "/flights/_apis/git/repositories", {}, 400, "InvalidArgumentValueException"),
        ("POST", "/flights/_apis/policy/configurations", {"type": 1}, 400, "InvalidArgumentValueException"),
        ("POST", "/_apis/git/repositories/x/refs", ["x"], 404, "GitRepositoryNotFoundException"),
        ("GET", "/flights/_apis/wiki/wikis", None, 501, "NotImplementedException"),
    ],
)
def test_refusals_have_azure_devops_form(
    devops: httpx.Client, method: str, path: str, body: Any, status: int, key: str
) -> None:
    answer = devops.request(method, path, json=body)
    assert (answer.status_code, answer.json()["typeKey"]) == (status, key)


def test_the_issuer_publishes_its_key_to_everybody(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.url}/azuredevops/_oidc"
    found = httpx.get(f"{url}/.well-known/openid-configuration").json()
    assert found["issuer"] == url
    assert httpx.get(found["jwks_uri"]).json()["keys"][0]["alg"] == "RS256"
