"""A workspace for the tests of the page: the answers of its APIs, served in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import uvicorn
from cryptography.fernet import Fernet
from mlops_sandbox import page
from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import not_found
from mlops_sandbox.processes import Processes
from mlops_sandbox.server import status
from mlops_sandbox.server.app import build_app
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Database
from mlops_sandbox.workspaces import bind

TOKEN = "token-of-the-page-tests"


@dataclass
class Workspace:
    """Answers by path; a test changes them as it likes."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def link(self) -> str:
        return f"{self.url}/login?token={TOKEN}"


class _Part:
    name = "mlflow"

    def start(self) -> None:
        return None

    def stop(self) -> None:
        return None

    def status(self) -> dict[str, object]:
        return {"state": "ready"}


def _answer(workspace: Workspace, call: Call) -> Json:
    path = unquote(call.request.url.path)
    workspace.asked.append((call.request.method, path))
    found = workspace.answers.get(path)
    if isinstance(found, dict):
        for name, choices in found.items():
            if name.startswith("?"):
                found = choices.get(call.query.get(name[1:], ""), choices.get(""))
    if not isinstance(found, dict):
        raise not_found(f"Nothing at {path}.")
    return found


@contextmanager
def serving(workspace: Workspace, home: Path) -> Iterator[None]:
    """Serve the page over these answers on a port of the system's choice."""
    listener = bind(0)
    port = int(listener.getsockname()[1])
    workspace.url = f"http://127.0.0.1:{port}"
    sandbox = Sandbox(
        home=home,
        runtime=home,
        url=workspace.url,
        token=TOKEN,
        database=Database(home / "state.db"),
        cipher=Fernet(Fernet.generate_key()),
        processes=Processes(home / "processes"),
        subsystems={"mlflow": _Part()},
    )
    answers = Routes()
    for register in (answers.get, answers.post):
        register("/api/{rest:path}", "/mlflow/{rest:path}", "/serving-endpoints/{rest:path}")(
            lambda call: _answer(workspace, call)
        )
    answers.get("/sandbox/page/metrics")(lambda call: _answer(workspace, call))
    app = build_app(sandbox, [*answers.table, *page.routes.table, *status.routes.table])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        sandbox.database.close()
        listener.close()
