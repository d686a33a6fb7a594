// The views of a run: declarations that Python has made at build time (`stored`), with the numbers,
// axes and names of this run put where they say {given: name}. tests/site holds them equal to
// figures.py, picture.py and ghosts.py of the course.

import { SEEN } from "./run.js";
import { commas, degrees, ordinal } from "./texts.js";

const firstDecade = (d) => Math.floor(Math.log10(Math.max(1, d / 10)));

// Where the axis of samples ends: 1000 d, longer by decades when a run is.
function lastDecade(d, samples) {
  const reached = Math.ceil(Math.log10(Math.max(samples, 1)) - 1e-9);
  return Math.max(Math.log10(1000 * d), reached);
}

export const onAxis = (samples, d) => Math.max(samples, 10 ** firstDecade(d));

export function logTop(largest) {
  return largest < 3.5 ? 0.6 : Math.ceil(Math.log10(largest)) + 0.1;
}

// The next of ... 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1 ..., so that axes grow in steps.
export function stepUp(value) {
  const scale = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 1.5, 2, 3, 5, 7, 10].find((step) => step >= value / scale - 1e-9) * scale;
}

export const most = (rows, number) =>
  rows.reduce((high, row) => Math.max(high, number(row)), -Infinity);
const least = (rows, number) => -most(rows, (row) => -number(row));

// The limits of a run's axes.
function limitsOf(run, before) {
  const { rows, settings: { d }, floors, highestFloor = 0 } = run;
  const shown = before ? before.rows : [];
  const every = [...rows, ...shown];
  const last = Math.max(lastDecade(d, rows.at(-1).samples),
    before ? Math.ceil(Math.log10(Math.max(shown.at(-1).samples, 1)) - 1e-9) : -Infinity);
  const smallest = Math.min(0.01, least(rows, (s) => s.perpendicular),
    least(rows, (s) => s.parallel) || 1);
  const low = Math.floor(Math.log10(Math.max(smallest, 1e-8)));
  const positive = shown.flatMap((s) => [s.perpendicular, s.parallel]).filter((v) => v > 0);
  const held = before ? Math.floor(Math.log10(Math.max(Math.min(1, ...positive), 1e-8))) : low;
  const largest = most(every, (s) => Math.max(s.parallel, s.perpendicular));
  const risks = (part) => part.map((s) => s.risk).filter(Number.isFinite);
  const tops = [...risks(rows), ...Object.values(floors).filter(Number.isFinite), highestFloor];
  const own = stepUp(1.12 * (Math.max(...tops) || 1)), old = risks(shown);
  return {
    first: firstDecade(d), last, low: Math.min(low, held), high: logTop(largest),
    wide: logTop(most(every, (s) => Math.max(...s.singular_values))),
    top: old.length ? Math.max(own, stepUp(1.12 * Math.max(...old))) : own, own,
  };
}

// What each principal angle is called: a rank, or the direction that was found.
function angleNames(stored, run, names) {
  const { k } = run.settings, now = run.rows.at(-1).angles;
  if (k === 1) return [names.has(0) && now[0] <= stored.found ? subscript(stored, names.get(0))
    : stored.angle];
  return Array.from({ length: k }, (_, i) => {
    if (names.has(i) && now[i] <= stored.found) return subscript(stored, names.get(i));
    return stored.ranks[i] ?? ordinal(i + 1);
  });
}

// Of which u_i each angle has the looks: those that have no name take what is left, the smallest
// first.
function angleLooks({ colours }, k, names) {
  const known = new Set(names.values()), looks = [];
  const left = Array.from({ length: k }, (_, i) => i + 1).filter((i) => !known.has(i));
  for (let r = k - 1; r >= 0; r--) looks[r] = names.get(r) ?? left.shift();
  return looks.map((i) => (i - 1) % colours.length);
}

// A text that is another one from some sample counts on; labs/views.py.
const dated = (first, later) => ({ column: "samples", at: "now", says: [[0, first], ...later] });

// What each angle is called at each moment, on its dial.
function dialNames(stored, run, { named, names }) {
  const ranks = angleNames(stored, run, new Map()), now = angleNames(stored, run, names);
  return ranks.map((rank, r) => {
    const told = [[0, rank], ...named.map(([t, at]) =>
      [t, at.has(r) ? subscript(stored, at.get(r)) : rank]), [run.rows.at(-1).samples, now[r]]];
    return dated(rank, told.slice(1).filter(([, text], i) => text !== told[i][1]));
  });
}

