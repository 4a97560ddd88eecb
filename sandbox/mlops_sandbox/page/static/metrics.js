// Lines out of the rows of a monitor's metric tables (their column names are the vendor's).

/** The `column_name` of the rows about the table as a whole. */
export const WHOLE_TABLE = ":table";

const QUALITY = [
  ["root_mean_squared_error", "root mean squared error"],
  ["mean_average_error", "mean absolute error"],
  ["r2_score", "R²"],
  ["accuracy_score", "accuracy"],
  ["f1_score", "F1"],
];
// With the distance above which two windows have next to nothing in common.
const DRIFT = [
  ["population_stability_index", "population stability index", 1],
  ["ks_test", "Kolmogorov–Smirnov statistic", 0.8],
  ["js_distance", "Jensen–Shannon distance", 0.8],
  ["wasserstein_distance", "Wasserstein distance", Infinity],
  ["tv_distance", "total variation distance", 0.8],
];
const MOST_LINES = 6;
const MOST_WINDOWS = 30;

const plain = (value) =>
  value !== null && typeof value === "object" ? (value.statistic ?? value.weighted) : value;

/** The window lengths that there are, the one that reads best first: many windows, but not a crowd of them. */
export function granularities(rows) {
  const windows = new Map();
  for (const { granularity, window } of rows) {
    if (!granularity) continue;
    if (!windows.has(granularity)) windows.set(granularity, new Set());
    windows.get(granularity).add(window?.start);
  }
  const readable = ([, starts]) => (starts.size > MOST_WINDOWS ? -starts.size : starts.size);
  return [...windows].sort((one, other) => readable(other) - readable(one)).map(([name]) => name);
}

/** Points by name, each line in the order of time. */
function lines(rows, nameOf, column) {
  const byName = new Map();
  for (const row of rows) {
    const value = plain(row[column]);
    if (typeof value !== "number" || !row.window) continue;
    const name = nameOf(row);
    if (!byName.has(name)) byName.set(name, new Map());
    byName.get(name).set(row.window.start, value);
  }
  return [...byName].map(([name, points]) => ({
    name,
    points: [...points].sort((one, other) => one[0] - other[0]),
  }));
}

/** The measures of a list that any row has, each with its lines: `[{ measure, series }]`. */
function measured(measures, rows, nameOf) {
  return measures
    .map(([column, measure, most]) => ({ measure, most, series: lines(rows, nameOf, column) }))
    .filter(({ series }) => series.length);
}

/** An identifier or a clock has other values in every window: that is no drift. */
const alwaysNew = (each, most) => each.points.every((point) => point[1] > most);

const ofAllModels = (row, modelColumn) => [undefined, null, "*"].includes(row[modelColumn]);

/** How well each model version did, by window: `[{ measure, series }]`, the usual measure first. */
export function qualitySeries(rows, granularity, modelColumn) {
  const all = rows.filter((row) => row.granularity === granularity && row.column_name === WHOLE_TABLE);
  const apart = all.filter((row) => !ofAllModels(row, modelColumn));
  const fitting = apart.length ? apart : all;
  const named = (row) => (ofAllModels(row, modelColumn) ? "All versions" : `Version ${row[modelColumn]}`);
  return measured(QUALITY, fitting, named).map(({ measure, series }) => ({
    measure,
    series: series.slice(-MOST_LINES),
  }));
}

/** How far each column moved between windows that follow each other: `[{ measure, series }]`, the farthest lines first. */
export function driftSeries(rows, granularity, modelColumn) {
  const besides = [WHOLE_TABLE, modelColumn];
  const fitting = rows.filter(
    (row) =>
      row.granularity === granularity &&
      row.drift_type === "CONSECUTIVE" &&
      !besides.includes(row.column_name),
  );
  // Of one version alone, a window may have few rows: all versions together say how the data moves.
  const together = fitting.filter((row) => ofAllModels(row, modelColumn));
  const farthest = (each) => Math.max(...each.points.map((point) => point[1]));
  return measured(DRIFT, together.length ? together : fitting, (row) => row.column_name)
    .map(({ measure, most, series }) => ({
      measure,
      series: series
        .filter((each) => !alwaysNew(each, most))
        .sort((one, other) => farthest(other) - farthest(one))
        .slice(0, MOST_LINES),
    }))
    .filter(({ series }) => series.length);
}
