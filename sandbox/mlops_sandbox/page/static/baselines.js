// Which of a run's metrics are the model's own, and which are the baselines'.

const LOWER_IS_BETTER = ["rmse", "mae", "mape", "mse", "log_loss", "brier"];
const HIGHER_IS_BETTER = ["r2", "roc_auc", "auc", "f1", "accuracy", "precision", "recall"];
const MEASURES = [...LOWER_IS_BETTER, ...HIGHER_IS_BETTER];
const SEPARATOR = /[/._\-\s]+/;

const words = (name) => name.toLowerCase().split(SEPARATOR).filter(Boolean);
const measureOf = (name) => MEASURES.find((measure) => words(name).join("_").includes(measure));

/** What is a baseline's own in its name: not the measure, not the data that it shares with the model's. */
function readable(baseline, mine) {
  const shared = new Set([...words(mine), "baseline", "baselines"]);
  const rest = words(baseline).filter((word) => !shared.has(word));
  return rest.length ? `Baseline: ${rest.join(" ")}` : "Baseline";
}

/** The metric of the model itself that a baseline's is to be held against: same measure, same data. */
function counterpart(baseline, measure, own) {
  const context = new Set(words(baseline));
  const fitting = own.filter((name) => measureOf(name) === measure && !words(name).includes("train"));
  const shared = (name) => words(name).filter((word) => context.has(word)).length - words(name).length / 100;
  return fitting.sort((one, other) => shared(other) - shared(one))[0];
}

/**
 * Comparisons found in a run's metrics: every metric with `baseline` in its name, held against the model's own.
 * Returns `[{ measure, lowerIsBetter, bars: [{ name, value, own }] }]`.
 */
export function comparison(metrics) {
  const names = Object.keys(metrics).filter((name) => measureOf(name)).sort();
  const isBaseline = (name) => words(name).some((word) => word.startsWith("baseline"));
  const own = names.filter((name) => !isBaseline(name));
  const found = new Map();
  for (const baseline of names.filter(isBaseline)) {
    const measure = measureOf(baseline);
    const mine = counterpart(baseline, measure, own);
    if (!mine) continue;
    const bars = found.get(mine) ?? [{ name: "Champion", value: metrics[mine], own: true }];
    bars.push({ name: readable(baseline, mine), value: metrics[baseline], own: false });
    found.set(mine, bars);
  }
  return [...found].map(([name, bars]) => ({
    measure: name.replaceAll("_", " ").replace(/\brmse\b/i, "RMSE").replace(/\bmae\b/i, "MAE"),
    lowerIsBetter: LOWER_IS_BETTER.includes(measureOf(name)),
    bars,
  }));
}
