"""Values that the arguments of many components take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ACCOUNT = "a0000000-1111-2222-3333-444444444444"
ML_CODE = str(Path(__file__).parent.parent.parent / "ml_code")
RUNNER = "11111111-2222-3333-4444-555555555555"
ORGANIZATION = "00000000-1111-2222-3333-444444444444"
KEY = "{{secrets/scope/key}}"
ROLES: Any = {
    "callers": ["22222222-2222-3333-4444-555555555555"],
    "readers": ["analysts", "account users"],
    "developers": ["ada@example.com"],
    "owners": ["ml-owners"],
    "runner": RUNNER,
    "importers": ["33333333-2222-3333-4444-555555555555"],
    "deployers": ["44444444-2222-3333-4444-555555555555"],
    "testers": ["55555555-2222-3333-4444-555555555555"],
}

HEARD: Any = {
    **{f"on_{event}": ["ada@example.com"] for event in ("start", "success", "failure", "backlog")},
    "on_duration_warning": ["ada@example.com"],
    **{
        f"{event}_destinations": ["d1", "d0"]
        for event in ("start", "success", "failure", "duration_warning", "backlog")
    },
    "skipped_runs": True,
    "canceled_runs": False,
}
HEALTH: Any = [
    {"metric": "STREAMING_BACKLOG_BYTES", "value": 1},
    {"metric": "RUN_DURATION_SECONDS", "value": 9},
]
SCHEDULE: Any = {"cron": "0 0 9 * * ?", "timezone": "Europe/Zurich", "paused": True}
