"""The task's Spark session, made when it is first asked for."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

_START_SECONDS = 60.0


def _remote() -> str:
    """The server's address; a task that begins while Spark still starts asks for it until it is there."""
    import json
    from urllib.request import Request, urlopen

    address = os.environ["MLOPS_SANDBOX_URL"] + "/sandbox/status"
    request = Request(address, headers={"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"})  # noqa: S310
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 (the sandbox's own address)
            told = json.load(answer)["subsystems"].get("spark", {"state": "failed"})
        if told["state"] == "ready":
            return str(told["remote"])
        if told["state"] == "failed":
            break
        time.sleep(0.1)
    raise RuntimeError("Spark does not run beside this sandbox: `mlops sandbox status` and its log say why.")


@cache
def session() -> Any:
    """The Spark Connect session (`pyspark.sql.connect.session.SparkSession`) of this process.

    Raises:
        RuntimeError: no Spark server runs beside this sandbox.
    """
    remote = os.environ.get("SPARK_REMOTE") or _remote()
    os.environ["SPARK_REMOTE"] = remote
    from pyspark.sql import SparkSession

    return SparkSession.builder.remote(remote).getOrCreate()
