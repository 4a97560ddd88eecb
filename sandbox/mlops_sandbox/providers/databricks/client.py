"""The Databricks REST API with one provider resource's settings, through the vendor's SDK."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks import sdk_import

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient, Config

#: Settings of the Pulumi provider and what the SDK calls them, where that is not just the other case.
_SDK_NAMES = {"audience": "token_audience", "azureWorkspaceResourceId": "azure_workspace_resource_id"}
#: Settings that the SDK has no use for.
_NOT_THE_SDKS = {"googleCredentials"}


def _sdk_name(setting: str) -> str:
    if setting in _SDK_NAMES:
        return _SDK_NAMES[setting]
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in setting)


#: How long a call is tried again while the server can't be reached or is busy.
_RETRY_SECONDS = 15


def path_part(value: object) -> str:
    """A name as one part of a URL path."""
    return quote(str(value), safe="")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what is under it, through the layers of the HTTP client."""
    here: BaseException | None = error
    while here is not None:
        yield here
        here = here.__cause__ or here.__context__


def _lost(error: BaseException) -> bool:
    """Whether the connection broke after the request was on its way: it may have been done all the same."""
    broken = (HTTPException, ConnectionResetError, BrokenPipeError)
    return any(isinstance(cause, broken) for cause in _causes(error))


def _without_blind_repeats(client: ApiClient) -> ApiClient:
    """The SDK tries every request again whose connection broke; a POST that was done would be done twice."""
    # The SDK has no setting for it.
    sdk = client._api_client
    usual = sdk._is_retryable

    def retryable(error: BaseException) -> str | None:
        request = getattr(error, "request", None)
        return None if getattr(request, "method", "") == "POST" and _lost(error) else usual(error)

    sdk._is_retryable = retryable  # type: ignore[assignment,method-assign]
    return client


def _reason(error: BaseException) -> str:
    """What the system said."""
    told = (cause.strerror for cause in _causes(error) if isinstance(cause, OSError))
    return next((text for text in told if text), str(error))


class DatabricksApi:
    """A workspace, or the account.

    The SDK is imported and the host asked what it is at the first call only: most previews need neither.
    """

    def __init__(self, settings: Values) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    @cached_property
    def config(self) -> Config:
        """The SDK's configuration: the provider's settings over the environment's."""
        sdk_import.install()
        from databricks.sdk.config import Config

        accepted = {attribute.name for attribute in Config.attributes()}
        given = {_sdk_name(key): value for key, value in self._settings.items() if key not in _NOT_THE_SDKS}
        text = {"host", "token", "account_id", "workspace_id", "client_id", "client_secret"}
        chosen: dict[str, Any] = {
            key: str(value) if key in text else value for key, value in given.items() if key in accepted
        }
        # A sandbox that was killed does not come back by itself: the SDK's five minutes would only hide it.
        chosen.setdefault("retry_timeout_seconds", _RETRY_SECONDS)
        return Config(**chosen, product="mlops-sandbox-provider")

    @cached_property
    def _client(self) -> ApiClient:
        from databricks.sdk.core import ApiClient

        return _without_blind_repeats(ApiClient(self.config))

    @property
    def host(self) -> str:
        """`https://…` without a trailing slash."""
        return str(self.config.host).rstrip("/")

    @property
    def workspace_id(self) -> str | None:
        """The workspace that the host says it is; None for the account."""
        with self._lock:
            found = self.config.workspace_id
        return str(found) if found else None

    @property
    def account_id(self) -> str:
        """The account that the provider is for."""
        with self._lock:
            found = self.config.account_id
        if not found:
            raise ResourceError("this resource lives in the account: its provider needs accountId")
        return str(found)

    def at(self, url: str) -> DatabricksApi:
        """A workspace of the account, with the same credentials."""
        return DatabricksApi(
            {key: value for key, value in self._settings.items() if key != "accountId"} | {"host": url}
        )

    @property
    def is_account(self) -> bool:
        """Whether the provider speaks to the account rather than to a workspace."""
        return self.workspace_id is None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Any = None,
        data: Any = None,
    ) -> Any:
        """One request; returns the parsed answer, `{}` for an empty one. Raises the SDK's errors."""
        headers = {"Accept": "application/json"}
        if self.workspace_id and not path.startswith("/api/2.0/accounts/"):
            headers["X-Databricks-Workspace-Id"] = self.workspace_id
        with self._lock:
            client = self._client
        try:
            return client.do(
                method,
                path,
                query=dict(query) if query else None,
                headers=headers,
                body=body,
                files=files,
                data=data,
            )
        except TimeoutError as error:
            raise ResourceError(
                f"{self.host} gave no answer for {_RETRY_SECONDS} s: {_reason(error)}"
            ) from None
        except OSError as error:
            if not _lost(error):
                raise
            message = f"{self.host} closed the connection before it answered {method} {path}"
            doubt = "; it may have been done: look before you try again" if method == "POST" else ""
            raise ResourceError(f"{message}{doubt}") from None

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET."""
        return self.call("GET", path, query=query)

    def pages(self, path: str, field: str, query: Mapping[str, Any] | None = None) -> list[Any]:
        """GET of every page: what is listed under `field`."""
        found: list[Any] = []
        token = None
        while True:
            page = self.get(path, {**(query or {}), **({"page_token": token} if token else {})} or None)
            found += page.get(field, [])
            token = page.get("next_page_token")
            if not token:
                return found

    def headers(self, path: str, *names: str) -> dict[str, str] | None:
        """HEAD: the named headers of the answer, in lower case; None when there is nothing."""
        with self._lock:
            client = self._client
        sent = {"X-Databricks-Workspace-Id": self.workspace_id} if self.workspace_id else {}
        try:
            found = client.do("HEAD", path, headers=sent, response_headers=list(names))
        except OSError as error:
            if is_missing(error):
                return None
            raise
        assert isinstance(found, dict)
        return {str(name): str(value) for name, value in found.items()}

    def find(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET; None when there is nothing."""
        try:
            return self.call("GET", path, query=query)
        except OSError as error:
            if is_missing(error):
                return None
            raise

    def post(self, path: str, body: Any = None) -> Any:
        """POST."""
        return self.call("POST", path, body if body is not None else {})

    def put(self, path: str, body: Any) -> Any:
        """PUT."""
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any, query: Mapping[str, Any] | None = None) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body, query)

    def remove(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> None:
        """A deleting request; what is gone already is fine."""
        try:
            self.call(method, path, body, query)
        except OSError as error:
            if not is_missing(error):
                raise

    def explain(self, error: Exception) -> str | None:
        """The API's own error code and message; what the SDK says when it could not even ask."""
        code = getattr(error, "error_code", None)
        if code:
            return f"{code}: {error}"
        if isinstance(error, OSError | ValueError):
            return str(error)
        return str(error) if isinstance(error, ResourceError) else None


def is_missing(error: Exception) -> bool:
    """Whether an SDK error says that there is nothing of that name."""
    from databricks.sdk.errors import NotFound

    code = str(getattr(error, "error_code", ""))
    return isinstance(error, NotFound) or code == "SCIM_404" or code.endswith("DOES_NOT_EXIST")


def configure(settings: Values) -> DatabricksApi:
    """An API for a provider resource's settings; calls nothing yet."""
    return DatabricksApi(settings)
