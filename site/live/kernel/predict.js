// W_perp as theory predicts it, beside a run that supplies nothing but its parallel part:
// theory/perpendicular.py and stein.py of the course once more, over the engine's streams.

import { eigh } from "./eigen.js";
import { ndtr } from "./lamps.js";

const expit = (t) => 1 / (1 + Math.exp(-t));

// Second derivatives: of activations, and of losses in yhat.
const BENDS = {
  relu: () => 0,
  tanh: (t) => -2 * Math.tanh(t) * (1 - Math.tanh(t) ** 2),
  erf: (t) => -Math.sqrt(2 / Math.PI) * t * Math.exp((-t * t) / 2),
  softplus: (t) => expit(t) * expit(-t),
};
const CURVES = {
  huber: (yhat, y) => Number(Math.abs(yhat - y) < 1),
  square: () => 1,
  logistic: (yhat) => expit(yhat) * expit(-yhat),
};

// A B, with A (n, q) and B (q, m), row by row; four rows share what is read of B.
function product(A, B, n, q, m) {
  const out = new Float64Array(n * m);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const o0 = i * m, o1 = o0 + m, o2 = o1 + m, o3 = o2 + m;
    for (let j = 0, a = i * q; j < q; j++, a++) {
      const a0 = A[a], a1 = A[a + q], a2 = A[a + 2 * q], a3 = A[a + 3 * q];
      for (let c = 0, b = j * m; c < m; c++, b++) {
        const v = B[b];
        out[o0 + c] += a0 * v;
        out[o1 + c] += a1 * v;
        out[o2 + c] += a2 * v;
        out[o3 + c] += a3 * v;
      }
    }
  }
  for (; i < n; i++) {
    for (let j = 0; j < q; j++) {
      const a = A[i * q + j];
      for (let c = 0, o = i * m, b = j * m; c < m; c++) out[o++] += a * B[b++];
    }
  }
  return out;
}

function transposed(A, n, m) {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[j * n + i] = A[i * m + j];
  return out;
}

// The symmetric root of a positive semidefinite matrix.
function root(M, m) {
  const { values, vectors } = eigh(M, m);
  const scaled = vectors.map((v, i) => v * Math.sqrt(Math.max(values[i % m], 0)));
  return product(scaled, transposed(vectors, m, m), m, m, m);
}

// B^T X B.
const inBasis = (X, basis, turned, m) =>
  product(turned, product(X, basis, m, m, m), m, m, m);

// Numbers that stand for all neurons, evenly spaced in (sign of a, b).
export function representatives(a, b, most) {
  const order = Array.from(a, (_, i) => i).sort((i, j) =>
    Math.sign(a[i]) - Math.sign(a[j]) || b[i] - b[j] || i - j);
  const count = Math.min(a.length, most);
  return Array.from({ length: count }, (_, i) => {
    const place = count > 1 ? (i * (a.length - 1)) / (count - 1) : 0, down = Math.floor(place);
    const rest = place - down;
    return order[rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down];
  });
}

// Groups of equal steps between two sample counts: [n, et].
export function equalSteps(engine, settings, t, after) {
  const count = settings.schedule === "constant" ? 2 : 9;
  const edges = Array.from({ length: count }, (_, i) =>
    Math.trunc(i === count - 1 ? after : t + i * ((after - t) / (count - 1))));
  return edges.slice(1).flatMap((end, i) => {
    const begin = edges[i], middle = Float64Array.of((begin + end - 1) / 2);
    return end > begin ? [[end - begin, engine.schedule(settings, middle)[0]]] : [];
  });
}

// An entry of M after n steps M <- once M + et^2 C; all is once^n.
export function afterSteps(M, C, once, all, n, et) {
  const slow = Math.abs(1 - once) < 1e-12;
  return all * M + et * et * C * (slow ? n : (1 - all) / (1 - once));
}

