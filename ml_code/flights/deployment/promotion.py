"""The promote task: a version of another environment's model, copied as it is, to be judged here.

The copy is the registry's own: the same files, the same signature, the run that made it as its source.
"""

from __future__ import annotations

from dataclasses import dataclass

import mlflow

from flights.entry import clear_errors
from flights.errors import FlightsError
from flights.registry import (
    CHALLENGER,
    CHAMPION,
    NOT_JUDGED,
    PACKAGED_TAG,
    PASSED,
    STATUS_TAG,
    alias_version,
    drop_alias,
    model_version,
    set_tags,
    status,
    versions,
)

#: The version tags that say where a version came from.
FROM_TAG, RUN_TAG = "promoted_from", "promoted_from_run"
#: What was true there and says nothing here.
_THERE = ("previous_champion", "validation_")


@dataclass(frozen=True)
class Promoted:
    """A version that was copied, or had been before."""

    version: str
    source: str
    """`catalog.schema.model/version` that it is a copy of."""
    copied: bool


@clear_errors
def promote(source: str, target: str, version: str = "") -> Promoted:
    """Copy a version that passed in its own environment to this one's model, with its lineage.

    Validation comes next: until it passes here, the copy is neither challenger nor champion. The same
    version again is the copy that is there already.

    Args:
        source: three-level name of the other environment's model, `staging.flights.delay` for example.
        target: this environment's.
        version: the version to copy; empty: the other's champion.

    Raises:
        FlightsError: there is no such version, it did not pass there, it looks its features up there, or
            the copy is not the same.
    """
    if source.count(".") != 2 or source == target:
        raise FlightsError(
            f"Parameter source_model is {source!r}: give the model of the environment to promote from, "
            f"catalog.schema.model, and not {target} itself."
        )
    number = version or alias_version(source, CHAMPION)
    if number is None:
        raise FlightsError(f"{source} has no champion to promote: deploy one there, or give source_version.")
    _require_promotable(source, number)
    origin = f"{source}/{number}"
    there = _copy_of(target, origin)
    if there is not None:
        return Promoted(there, origin, copied=False)
    copy = str(mlflow.MlflowClient().copy_model_version(f"models:/{origin}", target).version)
    _relabel(source, number, target, copy)
    return Promoted(copy, origin, copied=True)


def _require_promotable(source: str, number: str) -> None:
    judged = status(source, number)
    if judged != PASSED:
        raise FlightsError(f"Version {number} of {source} can't be promoted: validation {judged} there.")
    if model_version(source, number).tags.get(PACKAGED_TAG) == "true":
        raise FlightsError(
            f"Version {number} of {source} can't be promoted: it looks its features up in the tables of its "
            "own environment, by their full names. Train it there with feature_store delta, or train here."
        )


def _copy_of(target: str, origin: str) -> str | None:
    return next((str(each.version) for each in versions(target) if each.tags.get(FROM_TAG) == origin), None)


def _relabel(source: str, number: str, target: str, copy: str) -> None:
    """Take away what was judged there, add where it came from; then check that it is the same model."""
    client, original = mlflow.MlflowClient(), model_version(source, number)
    for tag in model_version(target, copy).tags:
        if tag.startswith(_THERE):
            client.delete_model_version_tag(target, copy, tag)
    drop_alias(target, CHALLENGER, copy)
    kept = {tag: value for tag, value in original.tags.items() if not tag.startswith(_THERE)}
    # the last tag makes the copy count as made: a task that is killed before copies again
    set_tags(target, copy, {**kept, STATUS_TAG: NOT_JUDGED, RUN_TAG: original.run_id or "unknown"})
    client.update_model_version(target, copy, description=original.description or "")
    mine, theirs = (
        mlflow.models.get_model_info(f"models:/{name}/{which}").model_uuid
        for name, which in ((target, copy), (source, number))
    )
    if mine != theirs:
        raise FlightsError(
            f"Version {copy} of {target} is not the model of {source}/{number} ({mine}, not {theirs}): "
            "delete the version and promote again."
        )
    set_tags(target, copy, {FROM_TAG: f"{source}/{number}"})
