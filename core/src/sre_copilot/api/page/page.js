// Keeps the page up to date: hears that something is new, asks for it, and says when nobody answers any more.

import { tabIcon } from "./charts.js";
import { ask, follow, Refused } from "./client.js";
import { capital, exactly, make, settle, span } from "./elements.js";
import * as sections from "./sections.js";

const MISSED_CYCLES = Number(document.documentElement.dataset.missedCycles);
const DAY_STEP = "10m";
const TREND_POINTS = 60;
const TREND_STEP = 2; // cycles; with one, a late observation would leave a hole
const LEAST_BETWEEN = 10; // seconds between two looks at the past
const TRY_AGAIN = 3; // seconds

const byId = (id) => document.getElementById(id);
const seconds = () => performance.now() / 1000;

const page = {
  clusters: [],
  status: null,
  told: null,
  gates: null,
  issues: null,
  timeline: null,
  recent: null,
  trend: null,
  problem: null, // what the API said instead of an answer
  link: "waiting", // waiting, live or lost
  heardAt: null, // when the status arrived, on the browser's own clock
  pastAt: -Infinity, // when the past was looked at
  announced: null,
};

// --- asking -----------------------------------------------------------------------------------------

let asking = false;
let askAgain = false;

/** Ask for everything that is new; what is asked for meanwhile is asked for once, afterwards. */
async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    await load();
    page.problem = null;
    page.link = "live";
  } catch (error) {
    if (error instanceof Refused) page.problem = error.message;
    else page.link = "lost";
  }
  asking = false;
  render();
  if (askAgain) {
    askAgain = false;
    refresh();
  }
}

async function load() {
  page.clusters = await ask("/clusters");
  const wanted = new URLSearchParams(location.search).get("cluster");
  const chosen = page.clusters.find((row) => row.name === wanted) ?? page.clusters[0];
  const cluster = chosen?.name ?? null;
  const [status, told, gates, issues] = await Promise.all(
    ["/status", "/status/summary", "/status/gates", "/status/issues"].map((path) => ask(path, { cluster })),
  );
  const before = page.status?.health_state;
  Object.assign(page, { status, told, gates, issues, heardAt: seconds() });
  const wait = Math.max(LEAST_BETWEEN, TREND_STEP * (status.cycle_seconds ?? 0));
  if (cluster === null || (seconds() - page.pastAt < wait && before === status.health_state)) return;
  render();
  await loadPast(cluster, status);
  page.pastAt = seconds();
}

async function loadPast(cluster, status) {
  const step = Math.max(1000, Math.round((status.cycle_seconds ?? 30) * TREND_STEP * 1000));
  const end = status.observed_at === null ? null : Date.parse(status.observed_at) + Math.round((status.age_seconds ?? 0) * 1000);
  const start = end === null ? null : end - TREND_POINTS * step;
  [page.timeline, page.recent, page.trend] = await Promise.all([
    ask("/status/timeline", { cluster, step: DAY_STEP }),
    start === null ? [] : ask("/status/timeline", { cluster, step, start }),
    ask("/status/trend", { cluster, step: start === null ? null : step, start }),
  ]);
}

// --- showing ----------------------------------------------------------------------------------------

/** What is shown: what was said, and what has become of it while nobody said anything. */
function view() {
  const since = page.heardAt === null ? 0 : seconds() - page.heardAt;
  const status = page.status;
  const age = status.age_seconds === null ? null : status.age_seconds + since;
  const now = status.observed_at === null ? new Date() : new Date(Date.parse(status.observed_at) + age * 1000);
  const shown = { ...page, age, now };
  // The API would say unknown by now. As long as it can be asked, it is the one to say so.
  if (page.link === "lost" && !status.stale && age > MISSED_CYCLES * status.cycle_seconds) giveUp(shown);
  return shown;
}

function giveUp(shown) {
  const { status, age } = shown;
  const silent = new Date(Date.parse(status.observed_at) + MISSED_CYCLES * status.cycle_seconds * 1000);
  const services = status.services.map((row) => ({ ...row, progress: "unknown", pressure: "unknown" }));
  shown.status = {
    ...status,
    health_state: "unknown",
    last_known_state: status.health_state,
    since: silent.toISOString(),
    stale: true,
    reason: `Not heard of for ${span(age)}. Last known: ${status.reason}`,
    services,
  };
  shown.gates = page.gates?.map((row) => ({ ...row, outcome: "unknown", last_known_outcome: row.outcome }));
  shown.told = null;
}

