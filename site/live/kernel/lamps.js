// Assumptions of the theorem: which of them hold for given settings, each with a sentence;
// theory/assumptions.py and theory/start.py of the course once more, over the engine's streams.

import { between, placesIn } from "./quantiles.js";
import { commas, fixed, general, percent } from "./texts.js";

const g3 = (x) => general(x, 3), g2 = (x) => general(x, 2);

// The normal distribution function: a series in the middle, a continued fraction outside.
export function ndtr(x) {
  const t = Math.abs(x) / Math.SQRT2;
  if (t < 2.5) {
    let term = t, sum = t;
    for (let n = 1; term > 1e-18 * sum; n++) sum += term *= (2 * t * t) / (2 * n + 1);
    const half = (sum * Math.exp(-t * t)) / Math.sqrt(Math.PI);
    return x < 0 ? 0.5 - half : 0.5 + half;
  }
  let rest = 0;
  for (let n = 60; n > 0; n--) rest = n / 2 / (t + rest);
  const tail = Math.exp(-t * t) / (2 * Math.sqrt(Math.PI) * (t + rest));
  return x < 0 ? tail : 1 - tail;
}

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

export class Lamps {
  constructor(facts, reader, engine) {
    Object.assign(this, { facts, reader, engine, known: new Map(), last: new Map() });
  }

  // What does not change while a slider of the noise, step or decay moves, made once.
  kept(name, depends, make) {
    const key = JSON.stringify(depends);
    if (this.last.get(name)?.key !== key) this.last.set(name, { key, value: make() });
    return this.last.get(name).value;
  }

  // The assumptions, examined once for the same settings: [{name, holds, text}].
  of(s) {
    const key = JSON.stringify(s);
    if (!this.known.has(key)) {
      if (this.known.size > 64) this.known.clear();
      const law = this.reader.law(s.inputs);
      const each = [this.decay(s, law), this.step(s, law), this.signal(s, law), size(s),
        this.inputs(s, law)];
      const { lamps, purposes } = this.facts;
      const lamp = ([holds, text], i) => ({ name: lamps[i], holds, text, purpose: purposes[i] });
      this.known.set(key, each.map(lamp));
    }
    return this.known.get(key);
  }

  biases({ width, bias, seed }) {
    const small = { d: 1, k: 1, link: "linear", width, bias, seed };
    return this.engine.start(small, { sampling: "plain" }).net().b;
  }

  // The same experiment in fewer dimensions.
  smaller(s, d = 100) {
    const [kind, entries] = s.directions.split(":");
    const room = kind === "sparse" ? s.k * Number(entries) : s.k;
    return { ...s, d: Math.min(s.d, Math.max(100, d, room)) };
  }

  // Inputs of a law, row by row; `spike` is its spike in the same coordinates.
  draw(law, n, columns, rng, spike = null) {
    const X = rng.standard_normal(n * columns), [nu] = law.values;
    if (law.name === "hypercube") return X.map((x) => (x < 0 ? -1 : 1));
    if (law.name === "student" || law.name === "elliptical") {
      const each = law.name === "student" ? 1 : columns;
      const chi = rng.chisquare(nu, X.length / each);
      return X.map((x, i) => x * Math.sqrt((nu - 2) / chi[Math.floor(i / each)]));
    }
    if (!law.stretch) return X;
    const more = Math.sqrt(1 + law.stretch) - 1;
    for (let i = 0; i < n; i++) {
      let along = 0;
      for (let j = 0; j < columns; j++) along += X[i * columns + j] * spike[j];
      for (let j = 0; j < columns; j++) X[i * columns + j] += more * along * spike[j];
    }
    return X;
  }

  // The spike in (u_1, ..., u_k, w).
  spikeInside(law, k) {
    const [, cosine] = law.values, v = new Float64Array(k + 1);
    v[0] = cosine;
    v[k] = Math.sqrt(Math.max(0, 1 - cosine ** 2));
    return v;
  }

