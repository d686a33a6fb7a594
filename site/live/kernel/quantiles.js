// Quantiles, and values between the points of a table.

import { searchsorted } from "./run.js";

// As NumPy's quantile, of numbers in order.
export function quantile(ordered, q) {
  const at = (ordered.length - 1) * q, low = Math.floor(at), rest = at - low;
  return ordered[low] + (rest && (ordered[low + 1] - ordered[low]) * rest);
}

// A thousand of them, of values in any order.
export function quantiles(values) {
  const ordered = values.slice().sort();
  return Float64Array.from({ length: 1001 }, (_, i) => quantile(ordered, i / 1000));
}

// Where values lie in the table of their quantiles: {at, low, share} with the point of the table
// before each, and its share of the way to the next.
export function placesIn(values) {
  const at = quantiles(values), end = at.length - 1;
  const low = new Uint16Array(values.length), share = new Float64Array(values.length);
  values.forEach((x, i) => {
    const from = Math.max(0, Math.min(searchsorted(at, x, "right"), end) - 1);
    const step = at[from + 1] - at[from];
    low[i] = from;
    share[i] = step > 0 ? (x - at[from]) / step : 0;
  });
  return { at, low, share };
}

// What a function, given at the points of the table, is between them.
export function between({ low, share }, given) {
  const out = new Float64Array(low.length);
  for (let i = 0; i < out.length; i++) {
    const before = given[low[i]];
    out[i] = before + (given[low[i] + 1] - before) * share[i];
  }
  return out;
}
