// Which view is shown, and when it is asked again.

import { Refused, Unreachable } from "./api.js";
import { h } from "./dom.js";
import { ago } from "./format.js";
import { code, problem } from "./pieces.js";
import * as overview from "./overview.js";
import * as jobs from "./jobs.js";
import * as job from "./job.js";
import * as run from "./run.js";
import * as models from "./models.js";
import * as endpoints from "./endpoints.js";
import * as monitors from "./monitors.js";
import { showWorkspaces } from "./workspaces.js";

const TABS = [
  ["Overview", "#/"],
  ["Jobs", "#/jobs"],
  ["Models", "#/models"],
  ["Endpoints", "#/endpoints"],
  ["Monitors", "#/monitors"],
];
const VIEWS = [
  [/^#\/jobs\/(\d+)$/, job, "#/jobs"],
  [/^#\/runs\/(\d+)(?:\/(.+))?$/, run, "#/jobs"],
  [/^#\/jobs$/, jobs, "#/jobs"],
  [/^#\/models$/, models, "#/models"],
  [/^#\/endpoints$/, endpoints, "#/endpoints"],
  [/^#\/monitors$/, monitors, "#/monitors"],
  [/^#\/?$/, overview, "#/"],
];
const WHILE_BUSY = 2000;
const OTHERWISE = 10000;

const main = document.getElementById("view");
const banner = document.getElementById("banner");
const freshness = document.getElementById("freshness");
let shown = { hash: null, data: null };
let timer;
let generation = 0;

/** The view's address; the workspace's own links (`#job/1/run/2`) lead to the same views. */
function address() {
  const linked = /^#job\/(\d+)(?:\/run\/(\d+))?$/.exec(location.hash);
  if (linked) return linked[2] ? `#/runs/${linked[2]}` : `#/jobs/${linked[1]}`;
  return location.hash.startsWith("#/") ? location.hash : "#/";
}

function current() {
  const hash = address();
  for (const [pattern, view, tab] of VIEWS) {
    const found = pattern.exec(hash);
    if (found)
      return { hash, view, tab, params: found.slice(1).map((part) => part && decodeURIComponent(part)) };
  }
  return { hash, view: overview, tab: "#/", params: [] };
}

function showTabs(chosen) {
  document
    .getElementById("tabs")
    .replaceChildren(
      ...TABS.map(([name, href]) =>
        h("li", {}, h("a", { href, "aria-current": href === chosen ? "page" : null }, name)),
      ),
    );
}

/** Where the reader is, by what each part is called; the function puts them back there. */
function keepPlace() {
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const opened = new Set(
    [...main.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key),
  );
  const scrolled = new Map(
    [...main.querySelectorAll("[aria-label][tabindex]")].map((each) => [
      each.ariaLabel,
      {
        left: each.scrollLeft,
        top: each.scrollTop,
        atEnd: each.scrollTop + each.clientHeight >= each.scrollHeight - 4,
      },
    ]),
  );
  return () => {
    for (const details of main.querySelectorAll("details[data-key]"))
      details.open ||= opened.has(details.dataset.key);
    for (const each of main.querySelectorAll("[aria-label][tabindex]")) {
      const { left, top, atEnd } = scrolled.get(each.ariaLabel) ?? { left: 0, top: 0, atEnd: true };
      each.scrollTo(left, each.matches("pre") && atEnd ? each.scrollHeight : top);
    }
    if (focused) main.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };
}

function place(nodes) {
  const restore = keepPlace();
  main.replaceChildren(...nodes.filter(Boolean));
  restore();
}

/** Text that is being selected stays: the next refresh draws it anew. */
function selecting() {
  const selection = getSelection();
  return !selection.isCollapsed && main.contains(selection.anchorNode);
}

function explain(error) {
  banner.hidden = error === null;
  if (error instanceof Unreachable) {
    banner.replaceChildren(
      "The sandbox does not answer. Start it with ",
      code("mlops sandbox start"),
      "; this page goes on by itself.",
    );
  } else if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
    banner.replaceChildren(
      "This page's link is not valid any more. ",
      code("mlops sandbox status"),
      " prints the new one.",
    );
  } else if (error) {
    banner.hidden = true;
    place([problem(error)]);
  }
}

/** MLflow's clients print links to the tracking URI, which is this page: they lead on to MLflow's. */
function leadOn() {
  const theirs = /^#\/(experiments|models|traces|prompts)\/.+/.test(location.hash);
  if (theirs) location.replace(`/mlflow/${location.hash}`);
  return theirs;
}

async function refresh() {
  clearTimeout(timer);
  if (leadOn()) return;
  const mine = ++generation;
  const { hash, view, tab, params } = current();
  showTabs(tab);
  let wait = OTHERWISE;
  try {
    const data = await view.load(...params);
    if (mine !== generation) return;
    explain(null);
    // What runs has a clock of its own: it is drawn anew even when nothing else changed.
    const known = JSON.stringify([data, view.busy(data) ? Date.now() : 0]);
    if (hash !== shown.hash || (known !== shown.data && !selecting())) {
      const moved = shown.hash !== null && hash !== shown.hash;
      place(view.render(data, ...params));
      document.title = `${view.title(data)} · mlops sandbox`;
      if (moved) {
        main.focus({ preventScroll: true });
        scrollTo(0, 0);
      }
      shown = { hash, data: known };
    }
    for (const time of main.querySelectorAll("time")) time.textContent = ago(Date.parse(time.dateTime));
    wait = view.busy(data) ? WHILE_BUSY : OTHERWISE;
    freshness.textContent = `Updated at ${new Date().toLocaleTimeString()}${view.busy(data) ? ", live while something runs" : ", every 10 seconds"}.`;
  } catch (error) {
    if (mine !== generation) return;
    explain(error);
    shown = { hash: null, data: null };
    wait = WHILE_BUSY * 2;
  }
  main.setAttribute("aria-busy", "false");
  if (!document.hidden) timer = setTimeout(refresh, wait);
}

addEventListener("hashchange", () => {
  if (location.hash !== "#view") refresh();
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
showWorkspaces(document.getElementById("workspaces"));
refresh();
