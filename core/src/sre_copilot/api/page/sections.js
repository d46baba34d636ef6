// The parts of the page. Each turns documents of the API into elements, and derives nothing from them.

import { mark, sparkline, spanOf, stretches, strip } from "./charts.js";
import { capital, exactly, labels, make, percent, span, time, words } from "./elements.js";

const MOST_CHANGES = 5;
const STATES = ["happy", "stressed", "critical", "unknown"];

const quiet = (...text) => make("p", { class: "quiet" }, text);
const tag = (text, kind = "") => make("span", { class: `tag ${kind}` }, text);
const list = (kind, ...items) => make("ul", { class: kind, role: "list" }, items);
const fact = (term, ...text) => make("div", {}, make("dt", {}, term), make("dd", {}, text));

/** The state, since when, why, and what it rests on. */
export function hero(view) {
  const { status } = view;
  const known = status.last_known_state;
  return [
    mark(status.health_state, { class: "mark-of large" }),
    make(
      "div",
      { class: "says" },
      make("h1", { id: "state" }, make("span", { class: "of" }, status.cluster ?? "No cluster"), make("span", { class: "unseen" }, " is "), make("span", { class: "word" }, capital(status.health_state))),
      known === null ? null : make("p", { class: "known" }, mark(known), `Last known: ${known}`),
      since(view),
      make("p", { class: "reason" }, status.reason),
      towards(status),
    ),
    make(
      "div",
      { class: "rests" },
      status.stale && status.observed_at !== null ? make("p", { class: "quiet" }, "When it was last observed:") : null,
      make("dl", { class: "facts" }, facts(view)),
    ),
  ];
}

function since({ status, now }) {
  if (status.since === null) return null;
  const seconds = (now - new Date(status.since)) / 1000;
  return make("p", { class: "since" }, "since ", time(status.since, now), make("span", { class: "for" }, `for ${span(seconds)}`));
}

function towards(status) {
  if (status.health_state !== "stressed" || !status.critical_cycles) return null;
  const passed = Math.min(status.critical_cycles, status.debounce);
  return make("p", { class: "towards" }, `${passed} of ${status.debounce} consecutive cycles towards critical`);
}

function facts({ status }) {
  const told = [["Cause", status.cause === "none" ? "none" : status.cause + (status.carried ? " (carried over)" : "")]];
  if (status.bottleneck !== null) told.push(["Work waits on", words(status.bottleneck)]);
  if (status.mode !== null) told.push(["Mode", words(status.mode)]);
  if (status.band !== null) told.push(["Scale", words(status.band)]);
  told.push(["Confidence", percent(status.confidence)], ["Seen", status.visibility === null ? "nothing" : `${percent(status.visibility)} of signals`]);
  return told.map(([term, text]) => fact(term, text));
}

/** What is going on, in paragraphs, or in one line where nothing was written. */
export function summary({ told, status }) {
  const paragraphs = told?.paragraphs ?? [];
  if (paragraphs.length === 0) {
    const says = status.cause_says && !status.stale ? make("p", {}, status.cause_says) : null;
    return [make("p", { class: "lead" }, told?.summary ?? status.reason), says];
  }
  return [
    make("p", { class: "lead" }, told.title),
    paragraphs.map((paragraph) =>
      make("div", { class: "paragraph", "data-key": paragraph.key }, make("h3", {}, paragraph.title), make("p", {}, paragraph.text)),
    ),
    quiet(`Explained by ${told.explained_by}, ${percent(told.confidence)} sure.${told.note ? ` ${told.note}` : ""}`),
  ];
}

/** The states of the last day and of the last while, and the newest changes in words. */
export function timeline({ timeline: day, recent, now }) {
  if (!day?.length) return [quiet("Nothing was observed yet.")];
  const near = recent ?? [];
  const before = near.length === 0 ? day : day.filter((row) => Date.parse(row.at) < Date.parse(near[0].at));
  const changes = stretches([...before, ...near]).slice(-MOST_CHANGES).reverse();
  return [
    make("div", { class: "strips" }, strip("24 hours", day), near.length === 0 ? null : strip(spanOf(near), near)),
    make("ol", { class: "changes", role: "list" }, changes.map((change) => changed(change, now))),
  ];
}

function changed(change, now) {
  const began = change.state === "unknown" ? change.at : (change.since ?? change.at);
  return make(
    "li",
    {},
    time(began, now),
    mark(change.state),
    make("span", { class: "state", "data-state": change.state }, change.state),
    make("span", { class: "why" }, change.reason),
  );
}

/** What the marks mean. */
export function legend() {
  return STATES.map((state) => make("li", {}, mark(state), state));
}

