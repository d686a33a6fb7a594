// Names of curves beside them, in their colours, in place of a legend: where they cover nothing.

import { make } from "./dom.js";
import { colourOf, lookOf } from "./look.js";
import { pixel } from "./paths.js";

const GAP = 4; // pixels between a curve and its name, or two cells of a grid
const SHIFTS = [0, -0.5, 0.5, -1, 1, -1.5, 1.5, -2, 2, -3, 3]; // beside an end, in lines

const isNamed = ({ name, showlegend, visible }) =>
  name && showlegend !== false && visible !== false;
const isArea = ({ fill }) => Boolean(fill) && fill !== "none";

// What is drawn of a trace, as points at most so many pixels apart, in its own order. An area is
// what lies at its edge in sight.
export function trail(trace, { px, py, width, height }, apart) {
  const found = [], lines = trace.mode?.includes("lines"), area = isArea(trace);
  let last = null;
  for (let i = 0; i < (trace.x?.length ?? 0); i++) {
    let now = [pixel(px, trace.x[i]), pixel(py, trace.y[i])];
    if (!now.every(Number.isFinite)) {
      last = null;
      continue;
    }
    if (area) now = [within(now[0], width), within(now[1], height)];
    if (lines && last) joined(last, now, found, { far: 100 * (width + height), apart });
    found.push(now);
    last = now;
  }
  return found.filter(([x, y]) => x >= -1 && y >= -1 && x <= width + 1 && y <= height + 1);
}

const within = (v, high) => Math.min(Math.max(v, 0), high);

function joined([a, b], [c, d], found, { far, apart }) {
  if (Math.max(...[a, b, c, d].map(Math.abs)) > far) return;
  const steps = Math.ceil(Math.max(Math.abs(c - a), Math.abs(d - b)) / apart);
  for (let n = 1; n < steps; n++) found.push([a + (c - a) * n / steps, b + (d - b) * n / steps]);
}

// A plot that knows how much is drawn in a box: a table of sums over cells of some pixels.
export function crowd({ width, height }, pixels) {
  const wide = Math.ceil(width / pixels) + 1, high = Math.ceil(height / pixels) + 1;
  const marks = new Uint8Array(wide * high), sums = new Int32Array((wide + 1) * (high + 1));
  const cell = (v, most) => Math.min(most - 1, Math.max(0, Math.floor(v / pixels)));
  return {
    mark([x, y], radius) {
      for (let i = cell(x - radius, wide); i <= cell(x + radius, wide); i++) {
        const last = cell(y + radius, high);
        for (let j = cell(y - radius, high); j <= last; j++) marks[j * wide + i] = 1;
      }
    },
    count() {
      for (let j = 0; j < high; j++) {
        for (let i = 0, along = 0; i < wide; i++) {
          along += marks[j * wide + i];
          sums[(j + 1) * (wide + 1) + i + 1] = sums[j * (wide + 1) + i + 1] + along;
        }
      }
    },
    in({ left, right, top, bottom }) {
      const a = cell(left, wide), b = cell(right, wide) + 1, c = cell(top, high);
      const d = cell(bottom, high) + 1, at = (i, j) => sums[j * (wide + 1) + i];
      return at(b, d) - at(a, d) - at(b, c) + at(a, c);
    },
  };
}

const mean = (some) => some.reduce((sum, v) => sum + v, 0) / some.length;

// The nearest numbers, by squares, that ascend.
const ascending = (given) => given.map((_, i) => Math.max(...given.slice(0, i + 1).map((__, a) =>
  Math.min(...given.slice(i).map((___, b) => mean(given.slice(a, i + b + 1)))))));

// Heights for names beside the ends of their curves: in the order of the ends and as near to them
// as names have room over each other, where curves end together.
export function heights(named, line, high) {
  const ends = named.map(({ points }, i) => ({ i, x: points.at(-1)[0], y: points.at(-1)[1] }));
  ends.sort((a, b) => a.y - b.y);
  const found = [];
  for (const { i: one, x: end } of ends) {
    if (found[one] !== undefined) continue;
    const together = ends.filter(({ x }) => Math.abs(x - end) < GAP);
    const firsts = ascending(together.map(({ y }, n) => y - n * line));
    const last = Math.max(line / 2, high - (together.length - 0.5) * line);
    together.forEach(({ i }, n) => { found[i] = clamp(firsts[n], line / 2, last) + n * line; });
  }
  return found;
}

// Where a name may stand, the best place first: beside the end of its curve, then above and under
// the curve, further and further back, and at last further and further from it.
function* wishes({ points, width, radius }, beside, line, frame) {
  const [endX, endY] = points.at(-1), gap = radius + Math.max(GAP, line / 6);
  yield { left: endX + gap, middle: beside };
  for (const shift of SHIFTS) yield { left: endX + gap, middle: endY + shift * line };
  for (let i = points.length - 1; i >= 0; i -= 1 + (points.length >> 4)) {
    const [x, middle] = points[i];
    yield { left: x + gap, middle };
    yield { left: x - gap - width, middle };
  }
  const reaches = stations(points, width, gap, frame.width);
  for (let away = 0; away < frame.height; away += line / 2) {
    for (const { left, high, low } of reaches) {
      yield { left, middle: high - gap - line / 2 - away };
      yield { left, middle: low + gap + line / 2 + away };
    }
  }
}

// Places for a name along a curve, from its end back, with the curve's highest and lowest point
// there.
function stations(points, width, gap, edge) {
  const [first, last] = [Math.min, Math.max].map((f) => points.reduce((v, [x]) => f(v, x),
    points[0][0]));
  const found = [];
  for (let right = Math.min(last + gap, edge); right > first; right -= Math.max(width / 3, GAP)) {
    for (const left of [right - width, right - width / 2]) {
      let high = Infinity, low = -Infinity;
      for (const [x, y] of points) {
        if (x < left - gap || x > left + width + gap) continue;
        [high, low] = [Math.min(high, y), Math.max(low, y)];
      }
      if (high <= low) found.push({ left, high, low });
    }
  }
  return found;
}

