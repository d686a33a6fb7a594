// Which view is in the centre, how the others stand, and where "more" opens.
import assert from "node:assert/strict";
import test from "node:test";

import { centralOf, shapeOf, titleOf } from "../../course_utils/labs/page/layout.js";
import { dress, paperLook, sizeOf } from "../../course_utils/labs/page/look.js";
import { placeUnder } from "../../course_utils/labs/page/more.js";

const views = ["angles", "norms", "risk"].map((name) => ({ name }));

test("the centre holds what was brought there, or the first view", () => {
  assert.equal(centralOf(views, "norms"), views[1]);
  assert.equal(centralOf(views, ""), views[0]);
  assert.equal(centralOf(views, "a view of another experiment"), views[0]);
});

test("without a centre, or with one view alone, all are equal", () => {
  assert.equal(centralOf(views, null), null);
  assert.equal(centralOf(views, undefined), null);
  assert.equal(centralOf(views.slice(0, 1), ""), null);
});

test("small views fill their columns, the last one both where it is left over", () => {
  const shapes = [1, 2, 3, 4, 5, 6].map((n) => Object.values(shapeOf(n)));
  assert.deepEqual(shapes, [[1, 1, false], [1, 2, false], [2, 2, true], [2, 2, false],
    [2, 3, true], [2, 3, false]]);
});

test("a button bears the title without its tags, or the name", () => {
  assert.equal(titleOf({ name: "n", layout: { title: "R<sup>2</sup> over t" } }), "R2 over t");
  assert.equal(titleOf({ name: "n", layout: { title: { text: "T" } } }), "T");
  assert.equal(titleOf({ name: "n", layout: {} }), "n");
});

test("a small view has neither title nor legend nor notes, and every second of many ticks", () => {
  const given = {
    title: "T", legend: { x: 1 }, annotations: [{ x: 1, y: 1, text: "note" }],
    xaxis: { type: "log", range: [1, 5], dtick: 1, title: "samples" },
    yaxis: { range: [0, 92], tickvals: [0, 15, 30, 45, 60, 75, 90], title: "degrees" },
  };
  const [, small] = dress([], given, { ...paperLook(), size: 10, small: true });
  assert.equal(small.title, undefined);
  assert.deepEqual([small.showlegend, small.annotations], [false, []]);
  assert.deepEqual(small.yaxis.tickvals, [0, 30, 60, 90]);
  assert.deepEqual([small.yaxis.title, small.xaxis.title, small.xaxis.dtick],
    [undefined, undefined, 2]);
  const [, large] = dress([], given, paperLook());
  assert.deepEqual([large.title.text, large.yaxis.tickvals.length, large.xaxis.dtick], ["T", 7, 1]);
  assert.equal(given.yaxis.title, "degrees", "what was given stays as it is");
});

test("type in a lecture grows with the page and never falls under 18 pixels", () => {
  assert.deepEqual([500, 640, 768, 1080, 2160].map((high) => sizeOf(true, high)),
    [18, 20, 24, 33, 65], "at least 3 % of the height");
  assert.equal(sizeOf(true, 844, 390), 18, "a phone is no wall");
  assert.equal(sizeOf(false, 2160), 12);
});

test("what is behind more opens under its button and inside the window", () => {
  const window = { width: 1000, height: 600 }, button = { right: 700, bottom: 80 };
  assert.deepEqual(placeUnder(button, { width: 400, height: 200 }, window), { left: 300, top: 84 });
  assert.deepEqual(placeUnder({ right: 100, bottom: 500 }, { width: 400, height: 200 }, window),
    { left: 4, top: 396 });
  assert.deepEqual(placeUnder(button, { width: 2000, height: 900 }, window), { left: 4, top: 4 });
});
