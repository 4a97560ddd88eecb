"""A request that is sent twice with the same token begins one run."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mlops_sandbox.databricks.jobs.records import require
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call, Json

#: The documents that name the run of a token; written together with the run.
KIND = "run_token"
_LONGEST = 64
_lock = threading.Lock()


def once(call: Call, begin: Callable[[], Json]) -> int:
    """The id of the run that this request's `idempotency_token` has begun, or begins now.

    Raises:
        ApiError: 400 for a token of more than 64 characters, or whose run is deleted.
    """
    token = call.get("idempotency_token")
    if not token:
        return int(begin()["run_id"])
    if len(str(token)) > _LONGEST:
        raise invalid(f"idempotency_token must have {_LONGEST} characters at most.")
    with _lock:
        known = call.store.get(KIND, str(token))
        if known is not None:
            return int(require(call.store, known["run_id"])["run_id"])
        return int(begin()["run_id"])
