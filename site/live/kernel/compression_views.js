// What CompressionLab shows: the table of its compressed moments, and the views of it, which Python
// has declared; labs/compression_views.py of the course.

import { fixed } from "./texts.js";
import { columnsOf, filled, givenOf, logTop, most, onAxis, stepUp } from "./views.js";

const TINY = 1e-9; // stands for no change at all on a log axis
const EDGE = Math.sqrt(2 / Math.PI);

const topOf = (moments) => stepUp(1.1 * Math.max(...moments.map(({ now }) => now.whole)));

// Labels stand in steps of a hundredth of `unit`, so that they do not tremble.
const stepped = (value, unit) => Number(fixed(value / unit, 2)) * unit;

// One compressed moment as a row: name of a column -> number or array.
export function rowOf(now, unit, { ranked, labels }) {
  const [, after] = now.forms[ranked];
  const bound = now.left_out.slice(1).map((v) => now.whole + EDGE * v);
  const row = { before: now.whole, after, output: now.output, left_out: now.left_out, bound,
    change: after.map((risk) => Math.max(Math.abs(risk - now.whole), TINY)) };
  for (const [name, [bytes, risk]] of Object.entries(now.forms)) {
    Object.assign(row, { [`bytes ${name}`]: bytes, [`risk ${name}`]: risk });
    const labelled = name === "pruned, float32" ? 1 : risk.length - 1;
    if (labels.includes(name)) row[`height ${name}`] = stepped(risk[labelled], unit);
  }
  const last = bound.at(-1), end = last < unit ? stepped(last, unit) : NaN;
  const beside = last > now.whole + unit / 8; // beside its curve, or under it where others go on
  return { ...row, "bound beside": beside ? end : NaN, "bound under": beside ? NaN : end };
}

// The recorded run, and the moments at which the network was compressed.
export function tablesOf(session, run) {
  const { moments, settings: { d }, facts: { compression } } = session;
  const columns = (rows) => {
    const unit = topOf(moments.slice(0, 1)), made = {};
    const add = (name, shape, value) => {
      const data = Float64Array.from(rows.flatMap(value));
      made[name] = { kind: "f8", shape, data };
    };
    add("samples", [], ({ samples }) => samples);
    add("left", [], ({ samples }) => onAxis(samples, d));
    add("axis", [], ({ samples, hidden }) => (hidden ? NaN : onAxis(samples, d)));
    const each = rows.map(({ now }) => rowOf(now, unit, compression));
    for (const [name, value] of Object.entries(rowOf(moments[0].now, unit, compression))) {
      add(name, typeof value === "number" ? [] : [value.length],
        (_, i) => (typeof value === "number" ? each[i][name] : Array.from(each[i][name])));
    }
    return made;
  };
  return {
    record: { key: session.record, rows: run.rows, columns: (rows) => columnsOf(run, rows) },
    compressed: { key: moments, rows: moments, columns },
  };
}

const decade = (v) => Math.floor(Math.log10(v));

// What this run puts into its views.
function ownGiven(session, run) {
  const { moments, rank: r, ranks, settings: { d } } = session, { now } = moments.at(-1);
  const forms = Object.values(now.forms), [bytes] = now.forms[session.facts.compression.ranked];
  const every = [...moments.map((one) => one.now.left_out[r]),
    ...run.rows.map(({ perpendicular }) => perpendicular)];
  const low = Math.max(-8, Math.min(-3, decade(Math.max(Math.min(...every), 1e-8))));
  const high = logTop(Math.max(...every)), top = topOf(moments);
  const moved = Math.min(...moments.map((one) => one.now.output[r - 1]));
  const change = Math.max(-10, Math.min(-4, decade(Math.max(moved ** 2, 1e-10)) - 1));
  const ends = [moments[0], moments.at(-1)].map(({ samples }) => onAxis(samples, d));
  const sizes = forms.flatMap(([size]) => [...size]);
  const smallest = Math.min(bytes[0] / 2, Math.min(...sizes) / 1.3);
  return {
    rank: r, item: r - 1, "largest rank": ranks - 1, low, high, change, top,
    "left out cursor": Float64Array.of(10 ** low, 10 ** high),
    "change cursor": Float64Array.of(10 ** change, 10),
    "risk cursor": Float64Array.of(0, top),
    "rank line": Float64Array.of(r + 0.5, r + 0.5),
    "slope x": Float64Array.from(ends),
    "slope y": Float64Array.from(ends, (x) => now.output[r - 1] * (x / ends[1]) ** -0.5),
    smallest: Math.log10(smallest), largest: Math.log10(now.forms.whole[0].at(-1) * 2),
  };
}

// Singular values; what the rank leaves out of W, of outputs and risk; risk against bytes.
export function viewsOf(stored, session, run) {
  const { given, texts } = givenOf(stored, run), own = ownGiven(session, run);
  const wide = 10 ** logTop(most(run.rows, (s) => Math.max(...s.singular_values)));
  const all = { ...given, ...own, "singular ends": Float64Array.of(1e-3, wide) };
  const { loss, k } = run.settings, { singular, others } = stored.compression;
  const kind = Object.keys(session.moments.at(-1).now.forms).length > 2 ? "plain" : "reduced";
  const shown = [singular[k === 1 ? "one" : "many"],
    ...others[`${kind}${loss === "square" ? " square" : ""}`]];
  return shown.map((view) => filled(view, all, { ...texts, rank: own.rank }));
}