const PARTS = ["timeline", "summary", "issues", "gates", "services", "signals", "logs", "freshness"];

function render() {
  renderLink();
  renderNotices();
  if (page.status === null) return renderNothing();
  const shown = view();
  const state = shown.status.health_state;
  settle(byId("hero"), sections.hero(shown));
  for (const name of PARTS) settle(byId(name).querySelector(".body"), sections[name](shown));
  settle(byId("signals-span"), sections.signalSpan(shown));
  byId("clusters").hidden = page.clusters.length < 2;
  settle(byId("clusters"), sections.clusters(shown));
  renderState(state, shown.status);
}

function renderNothing() {
  if (page.link === "waiting" && page.problem === null) return;
  settle(byId("hero"), make("h1", { id: "state" }, "Nothing is known"));
}

function renderState(state, status) {
  const root = document.documentElement;
  root.classList.add("ready");
  root.classList.toggle("stale", status.stale && status.observed_at !== null);
  const title = `${capital(state)} · ${status.cluster ?? "no cluster"}`;
  if (document.title !== title) document.title = title;
  if (root.dataset.state !== state || page.announced === null) byId("icon").href = tabIcon(state);
  root.dataset.state = state;
  const said = `${status.cluster}:${state}`;
  if (page.announced !== null && page.announced !== said) {
    byId("announcement").textContent = `${status.cluster ?? "The cluster"} is ${state}. ${status.reason}`;
  }
  page.announced = said;
}

function renderLink() {
  const seen = page.heardAt === null ? null : new Date(Date.now() - (seconds() - page.heardAt) * 1000);
  const lost = seen === null ? "No connection" : `Connection lost, last seen ${exactly(seen)}`;
  const age = page.status === null || page.status.age_seconds === null ? "" : `, observed ${span(view().age)} ago`;
  const live = page.status?.degraded ? "Store silent" : "Live";
  const text = { waiting: "Connecting", live: live + age, lost }[page.link];
  byId("link").dataset.link = page.link === "live" && page.status?.degraded ? "degraded" : page.link;
  settle(byId("link"), text);
}

function renderNotices() {
  const notices = [];
  const notice = (key, title, text) =>
    notices.push(make("div", { class: "notice", "data-key": key, role: "status" }, make("strong", {}, title), " ", text));
  if (page.link === "lost") notice("lost", "The copilot does not answer.", "What stands here is what it said last. The page keeps trying.");
  if (page.problem !== null) notice("problem", "The copilot cannot say.", page.problem);
  if (page.status?.degraded) notice("degraded", "The store does not answer, so nothing new is known.", page.status.degraded_reason ?? "");
  const wanted = new URLSearchParams(location.search).get("cluster");
  if (wanted !== null && page.status !== null && page.status.cluster !== wanted) {
    notice("other", `No cluster ${wanted} is watched.`, `This is ${page.status.cluster ?? "no cluster"}.`);
  }
  settle(byId("notices"), notices);
}

// --- living -----------------------------------------------------------------------------------------

function lose() {
  page.link = "lost";
  render();
}

/** Once a second: let ages grow, and look whether the stream is as alive as it says. */
function tick() {
  if (page.status === null && page.link === "waiting") return;
  const quiet = page.heardAt === null ? Infinity : seconds() - page.heardAt;
  const patience = page.link === "live" && page.problem === null ? Math.max(15, 1.5 * (page.status?.cycle_seconds ?? 0)) : TRY_AGAIN;
  if (quiet > patience && seconds() - lastTry > TRY_AGAIN) {
    lastTry = seconds();
    refresh();
  }
  render();
}

let lastTry = -Infinity;

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", theme === "dark" ? "Use light colours" : "Use dark colours");
}

function themes() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = localStorage.getItem("theme");
  const wanted = () => localStorage.getItem("theme") ?? (system.matches ? "dark" : "light");
  paint(kept ?? wanted());
  system.addEventListener("change", () => paint(wanted()));
  byId("theme").addEventListener("click", () => {
    const other = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", other);
    paint(other);
  });
}

themes();
settle(document.querySelector(".legend"), sections.legend());
follow(refresh, refresh, lose);
refresh();
setInterval(tick, 1000);
