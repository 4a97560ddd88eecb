"""A workspace's switches: `/api/2.0/workspace-conf`; `enableIpAccessLists` is obeyed, the others are kept."""

from __future__ import annotations

import re

from starlette.responses import Response

from mlops_sandbox.databricks import ip_access_lists
from mlops_sandbox.databricks.ip_access_lists import CONF as _KEY
from mlops_sandbox.databricks.ip_access_lists import CONF_KIND as _KIND
from mlops_sandbox.databricks.principals import require_admin
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Answer, Call, Json, Routes

routes = Routes()

_API = "/api/2.0/workspace-conf"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@routes.get(_API)
def get_switches(call: Call) -> Json:
    """The named switches; one that was never set is null."""
    kept = call.store.get(_KIND, _KEY) or {}
    return {name: kept.get(name) for name in str(call.required("keys")).split(",") if name}


@routes.patch(_API)
def set_switches(call: Call) -> Answer:
    """Set what is given; values are strings."""
    require_admin(call)
    for name, value in call.body.items():
        if not _NAME.fullmatch(name):
            raise invalid(f"{name!r} is not the name of a workspace setting.")
        if not isinstance(value, str):
            raise invalid(f'{name} must be a string, as "true", not {value!r}.')
    with call.store.transaction():
        call.store.put(_KIND, _KEY, {**(call.store.get(_KIND, _KEY) or {}), **call.body})
        ip_access_lists.keep_caller_in(call)
    return Response(status_code=204)
