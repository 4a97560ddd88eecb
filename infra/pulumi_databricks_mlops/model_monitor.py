"""ModelMonitor: a table, usually the inference log, the quality monitor on it, its alerts and a dashboard.

Owns the monitored table when its columns are given, so that both come up before the first row; jobs append
to it. Does not own the metric tables, which the monitor makes, nor what happens on drift, which is a job.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import monitor_checks, monitor_forms
from pulumi_databricks_mlops.monitor_alerts import declare_alerts, parent_path
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
from pulumi_databricks_mlops.monitor_dashboard import definition
from pulumi_databricks_mlops.provided import handed_down
from pulumi_databricks_mlops.tables import declare_table


class ModelMonitor(pulumi.ComponentResource):
    """The monitored table and its monitor."""

    table: pulumi.Output[str]
    """Full name of the monitored table."""
    profile_table: pulumi.Output[str]
    """Full name of the table of profile metrics."""
    drift_table: pulumi.Output[str]
    """Full name of the table of drift metrics."""
    alerts: pulumi.Output[dict[str, str]]
    """IDs of the alerts by name."""
    dashboard_id: pulumi.Output[str]
    """The ID of our dashboard; empty without one."""

    def __init__(self, name: str, args: ModelMonitorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        monitor_checks.check(name, args)
        super().__init__("databricks-mlops:index:ModelMonitor", name, {}, handed_down(opts))
        self._name, self._args = name, args
        self._children = pulumi.ResourceOptions(parent=self)
        made = self._declared()
        if made is None:
            self.table = pulumi.Output.concat(args["catalog"], ".", args["schema"], ".", args["table"])
        else:
            self.table = pulumi.Output.concat(made.catalog_name, ".", made.schema_name, ".", made.name)
        if args.get("api", "quality") == "quality":
            self._quality_monitor()
        else:
            self._data_quality_monitor(made)
        metrics = (self.profile_table, self.drift_table)
        alerts = declare_alerts(name, args, self.table, metrics, self._children)
        self.alerts = pulumi.Output.all(**alerts).apply(dict)
        self.dashboard_id = self._dashboard()
        self.register_outputs(
            {
                "table": self.table,
                "profile_table": self.profile_table,
                "drift_table": self.drift_table,
                "alerts": self.alerts,
                "dashboard_id": self.dashboard_id,
            }
        )

    def _declared(self) -> databricks.SqlTable | None:
        args, protect = self._args, self._args.get("protect", False)
        if "declare" not in args:
            return None
        return declare_table(
            f"{self._name}-table",
            args["table"],
            args["declare"],
            catalog=args["catalog"],
            schema=args["schema"],
            warehouse_id=args["warehouse_id"],
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )

    def _quality_monitor(self) -> None:
        monitor = databricks.QualityMonitor(
            f"{self._name}-monitor",
            **monitor_forms.quality_monitor(self._args, self.table),
            # The provider does not see that another table is another monitor.
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, replace_on_changes=["tableName"]
            ),
        )
        self.profile_table = monitor.profile_metrics_table_name
        self.drift_table = monitor.drift_metrics_table_name

    def _data_quality_monitor(self, made: databricks.SqlTable | None) -> None:
        args = self._args
        asked = pulumi.InvokeOutputOptions(parent=self)
        schema_id, table_id = args.get("schema_id"), args.get("table_id")
        if schema_id is None:
            full = pulumi.Output.concat(args["catalog"], ".", args["schema"])
            found = databricks.get_schema_output(name=full, opts=asked)
            schema_id = found.schema_info.apply(lambda info: str(info.schema_id))
        if made is not None:
            table_id = made.table_id
        elif table_id is None:
            known = databricks.get_table_output(name=self.table, opts=asked)
            table_id = known.table_info.apply(lambda info: str(info.table_id))
        databricks.DataQualityMonitor(
            f"{self._name}-data-quality",
            object_type="table",
            object_id=table_id,
            data_profiling_config=monitor_forms.data_profiling(args, schema_id),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        # The API names them when the first refresh is over, and always so.
        self.profile_table = pulumi.Output.concat(self.table, "_profile_metrics")
        self.drift_table = pulumi.Output.concat(self.table, "_drift_metrics")

    def _dashboard(self) -> pulumi.Output[str]:
        args = self._args
        if not args.get("own_dashboard", False):
            return pulumi.Output.from_input("")
        shown = pulumi.Output.all(self.profile_table, self.drift_table).apply(
            lambda names: definition(args, *names)
        )
        made = databricks.Dashboard(
            f"{self._name}-dashboard",
            display_name=pulumi.Output.concat(self.table, " quality"),
            parent_path=parent_path(args),
            warehouse_id=args["warehouse_id"],
            serialized_dashboard=shown,
            dataset_catalog=args["catalog"],
            dataset_schema=args["schema"],
            # Who looks at it sees what their own grants allow.
            embed_credentials=False,
            opts=self._children,
        )
        return made.dashboard_id
