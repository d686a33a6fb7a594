// From numbers to what stands in an SVG, and whether two drawings are the same. No page in here.

// Data -> pixels inside the plot: first + slope * v, of a log axis of v's logarithm.
export function scaleOf({ range: [low, high], type, _length: length }, flip) {
  const slope = (flip ? -length : length) / (high - low);
  return { first: (flip ? length : 0) - slope * low, slope, log: type === "log" };
}

export const pixel = ({ first, slope, log }, v) => first + slope * (log ? Math.log10(v) : v);

const NEAR = 0.2; // pixels from a line at most of points that are left out of its path
const tenths = (v) => Math.round(10 * v) / 10;

// The path of a line, with a new piece after each gap; null if a log axis cannot show a value.
// Of points that go on to the right as straight as anyone can see only the last is a corner: a
// small figure has more moments than pixels.
export function pathOf({ x, y }, px, py) {
  let path = "", begun = false, waiting = false; // whether a piece is; whether its newest point is
  let fromX = 0, fromY = 0, lastX = 0, lastY = 0, low = 0, high = 0; // slopes seen from the corner
  const corner = (pen, u, v) => {
    path += pen + tenths(u) + "," + tenths(v);
    [fromX, fromY, low, high] = [u, v, -Infinity, Infinity];
  };
  const end = () => {
    if (waiting) corner("L", lastX, lastY);
    waiting = false;
  };
  for (let i = 0; i < x.length; i++) {
    const a = x[i], b = y[i];
    if ((px.log && a <= 0) || (py.log && b <= 0)) return null;
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      end();
      begun = false;
      continue;
    }
    const u = pixel(px, a), v = pixel(py, b);
    if (!begun) corner("M", u, v);
    else {
      const slope = (v - fromY) / (u - fromX);
      if (waiting && !(u > lastX && slope >= low && slope <= high)) end();
      const run = u - fromX; // from what is now the corner; none of its slopes fits a way back
      low = Math.max(low, run > 0 ? (v - NEAR - fromY) / run : Infinity);
      high = Math.min(high, run > 0 ? (v + NEAR - fromY) / run : -Infinity);
      [lastX, lastY, waiting] = [u, v, true];
    }
    begun = true;
  }
  end();
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
