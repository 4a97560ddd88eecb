// One run: its task graph, and for each task what it said.

import { find, get } from "./api.js";
import { h } from "./dom.js";
import { clock, duration, goesOn, runState, took } from "./format.js";
import { badge, card, code, crumbs, facts, heading, moment, table } from "./pieces.js";
import { taskGraph, taskKind } from "./graph.js";

const LAST_LINES = 400;

export const title = ({ run }) => run.run_name || `Run ${run.run_id}`;
export const busy = ({ run }) => goesOn(run);

export async function load(runId, taskKey) {
  const run = await get("/api/2.2/jobs/runs/get", { run_id: runId });
  const tasks = latestAttempts(run.tasks ?? []);
  const chosen = tasks.find((task) => task.task_key === taskKey) ?? mostTelling(tasks);
  const output = chosen?.start_time
    ? await find("/api/2.2/jobs/runs/get-output", { run_id: chosen.run_id })
    : null;
  return { run: { ...run, tasks }, chosen: chosen ?? null, output };
}

function latestAttempts(tasks) {
  const latest = new Map();
  for (const task of tasks) {
    const known = latest.get(task.task_key);
    if (!known || (task.attempt_number ?? 0) >= (known.attempt_number ?? 0)) latest.set(task.task_key, task);
  }
  return [...latest.values()];
}

/** What failed, else what runs, else what ended last. */
function mostTelling(tasks) {
  const started = tasks.filter((task) => task.start_time);
  return (
    started.find((task) => runState(task).tone === "bad") ??
    started.find(goesOn) ??
    [...started].sort((one, other) => (other.end_time ?? 0) - (one.end_time ?? 0))[0]
  );
}

function tail(text) {
  const lines = text.trimEnd().split("\n");
  return lines.length > LAST_LINES ? ["…", ...lines.slice(-LAST_LINES)].join("\n") : lines.join("\n");
}

function block(name, text, key, tone) {
  return (
    text &&
    h(
      "div",
      { class: "log" },
      h("h3", {}, name),
      h("pre", { class: tone, tabindex: "0", "aria-label": name, "data-key": key }, tail(text)),
    )
  );
}

function taskOutput(task, output) {
  const said = output ?? {};
  const nothing = !said.logs && !said.error && !said.notebook_output?.result;
  const result = said.notebook_output?.result;
  return card(
    `Task ${task.task_key}`,
    { id: "task" },
    facts([
      ["State", badge(runState(task))],
      ["Kind", taskKind(task)],
      ["Attempt", task.attempt_number ? String(task.attempt_number + 1) : null],
      ["Took", duration(took(task))],
      [
        "Started",
        said.run_job_output?.run_id &&
          h("a", { href: `#/runs/${said.run_job_output.run_id}` }, `Run ${said.run_job_output.run_id}`),
      ],
      ["Why", task.state?.state_message],
    ]),
    block(
      "Error",
      said.error && [said.error, said.error_trace].filter(Boolean).join("\n\n"),
      "error",
      "tone-bad",
    ),
    block("Result", result, "result"),
    block("Log", said.logs, "log"),
    nothing && h("p", { class: "muted" }, goesOn(task) ? "It has said nothing yet." : "It said nothing."),
  );
}

export function render({ run, chosen, output }) {
  const link = (task) => `#/runs/${run.run_id}/${encodeURIComponent(task.task_key)}`;
  const parameters = (run.job_parameters ?? []).map((each) => [
    code(each.name),
    code(each.value ?? each.default ?? ""),
  ]);
  const name = run.run_name || "Run";
  return [
    crumbs(["Jobs", "#/jobs"], [name, `#/jobs/${run.job_id}`]),
    heading(`${name}, run ${run.run_id}`, badge(runState(run))),
    facts([
      ["Started", moment(run.start_time)],
      ["At", clock(run.start_time)],
      ["Took", duration(took(run))],
      ["Trigger", run.trigger?.replaceAll("_", " ").toLowerCase()],
      ["Why", run.state?.state_message],
    ]),
    card(
      "Tasks",
      {},
      taskGraph(run.tasks, `Task graph of ${name}, run ${run.run_id}`, link, chosen?.task_key),
    ),
    chosen && taskOutput(chosen, output),
    parameters.length > 0 &&
      card("Parameters", {}, table("Job parameters of this run", ["Name", "Value"], parameters)),
  ].filter(Boolean);
}
