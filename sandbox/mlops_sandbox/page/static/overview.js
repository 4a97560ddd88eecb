// The first view: one card for each part, and what ran last.

import { get } from "./api.js";
import { h } from "./dom.js";
import { duration, number, runState, state, took } from "./format.js";
import { badge, card, code, empty, heading, moment, problem } from "./pieces.js";
import { runsTable } from "./jobs.js";
import { comparisonBars } from "./models.js";
import { endpointState, entities } from "./endpoints.js";
import { driftSeries, granularities } from "./metrics.js";
import * as sources from "./sources.js";

export const title = () => "Overview";
export const busy = ({ jobs, endpoints, monitors, status }) =>
  Boolean(
    jobs.value?.some(sources.jobBusy) ||
    endpoints.value?.some(sources.endpointBusy) ||
    monitors.value?.some(sources.monitorBusy) ||
    Object.values(status.subsystems).some((part) => part.state === "starting"),
  );

/** One part's data, or why it can't be had: the others still show. */
async function part(loading) {
  try {
    return { value: await loading };
  } catch (error) {
    if (error.status === undefined || error.status === 401 || error.status === 403) throw error;
    return { error: error.message };
  }
}

async function models() {
  const listed = await sources.models();
  return Promise.all(
    listed.map(async (model) => {
      const champion = sources.aliased(model, "champion");
      return { ...model, champion, run: await sources.experimentRun(champion?.run_id) };
    }),
  );
}

export async function load() {
  const [status, jobs, runs, registered, endpoints, monitors] = await Promise.all([
    get("/sandbox/status"),
    part(sources.jobs()),
    part(sources.runs({ limit: 8 })),
    part(models()),
    part(sources.endpoints()),
    part(sources.monitors()),
  ]);
  return { status, jobs, runs, models: registered, endpoints, monitors };
}

function partCard(name, href, { value, error }, nothing, show) {
  const inside = error ? problem(error) : value.length ? show(value) : empty(...nothing);
  return h("section", { class: "card tile" }, h("h2", {}, h("a", { href }, name)), inside);
}

const jobsTile = (jobs) =>
  h(
    "ul",
    { class: "plain-list thirds" },
    jobs.map((job) =>
      h(
        "li",
        {},
        h(
          "a",
          { href: job.latest ? `#/runs/${job.latest.run_id}` : `#/jobs/${job.job_id}` },
          job.settings.name,
        ),
        badge(runState(job.latest)),
        h("span", { class: "muted" }, job.latest ? duration(took(job.latest)) : ""),
      ),
    ),
  );

const modelsTile = (models) =>
  models.map((model) =>
    h(
      "div",
      { class: "tile-item" },
      h("p", { class: "big" }, model.champion ? `Version ${model.champion.version}` : "No champion yet"),
      h(
        "p",
        { class: "muted" },
        model.full_name,
        model.champion && [", registered ", moment(model.champion.created_at)],
      ),
      comparisonBars(model.run)?.[0],
    ),
  );

const endpointsTile = (endpoints) =>
  endpoints.map((endpoint) =>
    h(
      "div",
      { class: "tile-item" },
      h("p", { class: "big" }, badge(endpointState(endpoint))),
      h("p", { class: "muted" }, endpoint.name),
      h(
        "ul",
        { class: "plain-list" },
        entities(endpoint.config).map((entity) =>
          h(
            "li",
            {},
            h("span", {}, entity.entity_name ?? entity.name),
            h("span", { class: "chip" }, `version ${entity.entity_version ?? "–"}`),
          ),
        ),
      ),
      entities(endpoint.config).length ? null : h("p", {}, "It serves nothing yet."),
    ),
  );

function monitorsTile(monitors) {
  return monitors.map((each) => {
    const [drift] = driftSeries(
      each.drift,
      granularities(each.drift)[0],
      each.monitor.inference_log?.model_id_col,
    );
    const moved = drift?.series
      .map(({ name, points }) => [name, points.at(-1)[1]])
      .sort((one, other) => other[1] - one[1]);
    return h(
      "div",
      { class: "tile-item" },
      h(
        "p",
        { class: "big" },
        each.refreshes[0]
          ? `Refresh ${state(each.refreshes[0].state).word.toLowerCase()}`
          : "Not refreshed yet",
      ),
      h(
        "p",
        { class: "muted" },
        each.name,
        each.refreshes[0] && [", refreshed ", moment(each.refreshes[0].start_time_ms)],
      ),
      moved && [
        h("p", {}, `Farthest moved in the last window (${drift.measure}):`),
        h(
          "ul",
          { class: "plain-list" },
          moved
            .slice(0, 3)
            .map(([name, value]) => h("li", {}, h("span", {}, code(name)), h("strong", {}, number(value)))),
        ),
      ],
      !moved && h("p", {}, "No drift measured yet."),
    );
  });
}

function parts(status) {
  return h(
    "ul",
    { class: "parts", "aria-label": "Parts of the sandbox" },
    Object.entries(status.subsystems).map(([name, each]) =>
      h(
        "li",
        {},
        badge({
          word: `${name} ${each.state}`,
          tone: { ready: "good", failed: "bad" }[each.state] ?? "wait",
        }),
      ),
    ),
  );
}

export function render({ status, jobs, runs, models: registered, endpoints, monitors }) {
  const names = new Map((jobs.value ?? []).map((job) => [job.job_id, job.settings.name]));
  const up = code("make up");
  return [
    heading("What is deployed", parts(status)),
    h(
      "div",
      { class: "tiles" },
      partCard("Jobs", "#/jobs", jobs, ["No jobs yet.", "Deploy the project with ", up, "."], jobsTile),
      partCard(
        "Champion",
        "#/models",
        registered,
        ["No registered model yet.", "Deploy the project with ", up.cloneNode(true), "."],
        modelsTile,
      ),
      partCard(
        "Endpoints",
        "#/endpoints",
        endpoints,
        ["No serving endpoint yet.", "Deploy the project with ", up.cloneNode(true), "."],
        endpointsTile,
      ),
      partCard(
        "Monitors",
        "#/monitors",
        monitors,
        ["No monitor yet.", "Deploy the project with ", up.cloneNode(true), "."],
        monitorsTile,
      ),
    ),
    runs.value?.length > 0 &&
      card("Latest runs", {}, runsTable("Latest runs of all jobs", runs.value, names)),
  ];
}
