// TargetLab: labels against the true projections, and against any direction that you turn to;
// labs/target.py of the course.

import { bestCurve, coefficientsAlong, randomTilts } from "./along.js";
import { explainedShare, expanded, labelRange, linspace } from "./charts.js";
import { quantile } from "./quantiles.js";
import { asCsv, cell } from "./run.js";
import { mustBeStandard, Refused } from "./settings.js";
import { commas, fixed, general, signed } from "./texts.js";
import { filled } from "./views.js";

const radians = (degrees) => degrees * (Math.PI / 180);
const unit = (k, i) => Array.from({ length: k }, (_, j) => Number(j === i));
const MOST_LOOKS = 10_000; // that an address may ask for

// Samples seen along v = cos(tilt) e + sin(tilt) w, e = cos(turn) u_1 + sin(turn) q in the subspace
// and w outside. `looks` counts random directions; 0 is the true one.
class Cloud {
  live = [];

  constructor(facts, reader, engine, settings) {
    Object.assign(this, { facts: facts.target, standard: facts.standard, reader, engine });
    this.begin(settings);
  }

  begin(settings) {
    mustBeStandard(this.reader, settings, this.standard);
    const { seed, k, d, noise, link } = settings, { engine, facts: { measured, streams } } = this;
    const beyond = settings.loss === "logistic" ? "loss=logistic"
      : seed >= 2 ** 32 ? `seed=${seed}`
        : Object.hasOwn(this.facts.links, link) ? "" : `link=${link}`;
    if (beyond) {
      throw new Refused(`${beyond} is shown by this lab in Jupyter only: take another loss or `
        + "link, or a seed below 4,294,967,296");
    }
    const [draws, looks] = streams.map((stream) =>
      engine.generator(BigInt(seed) + (BigInt(stream) << 32n)));
    const Z = draws.standard_normal(measured * k), outside = draws.standard_normal(measured);
    const noises = draws.standard_normal(measured), y = engine.link(link, Z, k);
    Object.assign(this, { settings, Z, outside, stream: looks, drawn: 0 });
    this.y = y.map((g, t) => g + noise * noises[t]);
    this.tilts = randomTilts(k, d);
    this.lookRandomly();
  }

  keep() {}

  run() {
    return this;
  }

  lookRandomly() {
    const { k, d } = this.settings, inside = this.stream.standard_normal(k);
    const outside = d > k ? Math.sqrt(this.stream.chisquare(d - k, 1)[0]) : 0;
    const rest = Array.from(inside, (v, i) => (i ? v : 0)), size = Math.hypot(...rest);
    this.q = size ? rest.map((v) => v / size) : unit(k, 1);
    this.looks = this.drawn += 1;
    const turn = k > 1 ? Math.atan2(size, inside[0]) * (180 / Math.PI) : 0;
    this.look(Math.atan2(outside, Math.hypot(...inside)) * (180 / Math.PI), turn);
  }

  lookAtTruth() {
    this.q = unit(this.settings.k, 1);
    this.looks = 0;
    this.look(0, 0);
  }

  look(tilt, turn) {
    const { Z, outside, y, engine, settings: { k, d, link }, facts: { degree, links } } = this;
    this.tilt = d > k ? tilt : 0;
    this.turn = k > 1 ? turn : 0;
    const [a, b] = [radians(this.tilt), radians(this.turn)];
    const e = unit(k, 0).map((v, i) => Math.cos(b) * v + (k > 1 ? Math.sin(b) * this.q[i] : 0));
    this.p = outside.map((w, t) => {
      let inside = 0;
      for (let i = 0; i < k; i++) inside += Z[t * k + i] * e[i];
      return Math.cos(a) * inside + Math.sin(a) * w;
    });
    const { weights, share } = bestCurve(this.p, y, degree), products = this.reader.products;
    Object.assign(this, { weights: Array.from(weights), measured: share });
    this.c = Array.from(coefficientsAlong(engine, links[link],
      products.call(this.reader, this.settings), e, degree));
    const power = this.c.reduce((total, v) => total + v * v, 0);
    this.rest = Math.max(0, links[link].variance[k - 1] - power);
  }

  share(tilt) {
    return explainedShare(this.c, Math.cos(radians(tilt)), this.settings.noise, this.rest);
  }

  csv() {
    const { Z, p, y, settings, settings: { k } } = this, each = unit(k, 0);
    const names = [...each.map((_, i) => `z${i + 1}`), "projection", "y"];
    const rows = Array.from(p, (v, t) =>
      [...each.map((_, i) => Z[t * k + i]), v, y[t]].map(cell));
    return asCsv(names, rows, this.reader.code(settings), []);
  }
}

// Where a curve over projections is drawn: a fit means nothing beyond its data.
function along(p) {
  const ordered = Float64Array.from(p).sort();
  return linspace(quantile(ordered, 0.005), quantile(ordered, 0.995), 121);
}

