"""What a refresh writes: the rows of both metric tables, from a monitored table's rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from mlops_sandbox.databricks.monitors import drift, quality
from mlops_sandbox.databricks.monitors.custom import CustomMetrics
from mlops_sandbox.databricks.monitors.frame import ALL_MODELS, Frame, Part, text_of
from mlops_sandbox.databricks.monitors.profile import profile, table_profile
from mlops_sandbox.databricks.monitors.windows import Window, windows

Json = dict[str, Any]
Row = dict[str, Any]
#: By column, `:table` included.
Profiles = dict[str, Row]
#: Drift rows by the identities of the two profiles, which are kept so that no other takes their place.
Known = dict[tuple[int, int], tuple[Profiles, Profiles, list[Row]]]


@dataclass(frozen=True)
class Group:
    """The rows of one window, model and slice, with their profiles."""

    frame: Frame
    window: Window | None
    part: Part
    profiles: Profiles


class ModelQuality:
    """The quality metrics of an inference log's rows; none for other tables."""

    def __init__(self, frame: Frame) -> None:
        log = frame.log
        self._problem = log.get("problem_type") if log.get("label_col") else None
        if self._problem is None:
            return
        label, prediction = log["label_col"], log["prediction_col"]
        self._known = frame.by_name[label].present & frame.by_name[prediction].present
        if self._problem == "PROBLEM_TYPE_REGRESSION":
            self._labels = frame.by_name[label].numbers
            self._predictions = frame.by_name[prediction].numbers
            self._known = self._known & ~np.isnan(self._labels) & ~np.isnan(self._predictions)
            return
        self._labels, self._predictions = (
            text_of(frame.table[name]).to_numpy(dtype=object) for name in (label, prediction)
        )
        chances = log.get("prediction_proba_col")
        self._chances = np.empty(frame.table.num_rows, dtype=object) if chances else None
        if self._chances is not None:
            self._chances[:] = frame.table[chances].to_pylist()
        self._classes = sorted(set(self._labels[self._known]))

    def of(self, rows: np.ndarray) -> Row:
        """The metrics of these rows, as far as they have labels."""
        if self._problem is None:
            return {}
        rows = rows[self._known[rows]]
        labels, predictions = self._labels[rows], self._predictions[rows]
        if self._problem == "PROBLEM_TYPE_REGRESSION":
            return dict(quality.regression(labels, predictions))
        told = quality.classification(labels, predictions)
        if self._chances is not None:
            told["log_loss"] = quality.log_loss(labels, self._chances[rows], self._classes)
        return told


class Analysis:
    """Groups the rows of a table and describes every group."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._quality = ModelQuality(frame)

    def groups(self, rows: np.ndarray, window: Window | None) -> Iterator[Group]:
        """The groups of a window's rows. One model alone has the numbers of all: they are computed once."""
        everyone: dict[tuple[str | None, str | None], Part] = {}
        known: dict[tuple[str | None, str | None], Profiles] = {}
        for part in self._frame.parts(rows):
            key = (part.slice_key, part.slice_value)
            same = key in everyone and len(everyone[key].rows) == len(part.rows)
            profiles = known[key] if same else self._profiles(part.rows)
            if part.model in {None, ALL_MODELS}:
                everyone[key], known[key] = part, profiles
            yield Group(self._frame, window, part, profiles)

    def _profiles(self, rows: np.ndarray) -> Profiles:
        columns = self._frame.columns
        told = [table_profile(columns, rows) | self._quality.of(rows)]
        told += [profile(column, rows) for column in columns]
        return {one["column_name"]: one for one in told}


def _grouping(group: Group, granularity: str | None, monitor: Json) -> Row:
    row: Row = {
        "window": group.window.as_struct() if group.window else None,
        "granularity": granularity,
        "monitor_version": monitor["monitor_version"],
        "slice_key": group.part.slice_key,
        "slice_value": group.part.slice_value,
    }
    if group.part.model is not None:
        row[monitor["inference_log"]["model_id_col"]] = group.part.model
    return row


def _drift_rows(now: Group, before: Group, row: Row, known: Known) -> Iterator[Row]:
    key = (id(now.profiles), id(before.profiles))
    if key not in known:
        rows = [
            drift.deltas(one, before.profiles[name]) | _distances(name, now, before)
            for name, one in now.profiles.items()
            if name in before.profiles
        ]
        known[key] = (now.profiles, before.profiles, rows)
    for told in known[key][2]:
        yield row | told


def _distances(name: str, now: Group, before: Group) -> Row:
    column, other = now.frame.by_name.get(name), before.frame.by_name.get(name)
    if column is None or other is None:
        return {}
    return drift.distances(column, now.part.rows, other, before.part.rows)


