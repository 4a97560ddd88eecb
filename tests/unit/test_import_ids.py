"""The ID that names say is the one that the real plugin gave the resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_databricks_mlops import import_id
from pulumi_databricks_mlops.adoption import TYPES

RECORDED = sorted((Path(__file__).parents[1] / "parity" / "wire").glob("*.json"))


def _plain(value: Any, outputs: dict[str, Any]) -> Any:
    """Inputs with what a reference to another resource became, as the outputs say it."""
    return {key: outputs.get(key, each) if str(each).startswith("$") else each for key, each in value.items()}


def _cases() -> list[Any]:
    found = []
    for file in RECORDED:
        case = json.loads(file.read_text())
        kind, created = case["type"].rpartition(":")[2], case["steps"][0]
        if kind in TYPES:
            inputs = _plain(created["inputs"], created["outputs"])
            found.append(pytest.param(kind, inputs, created["id"], id=file.stem))
    return found


@pytest.mark.parametrize(("kind", "inputs", "identifier"), _cases())
def test_names_say_the_id_that_was_recorded(kind: str, inputs: dict[str, Any], identifier: str) -> None:
    assert import_id(kind, inputs) == identifier


def test_most_types_that_names_identify_are_recorded() -> None:
    recorded = {json.loads(file.read_text())["type"].rpartition(":")[2] for file in RECORDED}
    assert len(TYPES & recorded) > 15
