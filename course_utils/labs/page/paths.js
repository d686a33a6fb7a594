// From numbers to what stands in an SVG, and whether two drawings are the same. No page in here.

// Data -> pixels inside the plot: first + slope * v, of a log axis of v's logarithm.
export function scaleOf({ range: [low, high], type, _length: length }, flip) {
  const slope = (flip ? -length : length) / (high - low);
  return { first: (flip ? length : 0) - slope * low, slope, log: type === "log" };
}

export const pixel = ({ first, slope, log }, v) => first + slope * (log ? Math.log10(v) : v);

const tenths = (v) => Math.round(10 * v) / 10;

// The path of a line, with a new piece after each gap; null if a log axis cannot show a value.
export function pathOf({ x, y }, px, py) {
  let path = "", pen = "M";
  for (let i = 0; i < x.length; i++) {
    const a = x[i], b = y[i];
    if ((px.log && a <= 0) || (py.log && b <= 0)) return null;
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      pen = "M";
      continue;
    }
    path += pen + tenths(pixel(px, a)) + "," + tenths(pixel(py, b));
    pen = "L";
  }
  return path;
}

// Where the points of a trace go; null if one of them cannot be shown.
export function pointsOf({ x, y }, px, py) {
  const places = [];
  for (let i = 0; i < x.length; i++) {
    const a = pixel(px, x[i]), b = pixel(py, y[i]);
    if (!Number.isFinite(a) || !Number.isFinite(b)) return null;
    places.push(`translate(${tenths(a)},${tenths(b)})`);
  }
  return places;
}

// The corners of a path of M, L, H, V and Z.
export function corners(path) {
  const found = [];
  for (const [, letter, numbers] of path.matchAll(/([MLHV])([^MLHVZ]*)/g)) {
    const [a, b] = numbers.trim().split(/[\s,]+/).map(Number), last = found.at(-1);
    found.push(letter === "H" ? [a, last[1]] : letter === "V" ? [last[0], a] : [a, b]);
  }
  return found;
}

// The largest distance, in pixels, of a corner in sight of one path from the other path.
export function apart(one, other, width, height) {
  const a = corners(one ?? ""), b = corners(other ?? "");
  return Math.max(strays(a, b, width, height), strays(b, a, width, height));
}

function strays(from, to, width, height) {
  let worst = 0, at = 0;
  for (const corner of from) {
    const [x, y] = corner;
    if (x < 1 || y < 1 || x > width - 1 || y > height - 1) continue;
    // Corners come in the same order, so the partner is nearly always here or a few steps on.
    let next = at;
    while (next < Math.min(at + 8, to.length) && distance(corner, to[next]) > 0.5) next += 1;
    if (next < Math.min(at + 8, to.length)) {
      worst = Math.max(worst, distance(corner, to[at = next]));
    } else {
      const near = nearest(corner, to);
      worst = Math.max(worst, near.distance);
      at = Math.max(near.index, 0);
    }
  }
  return worst;
}

const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

function nearest(corner, path) {
  let best = { distance: Infinity, index: -1 };
  path.forEach((end, i) => {
    const gap = fromSegment(corner, path[Math.max(i - 1, 0)], end);
    if (gap < best.distance) best = { distance: gap, index: i };
  });
  return best;
}

function fromSegment([x, y], [a, b], [c, d]) {
  const long = (c - a) ** 2 + (d - b) ** 2;
  const share = long ? Math.min(1, Math.max(0, ((x - a) * (c - a) + (y - b) * (d - b)) / long)) : 0;
  return Math.hypot(x - a - share * (c - a), y - b - share * (d - b));
}

const shift = (text) => (text?.match(/-?[\d.]+(e-?\d+)?/g) ?? [0, 0]).slice(0, 2).map(Number);

// The largest distance between the places of two lists of points.
export function astray(one, other) {
  if (one.length !== other.length) return Infinity;
  return Math.max(0, ...one.map((text, i) => distance(shift(text), shift(other[i]))));
}
