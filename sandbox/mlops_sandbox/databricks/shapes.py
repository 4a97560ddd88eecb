"""Request bodies read through the vendor's own dataclasses: what a field may be is what the SDK says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from mlops_sandbox.databricks.vendor import service
from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Json


def shaped(kind: str, body: object, what: str = "") -> Json:
    """The body's known fields, at every depth; unknown ones are left out, as the service ignores them.

    Args:
        kind: the SDK's dataclass of the body, as `sql.AlertV2`.
        body: what was sent.
        what: the body's place in messages, as `evaluation`; empty at the top.

    Raises:
        ApiError: 400 with the field, the value, and what is possible.
    """
    module, _, name = kind.partition(".")
    return _object(getattr(service(module), name), body, what)


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _object(kind: type, body: object, what: str) -> Json:
    if not isinstance(body, Mapping):
        raise invalid(f"{what or 'The body'} must be an object, not {body!r}.")
    place = f"{what}." if what else ""
    return {
        name: _value(hint, body[name], place + name)
        for name, hint in _hints(kind).items()
        if body.get(name) is not None
    }


def _value(hint: Any, value: Any, what: str) -> Any:
    options = [each for each in get_args(hint) if each is not type(None)]
    if options and type(None) in get_args(hint):
        return _value(options[0], value, what)
    if getattr(hint, "__origin__", None) is list:
        if not isinstance(value, list):
            raise invalid(f"{what} must be a list, not {value!r}.")
        return [_value(get_args(hint)[0], each, f"{what}[{number}]") for number, each in enumerate(value)]
    if is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, value, what)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(hint, value, what)
    return _plain(hint, value, what)


def _choice(hint: type[Enum], value: Any, what: str) -> str:
    choices = [str(each.value) for each in hint]
    if value not in choices:
        raise invalid(f"{what} is {value!r}; it can be {', '.join(choices)}.")
    return str(value)


def _plain(hint: Any, value: Any, what: str) -> Any:
    if hint is str and not isinstance(value, str):
        raise invalid(f"{what} must be a string, not {value!r}.")
    if hint is bool and not isinstance(value, bool):
        raise invalid(f"{what} must be true or false, not {value!r}.")
    if hint in (int, float):
        return _number(hint, value, what)
    return value


def _number(hint: Any, value: Any, what: str) -> Any:
    # 64-bit numbers may come as strings: that is how protobuf's JSON writes them.
    try:
        if isinstance(value, bool):
            raise TypeError
        return hint(value)
    except (TypeError, ValueError):
        raise invalid(f"{what} must be a number, not {value!r}.") from None


def masked(before: Json, given: Json, mask: str) -> Json:
    """A document after an update with an `update_mask`: named fields are replaced, those not given go.

    Without a mask, or with `*`, what is given is replaced and the rest stays.
    """
    names = [name.strip().split(".")[0] for name in mask.split(",") if name.strip() not in ("", "*")]
    if not names:
        return {**before, **given}
    kept = {name: value for name, value in before.items() if name not in names}
    return {**kept, **{name: given[name] for name in names if name in given}}
