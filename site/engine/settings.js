// Settings as the engine takes them: names, what is left out, and the numbers that C reads.

export const LINKS = [
  "linear", "tanh", "relu", "cubic", "quintic", "he2", "he3", "sum_tanh", "sum_relu",
  "sum_squares", "product", "chain", "staircase", "norm", "max", "none",
  "function:constant_label", // of gallery/threshold.py, which no code of Python names
];
export const ACTIVATIONS = ["relu", "tanh", "erf", "softplus"];
export const LOSSES = ["huber", "square", "logistic"];
export const SCHEDULES = ["constant", "decreasing"];
export const BIASES = ["normal", "away", "none"]; // and any number
export const LAWS = ["gaussian", "spiked", "hypercube", "student", "elliptical"];
export const DIRECTIONS = ["random", "axis", "sparse"];

const ONE_DIRECTION = LINKS.indexOf("sum_tanh"); // links before it take one, the others up to 50
// Of links of several directions; the others are shown with 3.
const DEFAULT_K = { product: 2, none: 1, "function:constant_label": 1 };
const ROTATIONS_ALLOWED = ["gaussian", "spiked", "elliptical"]; // can be simulated at any d

export const DEFAULTS = {
  d: 100, k: null, noise: 0.1, link: "chain", width: 200, activation: "relu", loss: "huber",
  weight_decay: 0.05, step: 0.1, schedule: "constant", bias: "normal", seed: 0,
  inputs: "gaussian", directions: "random", start: 1,
};

// What C reads, in the order of struct settings in run.h.
export const FIELDS = [
  "d", "k", "noise", "link", "width", "activation", "loss", "weight_decay", "step", "schedule",
  "bias", "bias_size", "seed_low", "seed_high", "law", "law_first", "law_second",
  "directions", "entries", "start", "reduced",
];
export const MOST_K = 50;

// Something that the engine cannot do; the message says what, in one sentence.
export class Refused extends Error {
  constructor(message) {
    super(message);
    this.name = "Refused";
  }
}

export function place(list, name, field) {
  const at = list.indexOf(name);
  if (at >= 0) return at;
  throw new Refused(`${field} = ${name} is not among ${list.join(", ")}.`);
}

// "spiked:20:0.5" as ["spiked", 20, 0.5].
function named(list, text, field) {
  const [name, ...numbers] = String(text).split(":");
  place(list, name, field);
  return [name, ...numbers.map(Number)];
}

// Settings with what was left out, as Settings of Python completes them.
export function completed(settings) {
  const s = { ...DEFAULTS };
  for (const [name, value] of Object.entries(settings)) {
    if (!(name in s)) throw new Refused(`settings have no field ${name}.`);
    if (value !== undefined) s[name] = value;
  }
  const link = place(LINKS, s.link, "link");
  s.k ??= Math.min(link < ONE_DIRECTION ? 1 : DEFAULT_K[s.link] ?? 3, s.d);
  if (link < ONE_DIRECTION ? s.k !== 1 : s.k > MOST_K) {
    throw new Refused(`k = ${s.k} does not fit the link ${s.link}.`);
  }
  if (s.k > s.d) throw new Refused(`k = ${s.k} is impossible with d = ${s.d}.`);
  return s;
}

// Two halves of 32 bits of a seed, which may have 63.
export function halves(seed) {
  const whole = BigInt(seed);
  return [Number(whole & 0xffffffffn), Number((whole >> 32n) & 0xffffffffn)];
}

// Rounds halves to even, as Python does.
function rounded(x) {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 ? near - 1 : near;
}

// How inputs are drawn, as course_utils/engine/sampling.py decides it.
export function sampling(s, wanted) {
  const [law, theta] = named(LAWS, s.inputs, "inputs");
  const spiked = law === "spiked" && theta > 0, allowed = ROTATIONS_ALLOWED.includes(law);
  const known = s.k + (spiked ? 1 : 0) + s.width;
  const block = Math.min(Math.max(32 * rounded((2 * s.width) / 32), 64), 512);
  let reduced = allowed && s.d > 2 * (known + block);
  if (wanted !== "auto") reduced = place(["plain", "reduced"], wanted, "sampling") === 1;
  if (reduced && s.d <= known) reduced = false; // nothing to reduce
  if (reduced && !allowed) throw new Refused(`inputs = ${s.inputs} can only be drawn whole.`);
  return { law: spiked || law !== "spiked" ? law : "gaussian", reduced,
    columns: reduced ? known + Math.min(block, s.d - known) : s.d };
}

export function fields(s, { law, reduced }) {
  const [, first = 0, second = 0] = named(LAWS, s.inputs, "inputs");
  const [directions, entries = 1] = named(DIRECTIONS, s.directions, "directions");
  const [low, high] = halves(s.seed), given = typeof s.bias === "number";
  return {
    ...s,
    link: place(LINKS, s.link, "link"),
    activation: place(ACTIVATIONS, s.activation, "activation"),
    loss: place(LOSSES, s.loss, "loss"),
    schedule: place(SCHEDULES, s.schedule, "schedule"),
    bias: given ? BIASES.length : place(BIASES, s.bias, "bias"),
    bias_size: given ? s.bias : 0,
    seed_low: low,
    seed_high: high,
    law: LAWS.indexOf(law),
    law_first: first,
    law_second: second,
    directions: DIRECTIONS.indexOf(directions),
    entries,
    reduced: Number(reduced),
  };
}
