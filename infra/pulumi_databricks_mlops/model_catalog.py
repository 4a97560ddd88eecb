"""ModelCatalog: a catalog with its storage, schemas, volumes and registered models, and who may use them.

Owns the securables that it makes and all grants of each (`Grants` is authoritative: another writer of the
same securable would fight it). Does not own tables, which belong to who fills them, nor model versions and
aliases, which belong to jobs, nor a catalog or schema that it adopts: it names those and never changes them.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import catalog_storage
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import grants
from pulumi_databricks_mlops.catalog_args import ModelCatalogArgs, RegisteredModelArgs, SchemaArgs, VolumeArgs
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.provided import handed_down


class ModelCatalog(pulumi.ComponentResource):
    """Catalog, schemas, volumes, registered models and grants."""

    catalog: pulumi.Output[str]
    """The catalog's name."""
    schemas: pulumi.Output[dict[str, str]]
    """Full name by schema name."""
    schema_ids: dict[str, pulumi.Output[str]]
    """The IDs of the schemas that are made here, by name."""
    models: pulumi.Output[dict[str, str]]
    """Full name by `schema.model`."""

    def __init__(self, name: str, args: ModelCatalogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:ModelCatalog", name, {}, handed_down(opts))
        self._name, self._args = name, args
        protect = args.get("protect", False)
        self._kept = pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect)
        self._destroyable = not protect
        self._models: dict[str, pulumi.Output[str]] = {}
        self.schema_ids = {}
        self.catalog = self._make_catalog()
        schemas = {
            schema: self._make_schema(schema, wanted)
            for schema, wanted in sorted(args.get("schemas", {}).items())
        }
        self.schemas = pulumi.Output.all(**schemas).apply(dict)
        self.models = pulumi.Output.all(**self._models).apply(dict)
        self.register_outputs({"catalog": self.catalog, "schemas": self.schemas, "models": self.models})

    def _grant(self, part: str, rules: list[databricks.GrantsGrantArgs], **securable: Any) -> None:
        if rules:
            options = pulumi.ResourceOptions(parent=self)
            databricks.Grants(f"{self._name}-{part}-grants", grants=rules, opts=options, **securable)

    def _make_catalog(self) -> pulumi.Output[str]:
        args = self._args
        if args.get("adopt", False):
            return pulumi.Output.from_input(args["catalog"])
        storage_root = self._storage_root()
        # Where nothing says where the data is, it stays: another place would be another catalog.
        stays = pulumi.ResourceOptions(ignore_changes=["storage_root"] if storage_root is None else None)
        made = databricks.Catalog(
            f"{self._name}-catalog",
            name=args["catalog"],
            comment=args.get("comment"),
            isolation_mode="ISOLATED" if args.get("isolated", False) else "OPEN",
            storage_root=storage_root,
            properties=args.get("properties"),
            force_destroy=self._destroyable,
            opts=pulumi.ResourceOptions.merge(self._kept, stays),
        )
        self._grant("catalog", grants(role.CATALOG, args.get("roles")), catalog=made.name)
        for workspace, binding in sorted(args.get("workspaces", {}).items()):
            access = "READ_ONLY" if binding.get("read_only", False) else "READ_WRITE"
            databricks.WorkspaceBinding(
                f"{self._name}-catalog-in-{workspace}",
                securable_type="catalog",
                securable_name=made.name,
                workspace_id=binding["workspace_id"],
                binding_type=f"BINDING_TYPE_{access}",
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        return made.name

    def _storage_root(self) -> pulumi.Input[str] | None:
        args = self._args
        if "storage" not in args:
            return args.get("storage_root")
        return catalog_storage.declare_storage(
            f"{self._name}-storage", args["catalog"], args["storage"], self._kept
        )

    def _make_schema(self, schema: str, wanted: SchemaArgs) -> pulumi.Output[str]:
        full: pulumi.Output[str]
        if wanted.get("adopt", False):
            full, last = pulumi.Output.concat(self.catalog, ".", schema), pulumi.Output.from_input(schema)
        else:
            made = databricks.Schema(
                f"{self._name}-{schema}",
                name=schema,
                catalog_name=self.catalog,
                comment=wanted.get("comment"),
                storage_root=wanted.get("storage_root"),
                force_destroy=self._destroyable,
                opts=self._kept,
            )
            full, last = pulumi.Output.concat(made.catalog_name, ".", made.name), made.name
            self.schema_ids[schema] = made.schema_id
            self._grant(schema, grants(role.SCHEMA, self._args.get("roles")), schema=full)
        self._make_volumes(schema, last, wanted.get("volumes", {}))
        self._make_models(schema, last, wanted.get("models", {}))
        return full

    def _make_volumes(self, schema: str, within: pulumi.Output[str], volumes: dict[str, VolumeArgs]) -> None:
        for volume, wanted in sorted(volumes.items()):
            location = wanted.get("storage_location")
            databricks.Volume(
                f"{self._name}-{schema}-{volume}",
                name=volume,
                catalog_name=self.catalog,
                schema_name=within,
                volume_type="MANAGED" if location is None else "EXTERNAL",
                storage_location=location,
                comment=wanted.get("comment"),
                opts=self._kept,
            )

    def _make_models(
        self, schema: str, within: pulumi.Output[str], models: dict[str, RegisteredModelArgs]
    ) -> None:
        for model, wanted in sorted(models.items()):
            made = databricks.RegisteredModel(
                f"{self._name}-{schema}-{model}",
                name=model,
                catalog_name=self.catalog,
                schema_name=within,
                comment=wanted.get("comment"),
                opts=self._kept,
            )
            self._grant(f"{schema}-{model}", grants(role.MODEL, self._args.get("roles")), model=made.id)
            self._models[f"{schema}.{model}"] = made.id


def _check(name: str, args: ModelCatalogArgs) -> None:
    problems = Problems(f"ModelCatalog {name}")
    problems.require_name("The catalog", args["catalog"], UC_NAME, UC_RIGHT)
    catalog_storage.check(problems, args)
    for setting in ("storage_root", "storage", "comment", "properties", "isolated", "workspaces"):
        if args.get("adopt", False) and args.get(setting):
            problems.add(f"{setting} is given for an adopted catalog, which is not changed: leave it out.")
    for schema, wanted in args.get("schemas", {}).items():
        problems.require_name("The schema", schema, UC_NAME, UC_RIGHT)
        for volume in wanted.get("volumes", {}):
            problems.require_name(f"The volume of {schema}", volume, UC_NAME, UC_RIGHT)
        for model in wanted.get("models", {}):
            problems.require_name(f"The model of {schema}", model, UC_NAME, UC_RIGHT)
    role.check_grantees(problems, args.get("roles"))
    problems.raise_any()
