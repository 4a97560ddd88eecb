"""`dbutils.widgets`: a notebook's parameters. In a job all of them are text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Widgets:
    """Widgets with the values that the job gave, or their defaults."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:  # noqa: ARG002, N803
        """Declare a text widget."""
        self._defaults.setdefault(name, str(defaultValue))

    def dropdown(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],
        label: str | None = None,
    ) -> None:
        """Declare a choice; ``ValueError`` when the default is not one of the choices."""
        if defaultValue not in choices:
            raise ValueError(f"Widget {name}: {defaultValue!r} is not one of {list(choices)}.")
        self.text(name, defaultValue, label)

    def combobox(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],  # noqa: ARG002
        label: str | None = None,
    ) -> None:
        """Declare a choice that may also be typed."""
        self.text(name, defaultValue, label)

    def multiselect(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],
        label: str | None = None,
    ) -> None:
        """Declare a choice of several; the value joins them with commas."""
        self.dropdown(name, defaultValue, choices, label)

    def get(self, name: str) -> str:
        """A widget's value; ``ValueError`` when nothing of that name was declared or given."""
        if name in self._given:
            return self._given[name]
        if name in self._defaults:
            return self._defaults[name]
        known = ", ".join(sorted(self.getAll())) or "none"
        raise ValueError(
            f"InputWidgetNotDefined: No input widget named {name} is defined (there are: {known})."
        )

    def getArgument(self, name: str, defaultValue: str | None = None) -> str | None:  # noqa: N802, N803
        """A widget's value, or the default given here."""
        return self.getAll().get(name, defaultValue)

    def getAll(self) -> dict[str, str]:  # noqa: N802
        """Every widget's value."""
        return self._defaults | self._given

    def remove(self, name: str) -> None:
        """Forget a widget."""
        self._defaults.pop(name, None)
        self._given.pop(name, None)

    def removeAll(self) -> None:  # noqa: N802
        """Forget all widgets."""
        self._defaults.clear()
        self._given.clear()
