"""Drift metrics: how one group of rows differs from another, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import chdtrc, kolmogorov

from mlops_sandbox.databricks.monitors.columns import Column
from mlops_sandbox.databricks.monitors.profile import TABLE

_BINS = 10
_SMALLEST = 1e-4

Profile = dict[str, Any]


def _delta(now: Profile, before: Profile, field: str) -> float | None:
    if now.get(field) is None or before.get(field) is None:
        return None
    return float(now[field] - before[field])


def deltas(now: Profile, before: Profile) -> dict[str, Any]:
    """The differences of two profiles of one column, or of the table."""
    told: dict[str, Any] = {
        "column_name": now["column_name"],
        "data_type": now.get("data_type"),
        "count_delta": now["count"] - before["count"],
    }
    if now["column_name"] == TABLE:
        filled, filled_before = set(now["non_null_columns"]), set(before["non_null_columns"])
        counts = {"added": len(filled - filled_before), "missing": len(filled_before - filled)}
        return told | {"non_null_columns_delta": counts}
    return told | {
        f"{field}_delta": _delta(now, before, field)
        for field in ("avg", "percent_null", "percent_zeros", "percent_distinct")
    }


def _stability_index(now: np.ndarray, before: np.ndarray) -> float:
    """The population stability index of two arrays of counts, shares below 0.0001 counted as that."""
    now_shares = np.maximum(now / now.sum(), _SMALLEST)
    before_shares = np.maximum(before / before.sum(), _SMALLEST)
    return float(np.sum((now_shares - before_shares) * np.log(now_shares / before_shares)))


def _binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)


def numbers(now: np.ndarray, before: np.ndarray) -> dict[str, Any]:
    """Distances of two samples.

    Args:
        now: numbers in order of size.
        before: the same.
    """
    if not len(now) or not len(before):
        return {}
    both = np.sort(np.concatenate([now, before]), kind="stable")
    share_now = np.searchsorted(now, both, side="right") / len(now)
    share_before = np.searchsorted(before, both, side="right") / len(before)
    apart = np.abs(share_now - share_before)
    statistic = float(apart.max())
    size = len(now) * len(before) / (len(now) + len(before))
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [_binned(one, edges) for one in (now, before)]
    return {
        "ks_test": {"statistic": statistic, "pvalue": float(kolmogorov(np.sqrt(size) * statistic))},
        "wasserstein_distance": float(apart[:-1] @ np.diff(both)),
        "population_stability_index": _stability_index(*counts),
    }


def categories(now: np.ndarray, before: np.ndarray) -> dict[str, Any]:
    """Distances of two distributions of the same categories.

    Args:
        now: how often each category is there.
        before: the same, in the same order.
    """
    there = (now + before) > 0
    now, before = now[there], before[there]
    if not now.sum() or not before.sum():
        return {}
    p, q = now / now.sum(), before / before.sum()
    middle = (p + q) / 2
    divergence = sum(
        0.5 * float(np.sum(one[one > 0] * np.log2(one[one > 0] / middle[one > 0]))) for one in (p, q)
    )
    table = np.stack([now, before])
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    chi = float(np.sum((table - expected) ** 2 / expected))
    freedom = len(now) - 1
    return {
        "chi_squared_test": {"statistic": chi, "pvalue": float(chdtrc(freedom, chi)) if freedom else 1.0},
        "tv_distance": float(np.abs(p - q).sum() / 2),
        "l_infinity_distance": float(np.abs(p - q).max()),
        "js_distance": float(np.sqrt(max(divergence, 0.0))),
        "population_stability_index": _stability_index(now, before),
    }


def distances(column: Column, rows: np.ndarray, other: Column, other_rows: np.ndarray) -> dict[str, Any]:
    """The distances of a column's values in some rows to another column's in others (of the same kind)."""
    if column.kind != other.kind:
        return {}
    if column.kind == "number":
        return numbers(column.numbers_of(rows), other.numbers_of(other_rows))
    if column.kind != "category":
        return {}
    if column is other:
        return categories(column.counts_of(rows), column.counts_of(other_rows))
    now = dict(zip(column.categories, column.counts_of(rows), strict=True))
    before = dict(zip(other.categories, other.counts_of(other_rows), strict=True))
    names = sorted({*now, *before})
    return categories(
        np.array([now.get(name, 0) for name in names]), np.array([before.get(name, 0) for name in names])
    )
