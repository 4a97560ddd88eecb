// Lines out of the rows of a monitor's metric tables (their column names are the vendor's).

const QUALITY = [["root_mean_squared_error", "root mean squared error"], ["mean_absolute_error", "mean absolute error"],
  ["r2_score", "R²"], ["accuracy_score", "accuracy"], ["f1_score", "F1"]];
const DRIFT = [["js_distance", "Jensen–Shannon distance"], ["population_stability_index", "population stability index"],
  ["wasserstein_distance", "Wasserstein distance"], ["ks_test", "Kolmogorov–Smirnov statistic"], ["tv_distance", "total variation distance"]];
const MOST_LINES = 6;
const WHOLE_TABLE = ":table";

const whole = (row) => row.slice_key === null || row.slice_key === undefined;
const plain = (value) => (value !== null && typeof value === "object" ? value.statistic ?? value.one_vs_all ?? value.weighted : value);

/** The window lengths that there are, the one with the most windows first. */
export function granularities(rows) {
  const windows = new Map();
  for (const { granularity, window } of rows) {
    if (granularity) (windows.get(granularity) ?? windows.set(granularity, new Set()).get(granularity)).add(window?.start);
  }
  return [...windows].sort((one, other) => other[1].size - one[1].size).map(([name]) => name);
}

/** Points by name, each line in the order of time. */
function lines(rows, nameOf, valueOf) {
  const byName = new Map();
  for (const row of rows) {
    const value = valueOf(row);
    if (typeof value !== "number" || !row.window) continue;
    const name = nameOf(row);
    if (!byName.has(name)) byName.set(name, new Map());
    byName.get(name).set(row.window.start, value);
  }
  return [...byName].map(([name, points]) => ({ name, points: [...points].sort((one, other) => one[0] - other[0]) }));
}

/** How well each model version did, by window; null when the table holds no such measure. */
export function qualitySeries(rows, granularity, modelColumn) {
  const fitting = rows.filter((row) => row.granularity === granularity && row.column_name === WHOLE_TABLE && whole(row));
  for (const [column, measure] of QUALITY) {
    const version = (row) => row[modelColumn] ?? row.model_id;
    const named = (row) => (version(row) === null || version(row) === undefined || version(row) === "*" ? "All versions" : `Version ${version(row)}`);
    const series = lines(fitting, named, (row) => plain(row[column]));
    if (series.length) return { measure, series: series.slice(-MOST_LINES) };
  }
  return null;
}

/** How far each column moved between windows that follow each other, the farthest ones; null when nothing did. */
export function driftSeries(rows, granularity) {
  const fitting = rows.filter((row) => row.granularity === granularity && row.drift_type === "CONSECUTIVE" && whole(row) && row.column_name !== WHOLE_TABLE);
  for (const [column, measure] of DRIFT) {
    const series = lines(fitting, (row) => row.column_name, (row) => plain(row[column]));
    const farthest = (each) => Math.max(...each.points.map((point) => point[1]));
    series.sort((one, other) => farthest(other) - farthest(one));
    if (series.length) return { measure, series: series.slice(0, MOST_LINES) };
  }
  return null;
}
