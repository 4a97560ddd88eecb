"""What a task's own code sees: notebooks, widgets, secrets, wheels, requirements."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import job_tasks
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs
from databricks.sdk.service.workspace import ImportFormat
from job_tasks import FOLDER, notebook, output, result, run, until
from mlops_sandbox.runtime import redaction, source
from running import RunningSandbox

CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def _uploaded(client: WorkspaceClient) -> None:
    job_tasks.upload(client)


def task(path: str, **parameters: str) -> jobs.Task:
    return jobs.Task("nb", notebook_task=jobs.NotebookTask(path, base_parameters=parameters))


def of_notebook(client: WorkspaceClient, *cells: str, name: str = "nb", **parameters: str) -> jobs.RunOutput:
    return output(client, run(client, task(notebook(client, name, *cells), **parameters)), "nb")


def test_a_notebook_reads_its_widgets_and_exits_with_a_value(client: WorkspaceClient) -> None:
    path = notebook(
        client,
        "widgets",
        "# MAGIC %md\n# MAGIC # A title",
        "dbutils.widgets.text('env', 'dev')\ndbutils.widgets.dropdown('size', 'S', ['S', 'L'])",
        "print(dbutils.widgets.getAll())\ntry:\n    dbutils.notebook.exit(dbutils.widgets.get('env'))\n"
        "except Exception:\n    print('caught')",
        "print('never')",
    )
    done = run(
        client,
        task(path, env="task", extra="{{task.name}}"),
        parameters=[jobs.JobParameterDefinition("env", default="job")],
    )
    left = output(client, done, "nb")
    assert left.notebook_output is not None
    assert left.notebook_output.result == "job"
    assert left.logs == "{'env': 'job', 'size': 'S', 'extra': 'nb'}\n"


def test_a_notebook_imports_modules_beside_it_and_shares_names_with_run(client: WorkspaceClient) -> None:
    client.workspace.mkdirs(f"{FOLDER}/lib")
    client.workspace.upload(
        f"{FOLDER}/lib/tools.py", b"VALUE = 42\n", format=ImportFormat.RAW, overwrite=True
    )
    notebook(client, "setup", "base = 1", "def double(x):\n    return 2 * x + base")
    left = of_notebook(
        client,
        "# MAGIC %run ./setup",
        "import os, sys\nsys.path.insert(0, os.path.abspath('lib'))",
        "from tools import VALUE\nprint(double(VALUE))",
        "from databricks.sdk.runtime import dbutils as same\nprint(same is dbutils)",
        "print(dbutils.notebook.run('child', 60, {'x': 3}))",
        name="importing",
    )
    assert left.error == "RuntimeError: Notebook child failed: NotebookError: There is no notebook child."
    assert str(left.logs).startswith("85\nTrue\n")
    notebook(client, "child", "dbutils.notebook.exit(int(dbutils.widgets.get('x')) + 1)")
    left = of_notebook(client, "print(dbutils.notebook.run('child', 60, {'x': 3}))", name="parent")
    assert left.logs == "4\n"


def test_a_trace_points_to_the_cell_and_its_line(client: WorkspaceClient) -> None:
    left = of_notebook(client, "x = 1", "def broken():\n    return 1 / 0\n\nbroken()", name="broken")
    assert left.error == "ZeroDivisionError: division by zero"
    trace = str(left.error_trace)
    assert f'File "{FOLDER}/broken, cell 2", line 4, in <module>\n    broken()' in trace
    assert f'File "{FOLDER}/broken, cell 2", line 2, in broken\n    return 1 / 0' in trace
    assert "runtime" not in trace


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("# MAGIC %sh ls", "cell 1: %sh does not run here"),
        ("# MAGIC %run ./nowhere", "There is no notebook"),
        ("# MAGIC %run ../../../token", "leads out of the workspace"),
        (
            "# MAGIC %pip install no-such-package==1",
            "'no-such-package==1' is required and no-such-package",
        ),
        ("# MAGIC %pip install 'mlflow<2'", "cell 1: 'mlflow<2' is required and mlflow 3."),
        ("dbutils.widgets.get('x')", "No input widget named x is defined"),
        ("dbutils.jobs.taskValues.get('a', 'b')", "Task a has set no value b"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_what_can_not_run_says_so(client: WorkspaceClient, cell: str, said: str) -> None:
    assert said in str(of_notebook(client, cell, name="refused").error)


def test_satisfied_requirements_let_a_task_run(client: WorkspaceClient) -> None:
    left = of_notebook(client, "# MAGIC %pip install -q 'mlflow>=3'", "print('on')", name="pip")
    assert str(left.logs).endswith("on\n")


def test_an_environment_that_is_not_met_names_the_requirement(client: WorkspaceClient) -> None:
    spec = compute.Environment(environment_version="4", dependencies=["pandas<3", "lightgbm<1"])
    done = run(client, job_tasks.steps("a"), environments=[jobs.JobEnvironment("default", spec=spec)])
    error = str(output(client, done, "a").error)
    assert "'lightgbm<1' is required and lightgbm 4." in error


def test_secrets_are_read_and_never_shown(
    sandbox: RunningSandbox, client: WorkspaceClient, request: pytest.FixtureRequest
) -> None:
    client.secrets.create_scope("runtime-tests")
    request.addfinalizer(lambda: client.secrets.delete_scope("runtime-tests"))
    client.secrets.put_secret("runtime-tests", "key", string_value=CANARY)
    left = of_notebook(
        client,
        "value = dbutils.secrets.get('runtime-tests', 'key')",
        "print(len(value), end=' ')\nprint(f'<{value}>')",
        "print(dbutils.secrets.list('runtime-tests')[0].key)",
        "raise ValueError(value)",
        name="secret",
    )
    assert str(left.logs).startswith("11 <[REDACTED]>\nkey\n")
    assert left.error == "ValueError: [REDACTED]"
    shown = [file for file in (sandbox.home.path / "runs").rglob("*") if file.is_file()]
    assert shown
    assert not [file for file in shown if CANARY in file.read_text()]
    assert not [file for file in shown if sandbox.token in file.read_text()]


def wheel(folder: Path) -> Path:
    """A wheel with one module, an entry point `shout` and a function `main`."""
    file = folder / "demo_tasks-1.0-py3-none-any.whl"
    info = "demo_tasks-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        body = "import sys\n\ndef main():\n    print(sys.argv[1:])\n\ndef shout():\n    print('SHOUT')\n"
        archive.writestr("demo_tasks/__init__.py", body)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: demo-tasks\nVersion: 1.0\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\nloud = demo_tasks:shout\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


def test_a_wheel_runs_by_entry_point_or_function(client: WorkspaceClient, tmp_path: Path) -> None:
    path = f"{FOLDER}/demo_tasks-1.0-py3-none-any.whl"
    client.workspace.upload(path, wheel(tmp_path).read_bytes(), format=ImportFormat.RAW, overwrite=True)
    spec = compute.Environment(environment_version="4", dependencies=[f"/Workspace{path}"])

    def wheel_task(key: str, entry_point: str, **more: dict[str, str]) -> jobs.Task:
        body = jobs.PythonWheelTask(package_name="demo-tasks", entry_point=entry_point, **more)
        return jobs.Task(key, python_wheel_task=body, environment_key="default")

    done = run(
        client,
        wheel_task("entry", "loud"),
        wheel_task("function", "main", named_parameters={"x": "1", "env": "task"}),
        wheel_task("missing", "nothing"),
        environments=[jobs.JobEnvironment("default", spec=spec)],
        parameters=[jobs.JobParameterDefinition("env", default="job")],
    )
    assert output(client, done, "entry").logs == "SHOUT\n"
    assert output(client, done, "function").logs == "['--x=1', '--env=job']\n"
    assert "no function nothing (entry points: loud)" in str(output(client, done, "missing").error)


def test_files_of_volumes_and_the_workspace_are_real_and_fenced(client: WorkspaceClient) -> None:
    left = of_notebook(
        client,
        "dbutils.fs.put('/Volumes/c/s/v/a.txt', 'hello', True)",
        "print(dbutils.fs.head('dbfs:/Volumes/c/s/v/a.txt'))",
        "print([each.name for each in dbutils.fs.ls('/Volumes/c/s')])",
        "dbutils.fs.head('/Workspace/../token')",
        name="files",
    )
    assert str(left.logs).startswith("hello\n['v/']\n")
    assert str(left.error).startswith("PermissionError: /Workspace/../token leads out of /Workspace.")


def test_a_task_that_dies_says_how(client: WorkspaceClient) -> None:
    left = of_notebook(client, "import os; os.kill(os.getpid(), 9)", name="dying")
    assert left.error == "The task's process was ended by SIGKILL."


def test_a_missing_notebook_is_named(client: WorkspaceClient) -> None:
    done = run(client, task("/Shared/nowhere/nb"))
    assert result(done) == "FAILED"
    assert 'Unable to access the notebook "/Shared/nowhere/nb"' in str(output(client, done, "nb").error)


def test_spark_is_there_when_it_is_asked_for(client: WorkspaceClient) -> None:
    left = of_notebook(
        client,
        "def count():\n    return spark.range(5).count()\n\nprint(count())",
        "from databricks.sdk.runtime import spark as same\nprint(same is spark)",
        "# MAGIC %sql\n# MAGIC SELECT 1 + 1 AS two",
        name="sparking",
    )
    assert left.error is None, left.logs
    assert str(left.logs).split() == ["5", "True", "two", "2"]


def test_a_task_begins_without_what_it_has_not_asked_for() -> None:
    code = "import sys, mlops_sandbox.runtime.task; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"pyspark", "mlflow", "databricks", "starlette", "requests", "packaging"} & set(loaded.split())


WAITS_FOR_THE_SPARE = """
import glob, os, time
deadline = time.monotonic() + 30
while True:
    try:
        os.close(os.open(glob.glob("{}/task-*")[0], os.O_WRONLY | os.O_NONBLOCK))
        break
    except (IndexError, OSError):
        assert time.monotonic() < deadline
        time.sleep(0.02)