const boxOf = ({ left, middle }, width, line) =>
  ({ left, right: left + width, top: middle - line / 2, bottom: middle + line / 2 });

const meet = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

// Whether two names beside ends stand over each other otherwise than the ends do.
const crossed = (a, b) => a.beside && b.beside && a.left < b.right && b.left < a.right
  && (a.end - b.end) * (a.top - b.top) < 0;

// Places of names, in order: {left, middle} each. A name that `held` a wish keeps it while it is
// free, so that names stand still while curves grow. Where nothing is free, what covers least.
export function arrange(named, free, { width, height }, line) {
  const taken = [], high = heights(named, line, height);
  return named.map((one, i) => {
    const { width: own, held } = one, [, end] = one.points.at(-1);
    let best = null, number = 0;
    const room = { left: 0, right: width - own, top: line / 2, bottom: height - line / 2 };
    for (const wish of wishes(one, high[i], line, { width, height })) {
      const inside = wish.left >= 0 && wish.left <= room.right
        && wish.middle >= room.top && wish.middle <= room.bottom;
      const place = { left: clamp(wish.left, 0, room.right), number: number++,
        middle: clamp(wish.middle, room.top, room.bottom) };
      const box = { ...boxOf(place, own, line), end, beside: place.number <= SHIFTS.length };
      const wrong = taken.filter((other) => meet(box, other) || crossed(box, other));
      const cost = free.in(box) + 1e4 * wrong.length
        + (inside ? 0 : 1e-3);
      const better = !best || cost < best.cost || (cost === best.cost && place.number === held);
      if (better) best = { ...place, box, cost };
      if (best.cost === 0 && (held === undefined || number > held)) break;
    }
    taken.push({ ...best.box, left: best.box.left - GAP, right: best.box.right + GAP });
    return best;
  });
}

const clamp = (v, low, high) => Math.max(low, Math.min(v, high));

// The names of a view's dressed traces that are in sight, and where they go.
function placed(traces, frame, line, { widthOf, heldBy = () => undefined, notes = [] }) {
  const cell = Math.max(2, line / 12), free = crowd(frame, cell), named = [];
  for (const trace of traces) {
    if (trace.visible === false || trace.type !== "scatter") continue;
    const points = trail(trace, frame, cell), { mode = "", marker } = trace;
    const size = mode.includes("markers") ? marker?.size ?? 6 : trace.line?.width ?? 2;
    const radius = (typeof size === "number" ? size : 6) / 2;
    if (!isArea(trace)) for (const point of points) free.mark(point, radius);
    if (isNamed(trace) && points.length) {
      const { name } = trace;
      named.push({ name, colour: colourOf(trace), points, radius, width: widthOf(name),
        held: heldBy(name) });
    }
  }
  for (const { left, right, top, bottom } of notes) {
    for (let x = left; x < right; x += cell) {
      for (let y = top; y < bottom; y += cell) free.mark([x, y], 0);
    }
  }
  free.count();
  const places = arrange(named, free, frame, line);
  return named.map(({ name, colour }, i) => ({ name, colour, ...places[i] }));
}

// Write a view's names over its plot; over a small one those that have room.
export function relabel(page, view, frame, notes) {
  if (!frame) {
    view.labels?.box.remove();
    view.labels = null;
    return;
  }
  const { size } = lookOf(page, view.small);
  view.labels ??= { box: make("div", "course-labels", view.box), known: new Map(), size };
  const labels = view.labels;
  if (labels.size !== size) labels.known.clear();
  labels.size = size;
  labels.box.style.fontSize = `${size}px`;
  const line = Math.round(1.2 * size), widthOf = (name) => nameOf(labels, name).width;
  const heldBy = (name) => nameOf(labels, name).held;
  const found = placed(view.drawn, frame, line, { widthOf, heldBy, notes })
    .filter(({ cost }) => !view.small || cost < 1); // there only names that cover nothing
  const top = view.small ? view.gd.offsetTop : 0; // under its button
  const seen = new Set(found.map(({ name }) => name));
  for (const [name, { el }] of labels.known) el.hidden = !seen.has(name);
  for (const { name, colour, left, middle, number } of found) {
    const known = nameOf(labels, name), { el } = known;
    known.held = number;
    el.style.color = colour;
    const x = frame.left + left, y = top + frame.top + middle - line / 2;
    el.style.transform = `translate(${x.toFixed(1)}px,${y.toFixed(1)}px)`;
  }
}

// A name is measured once: asking for a width each frame would make the browser lay out the page
// each time.
function nameOf(labels, name) {
  if (!labels.known.size) labels.box.replaceChildren();
  if (!labels.known.has(name)) {
    const el = make("span", "", labels.box);
    el.textContent = name;
    labels.known.set(name, { el, width: el.getBoundingClientRect().width });
  }
  return labels.known.get(name);
}

// The same as annotations, for a picture of its own.
export function annotations(traces, frame, now) {
  const widthOf = (name) => 0.58 * now.size * name.length;
  const found = placed(traces, frame, 1.2 * now.size, { widthOf });
  return found.map(({ name, colour, left, middle }) => ({
    text: name, x: left / frame.width, xref: "paper", xanchor: "left",
    y: 1 - middle / frame.height, yref: "paper", yanchor: "middle", showarrow: false,
    font: { size: now.size, family: now.family, color: colour },
  }));
}
