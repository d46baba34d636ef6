// Asks the API. What it answers is passed on as it is.

const PATIENCE = 10_000; // milliseconds; a store that is slow is given up by the API after five seconds

/** The API said that something is wrong, in a sentence. */
export class Refused extends Error {}

/** Nothing answers. */
export class Silent extends Error {}

/** The document at a path, with parameters of which those that are null are left out. */
export async function ask(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  let response;
  try {
    response = await fetch(query ? `${path}?${query}` : path, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
    if (response.ok) return await response.json();
  } catch (error) {
    throw new Silent(String(error));
  }
  const problem = await response.json().catch(() => ({}));
  throw new Refused(problem.detail ?? problem.title ?? `The copilot answered with status ${response.status}.`);
}

/**
 * Follow what changes on every cluster.
 *
 * @param heard is called with each event's document, in the order in which they come.
 * @param opened is called when the stream stands, again after each break.
 * @param broke is called when it breaks.
 */
export function follow(heard, opened, broke) {
  const again = 3000;
  const stream = new EventSource("/events");
  const tell = (event) => heard(JSON.parse(event.data));
  stream.addEventListener("state", tell);
  stream.addEventListener("decision", tell);
  stream.addEventListener("open", opened);
  stream.addEventListener("error", () => {
    broke();
    // The browser comes back by itself after a break, and gives up after a refusal.
    if (stream.readyState !== EventSource.CLOSED) return;
    stream.close();
    setTimeout(() => follow(heard, opened, broke), again);
  });
}
