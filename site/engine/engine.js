// The engine in the page: course_utils' OnlineSGD, number for number, without a kernel.
//
//     const engine = await loadEngine("engine.wasm");
//     const sim = engine.start({ d: 100, k: 3, link: "chain" });
//     sim.advance(1000);
//     sim.snapshot().angles;
//
// Names are those of Python. The arithmetic is in C, beside this file; here are names, checks and
// sentences. Works in a page, in a worker and in node.

import {
  ACTIVATIONS, FIELDS, LINKS, LOSSES, MOST_K, Refused, SCHEDULES, completed, fields, halves, place,
  sampling,
} from "./settings.js";

export {
  ACTIVATIONS, BIASES, DEFAULTS, DIRECTIONS, LAWS, LINKS, LOSSES, Refused, SCHEDULES, completed,
} from "./settings.js";

// What C measures, in the order of struct measured in measure.h.
const SCALARS = ["perpendicular", "parallel", "risk", "r2", "count", "noise", "linear", "zero"];
const LIVE = ["noise", "step", "weight_decay", "schedule"]; // what can be turned as it runs
const STREAMS = 8, TEST_SAMPLES = 1000, SEEN = 6, MOST_BYTES = 3e9;

// Training left the finite numbers; `samples` says after how many samples the state is.
export class Diverged extends Error {
  constructor(message, samples) {
    super(message);
    this.name = "Diverged";
    this.samples = samples;
  }
}

// A number as Python's format "g" writes it.
function general(x, digits = 6) {
  const [front, power] = x.toExponential(digits - 1).split("e");
  if (power >= -4 && power < digits) return String(Number(x.toPrecision(digits)));
  return `${Number(front)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

// The sentence of Python's Diverged.
function advice(s, samples) {
  let knob = `lower step (now ${general(s.step)}) or raise weight_decay ` +
    `(now ${general(s.weight_decay)})`;
  if ((s.step / s.d) * s.weight_decay > 1) {
    const product = general((s.step * s.weight_decay) / s.d, 3);
    knob = `step x weight_decay / d = ${product} is above 1, so decay overshoots: lower either`;
  } else if (s.loss === "square") {
    knob = `lower step (now ${general(s.step)}), or use the Huber loss, whose gradient is bounded`;
  }
  return `Training diverged after ${samples.toLocaleString("en-US")} samples: outputs or weights ` +
    `grew beyond 1e8. Try: ${knob}.`;
}

// One WebAssembly memory and what is in it.
class Machine {
  constructor(module) {
    const page = { asin: Math.asin, acos: Math.acos };
    this.calls = new WebAssembly.Instance(module, { page }).exports;
  }

  // Room for n numbers; the same one again and again, as it is wanted for one call at a time. It
  // at least doubles where it has to grow, since what it leaves is lost.
  room(n) {
    if (n > (this.size ?? 0)) {
      const size = Math.max(n, 2 * (this.size ?? 0)), at = this.calls.room(size);
      if (!at) throw new Refused(`${n} numbers do not fit into the page's memory.`);
      Object.assign(this, { at, size });
    }
    return this.at;
  }

  doubles(at, count) {
    return new Float64Array(this.calls.memory.buffer, at, count);
  }

  floats(at, count) {
    return new Float32Array(this.calls.memory.buffer, at, count);
  }

  // Rows of a matrix without what pads them.
  rows(at, count, columns, ld = this.calls.ld()) {
    const all = this.doubles(at, count * ld), out = new Float64Array(count * columns);
    for (let i = 0; i < count; i++) {
      out.set(all.subarray(i * ld, i * ld + columns), i * columns);
    }
    return out;
  }

  // The other way round; what pads rows stays zero.
  put(at, values, count, columns, ld = this.calls.ld()) {
    const all = this.doubles(at, count * ld);
    for (let i = 0; i < count; i++) {
      all.set(values.subarray(i * columns, (i + 1) * columns), i * ld);
    }
  }
}

// OnlineSGD of course_utils: one running experiment.
class OnlineSGD {
  #machine;
  #columns;

  constructor(module, settings, wanted) {
    const s = completed(settings), how = sampling(s, wanted);
    const needed = 8 * how.columns * (3 * s.width + TEST_SAMPLES);
    const machine = new Machine(module), { calls } = machine, values = fields(s, how);
    machine.doubles(calls.settings(), FIELDS.length).set(FIELDS.map((name) => values[name]));
    if (needed > MOST_BYTES || !calls.begin()) {
      throw new Refused(`Training ${s.width.toLocaleString("en-US")} neurons at ` +
        `d = ${s.d.toLocaleString("en-US")} does not fit into the page's memory: ` +
        "lower width or d.");
    }
    this.#machine = machine;
    this.#columns = calls.columns();
    this.settings = s;
    this.reduced = how.reduced;
    this.changes = [];
  }

