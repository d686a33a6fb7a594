// Small dense linear algebra: right singular vectors, and the best matching of rows to columns.

// Squares of the right singular vectors of a k x k matrix (row by row), the one of the smallest
// singular value first: one-sided Jacobi rotations.
export function smallestFirst(matrix, k) {
  const columns = [], turns = [];
  for (let j = 0; j < k; j++) {
    columns.push(Float64Array.from({ length: k }, (_, i) => matrix[i * k + j]));
    turns.push(Float64Array.from({ length: k }, (_, i) => (i === j ? 1 : 0)));
  }
  const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  for (let sweep = 0, moved = true; moved && sweep < 60; sweep++) {
    moved = false;
    for (let p = 0; p < k - 1; p++) {
      for (let q = p + 1; q < k; q++) {
        const alpha = dot(columns[p], columns[p]), beta = dot(columns[q], columns[q]);
        const gamma = dot(columns[p], columns[q]);
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta) || gamma === 0) continue;
        moved = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(columns[p], columns[q], c, c * t);
        rotate(turns[p], turns[q], c, c * t);
      }
    }
  }
  const order = columns.map((x, j) => [dot(x, x), j]).sort(([x], [y]) => x - y);
  return order.map(([, j]) => turns[j]);
}

function rotate(x, y, c, s) {
  for (let i = 0; i < x.length; i++) [x[i], y[i]] = [c * x[i] - s * y[i], s * x[i] + c * y[i]];
}

// Pairs [row, column] of the largest sum: the Hungarian algorithm on costs -gain.
export function matched(gain, rows, columns) {
  if (rows > columns) {
    const turned = (j, i) => gain(i, j);
    return matched(turned, columns, rows).map(([j, i]) => [i, j]);
  }
  const u = new Float64Array(rows + 1), v = new Float64Array(columns + 1);
  const owner = new Int32Array(columns + 1), way = new Int32Array(columns + 1);
  for (let i = 1; i <= rows; i++) {
    const least = new Float64Array(columns + 1).fill(Infinity), used = new Uint8Array(columns + 1);
    let at = 0;
    owner[0] = i;
    do {
      used[at] = 1;
      let delta = Infinity, next = 0;
      for (let j = 1; j <= columns; j++) {
        if (used[j]) continue;
        const cost = -gain(owner[at] - 1, j - 1) - u[owner[at]] - v[j];
        if (cost < least[j]) [least[j], way[j]] = [cost, at];
        if (least[j] < delta) [delta, next] = [least[j], j];
      }
      for (let j = 0; j <= columns; j++) {
        if (used[j]) {
          u[owner[j]] += delta;
          v[j] -= delta;
        } else least[j] -= delta;
      }
      at = next;
    } while (owner[at]);
    for (; at; at = way[at]) owner[at] = owner[way[at]];
  }
  return [...owner].map((i, j) => [i - 1, j - 1]).filter(([i, j]) => i >= 0 && j >= 0);
}