const subscript = ({ subscripts }, i) =>
  `u${[...String(i)].map((digit) => subscripts[digit]).join("")}`;

// Copy what was stored, with values where it says {given: name} and texts where it says {name}.
export function filled(thing, given, texts) {
  if (typeof thing === "string") {
    return thing.replace(/\{(\w+)\}/g, (all, name) => texts[name] ?? all);
  }
  if (Array.isArray(thing)) return thing.map((part) => filled(part, given, texts));
  if (typeof thing !== "object" || thing === null) return thing;
  if (typeof thing.given === "string") return given[thing.given];
  return Object.fromEntries(Object.entries(thing).map(([key, part]) =>
    [key, isPoints(key, part) ? Float64Array.from(part) : filled(part, given, texts)]));
}

// Points of a trace, which travel as what they are.
const isPoints = (key, part) =>
  (key === "x" || key === "y") && Array.isArray(part) && typeof part[0] === "number";

// Names of curves stand in their templates too.
function renamed(trace, name, line) {
  const told = `<extra>${trace.name}</extra>`;
  return { ...trace, name, line: { ...trace.line, ...line },
    hovertemplate: trace.hovertemplate.replace(told, () => `<extra>${name}</extra>`) };
}

// What events of a run allow titles to say, each with the sample count of its event.
function titlesOf(stored, events, k) {
  const { half, singular, linear } = stored.titles, some = singular[k === 1 ? "one" : "many"];
  const when = (kind) => events.filter(({ name }) => name === kind).map(({ samples }) => samples);
  return {
    norms: when("half").map((t) => [t, half]),
    "singular values": when("singular value").map((t, i) =>
      [t, filled(some, {}, { above: i + 1, k })]),
    "test risk": when("linear fit").map((t) => [t, linear]),
  };
}

// How many neurons are drawn, of so many numbers each.
export const drawnOf = (width, numbers) => Math.min(width, Math.floor(SEEN / numbers));

// What a run puts into the views that are stored: values, and texts.
export function givenOf(stored, run, before = null) {
  const { settings: { d, k, width, loss, link }, floors } = run;
  const limits = limitsOf(run, before), count = run.rows[0].singular_values.length;
  const levels = Object.fromEntries(Object.entries(floors).map(([name, level]) =>
    [`level ${name}`, Float64Array.of(level, level)]));
  const index = Float64Array.from({ length: count }, (_, i) => i + 1);
  const ends = Float64Array.of(10 ** limits.first, 10 ** limits.last);
  const drawn = drawnOf(width, run.rows[0].neurons.length / width);
  const given = {
    ...limits, ...levels, ...floors, ends, count: count + 0.6, index, k,
    "norms cursor": Float64Array.of(10 ** limits.low, 10 ** limits.high),
    "risk cursor": Float64Array.of(0, limits.top),
    signal: index.slice(0, k), bulk: index.slice(k),
  };
  const task = link === "none" ? stored.tasks.none : stored.tasks.some;
  const neurons = drawn < width ? stored.neurons.some : stored.neurons.all;
  const texts = { d: commas(d), k, loss, width: commas(width), drawn: commas(drawn) };
  given.note = `${filled(task, {}, texts)}; ${filled(neurons, {}, texts)}`;
  given.title = filled(k in stored.pictures ? stored.pictures[k] : stored.pictures.more, {}, texts);
  return { given, texts };
}

// The views of a run; `watch` has its events and the names of its angles.
export function viewsOf(stored, run, watch, before = null) {
  const { settings: { k }, floors } = run;
  const { given, texts } = givenOf(stored, run, before);
  const names = angleNames(stored, run, watch.names), looks = angleLooks(stored, k, watch.names);
  Object.assign(given, { names: dialNames(stored, run, watch),
    colours: looks.map((n) => stored.colours[n]) });
  const gap = Math.abs((floors.zero ?? Infinity) - (floors.linear ?? 0));
  const views = (k === 1 ? stored.one : stored.many)[gap < 0.06 * given.own ? "same" : "apart"]
    .map((view) => namedView(filled(view, given, texts), names, looks, stored));
  if (run.rows[0].pulled !== undefined) { // before the time cursor
    const { traces } = views.find(({ name }) => name === "angles");
    traces.splice(-1, 0, stored.pull[k === 1 ? "one" : "many"]);
  }
  const titles = titlesOf(stored, watch.events, k);
  const titled = views.map((view) => (titles[view.name]?.length
    ? { ...view, layout: { ...view.layout, title: dated(view.layout.title, titles[view.name]) } }
    : view));
  return before ? titled.map((view) => withBefore(view, stored, before, given, texts)) : titled;
}

