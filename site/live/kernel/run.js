// A recorded run: rows are snapshots {samples, perpendicular, parallel, angles, singular_values,
// risk, r2, neurons, overlaps}; with its settings, its floors, a note, and what was turned.

import { commas, degrees, fixed, fixedZ, general, inD, repr } from "./texts.js";

export const SEEN = 600; // numbers that tell the neurons of one moment

// `count` numbers from `first` to `last`, evenly in log.
export function geomspace(first, last, count) {
  if (count === 1) return [first];
  const [low, high] = [Math.log10(first), Math.log10(last)];
  const made = Array.from({ length: count }, (_, i) =>
    10 ** (low + i * ((high - low) / (count - 1))));
  [made[0], made[count - 1]] = [first, last];
  return made;
}

// Sample counts at which to measure: 0, and so many geometrically spaced ones.
export function checkpointTimes(samples, checkpoints) {
  const first = Math.max(1, samples / 1e4);
  const times = geomspace(Math.max(samples, 1), first, checkpoints);
  const whole = [0, ...times].map((t) => Math.min(samples, roundEven(t)));
  return [...new Set(whole)].sort((a, b) => a - b);
}

// The nearest whole number; of two, the even one.
export function roundEven(x) {
  const down = Math.floor(x), rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down;
}

// The first place in ascending values whose value is not below, or for "right" above, another.
export function searchsorted(values, value, side = "left") {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value || (side === "right" && values[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Snapshots as they come; beyond `limit` they are thinned to half, evenly in log time. Those whose
// sample counts are marked stay, up to a quarter.
export class Record {
  constructor(limit = 600) {
    Object.assign(this, { limit, rows: [], marked: [] });
  }

  append(snapshot) {
    if (this.rows.length === this.limit) this.thin();
    this.rows.push(snapshot);
  }

  thin() {
    const { rows, limit, marked } = this, t = rows.map(({ samples }) => samples + 1);
    const places = marked.length ? rows.flatMap(({ samples }, i) =>
      (marked.includes(samples) ? [i] : [])).slice(-Math.floor(limit / 4)) : [];
    const wanted = geomspace(t[0], t.at(-1), Math.floor(limit / 2));
    const spread = wanted.map((w) => searchsorted(t, w * 0.999999));
    const keep = [...new Set([0, ...spread, ...places, rows.length - 1])].sort((a, b) => a - b);
    this.rows = keep.map((i) => rows[i]);
  }
}

// One line that says what the figures show at a moment.
export function sentenceOf(run, moment) {
  const { samples, angles, perpendicular, parallel, risk, r2 } = run.rows[moment];
  const shown = Array.from(angles, (a) => fixed(degrees(a), 1)).join(", ");
  const fit = Number.isNaN(risk) ? ""
    : `; test risk ${fixed(risk, 4)}${Number.isNaN(r2) ? "" : ` (R2 ${fixedZ(r2, 2)})`}`;
  const note = run.note ? ` ${run.note}` : "";
  return `After ${commas(samples)} samples (${inD(samples, run.settings.d)}): `
    + `angle${angles.length === 1 ? "" : "s"} ${shown} degrees; W_perp ${fixed(perpendicular, 3)}, `
    + `W_par ${fixed(parallel, 3)}${fit}.${note}`;
}

// A small text table of a run.
export function tableOf(run, rows = 5) {
  const last = Math.max(1, run.rows.at(-1).samples);
  const wanted = geomspace(Math.max(1, last / 10 ** Math.min(4, rows - 1)), last, rows);
  const nearest = (w) => run.rows.reduce((best, { samples }, i) =>
    (Math.abs(samples - w) < Math.abs(run.rows[best].samples - w) ? i : best), 0);
  const places = [...new Set(wanted.map(nearest))].sort((a, b) => a - b);
  const head = ["samples".padStart(12), "t/d".padStart(8), " W_perp", "  W_par", "   risk"];
  const lines = places.map((i) => {
    const s = run.rows[i], cell = (x, n) => fixed(x, n).padStart(7);
    const angles = Array.from(s.angles, (a) => fixed(degrees(a), 1).padStart(5)).join(" ");
    return `${commas(s.samples).padStart(12)} ${general(s.samples / run.settings.d, 4).padStart(8)}`
      + `  ${cell(s.perpendicular, 3)} ${cell(s.parallel, 3)} ${cell(s.risk, 4)}  ${angles}`;
  });
  const [samples, ratio, ...more] = head;
  return [`${samples} ${ratio}  ${more.join(" ")}  angles (degrees)`, ...lines].join("\n");
}

// Rows as CSV text, with settings and notes in comment lines first.
export function asCsv(names, rows, summary, notes) {
  const head = [summary, ...notes].map((text) => `# ${text.replace(/\s*\n\s*/g, " ")}`);
  return [...head, names.join(","), ...rows.map((row) => row.join(",")), ""].join("\n");
}

// A number as CSV holds it.
export const cell = (x) => (Number.isNaN(x) ? "" : repr(x));

// A run as CSV text, with its settings and notes in comment lines first.
export function csvOf(run, summary, notes) {
  const [first] = run.rows, pulled = first.pulled !== undefined;
  const names = ["seed", "samples", "perpendicular", "parallel", "risk", "r2",
    ...Array.from(first.angles, (_, j) => `angle_${j + 1}_degrees`),
    ...Array.from(first.singular_values, (_, j) => `singular_value_${j + 1}`),
    ...(pulled ? ["angle_to_S_u_degrees"] : [])];
  const rows = run.rows.map((s) => [run.settings.seed, s.samples,
    ...[s.perpendicular, s.parallel, s.risk, s.r2, ...Array.from(s.angles, degrees),
      ...s.singular_values, ...(pulled ? [degrees(s.pulled)] : [])].map(cell)]);
  return asCsv(names, rows, summary, notes);
}

// The recorded moment that is nearest in log time; the last for null.
export function momentAt(run, t) {
  if (t === null) return run.rows.length - 1;
  const gap = ({ samples }) => Math.abs(Math.log(samples + 1) - Math.log(t + 1));
  return run.rows.reduce((best, row, i) => (gap(row) < gap(run.rows[best]) ? i : best), 0);
}
