"""Settings of who hears of a job, and of when it starts by itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from settings.model import Cron, Email, Model
from settings.work import one_of


class Schedule(Model):
    """When something starts by itself."""

    cron: Cron
    """A Quartz expression: `0 0 9 * * ?` is daily at 9."""
    timezone: str = "UTC"
    """A time zone's name."""
    paused: bool = False
    """True: it does not start by itself."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone: write UTC, Europe/Berlin, America/New_York, …") from None
        return value


class Periodic(Model):
    """Again and again."""

    interval: Annotated[int, Field(ge=1)]
    """How many units apart."""
    unit: Literal["MINUTES", "HOURS", "DAYS", "WEEKS"]
    """Of what."""


class FileArrival(Model):
    """New files in a folder of an external location or a volume."""

    url: Annotated[str, Field(pattern=r"^(/Volumes/|[a-z0-9]+://).*/$")]
    """The folder: `/Volumes/${catalog}/${schema}/VOLUME/` or a cloud URL, with a `/` at its end."""
    min_seconds_between: Annotated[int, Field(ge=60)] | None = None
    """At least so long between two runs."""
    wait_seconds: Annotated[int, Field(ge=60)] | None = None
    """No file may have come for so long."""


class TableUpdate(Model):
    """New commits to tables."""

    tables: Annotated[list[str], Field(min_length=1)]
    """Full names."""
    condition: Literal["ANY_UPDATED", "ALL_UPDATED"] = "ANY_UPDATED"
    """Whether each of them must have one."""
    min_seconds_between: Annotated[int, Field(ge=60)] | None = None
    """At least so long between two runs."""
    wait_seconds: Annotated[int, Field(ge=60)] | None = None
    """No commit may have come for so long."""


class ModelUpdate(Model):
    """Something new about registered models."""

    condition: Literal["MODEL_CREATED", "MODEL_VERSION_READY", "MODEL_ALIAS_SET"]
    """What is new."""
    securable: str | None = None
    """Full name of a model, schema or catalog. Default: the metastore."""
    aliases: list[str] | None = None
    """These aliases alone, of MODEL_ALIAS_SET."""
    min_seconds_between: Annotated[int, Field(ge=60)] | None = None
    """At least so long between two runs."""
    wait_seconds: Annotated[int, Field(ge=60)] | None = None
    """Nothing new may have come for so long."""


class Trigger(Model):
    """What starts a job: exactly one of periodic, file_arrival, table_update and model_update."""

    periodic: Periodic | None = None
    """Again and again."""
    file_arrival: FileArrival | None = None
    """New files."""
    table_update: TableUpdate | None = None
    """New commits to tables."""
    model_update: ModelUpdate | None = None
    """Something new about registered models; needs the workspace's preview of multiple triggers."""
    paused: bool = False
    """True: it starts nothing."""

    @model_validator(mode="after")
    def _one_kind(self) -> Trigger:
        one_of(self, ("periodic", "file_arrival", "table_update", "model_update"))
        return self


class Continuous(Model):
    """Always one run: the next starts when the one before ends."""

    paused: bool = False
    """True: it does not start by itself."""
    task_retry_mode: Literal["NEVER", "ON_FAILURE"] | None = None
    """Whether failed tasks are tried again. Default: NEVER."""


class HealthRule(Model):
    """A limit that a healthy run stays under."""

    metric: Literal[
        "RUN_DURATION_SECONDS",
        "STREAMING_BACKLOG_BYTES",
        "STREAMING_BACKLOG_FILES",
        "STREAMING_BACKLOG_RECORDS",
        "STREAMING_BACKLOG_SECONDS",
    ]
    """What is measured."""
    value: Annotated[int, Field(ge=0)]
    """The limit."""


class Notifications(Model):
    """Who hears of what."""

    on_start: list[Email] | None = None
    """E-mail addresses when a run starts."""
    on_success: list[Email] | None = None
    """E-mail addresses when a run succeeds."""
    on_failure: list[Email] | None = None
    """E-mail addresses when a run fails."""
    on_duration_warning: list[Email] | None = None
    """E-mail addresses when a health rule about duration is broken."""
    on_backlog: list[Email] | None = None
    """E-mail addresses when a health rule about a streaming backlog is broken."""
    start_destinations: list[str] | None = None
    """IDs of notification destinations that hear of starts."""
    success_destinations: list[str] | None = None
    """IDs of notification destinations that hear of successes."""
    failure_destinations: list[str] | None = None
    """IDs of notification destinations that hear of failures."""
    duration_warning_destinations: list[str] | None = None
    """IDs of notification destinations that hear of broken health rules about duration."""
    backlog_destinations: list[str] | None = None
    """IDs of notification destinations that hear of broken health rules about a streaming backlog."""
    skipped_runs: bool | None = None
    """True: a run that is skipped counts as a failure here."""
    canceled_runs: bool | None = None
    """False: nobody hears of a run that is cancelled."""
    only_last_attempt: bool | None = None
    """True: a task that is tried again is told of once, at the end. Of tasks alone."""
