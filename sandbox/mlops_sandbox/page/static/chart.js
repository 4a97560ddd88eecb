// Lines over time, drawn to the width that there is; the same numbers stand in a table below.

import { h, s } from "./dom.js";
import { day, number } from "./format.js";
import { table } from "./pieces.js";

const HEIGHT = 230;
const MARGIN = { top: 14, right: 30, bottom: 26, left: 52 };

/** Round values from below the smallest to above the largest, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const values = [];
  for (let value = Math.floor(low / step) * step; value <= high + step * 0.999; value += step)
    values.push(Number(value.toPrecision(12)));
  return values;
}

function scales(series, width) {
  const points = series.flatMap((each) => each.points);
  const times = points.map((point) => point[0]);
  const values = points.map((point) => point[1]);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const [smallest, largest] = [Math.min(...values), Math.max(...values)];
  // Far from zero, a line from zero would show nothing of its changes.
  const marks = ticks(smallest > 0.4 * largest ? smallest : Math.min(0, smallest), largest, 4);
  const [low, high] = [marks[0], marks.at(-1)];
  const inner = width - MARGIN.left - MARGIN.right;
  return {
    marks,
    moments: [...new Set(times)].sort((one, other) => one - other),
    x: (time) => MARGIN.left + (last === first ? inner / 2 : ((time - first) / (last - first)) * inner),
    y: (value) =>
      HEIGHT - MARGIN.bottom - ((value - low) / (high - low || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom),
  };
}

function axes(scale, width) {
  const most = Math.max(2, Math.floor((width - MARGIN.left) / 76));
  const every = Math.ceil(scale.moments.length / most);
  const labelled = scale.moments.filter((_, index) => index % every === 0);
  return s(
    "g",
    { "aria-hidden": "true" },
    scale.marks.map((value) => [
      s("line", {
        class: "grid",
        x1: MARGIN.left,
        x2: width - MARGIN.right,
        y1: scale.y(value),
        y2: scale.y(value),
      }),
      s(
        "text",
        { class: "tick", x: MARGIN.left - 8, y: scale.y(value) + 4, "text-anchor": "end" },
        number(value),
      ),
    ]),
    labelled.map((time) =>
      s("text", { class: "tick", x: scale.x(time), y: HEIGHT - 6, "text-anchor": "middle" }, day(time)),
    ),
  );
}

function line(each, index, scale) {
  const at = each.points.map(([time, value]) => `${scale.x(time).toFixed(1)},${scale.y(value).toFixed(1)}`);
  return s(
    "g",
    { class: `series series-${index}` },
    at.length > 1 && s("polyline", { points: at.join(" ") }),
    each.points.map(([time, value]) =>
      s(
        "circle",
        { cx: scale.x(time), cy: scale.y(value), r: 3 },
        s("title", {}, `${each.name}, ${day(time)}: ${number(value)}`),
      ),
    ),
  );
}

function draw(series, width, label) {
  const scale = scales(series, width);
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label },
    axes(scale, width),
    series.map((each, index) => line(each, index, scale)),
  );
}

function legend(series) {
  return h(
    "ul",
    { class: "legend" },
    series.map((each, index) =>
      h(
        "li",
        {},
        s(
          "svg",
          { class: `series series-${index}`, width: 26, height: 10, "aria-hidden": "true" },
          s("polyline", { points: "1,5 25,5" }),
          s("circle", { cx: 13, cy: 5, r: 3 }),
        ),
        h("span", {}, each.name),
        h("strong", {}, number(each.points.at(-1)[1])),
      ),
    ),
  );
}

function numbers(series, label, key) {
  const moments = [...new Set(series.flatMap((each) => each.points.map(([time]) => time)))].sort(
    (one, other) => one - other,
  );
  const byTime = series.map((each) => new Map(each.points));
  return h(
    "details",
    { class: "numbers", "data-key": `numbers-${key}` },
    h("summary", {}, "As numbers"),
    table(
      label,
      ["Window from", ...series.map((each) => ({ name: each.name, numeric: true }))],
      moments.map((time) => [day(time), ...byTime.map((values) => number(values.get(time)))]),
    ),
  );
}

/**
 * A line chart, with a control of the caller's beside its title. `series` is a list of `{ name, points: [[milliseconds, value], …] }` with the points in order.
 * The legend's number is each line's last value.
 */
export function lineChart(series, label, key, control) {
  const drawn = series.filter((each) => each.points.length > 0);
  const canvas = h("div", { class: "canvas" }, draw(drawn, 640, label));
  let width = 640;
  new ResizeObserver(([entry]) => {
    const wanted = Math.max(260, Math.floor(entry.contentRect.width));
    if (wanted === width) return;
    width = wanted;
    canvas.replaceChildren(draw(drawn, width, label));
  }).observe(canvas);
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, h("span", {}, label), control),
    canvas,
    legend(drawn),
    numbers(drawn, label, key),
  );
}
