"""What a person can understand and mend."""

from __future__ import annotations


class CliError(Exception):
    """Printed as one message, without a stack trace."""
