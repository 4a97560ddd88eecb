// Numbers, times and states as people read them.

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const clock = (milliseconds) => (milliseconds ? CLOCK.format(new Date(milliseconds)) : "–");
export const day = (milliseconds) => DAY.format(new Date(milliseconds));

/** "3 minutes ago". */
export function ago(milliseconds) {
  if (!milliseconds) return "–";
  const seconds = (milliseconds - Date.now()) / 1000;
  const steps = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** "1 min 5 s" from milliseconds. */
export function duration(milliseconds) {
  if (milliseconds === undefined || milliseconds === null || milliseconds < 0) return "–";
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number with as many digits as matter. */
export function number(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString();
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A measured value: always with decimals, so that values beside each other line up. */
export const decimal = (value) =>
  value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const TONES = {
  SUCCESS: "good",
  READY: "good",
  ACTIVE: "good",
  SUCCEEDED: "good",
  MONITOR_STATUS_ACTIVE: "good",
  DEPLOYMENT_READY: "good",
  FAILED: "bad",
  TIMEDOUT: "bad",
  UPSTREAM_FAILED: "bad",
  INTERNAL_ERROR: "bad",
  UPDATE_FAILED: "bad",
  FAILED_REGISTRATION: "bad",
  DEPLOYMENT_FAILED: "bad",
  MONITOR_STATUS_FAILED: "bad",
  MONITOR_STATUS_ERROR: "bad",
  RUNNING: "busy",
  TERMINATING: "busy",
  IN_PROGRESS: "busy",
  DEPLOYMENT_CREATING: "busy",
  DEPLOYMENT_RECOVERING: "busy",
  PENDING: "wait",
  QUEUED: "wait",
  BLOCKED: "wait",
  WAITING_FOR_RETRY: "wait",
  PENDING_REGISTRATION: "wait",
  MONITOR_STATUS_PENDING: "wait",
  SUCCESS_WITH_FAILURES: "wait",
};

const WORDS = {
  SUCCESS: "Succeeded",
  FAILED: "Failed",
  TIMEDOUT: "Timed out",
  CANCELED: "Cancelled",
  EXCLUDED: "Not needed",
  UPSTREAM_FAILED: "Upstream failed",
  UPSTREAM_CANCELED: "Upstream cancelled",
  UPSTREAM_EVICTED: "Upstream evicted",
  SUCCESS_WITH_FAILURES: "Succeeded with failures",
  INTERNAL_ERROR: "Internal error",
  SKIPPED: "Skipped",
  WAITING_FOR_RETRY: "Waiting to retry",
  NOT_READY: "Not ready",
  IN_PROGRESS: "Updating",
  UPDATE_FAILED: "Update failed",
  NOT_UPDATING: "Up to date",
};

/** A state's word and tone (good, bad, busy, wait, idle). */
export function state(name) {
  const code = String(name ?? "");
  const plain = code
    .replace(/^(MONITOR_STATUS|DEPLOYMENT)_/, "")
    .replaceAll("_", " ")
    .toLowerCase();
  const word = WORDS[code] ?? (plain ? plain[0].toUpperCase() + plain.slice(1) : "Never ran");
  return { word, tone: TONES[code] ?? "idle" };
}

/** The state of a run or of one of its tasks. */
export function runState(run) {
  const { life_cycle_state: life, result_state: result } = run?.state ?? {};
  return state(result || life);
}

/** Whether a run still goes on. */
export function goesOn(run) {
  return !["TERMINATED", "SKIPPED", "INTERNAL_ERROR"].includes(run?.state?.life_cycle_state ?? "TERMINATED");
}

const NOT_STARTED = ["PENDING", "QUEUED", "BLOCKED", "SKIPPED"];

/** How long a run or a task took, or has taken so far; undefined when it did not start. */
export function took(run) {
  if (!run?.start_time || NOT_STARTED.includes(run.state?.life_cycle_state)) return undefined;
  return (run.end_time || Date.now()) - run.start_time;
}
