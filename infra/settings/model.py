"""What all settings have in common."""

from __future__ import annotations

from typing import Annotated

from pulumi_databricks_mlops import quartz
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Settings: an unknown key is an error, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _cron(expression: str) -> str:
    wrong = quartz.problem(expression)
    if wrong:
        raise ValueError(wrong)
    return expression


Cron = Annotated[str, AfterValidator(_cron)]
"""A Quartz expression."""
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,254}$")]
"""A name in Unity Catalog."""
Key = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,100}$")]
"""A key of a task or a job."""
Parameter = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]+$")]
"""The name of a job's parameter."""
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
"""An e-mail address."""
Seconds = Annotated[int, Field(ge=0)]
"""Seconds; 0 is no limit."""
