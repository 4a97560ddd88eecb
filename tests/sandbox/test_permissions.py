"""Permissions: one authoritative list an object, and administrators that always stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.databricks import permissions
from mlops_sandbox.errors import ApiError
from mlops_sandbox.processes import Processes
from mlops_sandbox.server.routing import Call, Json
from mlops_sandbox.store import Database
from starlette.datastructures import QueryParams
from starlette.requests import Request

USERS_VIEW = {"group_name": "users", "permission_level": "CAN_VIEW"}
OWNER = {"user_name": DEFAULT_USER, "permission_level": "IS_OWNER"}


@pytest.fixture
def sandbox_of_objects(tmp_path: Path) -> Sandbox:
    made = Sandbox(
        home=tmp_path,
        runtime=tmp_path,
        url="http://127.0.0.1:1",
        token="t",
        database=Database(tmp_path / "state.db"),
        cipher=Fernet(Fernet.generate_key()),
        processes=Processes(tmp_path / "processes"),
    )
    permissions.on_create(made.store(), "jobs", 7, DEFAULT_USER)
    permissions.on_create(made.store(), "sql/warehouses", "w1", DEFAULT_USER)
    return made


def call(sandbox: Sandbox, path: str, *controls: Json) -> Call:
    *area, kind, name = path.split("/")
    names = {"type": kind, "id": name} | ({"area": area[0]} if area else {})
    body = {"access_control_list": list(controls)}
    request = Request({"type": "http"})
    return Call(sandbox, DEFAULT_WORKSPACE, DEFAULT_USER, names, QueryParams(), body, request)


def held(answer: object) -> dict[str, list[tuple[str, bool]]]:
    assert isinstance(answer, dict)
    return {
        control.get("user_name") or control.get("group_name") or control["service_principal_name"]: [
            (one["permission_level"], one["inherited"]) for one in control["all_permissions"]
        ]
        for control in answer["access_control_list"]
    }


def test_creator_owns_a_new_job_and_admins_manage_it(sandbox_of_objects: Sandbox) -> None:
    answer = permissions.get_permissions(call(sandbox_of_objects, "jobs/7"))
    assert held(answer) == {DEFAULT_USER: [("IS_OWNER", False)], "admins": [("CAN_MANAGE", True)]}
    assert (answer["object_id"], answer["object_type"]) == ("/jobs/7", "job")


def test_put_replaces_and_patch_adds(sandbox_of_objects: Sandbox) -> None:
    put = permissions.set_permissions(call(sandbox_of_objects, "jobs/7", USERS_VIEW, OWNER))
    assert held(put)["users"] == [("CAN_VIEW", False)]
    other = {"service_principal_name": "1-2-3", "permission_level": "CAN_MANAGE"}
    patched = permissions.update_permissions(call(sandbox_of_objects, "jobs/7", other))
    assert set(held(patched)) == {"users", DEFAULT_USER, "1-2-3", "admins"}
    again = permissions.set_permissions(call(sandbox_of_objects, "jobs/7", OWNER))
    assert set(held(again)) == {DEFAULT_USER, "admins"}


def test_a_job_never_loses_its_only_owner(sandbox_of_objects: Sandbox) -> None:
    with pytest.raises(ApiError, match="exactly one owner"):
        permissions.set_permissions(call(sandbox_of_objects, "jobs/7", USERS_VIEW))
    moved = {"user_name": "other@example.com", "permission_level": "IS_OWNER"}
    answer = permissions.update_permissions(call(sandbox_of_objects, "jobs/7", moved))
    assert set(held(answer)) == {"other@example.com", "admins"}


def test_both_names_of_a_warehouse_are_one_object(sandbox_of_objects: Sandbox) -> None:
    use = {"group_name": "users", "permission_level": "CAN_USE"}
    permissions.set_permissions(call(sandbox_of_objects, "sql/warehouses/w1", use))
    answer = permissions.get_permissions(call(sandbox_of_objects, "warehouses/w1"))
    assert set(held(answer)) == {"users", DEFAULT_USER, "admins"}
    assert answer["object_id"] == "/sql/warehouses/w1"


@pytest.mark.parametrize(
    ("path", "control", "code"),
    [
        ("jobs/8", USERS_VIEW, "RESOURCE_DOES_NOT_EXIST"),
        ("planets/1", USERS_VIEW, "INVALID_PARAMETER_VALUE"),
        ("jobs/7", {"group_name": "users", "permission_level": "CAN_FLY"}, "INVALID_PARAMETER_VALUE"),
        ("jobs/7", {"permission_level": "CAN_VIEW"}, "INVALID_PARAMETER_VALUE"),
        (
            "jobs/7",
            {"group_name": "account users", "permission_level": "CAN_VIEW"},
            "RESOURCE_DOES_NOT_EXIST",
        ),
    ],
)
def test_what_can_not_be_granted_is_refused(
    sandbox_of_objects: Sandbox, path: str, control: Json, code: str
) -> None:
    with pytest.raises(ApiError) as refused:
        permissions.update_permissions(call(sandbox_of_objects, path, control))
    assert refused.value.error_code == code