/** Open issues, what to do about them, and what presses. */
export function issues({ issues: rows, status, now }) {
  const actions = status.recommended_actions.map(action);
  const found = status.findings.map((finding) =>
    make("li", { class: "item" }, make("p", { class: "says" }, finding.says), make("p", {}, finding.remedy), make("p", { class: "quiet" }, `${words(finding.pressure)} on ${finding.service}`)),
  );
  const known = (rows ?? []).map((row) => issue(row, now));
  if (status.observed_at === null) return [quiet("Nothing is known yet.")];
  if (known.length + actions.length + found.length === 0) return [quiet("No issue is open, and there is nothing to do.")];
  return [
    known.length > 0 ? list("items", known) : null,
    actions.length > 0 ? [make("h3", {}, "What to do"), make("ol", { class: "items actions" }, actions)] : null,
    found.length > 0 ? [make("h3", {}, "What presses"), list("items", found)] : null,
  ];
}

function issue(row, now) {
  const state = row.resolved_at !== null ? "happy" : row.severity === "critical" ? "critical" : "stressed";
  const when = [row.service, ", opened ", time(row.opened_at, now)];
  if (row.resolved_at !== null) when.push(", resolved ", time(row.resolved_at, now));
  return make(
    "li",
    { class: "item marked", "data-key": row.id },
    mark(state),
    make("div", {}, make("p", { class: "says" }, row.title, " ", tag(row.resolved_at === null ? row.severity : "resolved", state)), make("p", { class: "quiet" }, when)),
  );
}

function action(row) {
  const given = labels(row.parameters);
  return make(
    "li",
    { class: "item" },
    make("p", { class: "says" }, row.says),
    make("p", { class: "quiet" }, `${capital(row.kind)} ${row.target}${given ? `, ${given}` : ""}. ${capital(row.risk)} risk${row.confidence === null ? "" : `, ${percent(row.confidence)} sure`}.`),
  );
}

/** Gates in the order in which they were judged: those that fired stand open, the clear ones are folded. */
export function gates({ gates: rows, status }) {
  if (!rows?.length) return [quiet("No gate was judged yet.")];
  const alarms = rows.filter((row) => row.level === "critical" || row.level === "stressed");
  const signs = rows.filter((row) => !alarms.includes(row));
  const fired = alarms.filter((row) => row.outcome === "fired");
  const unknown = alarms.filter((row) => row.outcome === "unknown");
  const clear = alarms.filter((row) => row.outcome === "clear");
  return [
    fired.length > 0 ? list("items", fired.map(gate)) : quiet(unknown.length < alarms.length ? "No gate fires." : "No gate can be judged now."),
    // When nothing is known any more, a list of all gates would only bury that.
    unknown.length > 0 ? folded(status.stale ? "lost" : "unknown", `${unknown.length} unknown`, unknown, !status.stale && unknown.length <= 3) : null,
    clear.length > 0 ? folded("clear", `${clear.length} clear`, clear, false) : null,
    signs.length > 0 ? folded("signs", `${signs.length} that raise no alarm`, signs, false) : null,
  ];
}

function folded(key, title, rows, open) {
  return make("details", { "data-key": key, open }, make("summary", {}, title), list("items", rows.map(gate)));
}

function gate(row) {
  const alarming = row.level === "critical" || row.level === "stressed";
  const state = row.outcome === "unknown" ? "unknown" : alarming && row.outcome === "fired" ? row.level : "happy";
  const was = row.last_known_outcome ? `, last known ${row.last_known_outcome}` : "";
  return make(
    "li",
    { class: "item marked", "data-key": row.key },
    alarming || row.outcome === "unknown" ? mark(state) : make("span", { class: "pip", "aria-hidden": "true" }),
    make(
      "div",
      {},
      make("p", { class: "says" }, row.sentence),
      make("p", { class: "quiet" }, make("code", {}, row.key), ` ${row.level}, ${row.outcome}${was}`),
    ),
  );
}

const PROGRESS = { ok: "happy", degraded: "stressed", blocked: "critical" };
const PRESSURES = ["low", "moderate", "high"];

/** The actors, each with its progress and how hard it is pressed. */
export function services({ status }) {
  if (status.services.length === 0) return [quiet("No service was observed yet.")];
  return [list("services", status.services.map(service))];
}

function service(row) {
  const facts = [...row.facts.map((key) => make("code", {}, key)), ...row.expected.map((text) => make("span", {}, `expected: ${text}`))];
  return make(
    "li",
    { class: "service", "data-key": row.key },
    mark(PROGRESS[row.progress] ?? "unknown"),
    make("span", { class: "name" }, row.name),
    make("span", { class: "progress" }, row.progress),
    make("span", { class: "pressure" }, meter(PRESSURES.indexOf(row.pressure)), make("span", { class: "label" }, `pressure ${row.pressure}`)),
    facts.length > 0 ? make("span", { class: "because" }, facts) : null,
  );
}

