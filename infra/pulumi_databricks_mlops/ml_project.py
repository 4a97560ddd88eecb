"""MlProject: everything that one ML project has in one environment.

Composes schema, registered model, secrets, experiment, code, tables, jobs, endpoint and monitor. Owns the
experiment, the project's workspace folder and the tables that no monitor owns. Does not own the catalog
and the warehouse: those are its environment's.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import project_checks
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.catalog_args import RegisteredModelArgs
from pulumi_databricks_mlops.code_bundle import CodeBundle, CodeBundleArgs
from pulumi_databricks_mlops.feature_store import FeatureStore
from pulumi_databricks_mlops.ml_job import MlJob
from pulumi_databricks_mlops.model_catalog import ModelCatalog
from pulumi_databricks_mlops.model_monitor import ModelMonitor
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.project_checks import schema_name
from pulumi_databricks_mlops.project_jobs import Place, job_args
from pulumi_databricks_mlops.project_parts import (
    FEATURE_JOB,
    Home,
    endpoint_args,
    feature_args,
    found_baseline,
    monitor_args,
    project_tables,
    search_args,
)
from pulumi_databricks_mlops.protection import Protection
from pulumi_databricks_mlops.provided import handed_down
from pulumi_databricks_mlops.secret_store import SecretStore
from pulumi_databricks_mlops.serving_endpoint import ServingEndpoint
from pulumi_databricks_mlops.tables import declare_table
from pulumi_databricks_mlops.vector_search import VectorSearch


class MlProject(pulumi.ComponentResource):
    """One ML project in one environment."""

    summary: pulumi.Output[dict[str, Any]]
    """jobs and job_names by job, model, endpoint, endpoint_url, inference_table, experiment_id,
    monitor_table, alerts, dashboard, feature_tables, online_store, search_endpoint, search_indexes,
    code_hash; only what the project has."""

    def __init__(self, name: str, args: MlProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        job_order = project_checks.check(name, args)
        super().__init__("databricks-mlops:index:MlProject", name, {}, handed_down(opts))
        self._name, self._args = name, args
        self._children = pulumi.ResourceOptions(parent=self)
        self._prefix = f"{args['environment']}-{args['project']}"
        self._tags = {"environment": args["environment"], "project": args["project"], **args.get("tags", {})}
        self._schema_name = schema_name(args)
        self._secrets: SecretStore | None = None
        told: dict[str, pulumi.Input[Any]] = {}
        self._make_data(told)
        self._make_folder(told)
        self._make_tables()
        self._make_secrets()
        self._make_endpoint(told)
        self._make_monitor(told)
        self._make_search(told)
        self._make_jobs(told, job_order)
        Protection(self, name, protect=args.get("protect", False))
        self.summary = pulumi.Output.all(**told).apply(dict)
        self.register_outputs({"summary": self.summary})

    def _make_data(self, told: dict[str, pulumi.Input[Any]]) -> None:
        args, model = self._args, self._args.get("model")
        models: dict[str, RegisteredModelArgs] = {}
        if model:
            models[model["name"]] = {"comment": model["comment"]} if "comment" in model else {}
        data = ModelCatalog(
            f"{self._name}-data",
            {
                "catalog": args["catalog"],
                "adopt": True,
                "schemas": {
                    self._schema_name: {
                        "comment": f"{args['project']} in {args['environment']}",
                        "adopt": args.get("adopt_schema", False),
                        "volumes": args.get("volumes", {}),
                        "models": models,
                    }
                },
                "roles": args.get("roles", {}),
                "protect": args.get("protect", False),
            },
            self._children,
        )
        schema = self._schema_name
        self._catalog = data.schemas.apply(lambda full: full[schema].split(".")[0])
        self._schema = data.schemas.apply(lambda full: full[schema].split(".")[1])
        self._schema_id = data.schema_ids.get(schema)
        if model:
            key = f"{schema}.{model['name']}"
            told["model"] = data.models.apply(lambda full: full[key])

    def _make_folder(self, told: dict[str, pulumi.Input[Any]]) -> None:
        args, protect = self._args, self._args.get("protect", False)
        # The runs are where the models come from, and go with their experiment or its folder.
        kept = pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect)
        folder = databricks.Directory(
            f"{self._name}-folder",
            path=pulumi.Output.concat(args["workspace_folder"], "/", args["project"]),
            delete_recursive=True,
            opts=kept,
        )
        experiment = databricks.MlflowExperiment(
            f"{self._name}-experiment",
            name=pulumi.Output.concat(folder.path, "/experiment"),
            opts=kept,
        )
        self._permit("experiment", role.EXPERIMENT, experiment_id=experiment.experiment_id)
        self._permit("folder", role.FOLDER, directory_path=folder.path)
        bundle: CodeBundleArgs = {
            "folder": args["folder"],
            "path": pulumi.Output.concat(folder.path, "/code"),
        }
        if "include" in args:
            bundle["include"] = args["include"]
        code = CodeBundle(f"{self._name}-code", bundle, self._children)
        self._folder, self._root = folder.path, code.root
        told["experiment_id"], told["code_hash"] = experiment.experiment_id, code.content_hash

    def _permit(self, part: str, matrix: dict[str, str], **target: Any) -> None:
        rules = access_controls(matrix, self._args.get("roles"))
        if rules:
            databricks.Permissions(
                f"{self._name}-{part}-permissions", access_controls=rules, opts=self._children, **target
            )

    def _make_tables(self) -> None:
        args, protect = self._args, self._args.get("protect", False)
        monitored = args["monitor"]["table"] if "monitor" in args else None
        self._tables = [
            declare_table(
                f"{self._name}-{table}",
                table,
                wanted,
                catalog=self._catalog,
                schema=self._schema,
                warehouse_id=args["warehouse_id"],
                opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
            )
            for table, wanted in sorted(project_tables(args).items())
            if table != monitored
        ]
        self._followed: list[pulumi.Resource] = [*self._tables]

    def _make_secrets(self) -> None:
        args = self._args
        if args.get("secrets"):
            self._secrets = SecretStore(
                f"{self._name}-secrets",
                {
                    "scope": self._prefix,
                    "secrets": args["secrets"],
                    "roles": args.get("roles", {}),
                    "protect": args.get("protect", False),
                },
                self._children,
            )

    def _make_endpoint(self, told: dict[str, pulumi.Input[Any]]) -> None:
        if "serving" not in self._args:
            return
        wanted = endpoint_args(self._args, self._home())
        # An endpoint with keys of other providers reads them when it is made.
        after = [self._secrets] if self._secrets and "served_entities" in wanted else []
        options = pulumi.ResourceOptions(parent=self, depends_on=after)
        made = ServingEndpoint(f"{self._name}-serving", wanted, options)
        told["endpoint"], told["endpoint_url"] = made.endpoint_name, made.url
        if "inference_table" in wanted:
            told["inference_table"] = made.inference_table

    def _make_monitor(self, told: dict[str, pulumi.Input[Any]]) -> None:
        if "monitor" not in self._args:
            return
        wanted = monitor_args(self._args, self._home())
        if "baseline_table" in wanted:
            wanted["baseline_table"] = found_baseline(self._args, self._home(), self)
        if self._schema_id is not None:
            wanted["schema_id"] = self._schema_id
        options = pulumi.ResourceOptions(parent=self, depends_on=self._tables)
        made = ModelMonitor(f"{self._name}-monitoring", wanted, options)
        self._followed.append(made)
        told["monitor_table"] = made.table
        if "alerts" in self._args["monitor"]:
            told["alerts"] = made.alerts
        if self._args["monitor"].get("own_dashboard", False):
            told["dashboard"] = made.dashboard_id

    def _make_features(self, told: dict[str, pulumi.Input[Any]], jobs: dict[str, pulumi.Output[str]]) -> None:
        if "features" not in self._args:
            return
        wanted = feature_args(self._args, self._home())
        made = FeatureStore(f"{self._name}-features", wanted, self._children)
        if "tables" in wanted:
            jobs[FEATURE_JOB] = made.job_id
            told["feature_tables"] = made.tables
        if "online_store" in wanted:
            told["online_store"] = made.online_store

    def _make_search(self, told: dict[str, pulumi.Input[Any]]) -> None:
        if "search" in self._args:
            wanted = search_args(self._args, self._home())
            options = pulumi.ResourceOptions(parent=self, depends_on=self._followed)
            made = VectorSearch(f"{self._name}-search", wanted, options)
            told["search_endpoint"], told["search_indexes"] = made.endpoint_name, made.indexes

    def _home(self) -> Home:
        return Home(self._prefix, self._folder, self._catalog, self._schema, self._tags)

    def _make_jobs(self, told: dict[str, pulumi.Input[Any]], order: list[str]) -> None:
        ids: dict[str, pulumi.Output[str]] = {}
        self._make_features(told, ids)
        names: dict[str, pulumi.Input[str]] = {job: f"{self._prefix}-{job}" for job in ids}
        place = Place(self._prefix, self._root, self._catalog, self._schema, self._tags)
        for job in order:
            wanted = job_args(job, self._args.get("jobs", {})[job], self._args, place, ids)
            made = MlJob(f"{self._name}-{job}", wanted, self._children)
            ids[job], names[job] = made.job_id, made.job_name
        told["jobs"], told["job_names"] = ids, names
