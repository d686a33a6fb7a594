// What one direction of the input tells of the label: Hermite coefficients of a link along it, the
// best polynomial of a projection, and where random directions point.

import { hermiteBasis } from "./charts.js";

const factorial = (n) => { let f = 1; for (let i = 2; i <= n; i++) f *= i; return f; };
const sum = (values) => values.reduce((total, v) => total + v, 0);

// Gamma((n + 1) / 2) / Gamma(n / 2).
function halfStep(n) {
  if (n > 400) {
    const x = n / 2;
    return Math.sqrt(x) * (1 - 1 / (8 * x) + 1 / (128 * x ** 2) + 5 / (1024 * x ** 3)
      - 21 / (32768 * x ** 4));
  }
  let ratio = 1 / Math.sqrt(Math.PI);
  for (let i = 1; i < n; i++) ratio = i / 2 / ratio;
  return ratio;
}

// E[|z| he_j(z_1)] of k variables: powers of z_1 are those of |z| times those of a direction.
function ofNorm(k, degree) {
  const even = Float64Array.from({ length: degree + 1 }, (_, i) => (i % 2 ? 0
    : Math.sqrt(2) * halfStep(k + i) * factorial(i) / 2 ** (i / 2) / factorial(i / 2)));
  const rows = [[1], [0, 1]]; // he_j as polynomials
  for (let j = 1; j < degree; j++) {
    const next = [0, ...rows[j]];
    rows[j - 1].forEach((v, i) => { next[i] -= Math.sqrt(j) * v; });
    rows.push(next.map((v) => v / Math.sqrt(j + 1)));
  }
  return rows.map((row) => sum(row.map((v, i) => v * even[i])));
}

// E[max(z) he_j(<e, z>)]: with E[he_a(z) 1(z <= t)], minus the integral over t of their products.
function ofMax(engine, e, degree) {
  const step = 0.05, count = 361, made = new Float64Array(degree + 1);
  const at = Float64Array.from({ length: count }, (_, i) => (i - (count - 1) / 2) * step);
  const below = engine.activation("erf", at).value; // erf(t / sqrt 2)
  at.forEach((t, n) => {
    const density = Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
    const basis = hermiteBasis(t, degree);
    let product = [1];
    for (const one of e) {
      const part = basis.map((_, a) => (a ? -density * basis[a - 1] / Math.sqrt(a)
        : (1 + below[n]) / 2) * one ** a / Math.sqrt(factorial(a)));
      product = Array.from({ length: degree + 1 }, (_, j) =>
        sum(part.slice(0, j + 1).map((v, a) => v * (product[j - a] ?? 0))));
    }
    product.forEach((v, j) => { made[j] -= Math.sqrt(factorial(j)) * v * step; });
  });
  return made;
}

// c_1 ... c_degree of a link of the registry along a direction e of the subspace (c_0 is left 0:
// it explains nothing), exactly; `known` is {kind, c} from Python, `products` those that it sums.
export function coefficientsAlong(engine, { kind, c, variance }, products, e, degree) {
  const k = e.length, made = new Float64Array(degree + 1);
  if (kind === "sum") {
    made.forEach((_, j) => { made[j] = c[j] / Math.sqrt(k) * sum(e.map((v) => v ** j)); });
  } else if (kind === "products") {
    const scale = Math.sqrt(variance[k - 1] / products.length);
    for (const one of products.filter(({ length }) => length <= degree)) {
      made[one.length] += scale * Math.sqrt(factorial(one.length))
        * one.reduce((product, i) => product * e[i - 1], 1);
    }
  } else if (kind === "norm") made.set(ofNorm(k, degree));
  else if (kind === "max") made.set(ofMax(engine, e, degree));
  made[0] = 0;
  return made;
}

// The polynomial of p that fits y best, and its adjusted R^2: least squares by orthogonal columns.
export function bestCurve(p, y, degree) {
  const n = p.length, columns = Array.from({ length: degree + 1 }, () => new Float64Array(n));
  p.forEach((v, t) => hermiteBasis(v, degree).forEach((h, j) => { columns[j][t] = h; }));
  const dot = (a, b) => { let s = 0; for (let t = 0; t < n; t++) s += a[t] * b[t]; return s; };
  const R = columns.map(() => new Float64Array(degree + 1)), rest = Float64Array.from(y);
  const take = (from, by, column) => { for (let t = 0; t < n; t++) from[t] -= by * column[t]; };
  const inside = columns.map((column, j) => {
    for (let again = 0; again < 2; again++) {
      for (let i = 0; i < j; i++) {
        const part = dot(column, columns[i]);
        R[i][j] += part;
        take(column, part, columns[i]);
      }
    }
    R[j][j] = Math.sqrt(dot(column, column));
    column.forEach((v, t) => { column[t] = v / R[j][j]; });
    const part = dot(rest, column);
    take(rest, part, column);
    return part;
  });
  const weights = new Float64Array(degree + 1);
  for (let j = degree; j >= 0; j--) {
    const above = sum(R[j].slice(j + 1).map((r, i) => r * weights[j + 1 + i]));
    weights[j] = (inside[j] - above) / R[j][j];
  }
  const mean = sum(y) / n, variance = sum(y.map((v) => (v - mean) ** 2)) / n;
  const left = variance > 0 ? dot(rest, rest) / n / variance : 1;
  return { weights, share: 1 - (left * (n - 1)) / (n - degree - 1) };
}

// The regularised incomplete beta function for halves a = k / 2, b = m / 2, by Lentz' continued
// fraction.
function betaBelow(x, k, m) {
  const a = k / 2, b = m / 2;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaBelow(1 - x, m, k);
  let c = 1, d = 1 - ((a + b) * x) / (a + 1), logs = 0;
  d = 1 / d;
  let value = d;
  for (let i = 1; i < 500; i++) {
    const two = a + 2 * i;
    for (const by of [(i * (b - i) * x) / ((two - 1) * two),
      (-(a + i) * (a + b + i) * x) / (two * (two + 1))]) {
      d = 1 / (1 + by * d);
      c = 1 + by / c;
      value *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  const [few, many] = k < m ? [k, m] : [m, k]; // 1 / B(a, b), by steps of one half
  for (let i = 0; i < few; i++) logs += Math.log(halfStep(many + i));
  for (let i = 1; i < few; i++) logs -= Math.log(halfStep(i));
  logs -= Math.log(Math.PI) / 2; // Gamma(1 / 2)
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logs) * value) / a;
}

// The angle between a random direction of R^d and k of its dimensions: 5, 50 and 95 % quantiles.
export function randomTilts(k, d) {
  if (d === k) return [0, 0, 0];
  return [0.95, 0.5, 0.05].map((q) => {
    let [low, high] = [0, Math.PI / 2]; // of the angle; a larger one has a smaller cosine
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (betaBelow(Math.cos(middle) ** 2, k, d - k) > q) low = middle;
      else high = middle;
    }
    return ((low + high) / 2) * (180 / Math.PI);
  });
}
