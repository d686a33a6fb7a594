// What figures read from the record is what the rows say, however the rows came.
import assert from "node:assert/strict";
import test from "node:test";

import { Record, bindingsIn, filled, isBinding } from "../../course_utils/labs/page/record.js";
import { Packer, part, randoms } from "./frames.mjs";

const SHAPES = { samples: [], risk: [], angles: [3], neurons: [4, 2], low: [3] };
const KINDS = { neurons: "f4" };
const size = (shape) => shape.reduce((a, b) => a * b, 1);

// A page's record beside the same rows as plain lists.
class Twin {
  constructor(seed) {
    this.random = randoms(seed);
    this.record = new Record();
    this.rows = [];
    this.time = 0;
  }

  newRow() {
    this.time += Math.floor(100 * this.random());
    const number = (name) => (KINDS[name] ? Math.fround(this.random()) : this.random());
    const numbers = (name, shape) => Array.from({ length: size(shape) }, () => number(name));
    return Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) =>
      [name, name === "samples" ? [this.time] : numbers(name, shape)]));
  }

  send(count, keep) {
    const rows = Array.from({ length: count }, () => this.newRow()), packer = new Packer();
    const columns = Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) =>
      [name, { kind: KINDS[name], shape, rows: rows.map((row) => row[name]) }]));
    const sent = { tables: { record: part(packer, columns, keep) } };
    if (keep) this.rows = keep.map((i) => this.rows[i]);
    this.rows.push(...rows);
    this.record.take(sent, packer.buffer);
  }
}

const item = (values, shape, [i, j] = []) => {
  if (i === undefined) return values;
  if (i === null) return Array.from({ length: shape[0] }, (_, row) => values[row * shape[1] + j]);
  const rest = size(shape.slice(1)), inner = values.slice(i * rest, (i + 1) * rest);
  return j === undefined ? inner : [inner[j]];
};

// The same by brute force: what a binding means, read from plain rows.
function expected(rows, binding, shown) {
  const { column, at, back, stroke = 1, times = 1, log } = binding, shape = SHAPES[column];
  const picks = binding.item === undefined ? [] : [binding.item].flat();
  const scaled = (v) => (log ? Math.log10(v * times) : v * times);
  const read = (row, name) => item(row[name], SHAPES[name], picks).map(scaled);
  if (at) {
    const values = read(at === "now" ? rows[shown] : rows[0], column);
    return size(shape) === 1 || (picks.length === shape.length && !picks.includes(null))
      ? [values[0], values[0]] : values;
  }
  const side = (name) => {
    const values = rows.map((row) => read(row, name)[0]);
    return values.length === 1 ? [values[0], values[0] * stroke] : values;
  };
  return back ? [...side(column), ...side(back).reverse()] : side(column);
}

const BINDINGS = [
  { column: "samples" },
  { column: "samples", stroke: 1.15 },
  { column: "samples", stroke: 1.15, back: "samples" },
  { column: "samples", at: "now" },
  { column: "risk", at: "first" },
  { column: "risk", times: 100 },
  { column: "risk", at: "now", log: true },
  { column: "angles", item: 1 },
  { column: "angles", item: 2, times: 180 / Math.PI },
  { column: "angles", item: 0, back: "low" },
  { column: "angles", item: 0, at: "now" },
  { column: "angles", at: "now" },
  { column: "angles", at: "now", times: 2 },
  { column: "neurons", item: [3, 1] },
  { column: "neurons", item: [null, 1], at: "now" },
  { column: "neurons", item: [null, 0], at: "first" },
  { column: "neurons", item: 2, at: "now" },
  { column: "neurons", item: [2, 0], at: "now" },
];

function check(twin, shown) {
  for (const binding of BINDINGS) {
    const found = [...twin.record.read(binding, shown)];
    assert.deepEqual(found, expected(twin.rows, binding, shown), JSON.stringify(binding));
  }
}

test("bindings mean what brute force reads from the rows, whatever was kept and appended", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const twin = new Twin(seed);
    twin.send(1);
    check(twin, 0);
    for (let step = 0; step < 12; step++) {
      const thins = twin.random() < 0.4, cut = twin.rows.length - Math.floor(2 * twin.random());
      const keep = [...twin.rows.keys()]
        .filter((i) => i === 0 || (i < cut && (!thins || twin.random() < 0.6)));
      twin.send(Math.floor(4 * twin.random()), twin.random() < 0.7 ? keep : undefined);
      for (const shown of [0, twin.rows.length - 1, twin.rows.length >> 1]) check(twin, shown);
      assert.deepEqual([...twin.record.times], twin.rows.map((row) => row.samples[0]));
    }
  }
});

test("a run that starts anew forgets its rows", () => {
  const twin = new Twin(3);
  twin.send(5);
  check(twin, 4);
  twin.send(2, []);
  check(twin, 1);
  assert.equal(twin.record.rows, 2);
});

test("what has not changed is the same array, so that nothing has to be drawn", () => {
  const twin = new Twin(4);
  twin.send(6);
  const before = BINDINGS.map((binding) => twin.record.read(binding, 3));
  assert.deepEqual(BINDINGS.map((binding, i) => twin.record.read(binding, 3) === before[i]),
    BINDINGS.map(() => true));
  twin.send(2);
  const kept = BINDINGS.filter((binding, i) => twin.record.read(binding, 3) === before[i]);
  assert.deepEqual(kept, BINDINGS.filter(({ at }) => at));
});

