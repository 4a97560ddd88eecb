"""Unity Catalog through the vendor's own SDK."""

from __future__ import annotations

import io
import shutil
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    CatalogIsolationMode,
    ColumnInfo,
    DataSourceFormat,
    PermissionsChange,
    PrimaryKeyConstraint,
    Privilege,
    TableConstraint,
    TableType,
    VolumeType,
    WorkspaceBinding,
    WorkspaceBindingBindingType,
)
from mlflow import MlflowClient
from running import RunningSandbox


@pytest.fixture
def catalog(client: WorkspaceClient) -> str:
    """A catalog of the test's own, with a schema `flights`."""
    name = f"c{uuid.uuid4().hex[:8]}"
    client.catalogs.create(name)
    client.schemas.create("flights", name)
    return name


def test_a_new_catalog_has_two_schemas_and_the_provider_may_delete_default(
    client: WorkspaceClient, catalog: str
) -> None:
    assert [schema.name for schema in client.schemas.list(catalog)] == [
        "default",
        "flights",
        "information_schema",
    ]
    client.schemas.delete(f"{catalog}.default")
    client.schemas.delete(f"{catalog}.flights")
    client.catalogs.delete(catalog)
    with pytest.raises(NotFound) as error:
        client.catalogs.get(catalog)
    assert error.value.error_code == "CATALOG_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda client, catalog: client.schemas.get(f"{catalog}.nope"), "SCHEMA_DOES_NOT_EXIST"),
        (lambda client, catalog: client.schemas.get("nope.nope"), "CATALOG_DOES_NOT_EXIST"),
        (lambda client, catalog: client.schemas.create("flights", catalog), "SCHEMA_ALREADY_EXISTS"),
        (lambda client, catalog: client.catalogs.create(catalog), "CATALOG_ALREADY_EXISTS"),
        (lambda client, catalog: client.tables.get(f"{catalog}.flights.nope"), "TABLE_DOES_NOT_EXIST"),
        (lambda client, catalog: client.volumes.read(f"{catalog}.flights.nope"), "VOLUME_DOES_NOT_EXIST"),
        (lambda client, catalog: client.schemas.create("a.b", catalog), "INVALID_PARAMETER_VALUE"),
        (lambda client, catalog: client.tables.get("only.two"), "INVALID_PARAMETER_VALUE"),
    ],
)
def test_errors_carry_unity_catalogs_codes(
    client: WorkspaceClient, catalog: str, call: object, code: str
) -> None:
    assert callable(call)
    with pytest.raises(DatabricksError) as error:
        call(client, catalog)
    assert error.value.error_code == code


def test_a_schema_with_contents_is_deleted_by_force_only(
    client: WorkspaceClient, catalog: str, sandbox: RunningSandbox
) -> None:
    client.volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    _make_table(client, catalog, "delays")
    client.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay")
    with pytest.raises(BadRequest, match=r"1 tables\(s\), 1 functions\(s\), 1 volumes\(s\)"):
        client.schemas.delete(f"{catalog}.flights")
    with pytest.raises(BadRequest, match="is not empty"):
        client.catalogs.delete(catalog)
    client.catalogs.delete(catalog, force=True)
    client.catalogs.create(catalog)
    client.schemas.create("flights", catalog)
    assert list(client.tables.list(catalog, "flights")) == []
    assert list(client.registered_models.list(catalog_name=catalog, schema_name="flights")) == []
    assert not (sandbox.home.path / "tables" / catalog / "flights" / "delays").exists()


def _make_table(client: WorkspaceClient, catalog: str, name: str) -> None:
    columns = [
        ColumnInfo(name="id", type_text="bigint", nullable=False, comment="the id"),
        ColumnInfo(name="tags", type_text="map<string,array<struct<a:int,b:decimal(10,2)>>>"),
        ColumnInfo(name="day", type_text="date", partition_index=0),
    ]
    client.tables.create(
        name,
        catalog,
        "flights",
        TableType.MANAGED,
        DataSourceFormat.DELTA,
        storage_location="",
        columns=columns,
    )


def test_a_registered_table_is_an_empty_delta_table_with_its_columns(
    client: WorkspaceClient, catalog: str
) -> None:
    _make_table(client, catalog, "delays")
    table = client.tables.get(f"{catalog}.flights.delays")
    assert table.columns is not None
    assert [(column.name, column.type_text) for column in table.columns] == [
        ("id", "bigint"),
        ("tags", "map<string,array<struct<a:int,b:decimal(10,2)>>>"),
        ("day", "date"),
    ]
    assert (table.columns[0].nullable, table.columns[0].comment) == (False, "the id")
    assert table.columns[2].partition_index == 0
    assert client.tables.exists(f"{catalog}.flights.delays").table_exists
    assert not client.tables.exists(f"{catalog}.flights.nope").table_exists
    with pytest.raises(ResourceConflict):
        _make_table(client, catalog, "DELAYS")
    client.tables.delete(f"{catalog}.flights.delays")
    assert not client.tables.exists(f"{catalog}.flights.delays").table_exists


