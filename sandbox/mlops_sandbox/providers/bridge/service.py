# ruff: noqa: N802, ARG002, D102 - the protocol names the methods and their arguments
"""Pulumi's provider protocol (`pulumirpc.ResourceProvider`) over a plugin.

One process serves every provider resource of a program: the engine opens a connection for each, so
settings and cancellation are kept by connection.
"""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from mlops_sandbox.providers.bridge.answers import diff_response
from mlops_sandbox.providers.bridge.check import Failure, check
from mlops_sandbox.providers.bridge.diff import delete_before_replace
from mlops_sandbox.providers.bridge.errors import InterruptedByUserError, ResourceError
from mlops_sandbox.providers.bridge.interrupt import unless_cancelled
from mlops_sandbox.providers.bridge.lifecycle import HalfMadeError, Lifecycle
from mlops_sandbox.providers.bridge.package import package_schema
from mlops_sandbox.providers.bridge.plugin import ConfiguredApi, Plugin
from mlops_sandbox.providers.bridge.settings import check_settings, settings
from mlops_sandbox.providers.bridge.values import Values, decode, encode, reveal

A = TypeVar("A")


class Connection:
    """What one provider resource of the engine has told."""

    def __init__(self) -> None:
        self.api: ConfiguredApi | None = None
        self.cancelled = threading.Event()


