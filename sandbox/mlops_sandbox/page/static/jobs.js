// All jobs, and the latest runs of them.

import { h } from "./dom.js";
import { duration, runState, took } from "./format.js";
import { badge, card, code, empty, heading, moment, table } from "./pieces.js";
import * as sources from "./sources.js";

export const title = () => "Jobs";
export const busy = (data) => data.jobs.some(sources.jobBusy);

export async function load() {
  const [jobs, runs] = await Promise.all([sources.jobs(), sources.runs({ limit: 15 })]);
  return { jobs, runs };
}

export function schedule(job) {
  const { schedule: planned, trigger, continuous } = job.settings;
  const found = planned ?? continuous ?? trigger;
  if (!found) return h("span", { class: "muted" }, "by hand");
  const paused = found.pause_status === "PAUSED";
  return [
    planned ? code(planned.quartz_cron_expression) : "on change",
    paused && h("span", { class: "muted" }, " paused"),
  ];
}

export function runsTable(caption, runs, names) {
  return table(
    caption,
    [names ? "Job" : "Run", "State", "Started", { name: "Took", numeric: true }],
    runs.map((run) => [
      h(
        "a",
        { href: `#/runs/${run.run_id}`, "data-key": `run-${run.run_id}` },
        names ? (names.get(run.job_id) ?? run.run_name) : `Run ${run.run_id}`,
      ),
      badge(runState(run)),
      moment(run.start_time),
      duration(took(run)),
    ]),
  );
}

export function render({ jobs, runs }) {
  if (!jobs.length) {
    return [
      heading("Jobs"),
      empty("No jobs yet.", "Deploy the project and run its pipeline with ", code("make up"), "."),
    ];
  }
  const names = new Map(jobs.map((job) => [job.job_id, job.settings.name]));
  const rows = jobs.map((job) => [
    h("a", { href: `#/jobs/${job.job_id}`, "data-key": `job-${job.job_id}` }, job.settings.name),
    job.latest
      ? h("a", { class: "plain", href: `#/runs/${job.latest.run_id}` }, badge(runState(job.latest)))
      : badge(runState(null)),
    job.latest ? moment(job.latest.start_time) : "–",
    duration(took(job.latest)),
    String(job.settings.tasks?.length ?? 0),
    schedule(job),
  ]);
  const columns = [
    "Job",
    "Last run",
    "Started",
    { name: "Took", numeric: true },
    { name: "Tasks", numeric: true },
    "Schedule",
  ];
  return [
    heading("Jobs"),
    card("Deployed", {}, table("Deployed jobs", columns, rows)),
    card(
      "Latest runs",
      {},
      runs.length
        ? runsTable("Latest runs of all jobs", runs, names)
        : empty("Nothing has run yet.", "Run a job with ", code("mlops run JOB --follow"), "."),
    ),
  ];
}
