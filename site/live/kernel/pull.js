// Where much decay turns W under a covariance S: the largest angle to the span of the S u_i;
// theory/covariance.py of the course once more.

import { eigh } from "./eigen.js";
import { degrees, fixed } from "./texts.js";

const row = (A, i, n) => A.subarray(i * n, (i + 1) * n);
const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);

// Right singular vectors of W (m, n) of its k largest singular values, a row each.
function topRight(W, m, n, k) {
  const wide = m < n, size = wide ? m : n, gram = new Float64Array(size * size);
  const columns = wide ? null : Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: m }, (__, i) => W[i * n + j]));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = wide ? dot(row(W, i, n), row(W, j, n)) : dot(columns[i], columns[j]);
      gram[i * size + j] = gram[j * size + i] = sum;
    }
  }
  const { vectors } = eigh(gram, size);
  return Array.from({ length: k }, (_, r) => {
    const own = Float64Array.from({ length: size }, (__, i) => vectors[i * size + size - 1 - r]);
    if (!wide) return own;
    const v = new Float64Array(n);
    for (let i = 0; i < m; i++) for (let c = 0; c < n; c++) v[c] += own[i] * W[i * n + c];
    const length = Math.sqrt(dot(v, v));
    return v.map((x) => x / length);
  });
}

// Orthonormal rows with the same span.
function orthonormal(rows) {
  const made = [];
  for (const one of rows) {
    let v = one;
    for (let again = 0; again < 2; again++) {
      for (const u of made) {
        const along = dot(v, u);
        v = v.map((x, i) => x - along * u[i]);
      }
    }
    const length = Math.sqrt(dot(v, v));
    made.push(v.map((x) => x / length));
  }
  return made;
}

// The angle in radians; `law` is that of the inputs, `lamps` know where its spike is.
export function angleToPull(sim, law, lamps) {
  const { settings: s } = sim, { k } = s, { W, columns: n, a, reduced_k: reduced } = sim.net();
  const { directions } = sim.target();
  const spike = new Float64Array(n);
  spike.set(reduced === null ? lamps.spike(s, law, directions) : lamps.spikeInside(law, k));
  const basis = orthonormal(Array.from({ length: k }, (_, i) => {
    const u = row(directions, i, n), along = law.stretch * dot(u, spike);
    return u.map((v, c) => v + along * spike[c]);
  }));
  const top = topRight(W, a.length, n, k);
  const overlaps = new Float64Array(k * k), rests = [];
  top.forEach((v, j) => {
    let rest = v;
    basis.forEach((p, i) => {
      const along = overlaps[j * k + i] = dot(v, p);
      rest = rest.map((x, c) => x - along * p[c]);
    });
    rests.push(rest);
  });
  const squares = (number) => eigh(Float64Array.from({ length: k * k }, (_, at) =>
    number(Math.floor(at / k), at % k)), k).values;
  const inside = squares((i, j) => dot(row(overlaps, i, k), row(overlaps, j, k)))[0];
  const outside = squares((i, j) => dot(rests[i], rests[j]))[k - 1];
  return Math.atan2(Math.sqrt(Math.max(outside, 0)), Math.sqrt(Math.max(inside, 0)));
}

// What words of a moment say of it.
export function withPull(words, snapshot) {
  if (snapshot.pulled === undefined) return words;
  const shown = fixed(degrees(snapshot.pulled), 1);
  return { ...words, sentence: `${words.sentence} To S u: ${shown} degrees.`,
    rows: [...words.rows, ["angle to S u", "", `${shown}°`, ""]] };
}
