// A table of a thousand quantiles, and values between the points of a table.

const gridOf = new WeakMap();

// A thousand quantiles of values, made once for each array.
export function quantiles(values) {
  if (!gridOf.has(values)) {
    const sorted = values.slice().sort(), last = values.length - 1;
    gridOf.set(values, Float64Array.from({ length: 1001 }, (_, i) => {
      const place = (last * i) / 1000, low = Math.floor(place);
      const high = sorted[Math.min(low + 1, last)];
      return sorted[low] + (high - sorted[low]) * (place - low);
    }));
  }
  return gridOf.get(values);
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
