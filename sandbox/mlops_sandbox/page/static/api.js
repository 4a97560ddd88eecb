// The workspace's own APIs, asked with the page's cookie.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Unreachable extends Error {}

async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new Unreachable("The sandbox does not answer.");
  }
  const text = await response.text();
  let answer = text;
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    // Not every answer is JSON: a log or an artifact is shown as it is.
  }
  if (!response.ok)
    throw new Refused(response.status, answer?.message ?? answer?.error ?? response.statusText);
  return answer;
}

function withQuery(path, query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export const get = (path, query) => ask("GET", withQuery(path, query));
export const post = (path, body) => ask("POST", path, body);

/** GET, or null when there is nothing of that name. */
export async function find(path, query) {
  try {
    return await get(path, query);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** All items of a list that comes in pages. */
export async function all(path, field, query, most = 500) {
  const items = [];
  let token;
  do {
    const page = await get(path, { ...query, page_token: token });
    items.push(...(page[field] ?? []));
    token = page.next_page_token;
  } while (token && items.length < most);
  return items;
}

/** Both of what a request takes: the answer and its duration in milliseconds. */
export async function timed(request) {
  const began = performance.now();
  const answer = await request();
  return { answer, milliseconds: performance.now() - began };
}

/** A path's segment. */
export const segment = encodeURIComponent;
