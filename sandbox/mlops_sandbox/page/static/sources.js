// What the views show, gathered from the workspace's APIs.

import { all, find, get, segment } from "./api.js";
import { goesOn } from "./format.js";
import { WHOLE_TABLE } from "./metrics.js";

const CATALOG = "/api/2.1/unity-catalog";

/** Every job, by name, with its latest run. */
export async function jobs() {
  const [listed, recent] = await Promise.all([
    all("/api/2.2/jobs/list", "jobs", { expand_tasks: true, limit: 100 }),
    runs({ limit: 25 }),
  ]);
  const latest = new Map();
  for (const run of [...recent].reverse()) latest.set(run.job_id, run);
  const missing = listed.filter((job) => !latest.has(job.job_id));
  await Promise.all(
    missing.map(async (job) => {
      const [last] = await runs({ job_id: job.job_id, limit: 1 });
      if (last) latest.set(job.job_id, last);
    }),
  );
  return listed
    .map((job) => ({ ...job, latest: latest.get(job.job_id) ?? null }))
    .sort((one, other) => one.settings.name.localeCompare(other.settings.name));
}

/** Runs, the newest first. */
export async function runs(query) {
  const page = await get("/api/2.2/jobs/runs/list", { expand_tasks: true, ...query });
  return page.runs ?? [];
}

/** Every registered model with its versions (newest first) and aliases. */
export async function models() {
  const listed = await all(`${CATALOG}/models`, "registered_models", { include_aliases: true });
  return Promise.all(
    listed.map(async (model) => {
      const path = `${CATALOG}/models/${segment(model.full_name)}`;
      const [whole, versions] = await Promise.all([
        get(path, { include_aliases: true }),
        all(`${path}/versions`, "model_versions"),
      ]);
      versions.sort((one, other) => other.version - one.version);
      return { ...model, aliases: whole.aliases ?? model.aliases ?? [], versions };
    }),
  );
}

/** The version that an alias points at, or null. */
export function aliased(model, name) {
  const alias = model.aliases.find((each) => each.alias_name === name);
  return (alias && model.versions.find((each) => each.version === alias.version_num)) ?? null;
}

/** An MLflow run's metrics, parameters and tags, each as an object; null when the run is gone. */
export async function experimentRun(runId) {
  if (!runId) return null;
  const found = await find("/api/2.0/mlflow/runs/get", { run_id: runId });
  if (!found) return null;
  const byKey = (pairs) => Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));
  const { info, data } = found.run;
  return { info, metrics: byKey(data?.metrics), params: byKey(data?.params), tags: byKey(data?.tags) };
}

/** Every serving endpoint, by name. */
export async function endpoints() {
  const listed = (await get("/api/2.0/serving-endpoints")).endpoints ?? [];
  return listed.sort((one, other) => one.name.localeCompare(other.name));
}

/** Every monitored table with its monitor, its refreshes and the rows of its metric tables. */
export async function monitors() {
  const { tables } = await get("/sandbox/page/metrics");
  return Promise.all(
    tables.map(async (name) => {
      const path = `${CATALOG}/tables/${segment(name)}/monitor`;
      const [monitor, answer] = await Promise.all([get(path), find(`${path}/refreshes`)]);
      const refreshes = (answer?.refreshes ?? []).sort((one, other) => other.refresh_id - one.refresh_id);
      const [profile, drift] = await Promise.all([
        metricRows({ table: monitor.profile_metrics_table_name, column: WHOLE_TABLE }),
        metricRows({ table: monitor.drift_metrics_table_name }),
      ]);
      return { name, monitor, refreshes, profile, drift };
    }),
  );
}

async function metricRows(query) {
  if (!query.table) return [];
  return (await find("/sandbox/page/metrics", query))?.rows ?? [];
}

export const monitorBusy = (each) => ["PENDING", "RUNNING"].includes(each.refreshes[0]?.state);
export const endpointBusy = (endpoint) => endpoint.state?.config_update === "IN_PROGRESS";
export const jobBusy = (job) => job.latest !== null && goesOn(job.latest);
