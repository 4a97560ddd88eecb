"""The engine's Python language host, for engines that were built without one (`pulumi-language-python`).

The engine starts it, reads the port from its first line, and asks it to run the program. The program runs in
this very process, on the main thread: nothing is imported twice and no second interpreter starts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from mlops_sandbox.engine import plugin
from mlops_sandbox.inherited import past_proxies

_MAX_MESSAGE = 400 << 20
_PARENT_CHECK_SECONDS = 1.0


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine; programs are handed to the main thread through a queue."""

    def __init__(self) -> None:
        self.programs: queue.SimpleQueue[tuple[Any, Future[Any]]] = queue.SimpleQueue()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The engine says where it is; a program is told again when it runs."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The SDK's version is the host's."""
        return plugin_pb2.PluginInfo(version=pulumi.__version__ if hasattr(pulumi, "__version__") else "3")

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Nothing in advance: the engine loads a provider when the program first names it."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """See :meth:`GetRequiredPackages`."""
        return language_pb2.GetRequiredPluginsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """What `pulumi about` shows."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The installed distributions, as `pulumi about` lists them."""
        from importlib.metadata import distributions

        found = sorted({(each.metadata["Name"], each.version) for each in distributions()})
        dependencies = [language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Nothing to choose."""
        return language_pb2.RuntimeOptionsResponse()

    def GenerateProgram(self, request: Any, context: Any) -> None:  # noqa: ARG002, N802
        """Only the release's own host writes code; what was imported is in the state by now."""
        message = (
            "this engine's Python host does not generate code; declare the imported resources by hand "
            "(`pulumi stack export` shows their inputs), and import with --generate-code=false"
        )
        context.abort(grpc.StatusCode.UNIMPLEMENTED, message)

    def InstallDependencies(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The packages come from the lock file, by `make setup`."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"Packages are installed by `make setup`.\n")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Run a package that is written in Python, in a process of its own, and pass on what it prints."""
        yield from plugin.run(request, context)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The engine has been interrupted: the program has nobody left to talk to."""
        _leave()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Run the program on the main thread, and wait for it."""
        done: Future[Any] = Future()
        self.programs.put((request, done))
        return done.result()


def _leave() -> NoReturn:
    """End at once: open gRPC channels and idle threads have nothing left to say."""
    sys.stdout.flush()
    sys.stderr.flush()
    plugin.end_all()
    os._exit(0)


def _configure(request: Any) -> None:
    reset_options(
        project=request.project,
        root_directory=request.info.root_directory,
        stack=request.stack,
        organization=request.organization or "organization",
        monitor_address=request.monitor_address,
        engine_address=request.args[0] if request.args else "",
        parallel=request.parallel,
        preview=request.dryRun,
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))


def _program(request: Any) -> Path:
    folder = Path(request.info.program_directory or request.pwd)
    entry = request.info.entry_point or request.program or "."
    return (folder / entry).resolve()


def _execute(request: Any) -> str:
    """Run the program to its end; returns the error that nobody has shown yet, or an empty string."""
    program = _program(request)
    os.chdir(request.pwd or program)
    sys.argv = [str(program), *request.args[1:]]
    if program.is_dir():
        sys.path.insert(0, str(program))
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * max(request.parallel, 1)))
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        loop.run_until_complete(run_in_stack(lambda: _run_file(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except grpc.RpcError as error:
        # The engine leaves first when it is interrupted; that is no error of the program's.
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"RPC error: {error.details()}")
    except SystemExit as error:
        if error.code not in (None, 0):
            return f"the program ended with sys.exit({error.code!r})"
        return ""
    except BaseException:  # noqa: BLE001 - whatever a program raises is shown as the program's error
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_users_part(program)}")
    else:
        return ""
    return "bail"


def _run_file(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _users_part(program: Path) -> str:
    """The stack trace without the frames of this host and of runpy."""
    kind, error, trace = sys.exc_info()
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(str(program)):
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace or sys.exc_info()[2]))


def _run(request: Any) -> Any:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    _configure(request)
    error = _execute(request)
    sys.stdout.flush()
    sys.stderr.flush()
    if error == "bail":
        return language_pb2.RunResponse(bail=True)
    return language_pb2.RunResponse(error=error)


def _watch_engine(engine: int) -> None:
    """An engine that was killed can't say goodbye; nobody else has use for its host."""
    while os.getppid() == engine:
        time.sleep(_PARENT_CHECK_SECONDS)
    _leave()


def main() -> NoReturn:
    """Serve until the engine is done with us."""
    os.environ.update(past_proxies(os.environ))
    threading.Thread(target=_watch_engine, args=(os.getppid(),), daemon=True).start()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _sign, _frame: _leave())
    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE),
        ("grpc.max_send_message_length", _MAX_MESSAGE),
    ]
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=options)
    host = LanguageHost()
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while True:
        request, done = host.programs.get()
        try:
            done.set_result(_run(request))
        except Exception as error:  # noqa: BLE001 - the engine is told, whatever it was
            done.set_exception(error)


if __name__ == "__main__":
    main()
