"""A bare Pulumi program with an exported stack's resources: no components and no settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PROGRAM = '''"""The same resources, registered one after the other."""
import json
from pathlib import Path

import pulumi

made = {}


def value(given):
    if isinstance(given, dict) and "output of" in given:
        return getattr(made[given["output of"]], given["named"])
    if isinstance(given, dict) and "secret" in given:
        return pulumi.Output.secret(given["secret"])
    if isinstance(given, dict):
        return {name: value(inner) for name, inner in given.items()}
    return [value(inner) for inner in given] if isinstance(given, list) else given


for each in json.loads((Path(__file__).parent / "resources.json").read_text()):
    depends_on = [made[urn] for urn in each["dependencies"] if urn in made]
    options = pulumi.ResourceOptions(depends_on=depends_on, provider=made.get(each["provider"]))
    if each["type"].startswith("pulumi:providers:"):
        kind = each["type"].rpartition(":")[2]
        made[each["urn"]] = pulumi.ProviderResource(kind, each["name"], each["inputs"])
        continue
    given_ones = {name: value(given) for name, given in each["inputs"].items()}
    props = {**dict.fromkeys(each["read"]), **given_ones}
    made[each["urn"]] = pulumi.CustomResource(each["type"], each["name"], props, options)
'''


def _plain(value: Any) -> Any:
    """An exported value; secrets (exported with `--show-secrets`) are told apart by one key."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return {"secret": json.loads(value["plaintext"])}
        return {key: _plain(inner) for key, inner in value.items() if key != "__defaults"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _linked(value: Any, known: dict[str, dict[str, str]]) -> Any:
    """What other resources put out is known when those are made, and not before."""
    if isinstance(value, dict):
        return {key: _linked(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_linked(inner, known) for inner in value]
    return known.get(value, value) if isinstance(value, str) else value


def _outputs(resource: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By value, what a resource puts out; its ID where several are the same."""
    urn, found = resource["urn"], dict(resource.get("outputs", {}))
    found["id"] = found.pop("id", resource.get("id"))
    return {
        str(value): {"output of": urn, "named": name}
        for name, value in found.items()
        if value and isinstance(value, str | int) and not isinstance(value, bool)
    }


def _inputs(resource: dict[str, Any], outputs: dict[str, dict[str, dict[str, str]]]) -> Any:
    """A resource's inputs; a provider finds its workspace in the environment.

    Args:
        resource: as exported.
        outputs: of every resource, by URN.
    """
    inputs = _plain(resource.get("inputs", {}))
    for name, urns in resource.get("propertyDependencies", {}).items():
        known = {value: link for urn in urns or [] for value, link in outputs.get(urn, {}).items()}
        inputs[name] = _linked(inputs.get(name), known)
    if resource["type"].startswith("pulumi:providers:"):
        inputs.pop("host", None)
    return inputs


def _read(value: Any) -> set[tuple[str, str]]:
    """The outputs that linked inputs read, each as URN and name."""
    if isinstance(value, dict) and "output of" in value:
        return {(value["output of"], value["named"])} - {(value["output of"], "id")}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {each for part in inner for each in _read(part)}


def write(folder: Path, exported: dict[str, Any], suffix: str, *, sdk: bool) -> None:
    """Write the program for an exported deployment.

    Args:
        folder: where the project goes.
        exported: what `pulumi stack export --show-secrets` printed.
        suffix: added to the project's name.
        sdk: import the provider's SDK, as programs do that name its classes.
    """
    resources = []
    outputs = {each["urn"]: _outputs(each) for each in exported["deployment"]["resources"]}
    for each in exported["deployment"]["resources"]:
        if not each.get("custom"):
            continue
        provider = each.get("provider", "").rpartition("::")[0]
        resources.append(
            {
                "urn": each["urn"],
                "type": each["type"],
                "name": each["urn"].rpartition("::")[2],
                "inputs": _inputs(each, outputs),
                "dependencies": each.get("dependencies", []),
                "provider": provider,
            }
        )
    read = {each for resource in resources for each in _read(resource["inputs"])}
    for resource in resources:
        resource["read"] = sorted(name for urn, name in read if urn == resource["urn"])
    (folder / "infra").mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: bare{suffix}\nruntime: python\nmain: infra/\n")
    (folder / "Pulumi.local.yaml").write_text("config: {}\n")
    program = (
        PROGRAM.replace("import pulumi\n", "import pulumi\nimport pulumi_databricks\n") if sdk else PROGRAM
    )
    (folder / "infra" / "__main__.py").write_text(program)
    (folder / "infra" / "resources.json").write_text(json.dumps(resources))
