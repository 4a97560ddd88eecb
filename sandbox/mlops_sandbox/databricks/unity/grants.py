"""The grants on a securable, kept as the document `grants` with the key `<type>/<full name>`."""

from __future__ import annotations

from mlops_sandbox.metastore import Metastore

KIND = "grants"


def forget(store: Metastore, kind: str, full_name: str) -> None:
    """Strike the grants on a securable that is gone."""
    store.delete(KIND, f"{kind}/{full_name}")


def move(store: Metastore, kind: str, old: str, new: str) -> None:
    """Keep the grants on a securable that was renamed."""
    kept = store.get(KIND, f"{kind}/{old}")
    if kept is not None:
        store.put(KIND, f"{kind}/{new}", kept)
        forget(store, kind, old)


def held(store: Metastore, kind: str, name: str) -> dict[str, list[str]]:
    """Principal → privileges, in the order in which principals were first granted something."""
    found: dict[str, list[str]] = (store.get(KIND, f"{kind}/{name}") or {}).get("held", {})
    return found
