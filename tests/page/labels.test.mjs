// Names at the ends of curves lie where they belong and never on each other.
import assert from "node:assert/strict";
import test from "node:test";

import { annotations, arrange, endOf, spread } from "../../course_utils/labs/page/labels.js";
import { scaleOf } from "../../course_utils/labs/page/paths.js";
import { randoms } from "./frames.mjs";

const frame = {
  width: 200, height: 100,
  px: scaleOf({ range: [0, 10], type: "linear", _length: 200 }, false),
  py: scaleOf({ range: [0, 1], type: "linear", _length: 100 }, true),
};

test("names that have room stay where they are", () => {
  assert.deepEqual(spread([20, 80, 50], 10, 0, 100), [20, 80, 50]);
});

test("names that would touch share the way, around where they wanted to be", () => {
  assert.deepEqual(spread([50, 50], 10, 0, 100), [45, 55]);
  assert.deepEqual(spread([50, 52, 80], 10, 0, 100), [46, 56, 80]);
});

test("names stay apart, in order, inside and nearly where they wanted to be, always", () => {
  const random = randoms(1);
  for (let round = 0; round < 200; round++) {
    const n = 1 + Math.floor(7 * random());
    const wanted = Array.from({ length: n }, () => 100 * random());
    const found = spread(wanted, 12, 0, 100);
    const order = [...wanted.keys()].sort((a, b) => wanted[a] - wanted[b]);
    for (let i = 0; i < n; i++) {
      assert.ok(found[i] >= 6 - 1e-9 && found[i] <= 94 + 1e-9);
      if (i) assert.ok(found[order[i]] - found[order[i - 1]] >= 12 - 1e-9);
    }
    const free = order.every((line, i) => wanted[line] >= 6 && wanted[line] <= 94
      && (!i || wanted[line] - wanted[order[i - 1]] >= 12));
    if (free) assert.deepEqual(found, wanted);
  }
});

test("the end of a curve is its last point in sight", () => {
  const { x, y } = endOf({ x: [0, 1, 2, 3, 20], y: [0, 0.5, NaN, 0.25, 0.25] }, frame);
  assert.deepEqual([x, y], [60, 75]);
  assert.deepEqual(endOf({ x: [1, 2], y: [0.5, 7] }, frame).x, 20);
  assert.equal(endOf({ x: [1, 2], y: [5, 7] }, frame), null);
  assert.equal(endOf({ x: [], y: [] }, frame), null);
  assert.equal(endOf({}, frame), null);
});

test("a name stands beside its end, or where the plot stops before that, off the curve", () => {
  const curve = (x, y) => ({ ...endOf({ x, y }, frame), width: 40 });
  const [beside] = arrange([curve([0, 5], [0.5, 0.5])], 12, 200, 100);
  assert.deepEqual(beside, { left: 104, middle: 50 });
  const [above] = arrange([curve([0, 10], [0.5, 0.5])], 12, 200, 100);
  assert.deepEqual(above, { left: 160, middle: 44 });
  const [under] = arrange([curve([0, 5, 10], [1, 0.9, 0.5])], 12, 200, 100);
  assert.deepEqual(under, { left: 160, middle: 56 });
  const [rising] = arrange([curve([0, 5, 10], [0, 0.1, 0.5])], 12, 200, 100);
  assert.deepEqual(rising, { left: 160, middle: 44 });
  const [low] = arrange([curve([0, 5, 10], [0.2, 0.1, 0])], 12, 200, 100);
  assert.ok(low.middle + 6 <= 90 && low.middle + 6 > 80, "above a curve that ends at the bottom");
});

test("names far apart along the axis do not push each other", () => {
  const ends = [[0, 1], [0, 6]].map(([from, to]) =>
    ({ ...endOf({ x: [from, to], y: [0.5, 0.5] }, frame), width: 30 }));
  assert.deepEqual(arrange(ends, 12, 200, 100).map(({ middle }) => middle), [50, 50]);
});

test("on paper names are annotations in the colours of their curves", () => {
  const traces = [
    { type: "scatter", mode: "lines", name: "a", x: [0, 5], y: [0.5, 0.5], line: { color: "red" } },
    { type: "scatter", mode: "lines", name: "band", x: [0], y: [0], showlegend: false },
    { type: "scatter", mode: "lines", x: [0, 5], y: [0.5, 0.5], line: { color: "blue" } },
    { type: "scatter", mode: "markers", name: "start", x: [1], y: [1],
      marker: { color: "rgba(0,0,0,0)", line: { color: "grey" } } },
  ];
  const notes = annotations(traces, frame, { size: 16, family: "serif" });
  assert.deepEqual(notes.map(({ text, font }) => [text, font.color]),
    [["a", "red"], ["start", "grey"]]);
  assert.ok(Math.abs(notes[0].x - 104 / 200) < 1e-12 && notes[0].y === 0.5);
});
