"""Runs of jobs, for real: every task is a process."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import job_tasks
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, OperationFailed
from databricks.sdk.service import jobs
from job_tasks import begin, create, finished, output, result, results, run, steps, until
from mlops_sandbox.processes import started_at
from running import RunningSandbox

EQUAL = jobs.ConditionTaskOp.EQUAL_TO


@pytest.fixture(autouse=True)
def _uploaded(client: WorkspaceClient) -> None:
    job_tasks.upload(client)


def task_values(key: str, value: str) -> str:
    return f"{{{{tasks.{key}.values.{value}}}}}"


def test_tasks_run_after_what_they_depend_on(client: WorkspaceClient) -> None:
    done = run(
        client,
        steps("last", after=("left", "right")),
        steps("left", after=("first",)),
        steps("right", after=("first",)),
        steps("first"),
    )
    times = {task.task_key: (task.start_time or 0, task.end_time or 0) for task in done.tasks or []}
    assert result(done) == "SUCCESS"
    assert times["first"][1] <= min(times["left"][0], times["right"][0])
    assert max(times["left"][1], times["right"][1]) <= times["last"][0]


def test_values_flow_from_task_to_task_and_choose_the_branch(client: WorkspaceClient) -> None:
    check = jobs.Task(
        "check",
        condition_task=jobs.ConditionTask(EQUAL, task_values("make", "drift"), "true"),
        depends_on=[jobs.TaskDependency("make")],
    )
    done = run(
        client,
        steps("make", "set:drift=true", 'set:who="me"'),
        check,
        steps("yes", task_values("make", "who"), "{{job.parameters.day}}", after=("check=true",)),
        steps("no", after=("check=false",)),
        steps("after_no", after=("no",)),
        parameters=[jobs.JobParameterDefinition("day", default="monday")],
        job_parameters={"day": "friday"},
    )
    excluded = {"no": "EXCLUDED", "after_no": "EXCLUDED"}
    assert results(done) == {"make": "SUCCESS", "check": "SUCCESS", "yes": "SUCCESS", **excluded}
    assert result(done) == "SUCCESS"
    assert output(client, done, "yes").logs == "me\nfriday\n"
    outcome = next(task.condition_task for task in done.tasks or [] if task.task_key == "check")
    assert outcome is not None
    assert (outcome.left, outcome.outcome) == ("true", "true")


def test_a_failing_task_shows_its_name_its_error_and_the_end_of_its_log(client: WorkspaceClient) -> None:
    job_id = create(
        client,
        steps("bad", "before", "fail:no such column"),
        steps("never", after=("bad",)),
        steps("cleanup", after=("bad",), run_if=jobs.RunIf.AT_LEAST_ONE_FAILED),
    )
    run_id = begin(client, job_id)
    done = finished(client, run_id)
    assert results(done) == {"bad": "FAILED", "never": "UPSTREAM_FAILED", "cleanup": "SUCCESS"}
    assert done.state is not None
    assert done.state.life_cycle_state == jobs.RunLifeCycleState.INTERNAL_ERROR
    assert "Task bad failed with message: Workload failed" in str(done.state.state_message)
    left = output(client, done, "bad")
    assert left.error == "ValueError: no such column"
    assert str(left.logs).startswith("before\nTraceback")
    assert "mlops_sandbox" not in str(left.error_trace)
    assert "raise ValueError(rest)" in str(left.error_trace)
    with pytest.raises(OperationFailed):
        client.jobs.wait_get_run_job_terminated_or_skipped(run_id)
    with pytest.raises(InvalidParameterValue, match="multiple tasks is not supported"):
        client.jobs.get_run_output(run_id)


def test_a_log_is_read_from_where_its_reader_left_off(
    sandbox: RunningSandbox, client: WorkspaceClient
) -> None:
    done = run(client, steps("a", "one", "two"))
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    address = f"{sandbox.url}/sandbox/runs/{(done.tasks or [])[0].run_id}/log"
    answer = httpx.get(address, params={"offset": 4}, headers=headers)
    assert (answer.text, answer.headers["X-Log-End"], answer.headers["X-Log-Final"]) == ("two\n", "8", "true")
    assert httpx.get(f"{sandbox.url}/sandbox/runs/1/log", headers=headers).status_code == 400
    assert httpx.get(f"{sandbox.url}/sandbox/runs/x/log", headers=headers).status_code == 400


def test_a_task_is_tried_again_as_often_as_it_says(client: WorkspaceClient, tmp_path: Path) -> None:
    step = f"fail-until:{tmp_path}/marks"
    done = run(client, steps("a", step, max_retries=2, min_retry_interval_millis=1))
    assert [(task.attempt_number, result(task)) for task in done.tasks or []] == [
        (0, "FAILED"),
        (1, "FAILED"),
        (2, "SUCCESS"),
    ]
    assert result(done) == "SUCCESS"
    done = run(client, steps("a", "fail:x", max_retries=1))
    assert len(done.tasks or []) == 2
    assert result(done) == "FAILED"


def test_a_task_that_takes_too_long_is_ended(client: WorkspaceClient) -> None:
    done = run(client, steps("slow", "began", "sleep:60", timeout_seconds=1), steps("after", after=("slow",)))
    assert results(done) == {"slow": "TIMEDOUT", "after": "UPSTREAM_FAILED"}
    left = output(client, done, "slow")
    assert (left.error, left.logs) == ("Timed out after 1 seconds", "began\n")


def test_a_run_that_takes_too_long_is_ended(client: WorkspaceClient) -> None:
    done = run(client, steps("slow", "sleep:60"), steps("after", after=("slow",)), timeout_seconds=1)
    assert (result(done), results(done)) == ("TIMEDOUT", {"slow": "TIMEDOUT", "after": "UPSTREAM_CANCELED"})


def test_cancelling_ends_the_process_and_everything_after_it(client: WorkspaceClient, tmp_path: Path) -> None:
    began = tmp_path / "began"
    job_id = create(client, steps("slow", f"touch:{began}", "sleep:60"), steps("after", after=("slow",)))
    run_id = begin(client, job_id)
    until(began.exists, "the task has begun")
    client.jobs.cancel_run(run_id)
    done = finished(client, run_id)
    assert (result(done), results(done)) == ("CANCELED", {"slow": "CANCELED", "after": "UPSTREAM_CANCELED"})
    assert done.status is not None
    assert done.status.termination_details is not None
    assert done.status.termination_details.code == jobs.TerminationCodeCode.USER_CANCELED


def test_runs_above_the_limit_wait_in_order_or_are_skipped(client: WorkspaceClient, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job_id = create(client, steps("a", f"touch:{gate}", "sleep:0.5"), max_concurrent_runs=1)
    first = begin(client, job_id)
    skipped = finished(client, begin(client, job_id))
    assert result(skipped) == "MAXIMUM_CONCURRENT_RUNS_REACHED"
    waiting = [begin(client, job_id, queue=jobs.QueueSettings(True)) for _ in range(2)]
    states = [client.jobs.get_run(run_id).state for run_id in waiting]
    assert [state.life_cycle_state for state in states if state] == [jobs.RunLifeCycleState.QUEUED] * 2
    done = [finished(client, run_id) for run_id in (first, *waiting)]
    assert [result(each) for each in done] == ["SUCCESS"] * 3
    tasks = [(each.tasks or [])[0] for each in done]
    assert (tasks[0].end_time or 0) <= (tasks[1].start_time or 0)
    assert (tasks[1].end_time or 0) <= (tasks[2].start_time or 0)


def test_a_queued_run_can_be_cancelled(client: WorkspaceClient) -> None:
    job_id = create(client, steps("a", "sleep:60"), queue=jobs.QueueSettings(True))
    first, queued = begin(client, job_id), begin(client, job_id)
    client.jobs.cancel_all_runs(job_id=job_id)
    assert [result(finished(client, each)) for each in (first, queued)] == ["CANCELED", "CANCELED"]


def test_one_token_begins_one_run(client: WorkspaceClient) -> None:
    job_id = create(client, steps("a"))
    ids = {begin(client, job_id, idempotency_token="once") for _ in range(2)}
    assert len(ids) == 1
    finished(client, ids.pop())
    assert len(list(client.jobs.list_runs(job_id=job_id))) == 1


def test_a_loop_runs_its_task_for_each_item(client: WorkspaceClient) -> None:
    inner = steps("item", "{{input.city}}", "fail-{{input.n}}")
    loop = jobs.Task(
        "loop",
        for_each_task=jobs.ForEachTask(task_values("make", "cities"), inner, concurrency=2),
        depends_on=[jobs.TaskDependency("make")],
    )
    done = run(client, steps("make", 'set:cities=[{"city":"JFK","n":1},{"city":"LGA","n":2}]'), loop)
    assert result(done) == "SUCCESS"
    task = next(task for task in done.tasks or [] if task.task_key == "loop")
    assert task.run_id is not None
    iterations = client.jobs.get_run(task.run_id).iterations or []
    logs = [client.jobs.get_run_output(each.run_id).logs for each in iterations if each.run_id]
    assert sorted(str(log) for log in logs) == ["JFK\nfail-1\n", "LGA\nfail-2\n"]
    assert task.for_each_task is not None
    assert task.for_each_task.stats is not None
    stats = task.for_each_task.stats.task_run_stats
    assert stats is not None
    assert (stats.total_iterations, stats.succeeded_iterations, stats.active_iterations) == (2, 2, 0)


def test_a_loop_fails_with_its_iterations_and_refuses_what_is_no_list(client: WorkspaceClient) -> None:
    def loop(inputs: str) -> jobs.Task:
        each = jobs.ForEachTask(inputs, steps("item", "{{input}}", "fail:{{input}}"))
        return jobs.Task("loop", for_each_task=each)

    assert (
        output(client, run(client, loop('["a", "b"]')), "loop").error == "2 of 2 iterations did not succeed."
    )
    assert "no JSON array" in str(output(client, run(client, loop("{}")), "loop").error)


def test_a_job_runs_another_with_parameters_and_shares_its_fate(client: WorkspaceClient) -> None:
    day = [jobs.JobParameterDefinition("day", default="monday")]
    shown = ("{{job.parameters.day}}", "{{job.parameters.given}}")
    inner = create(client, steps("show", *shown), parameters=day)
    call = jobs.RunJobTask(inner, job_parameters={"day": "{{job.parameters.given}}"})
    given = [jobs.JobParameterDefinition("given", default="sunday")]
    done = run(client, jobs.Task("call", run_job_task=call), parameters=given)
    called = output(client, done, "call").run_job_output
    assert called is not None
    assert called.run_id is not None
    inner_run = client.jobs.get_run(called.run_id)
    assert inner_run.trigger == jobs.TriggerType.RUN_JOB_TASK
    assert output(client, inner_run, "show").logs == "sunday\nsunday\n"
    failing = create(client, steps("bad", "fail:inner trouble"))
    done = run(client, jobs.Task("call", run_job_task=jobs.RunJobTask(failing)))
    assert result(done) == "FAILED"
    assert "Task bad failed" in str(output(client, done, "call").error)


def test_jobs_that_run_each_other_are_stopped(client: WorkspaceClient) -> None:
    job_id = create(client, steps("a"))
    own = jobs.JobSettings(tasks=[jobs.Task("self", run_job_task=jobs.RunJobTask(job_id))])
    client.jobs.update(job_id, new_settings=own, fields_to_remove=["tasks/a"])
    done = finished(client, begin(client, job_id))
    assert f"in a circle: {job_id} → {job_id}" in str(output(client, done, "self").error)


def test_a_repair_runs_what_failed_again_and_keeps_the_rest(client: WorkspaceClient, tmp_path: Path) -> None:
    job_id = create(
        client,
        steps("good", "set:x=1"),
        steps("bad", f"fail-until:{tmp_path}/marks", after=("good",), max_retries=1),
        steps("after", "{{job.repair_count}}", task_values("good", "x"), after=("bad",)),
    )
    failed = finished(client, begin(client, job_id))
    assert failed.run_id is not None
    assert results(failed) == {"good": "SUCCESS", "bad": "FAILED", "after": "UPSTREAM_FAILED"}
    client.jobs.repair_run(failed.run_id, rerun_all_failed_tasks=True)
    done = finished(client, failed.run_id)
    assert results(done) == {"good": "SUCCESS", "bad": "SUCCESS", "after": "SUCCESS"}
    assert [task.task_key for task in done.tasks or []].count("good") == 1
    assert output(client, done, "after").logs == "1\n1\n"
    history = client.jobs.get_run(failed.run_id, include_history=True).repair_history or []
    assert [each.type for each in history] == [
        jobs.RepairHistoryItemType.ORIGINAL,
        jobs.RepairHistoryItemType.REPAIR,
    ]


def test_tasks_run_once_without_a_job(client: WorkspaceClient) -> None:
    task = jobs.SubmitTask(
        "a",
        spark_python_task=jobs.SparkPythonTask(f"{job_tasks.FOLDER}/steps.py", parameters=["{{job.name}}"]),
        environment_key="default",
    )
    waiter = client.jobs.submit(
        run_name="ad hoc", tasks=[task], environments=[jobs.JobEnvironment("default")]
    )
    done = finished(client, waiter.response.run_id or 0)
    assert (done.run_type, output(client, done, "a").logs) == (jobs.RunType.SUBMIT_RUN, "ad hoc\n")


def test_runs_are_listed_newest_first_over_pages_and_by_state(client: WorkspaceClient) -> None:
    job_id = create(client, jobs.Task("c", condition_task=jobs.ConditionTask(EQUAL, "1", "1")))
    made = [finished(client, begin(client, job_id)).run_id for _ in range(5)]
    listed = [each.run_id for each in client.jobs.list_runs(job_id=job_id, limit=2)]
    assert listed == sorted((each for each in made if each), reverse=True)
    assert list(client.jobs.list_runs(job_id=job_id, active_only=True)) == []


def test_a_schedule_begins_runs_by_itself(client: WorkspaceClient) -> None:
    every_second = jobs.CronSchedule("* * * * * ?", "UTC")
    job_id = create(client, steps("a"), schedule=every_second)
    until(lambda: list(client.jobs.list_runs(job_id=job_id)), "the schedule has begun a run")
    client.jobs.update(job_id, fields_to_remove=["schedule"])
    client.jobs.cancel_all_runs(job_id=job_id)
    assert list(client.jobs.list_runs(job_id=job_id))[-1].trigger == jobs.TriggerType.PERIODIC


def task_processes(sandbox: RunningSandbox) -> list[int]:
    records = [json.loads(file.read_text()) for file in (sandbox.home.path / "processes").glob("*.json")]
    return [record["pid"] for record in records if record["name"].startswith("task-")]


def test_a_killed_sandbox_fails_what_ran_and_goes_on_with_what_waited(
    new_sandbox: RunningSandbox, tmp_path: Path
) -> None:
    client = new_sandbox.workspace()
    job_tasks.upload(client)
    began = tmp_path / "began"
    job_id = create(
        client,
        steps("slow", "first line", f"touch:{began}", "sleep:{{job.parameters.seconds}}"),
        steps("after", after=("slow",)),
        queue=jobs.QueueSettings(True),
        parameters=[jobs.JobParameterDefinition("seconds", default="0")],
    )
    running = begin(client, job_id, job_parameters={"seconds": "60"})
    until(began.exists, "the task has begun")
    queued = begin(client, job_id)
    left = task_processes(new_sandbox)
    assert len(left) == 1
    new_sandbox.kill()
    new_sandbox.start_again()
    assert all(started_at(pid) is None for pid in left)
    client = new_sandbox.workspace()
    lost = finished(client, running)
    assert results(lost) == {"slow": "FAILED", "after": "UPSTREAM_FAILED"}
    assert lost.state is not None
    assert lost.state.state_message == "The sandbox was stopped while this run was in flight."
    assert output(client, lost, "slow").logs == "first line\n"
    assert result(finished(client, queued)) == "SUCCESS"