function meter(level) {
  return make("span", { class: "meter", "data-level": level, "aria-hidden": "true" }, make("i"), make("i"), make("i"));
}

/** Every primary signal with its newest value and how it went. */
export function signals({ status, trend }) {
  if (status.primary_signals.length === 0) return [quiet("No signal was read yet.")];
  const values = Map.groupBy(trend ?? [], (row) => row.signal);
  const all = status.primary_signals.map((row) => signal(row, (values.get(row.key) ?? []).map((point) => point.value), status.trends[row.key]));
  const amplifiers = status.amplifiers.map((row) =>
    make("tr", { "data-key": row.key }, make("th", { scope: "row" }, make("code", {}, row.key)), make("td", {}, row.display)),
  );
  return [
    list("signals", all),
    amplifiers.length === 0
      ? null
      : make("details", { "data-key": "amplifiers" }, make("summary", {}, `${amplifiers.length} that only amplify`), make("table", {}, make("tbody", {}, amplifiers))),
  ];
}

const TRENDS = { improving: "↗ improving", worsening: "↘ worsening" };

function signal(row, values, trend) {
  const [group, ...name] = row.key.split(".");
  const missing = row.missing !== null;
  return make(
    "li",
    { class: missing ? "signal missing" : "signal", "data-key": row.key, title: [row.key, row.note, row.detail].filter(Boolean).join(" – ") },
    make("span", { class: "group" }, group),
    TRENDS[trend] && !missing ? make("span", { class: "trend", "data-trend": trend }, TRENDS[trend]) : null,
    make("span", { class: "name" }, words(name.join("."))),
    make("span", { class: "value" }, missing ? words(row.missing) : row.display),
    sparkline(values),
  );
}

/** What span the sparklines show. */
export function signalSpan({ trend }) {
  return [spanOf(trend ?? [])];
}

/** Repeated kinds of log lines, with what they mean. */
export function logs({ status, now }) {
  const rows = status.log_patterns.map((row) =>
    make(
      "li",
      { class: "item", "data-key": row.key },
      make("p", { class: "says" }, row.means || make("code", {}, row.template), row.new ? [" ", tag("new", "stressed")] : null),
      row.means ? make("p", {}, make("code", {}, row.template)) : null,
      row.remedy ? make("p", {}, row.remedy) : null,
      make(
        "p",
        { class: "quiet" },
        `${row.count} ${row.count === 1 ? "line" : "lines"}, ${row.severity}${row.service ? `, ${row.service}` : ""}, last `,
        time(row.last_at, now),
        row.gates.length > 0 ? [", with ", row.gates.map((key) => make("code", {}, key))] : null,
      ),
    ),
  );
  return [
    rows.length > 0 ? list("items", rows) : null,
    status.log_note ? quiet(status.log_note) : null,
    rows.length > 0 || status.log_note ? null : quiet(status.observed_at === null ? "Nothing is known yet." : "No log lines speak in this decision."),
  ];
}

/** How old everything is, and which plugins failed. */
export function freshness({ status, age, link }) {
  const observed = status.observed_at === null ? "never" : [exactly(new Date(status.observed_at)), `, ${span(age)} ago`];
  const told = [fact("Observed", observed)];
  if (status.cycle_seconds !== null) told.push(fact("Every", span(status.cycle_seconds)));
  if (status.elapsed_seconds !== null) told.push(fact("Reading took", `${status.elapsed_seconds.toFixed(2)} s`));
  told.push(fact("Stale", status.stale ? "yes" : "no"), fact("Store", link === "lost" ? "nobody says" : status.degraded ? "does not answer" : "answers"));
  if (status.decision !== null) {
    told.push(fact("Decision", make("a", { href: `/decisions/${encodeURIComponent(status.decision)}` }, make("code", {}, status.decision.slice(0, 8)))));
  }
  if (status.ruleset !== null) told.push(fact("Rules", make("code", { title: status.ruleset }, status.ruleset.slice(0, 12))));
  const failed = status.problems.map((row) => make("li", { class: "item" }, make("p", { class: "says" }, `Plugin ${row.plugin} failed at ${row.where}.`), make("p", { class: "quiet" }, row.says)));
  return [make("dl", { class: "facts plain" }, told), failed.length > 0 ? list("items", failed) : null];
}

/** The watched clusters, where there are several. */
export function clusters({ clusters: rows, status }) {
  return rows.map((row) =>
    make("a", { href: `/?cluster=${encodeURIComponent(row.name)}`, class: "cluster", "data-key": row.name, "aria-current": row.name === status.cluster ? "page" : null }, mark(row.health_state), make("span", {}, row.name), make("span", { class: "unseen" }, row.health_state)),
  );
}
