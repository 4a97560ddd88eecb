"""What the real provider asks of git folders and their credentials; see :mod:`parity.exchange`."""

from __future__ import annotations

from parity.exchange import GONE, TOLD, UNTOLD, Ask, Exchange

_CREDENTIALS = "/api/2.0/git-credentials"
_GIT = {"git_provider": "gitLab", "git_username": "RUN", "personal_access_token": "canary", "name": "RUN"}

EXCHANGES = (
    Exchange(
        "Repo",
        "repos/resource_repo.go",
        (
            Ask(
                "POST",
                "/github/api/v3/user/repos",
                {"name": "r-RUN", "auto_init": True},
                status=201,
                keep={"clone": "clone_url", "branch": "default_branch"},
            ),
            Ask("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/RUN"}),
            Ask(
                "POST",
                "/api/2.0/repos",
                {"path": "/Shared/RUN/code", "provider": "gitHub", "url": "$clone"},
                told={"branch": "$branch"},
                keep={"folder": "id"},
            ),
            Ask(
                "GET",
                "/api/2.0/repos/$folder",
                told={"path": "/Shared/RUN/code", "provider": "gitHub", "head_commit_id": TOLD},
            ),
            # An update that changes something else sends the branch again.
            Ask("PATCH", "/api/2.0/repos/$folder", {"branch": "$branch"}),
            Ask("DELETE", "/api/2.0/repos/$folder"),
            Ask("GET", "/api/2.0/repos/$folder", status=404, told={"error_code": GONE}),
        ),
    ),
    Exchange(
        "GitCredential",
        "repos/resource_git_credential.go",
        (
            Ask("POST", _CREDENTIALS, _GIT, keep={"credential": "credential_id"}),
            Ask(
                "GET",
                f"{_CREDENTIALS}/$credential",
                told={"git_provider": "gitLab", "git_username": "RUN", "personal_access_token": UNTOLD},
            ),
            Ask("PATCH", f"{_CREDENTIALS}/$credential", {**_GIT, "git_username": "RUN-2"}),
            # By this code, or this text, it knows that `force` may take the only one over.
            Ask(
                "POST",
                _CREDENTIALS,
                {"git_provider": "gitLab", "personal_access_token": "canary"},
                status=409,
                told={"error_code": "RESOURCE_CONFLICT"},
            ),
            Ask("DELETE", f"{_CREDENTIALS}/$credential"),
            Ask("GET", f"{_CREDENTIALS}/$credential", status=404, told={"error_code": GONE}),
        ),
    ),
)
