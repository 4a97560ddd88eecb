"""What all securables of Unity Catalog share: names, errors, who made them and when, pages of lists."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Sequence

from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.server.routing import Call, Json

METASTORE_ID = "7a0fc250-9e09-4a65-8c1b-5f1d3e6b7a10"
METASTORE_NAME = "sandbox"
#: The catalog that a new workspace has, and the one of names without a catalog.
DEFAULT_CATALOG = "workspace"

_NAME = re.compile(r"[^\x00-\x1f\x7f ./'\"`\\]{1,255}")
#: Kinds whose error code is not simply the kind itself.
_ERROR_NAMES = {"registered_model": "ROUTINE_OR_MODEL"}
_TITLES = {"registered_model": "Routine or Model"}


def new_id() -> str:
    """A new object's id."""
    return str(uuid.uuid4())


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def made_by(user: str) -> Json:
    """Owner and times of a new securable."""
    moment = now()
    return {
        "owner": user,
        "metastore_id": METASTORE_ID,
        "created_at": moment,
        "created_by": user,
        "updated_at": moment,
        "updated_by": user,
    }


def touched_by(user: str) -> Json:
    """What every update changes."""
    return {"updated_at": now(), "updated_by": user}


def title(kind: str) -> str:
    """The kind as messages name it."""
    return _TITLES.get(kind, kind.capitalize())


def missing(kind: str, full_name: str) -> ApiError:
    """404 with the kind's own code."""
    code = f"{_ERROR_NAMES.get(kind, kind.upper())}_DOES_NOT_EXIST"
    return not_found(f"{title(kind)} '{full_name}' does not exist.", code)


def taken(kind: str, full_name: str) -> ApiError:
    """409 with the kind's own code."""
    code = f"{_ERROR_NAMES.get(kind, kind.upper())}_ALREADY_EXISTS"
    return ApiError(409, code, f"{title(kind)} '{full_name}' already exists")


def new_name(call: Call, field: str = "name") -> str:
    """A name of the body, in the lower case in which Unity Catalog keeps it."""
    value = call.required(field)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise invalid(f"{value!r} is not a valid name: spaces, dots, slashes and quotes can't be in it.")
    return value.lower()


def split(full_name: str, parts: int) -> list[str]:
    """The parts of a full name (`catalog.schema` has 2, `catalog.schema.table` 3), in lower case."""
    found = full_name.lower().split(".")
    if len(found) != parts or not all(_NAME.fullmatch(part) for part in found):
        raise invalid(f"{full_name!r} is not a valid name: it must have {parts} parts, separated by dots.")
    return found


def fetch(store: Metastore, kind: str, full_name: str) -> Json:
    """A securable's document; 404 when there is none, 403 when its catalog is bound to other workspaces."""
    store.check_binding(full_name.lower().partition(".")[0])
    found = store.get(kind, full_name.lower())
    if found is None:
        raise missing(kind, full_name)
    return found


def require_schema(store: Metastore, catalog: str, schema: str) -> Json:
    """The schema's document; the catalog's or the schema's own 404."""
    fetch(store, "catalog", catalog)
    return fetch(store, "schema", f"{catalog}.{schema}")


def page(call: Call, field: str, items: Sequence[Json], key: Callable[[Json], str]) -> Json:
    """One page of a list that is ordered by the key; the token is the last key of the page before.

    `max_results` 0 lets the server choose; so does leaving it out.
    """
    size = call.number("max_results", 0) or 1000
    if size < 0:
        raise invalid("max_results must not be negative.")
    after = call.get("page_token") or ""
    rest = [item for item in items if key(item) > after]
    answer: Json = {field: rest[:size]}
    if len(rest) > size:
        answer["next_page_token"] = key(rest[size - 1])
    return answer


def patch(document: Json, body: Json, fields: Sequence[str]) -> Json:
    """The document with those fields of the body that are there; empty ones are removed."""
    changed = {**document, **{field: body[field] for field in fields if field in body}}
    return {field: value for field, value in changed.items() if value not in (None, "", {})}
