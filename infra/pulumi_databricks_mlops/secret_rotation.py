"""A client secret that rotates by date: two secrets, of which one is current and the other still works.

Time is cut into periods. In each period the secret that is two periods old is replaced, and becomes the
current one; the one before stays until the next rotation. So the plan of a period is the same on each of
its days, a rotation shows in the preview of the first deployment after it is due, and who still holds the
secret before has a whole period to change it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.service_identity_args import SecretRotationArgs

_DAYS = 90
_GRACE_DAYS = 30
"""How long a rotation may be late before the current secret ends."""
_LONGEST = (730 - _GRACE_DAYS) // 2
"""Databricks lets a secret live for 730 days, and one lives for two periods."""
_SLOTS = ("a", "b")


@dataclass(frozen=True)
class Rotation:
    """What each slot holds in a period."""

    periods: tuple[str, str]
    """First day of the period that each slot's secret was made for."""
    current: int
    """The slot of the current secret."""
    lifetime: str
    """How long a secret works, in seconds: `15552000s`."""


def rotation(today: date, days: int) -> Rotation:
    """What the slots hold on a day.

    Args:
        today: the day.
        days: a period's length.
    """
    number = today.toordinal() // days
    newest = [number if number % 2 == slot else number - 1 for slot in (0, 1)]
    first, second = (date.fromordinal(max(each * days, 1)).isoformat() for each in newest)
    lifetime = (2 * days + _GRACE_DAYS) * 24 * 3600
    return Rotation((first, second), number % 2, f"{lifetime}s")


def make_secret(
    name: str, wanted: SecretRotationArgs, principal: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Both secrets; returns the current one's value, a Pulumi secret."""
    today = wanted.get("today")
    day = date.fromisoformat(today) if today else datetime.now(UTC).date()
    slots = rotation(day, int(wanted.get("rotate_days", _DAYS)))
    made = [
        # Replaced by making the new one first: the old one works until whoever uses it has the new one.
        databricks.ServicePrincipalSecret(
            f"{name}-secret-{slot}",
            service_principal_id=principal,
            lifetime=slots.lifetime,
            time_rotating=period,
            opts=opts,
        )
        for slot, period in zip(_SLOTS, slots.periods, strict=True)
    ]
    return pulumi.Output.secret(made[slots.current].secret)


def check_rotation(problems: Problems, wanted: SecretRotationArgs) -> None:
    """Add what is wrong with it."""
    days = wanted.get("rotate_days", _DAYS)
    if not 1 <= days <= _LONGEST or days != int(days):
        problems.add(f"rotate_days is {days}: write 1 to {_LONGEST}, in whole days.")
    today = wanted.get("today")
    if today is not None:
        try:
            date.fromisoformat(today)
        except ValueError:
            problems.add(f"today is {today!r}, which is no date: write it as 2026-11-24.")
