"""Life cycles of runs, in both forms that the API has: `state` and `status`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

#: Life-cycle states that a run never leaves.
FINAL = frozenset({"TERMINATED", "SKIPPED", "INTERNAL_ERROR"})
#: The newer form has fewer names.
_STATUS = {"WAITING_FOR_RETRY": "WAITING", "SKIPPED": "TERMINATED", "INTERNAL_ERROR": "TERMINATED"}
#: Why a run ended, by its result: termination code and type.
_TERMINATION = {
    "SUCCESS": ("SUCCESS", "SUCCESS"),
    "SUCCESS_WITH_FAILURES": ("SUCCESS_WITH_FAILURES", "SUCCESS"),
    "FAILED": ("RUN_EXECUTION_ERROR", "CLIENT_ERROR"),
    "TIMEDOUT": ("CANCELED", "CLIENT_ERROR"),
    "CANCELED": ("USER_CANCELED", "SUCCESS"),
    "EXCLUDED": ("SKIPPED", "SUCCESS"),
    "DISABLED": ("DISABLED", "SUCCESS"),
    "UPSTREAM_FAILED": ("SKIPPED", "CLIENT_ERROR"),
    "UPSTREAM_CANCELED": ("SKIPPED", "CLIENT_ERROR"),
    "MAXIMUM_CONCURRENT_RUNS_REACHED": ("MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR"),
}
_NEVER_RAN = {
    "EXCLUDED",
    "DISABLED",
    "UPSTREAM_FAILED",
    "UPSTREAM_CANCELED",
    "MAXIMUM_CONCURRENT_RUNS_REACHED",
}


def underway(life_cycle_state: str, message: str = "") -> Json:
    """`state` and `status` of a run that is not over: PENDING, BLOCKED, RUNNING, WAITING_FOR_RETRY."""
    return {
        "state": {
            "life_cycle_state": life_cycle_state,
            "state_message": message,
            "user_cancelled_or_timedout": False,
        },
        "status": {"state": _STATUS.get(life_cycle_state, life_cycle_state)},
    }


def queued(limit: int) -> Json:
    """A run that waits until fewer runs of its job are active."""
    reason = f"Queued due to reaching maximum concurrent runs of {limit}."
    shown = underway("QUEUED")
    shown["state"]["queue_reason"] = reason
    shown["status"]["queue_details"] = {"code": "MAX_CONCURRENT_RUNS_REACHED", "message": reason}
    return shown


def ended(result: str, message: str = "", *, whole_run: bool = False, code: str = "") -> Json:
    """`state` and `status` of a run that is over.

    Args:
        result: a RunResultState.
        message: what a person reads first.
        whole_run: a job's run, whose failure is shown as INTERNAL_ERROR; a task's is TERMINATED.
        code: the termination code when it is not the usual one of the result.
    """
    life_cycle = "SKIPPED" if result in _NEVER_RAN else "TERMINATED"
    if whole_run and result == "FAILED":
        life_cycle = "INTERNAL_ERROR"
    usual, kind = _TERMINATION[result]
    return {
        "state": {
            "life_cycle_state": life_cycle,
            "result_state": result,
            "state_message": message,
            "user_cancelled_or_timedout": result in {"CANCELED", "TIMEDOUT"},
        },
        "status": {
            "state": "TERMINATED",
            "termination_details": {
                "code": code or usual,
                "type": "INTERNAL_ERROR" if code == "INTERNAL_ERROR" else kind,
                "message": message,
            },
        },
    }


def is_final(run: Json) -> bool:
    """Whether the run is over."""
    return run["state"]["life_cycle_state"] in FINAL
