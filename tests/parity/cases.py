"""A recorded case as the engine runs it: its references, its steps, and what its state means."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from parity.engine import Engine


def resolve(value: Any, engine: Engine) -> Any:
    """`$schema` is a dependency's ID, `$schema.name` one of its outputs, `$sp:int` its ID as a number."""
    if isinstance(value, dict):
        return {key: resolve(item, engine) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, engine) for item in value]
    if isinstance(value, str) and (found := re.fullmatch(r"\$(\w+)(?:\.(\w+))?(:int)?", value)):
        name, output, number = found.groups()
        resource = engine.state[name]
        text = resource.plain[output] if output else resource.id
        return int(text) if number else text
    return value


def meaning(value: Any) -> Any:
    """State without what Terraform's SDK itself mixes up: null, empty lists, empty maps."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return meaning(json.loads(value["plaintext"]))
        if value.keys() == {"__secret"}:
            return meaning(value["__secret"])
        kept = {key: meaning(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {})}
    if isinstance(value, list):
        items = [meaning(item) for item in value]
        kept = [item for item in items if item not in (None, [], {})]
        return sorted(kept, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def run(step: str, case: dict[str, Any], inputs: Any, engine: Engine, delete_first: bool) -> Counter[str]:
    """One step on every resource of the case; counts what happened."""
    if step.endswith("delete"):
        engine.destroy()
        return Counter()
    if "refresh" in step.split(" after ")[0]:
        return Counter(engine.refresh(name) for name in list(engine.state))
    took: Counter[str] = Counter()
    for dependency in case["dependencies"]:
        wanted = resolve(dependency["inputs"], engine)
        took[engine.up(dependency["name"], dependency["type"], wanted)] += 1
    took[engine.up("it", case["type"], resolve(inputs, engine), delete_first)] += 1
    return took
