"""The serving subsystem: which scoring servers answer for an endpoint, and how a new config takes over.

A new config's servers start beside the old ones and take over once all of them answer; the old
ones end when their last request is answered. An endpoint's document in the store says what is
served (`config`) and what is being changed to (`pending_config`), so that a sandbox that was
killed goes on where it was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.serving import endpoint_document as documents
from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.databricks.serving.counters import Counters
from mlops_sandbox.databricks.serving.deployment import Deployment, Lease
from mlops_sandbox.databricks.serving.inference_log import InferenceLog
from mlops_sandbox.databricks.serving.launch import Launcher, end_servers
from mlops_sandbox.databricks.serving.rate_limits import RateLimits
from mlops_sandbox.databricks.serving.scoring_server import START_TIMEOUT
from mlops_sandbox.errors import ApiError, not_found

_log = logging.getLogger(__name__)

_LONGEST_DRAIN = 300.0


@dataclass
class _Endpoints:
    active: dict[tuple[str, str], Deployment] = field(default_factory=dict)
    pending: dict[tuple[str, str], Deployment] = field(default_factory=dict)


class Serving:
    """The subsystem `serving`."""

    name = "serving"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._launcher = Launcher(sandbox)
        self._changed = threading.Condition()
        self._endpoints = _Endpoints()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self.inference_log = InferenceLog(sandbox)
        self.counters = Counters()
        self.rate_limits = RateLimits()

    def start(self) -> None:
        """Bring up what was served when the sandbox stopped, in the background."""
        self.inference_log.start()
        for workspace in self._sandbox.workspaces.all():
            for name, document in self._sandbox.store(workspace).items(documents.KIND):
                if "config" in document or documents.updating(document):
                    self._in_background(self._restore, workspace, name)

    def leave(self, workspace: str) -> None:
        """End the endpoints of a workspace that is being deleted."""
        for name, _ in self._sandbox.store(workspace).items(documents.KIND):
            with self._changed:
                gone = [self._endpoints.active.pop((workspace, name), None)]
                gone.append(self._endpoints.pending.pop((workspace, name), None))
            for deployment in filter(None, gone):
                end_servers(deployment.servers)

    def stop(self) -> None:
        """End every scoring server and write what the inference tables still miss."""
        with self._changed:
            self._stopping = True
            deployments = [*self._endpoints.active.values(), *self._endpoints.pending.values()]
            self._endpoints = _Endpoints()
            self._changed.notify_all()
        for deployment in deployments:
            end_servers(deployment.servers)
        for thread in self._threads:
            thread.join(timeout=10.0)
        self.inference_log.stop()

    def status(self) -> Json:
        """How many endpoints there are, and the state of every scoring server."""
        with self._changed:
            active = dict(self._endpoints.active)
        servers = {
            f"{endpoint}/{name}": server.state
            for (_, endpoint), deployment in active.items()
            for name, server in deployment.servers.items()
        }
        return {"state": "ready", "endpoints": len(active), "scoring_servers": servers}

    def entity_state(self, workspace: str, endpoint: str, entity: Json) -> Json:
        """The `state` of an entity of the config that is being served."""
        deployment = self._endpoints.active.get((workspace, endpoint))
        server = deployment.servers.get(entity["name"]) if deployment else None
        if deployment is not None and server is None:
            return {"deployment": "DEPLOYMENT_READY", "deployment_state_message": ""}
        if server is None:
            return {"deployment": "DEPLOYMENT_RECOVERING", "deployment_state_message": "Starting."}
        known = {"ready": "DEPLOYMENT_READY", "asleep": "DEPLOYMENT_READY"}
        return {
            "deployment": known.get(server.state, "DEPLOYMENT_RECOVERING"),
            "deployment_state_message": server.message,
        }

    def apply_pending(self, workspace: str, endpoint: str) -> None:
        """Bring the endpoint to its `pending_config`, in the background."""
        self._in_background(self._update, workspace, endpoint)

    def remove(self, workspace: str, endpoint: str) -> None:
        """The endpoint was deleted: end its servers."""
        with self._changed:
            gone = [self._endpoints.active.pop((workspace, endpoint), None)]
            gone.append(self._endpoints.pending.pop((workspace, endpoint), None))
        for deployment in gone:
            if deployment is not None:
                self._in_background(end_servers, deployment.servers)

    @contextmanager
    def lease(self, workspace: str, endpoint: str, entity: str | None = None) -> Iterator[Lease]:
        """Hold a served entity for one request.

        Args:
            workspace: the workspace that was called.
            endpoint: the endpoint's name.
            entity: a served entity's name; None draws one by the traffic config.

        Raises:
            ApiError: 404, the endpoint serves nothing any more, or has no entity of that name.
        """
        with self._changed:
            deployment = self._endpoints.active.get((workspace, endpoint))
            if deployment is None:
                raise not_found(f"Endpoint '{endpoint}' serves nothing any more.")
            chosen = deployment.route() if entity is None else deployment.entity(entity)
            deployment.in_flight += 1
        server = deployment.servers.get(chosen["name"])
        if server is not None:
            server.begin()
        try:
            yield Lease(chosen, server)
        finally:
            if server is not None:
                server.done()
            with self._changed:
                deployment.in_flight -= 1
                self._changed.notify_all()

    def is_active(self, workspace: str, endpoint: str) -> bool:
        """Whether the endpoint's stored config has its scoring servers (which may be starting)."""
        return (workspace, endpoint) in self._endpoints.active

    def wait_active(self, workspace: str, endpoint: str, timeout: float) -> bool:
        """Wait until the endpoint's stored config is being served; False after the timeout (seconds)."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._stopping or (workspace, endpoint) in self._endpoints.active, timeout
            )

    def _in_background(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="serving", daemon=True)  # type: ignore[arg-type]
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _restore(self, workspace: str, endpoint: str) -> None:
        document = self._sandbox.store(workspace).get(documents.KIND, endpoint)
        if document is not None and "config" in document:
            deployment = self._start_again(workspace, endpoint, document["config"])
            if deployment is None:
                return
            with self._changed:
                self._endpoints.active[workspace, endpoint] = deployment
                self._changed.notify_all()
                late = self._stopping
            if late:
                end_servers(deployment.servers)
        if document is not None and documents.updating(document):
            self._update(workspace, endpoint)

    def _start_again(self, workspace: str, endpoint: str, config: Json) -> Deployment | None:
        """The servers of a config that has served before: tried until what they need is there again."""
        pause = 0.2
        while not self._stopping:
            try:
                return Deployment(
                    config, self._launcher.servers(workspace, endpoint, config, {}, patient=True)
                )
            except ApiError as error:
                _log.warning("Endpoint %s can't serve again yet: %s", endpoint, error.message)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, timeout=pause)
            pause = min(2 * pause, 10.0)
        return None

    def _update(self, workspace: str, endpoint: str) -> None:
        """Start the pending config, and let it take over or fail."""
        key = (workspace, endpoint)
        store = self._sandbox.store(workspace)
        document = store.get(documents.KIND, endpoint)
        if document is None or not documents.updating(document):
            return
        config, identity = document["pending_config"], document["id"]
        old = self._endpoints.active.get(key)
        running = old.servers if old else {}
        try:
            servers = self._launcher.servers(workspace, endpoint, config, running, patient=False)
        except ApiError as error:
            everyone = {entity["name"]: error.message for entity in config["served_entities"]}
            documents.fail_update(store, endpoint, identity, everyone)
            return
        new = Deployment(config, servers)
        with self._changed:
            self._endpoints.pending[key] = new
        ready = {name: server.wait_ready(START_TIMEOUT) for name, server in servers.items()}
        with self._changed:
            self._endpoints.pending.pop(key, None)
            if self._stopping:
                return
            taken_over = all(ready.values()) and documents.finish_update(store, endpoint, identity)
            if taken_over:
                self._endpoints.active[key] = new
                self._changed.notify_all()
        if not all(ready.values()):
            failures = {name: servers[name].message for name, came_up in ready.items() if not came_up}
            documents.fail_update(store, endpoint, identity, failures)
        self._retire(old if taken_over else new, kept=new if taken_over else old)

    def _retire(self, gone: Deployment | None, kept: Deployment | None) -> None:
        """End a deployment's servers that the other one does not use, after their last request."""
        if gone is None:
            return
        with self._changed:
            self._changed.wait_for(lambda: gone.in_flight == 0 or self._stopping, timeout=_LONGEST_DRAIN)
        stay = set(map(id, kept.servers.values())) if kept else set()
        end_servers({name: server for name, server in gone.servers.items() if id(server) not in stay})
