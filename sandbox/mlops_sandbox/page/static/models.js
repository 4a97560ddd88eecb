// Registered models: versions, aliases, and how the champion does against the baselines.

import { h, s } from "./dom.js";
import { decimal, number, state } from "./format.js";
import { badge, card, code, empty, heading, moment, table } from "./pieces.js";
import { comparison } from "./baselines.js";
import * as sources from "./sources.js";

const MOST_VERSIONS = 10;

export const title = () => "Models";
export const busy = ({ models }) =>
  models.some((model) => model.versions.some((each) => each.status === "PENDING_REGISTRATION"));

export async function load() {
  const models = await sources.models();
  const runs = {};
  await Promise.all(
    models
      .flatMap((model) => model.versions.slice(0, MOST_VERSIONS))
      .map(async (version) => {
        if (version.run_id) runs[version.run_id] = await sources.experimentRun(version.run_id);
      }),
  );
  return { models, runs };
}

export function aliasChips(model, version) {
  const names = model.aliases
    .filter((each) => each.version_num === version.version)
    .map((each) => each.alias_name);
  return names.map((name) => h("span", { class: name === "champion" ? "chip champion" : "chip" }, name));
}

export function mlflowRun(run, text) {
  if (!run) return h("span", { class: "muted" }, "–");
  const href = `/mlflow/#/experiments/${encodeURIComponent(run.info.experiment_id)}/runs/${encodeURIComponent(run.info.run_id)}`;
  return h(
    "a",
    { href, target: "_blank", rel: "noopener" },
    text ?? run.info.run_name ?? run.info.run_id,
    h("span", { "aria-hidden": "true" }, " ↗"),
  );
}

/** The champion and the baselines as bars, one measure after the other; null when there is nothing to compare. */
export function comparisonBars(run) {
  const measures = comparison(run?.metrics ?? {});
  if (!measures.length) return null;
  return measures.map(({ measure, lowerIsBetter, bars }) => {
    const most = Math.max(...bars.map((bar) => Math.abs(bar.value)));
    return h(
      "figure",
      { class: "bars" },
      h(
        "figcaption",
        {},
        measure,
        h("span", { class: "muted" }, lowerIsBetter ? " – lower is better" : " – higher is better"),
      ),
      h(
        "table",
        {},
        h(
          "tbody",
          {},
          bars.map((bar) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, bar.name),
              h(
                "td",
                { class: "bar-cell" },
                s(
                  "svg",
                  { class: bar.own ? "bar own" : "bar", "aria-hidden": "true" },
                  s("rect", { width: `${(100 * Math.abs(bar.value)) / most}%`, height: "100%", rx: 4 }),
                ),
              ),
              h("td", { class: "number" }, decimal(bar.value)),
            ),
          ),
        ),
      ),
    );
  });
}

function allMetrics(run) {
  const names = Object.keys(run?.metrics ?? {}).sort();
  if (!names.length) return null;
  return h(
    "details",
    { class: "numbers", "data-key": `metrics-${run.info.run_id}` },
    h("summary", {}, "All metrics of its run"),
    table(
      "Metrics of the champion's run",
      ["Metric", { name: "Value", numeric: true }],
      names.map((name) => [code(name), number(run.metrics[name])]),
    ),
  );
}

function championPart(model, runs) {
  const champion = sources.aliased(model, "champion");
  if (!champion) {
    return h(
      "p",
      { class: "muted" },
      "No version is ",
      code("champion"),
      " yet: the deployment task gives the alias to a version that passed validation.",
    );
  }
  const run = runs[champion.run_id];
  return h(
    "div",
    { class: "stack" },
    h("h3", {}, `Champion: version ${champion.version}`),
    champion.comment && h("p", { class: "lead" }, champion.comment),
    comparisonBars(run) ?? h("p", { class: "muted" }, "Its run logged no baseline to compare with."),
    allMetrics(run),
  );
}

function versionsTable(model, runs) {
  const rows = model.versions
    .slice(0, MOST_VERSIONS)
    .map((version) => [
      `Version ${version.version}`,
      aliasChips(model, version),
      badge(state(version.status)),
      moment(version.created_at),
      mlflowRun(runs[version.run_id]),
    ]);
  return [
    table(`Versions of ${model.full_name}`, ["Version", "Aliases", "State", "Created", "MLflow run"], rows),
    model.versions.length > MOST_VERSIONS &&
      h("p", { class: "muted" }, `The newest ${MOST_VERSIONS} of ${model.versions.length}.`),
  ];
}

export function render({ models, runs }) {
  if (!models.length) {
    return [
      heading("Models"),
      empty("No registered model yet.", "Deploy the project with ", code("make up"), "."),
    ];
  }
  return [
    heading("Models"),
    ...models.map((model) =>
      card(
        model.full_name,
        {},
        model.comment && h("p", { class: "lead" }, model.comment),
        model.versions.length
          ? [championPart(model, runs), h("h3", {}, "Versions"), versionsTable(model, runs)]
          : empty("No version yet.", "The training job registers one: ", code("make up"), " runs it."),
      ),
    ),
  ];
}