class ProviderService(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._connections: dict[str, Connection] = {}
        self._lock = threading.Lock()

    def _connection(self, context: grpc.ServicerContext) -> Connection:
        with self._lock:
            return self._connections.setdefault(context.peer(), Connection())

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._plugin.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(package_schema(self._plugin)))

    def GetMapping(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetMappingsResponse()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        given = decode(request.news)
        failures = check_settings(self._plugin.schema.config, given)
        return provider_pb2.CheckResponse(
            inputs=encode(given),
            failures=[provider_pb2.CheckFailure(property=one.path, reason=one.reason) for one in failures],
        )

    def DiffConfig(self, request: Any, context: Any) -> Any:
        old = reveal(decode(request.old_inputs)) or reveal(decode(request.olds))
        new = reveal(decode(request.news))
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=changed)

    def Configure(self, request: Any, context: Any) -> Any:
        connection = self._connection(context)
        connection.api = self._guard(
            context, "configure", lambda: self._plugin.configure(settings(decode(request.args)))
        )
        return provider_pb2.ConfigureResponse(acceptSecrets=True, acceptResources=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self._connection(context).cancelled.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        token = _token(request)
        kind = self._plugin.types.get(token)
        if kind is None:
            _refuse(context, grpc.StatusCode.UNIMPLEMENTED, self._unknown_type(token))
        news, olds = decode(request.news), decode(request.olds)
        name = request.name or request.urn.rsplit("::", 1)[-1]
        inputs, failures = check(self._plugin.schema[token], news, olds, name, request.randomSeed)
        if not failures:
            try:
                kind.prepare(inputs)
            except ResourceError as error:
                failures.append(Failure("", str(error)))
        return provider_pb2.CheckResponse(
            inputs=encode(inputs),
            failures=[provider_pb2.CheckFailure(property=one.path, reason=one.reason) for one in failures],
        )

    def Diff(self, request: Any, context: Any) -> Any:
        life = self._life(request, context)
        olds, news = decode(request.olds), decode(request.news)
        old_inputs = decode(request.old_inputs) or olds
        changes = self._guard(
            context,
            f"comparing {request.urn}",
            lambda: life.diff(request.id, olds, old_inputs, news, list(request.ignoreChanges)),
        )
        first = life.kind.delete_first or delete_before_replace(life.schema, news)
        return diff_response(changes, first)

    def Create(self, request: Any, context: Any) -> Any:
        life = self._life(request, context)
        inputs = decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(life.preview_create(inputs)))
        identifier, state = self._guard(
            context, f"creating {request.urn}", lambda: life.create(inputs), inputs
        )
        return provider_pb2.CreateResponse(id=identifier, properties=encode(state))

    def Read(self, request: Any, context: Any) -> Any:
        life = self._life(request, context)
        state, inputs = decode(request.properties), decode(request.inputs)
        found = self._guard(context, f"reading {request.urn}", lambda: life.read(request.id, state, inputs))
        if not found.identifier:
            # Only an answer without properties reads as "does not exist" to an import.
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.identifier, properties=encode(found.state), inputs=encode(found.inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:
        life = self._life(request, context)
        state, inputs = decode(request.olds), decode(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(life.preview_update(state, inputs)))
        old_inputs = decode(request.old_inputs)
        after = self._guard(
            context,
            f"updating {request.urn}",
            lambda: life.update(request.id, state, old_inputs, inputs),
        )
        return provider_pb2.UpdateResponse(properties=encode(after))

    def Delete(self, request: Any, context: Any) -> Any:
        life = self._life(request, context)
        state = decode(request.properties)
        self._guard(context, f"deleting {request.urn}", lambda: life.delete(request.id, state))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        function = self._plugin.functions.get(request.tok)
        if function is None:
            known = ", ".join(sorted(name.rsplit(":", 1)[-1] for name in self._plugin.functions))
            message = f"the {self._plugin.name} stand-in has no function {request.tok}; it has {known}"
            _refuse(context, grpc.StatusCode.UNIMPLEMENTED, message)
        api = self._api(context)
        arguments = reveal(decode(request.args))
        answer = self._guard(context, f"calling {request.tok}", lambda: function(api, arguments))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Call(self, request: Any, context: Any) -> Any:
        _refuse(context, grpc.StatusCode.UNIMPLEMENTED, f"{self._plugin.name} resources have no methods")

    def Construct(self, request: Any, context: Any) -> Any:
        _refuse(context, grpc.StatusCode.UNIMPLEMENTED, f"{self._plugin.name} has no components")

    def Parameterize(self, request: Any, context: Any) -> Any:
        _refuse(context, grpc.StatusCode.UNIMPLEMENTED, f"{self._plugin.name} takes no parameters")

    def _life(self, request: Any, context: grpc.ServicerContext) -> Lifecycle:
        token = _token(request)
        kind = self._plugin.types.get(token)
        if kind is None:
            _refuse(context, grpc.StatusCode.UNIMPLEMENTED, self._unknown_type(token))
        schema, cancelled = self._plugin.schema[token], self._connection(context).cancelled
        timeout = getattr(request, "timeout", 0.0)
        return Lifecycle(kind, schema, self._api(context), timeout, cancelled)

    def _api(self, context: grpc.ServicerContext) -> ConfiguredApi:
        api = self._connection(context).api
        if api is None:
            message = f"the {self._plugin.name} provider was called before it was configured"
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, message)
        return api

    def _unknown_type(self, token: str) -> str:
        return (
            f"the {self._plugin.name} stand-in does not know the type {token}; "
            "only the real provider plugin can make it"
        )

    def _guard(
        self, context: grpc.ServicerContext, doing: str, work: Callable[[], A], inputs: Values | None = None
    ) -> A:
        """Run it; whatever goes wrong becomes one sentence of the vendor's or the bridge's, never a trace."""
        try:
            return unless_cancelled(work, self._connection(context).cancelled)
        except HalfMadeError as half:
            _abort_half_made(context, f"{doing}: {half}", half, inputs or {})
        except InterruptedByUserError as error:
            _refuse(context, grpc.StatusCode.CANCELLED, f"{doing}: {error}")
        except ResourceError as error:
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, f"{doing}: {error}")
        except Exception as error:  # noqa: BLE001 - the engine must get an answer
            api = self._connection(context).api
            told = api.explain(error) if api is not None else None
            if told is None:
                told = f"a defect of the {self._plugin.name} stand-in: {_where(error)}"
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, f"{doing}: {told}")


def _abort_half_made(
    context: grpc.ServicerContext, message: str, half: HalfMadeError, inputs: Values
) -> NoReturn:
    """Tell the engine to keep the resource in its state, so that nothing is created twice."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=half.identifier, properties=encode(half.state), reasons=[str(half)], inputs=encode(inputs)
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _refuse(context, grpc.StatusCode.UNKNOWN, message)


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort raises")


def _where(error: Exception) -> str:
    """What kind of error and on which line; never its text, which may hold a secret."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.filename.rsplit('/', 1)[-1]}, line {last.lineno}"


def _token(request: Any) -> str:
    """The resource type: of the request, else the last one in the URN."""
    kind: str = request.type or request.urn.split("::")[2].rsplit("$", 1)[-1]
    return kind