  // Projections of fresh inputs in units of their standard deviation, row by row.
  projections(s, n, rng) {
    const law = this.reader.law(s.inputs), { k } = s;
    if (!law.reducible) return this.projected(s, law, n, rng);
    if (!law.stretch) return this.draw(law, n, k, rng);
    const spike = this.spikeInside(law, k), X = this.draw(law, n, k + 1, rng, spike);
    const unit = Math.sqrt(1 + law.stretch * spike[0] ** 2);
    return Float64Array.from({ length: n * k }, (_, i) => {
      const j = i % k;
      return X[((i - j) / k) * (k + 1) + j] / (j ? 1 : unit);
    });
  }

  projected(s, law, n, rng) {
    const { directions } = this.engine.start({ ...s, width: 1 }, { sampling: "plain" }).target();
    const rows = Math.max(1, Math.floor(2 ** 20 / s.d)), Z = new Float64Array(n * s.k);
    for (let i = 0; i < n; i += rows) {
      const part = Math.min(rows, n - i), X = this.draw(law, part, s.d, rng);
      Z.set(times(X, directions, part, s.d, s.k), i * s.k);
    }
    return Z;
  }

  // E[-l_1(0, y)] over the label noise, for noiseless values g.
  meanSlopes({ loss, noise }, g, places = placesIn(g)) {
    const slope = (y) => this.engine.loss(loss, new Float64Array(y.length), y).slope;
    if (this.facts.losses[loss].signLabels) {
      const [one, other] = [slope(Float64Array.of(1))[0], slope(Float64Array.of(-1))[0]];
      const positive = (v) => (noise > 0 ? ndtr(v / noise) : Number(v >= 0));
      return g.map((v) => -(positive(v) * one + (1 - positive(v)) * other));
    }
    if (noise === 0) return slope(g).map((v) => -v);
    const given = this.engine.meanSlopes(loss, places.at, noise, this.facts.grids.noise);
    return between(places, given.map((v) => -v));
  }

  // Size and error of the first Hermite coefficients of what the loss lets through.
  firstHermite(settings) {
    const s = this.smaller(settings), { k } = s;
    const { Z, g, places } = this.kept("samples", lawOf(s), () => {
      const half = 2 ** 15, both = new Float64Array(2 * half * k);
      both.set(this.projections(s, half, this.engine.generator(0, null)));
      for (let i = 0; i < half * k; i++) both[half * k + i] = -both[i];
      const labels = this.engine.link(s.link, both, k);
      return { Z: both, g: labels, places: placesIn(labels) };
    });
    const slope = this.meanSlopes(s, g, places), middle = mean(slope);
    const n = slope.length, sums = new Float64Array(k);
    let high = -Infinity, low = Infinity, squares = 0;
    for (let i = 0; i < n; i++) { // plain loops: all this is computed while a slider waits
      const v = slope[i] - middle;
      high = Math.max(high, slope[i]);
      low = Math.min(low, slope[i]);
      squares += v * v;
      for (let j = 0; j < k; j++) sums[j] += v * Z[i * k + j];
    }
    const varies = high - low > 1e-12 * Math.max(Math.abs(high), Math.abs(low));
    if (!varies) return [0, 0]; // a constant is no signal
    return [Math.hypot(...sums) / n, Math.sqrt(k * squares) / n];
  }

  // E l_1^2 of a network whose output is zero.
  squaredLossSlope(settings) {
    const s = this.smaller(settings), n = 2 ** 14, sign = this.facts.losses[s.loss].signLabels;
    const { g, eps } = this.kept("labels", lawOf(s), () => ({
      g: this.engine.link(s.link, this.projections(s, n, this.engine.generator(0, null)), s.k),
      eps: this.engine.generator(1, null).standard_normal(n),
    }));
    const y = g.map((v, i) => {
      const label = v + s.noise * eps[i];
      return sign ? (label >= 0 ? 1 : -1) : label;
    });
    const { slope } = this.engine.loss(s.loss, new Float64Array(n), y);
    return slope.reduce((sum, v) => sum + v * v, 0) / n;
  }

