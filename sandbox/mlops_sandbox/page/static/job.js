// One job: its task graph with the states of its latest run, its runs, its settings.

import { get } from "./api.js";
import { h } from "./dom.js";
import { goesOn, runState } from "./format.js";
import { badge, card, code, crumbs, empty, facts, heading, table } from "./pieces.js";
import { taskGraph } from "./graph.js";
import { runsTable, schedule } from "./jobs.js";
import * as sources from "./sources.js";

export const title = ({ job }) => job.settings.name;
export const busy = ({ runs }) => runs.some(goesOn);

export async function load(jobId) {
  const [job, runs] = await Promise.all([
    get("/api/2.2/jobs/get", { job_id: jobId }),
    sources.runs({ job_id: jobId, limit: 20 }),
  ]);
  return { job, runs };
}

/** The job's tasks as they are declared now, each with its state in a run. */
function withStates(tasks, run) {
  const ran = new Map((run?.tasks ?? []).map((task) => [task.task_key, task]));
  return tasks.map((task) => {
    const { state, start_time, end_time } = ran.get(task.task_key) ?? {};
    return { ...task, state, start_time, end_time };
  });
}

export function render({ job, runs }) {
  const { settings } = job;
  const [latest] = runs;
  const link = latest && ((task) => `#/runs/${latest.run_id}/${encodeURIComponent(task.task_key)}`);
  const parameters = settings.parameters ?? [];
  return [
    crumbs(["Jobs", "#/jobs"]),
    heading(settings.name, latest && badge(runState(latest))),
    settings.description && h("p", { class: "lead" }, settings.description),
    card(
      "Tasks",
      {},
      latest && h("p", { class: "muted" }, "Coloured by the latest run."),
      taskGraph(withStates(settings.tasks ?? [], latest), `Task graph of ${settings.name}`, link),
    ),
    card(
      "Runs",
      {},
      runs.length
        ? runsTable("Runs of this job", runs)
        : empty("It has not run yet.", "Run it with ", code(`mlops run ${settings.name} --follow`), "."),
    ),
    card(
      "Settings",
      {},
      facts([
        ["Schedule", schedule(job)],
        ["Runs as", job.run_as_user_name],
        ["Runs at once", String(settings.max_concurrent_runs ?? 1)],
        ["Timeout", settings.timeout_seconds ? `${settings.timeout_seconds} s` : "none"],
        ["Queue", settings.queue?.enabled ? "on" : "off"],
      ]),
      parameters.length > 0 && h("h3", {}, "Parameters"),
      parameters.length > 0 &&
        table(
          "Job parameters",
          ["Name", "Default"],
          parameters.map((each) => [code(each.name), code(each.default ?? "")]),
        ),
    ),
  ];
}
