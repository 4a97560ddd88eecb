"""What a caller may do in MLflow: experiments by their permissions, registered models by their grants.

MLflow's own server knows nothing of callers, so the proxy asks here before it passes a request on.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import httpx

from mlops_sandbox.context import DEFAULT_WORKSPACE
from mlops_sandbox.databricks import permissions
from mlops_sandbox.databricks.mlflow_server import MlflowServer, mlflow_name
from mlops_sandbox.databricks.object_access import may, may_at, refusal
from mlops_sandbox.databricks.principals import caller
from mlops_sandbox.databricks.unity import access
from mlops_sandbox.databricks.unity.securables import made_by, new_id
from mlops_sandbox.errors import denied
from mlops_sandbox.server.routing import Call

Json = dict[str, Any]

_API = re.compile(r"(?:/mlflow/ajax-api|/api)/[23]\.0/(mlflow|mlflow-artifacts)/(.*)")
_READS = re.compile(r"(?:.*/)?(get|get-\w[\w-]*|search|list\w*|get-by-name|alias|download-uri)$")
#: In an artifact's path: what MLflow calls its workspace (nothing for the sandbox's own), and a logged model.
_SPACE = re.compile(r"(?:^|(?<=/))workspaces/(\w+)/")
_ARTIFACT_MODEL = re.compile(r"/models/(m-\w+)(?:/|$)")
_ARTIFACT_EXPERIMENT = re.compile(r"(?:^|/)(\d+)/")
_MODEL = "registered_model"
_MANAGED = {"delete", "restore"}
#: Lists that are cut to what the caller may see, with the field that names each element.
_LISTS = {
    "experiments/search": ("experiments", "experiment_id"),
    "experiments/list": ("experiments", "experiment_id"),
    "registered-models/search": ("registered_models", "name"),
    "model-versions/search": ("model_versions", "name"),
}


class Asked:
    """One request to MLflow, as far as who may make it depends on it."""

    def __init__(self, call: Call, body: bytes) -> None:
        self._call = call
        self._who = caller(call)
        found = _API.fullmatch(call.request.url.path)
        self._area, self.path = (found[1], found[2]) if found else ("", "")
        self._fields: Json = dict(call.query)
        try:
            sent = json.loads(body) if body else {}
        except ValueError:
            sent = {}
        self._fields |= sent if isinstance(sent, dict) else {}
        self._reads = call.request.method in {"GET", "HEAD"} or _READS.match(self.path) is not None

    def check(self) -> None:
        """Refuse what the caller may not do with 403; what its answer must hide, :meth:`shown` does."""
        if self._who.admin and self._who.metastore_admin:
            return
        kind = self.path.partition("/")[0]
        if self._area == "mlflow-artifacts":
            self._check_artifact()
        elif kind in {"registered-models", "model-versions"}:
            self._check_model()
        elif self._area and not self._who.admin:
            self._check_tracking()

    def _check_model(self) -> None:
        name = str(self._fields.get("name") or "").lower()
        if name.count(".") != 2:
            return
        if self.path == "registered-models/create":
            schema = name.rpartition(".")[0]
            access.require(self._call, "schema", schema, "USE_SCHEMA")
            access.require(self._call, "schema", schema, "CREATE_MODEL")
        elif self.path == "model-versions/create":
            access.require(self._call, _MODEL, name, "CREATE_MODEL_VERSION", "MANAGE")
        elif self._reads and self._call.request.method == "GET":
            access.require(self._call, _MODEL, name, "EXECUTE", "BROWSE", "MANAGE")
        elif self.path.endswith("-tag"):
            access.require(self._call, _MODEL, name, "MANAGE", "APPLY_TAG")
        elif not self._reads or self.path == "registered-models/alias":
            access.require(self._call, _MODEL, name, "MANAGE")

    def _check_artifact(self) -> None:
        where = self.path.partition("artifacts")[2] or str(self._fields.get("path", ""))
        if self._call.request.url.path.endswith("/artifacts"):
            where = str(self._fields.get("path", ""))
        space = _SPACE.search(where)
        here = (space[1] if space else mlflow_name(DEFAULT_WORKSPACE)) == mlflow_name(self._call.workspace)
        model = _ARTIFACT_MODEL.search(where) if self._reads else None
        # Whoever may use a registered model reads the files of its versions, from any workspace.
        if model and self._may_use_version(model[1]):
            return
        if model and not here:
            raise denied(f"{self._who.name} may use no registered model that has {model[1]} as a version.")
        found = _ARTIFACT_EXPERIMENT.search(_SPACE.sub("", where))
        if found and not self._who.admin:
            self._need(found[1], "CAN_READ" if self._reads else "CAN_EDIT")

    def _may_use_version(self, model: str) -> bool:
        """Whether the caller may use a registered model that has a logged model as a version."""
        told = self._ask("model-versions/search", {"filter": f"source_path = 'models:/{model}'"})
        names = {str(each["name"]) for each in told.get("model_versions", []) if each["name"].count(".") == 2}
        store = self._call.metastore
        return any(
            access.is_bound(self._call, name)
            and access.lacking(store, self._who, _MODEL, name, "EXECUTE", "MANAGE") is None
            for name in names
        )

    def _check_tracking(self) -> None:
        if self.path == "experiments/create":
            folder = str(PurePosixPath(str(self._fields.get("name", "/"))).parent)
            if not may_at(self._call.store, self._who, folder, "CAN_EDIT"):
                raise refusal(self._who, folder, "CAN_EDIT")
            return
        level = "CAN_READ" if self._reads else "CAN_EDIT"
        if self.path.startswith("experiments/") and self.path.rpartition("/")[2] in _MANAGED:
            level = "CAN_MANAGE"
        for experiment in self._experiments():
            self._need(experiment, level)

    def _experiments(self) -> list[str]:
        """The experiments that the request is about."""
        fields = self._fields
        named = [str(each) for each in fields.get("experiment_ids") or []]
        named += [str(fields["experiment_id"])] if fields.get("experiment_id") else []
        run = fields.get("run_id") or fields.get("run_uuid")
        if run and not named:
            told = self._ask("runs/get", {"run_id": str(run)})
            named += [told["run"]["info"]["experiment_id"]] if "run" in told else []
        model = re.match(r"logged-models/(m-\w+)", self.path)
        if model and not self._reads:
            told = self._ask(f"logged-models/{model[1]}", {})
            named += [told["model"]["info"]["experiment_id"]] if "model" in told else []
        if self.path == "experiments/get-by-name":
            told = self._ask(
                "experiments/get-by-name", {"experiment_name": fields.get("experiment_name", "")}
            )
            named += [told["experiment"]["experiment_id"]] if "experiment" in told else []
        return list(dict.fromkeys(named))

    def _ask(self, path: str, query: Json) -> Json:
        server = self._call.sandbox.get(MlflowServer)
        server.wait()
        server.know(self._call.workspace)
        with server.client(self._call.workspace) as mlflow:
            try:
                answer = mlflow.get(f"/api/2.0/mlflow/{path}", params=query)
            except httpx.HTTPError:
                return {}
        told: Json = answer.json() if answer.is_success else {}
        return told

    def _may(self, experiment: str, level: str) -> bool:
        store = self._call.store
        if may(store, self._who, ("experiments", experiment), level):
            return True
        told = self._ask("experiments/get", {"experiment_id": experiment})
        name = str(told.get("experiment", {}).get("name", ""))
        return name.startswith("/") and may_at(store, self._who, name, level)

    def _need(self, experiment: str, level: str) -> None:
        if not self._may(experiment, level):
            raise refusal(self._who, f"experiment {experiment}", level)

    @property
    def is_list(self) -> bool:
        """Whether the answer is to be cut to what the caller may see."""
        return self.path in _LISTS and not self._who.metastore_admin

    def shown(self, answer: Json) -> Json:
        """A list without what the caller may not see."""
        field, key = _LISTS[self.path]
        listed = [each for each in answer.get(field, []) if self._sees(str(each[key]))]
        return {**answer, field: listed}

    def _sees(self, name: str) -> bool:
        if self.path.startswith("experiments/"):
            return self._who.admin or self._may(name, "CAN_READ")
        if name.count(".") != 2:
            return True
        return access.is_bound(self._call, name) and not access.hides(self._call, _MODEL, name)

    def remember(self, answer: Json) -> None:
        """What was made is its maker's."""
        store, user = self._call.store, self._call.user
        if self.path == "experiments/create" and answer.get("experiment_id"):
            permissions.on_create(store, "experiments", answer["experiment_id"], user)
        elif self.path == "registered-models/create" and "registered_model" in answer:
            name = answer["registered_model"]["name"]
            self._call.metastore.put(_MODEL, name, {**made_by(user), "id": new_id()})

    @property
    def makes(self) -> bool:
        """Whether the answer tells of something that is made."""
        return self.path in {"experiments/create", "registered-models/create"}


def check_space(call: Call) -> None:
    """MLflow's own places for workspaces are the sandbox's to make."""
    if re.search(r"/mlflow/workspaces(/|$)", call.request.url.path):
        raise denied("Workspaces are made through the account.")
