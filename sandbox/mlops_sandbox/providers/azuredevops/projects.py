"""Projects."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.azuredevops.client import path_part
from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values

_FEATURES = {
    "boards": "ms.vss-work.agile",
    "repositories": "ms.vss-code.version-control",
    "pipelines": "ms.vss-build.pipelines",
    "testplans": "ms.vss-test-web.test",
    "artifacts": "ms.azure-artifacts.feature",
}
_TIMEOUT = 10 * 60.0
_WHOLE = {"includeCapabilities": "true", "includeHistory": "false"}


class Project(DevOpsType):
    """A project; its ID is a UUID."""

    token = "azuredevops:index/project:Project"  # noqa: S105
    blank = frozenset({"description"})
    suggested = frozenset({"version_control", "visibility"})

    def _process(self, it: Instance) -> str:
        wanted = it.fields["work_item_template"]
        processes = it.api.get("_apis/process/processes")["value"]
        for each in processes:
            if each["name"] == wanted:
                return str(each["id"])
        known = ", ".join(sorted(each["name"] for each in processes))
        raise ResourceError(f"there is no process {wanted}; there are {known}")

    def _finish(self, it: Instance, operation: Any, what: str) -> None:
        """Wait for an operation's end; a failed one is an error."""
        path = f"_apis/operations/{operation['id']}"

        def done(found: Values) -> bool:
            if found["status"] in ("failed", "cancelled"):
                raise ResourceError(f"{what}: {found.get('resultMessage') or found['status']}")
            return bool(found["status"] == "succeeded")

        it.wait(lambda: it.api.get(path), done, what, _TIMEOUT)

    def create(self, it: Instance) -> str:
        """Make it and wait until it is usable."""
        fields, name = it.fields, str(it.fields["name"])
        body = {
            "name": name,
            "description": fields.get("description", ""),
            "visibility": fields.get("visibility", "private"),
            "capabilities": {
                "processTemplate": {"templateTypeId": self._process(it)},
                "versioncontrol": {"sourceControlType": fields.get("version_control", "git")},
            },
        }
        made = it.api.call("POST", "_apis/projects", body)
        self._finish(it, made, f"the creation of the project {name}")
        number = str(it.api.get(f"_apis/projects/{path_part(name)}", _WHOLE)["id"])
        it.exists(number)
        self._set_features(it, number)
        return number

    def _set_features(self, it: Instance, number: str) -> None:
        for name, state in (it.fields.get("features") or {}).items():
            feature = _FEATURES.get(name)
            if feature is None:
                raise ResourceError(f"{name} is no feature of a project; there are {', '.join(_FEATURES)}")
            scope = {"settingScope": "project", "userScoped": False}
            it.api.call(
                "PATCH",
                f"_apis/FeatureManagement/FeatureStates/host/project/{number}/{feature}",
                {"featureId": feature, "scope": scope, "state": state},
            )

    def read(self, it: Instance) -> Values | None:
        """Its settings; of its features those that the program names."""
        found = it.api.look(f"_apis/projects/{path_part(it.id)}", _WHOLE)
        if found is None:
            return None
        it.exists(str(found["id"]))
        process = found["capabilities"]["processTemplate"]["templateTypeId"]
        state = {
            **pick(found, "name", "description", "visibility"),
            "process_template_id": process,
            "version_control": found["capabilities"]["versioncontrol"]["sourceControlType"],
            "work_item_template": it.api.get(f"_apis/process/processes/{process}")["name"],
        }
        features = (it.fields or it.state).get("features")
        if features:
            state["features"] = self._features(it, features)
        return state

    def _features(self, it: Instance, named: Values) -> Values:
        body = {"featureIds": list(_FEATURES.values()), "scopeValues": {"project": it.id}}
        told = it.api.call("POST", "_apis/FeatureManagement/FeatureStatesQuery", body)["featureStates"]
        return {name: told[_FEATURES[name]]["state"] for name in named if _FEATURES.get(name) in told}

    def update(self, it: Instance) -> None:
        """Change what changed, and wait until it is so."""
        self._process(it)
        changed: Values = {
            name: it.fields.get(name, "") for name in ("name", "description") if name in it.changed
        }
        if "visibility" in it.changed:
            changed["visibility"] = it.fields.get("visibility", "private")
        if changed:
            begun = it.api.call("PATCH", f"_apis/projects/{it.id}", {"id": it.id, **changed})
            self._finish(it, begun, f"the change of the project {it.fields['name']}")
        if "features" in it.changed:
            self._set_features(it, it.id)

    def delete(self, it: Instance) -> None:
        """Remove it with everything in it, and wait until it is gone."""
        begun = it.api.remove(f"_apis/projects/{it.id}")
        if begun:
            self._finish(it, begun, f"the removal of the project {it.state.get('name', it.id)}")


TYPES = (Project(),)
