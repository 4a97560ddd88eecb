"""How the sandbox does: asked by `mlops sandbox status` and by whoever waits for it."""

from __future__ import annotations

from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()


@routes.get("/sandbox/status")
def status(call: Call) -> Json:
    """The address and every subsystem's state."""
    return {
        "url": call.sandbox.url,
        "workspace": call.workspace,
        "subsystems": {name: subsystem.status() for name, subsystem in call.sandbox.subsystems.items()},
    }


@routes.get("/health")
def health(_call: Call) -> Json:
    """Alive."""
    return {"status": "ok"}
