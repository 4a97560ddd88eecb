"""The registered model: its aliases, and the tags that the stages leave on its versions."""

from __future__ import annotations

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from flights.errors import FlightsError

CHAMPION, CHALLENGER = "champion", "challenger"
#: The version tag with the verdict of the validation; the deploy task reads it.
STATUS_TAG = "validation_status"
#: The version tag that says whether a model looks its features up itself.
PACKAGED_TAG = "features_packaged"
PASSED, FAILED, SKIPPED, NOT_JUDGED = "PASSED", "FAILED", "SKIPPED", "not judged"


def alias_version(model: str, alias: str) -> str | None:
    """The version that an alias points to, None if there is no such alias."""
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(model, alias).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def model_version(model: str, version: str) -> ModelVersion:
    """A version.

    Raises:
        FlightsError: there is none.
    """
    try:
        return mlflow.MlflowClient().get_model_version(model, version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise FlightsError(
                f"{model} has no version {version or '(none given)'}: {error.message}"
            ) from error
        raise


def status(model: str, version: str) -> str:
    """How the version's validation ended."""
    return str(model_version(model, version).tags.get(STATUS_TAG, NOT_JUDGED))


def set_tags(model: str, version: str, tags: dict[str, str]) -> None:
    """Set tags of a version."""
    for key, value in tags.items():
        mlflow.MlflowClient().set_model_version_tag(model, version, key, value)


def drop_alias(model: str, alias: str, version: str) -> None:
    """Take the alias away, if it points to the version."""
    if alias_version(model, alias) == version:
        mlflow.MlflowClient().delete_registered_model_alias(model, alias)