"""


def test_libraries_of_earlier_tasks_are_imported_ahead(
    sandbox: RunningSandbox, client: WorkspaceClient
) -> None:
    def step(key: str, code: str, *after: str) -> jobs.Task:
        path = notebook(client, f"ahead-{key}", code)
        before = [jobs.TaskDependency(each) for each in after] or None
        return jobs.Task(key, notebook_task=jobs.NotebookTask(path), depends_on=before)

    done = run(
        client,
        step("a", "import pandas"),
        step("b", WAITS_FOR_THE_SPARE.format(sandbox.home.runtime), "a"),
        step("c", "import os, sys\nprint('pandas' in sys.modules, os.getcwd())\nraise ValueError('c')", "b"),
    )
    left = output(client, done, "c")
    assert str(left.logs).startswith(f"True {sandbox.home.path}/files{FOLDER}\nTraceback")
    assert left.error == "ValueError: c"
    until(lambda: not list(sandbox.home.runtime.glob("task-*")), "no process waits when no run is active")


def test_cells_are_split_and_counted_as_a_reader_does() -> None:
    text = "# Databricks notebook source\nx = 1\n\n# COMMAND ----------\n\n# DBTITLE 1,Load\n# MAGIC %sql\n"
    text += "# MAGIC SELECT 1\n\n# COMMAND ----------\n\n# COMMAND ----------\n\ny = 2\n"
    cells = [(cell.number, cell.magic, cell.text.strip()) for cell in source.split(text)]
    assert cells == [(1, "", "x = 1"), (2, "sql", "SELECT 1"), (3, "", "y = 2")]
    with pytest.raises(source.NotebookError, match="Not a notebook"):
        source.split("x = 1\n")


def test_half_a_secret_never_leaves_the_stream(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    redaction.remember("top\nsecret-line")
    stream = redaction.RedactedStream(sys.stdout)
    for part in ("a sec", "ret-l", "ine b", "\n", "rest"):
        stream.write(part)
        stream.flush()
    assert capsys.readouterr().out == "a [REDACTED] b\n"
    stream.finish()
    assert capsys.readouterr().out == "rest"
