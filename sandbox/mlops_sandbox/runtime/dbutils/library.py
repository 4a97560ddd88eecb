"""`dbutils.library`."""

from __future__ import annotations


class Library:
    """Packages of the running notebook."""

    def restartPython(self) -> None:  # noqa: N802 (the vendor's name)
        """Does nothing: `%pip install` installed nothing, so no module is out of date."""
