"""The registered model: its aliases, and the tags that the stages leave on its versions."""

from __future__ import annotations

from collections.abc import Iterator

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


def version_numbers(model: str, run_id: str | None = None) -> list[str]:
    """The model's versions, newest first; of one run only, if it is given."""
    client, page, found = mlflow.MlflowClient(), None, []
    while True:
        answer = client.search_model_versions(f"name='{model}'", page_token=page)
        found += [int(each.version) for each in answer if run_id in (None, each.run_id)]
        page = answer.token
        if not page:
            return [str(number) for number in sorted(found, reverse=True)]


def versions(model: str) -> Iterator[ModelVersion]:
    """The model's versions with their tags, newest first. Unity Catalog's search leaves tags out."""
    for number in version_numbers(model):
        yield model_version(model, number)


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
