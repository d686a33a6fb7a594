// The predicted curve of a running experiment: when it is carried along, and the look ahead in
// between; labs/session.py of the course once more. Who predicts may take its time.

import { afterSteps, equalSteps } from "./predict.js";

const ENDLESS = 1e6; // a predicted W_perp beyond which the run itself would have diverged

export class Curve {
  // `ask(what, then)` is answered by {samples, perpendicular, rates, M, C}, or null where nothing
  // is predicted; see `answers`.
  constructor(engine, settings, sim, snapshot, ask, news = () => {}) {
    Object.assign(this, { engine, settings, ask, news, changed: 0, asked: 0, waiting: 0 });
    this.points = [{ samples: 0, perpendicular: NaN }];
    this.modes = null;
    this.ended = false;
    const columns = snapshot.neurons.length / settings.width;
    const rows = Float64Array.from({ length: settings.width }, (_, j) =>
      snapshot.neurons[(j + 1) * columns - 1]);
    const { a, b } = sim.net();
    const start = { a, b, parallel: parallelOf(sim), rows };
    this.send({ kind: "begin", settings, start }, (modes) => {
      this.points = [{ samples: 0, perpendicular: modes.perpendicular }, ...this.points.slice(1)];
    });
  }

  send(what, then = () => {}) {
    this.waiting += 1;
    this.ask(what, (modes) => {
      this.waiting -= 1;
      if (!modes || !Number.isFinite(modes.perpendicular)) {
        this.ended = true;
        return;
      }
      this.modes = modes;
      then(modes);
      this.news();
    });
  }

  // Carry the prediction along, where it is due.
  advance(sim, force = false) {
    const t = sim.samples, ahead = this.foreseen(t);
    if (this.ended || (this.modes && !(ahead < ENDLESS))) {
      this.ended = true;
      return;
    }
    const grows = !this.waiting && this.modes && ahead > 1.2 * this.modes.perpendicular;
    if (!(t > this.asked && (force || grows || this.isDue(t, this.asked)))) return;
    this.asked = t;
    this.send({ kind: "advance", samples: t, parallel: parallelOf(sim) }, ({ perpendicular }) => {
      this.points.push({ samples: t, perpendicular });
    });
  }

  // Whether a prediction of a moment is too old to look ahead from; under a constant step it is at
  // its plateau after 300 d / step samples, and stays there.
  isDue(t, last) {
    const { d, step, schedule } = this.settings, unit = d / step, since = last - this.changed;
    if (schedule === "constant" && since > 300 * unit) return false;
    return t - this.changed > Math.min(1.4 * since + d / 10, since + 30 * unit);
  }

  change(settings, samples) {
    this.settings = settings;
    this.changed = samples;
    if (!this.ended) this.send({ kind: "change", settings });
  }

  // W_perp at a moment by the last prediction's rates.
  foreseen(t) {
    if (this.ended || !this.modes || t < this.modes.samples) return NaN;
    const { rates, samples, M: start, C } = this.modes;
    let M = start;
    for (const [n, et] of equalSteps(this.engine, this.settings, samples, t)) {
      M = M.map((v, j) => {
        const f = 1 - et * rates[j];
        return afterSteps(v, C[j], f ** 2, f ** (2 * n), n, et);
      });
    }
    return Math.sqrt(Math.max(M.reduce((sum, v) => sum + v, 0), 0) / M.length);
  }

  // The points up to now; the last one looks ahead, unless an answer is late.
  curve(samples) {
    const [last] = this.points.slice(-1), late = this.waiting && this.isDue(samples, last.samples);
    if (samples <= last.samples || late) return this.points;
    const perpendicular = this.foreseen(samples);
    return perpendicular < ENDLESS ? [...this.points, { samples, perpendicular }] : this.points;
  }
}

// Coefficients of the rows of W on the hidden directions, (m, k).
export function parallelOf(sim) {
  const { W, columns, reduced_k: reduced, a } = sim.net(), m = a.length;
  const k = sim.settings.k, out = new Float64Array(m * k);
  const directions = reduced === null ? sim.target().directions : null;
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < k; i++) {
      if (!directions) {
        out[j * k + i] = W[j * columns + i];
        continue;
      }
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += W[j * columns + c] * directions[i * columns + c];
      out[j * k + i] = sum;
    }
  }
  return out;
}

// Who answers: `make(settings, start)` gives a Prediction.
export function answers(make) {
  let prediction = null;
  return (what) => {
    if (what.kind === "begin") prediction = make(what.settings, what.start);
    else if (what.kind === "change") prediction.change(what.settings);
    else prediction.advance(what.samples, what.parallel);
    return prediction.modes();
  };
}
