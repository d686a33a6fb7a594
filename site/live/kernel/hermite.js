// HermiteLab: build a link from Hermite polynomials; labs/hermite.py of the course. What Python has
// computed of known links is in `facts.hermite`.

import { expanded, explainedShare, labelRange } from "./charts.js";
import { asCsv, cell } from "./run.js";
import { mustBeStandard } from "./settings.js";
import { commas, fixed, general } from "./texts.js";
import { filled } from "./views.js";

const SMALL = 0.005; // a slider this near to zero counts as zero
const LEAST = 1e-30; // stands for a share of zero on a log axis

// Hermite coefficients of a link of one variable: of a known one, or one's own.
class Expansion {
  live = [];

  constructor(facts, reader, engine, settings) {
    Object.assign(this, { facts: facts.hermite, standard: facts.standard, reader, engine });
    this.begin(settings);
  }

  begin(settings) {
    mustBeStandard(this.reader, settings, this.standard);
    this.settings = settings;
    if (!this.c) this.take(settings.link);
  }

  keep() {}

  run() {
    return this;
  }

  take(name) {
    this.name = name;
    this.rest = 0;
    if (name !== "own") ({ c: this.c, rest: this.rest } = this.facts.links[name]);
  }

  set(j, value) {
    Object.assign(this, { name: "own", rest: 0, c: this.c.map((v, i) => (i === j ? value : v)) });
  }

  clear() {
    this.c.forEach((_, j) => this.set(j, 0));
  }

  // The smallest j >= 1 with c_j not zero; null if none is.
  get exponent() {
    const found = this.c.findIndex((v, j) => j && Math.abs(v) > SMALL);
    return found < 0 ? null : found;
  }

  // Of the link, with the degrees that stand in no bar.
  get variance() {
    return this.c.slice(1).reduce((sum, v) => sum + v * v, 0) + this.rest;
  }

  share(overlap) {
    return explainedShare(this.c, overlap, this.settings.noise, this.rest);
  }

  csv() {
    const rows = this.c.map((value, j) => [j, cell(value)]);
    return asCsv(["degree", "coefficient"], rows, this.reader.code(this.settings), []);
  }
}

// The link, its coefficients, and what a direction explains by its overlap with the hidden one.
function viewsOf(stored, session) {
  const { c, name, exponent: s, settings: { d, noise }, facts: { z, overlaps } } = session;
  const at = Float64Array.from(z), own = name === "own", built = at.map((one) => expanded(c, one));
  const known = own ? built : session.engine.link(name, at, 1), [low, high] = labelRange(known);
  const m = Float64Array.from(overlaps), start = d ** -0.5;
  const alone = c.map((v, j) => (j === s ? v : 0));
  const part = s && c[s] ** 2 / (session.variance + noise ** 2);
  const given = {
    z: at, built, known, reach: [low, high], overlaps: m,
    bell: at.map((one) => low + 0.35 * (high - low) * Math.exp((-one * one) / 2)),
    coefficients: Float64Array.from(c),
    colours: c.map((_, j) => stored.bars[j === s ? "accent" : "plain"].colour),
    shapes: c.map((_, j) => stored.bars[j === s ? "accent" : "plain"].shape),
    numbers: c.map((v) => (Math.abs(v) >= 0.005 ? fixed(v, 2) : "")),
    share: m.map((one) => Math.max(session.share(one), LEAST)),
    slope: m.map((one) => Math.max(s ? explainedShare(alone, one) * part : 0, LEAST)),
    start: Float64Array.of(start, start), "start alone": Float64Array.of(start),
    here: Float64Array.of(Math.max(session.share(start), LEAST)),
  };
  return stored[own ? "own" : "known"].map((view) => {
    const made = filled(view, given, { name, s });
    if (view.name !== "signal" || s) return made;
    return { ...made, traces: made.traces.filter((trace) => !/^degree/.test(trace.name)) };
  });
}

// Variance by degree, the exponent and the signal at a random start.
function sentenceOf(session) {
  const { c, name, exponent: s, settings: { d, noise } } = session;
  if (s === null) {
    return `All coefficients of degree 1 to ${c.length - 1} are zero: up to there y tells nothing `
      + "about any direction.";
  }
  const overlap = d ** -0.5, slope = c[1] ** 2 / (session.variance + noise ** 2);
  return `Information exponent of ${name === "own" ? "your link" : name}: ${s}. Variance `
    + `${fixed(session.variance, 2)}; the best linear fit explains ${fixed(slope, 2)} of the `
    + `variance of y. A random direction in d = ${commas(d)} has overlap ${general(overlap, 2)} `
    + `and explains ${general(session.share(overlap), 1)}.`;
}

export function hermiteLab(facts, reader, { engine }, settings) {
  const session = new Expansion(facts, reader, engine, settings), { links } = facts.hermite;
  const degrees = session.c.map((_, j) => [`c${j}`, j]);
  const each = (make) => Object.fromEntries(degrees.map(([name, j]) => [name, make(j)]));
  const take = (name) => session.take(name), set = (j) => (value) => session.set(j, value);
  return {
    session,
    views: () => viewsOf(facts.views.hermite, session),
    words: () => ({ sentence: sentenceOf(session), rows: [] }),
    now: () => ({ lights: [], events: null }),
    text: () => `${sentenceOf(session)}\ncoefficients c_0 ... c_${session.c.length - 1}: `
      + session.c.map((v) => fixed(v + 0, 3)).join(", "),
    csv: () => session.csv(),
    orders: { zero: () => session.clear() },
    knobs: { start: { act: take, shown: () => ({ value: session.name }) },
      ...each((j) => ({ act: set(j), shown: () => ({ value: session.c[j] }) })) },
    links: {
      start: { set: take, get: () => session.name,
        fits: (name) => name === "own" || Object.hasOwn(links, name) },
      ...each((j) => ({ set: set(j), get: () => (session.name === "own" ? session.c[j] : undefined),
        fits: (value) => Math.abs(value) < 100 })),
    },
  };
}
