// How the page writes: elements whose words are always text, and times as people say them.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes that are null or false are left out; children are elements or text, never HTML. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...wanted(children));
  return element;
}

// Characters that turn the direction of all that follows them, also of words that are not theirs.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

function wanted(children) {
  const given = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== "");
  return given.map((child) => (child instanceof Node ? child : String(child).replace(TURNING, "")));
}

/**
 * Give an element new children and leave every node that stays the same where it is: the focus, what was
 * unfolded and what was selected survive, and a screen reader is not told again what it knows.
 */
export function settle(element, ...children) {
  const given = wanted(children);
  given.forEach((child, place) => {
    const next = typeof child === "string" ? document.createTextNode(child) : child;
    const present = element.childNodes[place];
    if (present === undefined) element.append(next);
    else if (!alike(present, next)) present.replaceWith(next);
    else if (next.nodeType === Node.TEXT_NODE) {
      if (present.data !== next.data) present.data = next.data;
    } else {
      take(present, next);
      settle(present, ...next.childNodes);
    }
  });
  while (element.childNodes.length > given.length) element.lastChild.remove();
}

function alike(present, next) {
  return present.nodeName === next.nodeName && (present.dataset?.key ?? "") === (next.dataset?.key ?? "");
}

function take(present, next) {
  for (const { name } of [...present.attributes]) {
    // Whether something is unfolded is up to whoever reads.
    if (!next.hasAttribute(name) && name !== "open") present.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (name !== "open" && present.getAttribute(name) !== value) present.setAttribute(name, value);
  }
}

/** A span of time in words, such as "4 min". */
export function span(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
  }
  return `${Math.max(0, Math.round(seconds))} s`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of day of an instant, with the day where that is not the day of `beside`. */
export function clock(instant, beside = null) {
  const day = DAY.format(instant);
  return beside === null || day === DAY.format(beside) ? CLOCK.format(instant) : `${day}, ${CLOCK.format(instant)}`;
}

/** The time of day to the second. */
export function exactly(instant) {
  return SECONDS.format(instant);
}

/** An instant as an element that programs can read too. */
export function time(iso, beside = null) {
  const instant = new Date(iso);
  return make("time", { datetime: iso, title: instant.toString() }, clock(instant, beside));
}

/** A share of one as a percentage. */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`;
}

/** A key such as `history.backlog_age` as words. */
export function words(key) {
  return key.replaceAll("_", " ");
}

/** A word at the beginning of a sentence. */
export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Labels as words, such as "namespace shop, task queue orders". */
export function labels(where) {
  return Object.entries(where ?? {}).map(([name, value]) => `${words(name)} ${value}`).join(", ");
}
