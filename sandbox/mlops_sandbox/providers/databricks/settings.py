"""A workspace's own settings: who hears of events, who may call, switches; and who may use a principal."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_DESTINATIONS = "/api/2.0/notification-destinations"
_LISTS = "/api/2.0/ip-access-lists"
_SWITCHES = "/api/2.0/workspace-conf"
_BOOLEANS = ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")


class AccessControlRuleSet(DatabricksType):
    """Who may use or manage a service principal, a group, the account; its ID is its name."""

    token = "databricks:index/accessControlRuleSet:AccessControlRuleSet"  # noqa: S105

    def _path(self, it: Instance) -> str:
        root = "/api/2.0/preview/accounts"
        account = f"/{it.api.account_id}" if it.api.is_account else ""
        return f"{root}{account}/access-control/rule-sets"

    def _put(self, it: Instance, name: str, etag: str, rules: list[Any] | None) -> Values:
        """Replace the rules."""
        rule_set: Values = {"etag": etag, "name": name}
        if rules:
            rule_set["grant_rules"] = rules
        answer: Values = it.api.put(self._path(it), {"name": name, "rule_set": rule_set})
        return answer

    def _replace(self, it: Instance, name: str, rules: list[Any] | None) -> Values:
        """Replace the rules, with the etag of now."""
        return self._put(it, name, self._read(it, name)["etag"], rules)

    def _read(self, it: Instance, name: str) -> Values:
        found: Values = it.api.get(self._path(it), {"name": name, "etag": ""})
        return found

    def create(self, it: Instance) -> str:
        """Put the rules over whatever is there."""
        name = str(it.fields["name"])
        it.answer = self._replace(it, name, it.fields.get("grant_rules"))
        return name

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return it.answer

    def read(self, it: Instance) -> Values | None:
        """The rules; a rule set is always there."""
        return self._read(it, it.id)

    def update(self, it: Instance) -> None:
        """Put the rules twice, as the real plugin does."""
        rules = it.fields.get("grant_rules")
        it.answer = self._put(it, it.id, self._replace(it, it.id, rules)["etag"], rules)

    def delete(self, it: Instance) -> None:
        """Put the rules once more, then none: the rule set itself stays."""
        etag = self._replace(it, it.id, it.state.get("grant_rules"))["etag"]
        self._put(it, it.id, etag, None)


class NotificationDestination(DatabricksType):
    """Where events are told."""

    token = "databricks:index/notificationDestination:NotificationDestination"  # noqa: S105
    _needed = (
        ("slack", "url"),
        ("pagerduty", "integration_key"),
        ("microsoft_teams", "url"),
        ("generic_webhook", "url"),
        ("email", "addresses"),
    )

    def create(self, it: Instance) -> str:
        """Make the destination."""
        config = it.fields.get("config") or {}
        for kind, field in self._needed:
            if kind in config and not config[kind].get(field):
                raise ResourceError(f"config.{kind} needs {field}")
        body = without_zeros(pick(it.fields, "config", "display_name"))
        return str(it.api.post(_DESTINATIONS, body)["id"])

    def read(self, it: Instance) -> Values | None:
        """The destination, with the secrets that the program gave: the workspace tells none."""
        found = it.api.find(f"{_DESTINATIONS}/{path_part(it.id)}")
        if found is None:
            return None
        known = (it.fields or it.state).get("config") or {}
        for kind, settings in (found.get("config") or {}).items():
            given = known.get(kind) or {}
            settings |= {name: value for name, value in given.items() if settings.get(f"{name}_set")}
        return {**found}

    def update(self, it: Instance) -> None:
        """All of it again."""
        body = without_zeros(pick(it.fields, "config", "display_name"))
        it.api.patch(f"{_DESTINATIONS}/{path_part(it.id)}", body)

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{_DESTINATIONS}/{path_part(it.id)}")


class IpAccessList(DatabricksType):
    """Addresses that may, or may not, call the workspace."""

    token = "databricks:index/ipAccessList:IpAccessList"  # noqa: S105
    _sent = ("ip_addresses", "label", "list_type")

    def create(self, it: Instance) -> str:
        """Make the list; a new one is always enabled."""
        made = it.api.post(_LISTS, pick(it.fields, *self._sent))
        return str(made["ip_access_list"]["list_id"])

    def settle(self, it: Instance) -> Values | None:
        """What the program said: the real plugin does not read a list back."""
        return {**pick(it.fields, *self._sent), "enabled": bool(it.fields.get("enabled"))}

    def read(self, it: Instance) -> Values | None:
        """The list."""
        found: Values | None = it.api.find(f"{_LISTS}/{path_part(it.id)}")
        return None if found is None else dict(found["ip_access_list"])

    def update(self, it: Instance) -> None:
        """All of it again; `enabled: false` is never sent, as with the real plugin."""
        body = {**pick(it.fields, *self._sent), "enabled": bool(it.fields.get("enabled"))}
        it.api.patch(f"{_LISTS}/{path_part(it.id)}", without_zeros(body))

    def delete(self, it: Instance) -> None:
        """Remove it."""
        it.api.remove("DELETE", f"{_LISTS}/{path_part(it.id)}")


class WorkspaceConf(DatabricksType):
    """Switches of the workspace; its ID is `_`."""

    token = "databricks:index/workspaceConf:WorkspaceConf"  # noqa: S105

    def _set(self, it: Instance) -> None:
        wanted, before = it.fields.get("custom_config") or {}, it.state.get("custom_config") or {}
        gone = {name: _off(value) for name, value in before.items() if name not in wanted}
        it.api.patch(_SWITCHES, {**wanted, **gone})

    def create(self, it: Instance) -> str:
        """Set them."""
        self._set(it)
        return "_"

    def read(self, it: Instance) -> Values | None:
        """Those that the program names."""
        names = sorted((it.fields or it.state).get("custom_config") or {})
        return {"custom_config": it.api.get(_SWITCHES, {"keys": ",".join(names)}) if names else {}}

    def update(self, it: Instance) -> None:
        """Set them; those that went are switched off."""
        self._set(it)

    def delete(self, it: Instance) -> None:
        """Switch them off one by one; what the workspace can't reset stays."""
        for name, value in sorted((it.state.get("custom_config") or {}).items()):
            try:
                it.api.patch(_SWITCHES, {name: _off(value)})
            except OSError as error:
                if not str(error).startswith("Some values are not allowed"):
                    raise


def _off(value: object) -> str:
    return "false" if str(value) in _BOOLEANS else ""


TYPES = (AccessControlRuleSet(), NotificationDestination(), IpAccessList(), WorkspaceConf())
