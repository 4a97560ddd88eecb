// Monitors: the model's quality and its columns' drift, window after window.

import { h } from "./dom.js";
import { duration, state } from "./format.js";
import { badge, card, code, empty, facts, heading, moment, problem, table } from "./pieces.js";
import { lineChart } from "./chart.js";
import { driftSeries, granularities, qualitySeries } from "./metrics.js";
import * as sources from "./sources.js";

const MOST_REFRESHES = 5;

export const title = () => "Monitors";
export const busy = ({ monitors }) => monitors.some(sources.monitorBusy);
export const load = async () => ({ monitors: await sources.monitors() });

// What the reader chose, by the choice's id: it outlives the view's refreshes.
const choices = new Map();

function choice(id, name, options, redraw) {
  const chosen = options.includes(choices.get(id)) ? choices.get(id) : options[0];
  const changed = (event) => {
    choices.set(id, event.target.value);
    redraw();
  };
  const control =
    options.length > 1 &&
    h(
      "p",
      { class: "choice" },
      h("label", { for: id }, `${name} `),
      h(
        "select",
        { id, "data-key": id, onchange: changed },
        options.map((each) => h("option", { value: each, selected: each === chosen }, each)),
      ),
    );
  return { chosen, control };
}

function chart(id, name, found, redraw) {
  const measure = choice(
    `measure-${id}`,
    "Measure",
    found.map((each) => each.measure),
    redraw,
  );
  const { series } = found.find((each) => each.measure === measure.chosen);
  return h("div", { class: "stack" }, lineChart(series, `${name}: ${measure.chosen}`, id, measure.control));
}

function charts(each, redraw) {
  const known = granularities([...each.profile, ...each.drift]);
  if (!known.length) return [];
  const length = choice(`granularity-${each.name}`, "Window length", known, redraw);
  const modelColumn = each.monitor.inference_log?.model_id_col;
  const quality = qualitySeries(each.profile, length.chosen, modelColumn);
  const drift = driftSeries(each.drift, length.chosen, modelColumn);
  return [
    length.control,
    quality.length > 0 && chart(`${each.name}-quality`, "Model quality", quality, redraw),
    drift.length > 0
      ? chart(`${each.name}-drift`, "Drift from the window before", drift, redraw)
      : h("p", { class: "muted" }, "Drift shows as soon as there are two windows to compare."),
  ].filter(Boolean);
}

function refreshTable(each) {
  const rows = each.refreshes
    .slice(0, MOST_REFRESHES)
    .map((refresh) => [
      `Refresh ${refresh.refresh_id}`,
      badge(state(refresh.state)),
      moment(refresh.start_time_ms),
      duration(refresh.end_time_ms ? refresh.end_time_ms - refresh.start_time_ms : undefined),
      refresh.message ?? "",
    ]);
  return table(
    `Refreshes of the monitor of ${each.name}`,
    ["Refresh", "State", "Started", { name: "Took", numeric: true }, "Message"],
    rows,
  );
}

function kind(monitor) {
  const log = monitor.inference_log;
  if (log) return `inference log, ${(log.problem_type ?? "").replace("PROBLEM_TYPE_", "").toLowerCase()}`;
  return monitor.time_series ? "time series" : "snapshot";
}

function one(each) {
  const holder = h("div", { class: "charts" });
  const redraw = () => {
    const focused = document.activeElement?.id;
    holder.replaceChildren(...charts(each, redraw));
    if (focused) holder.querySelector(`#${CSS.escape(focused)}`)?.focus();
  };
  redraw();
  const { monitor, refreshes } = each;
  return card(
    each.name,
    {},
    facts([
      ["State", badge(state(monitor.status))],
      ["Kind", kind(monitor)],
      [
        "Last refresh",
        refreshes.length
          ? [badge(state(refreshes[0].state)), " ", moment(refreshes[0].start_time_ms)]
          : "none",
      ],
      ["Slices", (monitor.slicing_exprs ?? []).join(", ")],
    ]),
    monitor.latest_monitor_failure_msg && problem(monitor.latest_monitor_failure_msg),
    each.profile.length
      ? holder
      : empty("Nothing measured yet.", "The monitoring job refreshes it: ", code("make up"), " runs it."),
    refreshes.length > 0 && [h("h3", {}, "Refreshes"), refreshTable(each)],
  );
}

export function render({ monitors }) {
  if (!monitors.length) {
    return [heading("Monitors"), empty("No monitor yet.", "Deploy the project with ", code("make up"), ".")];
  }
  return [heading("Monitors"), ...monitors.map(one)];
}
