"""`display` and `displayHTML`, for a log instead of a browser."""

from __future__ import annotations

from typing import Any

_ROWS = 20


def display(value: Any = None, *_options: Any, **_named: Any) -> None:
    """Print the first rows of a Spark or pandas frame; anything else as `print` does."""
    if hasattr(value, "limit") and hasattr(value, "toPandas"):
        print(value.limit(_ROWS).toPandas().to_string(index=False))
    elif hasattr(value, "to_string") and hasattr(value, "head"):
        print(value.head(_ROWS).to_string(index=False))
    else:
        print(value)


def display_html(html: str) -> None:
    """Print the source: a log draws nothing."""
    print(html)
