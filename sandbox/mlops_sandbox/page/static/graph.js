// A task graph as a drawing: columns from left to right, a task right of everything that it depends on.

import { h, s } from "./dom.js";
import { duration, runState, took } from "./format.js";

const WIDTH = 196;
const HEIGHT = 58;
const GAP_X = 56;
const GAP_Y = 20;
const EDGE = 8;

const KINDS = [
  ["notebook_task", "notebook"],
  ["spark_python_task", "Python file"],
  ["python_wheel_task", "wheel"],
  ["condition_task", "condition"],
  ["run_job_task", "job"],
  ["for_each_task", "for each"],
  ["sql_task", "SQL"],
];

/** What a task is, in a word. */
export function taskKind(task) {
  return KINDS.find(([field]) => task[field])?.[1] ?? "task";
}

const above = (task) => (task.depends_on ?? []).map((each) => each.task_key);

/** Each task's column: one more than the farthest of those above it. */
function columns(tasks) {
  const byKey = new Map(tasks.map((task) => [task.task_key, task]));
  const depth = new Map();
  const visit = (key, path) => {
    if (depth.has(key)) return depth.get(key);
    if (path.has(key) || !byKey.has(key)) return -1;
    const before = above(byKey.get(key)).map((each) => visit(each, new Set([...path, key])));
    depth.set(key, 1 + Math.max(-1, ...before));
    return depth.get(key);
  };
  const placed = [];
  for (const task of tasks) (placed[visit(task.task_key, new Set())] ??= []).push(task);
  return placed;
}

/** Where each task's box is; inside a column, next to what it depends on. */
function layout(tasks) {
  const placed = columns(tasks);
  const tallest = Math.max(...placed.map((column) => column.length));
  const height = tallest * (HEIGHT + GAP_Y) - GAP_Y;
  const boxes = new Map();
  placed.forEach((column, index) => {
    const middle = (task) => {
      const parents = above(task)
        .map((key) => boxes.get(key))
        .filter(Boolean);
      return parents.reduce((sum, box) => sum + box.y, 0) / (parents.length || 1);
    };
    const ordered = [...column].sort(
      (one, other) => middle(one) - middle(other) || one.task_key.localeCompare(other.task_key),
    );
    const top = (height - (ordered.length * (HEIGHT + GAP_Y) - GAP_Y)) / 2;
    ordered.forEach((task, row) =>
      boxes.set(task.task_key, {
        x: EDGE + index * (WIDTH + GAP_X),
        y: EDGE + top + row * (HEIGHT + GAP_Y),
      }),
    );
  });
  return { boxes, width: 2 * EDGE + placed.length * (WIDTH + GAP_X) - GAP_X, height: height + 2 * EDGE };
}

function edge(from, to, outcome) {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
  const path = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 5} ${y2}`;
  const label =
    outcome &&
    s(
      "text",
      { class: "edge-label", x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 6, "text-anchor": "middle" },
      outcome,
    );
  return s(
    "g",
    {},
    s("path", { class: "edge", d: path }),
    s("path", { class: "edge-tip", d: `M${x2 - 7} ${y2 - 4} l7 4 l-7 4z` }),
    label,
  );
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function box(task, at, hrefOf, chosen) {
  const known = task.state ? runState(task) : null;
  const spoken = [task.task_key, taskKind(task), known?.word].filter(Boolean).join(", ");
  const parts = [
    s("title", {}, spoken),
    s("rect", { class: "node", width: WIDTH, height: HEIGHT, rx: 8 }),
    s("rect", { class: "node-mark", x: 9, y: 11, width: 4, height: HEIGHT - 22, rx: 2 }),
    s("text", { class: "node-name", x: 23, y: 25 }, short(task.task_key, 21)),
    known
      ? s("text", { class: "node-state", x: 23, y: 44 }, short(known.word, 18))
      : s("text", { class: "node-kind", x: 23, y: 44 }, taskKind(task)),
    known &&
      took(task) !== undefined &&
      s("text", { class: "node-kind", x: WIDTH - 12, y: 44, "text-anchor": "end" }, duration(took(task))),
  ];
  const group = { class: `task tone-${known?.tone ?? "idle"}`, transform: `translate(${at.x} ${at.y})` };
  const href = hrefOf?.(task);
  if (!href) return s("g", group, parts.filter(Boolean));
  return s(
    "a",
    {
      ...group,
      href,
      "data-key": `task-${task.task_key}`,
      "aria-label": spoken,
      "aria-current": task.task_key === chosen ? "true" : null,
    },
    parts.filter(Boolean),
  );
}

/** The drawing of a job's or a run's tasks; `hrefOf(task)` makes a task a link, `chosen` is the key of the one shown. */
export function taskGraph(tasks, label, hrefOf, chosen) {
  if (!tasks?.length) return h("p", { class: "muted" }, "No tasks.");
  const { boxes, width, height } = layout(tasks);
  const edges = tasks.flatMap((task) =>
    (task.depends_on ?? [])
      .filter((each) => boxes.has(each.task_key))
      .map((each) => edge(boxes.get(each.task_key), boxes.get(task.task_key), each.outcome)),
  );
  return h(
    "div",
    { class: "scroll graph", role: "region", tabindex: "0", "aria-label": label },
    s(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label },
      edges,
      tasks.map((task) => box(task, boxes.get(task.task_key), hrefOf, chosen)),
    ),
  );
}
