// From numbers to paths, and how far two drawings are apart.
import assert from "node:assert/strict";
import test from "node:test";

import { apart, astray, corners, pathOf, pixel, pointsOf, scaleOf }
  from "../../course_utils/labs/page/paths.js";

const linear = scaleOf({ range: [0, 10], type: "linear", _length: 200 }, false);
const up = scaleOf({ range: [-1, 1], type: "linear", _length: 100 }, true);
const log = scaleOf({ range: [0, 4], type: "log", _length: 400 }, false);

test("the ends of an axis are the ends of the plot, and up is up", () => {
  assert.deepEqual([0, 5, 10].map((v) => pixel(linear, v)), [0, 100, 200]);
  assert.deepEqual([-1, 0, 1].map((v) => pixel(up, v)), [100, 50, 0]);
  assert.deepEqual([1, 100, 1e4].map((v) => pixel(log, v)), [0, 200, 400]);
});

test("a line is drawn corner by corner and broken at gaps", () => {
  const x = [0, 1, 2, NaN, 4, 5], y = [0, 1, -1, 0, Infinity, 0];
  assert.equal(pathOf({ x, y }, linear, up), "M0,50L20,0L40,100M100,50");
  assert.equal(pathOf({ x: [], y: [] }, linear, up), "");
  assert.equal(pathOf({ x: [1 / 3], y: [1 / 3] }, linear, up), "M6.7,33.3");
});

test("what a log axis cannot show is left to plotly.js", () => {
  assert.equal(pathOf({ x: [1, 0], y: [0, 0] }, log, up), null);
  assert.equal(pathOf({ x: [1, 10], y: [0, 0] }, log, up), "M0,50L100,50");
  assert.equal(pointsOf({ x: [1, -1], y: [0, 0] }, log, up), null);
  assert.equal(pointsOf({ x: [1, NaN], y: [0, 0] }, linear, up), null);
  assert.deepEqual(pointsOf({ x: [1], y: [0] }, log, up), ["translate(0,50)"]);
});

test("a path's corners are read whichever way it is written", () => {
  assert.deepEqual(corners("M1,2L3,4H5V6L-1.5,2e1Z"),
    [[1, 2], [3, 4], [5, 4], [5, 6], [-1.5, 20]]);
  assert.deepEqual(corners(""), []);
});

function sine(n, shift = 0) {
  const x = Float64Array.from({ length: n }, (_, i) => i / 7), y = x.map((v) => 0.9 * Math.sin(v));
  return pathOf({ x, y }, linear, { ...up, first: up.first + shift });
}

test("equal drawings are not apart, however they are cut up", () => {
  assert.equal(apart(sine(60), sine(60), 200, 100), 0);
  const straight = "M0,50L100,50", split = "M0,50L20,50L50,50L50,50L100,50";
  assert.equal(apart(straight, split, 200, 100), 0);
});

// How far a point is from the nearest place of a path.
function off([x, y], path) {
  const steps = path.slice(1).map(([c, d], i) => {
    const [a, b] = path[i], long = (c - a) ** 2 + (d - b) ** 2 || 1;
    const share = Math.min(1, Math.max(0, ((x - a) * (c - a) + (y - b) * (d - b)) / long));
    return Math.hypot(x - a - share * (c - a), y - b - share * (d - b));
  });
  return Math.min(...steps);
}

test("of points that nobody can tell from a line only the last is a corner", () => {
  const x = Float64Array.from({ length: 2000 }, (_, i) => i / 200);
  const rough = (v, i) => 0.9 * Math.sin(v) + 0.05 * Math.sin(37 * i * i);
  for (const [f, most] of [[(v) => 0.9 * Math.sin(v), 60], [(v) => v / 10, 2], [rough, 1950]]) {
    const y = x.map(f), path = corners(pathOf({ x, y }, linear, up));
    assert.ok(path.length <= most, `${path.length} corners`);
    const far = x.map((v, i) => off([pixel(linear, v), pixel(up, y[i])], path));
    assert.ok(Math.max(...far) < 0.3);
  }
  const back = { x: [0, 4, 8, 8, 4, 0], y: [0, 0, 0, 1, 1, 1] };
  assert.equal(pathOf(back, linear, up), "M0,50L160,50L160,0L80,0L0,0");
});

test("a shift is found at its size, and out of sight nothing counts", () => {
  assert.ok(Math.abs(apart(sine(60), sine(60, 2), 200, 100) - 2) < 0.11);
  assert.ok(apart(sine(60), "", 200, 100) === Infinity);
  assert.equal(apart("M10,10L20,20L500,900", "M10,10L20,20L300,700", 200, 100), 0);
  assert.ok(apart("M10,10L50,50L90,10", "M10,10L90,10", 200, 100) > 39);
});

test("points are compared one by one", () => {
  const [one, two, near] = ["translate(1,2)", "translate(3,4)", "translate(3.5,4)"];
  assert.equal(astray([one, two], [one, near]), 0.5);
  assert.equal(astray([one], []), Infinity);
  assert.equal(astray([null], [two]), 5);
});
