// The form that sends a request to an endpoint. It outlives the view's refreshes: what is typed stays.

import { find, post, segment, timed } from "./api.js";
import { h } from "./dom.js";
import { duration } from "./format.js";

const forms = new Map();
const SAMPLES = {
  string: "",
  long: 0,
  integer: 0,
  double: 0.5,
  float: 0.5,
  boolean: true,
  datetime: "2013-11-01T12:00:00",
};

/** A request that the model's own files suggest: its logged example, else a row of its signature. */
async function suggestion(entity) {
  const of = { name: entity.entity_name, version: entity.entity_version };
  const file = (path) => find("/mlflow/model-versions/get-artifact", { ...of, path }).catch(() => null);
  const example = await file("serving_input_example.json");
  if (example && typeof example === "object") return example;
  const described = await file("MLmodel");
  const inputs = typeof described === "string" && /inputs:\s*'(\[.*?\])'\s*$/ms.exec(described)?.[1];
  const columns = inputs ? JSON.parse(inputs.replaceAll(/\n\s*/g, " ").replaceAll("''", "'")) : [];
  if (!columns.length || columns.some((column) => !column.name)) return { dataframe_records: [{}] };
  return {
    dataframe_records: [
      Object.fromEntries(columns.map((column) => [column.name, SAMPLES[column.type] ?? null])),
    ],
  };
}

/** One row of an example, with each value beside its column's name. */
function readable(body) {
  const { columns, data } = body.dataframe_split ?? {};
  if (!columns || !data?.length) return body;
  return { dataframe_records: [Object.fromEntries(columns.map((name, index) => [name, data[0][index]]))] };
}

function fill(area, body) {
  if (area.value) return;
  area.value = JSON.stringify(readable(body), null, 2);
  area.rows = Math.min(Math.max(area.value.split("\n").length, 4), 18);
}

function make(name, entity) {
  const id = `request-${name}`;
  const area = h("textarea", { id, rows: 8, spellcheck: "false", autocomplete: "off", "data-key": id });
  const answer = h("pre", { class: "answer", tabindex: "0", "aria-label": "Answer", hidden: true });
  const status = h("p", { class: "muted", role: "status" });
  const button = h("button", { type: "submit", "data-key": `send-${name}` }, "Send request");

  async function send(event) {
    event.preventDefault();
    answer.hidden = true;
    let body;
    try {
      body = JSON.parse(area.value);
    } catch (error) {
      status.textContent = `The request is not JSON: ${error.message}`;
      area.focus();
      return;
    }
    button.disabled = true;
    status.textContent = "Asking…";
    try {
      const { answer: said, milliseconds } = await timed(() =>
        post(`/serving-endpoints/${segment(name)}/invocations`, body),
      );
      status.textContent = `Answered in ${duration(milliseconds)}.`;
      answer.textContent = JSON.stringify(said, null, 2);
      answer.hidden = false;
    } catch (error) {
      status.textContent = `Refused: ${error.message}`;
    }
    button.disabled = false;
  }

  suggestion(entity)
    .then((body) => fill(area, body))
    .catch(() => {
      area.placeholder = '{"dataframe_records": [{"column": 1}]}';
    });
  return h(
    "form",
    { class: "invocation", onsubmit: send },
    h("h3", {}, "Ask it"),
    h("label", { for: id }, "Request (JSON)"),
    area,
    h("div", { class: "row" }, button, status),
    answer,
  );
}

/** The form of an endpoint, made once for each version that it serves. */
export function invocationForm(name, entity) {
  const key = `${name} ${entity.entity_name} ${entity.entity_version}`;
  if (!forms.has(key)) forms.set(key, make(name, entity));
  return forms.get(key);
}
