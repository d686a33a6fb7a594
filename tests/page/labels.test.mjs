// Names of curves lie beside them, on no curve and never on each other.
import assert from "node:assert/strict";
import test from "node:test";

import { annotations, arrange, crowd, heights, trail }
  from "../../course_utils/labs/page/labels.js";
import { scaleOf } from "../../course_utils/labs/page/paths.js";
import { randoms } from "./frames.mjs";

const LINE = 12, frame = {
  width: 200, height: 100,
  px: scaleOf({ range: [0, 10], type: "linear", _length: 200 }, false),
  py: scaleOf({ range: [0, 1], type: "linear", _length: 100 }, true),
};
const curve = (x, y, more) => ({ type: "scatter", mode: "lines", x, y, ...more });

// Places of names of some widths on curves, and the box of each.
function put(curves, widths, held = []) {
  const free = crowd(frame, 2);
  const named = curves.map((one, i) => {
    const points = trail(one, frame, 2);
    for (const point of points) free.mark(point, 1);
    return { points, radius: 1, width: widths[i], held: held[i] };
  });
  free.count();
  const places = arrange(named, free, frame, LINE);
  return places.map((place, i) => ({ ...place, right: place.left + widths[i],
    top: place.middle - LINE / 2, bottom: place.middle + LINE / 2 }));
}

test("what is drawn of a line has no gaps, and ends at the plot's edge", () => {
  const points = trail(curve([0, 5, 30], [0.5, 0.5, 0.5]), frame, 2);
  assert.ok(points.every(([x, y], i) => y === 50 && (!i || x - points[i - 1][0] <= 2)));
  assert.deepEqual([points[0], points.at(-1)[0] >= 199], [[0, 50], true]);
  assert.deepEqual(trail(curve([1, NaN, 9], [0, 0, 0]), frame, 2), [[20, 100], [180, 100]]);
  assert.deepEqual(trail({ mode: "markers", x: [1, 9], y: [0, 0] }, frame, 2),
    [[20, 100], [180, 100]]);
  assert.deepEqual(trail({}, frame, 2), []);
  const area = trail(curve([5, 50], [-9, 9], { fill: "toself" }), frame, 500);
  assert.deepEqual(area, [[100, 100], [200, 0]], "an area ends where the plot does");
});

test("a crowd counts what is drawn in a box", () => {
  const free = crowd(frame, 2);
  for (const point of [[10, 10], [11, 11], [150, 90]]) free.mark(point, 0);
  free.count();
  assert.equal(free.in({ left: 0, right: 200, top: 0, bottom: 100 }), 2, "two cells");
  assert.equal(free.in({ left: 8, right: 12, top: 8, bottom: 12 }), 1);
  assert.equal(free.in({ left: 20, right: 140, top: 0, bottom: 100 }), 0);
});

test("a name stands beside the end of its curve, or above it where the plot stops", () => {
  const [beside] = put([curve([0, 5], [0.5, 0.5])], [40]);
  assert.deepEqual([beside.left, beside.middle], [105, 50]);
  const [above] = put([curve([0, 10], [0.5, 0.5])], [40]);
  assert.ok(above.bottom < 50 && above.bottom > 40 && above.right <= 200);
  const [under] = put([curve([0, 10], [0.99, 0.99])], [40]);
  assert.ok(under.top > 1 && under.top < 12);
});

test("names of curves that end together stand over each other", () => {
  const [one, other] = put([curve([0, 5], [0.5, 0.5]), curve([0, 5], [0.48, 0.48])], [40, 40]);
  assert.equal(one.left, other.left);
  assert.ok(Math.abs(one.middle - other.middle) >= LINE);
});

