// Quantiles, and values between the points of a table.

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

// Values of a rising table between its points.
export function between(x, at, values) {
  let low = 0, high = at.length - 1;
  if (x >= at[high]) return values[high];
  if (x <= at[0]) return values[0];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at[middle] <= x) low = middle;
    else high = middle;
  }
  return values[low] + ((values[high] - values[low]) * (x - at[low])) / (at[high] - at[low]);
}
