// Looking back: a slider over the recorded rows, even in log time. Moving it asks nobody; where
// it rests, the kernel hears.

import { make, setText, later, cancel } from "./dom.js";

export const NOW = 1000; // the slider's end follows new rows
const REST = 200; // milliseconds after which a look is one

// Samples at a position of the slider, which has been moved away from now.
export function samplesAt(position, times) {
  if (position <= 0 || times.length < 2) return times[0] ?? 0;
  const first = Math.max(times[1], 1), last = Math.max(times.at(-1), first);
  return first * (last / first) ** (position / NOW);
}

// The row nearest to a number of samples, in log time; null is now.
export function rowAt(samples, times) {
  if (samples === null || !times.length) return Math.max(times.length - 1, 0);
  let low = 0, high = times.length - 1; // the nearest is between them
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= samples) low = middle;
    else high = middle;
  }
  const gap = (row) => Math.abs(Math.log((times[row] + 1) / (samples + 1)));
  return gap(high) < gap(low) ? high : low;
}

// Where the slider stands for a number of samples.
export function positionOf(samples, times) {
  if (samples === null) return NOW;
  if (times.length < 2 || samples <= times[0]) return 0;
  const first = Math.max(times[1], 1), last = Math.max(times.at(-1), first);
  if (last === first) return NOW - 1;
  const share = Math.log(Math.max(samples, first) / first) / Math.log(last / first);
  return Math.min(NOW - 1, Math.max(1, Math.round(NOW * share)));
}

// The next position in a direction at which another row is shown; the end where there is none, and
// for the last row, which is now.
export function stepFrom(position, direction, times) {
  const row = (p) => rowAt(p >= NOW ? null : samplesAt(p, times), times), start = row(position);
  let next = position + direction;
  while (next > 0 && next < NOW && row(next) === start) next += direction;
  if (direction > 0 && row(next) === times.length - 1) return NOW;
  return Math.min(NOW, Math.max(0, next));
}

// What a frame says of the moment looked at counts unless it is older than this page's own look.
export function isNews({ cursor, looked }, { by, seq, pending }) {
  if (cursor === undefined || pending) return false;
  return !looked || looked.by !== by || looked.seq >= seq;
}

export function makeTimeline(page, show) {
  const box = make("div", "course-time", page.root);
  const label = make("label", "", box);
  make("span", "course-look", label).textContent = "look back ";
  const input = make("input", "", make("span", "course-slider", label));
  const numbers = { type: "range", min: 0, max: NOW, step: 1, value: NOW };
  for (const [name, value] of Object.entries(numbers)) input.setAttribute(name, value);
  input.setAttribute("aria-label", "look back");
  box.hidden = true;
  const by = Math.random().toString(36).slice(2);
  const clock = make("output", "", box);
  page.time = { box, input, clock, by, seq: 0, pending: false, held: false, cursor: null, show };
  input.oninput = () => lookBack(page);
  input.onchange = () => tellLook(page);
  input.onkeydown = (event) => arrow(page, event);
  input.onpointerdown = () => { page.time.held = true; };
  input.onpointerup = input.onpointercancel = () => { page.time.held = false; };
  input.onblur = input.onlostpointercapture = () => { // there and back again is no change
    if (page.time.pending) tellLook(page);
  };
}

function lookBack(page) {
  const { time } = page, position = Number(time.input.value), { times } = page.record;
  time.pending = true;
  cancel(page, "rest");
  time.cursor = position >= NOW ? null : times[rowAt(samplesAt(position, times), times)];
  time.show();
}

// Look back at a number of samples that was chosen elsewhere.
export function lookAt(page, samples) {
  const { time } = page;
  time.pending = true;
  time.cursor = samples;
  time.input.value = positionOf(samples, page.record.times);
  time.show();
  tellLook(page);
}

// Look at now; a look that has not been told yet never is, or it would come after what is to play.
export function lookNow(page) {
  const { time } = page;
  cancel(page, "rest");
  time.pending = false;
  time.cursor = null;
}

function tellLook(page) {
  const { time } = page;
  later(page, "rest", REST, () => {
    time.pending = false;
    time.seq += 1;
    page.host.send({ type: "looked", samples: time.cursor, by: time.by, seq: time.seq });
  });
}

const ARROWS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

// An arrow goes to the next row, which may be many of the slider's thousandths away.
function arrow(page, event) {
  const direction = ARROWS[event.key];
  if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  moveRow(page, direction);
}

// Look at the next row or the one before.
export function moveRow(page, direction) {
  const { input } = page.time;
  input.value = stepFrom(Number(input.value), direction, page.record.times);
  input.dispatchEvent(new Event("input"));
  input.dispatchEvent(new Event("change"));
}

// Take over what the kernel thinks is looked at.
export function adopt(page, frame) {
  if (isNews(frame, page.time)) page.time.cursor = frame.cursor;
}

// Which row is shown, after rows have come or the slider has moved.
export function choose(page) {
  page.shown = rowAt(page.time.cursor, page.record.times);
  page.root.dataset.shown = page.shown;
}

// Whether a moment before the last is looked at.
export const isBehind = ({ time, record, shown }) =>
  time.cursor !== null && shown < record.times.length - 1;

// Show where the slider is and what time that is.
export function tellTime(page) {
  const { time, record } = page, clock = record.said[page.shown]?.clock ?? "";
  time.box.hidden = !clock;
  page.root.style.setProperty("--course-above", clock ? "28px" : "0px");
  setText(time.clock, clock);
  if (time.input.getAttribute("aria-valuetext") !== clock) {
    time.input.setAttribute("aria-valuetext", clock);
  }
  if (time.held || time.pending) return;
  const position = String(positionOf(time.cursor, record.times));
  if (time.input.value !== position) time.input.value = position;
}
