"""The verdict as a page that a person reads, and as data."""

from __future__ import annotations

import dataclasses
from html import escape
from typing import Any

from flights.validation.rules import Verdict


def as_data(verdict: Verdict, **facts: Any) -> dict[str, Any]:
    """What a program reads."""
    return {
        **facts,
        "passed": verdict.passed,
        "metrics": verdict.metrics,
        "checks": [dataclasses.asdict(check) for check in verdict.checks],
    }


def as_html(verdict: Verdict, **facts: Any) -> str:
    """One page: the facts, a row for each rule, the broken ones first, and the metrics."""
    rows = "".join(
        f'<tr class="{"ok" if check.passed else "broken"}"><td>{"passed" if check.passed else "FAILED"}</td>'
        f"<td>{escape(check.name)}</td><td>{check.value:.3f}</td><td>{check.limit:.3f}</td>"
        f"<td>{escape(check.explanation)}</td></tr>"
        for check in sorted(verdict.checks, key=lambda check: check.passed)
    )
    about = "".join(
        f"<dt>{escape(str(key))}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items()
    )
    metrics = "".join(
        f"<tr><td>{escape(name)}</td><td>{value:.3f}</td></tr>" for name, value in verdict.metrics.items()
    )
    return (
        "<!doctype html><meta charset=utf-8><title>Validation</title><style>"
        "body{font:14px system-ui;margin:2em}"
        "td,th{padding:.2em .8em;text-align:left}.broken{background:#fdd}dt{font-weight:bold}</style>"
        f"<h1>Validation {'passed' if verdict.passed else 'FAILED'}</h1><dl>{about}</dl>"
        f"<table><tr><th>Verdict<th>Rule<th>Value<th>Limit<th>In words</tr>{rows}</table>"
        f"<h2>Metrics</h2><table>{metrics}</table>"
    )
