"""Runs on GitHub: environments that ask for reviewers and branches, and what a job gets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from github_client import begin, claims, github, identity_token, new_job, repo, start

__all__ = ["github", "repo"]

_FILE = {"message": "Change", "content": "YQo="}


def _protect(github: httpx.Client, repo: str, name: str, branches: list[str], own: bool = False) -> None:
    carol = github.get("/users/carol").json()["id"]
    body = {
        "reviewers": [{"type": "User", "id": each} for each in ([carol, 1] if own else [carol])],
        "prevent_self_review": True,
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    assert github.put(f"{repo}/environments/{name}", json=body).is_success
    for pattern in branches:
        path = f"{repo}/environments/{name}/deployment-branch-policies"
        assert github.post(path, json={"name": pattern}).is_success


def test_a_deployment_waits_for_a_reviewer_who_did_not_start_it(github: httpx.Client, repo: str) -> None:
    _protect(github, repo, "prod", ["main"], own=True)
    run = begin(github, repo)
    job = new_job(github, run, environment="prod", permissions={"id-token": "write"})
    number = run.rpartition("/")[2]
    assert job["status"] == "waiting"
    assert github.post(f"{run}/jobs/{job['id']}/start").status_code == 409
    assert github.get(f"{repo}/actions/runs/{number}").json()["status"] == "waiting"
    pending = github.get(f"{repo}/actions/runs/{number}/pending_deployments").json()
    assert [each["environment"]["name"] for each in pending] == ["prod"]
    decision = {"environment_ids": [pending[0]["environment"]["id"]], "state": "approved", "comment": "ok"}
    path = f"{repo}/actions/runs/{number}/pending_deployments"
    assert github.post(path, json=decision).status_code == 422
    token = github.headers["authorization"].partition(" ")[2]
    approved = github.post(path, json=decision, auth=("carol", token))
    assert approved.status_code == 200, approved.text
    given = start(github, run, job)
    name = repo.removeprefix("/repos/")
    told = claims(identity_token(given))
    assert (told["sub"], told["aud"]) == (f"repo:{name}:environment:prod", "databricks")
    ended = github.patch(f"{run}/jobs/{job['id']}", json={"conclusion": "success"})
    assert ended.status_code == 200
    assert github.patch(run, json={}).json()["conclusion"] == "success"
    over = httpx.get(given["api_url"] + repo, headers={"Authorization": f"Bearer {given['token']}"})
    assert over.status_code == 401
    checks = github.get(f"{repo}/commits/main/check-runs").json()["check_runs"]
    assert [(each["name"], each["conclusion"]) for each in checks] == [("deploy", "success")]


@pytest.mark.parametrize(
    ("ref", "fits"),
    [("refs/heads/release/1", True), ("refs/heads/release/1/x", False), ("refs/heads/main", False)],
)
def test_an_environment_lets_only_its_branches_in(
    github: httpx.Client, repo: str, ref: str, fits: bool
) -> None:
    _protect(github, repo, "prod", ["release/*"])
    job = new_job(github, begin(github, repo, ref=ref), environment="prod")
    assert job["conclusion"] == (None if fits else "failure")
    assert fits or "not allowed to deploy to prod" in job["message"]


def test_a_job_may_do_what_its_permissions_say_and_nothing_else(github: httpx.Client, repo: str) -> None:
    run = begin(github, repo)
    given = start(github, run, new_job(github, run, permissions={"contents": "read", "issues": "write"}))
    assert given["id_token_request_url"] is None
    headers = {"Authorization": f"Bearer {given['token']}"}
    with httpx.Client(base_url=given["api_url"], headers=headers) as job:
        assert job.get(f"{repo}/contents/README.md").status_code == 200
        made = job.post(f"{repo}/issues", json={"title": "Drift"})
        assert made.status_code == 201
        assert made.json()["user"]["login"] == "github-actions[bot]"
        assert job.put(f"{repo}/contents/a.txt", json=_FILE).status_code == 403
        assert job.get(f"{repo}/actions/secrets").status_code == 403
        assert job.get(f"{repo}/commits/main").status_code == 200
        assert job.get(f"{repo}/commits/main/check-runs").status_code == 403
        assert job.get("/orgs/acme/members").status_code == 403
        assert job.get(f"{given['server_url']}/_oidc/token?audience=x").status_code == 403
        assert job.post(f"{run}/jobs", json={"name": "more"}).status_code == 403
        basic = ("x-access-token", given["token"])
        assert httpx.get(f"{given['api_url']}{repo}/actions/secrets", auth=basic).status_code == 403
    stolen = {"Authorization": f"Bearer {given['token']}x"}
    assert httpx.get(given["api_url"] + repo, headers=stolen).status_code == 401


def test_a_job_that_speaks_in_pull_requests_does_not_merge_them(github: httpx.Client, repo: str) -> None:
    run = begin(github, repo)
    given = start(github, run, new_job(github, run, permissions={"pull-requests": "write"}))
    headers = {"Authorization": f"Bearer {given['token']}"}
    with httpx.Client(base_url=f"{given['api_url']}{repo}", headers=headers) as job:
        assert job.get("/pulls").status_code == 200
        assert job.put("/pulls/1/merge", json={}).status_code == 403


def test_a_pull_request_from_a_fork_gets_no_secret_and_no_identity(github: httpx.Client, repo: str) -> None:
    token = github.headers["authorization"].partition(" ")[2]
    github.put(f"{repo}/collaborators/carol", json={"permission": "pull"})
    assert github.post("/orgs/acme/repos", json={"name": "elsewhere"}).status_code in (201, 422)
    forked = github.post(f"{repo}/forks", json={"name": "fork"}, auth=("carol", token))
    assert forked.status_code == 202, forked.text
    fork = forked.json()["full_name"]
    branch = {
        "ref": "refs/heads/change",
        "sha": github.get(f"{repo}/git/ref/heads/main").json()["object"]["sha"],
    }
    assert github.post(f"/repos/{fork}/git/refs", json=branch).status_code == 201
    file = {**_FILE, "branch": "change"}
    assert github.put(f"/repos/{fork}/contents/a.txt", json=file).is_success
    pull = {"title": "Mine", "head": f"{fork.partition('/')[0]}:change", "base": "main"}
    number = github.post(f"{repo}/pulls", json=pull).json()["number"]
    ref = f"refs/pull/{number}/merge"
    run = begin(github, repo, event="pull_request", ref=ref, pull_request=number)
    given = start(github, run, new_job(github, run, permissions={"id-token": "write", "contents": "write"}))
    assert given["permissions"] == {"contents": "read"}
    assert given["secrets"] == {}
    assert given["id_token_request_token"] is None
    github.delete(f"/repos/{fork}")


def test_a_job_clones_its_own_repository_and_pushes_only_with_that_permission(
    github: httpx.Client, repo: str, tmp_path: Path
) -> None:
    run = begin(github, repo)

    def push(permission: str) -> int:
        given = start(github, run, new_job(github, run, permissions={"contents": permission}))
        url = f"{given['server_url']}{repo.removeprefix('/repos')}.git"
        git = ["git", "-c", f"http.extraHeader=Authorization: Bearer {given['token']}"]
        folder = tmp_path / permission
        subprocess.run([*git, "clone", "-q", url, str(folder)], check=True)
        pushing = [*git, "push", "-q", "origin", f"HEAD:refs/heads/{permission}"]
        return subprocess.run(pushing, cwd=folder, capture_output=True, check=False).returncode

    assert (push("read") != 0, push("write")) == (True, 0)


def test_a_newer_run_of_a_group_takes_the_place_of_the_older(github: httpx.Client, repo: str) -> None:
    group = {"group": "pull-1", "cancel_in_progress": True}
    old = begin(github, repo, concurrency=group)
    job = new_job(github, old)
    start(github, old, job)
    new = begin(github, repo, concurrency={**group, "group": "Pull-1"})
    assert github.get(f"{old}/jobs/{job['id']}").json()["cancelled"] is True
    assert new_job(github, old, name="later")["conclusion"] == "cancelled"
    second = new_job(github, new)
    assert second["status"] == "pending"
    assert github.post(f"{new}/jobs/{second['id']}/start").status_code == 409
    github.patch(f"{old}/jobs/{job['id']}", json={"conclusion": "cancelled"})
    told = github.get(f"{repo}/actions/runs/{old.rpartition('/')[2]}").json()
    assert (told["status"], told["conclusion"]) == ("completed", "cancelled")
    start(github, new, second)


def test_one_job_of_a_group_runs_and_the_newest_of_the_others_is_next(
    github: httpx.Client, repo: str
) -> None:
    run, stack = begin(github, repo), {"group": "stack-prod"}
    jobs = [new_job(github, run, name=name, concurrency=stack) for name in ("one", "two")]
    start(github, run, jobs[0])
    jobs.append(new_job(github, run, name="three", concurrency=stack))
    told = [github.get(f"{run}/jobs/{each['id']}").json() for each in jobs]
    assert [each["status"] for each in told] == ["in_progress", "completed", "pending"]
    assert told[1]["conclusion"] == "cancelled"
    github.patch(f"{run}/jobs/{jobs[0]['id']}", json={"conclusion": "success"})
    start(github, run, jobs[2])
    itself = begin(github, repo, concurrency=stack)
    assert "deadlock" in new_job(github, itself, concurrency=stack)["message"]


def test_a_run_whose_job_waits_for_another_group_keeps_its_own(github: httpx.Client, repo: str) -> None:
    other = begin(github, repo)
    start(github, other, new_job(github, other, concurrency={"group": "stack"}))
    first = begin(github, repo, concurrency={"group": "workflow"})
    held = new_job(github, first, concurrency={"group": "stack"})
    second = begin(github, repo, concurrency={"group": "workflow"})
    assert new_job(github, second)["status"] == "pending"
    assert github.get(f"{first}/jobs/{held['id']}").json()["status"] == "pending"


def test_a_cancelled_run_starts_nothing_more(github: httpx.Client, repo: str) -> None:
    run = begin(github, repo)
    path = f"{repo}/actions/runs/{run.rpartition('/')[2]}"
    job = new_job(github, run)
    assert github.post(f"{path}/cancel").status_code == 202
    assert github.get(f"{run}/jobs/{job['id']}").json()["conclusion"] == "cancelled"
    assert github.get(path).json()["conclusion"] == "cancelled"
    assert github.post(f"{path}/cancel").status_code == 409
    checks = github.get(f"{repo}/commits/main/check-runs").json()["check_runs"]
    assert [each["conclusion"] for each in checks] == ["cancelled"]


def test_identity_tokens_may_be_over_before_they_are_used(github: httpx.Client, repo: str) -> None:
    run = begin(github, repo, id_token_seconds=-1)
    job = new_job(github, run, permissions={"id-token": "write"})
    told = claims(identity_token(start(github, run, job)))
    assert told["exp"] < told["iat"]
