"""Settings of what a task can do: the kinds of work of the jobs API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from settings.model import Email, Key, Model


def one_of(given: Model, kinds: tuple[str, ...]) -> None:
    """Refuse settings that have none or several of these.

    Raises:
        ValueError: says what is given and what would be right.
    """
    used = [kind for kind in kinds if getattr(given, kind) is not None]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        raise ValueError(f"has {has}: give exactly one of {', '.join(kinds)}")


class Dependency(Model):
    """A task that must end first; a name alone means the same as `{task: name}`."""

    task: Key
    """Its key."""
    outcome: Literal["true", "false"] | None = None
    """Only when that condition task ended so; in quotes."""


def _dependency(value: Any) -> Any:
    return {"task": value} if isinstance(value, str) else value


Dependencies = list[Annotated[Dependency, BeforeValidator(_dependency)]]


class Wheel(Model):
    """An entry point of a Python wheel."""

    package: str
    """The distribution's name."""
    entry_point: str
    """The entry point's name."""
    parameters: list[str] | None = None
    """Command line arguments."""
    named_parameters: dict[str, str] | None = None
    """Arguments as `--name=value`. Not beside `parameters`."""


class Condition(Model):
    """A comparison that decides which tasks run."""

    left: str
    """The left operand, `{{tasks.check.values.violated}}` for example."""
    op: Literal[
        "EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"
    ]
    """How to compare."""
    right: str
    """The right operand."""


class Sql(Model):
    """SQL on a warehouse: exactly one of file, query, alert and dashboard."""

    warehouse_id: str | None = None
    """The SQL warehouse. Default: the environment's."""
    file: str | None = None
    """A `.sql` file of the code."""
    query: str | None = None
    """The ID of a saved query."""
    alert: str | None = None
    """The ID of a legacy alert to evaluate."""
    dashboard: str | None = None
    """The ID of a legacy dashboard to refresh."""
    parameters: dict[str, str] | None = None
    """Values of the query's parameters."""

    @model_validator(mode="after")
    def _one_kind(self) -> Sql:
        one_of(self, ("file", "query", "alert", "dashboard"))
        return self


class Dbt(Model):
    """dbt commands, run in a project of the code."""

    commands: Annotated[list[str], Field(min_length=1)]
    """`dbt deps`, `dbt run` for example."""
    project_directory: str | None = None
    """The project's folder in the code. Default: its root."""
    profiles_directory: str | None = None
    """The folder of `profiles.yml` in the code."""
    warehouse_id: str | None = None
    """The SQL warehouse that runs the models. Default: the environment's."""
    catalog: str | None = None
    """The catalog that models are written to. Default: the environment's."""
    schema_: Annotated[str | None, Field(alias="schema")] = None
    """The schema that models are written to. Default: the project's."""


class Pipeline(Model):
    """An update of a declarative pipeline."""

    pipeline_id: str
    """The pipeline's ID."""
    full_refresh: bool | None = None
    """True: everything is computed again."""
    refresh: list[str] | None = None
    """Update these tables alone."""
    full_refresh_of: list[str] | None = None
    """Compute these tables again, from the beginning."""


class Jar(Model):
    """A main class of a JAR among the task's libraries."""

    main_class: str
    """The full name of the class."""


class Subscribers(Model):
    """Who gets the result of an alert or dashboard task."""

    users: list[Email] | None = None
    """E-mail addresses of users."""
    destinations: list[str] | None = None
    """IDs of notification destinations."""


class AlertTask(Model):
    """An alert, evaluated now."""

    alert_id: str
    """The alert's ID."""
    warehouse_id: str | None = None
    """The SQL warehouse. Default: the environment's."""
    subscribers: Subscribers | None = None
    """Who hears of it beside those whom the alert knows."""


class DashboardTask(Model):
    """A dashboard, refreshed and sent."""

    dashboard_id: str
    """The dashboard's ID."""
    warehouse_id: str | None = None
    """The SQL warehouse. Default: the dashboard's."""
    subscribers: Subscribers | None = None
    """Who gets it."""


class Library(Model):
    """A library on the task's cluster: exactly one of these."""

    pypi: str | None = None
    """A requirement of pip."""
    whl: str | None = None
    """Path of a wheel in the workspace or a volume."""
    requirements: str | None = None
    """Path of a `requirements.txt` in the workspace or a volume."""
    jar: str | None = None
    """Path of a JAR in a volume."""
    maven: str | None = None
    """Coordinates: `group:artifact:version`."""
    cran: str | None = None
    """A package of R."""

    @model_validator(mode="after")
    def _one_kind(self) -> Library:
        one_of(self, ("pypi", "whl", "requirements", "jar", "maven", "cran"))
        return self