export class Prediction {
  // `net` has a and b, `parallel` the (m, k) coefficients at the start, `rows` the norms of the
  // rows of W_perp there; `foresight` says over how many samples and neurons averages are taken.
  constructor(engine, facts, settings, { a, b, parallel, rows }, foresight) {
    Object.assign(this, { engine, facts, settings, samples: 0, average: foresight.average });
    this.rng = engine.generator(0, null);
    this.chosen = representatives(a, b, foresight.widest);
    const m = this.m = this.chosen.length;
    this.a = Float64Array.from(this.chosen, (i) => Math.sign(a[i]) / m);
    this.b = Float64Array.from(this.chosen, (i) => b[i]);
    const squares = Float64Array.from(rows, (r) => r * r);
    const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const own = this.chosen.map((i) => squares[i]), start = mean(squares);
    this.M = new Float64Array(m * m);
    own.forEach((v, i) => { this.M[i * m + i] = v * (start > 0 ? start / mean(own) : 1); });
    this.drivers = this.drivenBy(parallel);
  }

  change(settings) {
    this.settings = settings;
    this.drivers = this.drivenBy(this.parallel);
  }

  get perpendicular() {
    return Math.sqrt(Math.max(trace(this.M, this.m), 0) / this.m);
  }

  // Go on to a later sample count.
  advance(samples, parallel) {
    const { M: begin, drivers: before, m } = this;
    this.M = this.follow(begin, this.eigen(before), before.C, samples);
    this.drivers = this.drivenBy(parallel);
    const mean = (x, y) => x.map((v, i) => (v + y[i]) / 2);
    const A = mean(before.A, this.drivers.A), C = mean(before.C, this.drivers.C);
    this.M = this.follow(begin, eigh(A, m), C, samples);
    this.samples = samples;
  }

  // Rates, and diagonals of M and of the noise in their basis: all that a look ahead needs.
  modes() {
    const { m, settings: { d, k } } = this, { values, vectors } = this.eigen(this.drivers);
    const diagonal = (X) => {
      const turned = product(X, vectors, m, m, m), out = new Float64Array(m);
      for (let i = 0; i < m * m; i++) out[i % m] += vectors[i] * turned[i];
      return out;
    };
    return { samples: this.samples, perpendicular: this.perpendicular, rates: values,
      M: diagonal(this.M), C: diagonal(this.drivers.C).map((v) => v * (d - k)) };
  }

  eigen(drivers) {
    return (drivers.eigen ??= eigh(drivers.A, this.m));
  }

