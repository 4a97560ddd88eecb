// Which of a run's metrics are the model's own, and which are the baselines' that it is held against.
// Two ways of naming are understood: `rmse_model` beside `rmse_last_two_hours`, and `rmse` beside `baseline_mean_rmse`.

const LOWER_IS_BETTER = ["rmse", "mae", "mape", "mse", "log_loss", "brier"];
const HIGHER_IS_BETTER = ["r2", "roc_auc", "auc", "f1", "accuracy", "precision", "recall"];
const MEASURES = [...LOWER_IS_BETTER, ...HIGHER_IS_BETTER];
const SHORT = new Set(["rmse", "mae", "mape", "mse", "r2", "auc"]);
const SEPARATOR = /[/._\-\s]+/;

const words = (name) => name.toLowerCase().split(SEPARATOR).filter(Boolean);
const measureOf = (name) => MEASURES.find((measure) => `_${words(name).join("_")}_`.includes(`_${measure}_`));
const names = (name, ...wanted) => words(name).some((word) => wanted.includes(word));

/** What is a baseline's own in its name: not the measure, not the data that it shares with the model's. */
function readable(baseline, mine) {
  const shared = new Set([...words(mine), "baseline", "baselines"]);
  const rest = words(baseline).filter((word) => !shared.has(word));
  return rest.length ? `Baseline: ${rest.join(" ")}` : "Baseline";
}

function titleOf(mine) {
  return words(mine)
    .filter((word) => word !== "model")
    .map((word) => (SHORT.has(word) ? word.toUpperCase() : word))
    .join(" ");
}

/** The model's own metric of a baseline's measure: on the same data, if there are several. */
function counterpart(baseline, own) {
  const context = new Set(words(baseline));
  const fitting = own.filter((name) => measureOf(name) === measureOf(baseline));
  const likeness = (name) =>
    words(name).filter((word) => context.has(word)).length - words(name).length / 100;
  return fitting.sort((one, other) => likeness(other) - likeness(one))[0];
}

/**
 * Comparisons found in a run's metrics, each measure's champion first:
 * `[{ measure, lowerIsBetter, bars: [{ name, value, own }] }]`.
 */
export function comparison(metrics) {
  const known = Object.keys(metrics)
    .filter((name) => measureOf(name) && !names(name, "train", "training"))
    .sort();
  const ofTheModel = known.filter((name) => names(name, "model"));
  const baselines = known.filter((name) =>
    ofTheModel.length ? !names(name, "model") : names(name, "baseline", "baselines"),
  );
  const own = ofTheModel.length ? ofTheModel : known.filter((name) => !baselines.includes(name));
  const found = new Map();
  for (const baseline of baselines) {
    const mine = counterpart(baseline, own);
    if (!mine) continue;
    if (!found.has(mine)) found.set(mine, [{ name: "Champion", value: metrics[mine], own: true }]);
    found.get(mine).push({ name: readable(baseline, mine), value: metrics[baseline], own: false });
  }
  return [...found].map(([mine, bars]) => ({
    measure: titleOf(mine),
    lowerIsBetter: LOWER_IS_BETTER.includes(measureOf(mine)),
    bars,
  }));
}