test("a row that was only provisional is replaced, and nothing before it is read again", () => {
  const twin = new Twin(7), first = { column: "angles", item: 1, at: "first" };
  twin.send(4);
  check(twin, 3);
  const before = twin.record.read(first, 3);
  for (let round = 0; round < 3; round++) {
    twin.send(1, [0, 1, 2]);
    check(twin, 3);
    check(twin, 1);
  }
  assert.equal(twin.record.read(first, 3), before);
});

test("equal bindings share one array", () => {
  const twin = new Twin(5);
  twin.send(6);
  const read = () => twin.record.read({ column: "angles", item: 1 }, 0);
  assert.equal(read(), read());
});

test("other tables are read at the last row that is not after the shown moment", () => {
  const record = new Record(), packer = new Packer();
  const main = part(packer, { samples: { rows: [[0], [10], [25], [40]] } });
  const times = { rows: [[10], [20], [40]] }, levels = { rows: [[1], [2], [3]] };
  const events = part(packer, { samples: times, level: levels });
  record.take({ tables: { record: main, events } }, packer.buffer);
  const level = { table: "events", column: "level", at: "now" };
  assert.deepEqual([0, 1, 2, 3].map((row) => record.readScalar(level, row)), [1, 1, 2, 3]);
  assert.deepEqual([...record.read({ table: "events", column: "level" }, 0)], [1, 2, 3]);
});

test("columns may change where a table starts anew, and not in the middle", () => {
  const record = new Record();
  const send = (columns, keep) => {
    const packer = new Packer();
    record.take({ tables: { record: part(packer, columns, keep) } }, packer.buffer);
  };
  const angles = { column: "angles", item: 1, at: "now" };
  send({ samples: { rows: [[0], [1]] }, angles: { shape: [2], rows: [[1, 2], [3, 4]] } });
  assert.equal(record.readScalar(angles, 1), 4);
  const three = { shape: [3], rows: [[5, 6, 7]] };
  send({ samples: { rows: [[0]] }, angles: three, risk: { rows: [[8]] } }, []);
  assert.equal(record.readScalar(angles, 0), 6);
  assert.deepEqual([...record.read({ column: "angles", item: 2 }, 0)], [7, 7]);
  assert.throws(() => send({ samples: { rows: [[1]] } }), /other columns/);
});

test("words follow their rows", () => {
  const record = new Record(), packer = new Packer();
  const samples = (...rows) => ({ samples: { rows: rows.map((row) => [row]) } });
  const said = (i, text) => [i, text, [], `t = ${text}`];
  record.take({ tables: { record: part(packer, samples(0, 1, 2)) },
    said: [said(0, "a"), said(1, "b"), said(2, "c")] }, packer.buffer);
  record.take({ tables: { record: part(packer, samples(3), [0, 2]) },
    said: [said(2, "d"), said(0, "A")] }, packer.buffer);
  assert.deepEqual(record.said.map(({ sentence }) => sentence), ["A", "c", "d"]);
  assert.equal(record.said[2].clock, "t = d");
});

test("mistakes are named", () => {
  const twin = new Twin(6);
  twin.send(2);
  assert.throws(() => twin.record.read({ column: "nothing" }, 0), /no column nothing.*samples/);
  assert.throws(() => twin.record.read({ column: "risk", table: "none" }, 0), /no table none/);
  assert.throws(() => twin.record.read({ column: "angles" }, 0), /one item of angles/);
  assert.throws(() => twin.record.read({ column: "angles", item: 3, at: "now" }, 0), /no item 3/);
});

test("bindings are found anywhere in a trace or a layout, and replaced in a copy", () => {
  const binding = { column: "risk", at: "now" };
  const layout = { title: "t", annotations: [{ x: 1, y: { ...binding } }, { x: { ...binding } }] };
  const trace = { x: new Float64Array(3), y: binding, marker: { color: binding, size: [1, 2] } };
  assert.deepEqual(bindingsIn(layout).map(({ path }) => path.join(".")),
    ["annotations.0.y", "annotations.1.x"]);
  const bound = bindingsIn(trace);
  assert.deepEqual(bound.map(({ path }) => path.join(".")), ["y", "marker.color"]);
  const copy = filled(trace, bound, () => 7);
  assert.deepEqual([copy.y, copy.marker], [7, { color: 7, size: [1, 2] }]);
  assert.ok(isBinding(trace.y) && isBinding(trace.marker.color) && copy.x === trace.x);
});

test("a text is the one that holds at the moment that is shown", () => {
  const twin = new Twin(3);
  twin.send(4);
  const [, second, third] = twin.record.times;
  const binding = { column: "samples", at: "now", says: [[0, "a"], [second, "b"], [third, "c"]] };
  assert.deepEqual([0, 1, 2, 3].map((row) => twin.record.read(binding, row)), ["a", "b", "c", "c"]);
  assert.equal(twin.record.readScalar(binding, 1), "b");
  assert.deepEqual(bindingsIn({ title: binding }), [{ path: ["title"], binding }]);
  assert.equal(new Record().read(binding, 0), "a", "before there are rows");
});
