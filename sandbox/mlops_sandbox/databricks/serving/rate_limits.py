"""The rate limits of an endpoint: calls in a minute, for everyone together or for each user."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from mlops_sandbox.databricks.serving.core_config import Json
from mlops_sandbox.errors import ApiError

_MINUTE = 60.0


class RateLimits:
    """Counts the calls of the last minute; they are forgotten when the sandbox stops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str, str], deque[float]] = defaultdict(deque)

    def check(self, workspace: str, document: Json, user: str) -> None:
        """Count a call, or refuse it.

        Args:
            workspace: the workspace that was called.
            document: the endpoint, with the AI Gateway's `rate_limits` or the deprecated ones.
            user: who calls.

        Raises:
            ApiError: 429 when a limit is reached.
        """
        limits = (document.get("ai_gateway") or {}).get("rate_limits") or document.get("rate_limits") or []
        now = time.monotonic()
        with self._lock:
            counted = []
            for limit in limits:
                if limit.get("calls") is None or limit.get("principal") not in (None, user):
                    continue
                whom = user if limit.get("key") == "user" else ""
                calls = self._calls[workspace, document["id"], whom]
                while calls and now - calls[0] >= _MINUTE:
                    calls.popleft()
                if len(calls) >= limit["calls"]:
                    raise ApiError(
                        429,
                        "REQUEST_LIMIT_EXCEEDED",
                        f"Endpoint '{document['name']}' takes {limit['calls']} calls a minute"
                        + (f" of {user}." if whom else "."),
                    )
                counted.append(calls)
            # Two limits with one key share their count: a call counts once.
            for calls in {id(one): one for one in counted}.values():
                calls.append(now)
