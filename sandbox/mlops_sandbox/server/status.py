"""How the sandbox does: asked by `mlops sandbox status` and by whoever waits for it."""

from __future__ import annotations

from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()


@routes.get("/sandbox/status")
def status(call: Call) -> Json:
    """The address and every subsystem's state."""
    return {
        "url": call.sandbox.url,
        "account_url": call.sandbox.account_url,
        "workspace": call.workspace,
        "workspaces": {each: call.sandbox.workspaces.url(each) for each in call.sandbox.workspaces.all()},
        "subsystems": {name: subsystem.status() for name, subsystem in call.sandbox.subsystems.items()},
    }


@routes.get("/health")
def health(_call: Call) -> Json:
    """Alive."""
    return {"status": "ok"}