  get samples() {
    return this.#machine.calls.samples();
  }

  // Train on n fresh samples.
  advance(n) {
    if (!(Number.isSafeInteger(n) && n >= 0)) {
      throw new Refused(`n = ${n} is no number of samples: it must be a whole number from 0 on.`);
    }
    const bad = this.#machine.calls.advance(n);
    if (bad >= 0) throw new Diverged(advice(this.settings, bad), this.samples);
  }

  // Turn noise, step, weight_decay or schedule of the running experiment.
  change(changes) {
    const fixed = Object.keys(changes).filter((name) => !LIVE.includes(name)).sort();
    if (fixed.length) {
      throw new Refused(`${fixed[0]} cannot change while training goes on; start a new run.`);
    }
    const before = this.settings, s = { ...before, ...changes };
    if (LIVE.every((name) => s[name] === before[name])) return;
    this.changes.push([this.samples, before]);
    this.settings = s;
    const { calls } = this.#machine, at = this.#machine.doubles(calls.settings(), FIELDS.length);
    const values = { ...s, schedule: place(SCHEDULES, s.schedule, "schedule") };
    for (const name of LIVE) at[FIELDS.indexOf(name)] = values[name];
  }

  // Measure the network as it is now: the fields of course_utils' Snapshot.
  snapshot() {
    const { k, d, width } = this.settings, machine = this.#machine, { calls } = machine;
    const at = calls.measure(), now = this.#scalars(at);
    const columns = Math.max(2, Math.min(k, SEEN)) + 1;
    const arrays = at + 8 * SCALARS.length, overlaps = arrays + 8 * (2 * MOST_K + 5);
    return {
      samples: this.samples,
      d,
      angles: machine.doubles(arrays, k).slice(),
      perpendicular: now.perpendicular,
      parallel: now.parallel,
      singular_values: machine.doubles(arrays + 8 * MOST_K, now.count).slice(),
      risk: now.risk,
      r2: now.r2,
      neurons: machine.floats(calls.neurons(), width * columns).slice(),
      neuron_columns: columns,
      overlaps: machine.floats(overlaps, k * k).slice(),
      note: "",
    };
  }

  // Risks to compare a snapshot's with, on the same test samples.
  floors() {
    const { noise, linear, zero } = this.#scalars(this.#machine.calls.floors());
    return { noise, linear, zero };
  }

