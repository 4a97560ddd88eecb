// The sandbox's other workspaces: each has a page like this one at its own address.

import { find } from "./api.js";
import { h } from "./dom.js";

/** Links to all workspaces, when there are several; the one that is shown is marked. */
export async function showWorkspaces(place) {
  const told = await find("/sandbox/status").catch(() => null);
  const all = Object.entries(told?.workspaces ?? {});
  place.hidden = all.length < 2;
  place.replaceChildren(
    "Workspaces: ",
    ...all.map(([id, url]) =>
      id === told.workspace
        ? h("strong", { "aria-current": "page" }, id, " ")
        : h("span", {}, h("a", { href: `${url}/` }, id), " "),
    ),
  );
}
