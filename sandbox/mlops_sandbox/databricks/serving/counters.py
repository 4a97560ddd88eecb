"""Requests of each endpoint, counted by served entity."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass


@dataclass
class _Count:
    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    latency_ms: float = 0.0


class Counters:
    """Requests by served entity since the sandbox started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], dict[str, _Count]] = defaultdict(lambda: defaultdict(_Count))

    def count(self, workspace: str, endpoint: str, entity: str, status: int, latency_ms: float) -> None:
        """One more request."""
        with self._lock:
            count = self._counts[workspace, endpoint][entity]
            count.requests += 1
            count.client_errors += 400 <= status < 500
            count.server_errors += status >= 500
            count.latency_ms += latency_ms

    def exposition(self, workspace: str, endpoint: str) -> str:
        """The counts in Prometheus' text format."""
        with self._lock:
            counts = {name: _Count(**vars(one)) for name, one in self._counts[workspace, endpoint].items()}
        lines = []
        for metric, kind, attribute in (
            ("request_count_total", "counter", "requests"),
            ("request_4xx_count_total", "counter", "client_errors"),
            ("request_5xx_count_total", "counter", "server_errors"),
            ("request_latency_ms_sum", "untyped", "latency_ms"),
            ("request_latency_ms_count", "untyped", "requests"),
        ):
            lines.append(f"# TYPE {metric} {kind}")
            for name, one in sorted(counts.items()):
                labels = f'endpoint_name="{endpoint}",served_entity_name="{name}"'
                lines.append(f"{metric}{{{labels}}} {getattr(one, attribute)}")
        return "\n".join(lines) + "\n"
