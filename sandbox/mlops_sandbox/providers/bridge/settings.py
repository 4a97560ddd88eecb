"""A provider resource's own settings, as the engine hands them over."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

from mlops_sandbox.providers.bridge.check import Failure
from mlops_sandbox.providers.bridge.values import Unknown, Values, reveal

#: Keys that the engine and the SDKs add to every provider resource.
_ENGINES = {"version", "pluginDownloadURL", "__internal", "__defaults"}


def check_settings(known: Sequence[str], given: Values) -> list[Failure]:
    """One failure for each setting that the provider does not have."""
    failures = []
    for key in given:
        if key not in known and key not in _ENGINES:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            failures.append(Failure(key, f"{key} is not a setting of this provider{hint}"))
    return failures


def settings(given: Values) -> Values:
    """The settings, secrets unwrapped and JSON strings parsed; without the unknown and the engine's own."""
    known = {key: value for key, value in reveal(given).items() if key not in _ENGINES}
    return {key: _parsed(value) for key, value in known.items() if not isinstance(value, Unknown)}


def _parsed(value: Any) -> Any:
    """SDKs send numbers, booleans, lists and objects of a provider resource as JSON in a string."""
    if isinstance(value, str) and (value in ("true", "false") or value[:1] in '[{"' or value.isdigit()):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
