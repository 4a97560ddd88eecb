"""Starts the scoring servers that a config needs, and ends those that none needs."""

from __future__ import annotations

import os
import threading
import uuid

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.serving.core_config import Json, is_model
from mlops_sandbox.databricks.serving.endpoint_document import log_file
from mlops_sandbox.databricks.serving.environment import resolve
from mlops_sandbox.databricks.serving.scoring_server import ScoringServer, Served
from mlops_sandbox.databricks.unity.models import model_version_artifact

#: Minutes without a request after which an entity with `scale_to_zero_enabled` ends; 0: never.
IDLE_MINUTES = "MLOPS_SANDBOX_SCALE_TO_ZERO_MINUTES"


def _minutes(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SystemExit(f"{IDLE_MINUTES} must be a number of minutes, not {text!r}.") from None


class Launcher:
    """Makes scoring servers for served entities."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._idle = 60.0 * _minutes(os.environ.get(IDLE_MINUTES) or "0")

    def servers(
        self, workspace: str, endpoint: str, config: Json, running: dict[str, ScoringServer], patient: bool
    ) -> dict[str, ScoringServer]:
        """The config's scoring servers; those of unchanged entities are kept, the others begin to start."""
        wanted = {
            entity["name"]: self._served(workspace, endpoint, entity)
            for entity in config["served_entities"]
            if is_model(entity)
        }
        servers = {}
        for name, served in wanted.items():
            kept = running.get(name)
            if kept is not None and kept.served == served and kept.state in {"ready", "asleep"}:
                servers[name] = kept
                continue
            servers[name] = ScoringServer(
                self._sandbox.processes,
                served,
                self._sandbox.runtime / f"serving-{uuid.uuid4().hex[:12]}.sock",
                log_file(self._sandbox.folder(workspace), endpoint, name),
                patient,
            )
        return servers

    def _served(self, workspace: str, endpoint: str, entity: Json) -> Served:
        model = model_version_artifact(
            self._sandbox, workspace, entity["entity_name"], entity["entity_version"]
        )
        variables = resolve(self._sandbox, workspace, entity.get("environment_vars", {}))
        idle = self._idle if entity.get("scale_to_zero_enabled") else 0.0
        return Served(f"{endpoint}/{entity['name']}", model, variables, idle)


def end_servers(servers: dict[str, ScoringServer]) -> None:
    """End them all at once; returns when they are gone."""
    threads = [threading.Thread(target=server.end, daemon=True) for server in servers.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
