"""What no recorded case tells: the requests that the real provider's source sends, against a sandbox."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import httpx
import pytest
from mlops_sandbox.databricks.object_types import TYPES
from mlops_sandbox.providers.databricks import plugin
from mlops_sandbox.providers.databricks.permissions import OBJECTS
from parity.exchange import TOLD, UNTOLD, Ask, Exchange
from parity.permitted import PERMITTED
from parity.recorded import FOLDER
from parity.source import EXCHANGES
from running import RunningSandbox


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, known) for item in value]
    if not isinstance(value, str):
        return value
    for name, text in known.items():
        # RUN is in RUNNING too.
        value = re.sub(rf"{re.escape(name)}(?![A-Za-z])", lambda _, text=text: text, value)
    return value


def _at(answer: Any, name: str) -> Any:
    """What a dotted name stands for; None where there is nothing."""
    for part in name.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)]
        else:
            answer = answer.get(part) if isinstance(answer, dict) else None
    return answer


def _checked(ask: Ask, client: httpx.Client, known: dict[str, str]) -> Any:
    """The answer to a request, once it has what it must."""
    path, body, query = (_filled(part, known) for part in (ask.path, ask.body, ask.query))
    found = client.request(ask.method, path, params=query or None, json=body)
    assert found.status_code == ask.status, f"{ask.method} {path}: {found.text}"
    answer = found.json() if found.content else {}
    for name, wanted in ask.told.items():
        told = _at(answer, name)
        if wanted is TOLD:
            assert told not in (None, "", [], {}), f"{path}: {name} is missing"
        elif wanted is UNTOLD:
            assert told is None, f"{path}: {name} is {told!r}"
        else:
            assert told == _filled(wanted, known), f"{path}: {name} is {told!r}"
    return answer


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.kind)
def test_the_sandbox_answers_as_the_provider_needs_it(exchange: Exchange, sandbox: RunningSandbox) -> None:
    known = {"RUN": uuid.uuid4().hex[:8]}
    url = sandbox.address.account_url if exchange.account else sandbox.url
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for ask in exchange.asks:
            answer = _checked(ask, client, known)
            known |= {f"${name}": str(_at(answer, where)) for name, where in ask.keep.items()}


@pytest.mark.parametrize("by", sorted(PERMITTED))
def test_permissions_are_asked_for_and_told_as_the_provider_does(by: str) -> None:
    wanted, asked = PERMITTED[by], OBJECTS[by]
    assert (asked.folder, asked.keeps_manager) == (wanted.request, wanted.keeps_manager)
    assert (asked.by_path, asked.creator is not None) == (by.endswith("_path"), wanted.owned)
    # Some objects have no API here.
    if wanted.request in TYPES:
        told = TYPES[wanted.request]
        assert told.name == wanted.told
        assert wanted.levels <= set(told.levels)


def test_permissions_of_every_type_here_are_in_the_providers_table() -> None:
    assert set(TYPES) <= {each.request for each in PERMITTED.values()}
    assert set(OBJECTS) - {"authorization"} == set(PERMITTED)


def test_every_type_was_recorded_or_read_in_the_providers_source() -> None:
    recorded = {json.loads(file.read_text())["type"] for file in FOLDER.glob("*.json")}
    read = {exchange.kind for exchange in EXCHANGES}
    known = {token for token in plugin().types if token.rpartition(":")[2] not in read}
    assert known <= recorded