@dataclass
class Metrics:
    """The rows for both metric tables."""

    profile: list[Row]
    drift: list[Row]


class Report:
    """Collects the rows of one refresh."""

    def __init__(self, monitor: Json, version: int, baseline: list[Group]) -> None:
        """Begin.

        Args:
            monitor: the monitor's definition.
            version: the monitored table's commit version.
            baseline: the groups of the baseline table, if there is one.
        """
        self._monitor = monitor
        self._version = version
        self._baseline = {group.part: group for group in baseline}
        self._known: Known = {}
        self._profiled: list[tuple[Group, list[Row]]] = []
        self._compared: list[tuple[Group, Group, list[Row]]] = []
        self.metrics = Metrics([], [])
        for group in baseline:
            self._profile(group, None, "BASELINE")

    def add(self, group: Group, granularity: str | None, before: Group | None) -> None:
        """A group, and the same model and slice in the window before it."""
        self._profile(group, granularity, "INPUT")
        row = _grouping(group, granularity, self._monitor)
        if before is not None and before.window is not None:
            consecutive = row | {"window_cmp": before.window.as_struct(), "drift_type": "CONSECUTIVE"}
            self._compare(group, before, consecutive)
        base = self._baseline.get(group.part) or self._baseline.get(_of_all(group.part))
        if base is not None:
            self._compare(group, base, row | {"drift_type": "BASELINE"})

    def _compare(self, now: Group, before: Group, row: Row) -> None:
        rows = list(_drift_rows(now, before, row, self._known))
        self.metrics.drift += rows
        self._compared.append((now, before, rows))

    def _profile(self, group: Group, granularity: str | None, log_type: str) -> None:
        row = _grouping(group, granularity, self._monitor)
        row |= {"log_type": log_type, "logging_table_commit_version": self._version}
        rows = [row | told for told in group.profiles.values()]
        self.metrics.profile += rows
        self._profiled.append((group, rows))

    def add_custom(self, spark: str | None) -> None:
        """Add the monitor's custom metrics to the rows, computed by Spark at that address."""
        custom = CustomMetrics(self._monitor, spark)
        groups = {id(group): group for group, _ in self._profiled}
        groups |= {id(group): group for _, group, _ in self._compared}
        values: dict[int, dict[str, Row]] = {}
        for frame in {id(group.frame): group.frame for group in groups.values()}.values():
            of_frame = [key for key, group in groups.items() if group.frame is frame]
            told = custom.aggregates(frame.table, [groups[key].part.rows for key in of_frame])
            values.update(zip(of_frame, told, strict=True))
        for group, rows in self._profiled:
            for row in rows:
                row.update(values[id(group)].get(row["column_name"], {}))
        drifted = [(now, before, row) for now, before, rows in self._compared for row in rows]
        pairs = [(row["column_name"], values[id(now)], values[id(before)]) for now, before, row in drifted]
        for (*_, row), told_row in zip(drifted, custom.drift(pairs), strict=True):
            row.update(told_row)


def _of_all(part: Part) -> Part:
    model = None if part.model is None else ALL_MODELS
    return Part(model, part.slice_key, part.slice_value, part.rows)


def over_time(report: Report, frame: Frame, timestamp: str, granularities: list[str]) -> None:
    """Add every window of a time series or an inference log; drift compares neighbours in time."""
    analysis = Analysis(frame)
    times = frame.table[timestamp].to_pandas()
    for granularity in granularities:
        positions, found = windows(times, granularity)
        order = np.argsort(positions, kind="stable")
        edges = np.searchsorted(positions[order], np.arange(len(found) + 1))
        earlier: dict[Part, Group] = {}
        for number, window in enumerate(found):
            current = {
                group.part: group
                for group in analysis.groups(order[edges[number] : edges[number + 1]], window)
            }
            for part, group in current.items():
                report.add(group, granularity, earlier.get(part))
            follows = number + 1 < len(found) and found[number + 1].start == window.end
            earlier = current if follows else {}


def snapshot(report: Report, frame: Frame, now: datetime, earlier: tuple[Frame, datetime] | None) -> None:
    """Add the table as it is now; drift compares it with the snapshot before."""
    before: dict[Part, Group] = {}
    if earlier is not None:
        old, moment = earlier
        window = Window(moment, moment)
        before = {group.part: group for group in Analysis(old).groups(old.rows, window)}
    for group in Analysis(frame).groups(frame.rows, Window(now, now)):
        report.add(group, None, before.get(group.part))
