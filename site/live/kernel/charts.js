// What views of labs without a run rest on: Hermite polynomials, shares that they explain, limits
// of labels; hermite.py, estimators/shares.py and labs/charts.py of the course.

import { quantile } from "./quantiles.js";

// `count` numbers from `first` to `last`, evenly.
export const linspace = (first, last, count) => Float64Array.from({ length: count }, (_, i) =>
  (i === count - 1 ? last : first + (i * (last - first)) / (count - 1)));

// He_j(z) / sqrt(j!) for j = 0 ... degree at one number.
export function hermiteBasis(z, degree) {
  const basis = [1, z];
  for (let j = 1; j < degree; j++) {
    basis.push((z * basis[j] - Math.sqrt(j) * basis[j - 1]) / Math.sqrt(j + 1));
  }
  return basis;
}

// sum_j c_j he_j at one number.
export function expanded(c, z) {
  const basis = hermiteBasis(z, c.length - 1);
  return c.reduce((sum, value, j) => sum + value * basis[j], 0);
}

// Share of the variance of y that a direction of some overlap explains, at best.
export function explainedShare(c, overlap, noise = 0, rest = 0) {
  const power = c.slice(1).map((v) => v * v);
  const total = power.reduce((sum, p) => sum + p, 0) + rest + noise ** 2;
  const signal = power.reduce((sum, p, i) => sum + p * overlap ** (2 * (i + 1)), 0);
  return total > 0 ? signal / total : 0;
}

const STEPS = [1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 1e3, 1e6, 1e12];

// Limits for labels: all but the outermost 0.5 % of them, in steps so that axes stand still.
export function labelRange(y) {
  const ordered = Float64Array.from(y).sort();
  const ends = [0.005, 0.995].map((q) => Math.abs(quantile(ordered, q)));
  const wanted = Math.max(1, ...ends) * 1.15, reach = STEPS.find((step) => step >= wanted);
  return [-(reach ?? STEPS.at(-1)), reach ?? STEPS.at(-1)];
}
