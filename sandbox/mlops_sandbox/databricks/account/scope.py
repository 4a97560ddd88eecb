"""Routes of the account: each account has documents of its own, beside the workspace's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import TypeVar

from mlops_sandbox.databricks.account.access import Allowed, admins_alone, require
from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE
from mlops_sandbox.server.routing import Answer, Call, Handler, Routes

H = TypeVar("H", bound=Handler)


def scope_of(account: str) -> str:
    """Where an account's documents are."""
    return ACCOUNT_SCOPE + account


def account_of(call: Call) -> str:
    """The account that the path names."""
    return call.path["account_id"]


def in_account(handler: Handler, others: Allowed = admins_alone) -> Callable[[Call], Answer]:
    """The same handler, over the documents of the account that the path names, for who may ask it.

    Args:
        handler: what answers.
        others: who may ask beside account admins.
    """

    assert not iscoroutinefunction(handler)

    def answer(call: Call) -> Answer:
        inside = replace(call, workspace=scope_of(account_of(call)))
        require(inside, others)
        return handler(inside)  # type: ignore[return-value]

    answer.__doc__ = handler.__doc__
    return answer


class AccountRoutes:
    """A table of routes below `/api/{version}/accounts/{account_id}`."""

    def __init__(self) -> None:
        self.routes = Routes()

    def on(
        self, method: str, path: str, version: str = "2.0", others: Allowed = admins_alone
    ) -> Callable[[H], H]:
        """Answer a method on a path of the account; `call.store` has the account's documents.

        Args:
            method: GET for example.
            path: below `/api/{version}/accounts/{account_id}/`.
            version: the API's.
            others: who may ask beside account admins.
        """

        def register(handler: H) -> H:
            register_one = getattr(self.routes, method.lower())
            answer = in_account(handler, others)
            register_one(f"/api/{version}/accounts/{{account_id}}/{path}")(answer)
            return handler

        return register