test("names beside ends stand in the order of the ends, each as near to its own as it can", () => {
  const random = randoms(2);
  for (let round = 0; round < 200; round++) {
    const ends = Array.from({ length: 4 }, () => 0.4 + 0.2 * random());
    const boxes = put(ends.map((y) => curve([0, 5], [y, y])), [20, 30, 25, 20]);
    const order = (of) => [0, 1, 2, 3].sort((a, b) => of(a) - of(b));
    assert.ok(boxes.every(({ left }) => left === boxes[0].left), "all of them beside their ends");
    assert.deepEqual(order((i) => boxes[i].middle), order((i) => -ends[i]), `round ${round}`);
  }
  const ended = (...ends) => ends.map(([x, y]) => ({ points: [[x, y]] }));
  assert.deepEqual(heights(ended([50, 40], [50, 70]), 12, 100), [40, 70], "apart, each at its own");
  assert.deepEqual(heights(ended([50, 40], [80, 41]), 12, 100), [40, 41], "and elsewhere");
  assert.deepEqual(heights(ended([50, 42], [50, 40], [50, 41]), 12, 100), [53, 29, 41]);
  assert.deepEqual(heights(ended([50, 99], [50, 98]), 12, 100), [94, 82], "inside the plot");
});

test("a name that cannot stand in order beside its end goes elsewhere", () => {
  // a level line keeps the second name from its place between the other two
  const level = curve([0, 10], [0.49, 0.49]);
  const curves = [0.6, 0.5, 0.4].map((y) => curve([0, 5], [y, y]));
  const boxes = put([...curves, level], [40, 40, 40, 20]);
  const beside = boxes.slice(0, 3).filter(({ left }) => left === boxes[0].left);
  const sorted = beside.toSorted((a, b) => a.middle - b.middle);
  assert.deepEqual(beside, sorted);
});

test("names cover no curve and no other name, and stay inside, wherever curves go", () => {
  const random = randoms(1);
  for (let round = 0; round < 100; round++) {
    const curves = Array.from({ length: 4 }, () => {
      const x = Array.from({ length: 12 }, (_, i) => 10 * i / 11);
      let y = random();
      return curve(x, x.map(() => (y = Math.min(1, Math.max(0, y + 0.1 * (random() - 0.5))))));
    });
    const boxes = put(curves, [20, 30, 25, 20]);
    const drawn = curves.flatMap((one) => trail(one, frame, 2));
    for (const [i, box] of boxes.entries()) {
      assert.ok(box.left >= 0 && box.right <= 200 && box.top >= -1e-9 && box.bottom <= 100 + 1e-9);
      for (const [x, y] of drawn) {
        assert.ok(x <= box.left || x >= box.right || y <= box.top || y >= box.bottom,
          `round ${round}: name ${i} covers (${x}, ${y})`);
      }
      for (const b of boxes.slice(0, i)) {
        assert.ok(box.left >= b.right || b.left >= box.right || box.top >= b.bottom
          || b.top >= box.bottom, `round ${round}: names meet`);
      }
    }
  }
});

test("a name stays where it is while that is free, and covers little where nothing is", () => {
  const one = [curve([0, 10], [0.5, 0.5])], [first] = put(one, [40]);
  const [back] = put(one, [40], [first.number + 4]);
  assert.ok(back.number > first.number && back.left < first.left);
  assert.equal(put(one, [40], [1e9])[0].number, first.number);
  const wild = curve(Array.from({ length: 60 }, (_, i) => i / 6),
    Array.from({ length: 60 }, (_, i) => i % 2));
  const [box] = put([wild], [40]);
  assert.ok(box.left >= 0 && box.right <= 200 && box.cost > 0);
});

test("on paper names are annotations in the colours of their curves", () => {
  const traces = [
    curve([0, 5], [0.5, 0.5], { name: "a", line: { color: "red" } }),
    curve([0], [0], { name: "band", showlegend: false }),
    curve([0, 5], [0.9, 0.9], { line: { color: "blue" } }),
    { type: "scatter", mode: "markers", name: "start", x: [1], y: [1],
      marker: { color: "rgba(0,0,0,0)", line: { color: "grey" } } },
  ];
  const notes = annotations(traces, frame, { size: 16, family: "serif" });
  assert.deepEqual(notes.map(({ text, font }) => [text, font.color]),
    [["a", "red"], ["start", "grey"]]);
  assert.ok(notes[0].x > 0.5 && notes[0].x < 0.56 && notes[0].y === 0.5);
});