// Of the curves of all angles those of k directions, with their names.
function namedView(view, names, looks, stored) {
  if (view.name !== "angles") return view;
  const { length: k } = names, { colours, dashes } = stored;
  const curves = view.traces.slice(0, -1).slice(0, k).map((trace, i) =>
    renamed(trace, names[i], { color: colours[looks[i]], dash: dashes[looks[i]] }));
  return { ...view, direct: k <= stored.labelled, traces: [...curves, view.traces.at(-1)] };
}

// A view with the run before under it.
function withBefore(view, stored, before, given, texts) {
  const added = stored.ghosts[view.name], own = before.settings.k;
  const count = before.rows[0].singular_values.length;
  if (!added) return view;
  const old = before.rows.some((s) => Number.isFinite(s.risk));
  if (view.name === "test risk" && !old) return view;
  const index = Float64Array.from({ length: count }, (_, i) => i + 1);
  const traces = added.traces.slice(0, view.name === "angles" ? own : undefined)
    .map((trace) => filled(trace, { ...given, "index before": index }, texts));
  const made = { ...view, traces: [...traces, ...view.traces] };
  if (view.name === "picture") {
    made.traces = [...view.traces, ...traces];
    made.layout = { ...view.layout, note: view.layout.note + added.note };
  } else if (view.name === "singular values") {
    const [low, high] = view.layout.xaxis.range;
    const xaxis = { ...view.layout.xaxis, range: [low, Math.max(high, count + 0.6)] };
    made.layout = { ...view.layout, xaxis };
  } else if (view.name === "test risk") {
    made.traces = [...traces, ...view.traces.map((trace) => ({ ...trace, showlegend: false }))];
    made.direct = true;
  }
  return made;
}

// Columns of rows of a run, each {kind, shape, data}; see rows.py.
export function columnsOf(run, rows) {
  const { d, k, width } = run.settings, first = run.rows[0];
  const count = first.singular_values.length, numbers = first.neurons.length / width;
  const drawn = drawnOf(width, numbers), directions = numbers - 1, n = rows.length;
  const series = (shape, number) => {
    const size = shape.reduce((product, m) => product * m, 1), data = new Float64Array(n * size);
    rows.forEach((row, i) => {
      for (let j = 0; j < size; j++) data[i * size + j] = number(row, j);
    });
    return { kind: "f8", shape, data };
  };
  const tiny = (v) => Math.max(v, 1e-9); // stands for zero on a log axis
  const made = {
    samples: series([], (s) => s.samples), left: series([], (s) => onAxis(s.samples, d)),
    perpendicular: series([], (s) => s.perpendicular), parallel: series([], (s) => s.parallel),
    risk: series([], (s) => s.risk), angles: series([k], (s, j) => degrees(s.angles[j])),
    singular: series([count], (s, j) => tiny(s.singular_values[j])),
    signal: series([k], (s, j) => tiny(s.singular_values[j])),
    bulk: series([count - k], (s, j) => tiny(s.singular_values[k + j])),
  };
  if (first.pulled !== undefined) made.pulled = series([], (s) => degrees(s.pulled));
  const inside = new Float32Array(n * drawn * directions), outside = new Float32Array(n * drawn);
  const widest = new Float32Array(n), highest = new Float32Array(n).fill(-Infinity);
  rows.forEach(({ neurons }, i) => {
    for (let j = 0; j < drawn; j++) {
      const from = Math.floor((j * width) / drawn) * numbers, to = i * drawn + j;
      for (let c = 0; c < directions; c++) {
        inside[to * directions + c] = neurons[from + c];
        widest[i] = Math.max(widest[i], Math.abs(neurons[from + c]));
      }
      outside[to] = neurons[from + directions];
      highest[i] = Math.max(highest[i], outside[to]);
    }
  });
  return { ...made, widest: { kind: "f4", shape: [], data: widest },
    highest: { kind: "f4", shape: [], data: highest },
    inside: { kind: "f4", shape: [drawn, directions], data: inside },
    outside: { kind: "f4", shape: [drawn], data: outside } };
}
