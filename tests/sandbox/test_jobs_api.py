"""The Jobs API through the vendor's SDK: settings, errors, pages."""

from __future__ import annotations

import httpx
import job_tasks
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, ResourceDoesNotExist
from databricks.sdk.service import jobs
from databricks.sdk.service.iam import PermissionLevel
from job_tasks import steps
from running import RunningSandbox

RECORDED = {
    "environments": [
        {"environment_key": "default", "spec": {"dependencies": ["pandas<3"], "environment_version": "4"}}
    ],
    "max_concurrent_runs": 1,
    "name": "train",
    "queue": {"enabled": False},
    "tasks": [
        {
            "environment_key": "default",
            "notebook_task": {"base_parameters": {"env": "dev"}, "notebook_path": "/Workspace/x"},
            "task_key": "a",
        }
    ],
}


def ask(sandbox: RunningSandbox, method: str, action: str, **body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    sent = {"params": body} if method == "GET" else {"json": body}
    return httpx.request(method, f"{sandbox.url}/api/2.2/jobs/{action}", headers=headers, **sent)  # type: ignore[arg-type]


def test_a_job_comes_back_as_the_workspace_shows_it(sandbox: RunningSandbox) -> None:
    job_id = ask(sandbox, "POST", "create", **RECORDED).json()["job_id"]
    shown = ask(sandbox, "GET", "get", job_id=job_id).json()
    assert shown.pop("created_time") > 0
    assert shown == {
        "job_id": job_id,
        "creator_user_name": "developer@example.com",
        "run_as_user_name": "developer@example.com",
        "settings": {
            **RECORDED,
            "email_notifications": {},
            "webhook_notifications": {},
            "timeout_seconds": 0,
            "tasks": [
                {
                    "email_notifications": {},
                    "environment_key": "default",
                    "notebook_task": {
                        "base_parameters": {"env": "dev"},
                        "notebook_path": "/Workspace/x",
                        "source": "WORKSPACE",
                    },
                    "run_if": "ALL_SUCCESS",
                    "task_key": "a",
                    "timeout_seconds": 0,
                }
            ],
        },
    }


def test_reset_replaces_and_update_merges_by_key(client: WorkspaceClient) -> None:
    job_id = job_tasks.create(client, steps("a"), steps("b"), tags={"x": "1"})
    changed = jobs.JobSettings(tasks=[steps("b", "new"), steps("c")], timeout_seconds=60)
    client.jobs.update(job_id, new_settings=changed, fields_to_remove=["tags", "tasks/a"])
    settings = client.jobs.get(job_id).settings
    assert settings is not None
    assert [task.task_key for task in settings.tasks or []] == ["b", "c"]
    assert (settings.name, settings.timeout_seconds, settings.tags) == ("test", 60, None)
    client.jobs.reset(job_id, jobs.JobSettings(name="again"))
    settings = client.jobs.get(job_id).settings
    assert settings is not None
    assert (settings.name, settings.tasks) == ("again", [])


def test_a_deleted_job_is_missing_with_the_workspace_s_own_words(client: WorkspaceClient) -> None:
    job_id = job_tasks.create(client, steps("a"))
    assert client.jobs.get_permissions(str(job_id)).access_control_list
    client.jobs.delete(job_id)
    with pytest.raises(ResourceDoesNotExist, match=f"Job {job_id} does not exist"):
        client.jobs.get(job_id)
    with pytest.raises(InvalidParameterValue, match=f"Job {job_id} does not exist"):
        client.jobs.run_now(job_id)
    with pytest.raises(DatabricksError):
        client.jobs.get_permissions(str(job_id))
    with pytest.raises(ResourceDoesNotExist, match=r"Run 1 does not exist\."):
        client.jobs.get_run(1)


def test_access_controls_of_a_new_job_join_its_owner(client: WorkspaceClient) -> None:
    wanted = jobs.JobAccessControlRequest(
        group_name="users", permission_level=jobs.JobPermissionLevel.CAN_VIEW
    )
    job_id = job_tasks.create(client, steps("a"), access_control_list=[wanted])
    held = client.permissions.get("jobs", str(job_id)).access_control_list or []
    levels = {each.group_name or each.user_name: (each.all_permissions or [])[0] for each in held}
    assert levels["users"].permission_level == PermissionLevel.CAN_VIEW
    assert levels["developer@example.com"].permission_level == PermissionLevel.IS_OWNER


NOTEBOOK = {"task_key": "a", "notebook_task": {"notebook_path": "/a"}}
WHEEL = {"task_key": "a", "python_wheel_task": {"package_name": "p", "entry_point": "e"}}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tasks": [{**NOTEBOOK, "run_if": "SOMETIMES"}]}, "tasks[0].run_if = 'SOMETIMES'"),
        ({"tasks": [{**NOTEBOOK, "retries": 3}]}, "tasks[0].retries = 3"),
        ({"tasks": [NOTEBOOK, NOTEBOOK]}, "Duplicate task key 'a'"),
        ({"tasks": [{**NOTEBOOK, "depends_on": [{"task_key": "z"}]}]}, "task 'z', which does not exist"),
        ({"tasks": [{"task_key": "a"}]}, "exactly one kind"),
        ({"tasks": [WHEEL]}, "one of environment_key, job_cluster_key"),
        ({"tasks": [{**WHEEL, "environment_key": "z"}]}, "environment_key 'z' is not in environments"),
        (
            {"schedule": {"quartz_cron_expression": "0 9 * * *", "timezone_id": "UTC"}},
            "Invalid quartz_cron_expression: '0 9 * * *': it has 5 fields",
        ),
        (
            {"schedule": {"quartz_cron_expression": "0 0 9 * * ?", "timezone_id": "Mars/North"}},
            "Invalid timezone_id: 'Mars/North'",
        ),
        ({"trigger": {"pause_status": "PAUSED"}}, "trigger needs exactly one of"),
        ({"trigger": {"file_arrival": {"url": "/Volumes/a"}}}, "must be a folder: end it with '/'"),
        ({"trigger": {"table_update": {"condition": "ALL_UPDATED"}}}, "needs table_names"),
        ({"parameters": [{"name": "x", "default": ""}] * 2}, "Duplicate job parameter: x"),
        ({"parameters": [{"name": "a b", "default": ""}]}, "Job parameter 'a b': a name has"),
        (
            {"tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "{{job.naem}}"}}]},
            "{{job.naem}} is no reference",
        ),
    ],
)
def test_settings_that_no_run_could_follow_are_refused(
    sandbox: RunningSandbox, settings: dict[str, object], said: str
) -> None:
    answer = ask(sandbox, "POST", "create", **settings)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert said in answer.json()["message"]


def test_all_jobs_are_listed_once_over_many_pages(client: WorkspaceClient) -> None:
    made = [client.jobs.create(name="Paged").job_id for _ in range(7)]
    listed = [each.job_id for each in client.jobs.list(name="paged", limit=3)]
    assert listed == sorted((each for each in made if each), reverse=True)
    with pytest.raises(InvalidParameterValue, match="page_token"):
        list(client.jobs.list(page_token="made up"))
    with pytest.raises(InvalidParameterValue, match="limit must be between 1 and 100"):
        list(client.jobs.list(limit=101))


def test_more_than_a_hundred_tasks_come_in_pages(sandbox: RunningSandbox, client: WorkspaceClient) -> None:
    keys = [f"t{index:03d}" for index in range(230)]
    job_id = job_tasks.create(client, *(steps(key) for key in keys))
    assert len(ask(sandbox, "GET", "get", job_id=job_id).json()["settings"]["tasks"]) == 100
    settings = client.jobs.get(job_id).settings
    assert settings is not None
    assert [task.task_key for task in settings.tasks or []] == keys
    expanded = [each for each in client.jobs.list(expand_tasks=True) if each.job_id == job_id]
    assert expanded[0].settings is not None
    assert len(expanded[0].settings.tasks or []) == 230
