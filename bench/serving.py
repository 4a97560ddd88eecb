"""The endpoint under load: latency and requests a second at 1, 8 and 32 clients, as an application asks."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx

from bench.place import MLOPS, ROOT, Place
from bench.timing import Figure

CLIENTS = (1, 8, 32)
_SECONDS = 8.0
_ENDPOINT = "local-flights-delay"


@dataclass(frozen=True)
class Load:
    """What one number of clients saw."""

    clients: int
    latencies: list[float]
    """Seconds of each answered request."""
    failed: int
    seconds: float

    def percentile(self, share: int) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[share - 1] * 1000


async def _client(
    session: httpx.AsyncClient, body: dict[str, object], until: float, latencies: list[float]
) -> int:
    failed = 0
    while time.monotonic() < until:
        began = time.monotonic()
        answer = await session.post(f"/serving-endpoints/{_ENDPOINT}/invocations", json=body)
        if answer.status_code == httpx.codes.OK:
            latencies.append(time.monotonic() - began)
        else:
            failed += 1
    return failed


async def _load(url: str, token: str, body: dict[str, object], clients: int) -> Load:
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    headers = {"Authorization": f"Bearer {token}"}
    latencies: list[float] = []
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as session:
        await _client(session, body, time.monotonic() + 0.5, [])
        began = time.monotonic()
        asked = (_client(session, body, began + _SECONDS, latencies) for _ in range(clients))
        failed = sum(await asyncio.gather(*asked))
    return Load(clients, latencies, failed, time.monotonic() - began)


def _example(place: Place) -> dict[str, object]:
    """The flight that the champion's training run kept."""
    ask = (
        "import json; from databricks.sdk import WorkspaceClient as W; w = W(); "
        "c = w.model_versions.get_by_alias('local.flights.delay', 'champion'); "
        "t = {x.key: x.value for x in w.experiments.get_run(c.run_id).run.data.tags}; "
        "print(json.dumps(json.loads(t['flights.example'])['inputs']))"
    )
    shown = subprocess.run(
        [MLOPS, "sandbox", "exec", "--", sys.executable, "-c", ask],
        cwd=ROOT,
        env=place.env,
        capture_output=True,
        text=True,
        check=True,
    )
    inputs: dict[str, object] = json.loads(shown.stdout.splitlines()[-1])
    return {"dataframe_records": [inputs]}


def under_load(place: Place) -> list[Figure]:
    """Latency and throughput of the champion that stands.

    Raises:
        RuntimeError: a request failed: its time says nothing.
    """
    url = json.loads((place.home / "address.json").read_text())["url"]
    token = (place.home / "token").read_text()
    body = _example(place)
    found = []
    for clients in CLIENTS:
        load = asyncio.run(_load(url, token, body, clients))
        if load.failed:
            raise RuntimeError(f"{load.failed} of {len(load.latencies)} requests failed at {clients} clients")
        found += [
            Figure(f"serving, {clients} clients: p50", load.percentile(50), "ms"),
            Figure(f"serving, {clients} clients: p99", load.percentile(99), "ms"),
            Figure(f"serving, {clients} clients", len(load.latencies) / load.seconds, "requests/s"),
        ]
    return found
