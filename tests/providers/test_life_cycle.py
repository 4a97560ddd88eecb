"""The real engine, the stand-in and a real sandbox: every type of the components, from up to destroy."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pulumi
import pytest
from parity import programs
from parity.programs import CANARY, PARTS, Names, make
from pulumi import automation
from running import RunningSandbox

#: What an import can't know: content and values that the workspace does not give back.
_WRITTEN_ONLY = {"notebook", "file", "secret"}

#: Pulumi's Automation API leaves the event loop of a failed program open.
_FAILS = pytest.mark.filterwarnings("ignore::ResourceWarning")


def _changes(summary: Any) -> dict[str, int]:
    told = getattr(summary, "resource_changes", None) or getattr(summary, "change_summary", {})
    return {str(getattr(kind, "value", kind)): count for kind, count in told.items() if count}


@pytest.mark.parametrize("part", PARTS)
def test_up_settles_refresh_agrees_update_applies_and_destroy_leaves_nothing(
    part: str, new_stack: Any
) -> None:
    names, said = Names(), {"comment": "first"}
    shown: list[str] = []
    stack = new_stack("test", lambda: PARTS[part](names, said["comment"]))
    previewed = stack.preview(on_output=shown.append)
    made = _changes(stack.up(on_output=shown.append).summary)["create"]
    assert _changes(previewed) == {"create": made}
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.refresh(on_output=shown.append).summary) == {"same": made}
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    said["comment"] = "second"
    assert "update" in _changes(stack.up(on_output=shown.append).summary)
    assert _changes(stack.up(on_output=shown.append).summary) == {"same": made}
    stack.destroy(on_output=shown.append)
    assert not stack.export_stack().deployment.get("resources")
    assert CANARY not in "".join(shown)


@pytest.mark.parametrize("part", PARTS)
def test_an_import_agrees_with_what_was_deployed(
    part: str, new_stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names()
    made = new_stack("made", lambda: PARTS[part](names, "first"))
    made.up()
    ids = {
        resource["urn"].rsplit("::", 1)[-1]: resource["id"]
        for resource in made.export_stack().deployment["resources"]
        if resource["type"].startswith("databricks:")
    }
    wanted = {name: identifier for name, identifier in ids.items() if name not in _WRITTEN_ONLY}
    monkeypatch.setattr(programs, "IMPORTS", wanted)
    adopted = new_stack("adopted", lambda: PARTS[part](names, "first"))
    changes = _changes(adopted.up().summary)
    assert changes["import"] == len(wanted)
    assert changes["create"] == 1 + len(ids) - len(wanted)
    assert "update" not in _changes(adopted.up().summary)
    made.destroy()


def test_a_change_is_shown_by_its_path_with_the_old_and_the_new_value(new_stack: Any) -> None:
    names, said = Names(), {"comment": "first"}
    stack = new_stack("test", lambda: PARTS["jobs"](names, said["comment"]))
    stack.up()
    said["comment"] = "second"
    shown = stack.preview(diff=True).stdout
    assert '~ description: "first" => "second"' in shown
    assert '~ value: "first" => "second"' in shown
    stack.destroy()


@_FAILS
def test_each_provider_has_its_own_credentials_and_they_stay_secret(
    new_stack: Any, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    name = f"scope-{uuid.uuid4().hex[:8]}"
    tokens = {"right": sandbox.token, "wrong": f"dapi-{CANARY}"}

    def program() -> None:
        for key, token in tokens.items():
            settings = {"host": sandbox.url, "token": pulumi.Output.secret(token), "authType": "pat"}
            provider = pulumi.ProviderResource("databricks", key, settings)
            make("SecretScope", f"scope-{key}", {"name": f"{name}-{key}"}, provider=provider)

    stack = new_stack("test", program)
    shown: list[str] = []
    with pytest.raises(automation.CommandError) as refused:
        stack.up(on_output=shown.append)
    assert "scope-wrong" in str(refused.value)
    scopes = [scope.name for scope in sandbox.workspace().secrets.list_scopes()]
    assert f"{name}-right" in scopes
    assert f"{name}-wrong" not in scopes
    states = [file.read_text() for file in (tmp_path / "state").rglob("*.json") if file.is_file()]
    assert any(f"{name}-right" in state for state in states)
    written = "".join((*states, *shown, str(refused.value)))
    assert not any(token in written for token in tokens.values())
    stack.destroy()


@_FAILS
def test_a_type_that_only_the_real_plugin_knows_is_an_error_that_names_it(new_stack: Any) -> None:
    stack = new_stack("test", lambda: make("Pipeline", "it", {"name": "x"}) and None)
    with pytest.raises(
        automation.CommandError, match="does not know the type databricks:index/pipeline:Pipeline"
    ):
        stack.preview()
