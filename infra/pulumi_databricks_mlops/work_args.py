"""What a task can do: the kinds of work of the jobs API."""

from typing import NotRequired, TypedDict

import pulumi


class DependencyArgs(TypedDict):
    """A task that must end first."""

    task: str
    """Its key."""
    outcome: NotRequired[str]
    """`true` or `false`: only when that condition task ended so."""


class WheelArgs(TypedDict):
    """An entry point of a Python wheel."""

    package: str
    """The distribution's name."""
    entry_point: str
    """The entry point's name."""
    parameters: NotRequired[list[str]]
    """Command line arguments."""
    named_parameters: NotRequired[dict[str, str]]
    """Arguments as `--name=value`. Not beside `parameters`."""


class ConditionArgs(TypedDict):
    """A comparison that decides which tasks run."""

    left: str
    """The left operand, `{{tasks.check.values.violated}}` for example."""
    op: str
    """EQUAL_TO, NOT_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN or LESS_THAN_OR_EQUAL."""
    right: str
    """The right operand."""


class SqlArgs(TypedDict):
    """SQL on a warehouse: exactly one of file, query, alert and dashboard."""

    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse. Default in an MlProject: the environment's."""
    file: NotRequired[str]
    """Path of a `.sql` file, from the job's root; absolute: anywhere in the workspace."""
    query: NotRequired[pulumi.Input[str]]
    """The ID of a saved query."""
    alert: NotRequired[pulumi.Input[str]]
    """The ID of a legacy alert to evaluate; `alert` of the task takes those of today."""
    dashboard: NotRequired[pulumi.Input[str]]
    """The ID of a legacy dashboard to refresh; `dashboard` of the task takes those of today."""
    parameters: NotRequired[dict[str, str]]
    """Values of the query's parameters."""


class DbtArgs(TypedDict):
    """dbt commands, run in a project."""

    commands: list[str]
    """`dbt deps`, `dbt run` for example."""
    project_directory: NotRequired[str]
    """The project's folder, from the job's root. Default: the root."""
    profiles_directory: NotRequired[str]
    """The folder of `profiles.yml`, from the job's root."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse that runs the models."""
    catalog: NotRequired[pulumi.Input[str]]
    """The catalog that models are written to."""
    schema: NotRequired[pulumi.Input[str]]
    """The schema that models are written to."""


class PipelineArgs(TypedDict):
    """An update of a declarative pipeline."""

    pipeline_id: pulumi.Input[str]
    """The pipeline's ID."""
    full_refresh: NotRequired[bool]
    """True: everything is computed again. Default: false."""
    refresh: NotRequired[list[str]]
    """Update these tables alone."""
    full_refresh_of: NotRequired[list[str]]
    """Compute these tables again, from the beginning."""


class JarArgs(TypedDict):
    """A main class of a JAR among the task's libraries."""

    main_class: str
    """The full name of the class."""


class SubscriptionArgs(TypedDict):
    """Who gets the result of an alert or dashboard task."""

    users: NotRequired[list[str]]
    """E-mail addresses of users."""
    destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations."""


class AlertTaskArgs(TypedDict):
    """An alert, evaluated now."""

    alert_id: pulumi.Input[str]
    """The alert's ID."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse. Default in an MlProject: the environment's."""
    subscribers: NotRequired[SubscriptionArgs]
    """Who hears of it beside those whom the alert knows."""


class DashboardTaskArgs(TypedDict):
    """A dashboard, refreshed and sent."""

    dashboard_id: pulumi.Input[str]
    """The dashboard's ID."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse. Default: the dashboard's."""
    subscribers: NotRequired[SubscriptionArgs]
    """Who gets it."""


class LibraryArgs(TypedDict):
    """A library on the task's cluster: exactly one of these."""

    pypi: NotRequired[str]
    """A requirement of pip."""
    whl: NotRequired[str]
    """Path of a wheel in the workspace or a volume."""
    requirements: NotRequired[str]
    """Path of a `requirements.txt` in the workspace or a volume."""
    jar: NotRequired[str]
    """Path of a JAR in a volume."""
    maven: NotRequired[str]
    """Coordinates: `group:artifact:version`."""
    cran: NotRequired[str]
    """A package of R."""
