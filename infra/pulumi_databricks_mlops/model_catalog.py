"""ModelCatalog: a catalog, its schemas, volumes and registered models, and who may use them.

Owns the securables that it makes and all grants of each (`Grants` is authoritative: another writer of the
same securable would fight it). Does not own tables, which belong to who fills them, nor model versions and
aliases, which belong to jobs, nor a catalog or schema that it adopts: it names those and never changes them.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import grants
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.roles import RolesArgs


class VolumeArgs(TypedDict):
    """A volume of a schema."""

    comment: NotRequired[str]
    """What it holds."""
    storage_location: NotRequired[pulumi.Input[str]]
    """Cloud URL of an external volume; without it the volume is managed."""


class RegisteredModelArgs(TypedDict):
    """A registered model of a schema."""

    comment: NotRequired[str]
    """What it predicts."""


class SchemaArgs(TypedDict):
    """A schema of the catalog."""

    comment: NotRequired[str]
    """What it holds."""
    adopt: NotRequired[bool]
    """True: the schema exists already; its grants and its deletion are not ours. Default: false."""
    storage_root: NotRequired[pulumi.Input[str]]
    """Cloud URL for its managed tables; default: the catalog's."""
    volumes: NotRequired[dict[str, VolumeArgs]]
    """By name."""
    models: NotRequired[dict[str, RegisteredModelArgs]]
    """By name."""


class ModelCatalogArgs(TypedDict):
    """What a ModelCatalog is made of."""

    catalog: pulumi.Input[str]
    """The catalog's name."""
    adopt: NotRequired[bool]
    """True: the catalog exists already; its grants and its deletion are not ours. Default: false."""
    isolated: NotRequired[bool]
    """True: only workspaces that it is bound to see the catalog. Default: false."""
    storage_root: NotRequired[pulumi.Input[str]]
    """Cloud URL for managed data; default: the metastore's."""
    comment: NotRequired[str]
    """What the catalog holds."""
    properties: NotRequired[dict[str, str]]
    """Key-value properties of the catalog."""
    schemas: NotRequired[dict[str, SchemaArgs]]
    """By name."""
    roles: NotRequired[RolesArgs]
    """Who may use what is made here."""
    protect: NotRequired[bool]
    """True: `destroy` refuses, and what leaves the program stays in the workspace. Default: false."""


class ModelCatalog(pulumi.ComponentResource):
    """Catalog, schemas, volumes, registered models and grants."""

    catalog: pulumi.Output[str]
    """The catalog's name."""
    schemas: pulumi.Output[dict[str, str]]
    """Full name by schema name."""
    models: pulumi.Output[dict[str, str]]
    """Full name by `schema.model`."""

    def __init__(self, name: str, args: ModelCatalogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:ModelCatalog", name, {}, opts)
        self._name, self._args = name, args
        protect = args.get("protect", False)
        self._kept = pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect)
        self._destroyable = not protect
        self._models: dict[str, pulumi.Output[str]] = {}
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
        made = databricks.Catalog(
            f"{self._name}-catalog",
            name=args["catalog"],
            comment=args.get("comment"),
            isolation_mode="ISOLATED" if args.get("isolated", False) else "OPEN",
            storage_root=args.get("storage_root"),
            properties=args.get("properties"),
            force_destroy=self._destroyable,
            opts=self._kept,
        )
        self._grant("catalog", grants(role.CATALOG, args.get("roles")), catalog=made.name)
        return made.name

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
    for setting in ("storage_root", "comment", "properties", "isolated"):
        if args.get("adopt", False) and args.get(setting):
            problems.add(f"{setting} is given for an adopted catalog, which is not changed: leave it out.")
    for schema, wanted in args.get("schemas", {}).items():
        problems.require_name("The schema", schema, UC_NAME, UC_RIGHT)
        for volume in wanted.get("volumes", {}):
            problems.require_name(f"The volume of {schema}", volume, UC_NAME, UC_RIGHT)
        for model in wanted.get("models", {}):
            problems.require_name(f"The model of {schema}", model, UC_NAME, UC_RIGHT)
    role.check(problems, args.get("roles"))
    problems.raise_any()
