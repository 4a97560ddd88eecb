"""Pages: opaque tokens, and lists cut to what one answer may hold."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

from mlops_sandbox.errors import invalid
from mlops_sandbox.server.routing import Call

T = TypeVar("T")
Json = dict[str, Any]

#: How many tasks, clusters, parameters or environments one answer of API 2.2 holds.
INNER_PAGE = 100


def token(offset: int) -> str:
    """The token of the page that begins there."""
    return urlsafe_b64encode(f"page:{offset}".encode()).decode()


def offset_of(call: Call) -> int:
    """Where the asked page begins.

    Raises:
        ApiError: 400 for a token that no answer gave.
    """
    given = call.get("page_token")
    if not given:
        return call.number("offset", 0)
    try:
        kind, _, number = urlsafe_b64decode(str(given)).decode().partition(":")
        offset = int(number)
    except ValueError:
        kind, offset = "", -1
    if kind != "page" or offset < 0:
        raise invalid(f"page_token {given!r} is not one that the workspace gave.")
    return offset


def cut(call: Call, items: list[T], default: int, most: int) -> tuple[list[T], Json]:
    """The asked page of a list, and the tokens of its neighbours.

    Raises:
        ApiError: 400 when `limit` is not within 1 and `most`.
    """
    limit = call.number("limit", default) or most
    if not 1 <= limit <= most:
        raise invalid(f"limit must be between 1 and {most} (it is {limit}).")
    offset = offset_of(call)
    more: Json = {"has_more": offset + limit < len(items)}
    if more["has_more"]:
        more["next_page_token"] = token(offset + limit)
    if offset:
        more["prev_page_token"] = token(max(0, offset - limit))
    return items[offset : offset + limit], more


def cut_inner(call: Call, body: Json, names: tuple[str, ...]) -> bool:
    """Cut the lists of a body to the asked inner page, in place; True when there is more."""
    offset = offset_of(call)
    more = False
    for name in names:
        if name in body:
            more = more or offset + INNER_PAGE < len(body[name])
            body[name] = body[name][offset : offset + INNER_PAGE]
    return more