  // Mean over neurons of E sigma'(w.x + b)^2 at the start.
  squaredSlope(s) {
    const { activation, start, width, bias, seed } = s;
    return this.kept("squared slope", [activation, start, width, bias, seed], () => {
      const [z, weights] = this.facts.grids.slope, b = this.biases(s).slice(0, 1000);
      const t = Float64Array.from({ length: b.length * z.length }, (_, i) =>
        start * z[i % z.length] + b[Math.floor(i / z.length)]);
      const { slope } = this.engine.activation(activation, t);
      return slope.reduce((sum, v, i) => sum + v * v * weights[i % z.length], 0) / b.length;
    });
  }

  // E|l_1| of the untrained network.
  untrainedLossSlope(settings) {
    const s = this.smaller(settings, Math.floor(1e6 / settings.width)), n = 2 ** 12;
    const sim = this.engine.start(s, { sampling: "plain" }), { W, a, b } = sim.net();
    const law = this.reader.law(s.inputs), { directions } = sim.target();
    const rng = this.engine.generator(0, null);
    const spike = law.stretch ? this.spike(s, law, directions) : null;
    const X = this.draw(law, n, s.d, rng, spike);
    const Z = times(X, directions, n, s.d, s.k), eps = rng.standard_normal(n);
    const units = law.stretch ? Math.sqrt(1 + law.stretch * law.values[1] ** 2) : 1;
    for (let i = 0; i < n; i++) Z[i * s.k] /= units;
    const sign = this.facts.losses[s.loss].signLabels;
    const y = this.engine.link(s.link, Z, s.k).map((g, i) => {
      const label = g + s.noise * eps[i];
      return sign ? (label >= 0 ? 1 : -1) : label;
    });
    const P = times(X, W, n, s.d, s.width).map((p, i) => p + b[i % s.width]);
    const { value } = this.engine.activation(s.activation, P), yhat = new Float64Array(n);
    for (let i = 0; i < P.length; i++) yhat[Math.floor(i / s.width)] += value[i] * a[i % s.width];
    return mean(this.engine.loss(s.loss, yhat, y).slope.map(Math.abs));
  }

  // The spike in R^d: what u_1 leaves open of it is drawn after the directions.
  spike(s, law, directions) {
    const inside = this.spikeInside(law, s.k), rng = this.engine.generator(s.seed, 0), { d, k } = s;
    if (s.directions === "random") rng.standard_normal(d * k);
    const w = rng.standard_normal(d), length = Math.hypot(...w);
    for (let i = 0; i < d; i++) w[i] /= length;
    const along = times(w, directions, 1, d, k);
    for (let j = 0; j < k; j++) {
      for (let i = 0; i < d; i++) w[i] -= along[j] * directions[j * d + i];
    }
    const rest = Math.hypot(...w);
    return w.map((v, i) => inside[0] * directions[i] + (inside[k] * v) / rest);
  }

  threshold(s) {
    const sigma = this.facts.activations[s.activation];
    if (!sigma.jump) return this.untrainedLossSlope(s) * sigma.largestCurvature;
    const slope = this.facts.losses[s.loss].largestSlope ?? Infinity;
    const smallest = Math.min(...this.biases(s).map(Math.abs));
    if (smallest === 0) return Infinity;
    return slope * ((Math.abs(sigma.jump) * this.facts.kink) / smallest + sigma.largestCurvature);
  }

