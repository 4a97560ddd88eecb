"""A monitor in the terms of both APIs: quality monitors, and data profiling of the data-quality API."""

import json
from typing import Any

import pulumi

from pulumi_databricks_mlops.monitor_args import CustomMetricArgs, ModelMonitorArgs
from pulumi_databricks_mlops.provided import Provided, present

_SIMPLE = {"boolean", "date", "double", "float", "integer", "long", "string", "timestamp"}


def quality_monitor(args: ModelMonitorArgs, table: pulumi.Output[str]) -> Provided:
    """The arguments of a QualityMonitor."""
    made = _shared(args)
    lengths = args.get("granularities", ["1 day"])
    if "problem" in args:
        made["inference_log"] = present(
            problem_type=f"PROBLEM_TYPE_{args['problem'].upper()}",
            timestamp_col=args["timestamp"],
            prediction_col=args["prediction"],
            model_id_col=args["model_id"],
            label_col=args.get("label"),
            prediction_proba_col=args.get("prediction_proba"),
            granularities=lengths,
        )
    elif "timestamp" in args:
        made["time_series"] = {"timestamp_col": args["timestamp"], "granularities": lengths}
    return {
        **made,
        **present(
            table_name=table,
            output_schema_name=pulumi.Output.concat(args["catalog"], ".", args["schema"]),
            custom_metrics=_custom_metrics(args, "CUSTOM_METRIC_TYPE"),
            notifications=_failure(args),
        ),
    }


def data_profiling(args: ModelMonitorArgs, schema_id: pulumi.Input[str]) -> Any:
    """The profiling configuration of a DataQualityMonitor."""
    made = _shared(args)
    lengths = [_length(length) for length in args.get("granularities", ["1 day"])]
    if "problem" in args:
        made["inference_log"] = present(
            problem_type=f"INFERENCE_PROBLEM_TYPE_{args['problem'].upper()}",
            timestamp_column=args["timestamp"],
            prediction_column=args["prediction"],
            model_id_column=args["model_id"],
            label_column=args.get("label"),
            granularities=lengths,
        )
    elif "timestamp" in args:
        made["time_series"] = {"timestamp_column": args["timestamp"], "granularities": lengths}
    return {
        **made,
        **present(
            output_schema_id=schema_id,
            custom_metrics=_custom_metrics(args, "DATA_PROFILING_CUSTOM_METRIC_TYPE"),
            notification_settings=_failure(args),
        ),
    }


def _shared(args: ModelMonitorArgs) -> Provided:
    """What both APIs call the same."""
    shown = args.get("dashboard", True)
    return present(
        assets_dir=args["assets_dir"],
        snapshot=None if "timestamp" in args else {},
        slicing_exprs=args.get("slices"),
        baseline_table_name=args.get("baseline_table"),
        schedule=_schedule(args),
        skip_builtin_dashboard=None if shown else True,
        warehouse_id=args.get("warehouse_id") if shown else None,
    )


def _length(granularity: str) -> str:
    """`1 day` as AGGREGATION_GRANULARITY_1_DAY; of one, the unit has no s."""
    number, unit = granularity.split()
    unit = unit.rstrip("s") if number == "1" else f"{unit.rstrip('s')}s"
    return f"AGGREGATION_GRANULARITY_{number}_{unit.upper()}"


def _output_type(metric: CustomMetricArgs) -> str:
    """The type as Spark writes a field of it, which is what monitors take."""
    told = metric.get("output_type", "double")
    if told not in _SIMPLE:
        return told
    field: dict[str, Any] = {"metadata": {}, "name": "output", "nullable": True, "type": told}
    return json.dumps(field, separators=(",", ":"))


def _custom_metrics(args: ModelMonitorArgs, kind: str) -> list[Provided] | None:
    return [
        {
            "name": metric["name"],
            "type": f"{kind}_{metric['kind'].upper()}",
            "definition": metric["definition"],
            "input_columns": metric["input_columns"],
            "output_data_type": _output_type(metric),
        }
        for metric in args.get("custom_metrics", [])
    ] or None


def _schedule(args: ModelMonitorArgs) -> Provided | None:
    # A monitor's pause status can't be set: a paused one has no schedule.
    if "schedule" not in args or args["schedule"].get("paused", False):
        return None
    return {
        "quartz_cron_expression": args["schedule"]["cron"],
        "timezone_id": args["schedule"].get("timezone", "UTC"),
    }


def _failure(args: ModelMonitorArgs) -> Provided | None:
    return {"on_failure": {"email_addresses": args["notify"]}} if args.get("notify") else None
