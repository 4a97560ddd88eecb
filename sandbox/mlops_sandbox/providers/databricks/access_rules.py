"""Who may use or manage what lives in the account: service principals, budget policies, groups."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance


class AccessControlRuleSet(DatabricksType):
    """All rules of one object; its ID is the rule set's name."""

    token = "databricks:index/accessControlRuleSet:AccessControlRuleSet"  # noqa: S105

    def _path(self, it: Instance) -> str:
        within = f"/{it.api.account_id}" if it.api.is_account else ""
        return f"/api/2.0/preview/accounts{within}/access-control/rule-sets"

    def _get(self, it: Instance, name: str) -> Values:
        found: Values = it.api.get(self._path(it), {"name": name, "etag": ""})
        return found

    def _put(self, it: Instance, name: str, etag: str, rules: list[Values]) -> Values:
        # A set's order says nothing; sorted, the same rules are the same request.
        sent = [
            {"principals": sorted(rule.get("principals") or []), "role": rule["role"]}
            for rule in sorted(rules, key=lambda rule: str(rule["role"]))
        ]
        rule_set = {"name": name, "etag": etag, **({"grant_rules": sent} if sent else {})}
        answer: Values = it.api.put(self._path(it), {"name": name, "rule_set": rule_set})
        return answer

    def create(self, it: Instance) -> str:
        """Read the etag, and replace whatever rules there are."""
        name = str(it.fields["name"])
        it.answer = self._put(it, name, self._get(it, name)["etag"], it.fields.get("grant_rules") or [])
        return name

    def settle(self, it: Instance) -> Values | None:
        """What the call answered."""
        return it.answer

    def read(self, it: Instance) -> Values | None:
        """The rules; an object without a rule set has an empty one."""
        return self._get(it, it.id)

    def update(self, it: Instance) -> None:
        """Put the rules, and once more with the etag of that; the state keeps none."""
        rules = it.fields.get("grant_rules") or []
        first = self._put(it, it.id, self._get(it, it.id)["etag"], rules)
        it.answer = {**self._put(it, it.id, first["etag"], rules), "etag": ""}

    def delete(self, it: Instance) -> None:
        """Take all rules away."""
        rules = it.state.get("grant_rules") or []
        last = self._put(it, it.id, self._get(it, it.id)["etag"], rules)
        self._put(it, it.id, last["etag"], [])


TYPES = (AccessControlRuleSet(),)