  decay(s, law) {
    const threshold = this.threshold(s), lam = s.weight_decay, above = lam > threshold;
    const says = `weight_decay = ${general(lam)} is`, edge = g3(threshold);
    if (!law.standard) {
      return [above, `${says} ${above ? "above" : "not above"} the threshold ${edge}, which is `
        + "derived for inputs N(0, I), and these are not."];
    }
    if (above) {
      const until = this.facts.activations[s.activation].jump ? ""
        : " at the start, and later as long as the mean of |l'| has not grown";
      return [true,
        `${says} above the threshold ${edge}: every direction of W_perp contracts${until}.`];
    }
    if (lam === 0) {
      return [false, `weight_decay is 0 and the threshold is ${edge}: nothing is sure to make `
        + "W_perp contract."];
    }
    return [false, `${says} not above the threshold ${edge} (sufficient, not necessary). `
      + this.whyThreshold(s, threshold)];
  }

  whyThreshold(s, threshold) {
    const sigma = this.facts.activations[s.activation];
    if (!sigma.jump) {
      return "It is the mean of |l'| at the start times sup|sigma''| = "
        + `${fixed(sigma.largestCurvature, 2)}.`;
    }
    if (s.bias === "none") {
      return "Without biases the ReLU threshold is infinite; bias='away' makes it finite.";
    }
    if (threshold === Infinity) {
      return "Square loss has no largest slope, so the threshold is infinite; try loss='huber'.";
    }
    const b = this.biases(s).map(Math.abs), smallest = Math.min(...b);
    const share = mean(Array.from(b, (v) => Number(s.weight_decay * v > threshold * smallest)));
    const near = " N(0, 1) puts the smallest bias near 1/width, out of reach; bias='away' brings "
      + "the threshold to 0.24.";
    return `It is sup|l'| x 0.242 / min|b_j| with min|b_j| = ${g2(smallest)}; ${percent(share)} of `
      + `the neurons meet their own condition.${threshold > 1 ? near : ""}`;
  }

  step(s, law) {
    const shrink = (s.step / s.d) * s.weight_decay, loss = this.facts.losses[s.loss];
    const slope = this.facts.activations[s.activation].largestSlope;
    const overshoot = s.step * (1 + law.stretch / s.d) * slope ** 2 * loss.largestCurvature;
    const steady = s.schedule === "constant" && s.weight_decay > 0 && law.standard;
    const floor = steady ? noiseFloor(s, this.squaredLossSlope(s) * this.squaredSlope(s)) : 0;
    const small = shrink < 1 && overshoot < 2 && floor < s.start;
    if (shrink >= 1) {
      return [small, `step x weight_decay / d = ${g3(shrink)} must be below 1, or decay overshoots `
        + "zero: lower either."];
    }
    if (overshoot >= 2) {
      return [small, `step = ${general(s.step)} overshoots its own sample: step sup sigma'^2 sup `
        + `l'' = ${g3(overshoot)}, not below 2.`];
    }
    if (floor >= s.start) {
      return [small, `The noise floor sqrt(step V / (2 lam)) = ${fixed(floor, 2)} is above the `
        + `start, ${general(s.start)}: lower step or raise decay.`];
    }
    const end = !law.standard ? "no noise floor is known for these inputs"
      : steady ? `a cautious guess of the noise floor is ${g2(floor)}`
        : s.weight_decay > 0 ? "decreasing steps leave no noise floor"
          : "without decay noise adds up, with no floor";
    return [small, `step x weight_decay / d = ${g2(shrink)} is below 1, step = ${general(s.step)} `
      + `does not overshoot, and ${end}.`];
  }

  signal(s, law) {
    const [found, error] = this.firstHermite(s), spread = error * Math.sqrt(2 ** 16 / s.k);
    const least = (0.02 * spread) ** 2 + (1 + 4 * Math.sqrt(2 / s.k)) * error ** 2;
    const holds = found ** 2 > least, what = this.facts.losses[s.loss].letsThrough;
    const exponent = law.shaped ? null : this.facts.links[s.link].exponents[s.k - 1];
    if (!holds) {
      return [false, `That of the ${what} is zero (measured ${general(found, 1)}): the first steps `
        + "see no signal, and decay may win."];
    }
    if (exponent !== null && exponent !== 1) {
      return [true, `The link has information exponent ${exponent}, but that of the ${what} is `
        + `${g2(found)}: exponent 1.`];
    }
    const one = s.k > 1 ? " It is one direction; the others are found later, if at all." : "";
    const where = law.standard ? "points into the subspace"
      : "sees the subspace, and perhaps more,";
    return [true,
      `That of the ${what} is ${g2(found)}: the gradient ${where} from the first step.${one}`];
  }

