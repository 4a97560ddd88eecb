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
from pulumi_databricks_mlops.code_bundle import CodeBundle, CodeBundleArgs
from pulumi_databricks_mlops.ml_job import MlJob
from pulumi_databricks_mlops.model_catalog import ModelCatalog
from pulumi_databricks_mlops.model_monitor import ModelMonitor
from pulumi_databricks_mlops.monitor_alerts import pause
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
from pulumi_databricks_mlops.project_args import MlProjectArgs, ProjectJobArgs
from pulumi_databricks_mlops.project_checks import endpoint_name, schema_name
from pulumi_databricks_mlops.project_jobs import Place, job_args
from pulumi_databricks_mlops.secret_store import SecretStore
from pulumi_databricks_mlops.serving_args import ServingEndpointArgs
from pulumi_databricks_mlops.serving_endpoint import ServingEndpoint
from pulumi_databricks_mlops.tables import declare_table


class MlProject(pulumi.ComponentResource):
    """One ML project in one environment."""

    summary: pulumi.Output[dict[str, Any]]
    """jobs and job_names by job, model, endpoint, endpoint_url, inference_table, experiment_id,
    monitor_table, code_hash; only what the project has."""

    def __init__(self, name: str, args: MlProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        job_order = project_checks.check(name, args)
        super().__init__("databricks-mlops:index:MlProject", name, {}, opts)
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
        jobs: dict[str, MlJob] = {}
        for job in job_order:
            jobs[job] = self._make_job(job, args.get("jobs", {})[job], jobs)
        told["jobs"] = {job: made.job_id for job, made in jobs.items()}
        told["job_names"] = {job: made.job_name for job, made in jobs.items()}
        self.summary = pulumi.Output.all(**told).apply(dict)
        self.register_outputs({"summary": self.summary})

    def _make_data(self, told: dict[str, pulumi.Input[Any]]) -> None:
        args, model = self._args, self._args.get("model")
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
                        "models": {model["name"]: {"comment": model.get("comment", "")}} if model else {},
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
        if model:
            key = f"{schema}.{model['name']}"
            told["model"] = data.models.apply(lambda full: full[key])

    def _make_folder(self, told: dict[str, pulumi.Input[Any]]) -> None:
        args = self._args
        folder = databricks.Directory(
            f"{self._name}-folder",
            path=pulumi.Output.concat(args["workspace_folder"], "/", args["project"]),
            delete_recursive=True,
            opts=self._children,
        )
        experiment = databricks.MlflowExperiment(
            f"{self._name}-experiment",
            name=pulumi.Output.concat(folder.path, "/experiment"),
            opts=self._children,
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
        for table, wanted in sorted(args.get("tables", {}).items()):
            if table != monitored:
                declare_table(
                    f"{self._name}-{table}",
                    table,
                    wanted,
                    catalog=self._catalog,
                    schema=self._schema,
                    warehouse_id=args["warehouse_id"],
                    opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
                )

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
        args = self._args
        if "serving" not in args:
            return
        wanted = dict(args["serving"])
        logged = wanted.pop("inference_table", False)
        endpoint: ServingEndpointArgs = {
            "endpoint_name": endpoint_name(args),
            "tags": self._tags,
            "roles": args.get("roles", {}),
            "protect": args.get("protect", False),
            **wanted,  # type: ignore[typeddict-item]
        }
        if logged:
            endpoint["inference_table"] = {
                "catalog": self._catalog,
                "schema": self._schema,
                "prefix": endpoint["endpoint_name"].replace("-", "_"),
            }
        if "workspace_url" in args:
            endpoint["workspace_url"] = args["workspace_url"]
        # An endpoint with keys of other providers reads them when it is made.
        after = [self._secrets] if self._secrets and "served_entities" in endpoint else []
        options = pulumi.ResourceOptions(parent=self, depends_on=after)
        made = ServingEndpoint(f"{self._name}-serving", endpoint, options)
        told["endpoint"], told["endpoint_url"] = made.endpoint_name, made.url
        if logged:
            told["inference_table"] = made.inference_table

    def _make_monitor(self, told: dict[str, pulumi.Input[Any]]) -> None:
        args = self._args
        if "monitor" not in args:
            return
        monitor: ModelMonitorArgs = {
            **args["monitor"],  # type: ignore[typeddict-item]
            "catalog": self._catalog,
            "schema": self._schema,
            "assets_dir": pulumi.Output.concat("/Workspace", self._folder, "/monitor"),
            "folder": pulumi.Output.concat("/Workspace", self._folder),
            "protect": args.get("protect", False),
        }
        if args.get("pause_schedules", False):
            pause(monitor)
        runner = args.get("roles", {}).get("runner")
        if runner is not None:
            monitor["run_as"] = runner
        if "warehouse_id" in args:
            monitor["warehouse_id"] = args["warehouse_id"]
        declared = args.get("tables", {}).get(monitor["table"])
        if declared is not None:
            monitor["declare"] = declared
        made = ModelMonitor(f"{self._name}-monitoring", monitor, self._children)
        told["monitor_table"] = made.table

    def _make_job(self, job: str, wanted: ProjectJobArgs, jobs: dict[str, MlJob]) -> MlJob:
        known = {name: made.job_id for name, made in jobs.items()}
        place = Place(self._prefix, self._root, self._catalog, self._schema, self._tags)
        made = job_args(job, wanted, self._args, place, known)
        return MlJob(f"{self._name}-{job}", made, self._children)
