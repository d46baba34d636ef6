// What the page draws: marks with a shape of their own for each state, the timeline, and sparklines.

import { capital, clock, draw, make, span } from "./elements.js";

// Shapes differ, so that nobody has to tell colours apart.
const SHAPES = {
  happy: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M7.4 12.4l3.1 3.1 6.2-6.6"],
  stressed: ["M12 2.6 22.4 21H1.6z", "M12 9.4v5.2M12 17.8v.1"],
  critical: ["M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z", "M8.4 8.4l7.2 7.2M15.6 8.4l-7.2 7.2"],
  unknown: [
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z",
    "M9.2 9.6a2.9 2.9 0 1 1 4.3 2.5c-1 .6-1.5 1.1-1.5 2.2M12 17.4v.1",
  ],
};

/** The mark of a state. */
export function mark(state, attributes = {}) {
  const [outline, sign] = SHAPES[state] ?? SHAPES.unknown;
  return draw(
    "svg",
    { viewBox: "0 0 24 24", class: "mark-of", "data-state": state, "aria-hidden": "true", ...attributes },
    draw("path", { d: outline, class: "outline" }),
    draw("path", { d: sign, class: "sign" }),
  );
}

/** The mark as an address that a browser's tab can show. */
export function tabIcon(state) {
  const colour = { happy: "#12915b", stressed: "#d98200", critical: "#d3303b" }[state] ?? "#6b7586";
  const [outline, sign] = SHAPES[state] ?? SHAPES.unknown;
  const drawing =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="${colour}" d="${outline}"/>` +
    `<path fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" d="${sign}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}

// Percent of the strip's height; what is worse stands taller.
const HEIGHTS = { happy: 44, stressed: 72, critical: 100, unknown: 100 };

/** The timeline's rows, joined where the state stays the same. */
export function stretches(rows) {
  const joined = [];
  for (const row of rows) {
    const last = joined.at(-1);
    if (last !== undefined && last.state === row.state) last.rows += 1;
    else joined.push({ state: row.state, reason: row.reason, at: row.at, since: row.observed_at, rows: 1 });
  }
  return joined;
}

/** States over time as one strip under its name; the list below it says the same in words. */
export function strip(name, rows) {
  const joined = stretches(rows);
  let place = 0;
  const bars = joined.map((stretch) => {
    const begin = place;
    place += stretch.rows;
    if (stretch.state === "unknown") return titled("blank", begin, stretch, 100);
    // What nobody knows is the hatched ground; where something is known, it is covered.
    const ground = draw("rect", { x: begin, y: 0, width: stretch.rows, height: 100, class: "ground" });
    return [ground, titled("bar", begin, stretch, HEIGHTS[stretch.state] ?? 100)];
  });
  const share = (state) => rows.filter((row) => row.state === state).length / rows.length;
  const told = Object.keys(HEIGHTS).filter((state) => share(state) > 0);
  const label = told.map((state) => `${state} ${Math.max(1, Math.round(share(state) * 100))} %`).join(", ");
  const frame = { viewBox: `0 0 ${rows.length} 100`, preserveAspectRatio: "none", class: "states" };
  return make(
    "div",
    { class: "strip" },
    make("p", { class: "quiet" }, name),
    draw("svg", { ...frame, role: "img", "aria-label": `${name}: ${label}` }, bars),
    ticks(rows),
  );
}

function titled(kind, begin, stretch, height) {
  return draw(
    "rect",
    { x: begin, y: 100 - height, width: stretch.rows, height, "data-state": stretch.state, class: kind },
    draw("title", {}, `${capital(stretch.state)} from ${clock(new Date(stretch.at))}. ${stretch.reason}`),
  );
}

const TICKS = [1, 2, 5, 10, 15, 30, 60, 180, 360]; // minutes
const MOST_TICKS = 8;

function ticks(rows) {
  const first = new Date(rows[0].at).getTime();
  const each = rows.length > 1 ? new Date(rows[1].at).getTime() - first : 1;
  const whole = each * rows.length;
  const minutes = TICKS.find((size) => whole / (size * 60_000) <= MOST_TICKS) ?? TICKS.at(-1);
  const at = new Date(first);
  at.setHours(minutes >= 60 ? 0 : at.getHours(), 0, 0, 0);
  const marks = [];
  for (; at.getTime() < first + whole; at.setMinutes(at.getMinutes() + minutes)) {
    const share = (at.getTime() - first) / whole;
    if (share < 0.03 || share > 0.97) continue;
    // An attribute, because the page's policy allows no style that is written into an element.
    marks.push(draw("text", { x: `${(share * 100).toFixed(2)}%`, y: "1.05em", class: marks.length % 2 ? "tick fine" : "tick" }, clock(at)));
  }
  return draw("svg", { class: "ticks", "aria-hidden": "true" }, marks);
}

/** Values over time as a line that is broken where nothing was read. */
export function sparkline(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return make("div", { class: "spark empty", "aria-hidden": "true" });
  const low = Math.min(0, ...known);
  const high = Math.max(...known);
  const x = (place) => ((place / Math.max(1, values.length - 1)) * 97).toFixed(2);
  const y = (value) => (high === low ? 27 : 27 - ((value - low) / (high - low)) * 24).toFixed(2);
  const lines = [];
  let points = [];
  const end = () => {
    if (points.length > 0) lines.push(points);
    points = [];
  };
  values.forEach((value, place) => (value === null ? end() : points.push([x(place), y(value)])));
  end();
  const path = (line) => `M${line.map((point) => point.join(" ")).join("L")}`;
  const area = (line) => `${path(line)}L${line.at(-1)[0]} 30L${line[0][0]} 30Z`;
  const [lastX, lastY] = lines.at(-1).at(-1);
  return draw(
    "svg",
    { viewBox: "0 0 100 30", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" },
    lines.map((line) => draw("path", { d: area(line), class: "area" })),
    // A point alone is a line of no length, which round ends make visible.
    lines.map((line) => draw("path", { d: line.length > 1 ? path(line) : `${path(line)}h0.01`, class: "line" })),
    draw("path", { d: `M${lastX} ${lastY}h0.01`, class: "dot" }),
  );
}

/** What span of time the sparklines show. */
export function spanOf(rows) {
  if (rows.length === 0) return "";
  const first = new Date(rows[0].at).getTime();
  const last = new Date(rows.at(-1).at).getTime();
  return last > first ? `Last ${span((last - first) / 1000)}` : "";
}