  #scalars(at) {
    const values = this.#machine.doubles(at, SCALARS.length);
    return Object.fromEntries(SCALARS.map((name, i) => [name, values[i]]));
  }

  // A copy of the network; in reduced coordinates if sampling is reduced.
  net() {
    const { width, activation, k } = this.settings, machine = this.#machine, { calls } = machine;
    return {
      W: machine.rows(calls.first_layer(), width, this.#columns),
      columns: this.#columns,
      a: machine.doubles(calls.second_layer(), width).slice(),
      b: machine.doubles(calls.biases(), width).slice(),
      activation,
      reduced_k: this.reduced ? k : null,
    };
  }

  // The hidden directions in the coordinates of W.
  target() {
    const columns = this.#columns, machine = this.#machine, { k } = this.settings;
    return { directions: machine.rows(machine.calls.directions(), k, columns), columns };
  }

  // Up to 1000 test samples in the coordinates of W.
  test_set(n) {
    const count = Math.min(n, TEST_SAMPLES), machine = this.#machine, { calls } = machine;
    const y = machine.doubles(calls.test_labels(), count).slice();
    return { X: machine.rows(calls.test_inputs(), count, this.#columns), y, ...this.target() };
  }

  // The best factors of W, left (width x ranks) times right (ranks x columns), those of a smaller
  // rank in their first columns and rows; what ranks 0, 1, ... leave out of W / sqrt m; and the
  // test risk, on 500 test inputs and their mirror images. Ranks are as many at each call.
  factors(ranks) {
    const { width } = this.settings, machine = this.#machine, { calls } = machine;
    if (!calls.make_trials(ranks)) {
      throw new Refused("Smaller networks do not fit into the page's memory: lower width or d.");
    }
    const [risk, ...left_out] = machine.doubles(calls.factors(), ranks + 2);
    const left = machine.rows(calls.trial_left(), width, ranks, 4 * Math.ceil(ranks / 4));
    return { left, right: machine.rows(calls.trial_right(), ranks, this.#columns), risk,
      left_out: Float64Array.from(left_out) };
  }

  // Test risk and relative output error with factors of each rank in place of W; after `factors`.
  try_ranks(left, right) {
    const { width } = this.settings, machine = this.#machine, { calls } = machine;
    const ranks = left.length / width;
    machine.put(calls.trial_left(), left, width, ranks, 4 * Math.ceil(ranks / 4));
    machine.put(calls.trial_right(), right, ranks, this.#columns);
    const at = calls.try_ranks();
    return { risk: machine.doubles(at, ranks).slice(),
      output: machine.doubles(at + 8 * ranks, ranks).slice() };
  }

  // Test risk with another first layer; after `factors`.
  try_layer(W) {
    const machine = this.#machine, { calls } = machine;
    machine.put(calls.trial_layer(), W, this.settings.width, this.#columns);
    return calls.try_layer();
  }
}

// numpy.random.Generator, bit for bit.
class Generator {
  #machine;

  constructor(module, seed, child) {
    this.#machine = new Machine(module);
    const [low, high] = halves(seed);
    if (child !== null && !(child >= 0 && child < STREAMS)) {
      throw new Refused(`child = ${child} is none of the ${STREAMS} streams of a seed.`);
    }
    this.#machine.calls.begin_stream(low, high, child ?? -1);
  }

  #drawn(call, n, first) {
    const { calls } = this.#machine, at = this.#machine.room(n);
    if (first) this.#machine.doubles(at, n).set(first);
    calls[call](at, n);
    return this.#machine.doubles(at, n).slice();
  }

  random(n) {
    return this.#drawn("draw_uniform", n);
  }

  standard_normal(n) {
    return this.#drawn("draw_normal", n);
  }

  uniform(low, high, n) {
    return this.random(n).map((u) => low + (high - low) * u);
  }

  // choice([-1, 1], n)
  signs(n) {
    return this.#drawn("draw_signs", n);
  }

  // Degrees of freedom: one number for n draws, or one for each. Whole where they are below 2.
  chisquare(freedom, n = freedom.length) {
    const each = typeof freedom === "number" ? new Array(n).fill(freedom) : freedom;
    return this.#drawn("draw_chisquare", n, each);
  }
}

class Engine {
  #tools;

  constructor(module) {
    this.module = module;
    this.#tools = new Machine(module);
  }

  start(settings, { sampling: wanted = "auto" } = {}) {
    return new OnlineSGD(this.module, settings, wanted);
  }

  // Child: a stream of Settings.generators() by its number, or null for default_rng(seed).
  generator(seed, child = null) {
    return new Generator(this.module, seed, child);
  }

  // g(Z) of rows of k projections.
  link(name, Z, k) {
    const n = Z.length / k, { calls } = this.#tools, at = this.#tools.room(Z.length);
    this.#tools.doubles(at, Z.length).set(Z);
    calls.link(place(LINKS, name, "link"), at, n, k);
    const rows = this.#tools.doubles(at, Z.length), out = new Float64Array(n);
    for (let i = 0; i < n; i++) out[i] = rows[i * k];
    return out;
  }

  // sigma and sigma' at each t.
  activation(name, t) {
    const which = place(ACTIVATIONS, name, "activation");
    return this.#pair(t, t, (calls, x, y, n) => calls.activation(which, x, y, n));
  }

  // A loss and its derivative in yhat.
  loss(name, yhat, y) {
    const which = place(LOSSES, name, "loss");
    return this.#pair(yhat, y, (calls, u, v, n) => calls.loss(which, u, v, n));
  }

  // Its mean slope at output zero for each label, over noise by a rule [eps, weights].
  meanSlopes(name, labels, noise, [eps, weights]) {
    const which = place(LOSSES, name, "loss"), { calls } = this.#tools, n = labels.length;
    const m = eps.length, at = this.#tools.room(n + 2 * m), rule = at + 8 * n;
    this.#tools.doubles(at, n).set(labels);
    this.#tools.doubles(rule, 2 * m).set([...eps, ...weights]);
    calls.mean_slopes(which, noise, at, n, rule, rule + 8 * m, m);
    return this.#tools.doubles(at, n).slice();
  }

  #pair(first, second, call) {
    const n = first.length, tools = this.#tools, at = tools.room(2 * n), next = at + 8 * n;
    tools.doubles(at, n).set(first);
    tools.doubles(next, n).set(second);
    call(tools.calls, at, next, n);
    return { value: tools.doubles(at, n).slice(), slope: tools.doubles(next, n).slice() };
  }

  // Width-free step sizes at sample numbers t.
  schedule(settings, t) {
    const s = completed(settings), which = place(SCHEDULES, s.schedule, "schedule");
    const { calls } = this.#tools;
    return Float64Array.from(t, (at) => calls.step_size(which, s.step, s.d, s.weight_decay, at));
  }
}

// source: where engine.wasm is (URL or text), a Response, its bytes, or a compiled module.
export async function loadEngine(source) {
  if (source instanceof WebAssembly.Module) return new Engine(source);
  const named = typeof source === "string" || source instanceof URL;
  const fetched = named ? await fetch(source) : source;
  const bytes = typeof fetched.arrayBuffer === "function" ? await fetched.arrayBuffer() : fetched;
  return new Engine(await WebAssembly.compile(bytes));
}
