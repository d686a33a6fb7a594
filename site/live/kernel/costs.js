// What each size of a network costs, in bytes, risk and outputs: compression/costs.py of the course
// once more. What a file needs besides its numbers comes from Python (`facts`).

import { roundEven, searchsorted } from "./run.js";
import { Refused } from "./settings.js";
import { general } from "./texts.js";

const SHORT = { // largest number, smallest one, bytes of a number
  float32: [3.4028234663852886e38, 1.401298464324817e-45, 4],
  float16: [65504, 5.960464477539063e-8, 2],
  int8: [3.4028234663852886e38, 1.1754943508222875e-38, 1],
};

function toFloat16(x) {
  const unit = 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 10, -24);
  return x === 0 ? 0 : roundEven(x / unit) * unit;
}

function mostOf(values) {
  let most = 0;
  for (const v of values) most = Math.max(most, Math.abs(v));
  return most;
}

function refuseExtremes(A, storage) {
  const [most, least] = SHORT[storage], size = mostOf(A);
  const largest = storage === "int8" ? size / 127 : size;
  const what = storage === "int8" ? "int8 with float32 scales" : storage;
  const wrong = largest > most ? `as large as ${general(size, 3)}`
    : largest > 0 && largest < least ? `as small as ${general(size, 3)}, the largest here` : "";
  if (!wrong) return;
  throw new Refused(`${what} holds no number ${wrong}: take a longer type, or numbers in another `
    + "unit");
}

// A matrix rounded to a shorter number type, as the numbers that it then stands for. Of int8 each
// row has its scale, or each column where there are fewer.
export function quantised(A, rows, columns, storage, byRow = rows <= columns) {
  refuseExtremes(A, storage);
  if (storage === "float32") return Float64Array.from(A, Math.fround);
  if (storage === "float16") return Float64Array.from(A, toFloat16);
  const scales = new Float64Array(byRow ? rows : columns);
  const of = (i) => (byRow ? Math.floor(i / columns) : i % columns);
  A.forEach((v, i) => { scales[of(i)] = Math.max(scales[of(i)], Math.abs(v)); });
  const rounded = scales.map((most) => Math.max(Math.fround(most / 127) || 1, SHORT.int8[1]));
  return A.map((v, i) => Math.min(127, Math.max(-127, roundEven(v / rounded[of(i)])))
    * rounded[of(i)]);
}

// A matrix with all but its largest entries zero, as float32; and how many are left. `sizes` are
// those of all entries in order.
function pruned(W, sizes, keep) {
  const least = sizes[W.length - keep];
  let equals = keep - (W.length - searchsorted(sizes, least, "right")), left = 0;
  const made = W.map((v) => {
    const stays = Math.abs(v) > least || (Math.abs(v) === least && equals-- > 0);
    left += stays && v !== 0;
    return stays ? Math.fround(v) : 0;
  });
  return [made, left];
}

// Ranks 1, 2, ... of factors in a number type: bytes, risk, how far outputs move.
function ranked(sim, { left, right }, storage, { m, d, columns, spare }) {
  const ranks = left.length / m, width = SHORT[storage][2], scaled = storage === "int8";
  const short = quantised(right, ranks, columns, storage);
  const found = sim.try_ranks(quantised(left, m, ranks, storage, false), short);
  if (scaled && m === ranks) { // a square left has a scale for each row
    const whole = sim.try_ranks(quantised(left, m, ranks, storage), short);
    for (const name of ["risk", "output"]) found[name][m - 1] = whole[name][m - 1];
  }
  const bytes = Float64Array.from({ length: ranks }, (_, i) => {
    const r = i + 1, scales = scaled ? 4 * (Math.min(m, r) + r) : 0;
    return spare + width * r * (m + columns) + scales + 4 * r * (d - columns);
  });
  return { bytes, ...found };
}

// {left_out, output, whole, forms: {name: [bytes, risk]}} of the network as it is now.
export function compressed(sim, ranks, facts) {
  const { width: m, d, activation } = sim.settings, spare = facts.spare[activation];
  const factors = sim.factors(ranks), { W, columns, reduced_k } = sim.net();
  const reduced = reduced_k !== null, size = { m, d, columns };
  const beside = (kind) => spare[kind] + 8 * m; // and the second layer and biases
  const whole = (storage) => {
    const scales = storage === "int8" ? 4 * Math.min(m, d) : 0;
    const unseen = 4 * (d - columns) * m;
    return [beside(scales ? "whole scaled" : "whole") + SHORT[storage][2] * W.length + scales
      + unseen, sim.try_layer(quantised(W, m, columns, storage))];
  };
  const small = ranked(sim, factors, "float32", { ...size, spare: beside("ranked") });
  const forms = {
    whole: pairs((reduced ? ["float32"] : ["int8", "float16", "float32"]).map(whole)),
    [facts.ranked]: [small.bytes, small.risk],
  };
  if (!reduced) {
    const shorter = ranked(sim, factors, "int8", { ...size, spare: beside("ranked scaled") });
    forms["rank, int8"] = [shorter.bytes, shorter.risk];
    const sizes = W.map(Math.abs).sort();
    forms["pruned, float32"] = pairs([6, 5, 4, 3, 2, 1].map((half) => {
      const [kept, left] = pruned(W, sizes, Math.max(1, Math.floor(W.length / 2 ** half)));
      const bytes = left * (4 + (d <= 2 ** 16 ? 2 : 4)) + 4 * (m + 1) + 8;
      return [beside("pruned") + bytes, sim.try_layer(kept)];
    }));
  }
  const { left_out, risk } = factors;
  return { left_out, output: small.output, whole: risk, forms };
}

const pairs = (list) => [Float64Array.from(list, ([bytes]) => bytes),
  Float64Array.from(list, ([, risk]) => risk)];
