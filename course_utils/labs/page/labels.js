// Names at the ends of curves, in their colours, in place of a legend.

import { make } from "./dom.js";
import { colourOf, lookOf } from "./look.js";
import { pixel } from "./paths.js";

const GAP = 4; // pixels between the end of a curve and its name

// Centres of lines of text as near to the wanted ones as can be, in order, at least `height`
// apart, inside low..high.
export function spread(wanted, height, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const blocks = []; // of lines that touch: their wanted first centres, and how many they are
  order.forEach((line) => {
    let block = { sum: wanted[line], lines: [line] };
    while (blocks.length && top(blocks.at(-1)) + height * blocks.at(-1).lines.length > top(block)) {
      const above = blocks.pop(), n = above.lines.length;
      block = {
        sum: above.sum + block.sum - n * height * block.lines.length,
        lines: [...above.lines, ...block.lines],
      };
    }
    blocks.push(block);
  });
  const found = new Array(wanted.length), last = high - height / 2;
  let free = low + height / 2;
  blocks.forEach((block) => block.lines.forEach((line, i) => {
    found[line] = Math.max(free, top(block) + i * height);
    free = found[line] + height;
  }));
  for (let i = order.length - 1, most = last; i >= 0; i--, most -= height) {
    found[order[i]] = Math.min(found[order[i]], most);
  }
  return found;
}

const top = ({ sum, lines }) => sum / lines.length;

// The last point of a curve that is in sight, in pixels, with the curve up to it; null where none
// is.
export function endOf({ x, y }, { px, py, width, height }) {
  for (let i = (x?.length ?? 0) - 1; i >= 0; i--) {
    const a = pixel(px, x[i]), b = pixel(py, y[i]);
    if (a >= -1 && b >= -1 && a <= width + 1 && b <= height + 1) {
      return { x: a, y: b, before: (left) => reach({ x, y }, i, left, px, py) };
    }
  }
  return null;
}

// The highest and lowest pixel of a curve from its end back to a place.
function reach({ x, y }, end, left, px, py) {
  let high = Infinity, low = -Infinity;
  for (let i = end; i >= 0; i--) {
    const b = pixel(py, y[i]);
    if (Number.isFinite(b)) [high, low] = [Math.min(high, b), Math.max(low, b)];
    if (pixel(px, x[i]) <= left) break;
  }
  return { high, low };
}

// Where names go: beside an end, or where the plot stops before that, above or under the curve.
// Names that would lie on each other are moved apart. `ends` are of endOf, with the width of the
// name; returns {left, middle} of each.
export function arrange(ends, line, width, height) {
  const places = ends.map((end) => {
    const left = Math.max(0, Math.min(end.x + GAP, width - end.width));
    return { left, middle: end.x + GAP <= left ? end.y : besides(end, left, line, height) };
  });
  for (const group of overlapping(ends, places)) {
    const middles = spread(group.map((i) => places[i].middle), line, 0, height);
    group.forEach((i, j) => { places[i].middle = middles[j]; });
  }
  return places;
}

// The nearer to the end of the places above and under a curve, if both are inside the plot.
function besides(end, left, line, height) {
  const { high, low } = end.before(left);
  const above = high - line / 2, under = low + line / 2;
  if (under + line / 2 > height) return above;
  if (above - line / 2 < 0) return under;
  return under - end.y < end.y - above ? under : above;
}

function overlapping(ends, places) {
  const groups = [];
  let right = -Infinity;
  const order = places.map((_, i) => i).sort((a, b) => places[a].left - places[b].left);
  for (const i of order) {
    if (places[i].left >= right) groups.push([]);
    groups.at(-1).push(i);
    right = Math.max(right, places[i].left + ends[i].width);
  }
  return groups;
}

const isNamed = ({ name, showlegend, visible }) =>
  name && showlegend !== false && visible !== false;

// The names of a view's dressed traces that have an end in sight, and where they go.
function placed(traces, frame, line, widthOf) {
  const found = traces.filter(isNamed)
    .map((trace) => ({ name: trace.name, colour: colourOf(trace), end: endOf(trace, frame) }))
    .filter(({ end }) => end);
  const ends = found.map(({ name, end }) => ({ ...end, width: widthOf(name) }));
  const places = arrange(ends, line, frame.width, frame.height);
  return found.map((one, i) => ({ ...one, ...places[i] }));
}

// Write a view's names over its plot.
export function relabel(page, view, frame) {
  if (!view.direct || !frame || view.small) {
    view.labels?.box.remove();
    view.labels = null;
    return;
  }
  const { size } = lookOf(page);
  view.labels ??= { box: make("div", "course-labels", view.box), known: new Map(), size };
  const labels = view.labels;
  if (labels.size !== size) labels.known.clear();
  labels.size = size;
  labels.box.style.fontSize = `${size}px`;
  const line = Math.round(1.2 * size);
  const found = placed(view.drawn, frame, line, (name) => nameOf(labels, name).width);
  const seen = new Set(found.map(({ name }) => name));
  for (const [name, { el }] of labels.known) el.hidden = !seen.has(name);
  for (const { name, colour, left, middle } of found) {
    const { el } = nameOf(labels, name);
    el.style.color = colour;
    const x = frame.left + left, y = frame.top + middle - line / 2;
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
  const wide = (name) => 0.58 * now.size * name.length;
  return placed(traces, frame, 1.2 * now.size, wide).map(({ name, colour, left, middle }) => ({
    text: name, x: left / frame.width, xref: "paper", xanchor: "left",
    y: 1 - middle / frame.height, yref: "paper", yanchor: "middle", showarrow: false,
    font: { size: now.size, family: now.family, color: colour },
  }));
}
