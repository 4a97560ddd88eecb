"""What settings name of their environment's workspace: cluster policies and notification destinations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pulumi_databricks_mlops.spelling import suggest

from settings.problems import Path
from settings.workspace import Workspace

_ID = re.compile(r"[0-9a-fA-F-]+")


def unknown_names(part: Any, workspace: Workspace, path: Path = ()) -> list[tuple[Path, str]]:
    """Names that the workspace's settings do not have, and that are no IDs either.

    Args:
        part: plain settings, or a part of them.
        workspace: the settings of the environment's workspace.
        path: where the part stands.
    """
    found: list[tuple[Path, str]] = []
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "policy_id":
                found += _unknown(value, workspace.cluster_policies, "cluster_policies", (*path, key))
            elif key.endswith("_destinations") and isinstance(value, list):
                known = workspace.notification_destinations
                for index, each in enumerate(value):
                    found += _unknown(each, known, "notification_destinations", (*path, key, index))
            else:
                found += unknown_names(value, workspace, (*path, key))
    elif isinstance(part, list):
        for index, each in enumerate(part):
            found += unknown_names(each, workspace, (*path, index))
    return found


def _unknown(value: Any, known: Iterable[str], where: str, path: Path) -> list[tuple[Path, str]]:
    if not isinstance(value, str) or value in known or _ID.fullmatch(value):
        return []
    return [
        (path, f'"{value}" is no ID, and none of `workspace.{where}`{suggest(value, known)}: add it there.')
    ]
