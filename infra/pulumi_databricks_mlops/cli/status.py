"""`mlops status`: what is deployed, and how it does."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from pulumi_databricks_mlops.cli.stacks import enter, open_stack, telling, workspace_client

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


def _jobs(client: WorkspaceClient, jobs: dict[str, str]) -> dict[str, Any]:
    found = {}
    for name, job_id in sorted(jobs.items()):
        last = next(iter(client.jobs.list_runs(job_id=int(job_id), limit=1)), None)
        state = last.state if last else None
        result = state.result_state or state.life_cycle_state if state else None
        found[name] = {
            "id": str(job_id),
            "last_run": last.run_id if last else None,
            "state": result.value if result else None,
            "started": last.start_time if last else None,
        }
    return found


def _model(client: WorkspaceClient, name: str) -> dict[str, Any]:
    model = client.registered_models.get(name, include_aliases=True)
    aliases = {alias.alias_name: alias.version_num for alias in model.aliases or []}
    versions = [version.version for version in client.model_versions.list(name)]
    return {"name": name, "versions": sorted(filter(None, versions)), "aliases": aliases}


def _endpoint(client: WorkspaceClient, name: str) -> dict[str, Any]:
    endpoint = client.serving_endpoints.get(name)
    config, state = endpoint.config, endpoint.state
    entities = (config.served_entities if config else None) or []
    return {
        "name": name,
        "ready": state.ready.value if state and state.ready else None,
        "update": state.config_update.value if state and state.config_update else None,
        "serves": [f"{entity.entity_name} v{entity.entity_version}" for entity in entities],
    }


def _monitor(client: WorkspaceClient, table: str) -> dict[str, Any]:
    monitor = client.quality_monitors.get(table)
    refreshes = client.quality_monitors.list_refreshes(table).refreshes or []
    last = max(refreshes, key=lambda refresh: refresh.start_time_ms, default=None)
    return {
        "name": table,
        "status": monitor.status.value if monitor.status else None,
        "last_refresh": last.state.value if last and last.state else None,
    }


_PARTS = (
    ("model", _model, "model"),
    ("endpoint", _endpoint, "endpoint"),
    ("monitor", _monitor, "monitor_table"),
)


def collect(client: WorkspaceClient, project: dict[str, Any]) -> dict[str, Any]:
    """The state of one project's jobs, model, endpoint and monitor; what can't be read says why."""
    from databricks.sdk.errors.base import DatabricksError

    told: dict[str, Any] = {"jobs": _jobs(client, project.get("jobs", {}))}
    for part, read, key in _PARTS:
        if not project.get(key):
            continue
        try:
            told[part] = read(client, project[key])
        except DatabricksError as error:
            told[part] = {"name": project[key], "error": str(error)}
    return told


def _line(kind: str, name: str, text: str) -> None:
    print(f"  {kind:<9} {name:<30} {text}")


def _show(project: str, told: dict[str, Any]) -> None:
    print(project)
    for name, job in told["jobs"].items():
        _line("job", name, job["state"] or "not run yet")
    if model := told.get("model"):
        aliases = [f"{alias} = v{number}" for alias, number in sorted(model.get("aliases", {}).items())]
        text = f"{len(model.get('versions', []))} versions; {', '.join(aliases) or 'no alias'}"
        _line("model", model["name"], model.get("error") or text)
    if endpoint := told.get("endpoint"):
        serves = ", ".join(endpoint.get("serves", [])) or "no version yet"
        _line("endpoint", endpoint["name"], endpoint.get("error") or f"{endpoint['ready']}; {serves}")
    if monitor := told.get("monitor"):
        text = f"{monitor.get('status')}; last refresh: {monitor.get('last_refresh') or 'never'}"
        _line("monitor", monitor["name"], monitor.get("error") or text)


def _call(options: argparse.Namespace) -> int:
    enter(options.stack)
    stack = open_stack(options.stack)
    with telling():
        client = workspace_client(stack)
        found = {name: collect(client, project) for name, project in sorted(stack.projects.items())}
    if options.json:
        print(json.dumps({"stack": stack.name, "projects": found}, indent=2))
    else:
        for name, project in found.items():
            _show(name, project)
        if not found:
            print(f"{stack.name} has no projects; those in stacks of their own: `-s {stack.name}.PROJECT`")
    return 0


def add_command(commands: Any) -> None:
    """Add `status` to the command's sub-parsers."""
    parser = commands.add_parser("status", help="what is deployed", description=__doc__)
    parser.add_argument("-s", "--stack", default="local", help="the stack (default: local)")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(call=_call)
