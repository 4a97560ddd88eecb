"""GitHub: real git underneath, rules that hold, refusals in GitHub's own form."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from github_client import github, repo
from running import RunningSandbox

__all__ = ["github", "repo"]


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        **{
            f"GIT_{role}_{part}": "t@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        },
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stderr
    return done


def clone(sandbox: RunningSandbox, repo: str, into: Path) -> Path:
    host = sandbox.url.removeprefix("http://")
    git(
        into,
        "clone",
        "-q",
        f"http://developer:{sandbox.token}@{host}/github{repo.removeprefix('/repos')}.git",
        "c",
    )
    return into / "c"


def put(
    github: httpx.Client, repo: str, path: str, text: str, branch: str = "main", **more: Any
) -> httpx.Response:
    body = {
        "message": f"Write {path}",
        "content": b64encode(text.encode()).decode(),
        "branch": branch,
        **more,
    }
    return github.put(f"{repo}/contents/{path}", json=body)


def new_branch(github: httpx.Client, repo: str, name: str) -> None:
    sha = github.get(f"{repo}/git/ref/heads/main").json()["object"]["sha"]
    made = github.post(f"{repo}/git/refs", json={"ref": f"refs/heads/{name}", "sha": sha})
    assert made.status_code == 201, made.text


def open_pull(github: httpx.Client, repo: str, head: str = "feature") -> dict[str, Any]:
    made = github.post(f"{repo}/pulls", json={"title": "Change", "head": head, "base": "main"})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def test_a_push_is_seen_by_the_api_and_a_commit_by_a_clone(
    sandbox: RunningSandbox, github: httpx.Client, repo: str, tmp_path: Path
) -> None:
    assert put(github, repo, "dir/a b.txt", "one").status_code == 201
    folder = clone(sandbox, repo, tmp_path)
    assert (folder / "dir" / "a b.txt").read_text() == "one"
    (folder / "large.bin").write_bytes(os.urandom(3_000_000))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "From a clone")
    git(folder, "push", "-q", "origin", "HEAD:refs/heads/feature/x")
    assert github.get(f"{repo}/branches/feature/x").json()["commit"]["commit"]["message"] == "From a clone"
    assert [each["name"] for each in github.get(f"{repo}/branches").json()] == ["feature/x", "main"]


def test_what_fails_after_a_push_is_told_and_the_push_is_there(
    sandbox: RunningSandbox, github: httpx.Client, repo: str, tmp_path: Path
) -> None:
    new_branch(github, repo, "feature")
    folder = clone(sandbox, repo, tmp_path)
    for number, name in enumerate(("main", "feature")):
        git(folder, "checkout", "-q", name)
        (folder / f"{number}.txt").write_text("x")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", f"Change {name}")
        git(folder, "push", "-q", "origin", name)
    pull = open_pull(github, repo)
    bare = sandbox.home.path / "github" / f"{github.get(repo).json()['id']}.git"
    lock = bare / "refs" / "pull" / str(pull["number"]) / "head.lock"
    lock.touch()
    git(folder, "commit", "-q", "--allow-empty", "-m", "More")
    told = git(folder, "push", "origin", "feature", check=False)
    assert told.returncode != 0
    assert "The sandbox failed after this push: GitError" in told.stderr
    assert "A push was not followed up" in sandbox.home.log.read_text()
    head = git(folder, "rev-parse", "HEAD").stdout.strip()
    assert github.get(f"{repo}/branches/feature").json()["commit"]["sha"] == head
    lock.unlink()
    git(folder, "commit", "-q", "--allow-empty", "-m", "And more")
    git(folder, "push", "-q", "origin", "feature")
    assert github.get(f"{repo}/pulls/{pull['number']}").json()["head"]["sha"] != head


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_is_real_git(
    sandbox: RunningSandbox, github: httpx.Client, repo: str, tmp_path: Path, method: str
) -> None:
    new_branch(github, repo, "feature")
    put(github, repo, "feature.txt", "new\n", "feature")
    put(github, repo, "main.txt", "meanwhile\n", "main")
    number = open_pull(github, repo)["number"]
    assert [each["filename"] for each in github.get(f"{repo}/pulls/{number}/files").json()] == ["feature.txt"]
    merged = github.put(f"{repo}/pulls/{number}/merge", json={"merge_method": method})
    assert merged.status_code == 200, merged.text
    folder = clone(sandbox, repo, tmp_path)
    assert sorted(each.name for each in folder.glob("*.txt")) == ["feature.txt", "main.txt"]
    parents = git(folder, "log", "-1", "--format=%P").stdout.split()
    assert len(parents) == (2 if method == "merge" else 1)
    assert git(folder, "rev-parse", "HEAD").stdout.strip() == merged.json()["sha"]
    assert github.get(f"{repo}/pulls/{number}").json()["merged"] is True


def test_a_conflict_is_not_merged(github: httpx.Client, repo: str) -> None:
    new_branch(github, repo, "feature")
    put(github, repo, "same.txt", "theirs\n", "feature")
    put(github, repo, "same.txt", "ours\n", "main")
    number = open_pull(github, repo)["number"]
    assert github.get(f"{repo}/pulls/{number}").json()["mergeable"] is False
    assert github.put(f"{repo}/pulls/{number}/merge", json={}).status_code == 405


def test_a_ruleset_asks_for_review_and_checks_before_a_merge(
    sandbox: RunningSandbox, github: httpx.Client, repo: str, tmp_path: Path
) -> None:
    folder = clone(sandbox, repo, tmp_path)
    new_branch(github, repo, "feature")
    put(github, repo, "feature.txt", "new", "feature")
    rules = [
        {"type": "pull_request", "parameters": {"required_approving_review_count": 1}},
        {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "test"}]}},
        {"type": "non_fast_forward"},
        {"type": "deletion"},
    ]
    conditions = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    ruleset = {"name": "main", "enforcement": "active", "conditions": conditions, "rules": rules}
    assert github.post(f"{repo}/rulesets", json=ruleset).status_code == 201
    assert put(github, repo, "direct.txt", "x").status_code == 409
    (folder / "direct.txt").write_text("x")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Past the rules")
    refused = git(folder, "push", "origin", "HEAD:main", check=False)
    assert refused.returncode != 0
    assert "Changes must be made through a pull request." in refused.stderr
    pull = open_pull(github, repo)
    merge = f"{repo}/pulls/{pull['number']}/merge"
    assert "approving review" in github.put(merge, json={}).json()["message"]
    approval = {"event": "APPROVE"}
    reviews = f"{repo}/pulls/{pull['number']}/reviews"
    assert github.post(reviews, json=approval).status_code == 422
    assert github.post(reviews, json=approval, auth=("carol", sandbox.token)).status_code == 200
    assert "test" in github.put(merge, json={}).json()["message"]
    check = {"name": "test", "head_sha": pull["head"]["sha"], "conclusion": "success"}
    assert github.post(f"{repo}/check-runs", json=check).status_code == 201
    assert github.put(merge, json={}).status_code == 200


def test_a_pull_request_follows_its_branch_and_a_fork_is_another_repository(
    sandbox: RunningSandbox, github: httpx.Client, repo: str
) -> None:
    carol = ("carol", sandbox.token)
    fork = github.post(f"{repo}/forks", json={}, auth=carol).json()
    assert fork["owner"]["login"] == "carol"
    theirs = f"/repos/{fork['full_name']}"
    put(github, theirs, "fork.txt", "1")
    pull = github.post(
        f"{repo}/pulls", json={"title": "Fork", "head": "carol:main", "base": "main"}, auth=carol
    ).json()
    assert (pull["head"]["repo"]["fork"], pull["user"]["login"]) == (True, "carol")
    sha = put(github, theirs, "fork2.txt", "2").json()["commit"]["sha"]
    assert github.get(f"{repo}/pulls/{pull['number']}").json()["head"]["sha"] == sha
    diff = github.get(f"{repo}/pulls/{pull['number']}", headers={"Accept": "application/vnd.github.v3.diff"})
    assert "+++ b/fork2.txt" in diff.text
    github.delete(theirs)
    left = github.get(f"{repo}/pulls/{pull['number']}").json()
    assert (left["state"], left["head"]["repo"], left["head"]["label"]) == ("closed", None, "carol:main")


def test_a_killed_sandbox_starts_again_with_its_repositories_and_keys(new_sandbox: RunningSandbox) -> None:
    def client() -> httpx.Client:
        headers = {"Authorization": f"Bearer {new_sandbox.token}"}
        return httpx.Client(base_url=f"{new_sandbox.url}/github/api/v3", headers=headers)

    with client() as before:
        before.post("/orgs/acme/repos", json={"name": "kept", "auto_init": True})
        commit = put(before, "/repos/acme/kept", "a.txt", "a").json()["commit"]["sha"]
        key = before.get("/repos/acme/kept/actions/secrets/public-key").json()
    new_sandbox.kill()
    new_sandbox.start_again()
    with client() as after:
        assert after.get("/repos/acme/kept/branches/main").json()["commit"]["sha"] == commit
        assert after.get("/repos/acme/kept/actions/secrets/public-key").json() == key


def test_one_comment_is_updated_in_place(github: httpx.Client, repo: str) -> None:
    number = github.post(f"{repo}/issues", json={"title": "Drift", "labels": ["drift"]}).json()["number"]
    comment = github.post(f"{repo}/issues/{number}/comments", json={"body": "before"}).json()
    github.patch(f"{repo}/issues/comments/{comment['id']}", json={"body": "after"})
    assert [each["body"] for each in github.get(f"{repo}/issues/{number}/comments").json()] == ["after"]
    assert [each["number"] for each in github.get(f"{repo}/issues?labels=drift").json()] == [number]


def test_lists_come_in_linked_pages(github: httpx.Client, repo: str) -> None:
    for at in range(5):
        github.post(f"{repo}/actions/variables", json={"name": f"V{at}", "value": "x"})
    seen, url = [], f"{repo}/actions/variables?per_page=2"
    while url:
        answer = github.get(url)
        seen += [each["name"] for each in answer.json()["variables"]]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == ["V0", "V1", "V2", "V3", "V4"]


def test_an_unchanged_object_is_not_sent_again(github: httpx.Client, repo: str) -> None:
    first = github.get(repo)
    again = github.get(repo, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/repos/acme/nothing", None, 404, "Not Found"),
        ("POST", "/orgs/acme/repos", {"name": "a b"}, 422, "Validation Failed"),
        ("GET", "/projects/1/columns", None, 501, "GET /github/api/v3/projects/1/columns"),
        ("PUT", "REPO/contents/a", {"message": "m", "content": "?"}, 422, "content is not valid Base64"),
        ("POST", "REPO/pulls", {"title": "t", "head": "no", "base": "main"}, 422, "Validation Failed"),
        ("PUT", "REPO/environments/x", {"reviewers": [{"type": "User", "id": 9}]}, 422, "Validation Failed"),
        ("PUT", "REPO/environments/x", {"reviewers": [9]}, 422, "Validation Failed"),
        ("POST", "REPO/issues", {"title": "t", "labels": [{}]}, 422, "Validation Failed"),
        ("GET", "REPO/contents/%00", None, 409, "null character"),
        ("POST", "REPO/git/refs", {"ref": "refs/heads/..", "sha": "0"}, 422, "not a valid ref"),
    ],
)
def test_refusals_have_githubs_form(
    github: httpx.Client, repo: str, method: str, path: str, body: Any, status: int, message: str
) -> None:
    answer = github.request(method, path.replace("REPO", repo), json=body)
    assert answer.status_code == status
    assert message in answer.json()["message"]
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/")


def test_a_call_without_the_token_is_asked_for_credentials(sandbox: RunningSandbox) -> None:
    answer = httpx.get(f"{sandbox.url}/github/acme/x.git/info/refs?service=git-upload-pack")
    assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic")
    assert answer.json()["message"] == "Bad credentials"