  follow(start, { values, vectors }, noise, after) {
    const { m, settings, engine } = this, turned = transposed(vectors, m, m);
    const M = inBasis(start, vectors, turned, m), C = inBasis(noise, vectors, turned, m);
    const times = settings.d - settings.k;
    for (const [n, et] of equalSteps(engine, settings, this.samples, after)) {
      const f = values.map((v) => 1 - et * v), g = f.map((v) => v ** n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < m; j++) {
          const at = i * m + j;
          M[at] = afterSteps(M[at], C[at] * times, f[i] * f[j], g[i] * g[j], n, et);
        }
      }
    }
    return inBasis(M, turned, vectors, m);
  }

  // A = m H + lam I and C, averages over fresh samples for the measured W_par and the predicted M.
  drivenBy(parallel) {
    this.parallel = parallel;
    const { m, a, b, engine, settings: s, average: n } = this, { k } = s, q = k + m;
    const par = new Float64Array(m * k);
    this.chosen.forEach((from, i) => par.set(parallel.subarray(from * k, from * k + k), i * k));
    const rest = root(this.M, m), W = new Float64Array(m * q);
    for (let i = 0; i < m; i++) {
      W.set(par.subarray(i * k, i * k + k), i * q);
      W.set(rest.subarray(i * m, i * m + m), i * q + k);
    }
    const X = this.rng.standard_normal(n * q), eps = this.rng.standard_normal(n);
    const Z = new Float64Array(n * k);
    for (let i = 0; i < n; i++) Z.set(X.subarray(i * q, i * q + k), i * k);
    const clean = engine.link(s.link, Z, k), sign = this.facts.losses[s.loss].signLabels;
    const y = clean.map((g, i) => {
      const label = g + s.noise * eps[i];
      return sign ? (label >= 0 ? 1 : -1) : label;
    });
    const P = product(X, transposed(W, m, q), n, q, m).map((p, i) => p + b[i % m]);
    const { value, slope } = engine.activation(s.activation, P), yhat = new Float64Array(n);
    for (let i = 0; i < n * m; i++) yhat[Math.floor(i / m)] += value[i] * a[i % m];
    const l1 = engine.loss(s.loss, yhat, y).slope;
    const jump = this.facts.activations[s.activation].jump;
    const bends = new Float64Array(m), few = jump ? Math.max(1, Math.floor(n / 4)) : n;
    const kinks = jump ? this.kinks({ W, q, P, Z, par, few, y, clean }) : bends;
    for (let j = 0; j < m; j++) bends[j] = jump * kinks[j];
    if (this.facts.activations[s.activation].largestCurvature) {
      for (let i = 0; i < few; i++) {
        for (let j = 0; j < m; j++) bends[j] += (l1[i] * BENDS[s.activation](P[i * m + j])) / few;
      }
    }
    const H = new Float64Array(m * m), C = new Float64Array(m * m), row = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) row[j] = a[j] * slope[i * m + j];
      const curve = (m * CURVES[s.loss](yhat[i], y[i])) / n, loud = (m * l1[i]) ** 2 / n;
      for (let j = 0; j < m; j++) {
        if (row[j] === 0) continue;
        const h = curve * row[j], c = loud * row[j];
        for (let o = 0, at = j * m; o <= j; o++, at++) {
          H[at] += h * row[o];
          C[at] += c * row[o];
        }
      }
    }
    for (let j = 0; j < m; j++) {
      for (let o = 0; o < j; o++) [H[o * m + j], C[o * m + j]] = [H[j * m + o], C[j * m + o]];
      H[j * m + j] += m * a[j] * bends[j] + s.weight_decay;
    }
    return { A: H, C };
  }

  // E[l_1 delta(<w_j, x> + b_j)]: density of <w_j, x> at -b_j times the mean of l_1 over inputs
  // moved there.
  kinks({ W, q, P, Z, par, few, y, clean }) {
    const { m, a, b, engine, settings: s } = this, { k } = s, out = new Float64Array(m);
    const gram = product(W, transposed(W, m, q), m, q, m);
    for (let j = 0; j < m; j++) {
      const norm = gram[j * m + j], square = Math.max(norm, 1e-300);
      const density = norm < 1e-20 ? 0
        : Math.exp((-b[j] * b[j]) / (2 * square)) / Math.sqrt(2 * Math.PI * square);
      if (!(density > 1e-6)) continue;
      const moved = new Float64Array(few * k), yhat = new Float64Array(few);
      for (let i = 0; i < few; i++) {
        const move = P[i * m + j] / square;
        for (let c = 0; c < k; c++) moved[i * k + c] = Z[i * k + c] - move * par[j * k + c];
        let sum = 0;
        for (let o = 0, p = i * m, g = j * m; o < m; o++, p++, g++) {
          const t = P[p] - move * gram[g];
          if (t > 0) sum += a[o] * t;
        }
        yhat[i] = sum;
      }
      const means = engine.link(s.link, moved, k);
      out[j] = density * this.meanSlope(yhat, means, y, clean);
    }
    return out;
  }

  meanSlope(yhat, means, y, clean) {
    const { engine, settings: s } = this;
    const slope = (labels) => engine.loss(s.loss, yhat, labels).slope;
    const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
    if (!this.facts.losses[s.loss].signLabels) {
      return mean(slope(means.map((v, i) => v + y[i] - clean[i])));
    }
    const [one, other] = [slope(means.map(() => 1)), slope(means.map(() => -1))];
    return mean(one.map((v, i) => {
      const positive = s.noise > 0 ? ndtr(means[i] / s.noise) : Number(means[i] >= 0);
      return positive * v + (1 - positive) * other[i];
    }));
  }
}

function trace(M, m) {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += M[i * m + i];
  return sum;
}
