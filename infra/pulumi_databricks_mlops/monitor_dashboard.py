"""A dashboard on a monitor's metric tables, as a Lakeview definition: quality, drift, and how many rows.

Queries name tables alone; the dashboard says in which catalog and schema they are.
"""

import json
from typing import Any

from pulumi_databricks_mlops.monitor_alerts import text
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
from pulumi_databricks_mlops.monitor_checks import is_drift

Json = dict[str, Any]

_WIDE, _HALF, _HIGH = 6, 3, 6
"""The canvas is 6 columns wide."""
_QUALITY = {
    "regression": ("root_mean_squared_error", "mean_average_error", "r2_score"),
    "classification": ("accuracy_score", "f1_score.weighted", "log_loss"),
}
_DRIFT = ("js_distance", "ks_test.statistic", "population_stability_index")


def definition(args: ModelMonitorArgs, profile: str, drift: str) -> str:
    """The serialized dashboard.

    Args:
        args: the monitor's arguments.
        profile: name of the table of profile metrics, or its full name.
        drift: the same of drift metrics.
    """
    profile, drift = profile.rpartition(".")[2], drift.rpartition(".")[2]
    own = args.get("custom_metrics", [])
    alerts = [alert["metric"] for _, alert in sorted(args.get("alerts", {}).items())]
    quality = _once(
        *(_QUALITY[args["problem"]] if "problem" in args else ()),
        *(
            metric["name"]
            for metric in own
            if metric["kind"] != "drift" and ":table" in metric["input_columns"]
        ),
        *(metric for metric in alerts if not is_drift(metric, own)),
    )
    drifts = _once(
        *_DRIFT,
        *(metric["name"] for metric in own if metric["kind"] == "drift"),
        *(metric for metric in alerts if is_drift(metric, own)),
    )
    datasets = [
        _dataset("rows", "Rows", _rows_query(args, profile)),
        *(_dataset(_key(metric), metric, _quality_query(metric, args, profile)) for metric in quality),
        *(_dataset(_key(metric), metric, _drift_query(metric, args, drift)) for metric in drifts),
    ]
    pages = [
        _page("quality", "Quality", [_line(metric, "") for metric in quality] + [_line("rows", "")]),
        _page("drift", "Drift", [_line(metric, "column_name") for metric in drifts]),
    ]
    return json.dumps({"datasets": datasets, "pages": pages}, indent=1)


def _once(*metrics: str) -> list[str]:
    return list(dict.fromkeys(metrics))


def _key(metric: str) -> str:
    return metric.replace(".", "_")


def _dataset(name: str, title: str, lines: list[str]) -> Json:
    return {"name": name, "displayName": title, "queryLines": [f"{line}\n" for line in lines]}


def _where(args: ModelMonitorArgs) -> str:
    rows = ["slice_key IS NULL"]
    lengths = args.get("granularities", ["1 day"])
    rows.append(f"granularity = {text(lengths[0])}" if "timestamp" in args else "granularity IS NULL")
    if "problem" in args:
        rows.append(f"`{args['model_id']}` = '*'")
    return " AND ".join(rows)


def _rows_query(args: ModelMonitorArgs, profile: str) -> list[str]:
    return [
        "SELECT window.start AS begun, count AS value",
        f"FROM `{profile}`",
        f"WHERE column_name = ':table' AND log_type = 'INPUT' AND {_where(args)}",
        "ORDER BY begun",
    ]


def _quality_query(metric: str, args: ModelMonitorArgs, profile: str) -> list[str]:
    return [
        f"SELECT window.start AS begun, {metric} AS value",
        f"FROM `{profile}`",
        f"WHERE column_name = ':table' AND log_type = 'INPUT' AND {_where(args)} AND {metric} IS NOT NULL",
        "ORDER BY begun",
    ]


def _drift_query(metric: str, args: ModelMonitorArgs, drift: str) -> list[str]:
    kind = "BASELINE" if "baseline_table" in args else "CONSECUTIVE"
    return [
        f"SELECT window.start AS begun, column_name, {metric} AS value",
        f"FROM `{drift}`",
        f"WHERE drift_type = '{kind}' AND {_where(args)} AND {metric} IS NOT NULL",
        "ORDER BY begun",
    ]


def _page(name: str, title: str, widgets: list[Json]) -> Json:
    """A page with widgets in two columns."""
    layout = [
        {
            "widget": widget,
            "position": {
                "x": number % 2 * _HALF,
                "y": number // 2 * _HIGH,
                "width": _WIDE if number == len(widgets) - 1 and number % 2 == 0 else _HALF,
                "height": _HIGH,
            },
        }
        for number, widget in enumerate(widgets)
    ]
    return {"name": name, "displayName": title, "pageType": "PAGE_TYPE_CANVAS", "layout": layout}


def _line(metric: str, series: str) -> Json:
    """A line over time, one for each value of a column where that is named."""
    fields = ["begun", "value", *([series] if series else [])]
    encodings: Json = {
        "x": {"fieldName": "begun", "scale": {"type": "temporal"}, "displayName": "window"},
        "y": {"fieldName": "value", "scale": {"type": "quantitative"}, "displayName": metric},
    }
    if series:
        encodings["color"] = {"fieldName": series, "scale": {"type": "categorical"}, "displayName": "column"}
    query = {
        "datasetName": _key(metric),
        "fields": [{"name": field, "expression": f"`{field}`"} for field in fields],
        "disaggregated": True,
    }
    return {
        "name": f"{_key(metric)}-over-time",
        "queries": [{"name": "main_query", "query": query}],
        "spec": {
            "version": 3,
            "widgetType": "line",
            "encodings": encodings,
            "frame": {"showTitle": True, "title": metric.replace("_", " ")},
        },
    }
