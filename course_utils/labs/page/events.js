// What has happened in a run: the last event up to the moment that is shown as a caption, all of
// them as ticks over the slider of time and in a list. A click looks back at an event.

import { make, setText } from "./dom.js";
import { NOW, lookAt, positionOf } from "./timeline.js";

const DIGITS = "₀₁₂₃₄₅₆₇₈₉";
const AFTER = 1.3; // times its samples an event is news; then its line says that it is the last one
const ABOVE = 4; // pixels between the button and what it opens

// A caption as a page shows it.
export function typeset(caption) {
  const lowered = (_, digits) => [...digits].map((digit) => DIGITS[digit]).join("");
  return caption.replaceAll("W_perp", "W⊥").replace(/_(\d+)/g, lowered);
}

// The last event that is not after a moment, and those of the same moment before it: their places.
export function upTo(events, samples) {
  let last = -1;
  events.forEach(([at], i) => { if (at <= samples) last = i; });
  return events.flatMap(([at], i) => (last >= 0 && i <= last && at === events[last][0] ? [i] : []));
}

// Captions of one moment as one line: the time is said once.
export function together(captions) {
  const parts = captions.map((text, i) => (i ? text.replace(/^t = [\d,]+: /, "") : text));
  return parts.map((text, i) => (i < parts.length - 1 ? text.replace(/\.$/, ";") : text)).join(" ");
}

// Where a box goes that opens upwards from its button: inside the window.
export function placeAbove(button, { width, height }, within) {
  const fit = (wanted, room) => Math.max(ABOVE, Math.min(wanted, room - ABOVE));
  return {
    left: fit(button.right - width, within.width - width),
    top: fit(button.top - ABOVE - height, within.height - height),
  };
}

export function makeEvents(page) {
  const line = make("div", "course-events", page.parts.root);
  const caption = make("div", "course-caption", line);
  caption.setAttribute("role", "status");
  caption.setAttribute("aria-live", "polite");
  const button = make("button", "course-events-open", line);
  button.type = "button";
  button.title = "All events of this run; each leads back to its moment";
  const list = make("ol", "course-events-list", line);
  // Over the slider, and for the mouse alone: the list has the same by keyboard.
  const ticks = make("div", "course-ticks");
  ticks.setAttribute("aria-hidden", "true");
  page.time.input.before(ticks);
  line.hidden = ticks.hidden = true;
  page.events = { line, caption, button, list, ticks, known: "", places: "", said: 0 };
  openAbove(button, list);
}

// A browser without popovers shows the list as what it is, under the caption.
function openAbove(button, list) {
  if (!list.showPopover) return;
  list.popover = "auto"; // Escape and a click elsewhere close it
  button.popoverTargetElement = list;
  list.addEventListener("toggle", ({ newState }) => {
    if (newState !== "open") return;
    const { left, top } = placeAbove(button.getBoundingClientRect(), list.getBoundingClientRect(),
      { width: innerWidth, height: innerHeight });
    Object.assign(list.style, { left: `${left}px`, top: `${top}px` });
    list.querySelector("[aria-current] button")?.scrollIntoView({ block: "nearest" });
  });
}

// Say what the words of a page tell of events, where they do.
export function sayEvents(page) {
  const { events: parts, words: { events }, record: { times } } = page;
  parts.line.hidden = parts.ticks.hidden = !events;
  if (!events) return;
  renewEvents(page, events);
  const samples = page.time.cursor ?? times.at(-1) ?? 0, now = upTo(events, samples);
  parts.caption.dataset.past = now.length > 0 && samples > AFTER * events[now[0]][0];
  const text = together(now.map((i) => typeset(events[i][1])));
  flash(parts, text, events.length);
  setText(parts.caption, text);
  if (parts.caption.title !== text) parts.caption.title = text;
  setText(parts.button, `${events.length} event${events.length === 1 ? "" : "s"}`);
  parts.button.disabled = !events.length;
  place(parts, events, times);
  [...parts.list.children].forEach((item, i) => {
    if (now.includes(i)) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
}

function renewEvents(page, events) {
  const { events: parts } = page, key = JSON.stringify(events);
  if (parts.known === key) return;
  parts.known = key;
  parts.places = "";
  parts.list.replaceChildren(...events.map(([samples, caption]) => {
    const item = make("li", "");
    const go = make("button", "", item);
    go.type = "button";
    go.textContent = typeset(caption);
    go.onclick = () => lookAt(page, samples);
    return item;
  }));
  parts.ticks.replaceChildren(...events.map(([samples, caption]) => {
    const tick = make("button", "course-tick");
    tick.type = "button";
    tick.tabIndex = -1;
    tick.title = typeset(caption);
    tick.onclick = () => lookAt(page, samples);
    return tick;
  }));
}

// Ticks stand where the slider would.
function place(parts, events, times) {
  const places = events.map(([samples]) => (positionOf(samples, times) / NOW).toFixed(3));
  if (parts.places === String(places)) return;
  parts.places = String(places);
  [...parts.ticks.children].forEach((tick, i) => tick.style.setProperty("--course-at", places[i]));
}

// What is new is seen to be new.
function flash(parts, text, count) {
  const isNew = count > parts.said && text !== parts.caption.textContent;
  parts.said = count;
  if (!isNew || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const accent = getComputedStyle(parts.line).getPropertyValue("--course-accent");
  parts.caption.animate?.([{ color: accent }, {}], { duration: 1500, easing: "ease-in" });
}