def test_what_a_killed_drop_left_is_not_taken_over(
    client: WorkspaceClient, catalog: str, sandbox: RunningSandbox
) -> None:
    _make_table(client, catalog, "delays")
    place = sandbox.home.path / "tables" / catalog / "flights" / "delays"
    kept = shutil.copytree(place, place.with_name("copy"))
    client.tables.delete(f"{catalog}.flights.delays")
    kept.rename(place)
    client.tables.create(
        "delays",
        catalog,
        "flights",
        TableType.MANAGED,
        DataSourceFormat.DELTA,
        storage_location="",
        columns=[ColumnInfo(name="other", type_text="int")],
    )
    columns = client.tables.get(f"{catalog}.flights.delays").columns or []
    assert [column.name for column in columns] == ["other"]


def test_lists_come_in_pages_without_loss(client: WorkspaceClient, catalog: str) -> None:
    for number in range(5):
        client.schemas.create(f"s{number}", catalog)
    names = [schema.name for schema in client.schemas.list(catalog, max_results=2)]
    assert names == ["default", "flights", "information_schema", *[f"s{number}" for number in range(5)]]


def test_grants_add_up_and_effective_ones_come_from_above(client: WorkspaceClient, catalog: str) -> None:
    schema = f"{catalog}.flights"
    client.grants.update(
        "catalog",
        catalog,
        changes=[PermissionsChange(principal="readers", add=[Privilege.USE_CATALOG, Privilege.SELECT])],
    )
    client.grants.update(
        "schema",
        schema,
        changes=[
            PermissionsChange(principal="readers", add=[Privilege.USE_SCHEMA]),
            PermissionsChange(principal="jobs", add=[Privilege.ALL_PRIVILEGES]),
        ],
    )
    client.grants.update(
        "schema", schema, changes=[PermissionsChange(principal="jobs", remove=[Privilege.MODIFY])]
    )
    direct = client.grants.get("schema", schema).privilege_assignments
    assert direct is not None
    assert {each.principal: each.privileges for each in direct} == {
        "readers": [Privilege.USE_SCHEMA],
        "jobs": [Privilege.ALL_PRIVILEGES],
    }
    effective = client.grants.get_effective("schema", schema, principal="readers").privilege_assignments
    assert effective is not None
    assert effective[0].privileges is not None
    found = {each.privilege: each.inherited_from_name for each in effective[0].privileges}
    assert found[Privilege.USE_SCHEMA] is None
    assert found[Privilege.SELECT] == catalog


def test_a_wrong_privilege_changes_nothing(client: WorkspaceClient, catalog: str) -> None:
    changes = [
        PermissionsChange(principal="a", add=[Privilege.USE_SCHEMA]),
        PermissionsChange(principal="b", add=[Privilege.CREATE_CATALOG]),
    ]
    with pytest.raises(BadRequest, match="CREATE_CATALOG is not applicable"):
        client.grants.update("schema", f"{catalog}.flights", changes=changes)
    assert client.grants.get("schema", f"{catalog}.flights").privilege_assignments == []


def test_grantees_and_owners_are_the_accounts(client: WorkspaceClient, catalog: str) -> None:
    local = f"local-{catalog}"
    client.groups.create(display_name=local)
    for group in ("users", "admins", local):
        change = PermissionsChange(principal=group, add=[Privilege.USE_CATALOG])
        with pytest.raises(NotFound, match=f"Could not find principal with name {group}"):
            client.grants.update("catalog", catalog, changes=[change])
        with pytest.raises(NotFound, match="Could not find principal"):
            client.catalogs.update(catalog, owner=group)
    client.grants.update(
        "catalog",
        catalog,
        changes=[PermissionsChange(principal="account users", add=[Privilege.USE_CATALOG])],
    )


def test_an_isolated_catalog_keeps_its_bindings(client: WorkspaceClient, catalog: str) -> None:
    assert client.catalogs.update(catalog, isolation_mode=CatalogIsolationMode.ISOLATED).isolation_mode
    bind = client.workspace_bindings
    both = [WorkspaceBinding(1, WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE), WorkspaceBinding(2)]
    bind.update_bindings("catalog", catalog, add=both)
    read_only = WorkspaceBinding(2, WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY)
    bind.update_bindings("catalog", catalog, add=[read_only])
    # Create-first replacement: what is removed has another type already, and stays.
    bind.update_bindings("catalog", catalog, remove=[WorkspaceBinding(2, both[0].binding_type)])
    bind.update(catalog, unassign_workspaces=[1])
    assert list(bind.get_bindings("catalog", catalog)) == [read_only]