  inputs(s, law) {
    if (law.standard) return [true, this.facts.standardInputs];
    let text = `inputs = ${law.text}: ${law.breaks}.`;
    const [kind, entries] = s.directions.split(":");
    const room = kind === "sparse" ? s.k * Number(entries) : s.k;
    const few = s.directions === "random" || !law.independent ? s.d : room;
    if (law.reducible || few <= this.facts.few) {
      text += ` The first step points ${fixed(this.firstStepAngle(s, law))} degrees away from the `
        + "subspace.";
    }
    return [false, text];
  }

  // Angle of the first step to the hidden subspace, in degrees.
  firstStepAngle(s, law) {
    const n = 2 ** 16, rng = this.engine.generator(0, null), { k } = s;
    let columns = k, U = null, spike = null;
    if (law.reducible) {
      spike = law.stretch ? this.spikeInside(law, k) : null;
      columns = k + (spike ? 1 : 0);
      U = Float64Array.from({ length: k * columns }, (_, i) => Number(i % (columns + 1) === 0));
    } else {
      const { directions } = this.engine.start({ ...s, width: 1 }, { sampling: "plain" }).target();
      const seen = Array.from({ length: s.d }, (_, j) => j).filter((j) =>
        Array.from({ length: k }, (__, i) => directions[i * s.d + j]).some((v) => v !== 0));
      columns = seen.length;
      U = Float64Array.from({ length: k * columns }, (_, i) =>
        directions[Math.floor(i / columns) * s.d + seen[i % columns]]);
    }
    const X = this.draw(law, n, columns, rng, spike), Z = times(X, U, n, columns, k);
    if (spike) {
      const unit = Math.sqrt(1 + law.stretch * spike[0] ** 2);
      for (let i = 0; i < n; i++) Z[i * k] /= unit;
    }
    const slope = this.meanSlopes(s, this.engine.link(s.link, Z, k)), middle = mean(slope);
    const g = new Float64Array(columns);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < columns; j++) g[j] += (slope[i] - middle) * X[i * columns + j];
    }
    const inside = times(g, U, 1, columns, k);
    const rest = g.map((v, j) => v - inside.reduce((sum, w, i) => sum + w * U[i * columns + j], 0));
    return (Math.atan2(Math.hypot(...rest), Math.hypot(...inside)) * 180) / Math.PI;
  }
}

// What samples depend on, before noise.
const lawOf = ({ k, d, link, inputs, directions, seed }) => [k, d, link, inputs, directions, seed];

// X times the transpose of rows: (n, columns) by (m, columns).
function times(X, rows, n, columns, m) {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0, x = i * columns, r = j * columns; c < columns; c++) sum += X[x++] * rows[r++];
      out[i * m + j] = sum;
    }
  }
  return out;
}

// Plateau of W_perp under a constant step, with decay as the rate of contraction.
function noiseFloor({ step, d, k, weight_decay: gap }, V) {
  const et = step / d, balance = 2 * gap - et * gap * gap;
  return balance > 0 ? Math.sqrt((et * V * (d - k)) / balance) : Infinity;
}

function size({ k, d, width }) {
  const holds = k < d && k <= width;
  if (k === d) {
    return [holds, `k = d = ${d}: the subspace is the whole space, so W_perp is zero by `
      + "definition. Raise d."];
  }
  if (k > width) {
    return [holds, `k = ${k} directions cannot be spanned by width = ${width} neurons: raise width `
      + `to at least ${k}.`];
  }
  return [holds, `k = ${k} is below d = ${commas(d)} and not above width = ${width}: W can span `
    + "the subspace."];
}
