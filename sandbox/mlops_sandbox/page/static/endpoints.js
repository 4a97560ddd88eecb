// Serving endpoints: what they serve, and a form to ask one.

import { h } from "./dom.js";
import { state } from "./format.js";
import { badge, card, code, empty, facts, heading, moment, table } from "./pieces.js";
import { invocationForm } from "./invocation.js";
import * as sources from "./sources.js";

export const title = () => "Endpoints";
export const busy = ({ endpoints }) => endpoints.some(sources.endpointBusy);
export const load = async () => ({ endpoints: await sources.endpoints() });

/** The one state that says how an endpoint does. */
export function endpointState(endpoint) {
  const { ready, config_update: update } = endpoint.state ?? {};
  if (update === "IN_PROGRESS" || update === "UPDATE_FAILED") return state(update);
  return state(ready);
}

export const entities = (config) => config?.served_entities ?? config?.served_models ?? [];

function share(config, entity) {
  const route = (config?.traffic_config?.routes ?? []).find((each) =>
    [each.served_entity_name, each.served_model_name].includes(entity.name),
  );
  return route ? `${route.traffic_percentage} %` : "–";
}

function served(config, caption) {
  const rows = entities(config).map((entity) => [
    entity.entity_name ?? entity.model_name ?? entity.name,
    entity.entity_version ?? entity.model_version ?? "–",
    share(config, entity),
    [entity.workload_size, entity.scale_to_zero_enabled && "scales to zero"].filter(Boolean).join(", ") ||
      "–",
    badge(state(entity.state?.deployment)),
  ]);
  return table(
    caption,
    ["Model", { name: "Version", numeric: true }, { name: "Traffic", numeric: true }, "Size", "State"],
    rows,
  );
}

function one(endpoint) {
  const live = entities(endpoint.config);
  const pending = entities(endpoint.pending_config);
  return card(
    endpoint.name,
    {},
    facts([
      ["State", badge(endpointState(endpoint))],
      ["Config version", endpoint.config?.config_version],
      ["Changed", moment(endpoint.last_updated_timestamp)],
      ["Made by", endpoint.creator],
    ]),
    live.length
      ? served(endpoint.config, `What ${endpoint.name} serves`)
      : pending.length
        ? null
        : empty(
            "It serves nothing yet.",
            "The deployment task gives it the champion's version: ",
            code("make up"),
            " runs it.",
          ),
    pending.length > 0 && [
      h("h3", {}, "Coming up"),
      served(endpoint.pending_config, `What ${endpoint.name} will serve`),
    ],
    live.length > 0 && invocationForm(endpoint.name, live[0]),
  );
}

export function render({ endpoints }) {
  if (!endpoints.length) {
    return [
      heading("Endpoints"),
      empty("No serving endpoint yet.", "Deploy the project with ", code("make up"), "."),
    ];
  }
  return [heading("Endpoints"), ...endpoints.map(one)];
}
