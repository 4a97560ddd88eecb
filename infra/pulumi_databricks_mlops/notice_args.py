"""Who hears of a job, and when it starts by itself."""

from typing import NotRequired, TypedDict

import pulumi


class HealthRuleArgs(TypedDict):
    """A limit that a healthy run stays under."""

    metric: str
    """RUN_DURATION_SECONDS for example."""
    value: int
    """The limit."""


class NotificationArgs(TypedDict):
    """Who hears of what: e-mail addresses, and IDs of notification destinations."""

    on_start: NotRequired[list[str]]
    """E-mail addresses when a run starts."""
    on_success: NotRequired[list[str]]
    """E-mail addresses when a run succeeds."""
    on_failure: NotRequired[list[str]]
    """E-mail addresses when a run fails."""
    on_duration_warning: NotRequired[list[str]]
    """E-mail addresses when a health rule about duration is broken."""
    on_backlog: NotRequired[list[str]]
    """E-mail addresses when a health rule about a streaming backlog is broken."""
    start_destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of starts."""
    success_destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of successes."""
    failure_destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of failures."""
    duration_warning_destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of broken health rules about duration."""
    backlog_destinations: NotRequired[list[pulumi.Input[str]]]
    """IDs of notification destinations that hear of broken health rules about a streaming backlog."""
    skipped_runs: NotRequired[bool]
    """True: a run that is skipped counts as a failure here. Default: false."""
    canceled_runs: NotRequired[bool]
    """False: nobody hears of a run that is cancelled. Default: true."""
    only_last_attempt: NotRequired[bool]
    """True: a task that is tried again is told of once, at the end. Of tasks alone. Default: false."""


class ScheduleArgs(TypedDict):
    """When a job starts by itself."""

    cron: str
    """A Quartz expression: `0 0 9 * * ?` is daily at 9."""
    timezone: NotRequired[str]
    """Default: UTC."""
    paused: NotRequired[bool]
    """True: it does not start by itself. Default: false."""


class PeriodicArgs(TypedDict):
    """Again and again."""

    interval: int
    """How many units apart."""
    unit: str
    """MINUTES, HOURS, DAYS or WEEKS."""


class FileArrivalArgs(TypedDict):
    """New files in a folder of an external location or a volume."""

    url: pulumi.Input[str]
    """The folder: `/Volumes/catalog/schema/volume/folder/` or a cloud URL, with a `/` at its end."""
    min_seconds_between: NotRequired[int]
    """At least so long between two runs."""
    wait_seconds: NotRequired[int]
    """No file may have come for so long."""


class TableUpdateArgs(TypedDict):
    """New commits to tables."""

    tables: list[pulumi.Input[str]]
    """Full names."""
    condition: NotRequired[str]
    """ANY_UPDATED (default) or ALL_UPDATED."""
    min_seconds_between: NotRequired[int]
    """At least so long between two runs."""
    wait_seconds: NotRequired[int]
    """No commit may have come for so long."""


class ModelUpdateArgs(TypedDict):
    """Something new about registered models."""

    condition: str
    """MODEL_CREATED, MODEL_VERSION_READY or MODEL_ALIAS_SET."""
    securable: NotRequired[pulumi.Input[str]]
    """Full name of a model, schema or catalog. Default: the metastore."""
    aliases: NotRequired[list[str]]
    """These aliases alone, of MODEL_ALIAS_SET."""
    min_seconds_between: NotRequired[int]
    """At least so long between two runs."""
    wait_seconds: NotRequired[int]
    """Nothing new may have come for so long."""


class TriggerArgs(TypedDict):
    """What starts a job: exactly one of periodic, file_arrival, table_update and model_update."""

    periodic: NotRequired[PeriodicArgs]
    """Again and again."""
    file_arrival: NotRequired[FileArrivalArgs]
    """New files."""
    table_update: NotRequired[TableUpdateArgs]
    """New commits to tables."""
    model_update: NotRequired[ModelUpdateArgs]
    """Something new about registered models; needs the workspace's preview of multiple triggers."""
    paused: NotRequired[bool]
    """True: it starts nothing. Default: false."""


class ContinuousArgs(TypedDict):
    """Always one run: the next starts when the one before ends."""

    paused: NotRequired[bool]
    """True: it does not start by itself. Default: false."""
    task_retry_mode: NotRequired[str]
    """NEVER (default) or ON_FAILURE."""
