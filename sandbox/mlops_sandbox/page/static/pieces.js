// What every part of the page is made of.

import { h } from "./dom.js";
import { clock, ago, state as describe } from "./format.js";

export function badge({ word, tone }) {
  return h("span", { class: `badge tone-${tone}` }, h("span", { class: "dot", "aria-hidden": "true" }), word);
}

export const stateBadge = (name) => badge(describe(name));

/** A moment: how long ago, with the clock time for who asks. */
export function moment(milliseconds) {
  if (!milliseconds) return h("span", { class: "muted" }, "–");
  return h(
    "time",
    { datetime: new Date(milliseconds).toISOString(), title: clock(milliseconds) },
    ago(milliseconds),
  );
}

/** A table with a caption; `columns` are names, or `{ name, numeric }`; a cell is text or an element. */
export function table(caption, columns, rows) {
  const shapes = columns.map((column) => (typeof column === "string" ? { name: column } : column));
  const kind = (column) => (column.numeric ? "number" : null);
  return h(
    "div",
    { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "visually-hidden" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shapes.map((each) => h("th", { scope: "col", class: kind(each) }, each.name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((cells) =>
          h(
            "tr",
            {},
            cells.map((cell, index) =>
              index === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: kind(shapes[index]) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** What to do where there is nothing yet. */
export function empty(title, ...advice) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", {}, ...advice));
}

export const code = (text) => h("code", {}, text);

export function problem(error) {
  return h("p", { class: "problem", role: "alert" }, error?.message ?? String(error));
}

export function card(title, attributes, ...children) {
  return h("section", { class: "card", ...attributes }, h("h2", {}, title), ...children);
}

/** Names and values, side by side. */
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

export function heading(title, ...aside) {
  return h("div", { class: "heading" }, h("h1", {}, title), h("div", { class: "aside" }, ...aside));
}

export const crumbs = (...links) =>
  h(
    "nav",
    { class: "crumbs", "aria-label": "Where this is" },
    links.map(([text, href], index) => [
      index > 0 && h("span", { "aria-hidden": "true" }, " / "),
      h("a", { href }, text),
    ]),
  );