// The link over its first two projections, and samples around it.
function surfaceOf({ Z, y, engine, facts: { solid }, settings: { k, link } }, q) {
  const grid = new Float64Array(q.length ** 2 * k), dots = [[], [], []], reach = q.at(-1);
  for (let i = 0; i < q.length ** 2; i++) {
    grid[i * k] = q[i % q.length];
    grid[i * k + 1] = q[Math.floor(i / q.length)];
  }
  const heights = engine.link(link, grid, k);
  for (let t = 0; t < solid; t++) {
    const [x, z] = [Z[t * k], Z[t * k + 1]];
    if (Math.abs(x) < reach && Math.abs(z) < reach) [x, z, y[t]].forEach((v, i) => dots[i].push(v));
  }
  const rows = Array.from(q, (_, i) => Array.from(heights.slice(i * q.length, (i + 1) * q.length)));
  const [x, z, up] = dots.map((values) => Float64Array.from(values));
  return { heights: rows, "dots x": x, "dots y": z, "dots z": up,
    "height range": labelRange(heights) };
}

function viewsOf(stored, cloud) {
  const { Z, p, y, engine, tilts: [low, middle, high], facts, settings: { k, link } } = cloud;
  const shown = y.slice(0, facts.shown), seen = p.slice(0, facts.shown), line = along(seen);
  const angles = linspace(0, 90, 91), measured = Math.min(Math.max(cloud.measured, 0), 1);
  const given = {
    y: shown, seen, range: labelRange(shown), line, angles,
    curve: line.map((q) => expanded(cloud.weights, q)),
    "random zone": Float64Array.of(low, high, high, low, low),
    "median line": Float64Array.of(middle, middle), middle,
    share: angles.map((tilt) => cloud.share(tilt)),
    tilt: Float64Array.of(cloud.tilt), measured: Float64Array.of(measured),
    legend: cloud.share(0) < facts.low ? stored.legend : {},
  };
  if (k === 1) {
    given.z = Z.slice(0, facts.shown);
    given["link line"] = along(given.z);
    given["link curve"] = engine.link(link, given["link line"], 1);
  } else {
    given.q = linspace(-facts.reach, facts.reach, 31);
    Object.assign(given, surfaceOf(cloud, given.q));
  }
  const views = [stored[k === 1 ? "cloud" : "surface"], stored.seen, stored.shares];
  return views.map((view) => filled(view, given, { tilt: fixed(cloud.tilt, 1) }));
}

function wordsOf(cloud) {
  const { tilt, turn, settings: { k, d }, tilts: [low, middle, high] } = cloud;
  const predicted = cloud.share(tilt), measured = Math.max(cloud.measured, 0);
  const where = `at ${fixed(tilt, 1)} degrees from the hidden subspace`
    + (k > 1 ? `, turned ${fixed(turn)}` : "");
  const sentence = `In d = ${commas(d)} dimensions you look along a direction ${where}: the best `
    + `curve of that projection explains ${fixed(measured, 2)} of the variance of y (predicted `
    + `${fixed(predicted, 2)}). A random direction stands ${fixed(middle, 1)} degrees away `
    + `(${fixed(low, 1)} to ${fixed(high, 1)} for nine in ten).`;
  return { sentence, rows: [
    ["share at this tilt", fixed(predicted, 3), fixed(measured, 3),
      signed(measured - predicted, 3)],
    ["share at tilt 0", fixed(cloud.share(0), 3), "", ""],
    ["share, median random tilt", general(cloud.share(middle), 1), "", ""],
  ] };
}

// A text twin's table of rows: labs/twin.py.
function tableOf(rows) {
  return [["", "predicted", "measured", "error"], ...rows].map(([first, ...cells]) =>
    [first.padEnd(30), ...cells.map((text) => text.padStart(12))].join(" ").trimEnd());
}

const within = (low, high) => (value) => low <= value && value <= high;

export function targetLab(facts, reader, { engine }, settings) {
  const session = new Cloud(facts, reader, engine, settings);
  const tilt = (value) => session.look(value, session.turn);
  const turn = (value) => session.look(session.tilt, value);
  const lookAgain = (looks) => {
    if (!looks) session.lookAtTruth();
    while (session.drawn < looks) session.lookRandomly();
  };
  return {
    session,
    views: () => viewsOf(facts.views.target, session),
    words: () => wordsOf(session),
    now: () => ({ lights: [], events: null }),
    text: () => {
      const { sentence, rows } = wordsOf(session);
      return [sentence, ...tableOf(rows), reader.code(session.settings, facts.lab.uses)].join("\n");
    },
    csv: () => session.csv(),
    orders: { truth: () => session.lookAtTruth(), random: () => session.lookRandomly() },
    knobs: {
      tilt: { act: tilt, shown: () => ({ value: session.tilt,
        disabled: session.settings.k === session.settings.d }) },
      turn: { act: turn, shown: () => ({ value: session.turn,
        disabled: session.settings.k === 1 }) },
    },
    links: {
      looks: { set: lookAgain, get: () => session.looks,
        fits: (looks) => Number.isInteger(looks) && within(0, MOST_LOOKS)(looks) },
      tilt: { set: tilt, get: () => session.tilt, fits: within(0, 90) },
      turn: { set: turn, get: () => session.turn, fits: within(0, 180) },
    },
  };
}
