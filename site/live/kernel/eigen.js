// Eigenvalues and vectors of a symmetric matrix: Householder's reduction to three diagonals, then
// QL with implicit shifts (Martin, Reinsch, Wilkinson 1968, as in EISPACK's tred2 and tql2).

// {values, vectors}: ascending values; column j of vectors (row by row, n x n) is the j-th vector.
export function eigh(matrix, n) {
  const V = Float64Array.from(matrix), d = new Float64Array(n), e = new Float64Array(n);
  reduce(V, d, e, n);
  shift(V, d, e, n);
  return sorted(V, d, n);
}

function reduce(V, d, e, n) {
  for (let j = 0; j < n; j++) d[j] = V[(n - 1) * n + j];
  for (let i = n - 1; i > 0; i--) {
    let scale = 0, h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]);
    if (scale === 0) {
      e[i] = d[i - 1];
      for (let j = 0; j < i; j++) {
        d[j] = V[(i - 1) * n + j];
        V[i * n + j] = V[j * n + i] = 0;
      }
    } else h = reflect(V, d, e, n, i, scale);
    d[i] = h;
  }
  gather(V, d, n);
  e[0] = 0;
}

function reflect(V, d, e, n, i, scale) {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k] /= scale;
    h += d[k] * d[k];
  }
  let f = d[i - 1], g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g;
  h -= f * g;
  d[i - 1] = f - g;
  for (let j = 0; j < i; j++) e[j] = 0;
  for (let j = 0; j < i; j++) { // rows below j are read in order: V is symmetric here
    f = d[j];
    V[j * n + i] = f;
    g = e[j] + V[j * n + j] * f;
    for (let k = j + 1; k < i; k++) {
      const v = V[k * n + j];
      g += v * d[k];
      e[k] += v * f;
    }
    e[j] = g;
  }
  f = 0;
  for (let j = 0; j < i; j++) {
    e[j] /= h;
    f += e[j] * d[j];
  }
  const half = f / (h + h);
  for (let j = 0; j < i; j++) e[j] -= half * d[j];
  for (let j = 0; j < i; j++) {
    f = d[j];
    g = e[j];
    for (let k = j; k < i; k++) V[k * n + j] -= f * e[k] + g * d[k];
    d[j] = V[(i - 1) * n + j];
    V[i * n + j] = 0;
  }
  return h;
}

function gather(V, d, n) {
  const row = new Float64Array(n);
  for (let i = 0; i < n - 1; i++) {
    V[(n - 1) * n + i] = V[i * n + i];
    V[i * n + i] = 1;
    const h = d[i + 1];
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = V[k * n + i + 1] / h;
      row.fill(0);
      for (let k = 0; k <= i; k++) {
        const v = V[k * n + i + 1];
        for (let j = 0; j <= i; j++) row[j] += v * V[k * n + j];
      }
      for (let k = 0; k <= i; k++) {
        for (let j = 0; j <= i; j++) V[k * n + j] -= row[j] * d[k];
      }
    }
    for (let k = 0; k <= i; k++) V[k * n + i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = V[(n - 1) * n + j];
    V[(n - 1) * n + j] = 0;
  }
  V[n * n - 1] = 1;
}

// Rotations are kept and applied to the rows of V together, which are contiguous.
function shift(V, d, e, n) {
  for (let i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  let f = 0, most = 0;
  const cs = new Float64Array(n), ss = new Float64Array(n);
  for (let l = 0; l < n; l++) {
    most = Math.max(most, Math.abs(d[l]) + Math.abs(e[l]));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > 2 ** -52 * most) m++;
    for (let turn = 0; m > l && turn < 100; turn++) {
      f += sweep(d, e, l, m, n, cs, ss);
      for (let k = 0; k < n; k++) {
        for (let i = m - 1, at = k * n; i >= l; i--) {
          const h = V[at + i + 1], v = V[at + i];
          V[at + i + 1] = ss[i] * v + cs[i] * h;
          V[at + i] = cs[i] * v - ss[i] * h;
        }
      }
      if (Math.abs(e[l]) <= 2 ** -52 * most) break;
    }
    d[l] += f;
    e[l] = 0;
  }
}

function sweep(d, e, l, m, n, cs, ss) {
  let g = d[l], p = (d[l + 1] - g) / (2 * e[l]), r = Math.hypot(p, 1);
  if (p < 0) r = -r;
  d[l] = e[l] / (p + r);
  d[l + 1] = e[l] * (p + r);
  const next = d[l + 1], h = g - d[l], first = e[l + 1];
  for (let i = l + 2; i < n; i++) d[i] -= h;
  p = d[m];
  let c = 1, c2 = 1, c3 = 1, s = 0, s2 = 0;
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    g = c * e[i];
    const low = c * p;
    r = Math.hypot(p, e[i]);
    e[i + 1] = s * r;
    s = e[i] / r;
    c = p / r;
    p = c * d[i] - s * g;
    d[i + 1] = low + s * (c * g + s * d[i]);
    cs[i] = c;
    ss[i] = s;
  }
  p = (-s * s2 * c3 * first * e[l]) / next;
  e[l] = s * p;
  d[l] = c * p;
  return h;
}

function sorted(V, d, n) {
  const order = Array.from(d, (_, j) => j).sort((i, j) => d[i] - d[j]);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) vectors[i * n + j] = V[i * n + order[j]];
  return { values: Float64Array.from(order, (j) => d[j]), vectors };
}