def test_models_aliases_and_versions_agree_with_mlflow(
    client: WorkspaceClient,
    catalog: str,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    name = f"{catalog}.flights.delay"
    model = client.registered_models.create(
        catalog_name=catalog, schema_name="flights", name="delay", comment="minutes"
    )
    assert (model.full_name, model.comment) == (name, "minutes")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", sandbox.token)
    registry = MlflowClient(sandbox.url, sandbox.url)
    assert registry.get_registered_model(name).description == "minutes"
    (tmp_path / "MLmodel").write_text("flavors: {}")
    logged = registry.create_logged_model("0", "model")
    registry.log_model_artifact(logged.model_id, str(tmp_path / "MLmodel"))
    registry.create_model_version(name, logged.model_uri, model_id=logged.model_id)
    run = registry.create_run("0")
    registry.log_text(run.info.run_id, "flavors: {}", "model/MLmodel")
    registry.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    for version in (1, 2):
        location = client.model_versions.get(name, version).storage_location
        assert location is not None
        assert Path(unquote(urlsplit(location).path), "MLmodel").is_file()
    registry.set_registered_model_alias(name, "challenger", "2")
    client.registered_models.set_alias(name, "champion", 1)
    assert not client.registered_models.get(name).aliases
    told = client.registered_models.get(name, include_aliases=True).aliases or []
    assert {each.alias_name: each.version_num for each in told} == {"challenger": 2, "champion": 1}
    assert int(registry.get_model_version_by_alias(name, "champion").version) == 1
    assert client.model_versions.get_by_alias(name, "challenger").version == 2
    assert [known.version for known in client.model_versions.list(name)] == [2, 1]
    client.registered_models.delete_alias(name, "champion")
    with pytest.raises(NotFound):
        client.model_versions.get_by_alias(name, "champion")
    renamed = client.registered_models.update(name, new_name="delay2", comment="other")
    assert (renamed.full_name, renamed.comment) == (f"{catalog}.flights.delay2", "other")
    client.registered_models.delete(f"{catalog}.flights.delay2")
    with pytest.raises(NotFound):
        client.registered_models.get(name)


def test_files_of_a_volume_come_back_and_never_leave_it(client: WorkspaceClient, catalog: str) -> None:
    client.volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    root = f"/Volumes/{catalog}/flights/landing"
    content = b'[1, "not an object"]'
    client.files.upload(f"{root}/a folder/x.json", io.BytesIO(content))
    with pytest.raises(ResourceConflict):
        client.files.upload(f"{root}/a folder/x.json", io.BytesIO(b""), overwrite=False)
    answer = client.files.download(f"{root}/a folder/x.json").contents
    assert answer is not None
    assert answer.read() == content
    assert [entry.name for entry in client.files.list_directory_contents(root)] == ["a folder"]
    assert client.files.get_metadata(f"{root}/a folder/x.json").content_length == len(content)
    with pytest.raises(PermissionDenied):
        client.api_client.do("GET", f"/api/2.0/fs/files{root}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/token")
    client.files.delete(f"{root}/a folder/x.json")
    client.files.delete_directory(f"{root}/a folder")
    with pytest.raises(NotFound):
        client.files.download(f"{root}/a folder/x.json")


def test_acknowledged_securables_survive_a_kill(new_sandbox: RunningSandbox) -> None:
    client = new_sandbox.workspace()
    client.catalogs.create("kept")
    client.schemas.create("flights", "kept")
    _make_table(client, "kept", "delays")
    new_sandbox.kill()
    new_sandbox.start_again()
    client = new_sandbox.workspace()
    table = client.tables.get("kept.flights.delays")
    assert table.columns is not None
    assert len(table.columns) == 3


def test_a_primary_key_needs_columns_that_are_never_null(client: WorkspaceClient, catalog: str) -> None:
    name = f"{catalog}.flights.features"
    columns = [
        ColumnInfo(name=column, type_text=kind, nullable=column == "temp", position=place)
        for place, (column, kind) in enumerate([("id", "string"), ("at", "timestamp"), ("temp", "double")])
    ]
    client.api_client.do(
        "POST",
        "/api/2.1/unity-catalog/tables",
        body={
            "catalog_name": catalog, "schema_name": "flights", "name": "features", "table_type": "MANAGED",
            "data_source_format": "DELTA", "columns": [column.as_dict() for column in columns],
        },
    )  # fmt: skip

    def declare(*child_columns: str) -> None:
        key = PrimaryKeyConstraint("pk", list(child_columns), timeseries_columns=["at"])
        client.table_constraints.create(name, TableConstraint(primary_key_constraint=key))

    with pytest.raises(BadRequest, match="`temp` is nullable"):
        declare("at", "temp")
    with pytest.raises(BadRequest, match="has no column 'nope'"):
        declare("at", "nope")
    declare("id", "at")
    with pytest.raises(ResourceConflict, match="already exists"):
        declare("id", "at")
    kept = client.tables.get(name).table_constraints or []
    assert kept[0].primary_key_constraint is not None
    assert kept[0].primary_key_constraint.timeseries_columns == ["at"]
    client.table_constraints.delete(name, "pk", cascade=False)
    assert not client.tables.get(name).table_constraints
